"""Code tables out and in: CSV and XLSX for people, pasted columns. What is refused is refused at its cell."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, cast
from zipfile import BadZipFile, ZipFile

from openpyxl import Workbook, load_workbook  # pyright: ignore[reportMissingTypeStubs,reportMissingModuleSource]

from isthmus.bootstrap.checks import ConfigError
from isthmus.bootstrap.code_tables import HEAD, MOST_ROWS, line_of, records
from isthmus.bootstrap.config import ProjectConfig
from isthmus.bootstrap.table_files import NAME, Entry
from isthmus.bootstrap.tables import OWN, SHARED, tables_of

#: The columns of an export. `flow` is empty for a file that all flows share.
COLUMNS = ("flow", "table", *HEAD)
#: A workbook of a million rows is a tenth of this; what unpacks to more was made to fill the memory.
LARGEST = 500_000_000
SHEET = "code tables"
#: What a cell of a workbook takes.
LONGEST_CELL = 32_767
_NO_CELL = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table, wherever it comes from."""

    flow: str
    table: str
    word: str
    other: str
    note: str


def exported(config: ProjectConfig, only: str = "") -> list[Line]:
    """Return the rows that stand in table files, those for all flows first. Raises `ConfigError`."""
    found: dict[tuple[str, str, str], Line] = {}
    for flow in config.flows:
        for table in tables_of(config, flow):
            for layer in table.layers if only in ("", table.name) else ():
                if layer.rank in (OWN, SHARED):
                    owner = flow.name if layer.rank == OWN else ""
                    for word, other in layer.rows.items():
                        line = Line(owner, table.name, word, other, layer.notes.get(word, ""))
                        found.setdefault((owner, table.name, word), line)
    return sorted(found.values(), key=lambda line: (line.flow, line.table))


def as_csv(lines: Iterable[Line]) -> bytes:
    """Return an export as CSV that spreadsheets open as UTF-8 and take no word of for a formula."""
    rows = [COLUMNS, *((each.flow, each.table, each.word, each.other, each.note) for each in lines)]
    return ("\ufeff" + "".join(line_of(row, ",", "\r\n") for row in rows)).encode()


def as_xlsx(lines: Iterable[Line]) -> bytes:
    """Return an export as a workbook; every cell is a text. Raises `ConfigError` for what no cell can hold."""
    book = Workbook()
    sheet = cast("Any", book.active)
    sheet.title = SHEET
    for number, row in enumerate((COLUMNS, *((e.flow, e.table, e.word, e.other, e.note) for e in lines)), 1):
        for column, said in enumerate(row, 1):
            if not said:
                continue
            if len(said) > LONGEST_CELL or _NO_CELL.search(said):
                message = f"no cell of a workbook can hold {said[:40]!r}: export it as csv"
                raise ConfigError(message)
            cell = sheet.cell(number, column)
            cell.data_type, cell.number_format = "s", "@"
            cell._value = said  # noqa: SLF001 - set through `value`, a text that begins with = becomes a formula
    sheet.freeze_panes = "A2"
    for letter, width in zip("ABCDE", (14, 18, 36, 36, 48), strict=True):
        sheet.column_dimensions[letter].width = width
    told = BytesIO()
    book.save(told)
    return told.getvalue()


def imported(path: Path, config: ProjectConfig) -> dict[tuple[str, str], dict[str, Entry]]:
    """Read an export back: the rows by flow and table. Raises `ConfigError` that names the cell."""
    body = path.read_bytes()
    rows = _of_xlsx(body, path.name) if path.suffix.casefold() == ".xlsx" else _of_csv(body, path.name)
    flows = {"", *(each.name for each in config.flows)}
    found: dict[tuple[str, str], dict[str, Entry]] = {}
    head = next(rows, (1, list[str]()))[1]
    if tuple(cell.casefold() for cell in head[: len(COLUMNS)]) != COLUMNS:
        message = f"{path.name} row 1 must be: {','.join(COLUMNS)}"
        raise ConfigError(message)
    for number, cells in rows:
        if any(cells):
            flow, table, word, other, note = (*cells, *[""] * len(COLUMNS))[: len(COLUMNS)]
            _check(path.name, number, (flow, table, word), flows, cells)
            there = found.setdefault((flow, table), {})
            if word in there:
                message = f"{path.name} C{number}: {word!r} stands in the table {table} twice"
                raise ConfigError(message)
            there[word] = Entry(other, note)
    return found


def pasted(text: str, name: str) -> dict[str, Entry]:
    """Read columns (word, counterpart, note) separated by tabs, semicolons or commas. Raises `ConfigError`."""
    text = text.removeprefix("\ufeff")
    first = text.split("\n", 1)[0]
    separator = next((each for each in "\t;," if each in first), ",")
    found: dict[str, Entry] = {}
    for number, (_, cells) in enumerate(records(text, name, separator), 1):
        if not any(cells) or (number == 1 and tuple(cell.casefold() for cell in cells[:2]) == HEAD[:2]):
            continue
        if not 1 < len(cells) <= len(HEAD) or not cells[0]:
            message = f"{name} row {number}: a word, its counterpart and perhaps a note, not {len(cells)} columns"
            raise ConfigError(message)
        if cells[0] in found:
            message = f"{name} row {number}: {cells[0]!r} stands there twice"
            raise ConfigError(message)
        found[cells[0]] = Entry(cells[1], cells[2] if len(cells) == len(HEAD) else None)
    return found


def _check(name: str, number: int, said: tuple[str, str, str], flows: set[str], cells: Sequence[str]) -> None:
    flow, table, word = said
    wrong: Mapping[str, bool] = {
        f"A{number}: there is no flow {flow!r}": flow not in flows,
        f"B{number}: {table!r} is no name of a code table": not NAME.fullmatch(table),
        f"C{number}: a row needs a word": not word,
        f"F{number}: there is no such column": any(cells[len(COLUMNS) :]),
    }
    for message in (message for message, it_is in wrong.items() if it_is):
        raise ConfigError(f"{name} {message}")  # noqa: TRY003, EM102 - gathered above


def _of_csv(body: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        message = f"{name} is not a text in UTF-8: save it as CSV UTF-8"
        raise ConfigError(message) from None
    for number, (_, cells) in enumerate(records(text, name), 1):
        yield number, cells


def _of_xlsx(body: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    try:
        with ZipFile(BytesIO(body)) as packed:
            if sum(each.file_size for each in packed.infolist()) > LARGEST:
                message = f"{name} unpacks to more than {LARGEST // 1_000_000} MB"
                raise ConfigError(message)
        book = cast("Any", load_workbook(BytesIO(body), read_only=True, data_only=False))
        sheet = book[SHEET] if SHEET in book.sheetnames else book.worksheets[0]
    except (BadZipFile, KeyError, ValueError, IndexError, OSError) as wrong:
        message = f"{name} is not a workbook (.xlsx)"
        raise ConfigError(message) from wrong
    for number, row in enumerate(sheet.iter_rows(max_row=MOST_ROWS), 1):
        yield number, [_said(cell, name) for cell in row]


def _said(cell: Any, name: str) -> str:
    """Return a cell's text: a number as it is written, and no formula."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        message = f"{name} {cell.coordinate}: {value!r} is not a text: format the column as text and write it again"
        raise ConfigError(message)
    if cell.data_type == "f":
        message = f"{name} {cell.coordinate}: a formula is not a word: put its result there, as text"
        raise ConfigError(message)
    return str(value)

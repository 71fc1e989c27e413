"""Code tables out and in: CSV and XLSX for people, pasted columns. What is refused is refused at its cell."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from openpyxl import Workbook

from isthmus.bootstrap.checks import ConfigError
from isthmus.bootstrap.code_tables import HEAD, line_of, records
from isthmus.bootstrap.config import ProjectConfig
from isthmus.bootstrap.spreadsheets import Bounds, NotASheet, read_xlsx, unmistakable
from isthmus.bootstrap.table_files import NAME, Entry
from isthmus.bootstrap.tables import OWN, SHARED, tables_of
from isthmus.mapping.sheet_reading import Broken

#: The columns of an export. `flow` is empty for a file that all flows share.
COLUMNS = ("flow", "table", *HEAD)
#: More rows than that come as CSV.
BOUNDS = Bounds(file=50_000_000, unpacked=500_000_000, rows=200_000)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
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
    sheet = cast("Any", book.worksheets[0])
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
            cell._value = unmistakable(said)  # noqa: SLF001 - set through `value`, a text that begins with = becomes a formula
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
        grids = [grid for grid in read_xlsx(body, BOUNDS) if not grid.hidden]
    except NotASheet as wrong:
        message = f"{name} {wrong}"
        raise ConfigError(message) from wrong
    chosen = next((grid for grid in grids if grid.name == SHEET), grids[0] if grids else None)
    if chosen is None:
        message = f"{name} has no sheet that is not hidden"
        raise ConfigError(message)
    for number, row in enumerate(chosen.rows, 1):
        yield (
            number,
            [_said(value, f"{name} {_LETTERS[column]}{number}") for column, value in enumerate(row[: len(_LETTERS)])],
        )


def _said(value: Any, where: str) -> str:
    """Return a cell's text: a whole number as it is written, and no formula."""
    if value is None:
        return ""
    if isinstance(value, Broken):
        message = f"{where}: {value.says}"
        raise ConfigError(message)
    if isinstance(value, bool) or not isinstance(value, str | int):
        message = f"{where}: {value!r} is not a text: format the column as text and write it again"
        raise ConfigError(message)
    return str(value)

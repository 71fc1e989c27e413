"""Code tables as files: `tables/<table>.csv` for all flows, `tables/<flow>/<table>.csv` for one of them."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path

from isthmus.bootstrap.checks import ConfigError

FOLDER = "tables"
HEAD = ("from", "to", "note")
#: A spreadsheet takes what begins so for a formula: an apostrophe before it says that it is a text.
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
#: A table of every SKU there is; larger ones belong into the ERP.
MOST_ROWS = 1_000_000


def table_files(folder: Path, flow: str) -> Mapping[str, list[Path]]:
    """Return the files of each table of a flow, its own first."""
    found: dict[str, list[Path]] = {}
    for place in (folder / FOLDER / flow, folder / FOLDER):
        for path in sorted(place.glob("*.csv")):
            found.setdefault(path.stem, []).append(path)
    return found


def read_tables(folder: Path, flow: str) -> dict[str, dict[str, str]]:
    """Return the rows of each table of a flow; its own file comes before the one for all. Raises `ConfigError`."""
    return {
        name: {row[0]: row[1] for path in reversed(paths) for row in read_rows(path)}
        for name, paths in table_files(folder, flow).items()
    }


def read_rows(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the rows of one file: from, to, note. Raises `ConfigError` that names the row."""
    name = f"{path.parent.name}/{path.name}"
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        message = f"{name} is not a text in UTF-8: save it as CSV UTF-8"
        raise ConfigError(message) from None
    yield from rows_of(text, name)


def rows_of(text: str, name: str) -> Iterator[tuple[str, str, str]]:
    """Yield the rows of a table's text, separated by commas, semicolons or tabs. Raises `ConfigError`."""
    seen: dict[str, int] = {}
    for number, (_, cells) in enumerate(records(text, name), 1):
        if number == 1:
            _check_head(cells, name)
            continue
        if not any(cells):
            continue
        yield _row(cells, number, name, seen)


def records(text: str, name: str, separator: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield each row of a text as it stands there, line end included, and its cells. Raises `ConfigError`."""
    lines = StringIO(text, newline="").readlines()
    reader = csv.reader(iter(lines), delimiter=separator or separator_of(text), strict=True)
    done = 0
    try:
        for number, row in enumerate(reader, 1):
            if number > MOST_ROWS:
                message = f"{name} has more than {MOST_ROWS:,} rows"
                raise ConfigError(message)
            raw = "".join(lines[done : reader.line_num])
            done = reader.line_num
            yield raw, [_cell(cell, raw) for cell in row]
    except csv.Error as wrong:
        message = f"{name} row {reader.line_num}: {wrong}"
        raise ConfigError(message) from None


def separator_of(text: str) -> str:
    """Return what separates the cells of a text: a comma, a semicolon or a tab."""
    return max(",;\t", key=text.split("\n", 1)[0].count)


def line_of(cells: Sequence[str], separator: str, end: str) -> str:
    """Return a row as it is written: read again, it has the same cells, and no spreadsheet takes one for a formula."""
    return separator.join(_written(cell, separator) for cell in cells) + end


def _cell(cell: str, raw: str) -> str:
    """Return what a cell says: spaces around it count only within quotes, an apostrophe before a sign is a guard."""
    said = cell if cell == cell.strip() or _quoted(cell) in raw else cell.strip()
    return said[1:] if _GUARDED.match(said) else said


def _written(cell: str, separator: str) -> str:
    shown = f"'{cell}" if _GUARDED.match(f"'{cell}") else cell
    plain = shown == shown.strip() and not any(each in shown for each in ('"', "\n", "\r", separator))
    return shown if plain else _quoted(shown)


def _quoted(cell: str) -> str:
    doubled = cell.replace('"', '""')
    return f'"{doubled}"'


def _check_head(cells: list[str], name: str) -> None:
    if tuple(cell.casefold() for cell in cells[:2]) != HEAD[:2]:
        message = f"{name} row 1 must be: {','.join(HEAD)}"
        raise ConfigError(message)


def _row(cells: list[str], number: int, name: str, seen: dict[str, int]) -> tuple[str, str, str]:
    word, other, note = (*cells, "", "", "")[:3]
    if not word or (len(cells) > len(HEAD) and any(cells[len(HEAD) :])):
        message = f"{name} row {number}: one word in the column from, its counterpart in to, a remark in note"
        raise ConfigError(message)
    if word in seen:
        message = f"{name} row {number}: {word!r} stands in row {seen[word]} already"
        raise ConfigError(message)
    seen[word] = number
    return word, other, note

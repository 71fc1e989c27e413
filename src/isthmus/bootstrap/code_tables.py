"""Code tables as files: `tables/<table>.csv` for all flows, `tables/<flow>/<table>.csv` for one of them."""

import csv
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path

from isthmus.bootstrap.checks import ConfigError

FOLDER = "tables"
HEAD = ("from", "to", "note")
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
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    seen: dict[str, int] = {}
    try:
        for number, row in enumerate(reader, 1):
            if number > MOST_ROWS:
                message = f"{name} has more than {MOST_ROWS:,} rows"
                raise ConfigError(message)
            cells = [cell.strip() for cell in row]
            if number == 1:
                _check_head(cells, name)
                continue
            if not any(cells):
                continue
            yield _row(cells, number, name, seen)
    except csv.Error as wrong:
        message = f"{name} row {reader.line_num}: {wrong}"
        raise ConfigError(message) from None


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

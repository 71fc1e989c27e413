"""Sheets as files: XLSX and CSV, written so that no program takes a text for a formula, and read with distrust."""

import csv
import re
import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO, StringIO
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from openpyxl import DEFUSEDXML, Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils.exceptions import InvalidFileException

from isthmus.mapping.sheet import NAMED, Grid
from isthmus.mapping.sheet_reading import Broken

#: A sheet of ten thousand rows has about one.
LARGEST_FILE = 10_000_000
#: Unpacked, all parts together. A bomb has a thousand times its size.
LARGEST_UNPACKED = 100_000_000
MOST_PARTS = 1_000
MOST_ROWS = 20_000
MOST_COLUMNS = 200
#: What a spreadsheet takes for the beginning of a formula (or, ', for the sign that none follows).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
#: How XLSX writes a character that XML has no word for, and a _ that could be taken for one.
_ODD = re.compile("_x([0-9A-Fa-f]{4})_")
_TEXT = "@"
_WIDTHS = {"from": 40, "when": 30, "check": 25, "what it is": 40, "note": 40, "field": 26, "title": 30, "example": 20}
_USUAL_WIDTH = 13
_READ_ONLY = PatternFill("solid", fgColor="EEEEEE")


class NotASheet(ValueError):
    """A file that cannot be read as a spreadsheet; the message says why and what would be right."""


def as_csv(grid: Grid) -> bytes:
    """Return one grid as CSV in UTF-8, with the mark by which Excel knows that; formulas are disarmed by a '."""
    text = StringIO(newline="")
    csv.writer(text).writerows([[_disarmed(str(each)) for each in row] for row in grid.rows])
    return text.getvalue().encode("utf-8-sig")


def _disarmed(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _armed(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text


def read_csv(data: bytes) -> list[Grid]:
    """Return what a CSV file holds: one grid without a name. Raises `NotASheet`."""
    _fits(data)
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        message = "is not a text in UTF-8: save it as CSV UTF-8"
        raise NotASheet(message) from None
    first = text.split("\n", 1)[0]
    reader = csv.reader(StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    rows: list[list[str]] = []
    try:
        for row in reader:
            rows.append([_armed(each) for each in row])
            _bounded(len(rows), len(row), "the file")
    except csv.Error as wrong:
        message = f"line {reader.line_num}: {wrong}"
        raise NotASheet(message) from None
    return [Grid("", rows)]


def as_xlsx(grids: Sequence[Grid]) -> bytes:
    """Return grids as the sheets of an XLSX file, every cell a text."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for grid in grids:
        sheet = book.create_sheet(grid.name)
        sheet.freeze_panes = "C2"
        for number, row in enumerate(grid.rows, 1):
            for index, value in enumerate(row, 1):
                cell = sheet.cell(number, index)
                text = _unmistakable(str(value))
                cell.value = text or None
                if text:
                    cell.data_type = "s"  # a text, also where it begins like a formula
                cell.number_format = _TEXT
                cell.quotePrefix = text.startswith(FORMULA)
                _dress(cell, head=number == 1, read_only=grid.rows[0][index - 1] in NAMED)
        for index, column in enumerate(grid.rows[0], 1):
            letter = sheet.cell(1, index).column_letter
            sheet.column_dimensions[letter].width = _WIDTHS.get(str(column), _USUAL_WIDTH)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _dress(cell: Any, *, head: bool, read_only: bool) -> None:
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    if head:
        cell.font = Font(bold=True)
    if head or read_only:
        cell.fill = _READ_ONLY


def _unmistakable(text: str) -> str:
    """Return a text in which no program finds a character written as `_x0041_`."""
    return text.replace("_x", "_x005F_x")


def read_xlsx(data: bytes) -> list[Grid]:
    """Return the sheets of an XLSX file. Raises `NotASheet`."""
    _fits(data)
    _check_parts(data)
    assert DEFUSEDXML  # noqa: S101 - a dependency of ours; without it openpyxl reads with a trusting parser
    try:
        book = load_workbook(BytesIO(data), read_only=True, keep_links=False)
        try:
            return [_grid(sheet) for sheet in book.worksheets]
        finally:
            book.close()
    except NotASheet:
        raise
    except (
        InvalidFileException, DefusedXmlException, ParseError, zipfile.BadZipFile, KeyError, ValueError, TypeError,
        AttributeError, IndexError, OSError, EOFError, NotImplementedError,
    ) as wrong:  # fmt: skip
        message = f"cannot be read as XLSX ({type(wrong).__name__}): save it again from Excel or LibreOffice"
        raise NotASheet(message) from None


def _grid(sheet: Any) -> Grid:
    name = str(sheet.title)
    if sheet.sheet_state != "visible":
        return Grid(name, [], hidden=True)
    sheet.reset_dimensions()
    rows: list[list[Any]] = []
    empty = 0
    for row in sheet.iter_rows():
        values = [_value(cell) for cell in row]
        while values and values[-1] is None:
            values.pop()
        if not values:
            empty += 1  # a file may claim a million of them: they are added when something follows
            continue
        _bounded(len(rows) + empty + 1, len(values), f"the sheet {name}")
        rows += [[] for _ in range(empty)]
        rows.append(values)
        empty = 0
    return Grid(name, rows)


def _value(cell: Any) -> Any:
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "f":
        return Broken("is a formula: write what it gives as a text")
    if cell.data_type == "e":
        return Broken(f"holds the error {value}")
    return _ODD.sub(lambda found: chr(int(found[1], 16)), value) if isinstance(value, str) else value


def _fits(data: bytes) -> None:
    if len(data) > LARGEST_FILE:
        message = f"has {len(data):,} bytes, and a sheet may have {LARGEST_FILE:,}"
        raise NotASheet(message)


def _bounded(rows: int, columns: int, name: str) -> None:
    if rows > MOST_ROWS or columns > MOST_COLUMNS:
        message = f"{name} has more than {MOST_ROWS:,} rows or {MOST_COLUMNS} columns"
        raise NotASheet(message)


def _check_parts(data: bytes) -> None:
    """Refuse an archive that unpacks into too much, or whose parts declare entities. Raises `NotASheet`."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
                message = f"unpacks into more than {LARGEST_UNPACKED:,} bytes or {MOST_PARTS:,} parts"
                raise NotASheet(message)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")) and any(_declares(archive, part)):
                    message = f"declares its own XML entities in {part.filename}, which no spreadsheet does"
                    raise NotASheet(message)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as wrong:
        if isinstance(wrong, NotASheet):
            raise
        message = "is not an XLSX file: save it as Excel workbook (.xlsx), or as CSV UTF-8"
        raise NotASheet(message) from None


def _declares(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bool]:
    """Yield, piece by piece, whether a part declares a document type; in UTF-16 as well."""
    before = b""
    with archive.open(part) as source:
        while piece := source.read(1 << 20):
            here = before + piece.replace(b"\0", b"")
            yield b"<!DOCTYPE" in here or b"<!ENTITY" in here
            before = here[-10:]

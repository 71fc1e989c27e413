"""Spreadsheets from outside: hostile ones are refused, odd ones are read, and none of ours runs a formula."""

import csv
import zipfile
from collections.abc import Mapping
from io import BytesIO, StringIO

import pytest
from openpyxl import Workbook, load_workbook

from isthmus.bootstrap import spreadsheets
from isthmus.bootstrap.spreadsheets import NotASheet, as_csv, as_xlsx, read_csv, read_xlsx
from isthmus.mapping.sheet import Grid
from isthmus.mapping.sheet_reading import Broken

DANGEROUS = ["=1+1", "+49", "-5", "@SUM(A1)", "\tx", "=cmd|' /C calc'!A0", "'quoted'", "'=x"]


def rows(*values: object) -> list[Grid]:
    return [Grid("order", [("field", "note"), *(("note", value) for value in values)])]


def xlsx(*values: object, name: str = "order", state: str = "visible") -> bytes:
    book = Workbook()
    book.create_sheet("first")
    book.remove(book.worksheets[0])
    sheet = book.create_sheet(name)
    for number, value in enumerate(values, 1):
        sheet.cell(number, 1).value = value
    sheet.sheet_state = state
    return saved(book)


def saved(book: Workbook) -> bytes:
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def with_parts(data: bytes, parts: Mapping[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, parts.get(name, old.read(name)))
        for name in parts.keys() - set(old.namelist()):
            new.writestr(name, parts[name])
    return out.getvalue()


def test_no_cell_of_ours_is_a_formula_and_each_reads_as_it_was() -> None:
    data = as_xlsx(rows(*DANGEROUS))
    cells = [row[1] for row in load_workbook(BytesIO(data)).worksheets[0].iter_rows()][1:]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells)
    assert [row[1] for row in read_xlsx(data)[0].rows[1:]] == DANGEROUS
    text = as_csv(rows(*DANGEROUS)[0])
    written = [row[1] for row in csv.reader(StringIO(text.decode("utf-8-sig"), newline=""))][1:]
    assert all(each.startswith("'") for each in written)
    assert [row[1] for row in read_csv(text)[0].rows[1:]] == DANGEROUS


def test_a_formula_and_an_error_are_not_taken_for_what_they_show() -> None:
    (_first, grid) = read_xlsx(xlsx("field", "=A1", "#N/A", 5, 5.0))
    broken = [row[0].says for row in grid.rows if isinstance(row[0], Broken)]
    assert broken == ["is a formula: write what it gives as a text", "holds the error #N/A"]


def test_hidden_sheets_are_told_apart() -> None:
    assert [each.hidden for each in read_xlsx(xlsx("field", state="hidden"))] == [False, True]
    assert [each.hidden for each in read_xlsx(xlsx("field", state="veryHidden"))] == [False, True]


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = with_parts(xlsx("field"), {"xl/media/x.xml": bytes(spreadsheets.LARGEST_UNPACKED + 1)})
    assert len(bomb) < 1_000_000
    with pytest.raises(NotASheet, match="unpacks into more than"):
        read_xlsx(bomb)
    with pytest.raises(NotASheet, match="unpacks into more than"):
        read_xlsx(with_parts(xlsx("field"), {f"x/{number}.xml": b"" for number in range(1001)}))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(encoding: str) -> None:
    part = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><sst>&a;</sst>'
    with pytest.raises(NotASheet, match=r"declares its own XML entities in xl/sharedStrings\.xml"):
        read_xlsx(with_parts(xlsx("field"), {"xl/sharedStrings.xml": part.encode(encoding)}))


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"field,note\n", b"\xd0\xcf\x11\xe0" * 100, as_xlsx(rows("x"))[:-300], as_xlsx(rows("x"))[9:]]
)
def test_what_is_no_xlsx_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(NotASheet, match="XLSX"):
        read_xlsx(data)


def test_parts_that_make_no_sense_are_refused_in_words() -> None:
    for part in ("xl/workbook.xml", "xl/worksheets/sheet2.xml", "[Content_Types].xml"):
        with pytest.raises(NotASheet, match="cannot be read as XLSX"):
            read_xlsx(with_parts(xlsx("field"), {part: b"<not"}))


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    far = Workbook()
    far.worksheets[0].cell(1_048_576, 1).value = "x"
    with pytest.raises(NotASheet, match="more than 20,000 rows"):
        read_xlsx(saved(far))
    wide = Workbook()
    wide.worksheets[0].cell(1, 16_384).value = "x"
    with pytest.raises(NotASheet, match="200 columns"):
        read_xlsx(saved(wide))
    with pytest.raises(NotASheet, match="more than 20,000 rows"):
        read_csv(b"field\n" * 20_001)
    monkeypatch.setattr(spreadsheets, "LARGEST_FILE", 10)
    for read in (read_csv, read_xlsx):
        with pytest.raises(NotASheet, match="has 11 bytes"):
            read(b"x" * 11)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_as_programs_save_it(separator: str, encoding: str) -> None:
    text = f'field{separator}note\r\nnote{separator}"a{separator}ä\r\nb"\r\n'
    (grid,) = read_csv(text.encode(encoding))
    assert [list(row) for row in grid.rows] == [["field", "note"], ["note", f"a{separator}ä\r\nb"]]


def test_csv_in_another_encoding_or_with_a_quote_too_many_is_refused() -> None:
    with pytest.raises(NotASheet, match="CSV UTF-8"):
        read_csv("field,note\nnote,ä".encode("latin-1"))
    with pytest.raises(NotASheet, match="line 2"):
        read_csv(b'field,note\nnote,"a"b\n')

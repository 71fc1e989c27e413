"""The promise of a spreadsheet: what nobody edits comes back as it was, what somebody edits arrives exactly."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.bootstrap.spreadsheets import as_csv, as_xlsx, read_csv, read_xlsx
from isthmus.mapping.cells import LONGEST, of_row
from isthmus.mapping.document import Document, Row, read_document
from isthmus.mapping.rewriting import CannotRewrite, rewritten
from isthmus.mapping.sheet import About, Grid, one_list, sheets
from isthmus.mapping.sheet_reading import Edited, edited
from isthmus.mapping.targets import SECTIONS
from tests.mapping.sheet_cases import documents, with_cell

pytestmark = pytest.mark.slow
Way = Callable[[Sequence[Grid]], list[Grid]]
WAYS: dict[str, Way] = {
    "xlsx": lambda grids: read_xlsx(as_xlsx(grids)),
    "csv": lambda grids: read_csv(as_csv(one_list(grids, ""))),
}
TEXT = """\
# What the ERP is told.
note = "reviewed"  # in spring

[order]
# the region decides
note = "shipping_to.region"   # why
"custom.a" = { from = "note", required = true }  # a
custom.b = 'custom.gift == "yes"'
purchase_order_number = { length = 20, cut = true }

[customer.phone]
from = "order.phone"   # theirs
check = "value"

[[add]]
name = "wrap"  # known by this
price = "1"

[tables.region]
BY = "MUC"  # Munich
HH = "001"
"""


def document(text: str = TEXT) -> Document:
    return read_document(text, "mappings/orders.toml")


def grids(of: Document | None = None) -> list[Grid]:
    return sheets(of or document(), About({"flow": "orders"}))


def said(found: Edited) -> str:
    assert not found.wrong, found.wrong
    return rewritten(document(), TEXT, found.changes)


def edit(way: Way, key: tuple[str, str], **cells: object) -> str:
    return said(edited(document(), with_cell(way(grids()), key, **cells)))


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


@given(documents())
@settings(max_examples=30)
@pytest.mark.parametrize("name", WAYS)
def test_a_round_trip_changes_nothing(name: str, drawn: Document) -> None:
    found = edited(drawn, WAYS[name](sheets(drawn, About())))
    assert (found.changes, found.wrong, found.remarks) == ([], [], [])


EXPRESSIONS = st.sampled_from(['"x"', "note", "-1", "'=a'", "number(note) + 1", 'note == "ä|b"', "'it''s'", "a\nand b"])
NEW = {
    "from": EXPRESSIONS, "when": EXPRESSIONS, "check": EXPRESSIONS, "owner": st.sampled_from(["shop", "erp"]),
    "default": st.integers(-(10**9), 10**9) | st.sampled_from(["none", "007", "x y"]), "required": st.booleans(),
    "length": st.integers(1, 999), "example": st.sampled_from(["=1", "12", "@a", "ä"]),
    "note": st.text("ab =+-'\n", max_size=9),
}  # fmt: skip


@given(documents(), st.data())
@settings(max_examples=30)
@pytest.mark.parametrize("name", WAYS)
def test_an_edited_cell_arrives_and_nothing_else_changes(name: str, drawn: Document, data: st.DataObject) -> None:
    section = data.draw(st.sampled_from(sorted(SECTIONS)))
    key = (section, data.draw(st.sampled_from(SECTIONS[section].names)))
    column = data.draw(st.sampled_from(sorted(NEW)))
    value = data.draw(NEW[column])
    typed = ("yes" if value else "") if isinstance(value, bool) else str(value)
    found = edited(drawn, WAYS[name](with_cell(sheets(drawn, About()), key, **{column: typed})))
    assert not found.wrong
    made = read_document(rewritten(drawn, drawn.text, found.changes))
    now, before = made.rows.get(key, Row()), drawn.rows.get(key, Row())
    wanted = value.strip() if isinstance(value, str) else value
    if wanted or column in ("default", "required"):
        assert of_row(now, column) == wanted
    for other in set(NEW) - {column}:
        assert of_row(now, other) == of_row(before, other)
    assert {**made.rows, key: Row()} == {**drawn.rows, key: Row()}
    assert (made.added, made.tables, made.when, made.note) == (drawn.added, drawn.tables, drawn.when, drawn.note)


def test_what_was_not_touched_stays_byte_for_byte(way: Way) -> None:
    made = edit(way, ("order", "custom.b"), from_='custom.gift == "no"')
    assert made == TEXT.replace('== "yes"\'', '== "no"\'')
    assert edit(way, ("tables.region", "BY"), to="NUE") == TEXT.replace('"MUC"', '"NUE"')
    assert edit(way, ("add", "wrap"), price="2") == TEXT.replace('price = "1"', 'price = "2"')
    assert edit(way, ("customer", "phone"), check="") == TEXT.replace('check = "value"\n', "")
    assert edit(way, ("document", "all"), note="in autumn") == TEXT.replace('"reviewed"', '"in autumn"')
    assert edit(way, ("order", "custom.a"), required="no") == TEXT.replace(", required = true", "")


def test_line_ends_of_the_file_stay() -> None:
    text = TEXT.replace("\n", "\r\n")
    found = edited(document(), with_cell(grids(), ("order", "phone"), from_="email"))
    made = rewritten(document(), text, found.changes)
    assert made.count("\r\n") == made.count("\n") == text.count("\n") + 1


def test_a_row_that_came_as_it_is_is_added_and_one_that_says_nothing_is_removed(way: Way) -> None:
    added = document(edit(way, ("addresses", "region"), from_="region", table="region", default=5))
    assert added.rows["addresses", "region"] == Row(source="region", table="region", default=5)
    removed = document(edit(way, ("order", "note"), from_="As it comes"))
    assert ("order", "note") not in removed.rows
    assert removed.rows == {key: row for key, row in document().rows.items() if key != ("order", "note")}


def test_a_missing_row_is_removed_but_a_missing_sheet_or_column_changes_nothing() -> None:
    without_row = [Grid(each.name, [row for row in each.rows if row[1] != "custom.a"]) for each in grids()]
    (change,) = edited(document(), without_row).changes
    assert (change.kind, change.key) == ("removed", ("order", "custom.a"))
    assert edited(document(), [each for each in grids() if each.name not in ("order", "tables")]).changes == []
    narrow = [Grid(each.name, [row[:2] for row in each.rows]) for each in grids() if each.name != "about"]
    assert edited(document(), narrow).changes == []


def test_columns_in_any_order_empty_rows_and_blanks_around_change_nothing() -> None:
    odd = [
        Grid(each.name, [[], *([f" {cell} " for cell in reversed(row)] for row in each.rows[1:]), [None, ""]])
        for each in grids()
    ]
    for grid, mine in zip(odd, grids(), strict=True):
        grid.rows[0].extend(f"{str(cell).title()} " for cell in reversed(mine.rows[0]))  # type: ignore[attr-defined]
    found = edited(document(), odd)
    assert (found.changes, found.wrong) == ([], [])


def test_a_program_may_have_made_numbers_and_ticks_of_texts() -> None:
    made = document(edit(list, ("lines", "title"), from_="title", length=12.0, cut=True, example=5.5))
    assert made.rows["lines", "title"] == Row(source="title", length=12, cut=True, example="5.5")
    found = edited(document(), with_cell(grids(), ("order", "purchase_order_number"), length=20.0, cut=True))
    assert (found.changes, found.wrong) == ([], [])


@pytest.mark.parametrize(
    ("key", "cells", "place", "says"),
    [
        (("order", "note"), {"length": "many"}, "order!J2", "whole number"),
        (("order", "note"), {"required": "perhaps"}, "order!I2", "yes, or nothing"),
        (("order", "note"), {"field": "notes", "what it is": ""}, "order!B2", "did you mean 'note'"),
        (("order", "note"), {"field": "email"}, "", "stands in order!B"),
        (("order", "note"), {"field": ""}, "order!B2", "is empty"),
        (("order", "note"), {"section": "oder"}, "order!A2", "did you mean 'order'"),
        (("order", "note"), {"default": '"half'}, "order!G2", "whole text in quotes"),
        (("add", "wrap"), {"kind": "gift"}, "add!I2", "fee, goods or tip"),
        (("add", "wrap"), {"field": "Gift wrap"}, "add!B2", "one word in small letters"),
        (("document", "all"), {"field": "some"}, "document!B2", "one row"),
    ],
)
def test_a_wrong_cell_is_named(key: tuple[str, str], cells: dict[str, str], place: str, says: str) -> None:
    found = edited(document(), with_cell(grids(), key, **cells))
    (wrong,) = found.wrong
    assert says in wrong.says
    assert place in wrong.place


def test_columns_nobody_knows_and_cells_beside_the_table_are_refused() -> None:
    (order,) = [each for each in grids() if each.name == "order"]
    rows = [[*row, ""] for row in order.rows]
    rows[0][-1], rows[3][-1] = "onwer", "me"
    (wrong,) = edited(document(), [Grid("order", rows)]).wrong
    assert str(wrong).startswith("order!P1: there is no column 'onwer' (did you mean 'owner'?); there are: section, ")
    rows[0][-1] = ""
    assert [each.place for each in edited(document(), [Grid("order", rows)]).wrong] == ["order!P4"]
    rows[0][-1] = "From"
    assert "already, in D1" in edited(document(), [Grid("order", rows)]).wrong[0].says


def test_what_is_not_read_is_said() -> None:
    hidden = [Grid(each.name, each.rows, hidden=each.name == "order") for each in grids()]
    assert edited(document(), hidden).remarks == ["the sheet order is hidden and was not read"]
    odd = [*with_cell(grids(), ("order", "note"), **{"what it is": "my words"}), Grid("Ideas", [["more"], ["colours"]])]
    assert edited(document(), odd).remarks == [
        "order!C2 is not read: these words are Isthmus's own; use note",
        "the sheet Ideas was not read: its first row has no column named field",
    ]


def test_a_text_too_long_for_a_cell_stays_and_is_not_edited_there() -> None:
    long = document(f'[order]\nnote = {{ from = "note", note = "{"x" * (LONGEST + 9)}" }}')
    found = edited(long, read_xlsx(as_xlsx(sheets(long, About()))))
    assert (found.changes, found.wrong) == ([], [])
    shown = next(row for grid in sheets(long, About()) for row in grid.rows if row[1] == "note")[-1]
    (wrong,) = edited(long, with_cell(sheets(long, About()), ("order", "note"), note=f"y{shown}")).wrong
    assert "change it in the document" in wrong.says


@pytest.mark.parametrize(
    "text",
    [
        'order = { note = "note" }\nadd = [{ name = "g", price = "1" }]\n',
        'order.note = "note"\norder.phone.from = "phone"\n',
        '[order.note]\nfrom="note"\n[lines]\nsku="sku"\n[order.phone]\nfrom="phone"\n',
    ],
)
def test_a_document_may_be_written_in_any_way_that_toml_knows(text: str) -> None:
    old = document(text)
    edit_of = with_cell(sheets(old, About()), ("order", "note"), from_="email", length=5)
    made = rewritten(old, text, edited(old, edit_of).changes)
    assert document(made).rows == {**old.rows, ("order", "note"): Row(source="email", length=5)}


def test_a_text_that_would_say_anything_else_is_never_kept() -> None:
    changes = edited(document(), with_cell(grids(), ("order", "phone"), from_="email")).changes
    with pytest.raises(CannotRewrite, match=r"order\.phone cannot be put into mappings/orders\.toml"):
        rewritten(document(), TEXT.replace('"shipping_to.region"', '"email"'), changes)


def test_the_company_of_an_address_can_have_a_row_of_several_words() -> None:
    text = '[addresses]\ncompany = { from = "company", length = 30 }\n[customer]\ncompany.name = "company.name"\n'
    rows = document(text).rows
    assert rows["addresses", "company"] == Row(source="company", length=30)
    assert rows["customer", "company.name"] == Row(source="company.name")

"""A document is read in bounded time, whatever is in it, and its rows are checked before they run."""

import time
from typing import Any

import pytest
from msgspec.structs import replace

from isthmus.canonical.order import Order
from isthmus.canonical.record import dump
from isthmus.mapping.build import build
from isthmus.mapping.document import read_document
from isthmus.mapping.errors import CannotRead, CannotWork
from isthmus.mapping.order_mapping import OrderMapping
from isthmus.mapping.tables import Tables
from isthmus.testing.builders import a_customer, a_line, an_order

NAME = "mappings/orders.toml"


def mapping_of(text: str, **tables: dict[str, str]) -> OrderMapping:
    return build(read_document(text, NAME), Tables(tables))


def told(mapping: OrderMapping, order: Order) -> Order:
    return mapping.then(order, mapping.first(order))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (".".join("a" * 400_000) + " = 1", "line 1: a key of more than 20 parts"),
        ("[" + " . ".join("a" * 100_000) + "]", "more than 20 parts"),
        ("note = 'x'\na = { " + ".".join("a" * 100_000) + " = 1 }", "line 2: a key of more than 20 parts"),
        ("a = " + "[" * 100_000, "not TOML"),
        ("a = " + "{a=" * 100_000, "not TOML"),
        ("a = " + "9" * 9_000, "not TOML"),
        ("a\x00 = 1", "not TOML"),
        ('note = "\ud800"', "not a text in UTF-8"),
        ("#" * 1_000_001, "larger than 1 MB"),
        ('"' + "x" * 900_000 + '" = 1', "there is no section"),
        ('[order]\n"' + "x" * 900_000 + '" = "1"', "up to 120 characters"),
        ('[order]\n"custom.\\u0007" = "1"', "characters that can be seen"),
        ("".join(f'[[add]]\nname = "a{number}"\n' for number in range(101)), "more than 100 lines to add"),
        ("[order]\n" + "".join(f'custom.a{number} = "number"\n' for number in range(2_001)), "more than 2,000 rows"),
    ],
)
def test_what_cannot_be_read_is_said_soon_and_shortly(text: str, says: str) -> None:
    began = time.process_time()
    with pytest.raises(CannotRead) as wrong:
        read_document(text, NAME)
    assert says in str(wrong.value)
    assert len(str(wrong.value)) < 400
    assert time.process_time() - began < 5


def test_texts_over_lines_take_no_longer_than_others() -> None:
    began = time.process_time()
    assert read_document('note = """\n[' + " " * 900_000 + '\n"""').rows == {}
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ('[lines]\nkind = { from = "kind", default = "gods" }', "default = 'gods' is no text"),
        ('[lines]\nunit_price = { from = "unit_price", default = 5 }', "is no amount of money"),
        ('[shipping]\nrequested_on = "add_days(order.placed_at, 3)"', "requested_on takes date, and this is moment"),
        (
            '[order]\ncustom.x = "shipping_to"',
            "custom.x takes value only known when it runs, and this is group of fields",
        ),
        ('[order]\ncustom.x = "lines"', "this is list of group of fields"),
        ('[order]\ncustom.x = "custom"', "this is custom fields"),
    ],
)
def test_what_a_field_cannot_hold_never_runs(row: str, says: str) -> None:
    with pytest.raises(CannotRead) as wrong:
        mapping_of(row)
    assert says in wrong.value.says


def test_the_row_and_column_that_failed_are_named_of_many() -> None:
    text = '[lines]\ntitle = "upper(title)"\nsku = \'sku + text(1 / length(note))\'\nnote = "note"'
    with pytest.raises(CannotWork) as wrong:
        mapping_of(text).first(an_order())
    assert str(wrong.value) == f"{NAME} line 3, lines.sku from, column 12: divided by zero"


def test_a_check_that_cannot_be_worked_out_is_named() -> None:
    mapping = mapping_of("[order]\nnote = { from = 'number', check = '1 / number(value) > 0' }")
    with pytest.raises(CannotWork) as wrong:
        told(mapping, an_order("0"))
    assert str(wrong.value) == f"{NAME} line 2, order.note check, column 1: divided by zero"


@pytest.mark.parametrize("watched", [False, True])
def test_rows_together_do_what_they_do_one_by_one(watched: bool) -> None:  # noqa: FBT001 - a parameter of the test
    text = """
[order]
note = { from = "trim(note)", length = 5, cut = true, default = "-" }
channel = { from = "language", when = "language != ''" }
"custom.a" = { table = "words", default = "none", from = "note" }
"custom.b" = { from = "total.amount * 2", when = "is_test" }
"custom.c" = { from = "tags", when = "not is_test" }
tags = "note"
[lines]
sku = { from = "without(sku, 'X-')", when = "starts(sku, 'X-')" }
"custom.pieces" = { from = "quantity.value", check = "value > 0" }
[addresses]
city = "upper(city)"
[customer]
company.name = "customer.note"
"""
    heard: list[tuple[str, str]] = []
    mapping = mapping_of(text, words={"gift": "G", "*": "other"})
    if watched:
        mapping = replace_told(mapping, heard)
    lines = (a_line("X-1", variant_ref="v"), a_line("Y-2", variant_ref="w", custom={"old": 1}))
    order = replace(an_order("7", *lines), note=" gift ", custom={"old": 1}, tags=("t",))
    made = told(mapping, order)
    assert (made.note, made.channel, made.tags) == ("gift", "", (" gift ",))
    assert made.custom == {"a": "other", "c": ("t",)}
    assert [(line.sku, line.variant_ref, line.custom["pieces"]) for line in made.lines] == [
        ("1", "", 1),
        ("Y-2", "w", 1),
    ]
    assert mapping.customer(order, a_customer("c")).company is None
    named = mapping.customer(order, replace(a_customer("c"), note="Muster GmbH", custom={"old": 1}))
    assert (named.company and named.company.name, named.custom) == ("Muster GmbH", {})
    assert bool(heard) is watched
    assert dump(order) == dump(replace(order))


def replace_told(mapping: OrderMapping, heard: list[tuple[str, str]]) -> OrderMapping:
    def hear(each: Any, about: str, _read: Any, _before: Any, _after: Any) -> None:
        heard.append((each.field, about))

    return OrderMapping(
        mapping.document, mapping.revision, mapping.tables, mapping.early, mapping.late, mapping.additions, told=hear
    )


def test_an_added_line_that_reads_the_order_follows_it() -> None:
    mapping = mapping_of("[[add]]\nname = 'a'\ntitle = 'number'\nprice = '1.50'\n[[add]]\nname = 'b'\nprice = '2.50'")
    for number, currency in (("7", "EUR"), ("8", "USD")):
        (_sold, one, other) = mapping.first(replace(an_order(number), currency=currency)).lines
        assert (one.title, str(one.unit_price), str(other.unit_price)) == (
            number,
            f"1.50 {currency}",
            f"2.50 {currency}",
        )

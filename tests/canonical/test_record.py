"""Records survive being kept, and two that say the same have the same fingerprint."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.canonical.kinds import KINDS, kind_of, schema
from isthmus.canonical.order import Order
from isthmus.canonical.product import Variant
from isthmus.canonical.record import Record, dump, fingerprint, load
from isthmus.canonical.stock import StockLevel
from isthmus.testing.builders import a_customer, a_line, a_tax, a_variant, an_order, stock
from tests.canonical.examples import FULL

NOW = datetime(2026, 3, 2, 9, 58, 12, 345678, tzinfo=UTC)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_survives_being_kept_with_every_field_filled(kind: str) -> None:
    record = FULL[kind]
    assert {name for name in record.__struct_fields__ if getattr(record, name) in (None, "", (), {})} == set()
    assert load(KINDS[kind], dump(record)) == record
    assert load(KINDS[kind], dump(record).decode()) == record
    assert kind_of(record) == kind


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_a_schema_that_knows_its_fields(kind: str) -> None:
    described = schema(kind)
    fields = described["$defs"][KINDS[kind].__name__]["properties"]
    assert set(fields) == set(KINDS[kind].__struct_fields__)


def test_an_unknown_kind_has_no_schema() -> None:
    with pytest.raises(KeyError):
        schema("invoice")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_no_digit_of_an_amount_is_lost(amount: Decimal) -> None:
    order = an_order("1", a_line(price=amount))
    kept = load(Order, dump(order))
    assert kept.lines[0].unit_price.amount.as_tuple() == order.lines[0].unit_price.amount.as_tuple()


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("lines", 0, "quantity"), "three", r"\$\.lines\[0\]\.quantity"),
        (("lines", 1, "unit_price", "amount"), "1,50", r"\$\.lines\[1\]\.unit_price\.amount"),
        (("lines", 1, "unit_price", "currency"), "EURO", r"\$\.lines\[1\]\.unit_price"),
        (("status",), "paid", r"\$\.status"),
        (("customer", "addresses", 0, "country"), "Germany", r"\$\.customer\.addresses\[0\]"),
        (("placed_at",), "yesterday", r"\$\.placed_at"),
        (("colour",), "red", "colour"),
    ],
)
def test_a_bad_field_is_named_by_its_path(path: tuple[str | int, ...], value: Any, where: str) -> None:
    body = json.loads(dump(an_order("1001", a_line(), a_line("LAMP-1"), customer=a_customer())))
    place = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ValueError, match=where):
        load(Order, json.dumps(body))


def test_text_that_is_no_json_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="truncated"):
        load(Order, b"{")


def test_a_record_needs_a_key() -> None:
    with pytest.raises(ValueError, match="external_id must not be empty"):
        a_variant(external_id="")


@pytest.mark.parametrize("field", ["changed_at", "read_at", "deleted_at", "placed_at", "canceled_at", "rate_at"])
def test_a_time_without_a_zone_is_refused_wherever_it_stands(field: str) -> None:
    with pytest.raises(ValueError, match=f"{field} has no time zone"):
        an_order(**{field: NOW.replace(tzinfo=None)})


def test_how_we_came_to_know_a_record_is_not_what_it_says() -> None:
    order = an_order()
    again = msgspec.structs.replace(order, read_at=NOW, changed_at=NOW + timedelta(hours=1), revision="7")
    assert fingerprint(again) == fingerprint(order)
    level = stock(5)
    assert fingerprint(msgspec.structs.replace(level, last_pushed_at=NOW)) == fingerprint(level)


def test_fields_a_later_release_added_to_lines_change_nothing_where_they_are_empty() -> None:
    assert b'"custom"' not in dump(a_line())
    assert b'"custom":{"x":1}' in dump(a_line(custom={"x": 1}))


def test_nor_is_it_inside_a_record_that_stands_in_another() -> None:
    def order(**known: Any) -> Order:
        return an_order(customer=a_customer(**known))

    assert fingerprint(order(read_at=NOW, changed_at=NOW, revision="9")) == fingerprint(order())
    assert fingerprint(order(phone="1")) != fingerprint(order(phone="2"))


@pytest.mark.parametrize(
    "change",
    [{"deleted_at": NOW}, {"number": "other"}, {"connection": "b"}, {"custom": {"x": 1}}, {"note": "wrap it"}],
    ids=lambda change: next(iter(change)),
)
def test_anything_a_record_says_is_in_its_fingerprint(change: dict[str, Any]) -> None:
    assert fingerprint(msgspec.structs.replace(an_order(), **change)) != fingerprint(an_order())


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=6), st.randoms())
def test_the_order_of_keys_makes_no_difference(custom: dict[str, Any], chance: Any) -> None:
    pairs = list(custom.items())
    chance.shuffle(pairs)
    assert fingerprint(a_variant(custom=dict(pairs))) == fingerprint(a_variant(custom=custom))


def test_a_record_read_back_has_the_same_fingerprint() -> None:
    for record in FULL.values():
        assert fingerprint(load(type(record), dump(record))) == fingerprint(record)


def test_a_field_of_a_later_release_changes_no_fingerprint_until_it_is_used() -> None:
    class LaterVariant(Variant):
        country_of_origin: str = ""

    now = a_variant()
    later = LaterVariant(**{name: getattr(now, name) for name in now.__struct_fields__})
    assert fingerprint(later) == fingerprint(now)
    assert fingerprint(msgspec.structs.replace(later, country_of_origin="EE")) != fingerprint(now)


def test_a_line_without_fields_of_the_merchants_own_is_written_as_it_was_before_there_were_any() -> None:
    plain, marked = a_line("MUG"), a_line("MUG", custom={"gift": "yes"})
    assert b"custom" not in msgspec.json.encode(a_line("MUG", custom={}))
    assert fingerprint(an_order(lines=(plain,))) != fingerprint(an_order(lines=(marked,)))


def test_absent_stock_is_not_zero_stock() -> None:
    assert load(StockLevel, dump(stock(None))).on_hand is None
    assert fingerprint(stock(None)) != fingerprint(stock(0))


def test_the_parts_of_a_line_are_derived_and_never_kept() -> None:
    line = a_line(quantity=2, price="10.00", taxes=(a_tax("1.90"), a_tax("0.10")))
    assert (str(line.tax), str(line.discount)) == ("2.00 EUR", "0.00 EUR")
    assert b"discount" not in dump(line)


def test_every_kind_is_a_record() -> None:
    assert all(issubclass(each, Record) for each in KINDS.values())
    assert set(FULL) == set(KINDS)

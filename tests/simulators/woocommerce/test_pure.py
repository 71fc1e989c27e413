"""The parts that are functions of their arguments, held for anything that may come."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.simulators.woocommerce import meta, stamps, totals
from isthmus.simulators.woocommerce.assortment import open_books
from isthmus.simulators.woocommerce.errors import Refused
from isthmus.simulators.woocommerce.gateway import narrowed, php_query, printed
from isthmus.simulators.woocommerce.money import exact, price, rounded
from isthmus.simulators.woocommerce.orders import Line, Order
from isthmus.simulators.woocommerce.params import Param, accepted
from isthmus.simulators.woocommerce.settings import Settings
from isthmus.simulators.woocommerce.shop import Shop

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - aware by `timezones`
CENTS = st.decimals(Decimal("0.01"), Decimal("99999.99"), places=2)
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
KEYS = st.sampled_from(["a", "b", "_c"])
VALUES = st.one_of(st.text(max_size=5), st.integers(), st.booleans(), st.lists(st.integers(), max_size=3))


@given(MOMENTS)
def test_a_time_written_in_utc_is_read_back_to_the_second(moment: datetime) -> None:
    text = stamps.written(moment, UTC)
    assert stamps.read(text, UTC) == moment.replace(microsecond=0)


@given(MOMENTS)
def test_both_fields_of_a_time_mean_the_same_moment(moment: datetime) -> None:
    zone = ZoneInfo("Europe/Berlin")
    shown = stamps.both("date", moment, zone)
    offset = datetime.fromisoformat(str(shown["date"])) - datetime.fromisoformat(str(shown["date_gmt"]))
    assert offset == moment.astimezone(zone).utcoffset()


@given(st.text())
def test_any_text_is_a_price_or_none(text: str) -> None:
    kept = price(text)
    assert price(kept) == kept
    assert kept == "" or Decimal(kept).is_finite()


@given(st.dictionaries(st.text("abc_", min_size=1), st.text(max_size=10)))
def test_a_query_is_read_as_it_was_written(asked: dict[str, str]) -> None:
    assert dict(php_query(urlencode(asked))) == asked


def test_of_two_with_one_name_the_last_counts_and_brackets_are_numbered() -> None:
    assert php_query("a=1&include[]=5&a=2&include[]=6") == [("a", "2"), ("include[0]", "5"), ("include[1]", "6")]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=8))
def test_what_is_printed_as_php_would_is_json(content: Any) -> None:
    text = printed(content)
    assert json.loads(text) == content
    assert text.isascii()
    assert "/" not in text.replace("\\/", "")


def test_fields_of_fields_are_kept() -> None:
    row = {"id": 1, "billing": {"email": "a", "city": "b"}, "lines": [{"id": 2}]}
    assert narrowed(row, "billing.email,lines") == {"billing": {"email": "a"}, "lines": [{"id": 2}]}
    assert narrowed([row], "id") == [{"id": 1}]
    assert narrowed(row, None) is row


@given(st.integers(-5, 110))
def test_bounds_hold(number: int) -> None:
    specs = {"per_page": Param("integer", least=1, most=100)}
    if 1 <= number <= 100:
        assert accepted(specs, {"per_page": str(number)}) == {"per_page": number}
    else:
        with pytest.raises(Refused) as refused:
            accepted(specs, {"per_page": number})
        assert refused.value.more["details"]["per_page"]["code"] == "rest_out_of_bounds"


@given(st.lists(st.tuples(KEYS, VALUES), max_size=8))
def test_free_fields_keep_one_value_each_and_ids_for_life(rows: Sequence[tuple[str, Any]]) -> None:
    kept: meta.Meta = []
    numbers = iter(range(1, 100))
    seen: dict[str, int] = {}
    for key, value in rows:
        meta.merge(kept, [{"key": key, "value": value}], lambda _row: next(numbers))
        number = next(one["id"] for one in kept if one["key"] == key)
        assert seen.setdefault(key, number) == number
    assert [one["key"] for one in kept] == list(dict(rows))
    assert {one["key"]: one["value"] for one in kept} == {key: meta.kept(value) for key, value in dict(rows).items()}


@given(
    rows=st.lists(st.tuples(CENTS, st.integers(1, 9), st.integers(0, 100)), min_size=1, max_size=6),
    included=st.booleans(),
    decimals=st.sampled_from([0, 2, 3]),
)
def test_what_an_order_shows_adds_up(
    *, rows: Sequence[tuple[Decimal, int, int]], included: bool, decimals: int
) -> None:
    shop = Shop(Settings(decimals=decimals), lambda: NOON)
    open_books(shop)
    order = Order(
        id=1, number="1", key="k", created_at=NOON, modified_at=NOON, currency="EUR", prices_include_tax=included
    )
    for number, (amount, quantity, off) in enumerate(rows):
        before = exact(amount * quantity / (Decimal("1.2") if included else 1))
        after = exact(before * (100 - off) / 100)
        order.lines.append(Line(id=number, kind="line_item", quantity=quantity, subtotal=before, total=after))
    totals.recalculate(shop, order)
    lines = sum(rounded(line.total, decimals) for line in order.goods)
    assert order.total == lines + order.cart_tax
    assert order.cart_tax == sum(line.tax_total for line in order.tax_lines)
    assert order.discount_total == sum(rounded(line.subtotal, decimals) for line in order.goods) - lines

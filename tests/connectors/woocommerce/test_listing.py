"""The shop's own list: whole seconds at its borders, guests among the buyers, the trash left out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from isthmus.canonical.order import Order
from isthmus.canonical.record import fingerprint
from isthmus.connectors.woocommerce.order_listing import made_in, spot
from isthmus.kit.http import Response
from isthmus.ports.errors import ContractBroken
from isthmus.ports.listing import Glimpsed, Span
from isthmus.ports.source import Cursor
from tests.connectors.woocommerce.builders import order, refund
from tests.connectors.woocommerce.harness import Asked, Desk, answer, opened, refused, shelves

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DAY = Span(NINE, NINE + timedelta(days=1))
ROWS = [
    order(id=1, number="1", date_created_gmt="2026-11-20T08:59:59"),
    order(id=2, number="2", date_created_gmt="2026-11-20T09:00:00", customer_id=0),
    order(id=3, number="3", date_created_gmt="2026-11-20T09:00:01", status="cancelled"),
    order(id=4, number="4", date_created_gmt="2026-11-21T09:00:00"),
    order(id=5, number="5", status="trash"),
    order(id=6, number="6", status="unheard-of"),
]


def desk() -> Desk:
    held = shelves(orders=ROWS)

    def handle(asked: Asked) -> Response | Exception:
        if asked.route == "customers":
            wanted = asked.query["include"].split(",")
            assert asked.query["role"] == "all"
            return answer([{"id": one} for one in (25, 26) if str(one) in wanted])
        if "after" in asked.query:
            rows = [row for row in ROWS if asked.query["after"] < row["date_created_gmt"] < asked.query["before"]]
            return shelves(orders=rows)(asked)
        return held(asked)

    return Desk(handle)


async def test_orders_of_a_span_are_listed_with_its_first_second_and_without_its_last() -> None:
    session = opened(desk())
    pages = [page async for page in session.listings["order"].listed(DAY)]
    assert [entry.key for page in pages for entry in page.entries] == ["2", "3"]
    assert [one.external_id for page in pages for one in page.bad] == ["6"]
    assert pages[-1].last


FIELDS = [{"id": 1, "key": "level", "value": "gold"}, {"id": 2, "key": "_erp", "value": "C-1"}]
MORE = [{"id": 3, "key": "other", "value": "x"}]


@pytest.mark.parametrize(
    ("entered", "carried"),
    [
        ("", {}),
        ("level, _erp", {"meta.level": "gold", "meta._erp": "C-1"}),
        ("*", {"meta.level": "gold", "meta.other": "x"}),
    ],
)
async def test_fields_of_a_customer_are_the_same_however_an_order_is_read(
    entered: str, carried: dict[str, str]
) -> None:
    rows = [order(meta_data=[{"id": 9, "key": "gift", "value": "yes"}]), order(id=728, number="728", customer_id=0)]
    desk = Desk(shelves(orders=rows, customers=[{"id": 25, "meta_data": [*FIELDS, *MORE]}]))
    session = opened(desk, customer_fields=entered)
    changed = [one async for page in session.sources["order"].changes(None) for one in page.records]
    listed = [one.record async for page in session.listings["order"].listed(DAY) for one in page.entries]
    read = await session.sources["order"].read(["727", "728"])
    assert {fingerprint(one) for one in changed} == {fingerprint(one) for one in listed} == set(map(fingerprint, read))
    assert isinstance(read[0], Order)
    assert read[0].customer is not None
    assert (read[0].customer.custom, read[0].custom["meta.gift"]) == (carried, "yes")
    # The guest is not asked for, and one call is enough for a page.
    asked = {(one.query["include"], one.query["_fields"]) for one in desk.of("GET", "customers")}
    assert asked == ({("25", "id,meta_data")} if entered else set())
    assert len(desk.of("GET", "customers")) == (3 if entered else 0)


@pytest.mark.parametrize(("micro", "after"), [(0, "08:59:59"), (1, "09:00:00")])
def test_the_border_falls_between_seconds(micro: int, after: str) -> None:
    said = dict(made_in(Span(NINE.replace(microsecond=micro), NINE + timedelta(seconds=1, microseconds=micro))))
    assert said["after"] == f"2026-11-20T{after}"
    assert said["before"] == f"2026-11-20T09:00:0{1 if micro == 0 else 2}"


async def test_orders_are_named_and_glimpsed() -> None:
    listing = opened(desk()).listings["order"]
    assert [entry.key for entry in await listing.named(["2", "404", "nonsense"])] == ["2"]
    assert await listing.named([]) == []
    assert isinstance(listing, Glimpsed)
    seen = [one async for some in listing.glimpses(DAY) for one in some]
    assert [(one.external_id, one.number) for one in seen] == [("2", "2"), ("3", "3"), ("6", "6")]


async def test_buyers_are_there_once_for_each_order_guests_included() -> None:
    listing = opened(desk()).listings["customer"]
    pages = [page async for page in listing.listed(DAY)]
    assert [(one.key, one.record.number) for page in pages for one in page.entries] == [("guest:2", "2"), ("25", "3")]
    named = await listing.named(["25", "99", "guest:2", "guest:404", "guest:x", "0", "odd"])
    assert {one.key for one in named} == {"25", "guest:2"}


@pytest.mark.parametrize("text", ["x", '{"seen":"a"}', '{"other":1}', "[" * 5000])
def test_a_cursor_that_is_not_ours_is_refused(text: str) -> None:
    with pytest.raises(ContractBroken):
        spot(Cursor(text))


def with_refunds(answered: Any) -> Desk:
    row = order(refunds=[{"id": 900, "total": "-11.90"}])
    return Desk(lambda asked: answered if asked.route.endswith("/refunds") else answer([row]))


async def test_refunds_are_read_for_the_orders_that_have_any() -> None:
    (one,) = await opened(with_refunds(answer([refund()]))).sources["order"].read(["727"])
    assert one.lines[0].canceled.value == 1
    gone = refused(404, "woocommerce_rest_shop_order_invalid_id")
    (other,) = await opened(with_refunds(gone)).sources["order"].read(["727"])
    assert other.lines[0].canceled.value == 0


async def test_orders_in_the_trash_are_gone_and_bad_ones_named() -> None:
    rows = [*ROWS[4:], order(id=7, number="7", total="NaN"), order(id=8, number="8", billing={"country": "Germany"})]
    pages = [page async for page in opened(Desk(shelves(orders=rows))).sources["order"].changes(None)]
    assert [one for page in pages for one in page.gone] == ["5"]
    bad = {one.external_id: one.trouble.code for page in pages for one in page.bad}
    assert bad == {"6": "unmapped", "7": "wire_drift", "8": "wire_drift"}

"""Nothing changed is missed, wherever a reading stops and however large the pages are."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from isthmus.canonical.order import LineKind, Order
from isthmus.canonical.product import ProductKind
from isthmus.canonical.quantity import pieces
from isthmus.connectors.shopify import orders as orders_module
from isthmus.connectors.shopify.client import Sizes
from isthmus.connectors.shopify.cursors import WINDOW, Position, position, quoted
from isthmus.connectors.shopify.orders import Orders
from isthmus.connectors.shopify.products import Variants
from isthmus.connectors.shopify.stock import Levels, next_position
from isthmus.connectors.shopify.wire import Connection, PageInfo
from isthmus.connectors.shopify.wire_catalog import LocationLevels
from isthmus.ports.connector import Session
from isthmus.ports.errors import ContractBroken, WireDrift
from isthmus.ports.source import Cursor, Page
from isthmus.simulators.shopify import ShopifyWorld
from tests.connectors.shopify.builders import a_line, a_place, an_order, bag, nodes
from tests.connectors.shopify.harness import Endpoint, Script, answered, failed, raw, scripted

GOLDEN = Path(__file__).parent / "golden"
SHOP = {"myshopifyDomain": "demo.myshopify.com", "currencyCode": "USD"}
LATER = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)


def listing(*orders: dict[str, Any], more: str | None = None) -> Script:
    return answered({"shop": SHOP, "orders": nodes(*orders, more=more)})


async def pages_of(source: Any, since: Cursor | None = None) -> list[Page[Any]]:
    return [page async for page in source.changes(since)]


def ids(pages: list[Page[Any]]) -> list[str]:
    return [record.external_id for page in pages for record in page.records]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7])
async def test_every_order_is_read_once_in_pages_of_two(shop: Session, world: ShopifyWorld, count: int) -> None:
    await world.place_orders(count, 1)
    source = Orders(shop.sources["order"].client, Sizes(((2, 1),)))  # type: ignore[attr-defined]
    pages = await pages_of(source)
    assert len(set(ids(pages))) == len(ids(pages)) == count
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]


async def test_a_reading_goes_on_from_any_page_even_among_ties(shop: Session, world: ShopifyWorld) -> None:
    """All orders of a simulated shop are placed within the same second or two."""
    await world.place_orders(7, 1)
    source = Orders(shop.sources["order"].client, Sizes(((2, 1),)))  # type: ignore[attr-defined]
    pages = await pages_of(source)
    for stop in range(len(pages) - 1):
        resumed = await pages_of(source, pages[stop].cursor)
        assert ids(pages[: stop + 1]) + ids(resumed) == ids(pages)


async def test_the_next_round_overlaps_and_sees_what_is_new(shop: Session, world: ShopifyWorld) -> None:
    await world.place_orders(2, 1)
    source = shop.sources["order"]
    first = await pages_of(source)
    await world.place_orders(1, 2)
    again = await pages_of(source, first[-1].cursor)
    assert set(ids(again)) > set(ids(first))


async def test_a_round_begins_five_minutes_before_its_first_answer_by_the_shops_clock() -> None:
    def dated(script: Script, date: str) -> Script:
        def play(request: Any, body: dict[str, Any]) -> Any:
            answer = script(request, body)
            answer.headers["Date"] = date
            return answer

        return play

    endpoint = Endpoint(
        [
            dated(listing(an_order(1), more="c1"), "Fri, 20 Nov 2026 11:00:00 GMT"),
            dated(listing(an_order(2)), "Fri, 20 Nov 2026 11:30:00 GMT"),
        ]
    )
    async with scripted(endpoint) as session:
        pages = await pages_of(session.sources["order"])
    assert position(pages[-1].cursor).filter == "updated_at:>='2026-11-20T10:55:00Z'"
    assert endpoint.variables[1]["after"] == "c1"


def test_a_long_round_moves_its_filter_on_before_the_list_ends() -> None:
    page = PageInfo(has_next_page=True, end_cursor="c")
    at = Position(since=datetime(2026, 11, 1, tzinfo=UTC), mark=LATER, after="b", seen=WINDOW - 1)
    assert at.onward(page, [LATER]) == Position(since=LATER, mark=LATER)
    # A window full of one and the same second cannot be split: the page cursor goes on.
    tied = Position(since=LATER, mark=LATER, seen=WINDOW)
    assert tied.onward(page, [LATER]).after == "c"


@pytest.mark.parametrize("cursor", ["x", "{", '{"since":1}', '{"other":"2026-11-20T10:00:00Z"}'])
def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(ContractBroken):
        position(Cursor(cursor))


def test_values_in_filters_are_escaped() -> None:
    assert quoted("""a'b"c\\d""") == """'a\\'b\\"c\\\\d'"""


async def test_a_request_that_is_too_costly_is_made_smaller_and_stays_so() -> None:
    too_much = failed("MAX_COST_EXCEEDED", "Query cost is 1752, which exceeds the single query max cost limit (1000)")
    endpoint = Endpoint([too_much, too_much, listing(an_order(1)), listing()])
    async with scripted(endpoint) as session:
        await pages_of(session.sources["order"])
        await pages_of(session.sources["order"])
    asked = [(variables["first"], variables["lines"]) for variables in endpoint.variables]
    assert asked == [*orders_module.SIZES[:3], orders_module.SIZES[2]]


async def test_the_smallest_request_may_still_be_too_costly() -> None:
    async with scripted(Endpoint([failed("MAX_COST_EXCEEDED")])) as session:
        with pytest.raises(ContractBroken):
            await session.sources["order"].read(["1"])


async def test_read_returns_what_exists(shop: Session, world: ShopifyWorld) -> None:
    await world.place_orders(5, 3)
    source = shop.sources["order"]
    known = ids(await pages_of(source))
    found = await source.read([*known, "999"])
    assert sorted(order.external_id for order in found) == sorted(known)


async def test_lists_inside_an_order_are_read_to_their_end() -> None:
    def rest(content: Any) -> Script:
        return answered({"node": {"page": content}})

    order = an_order(
        lineItems=nodes(a_line(1), more="l1"),
        metafields=nodes(more="m1"),
        fulfillmentOrders=nodes(more="f1"),
    )
    endpoint = Endpoint(
        [
            listing(order),
            rest(nodes(a_line(2), more="l2")),
            rest(nodes(a_line(3))),
            rest(nodes(a_place(71))),
            rest(nodes({"namespace": "erp", "key": "note", "type": "url", "value": "x"})),
        ]
    )
    async with scripted(endpoint) as session:
        [page] = await pages_of(session.sources["order"])
    [read] = page.records
    assert [line.external_id for line in read.lines] == ["1", "2", "3"]
    assert [line.warehouse for line in read.lines] == ["5", "5", "5"]
    assert read.custom["erp.note"] == "x"
    assert [variables.get("after") for variables in endpoint.variables[1:]] == ["l1", "l2", "f1", "m1"]


async def test_an_order_deleted_while_it_is_read_keeps_what_was_seen() -> None:
    endpoint = Endpoint([listing(an_order(lineItems=nodes(a_line(1), more="l1"))), answered({"node": None})])
    async with scripted(endpoint) as session:
        [page] = await pages_of(session.sources["order"])
    assert len(page.records[0].lines) == 1


async def details(order: dict[str, Any], *script: Script) -> Order:
    async with scripted(Endpoint([listing(order), *script])) as session:
        [page] = await pages_of(session.sources["order"])
    return page.records[0]


async def test_lines_that_ship_from_several_places_are_told_apart() -> None:
    def place_lines(*pairs: tuple[int, int]) -> Script:
        rows = [{"totalQuantity": units, "lineItem": {"id": f"gid://shopify/LineItem/{line}"}} for line, units in pairs]
        return answered({"node": {"page": nodes(*rows)}})

    order = an_order(
        lineItems=nodes(a_line(1), a_line(2), a_line(3)),
        fulfillmentOrders=nodes(a_place(71, 5), a_place(72, 6), a_place(73, 7, "CANCELLED"), a_place(74, None)),
    )
    read = await details(order, place_lines((1, 2), (2, 1)), place_lines((2, 3)))
    assert [line.warehouse for line in read.lines] == ["5", "6", ""]


async def test_refunds_tell_returned_from_canceled_units() -> None:
    line = a_line(1, quantity=5, currentQuantity=2, unfulfilledQuantity=1)

    def refund_line(units: int, restock: str) -> dict[str, Any]:
        return {"quantity": units, "restockType": restock, "lineItem": {"id": line["id"]}}

    refunds = [{"id": "gid://shopify/Refund/1", "refundLineItems": nodes(refund_line(1, "CANCEL"), more="r1")}]
    read = await details(
        an_order(lineItems=nodes(line)),
        answered({"order": {"refunds": refunds}}),
        answered({"node": {"page": nodes(refund_line(2, "RETURN"))}}),
    )
    [shown] = read.lines
    assert (shown.canceled, shown.returned, shown.shipped) == (pieces(1), pieces(2), pieces(3))


async def test_duties_fees_and_holds_are_asked_for_where_the_order_shows_them() -> None:
    def charge(number: int, amount: str, **said: Any) -> dict[str, Any]:
        return {"id": f"gid://shopify/Duty/{number}", "price": bag(amount), "taxLines": []} | said

    order = an_order(
        currentTotalDutiesSet=bag("4.00"),
        currentTotalAdditionalFeesSet=bag("1.50"),
        displayFulfillmentStatus="ON_HOLD",
        currentTotalPriceSet=bag("35.50"),
    )
    read = await details(
        order,
        answered({"node": {"page": nodes({"id": "gid://shopify/LineItem/901", "duties": [charge(1, "4.00")]})}}),
        answered({"order": {"additionalFees": [charge(2, "1.50", name="Handling")]}}),
        answered({"order": {"fulfillmentOrders": {"nodes": [{"fulfillmentHolds": [{"reason": "OTHER"}]}]}}}),
    )
    fees = [(line.title, str(line.unit_price)) for line in read.lines if line.kind is LineKind.FEE]
    assert fees == [("Duties", "4.00 USD"), ("Handling", "1.50 USD")]
    assert str(read.fees) == "5.50 USD"
    assert read.hold_reason == "OTHER"


async def test_duties_inside_the_prices_are_not_charged_twice() -> None:
    read = await details(an_order(currentTotalDutiesSet=bag("4.00"), dutiesIncluded=True))
    assert read.fees is None


async def test_an_order_with_an_amount_that_is_none_fails_alone() -> None:
    bad = an_order(currentTotalPriceSet=bag("30.00", "XXQ"))
    good = an_order(id="gid://shopify/Order/5502", name="#1002")
    async with scripted(Endpoint([listing(bad, good)])) as session:
        [page] = await pages_of(session.sources["order"])
    assert [order.number for order in page.records] == ["#1002"]
    assert [(each.external_id, each.number, type(each.trouble)) for each in page.bad] == [("5501", "#1001", WireDrift)]


async def test_amounts_are_exact_whatever_form_they_have() -> None:
    order = an_order()
    order["currentTotalPriceSet"]["shopMoney"]["amount"] = "10.10"
    body = '{"data":{"shop":%s,"orders":{"nodes":[%s],"pageInfo":{"hasNextPage":false}}}}'
    text = body % (json.dumps(SHOP), json.dumps(order).replace('"10.10"', "10.10"))
    async with scripted(Endpoint([raw(text)])) as session:
        [page] = await pages_of(session.sources["order"])
    assert str(page.records[0].total.amount) == "10.10"


@pytest.mark.parametrize("make", [lambda client: Variants(client, Sizes(((3, 0),))), Variants])
async def test_every_variant_is_read_once(shop: Session, make: Callable[[Any], Variants]) -> None:
    source = make(shop.sources["order"].client)  # type: ignore[attr-defined]
    found = ids(await pages_of(source))
    assert len(found) == len(set(found)) > 0
    assert sorted(variant.external_id for variant in await source.read([*found, "1"])) == sorted(found)


async def test_variants_change_with_their_product(shop: Session) -> None:
    source = shop.sources["variant"]
    first = await pages_of(source)
    small = Variants(source.client, product_sizes=Sizes(((3, 1),)))  # type: ignore[attr-defined]
    again = await pages_of(small, first[-1].cursor)
    assert set(ids(again)) == set(ids(first))  # the shop was filled within the overlap


async def test_a_sku_is_found_exactly(shop: Session) -> None:
    source = shop.sources["variant"]
    [page] = await pages_of(source)
    wanted = page.records[0]
    assert [found.external_id for found in await source.by_number(wanted.sku)] == [wanted.external_id]  # type: ignore[attr-defined]
    assert await source.by_number(wanted.sku[:-1]) == []  # type: ignore[attr-defined]


async def test_a_repeated_sku_is_found_on_every_page() -> None:
    def variant(number: int, sku: str, **product: Any) -> dict[str, Any]:
        body = json.loads((GOLDEN / "variant.json").read_text("utf-8"))
        own = {"id": f"gid://shopify/ProductVariant/{number}", "sku": sku, "product": body["product"] | product}
        return body | own

    def found(*variants: dict[str, Any], more: str | None = None) -> Script:
        return answered({"shop": SHOP, "productVariants": nodes(*variants, more=more)})

    endpoint = Endpoint([found(variant(1, "A"), variant(2, "A-1"), more="v1"), found(variant(3, "A", isGiftCard=True))])
    async with scripted(endpoint) as session:
        matches = await session.sources["variant"].by_number("A")  # type: ignore[attr-defined]
    assert [(one.external_id, one.kind) for one in matches] == [
        ("1", ProductKind.STOCKED),
        ("3", ProductKind.GIFT_CARD),
    ]
    assert [variables["after"] for variables in endpoint.variables] == [None, "v1"]


async def test_levels_of_every_place_are_read_once_and_resume(shop: Session) -> None:
    source = Levels(shop.sources["order"].client, Sizes(((90, 0),)))  # type: ignore[attr-defined]
    pages = await pages_of(source)
    found = ids(pages)
    assert len(found) == len(set(found))
    assert len({level.rpartition("@")[2] for level in found}) > 1
    for stop in range(len(pages) - 1):
        assert ids(pages[: stop + 1]) + ids(await pages_of(source, pages[stop].cursor)) == found
    some = [*found[:3], *found[-3:], "1@2", f"1@{found[0].rpartition('@')[2]}"]
    assert sorted(level.external_id for level in await source.read(some)) == sorted(some[:6])


async def test_a_level_says_what_the_shop_offers_now(shop: Session, world: ShopifyWorld) -> None:
    source = shop.sources["stock_level"]
    pages = await pages_of(source)
    level = pages[0].records[0]
    [again] = await source.read([level.external_id])
    assert again == level
    [place] = await shop.sources["warehouse"].read([level.warehouse])
    world.set_stock(level.sku, place.name, 3)
    [changed] = await source.read([level.external_id])
    assert changed.available == pieces(3)


def test_a_place_with_too_many_changes_is_read_whole() -> None:
    location = LocationLevels(inventory_levels=Connection(nodes=(), page_info=PageInfo(has_next_page=True)))
    at = Position(since=LATER, mark=LATER, place="5", seen=WINDOW)
    assert next_position(at, location, ["5", "6"]) == Position(mark=LATER, place="5")
    assert next_position(at, None, ["5", "6"]) == Position(since=LATER, mark=LATER, place="6")


async def test_a_deactivated_place_is_passed_over() -> None:
    endpoint = Endpoint([answered({"locations": nodes()})])
    async with scripted(endpoint) as session:
        [page] = await pages_of(session.sources["stock_level"])
    assert (page.records, page.last) == ([], True)


async def test_places_are_read_by_id(shop: Session) -> None:
    source = shop.sources["warehouse"]
    [page] = await pages_of(source)
    assert page.last
    first = page.records[0]
    assert await source.read([first.external_id, "1"]) == [first]

"""What the shop's own lists say for a reconciliation: every order of a span and who bought, in pages that resume."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from isthmus.canonical.order import OrderStatus
from isthmus.connectors.shopify import buyer_listing, order_listing
from isthmus.connectors.shopify.client import Sizes
from isthmus.connectors.shopify.cursors import Position, position
from isthmus.connectors.shopify.wire import PageInfo
from isthmus.ports.connector import Session
from isthmus.ports.errors import ContractBroken, Forbidden, Unreachable, WireDrift
from isthmus.ports.listing import ListPage, Span
from isthmus.ports.source import Cursor
from isthmus.simulators.shopify import ShopifyWorld
from isthmus.simulators.shopify.money import Bag, MoneyV2
from tests.connectors.shopify.harness import Endpoint, raw, scripted


def span() -> Span:
    now = datetime.now(UTC)
    return Span(now - timedelta(days=3650), now + timedelta(days=1))


async def pages(session: Session, kind: str, during: Span, after: Cursor | None = None) -> list[ListPage[Any]]:
    return [page async for page in session.listings[kind].listed(during, after=after)]


def by(session: Session, orders: int) -> order_listing.OrderListing:
    """Return the list of orders with so many on a page."""
    listing = session.listings["order"]
    assert isinstance(listing, order_listing.OrderListing)
    return replace(listing, sizes=Sizes(((orders, 5), (1, 1))))


async def test_every_order_of_a_span_is_listed_as_it_is_read(shop: Session, world: ShopifyWorld) -> None:
    placed = await world.place_orders(3, 7)
    world.cancel(placed[0])

    (page,) = await pages(shop, "order", span())

    assert (page.last, list(page.bad)) == (True, [])
    listed = {entry.record.number: entry for entry in page.entries}
    assert set(placed) == set(listed)
    whole = {order.number: order for order in await shop.sources["order"].read([listed[one].key for one in placed])}
    for number in placed:
        mine, read = listed[number].record, whole[number]
        assert (mine.total, mine.currency, mine.placed_at) == (read.total, read.currency, read.placed_at)
        goods = [(line.sku, line.quantity) for line in read.lines]
        assert [(line.sku, line.quantity) for line in mine.lines] == goods
    assert listed[placed[0]].record.status is OrderStatus.CANCELED
    assert [entry.key for entry in await shop.listings["order"].named([listed[placed[1]].key])] == [
        listed[placed[1]].key
    ]
    assert await shop.listings["order"].named([]) == []


async def test_a_list_goes_on_where_a_page_ended(world: ShopifyWorld, shop: Session) -> None:
    await world.place_orders(7, 3)
    during = span()
    (whole,) = await pages(shop, "order", during)
    listing = by(shop, 3)
    parts = [page async for page in listing.listed(during)]
    assert [len(part.entries) for part in parts] == [3, 3, 1]
    assert [entry.key for part in parts for entry in part.entries] == [entry.key for entry in whole.entries]
    for number, part in enumerate(parts[:-1]):
        rest = [page async for page in listing.listed(during, after=part.cursor)]
        assert [page.entries for page in rest] == [page.entries for page in parts[number + 1 :]]
    later = Span(during.end, during.end + timedelta(days=1))
    assert [page.entries for page in await pages(shop, "order", later)] == [[]]


async def test_a_long_list_moves_its_filter_on_before_it_would_end(
    world: ShopifyWorld, shop: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [world.damage(kind="quiet_order", minutes=60 * hours, seed=hours) for hours in range(6)]
    monkeypatch.setattr(order_listing, "WINDOW", 4)
    parts = [page async for page in by(shop, 2).listed(span())]
    assert {entry.record.number for part in parts for entry in part.entries} == set(names)
    assert any('"first"' in part.cursor for part in parts)


async def test_a_cursor_that_is_not_the_lists_own_is_refused(shop: Session) -> None:
    with pytest.raises(ContractBroken):
        await pages(shop, "order", span(), Cursor("[7]"))


async def test_buyers_are_listed_with_the_order_they_are_known_from(shop: Session, world: ShopifyWorld) -> None:
    await world.place_orders(5, 11)
    during = span()
    (orders,) = await pages(shop, "order", during)
    (page,) = await pages(shop, "customer", during)
    assert [(entry.record.custom["order"], entry.key) for entry in page.entries] == [
        (entry.key, entry.record.customer.external_id) for entry in orders.entries
    ]


async def test_people_and_guests_are_found_by_their_keys(
    shop: Session, world: ShopifyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.place_orders(3, 11)
    during = span()
    (orders,) = await pages(shop, "order", during)
    (page,) = await pages(shop, "customer", during)
    people = sorted({entry.key for entry in page.entries if entry.key.isdigit()})
    guest = f"guest:{orders.entries[0].key}"
    monkeypatch.setattr(buyer_listing, "BY_ID", 2)
    asked = [*people, "999999999", guest, "guest:999999999", "guest:nonsense"]
    found = await shop.listings["customer"].named(asked)
    assert sorted(entry.key for entry in found) == sorted([*people, guest])


async def test_what_the_shop_made_is_glimpsed_by_name(shop: Session, world: ShopifyWorld) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    placed = await world.place_orders(2, 5)
    listing: Any = shop.listings["order"]
    seen = [one async for some in listing.glimpses(Span(before, before + timedelta(minutes=1))) for one in some]
    assert sorted(one.number for one in seen) == sorted(placed)


async def test_an_order_with_an_amount_that_is_none_is_listed_as_unreadable_beside_the_others(
    shop: Session, world: ShopifyWorld
) -> None:
    fine, odd = await world.place_orders(2, 5)
    order = next(order for order in world.shop.orders.values() if order.name == odd)
    order.standing = replace(order.standing, total=Bag(none := MoneyV2(Decimal("NaN"), "EUR"), none))
    (page,) = await pages(shop, "order", span())
    assert [entry.record.number for entry in page.entries] == [fine]
    assert [(bad.number, type(bad.trouble)) for bad in page.bad] == [(odd, WireDrift)]


def test_a_cursor_of_another_kind_is_refused() -> None:
    with pytest.raises(ContractBroken):
        position(Cursor("yesterday"))


def test_a_round_nobody_knows_the_reach_of_begins_early() -> None:
    since = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    assert position(Position().done()) == Position()
    after = position(Position(since=since, mark=since + timedelta(hours=1)).done())
    assert after.since is not None
    assert after.since < since
    onward = Position().onward(PageInfo(has_next_page=True, end_cursor="x"), [since])
    assert (onward.after, onward.seen) == ("x", 1)


async def test_the_ping_asks_for_the_shops_name(shop: Session) -> None:
    await shop.probe.ping()
    with pytest.raises(Forbidden):
        async with scripted(Endpoint([raw("no", 403)])) as other:
            await other.probe.ping()


async def test_a_request_that_did_not_arrive_did_nothing() -> None:
    async with scripted(Endpoint([raw("slow", 408)])) as session:
        with pytest.raises(Unreachable, match="408"):
            await session.probe.ping()

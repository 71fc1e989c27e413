"""However a simulated shop is set up, its orders are all read, and their parts make their totals."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from isthmus.canonical.order import Order
from isthmus.canonical.record import fingerprint
from isthmus.connectors.woocommerce import CONNECTOR
from isthmus.kit.clock import SystemClock
from isthmus.kit.http import Http
from isthmus.policies.totals import difference
from isthmus.ports.connector import Session, Tools
from isthmus.ports.listing import Span
from isthmus.simulators.stage import serve, stage
from isthmus.simulators.woocommerce import CONSUMER_KEY, CONSUMER_SECRET, WooCommerceWorld, meta
from isthmus.simulators.woocommerce.settings import Settings
from isthmus.testing.pace import OpenPace
from tests.connectors.woocommerce.harness import HOOK


@asynccontextmanager
async def opened(settings: Settings, **said: str) -> AsyncGenerator[tuple[WooCommerceWorld, Session]]:
    shop = WooCommerceWorld(None, None, settings)
    runner = await serve(stage(shop), 0)
    form = {each.key: each.default for each in CONNECTOR.manifest.settings} | said
    form |= {"consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET, "webhook_secret": HOOK}
    form["url"] = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with Http() as http:
            yield shop, CONNECTOR.open(form, Tools("shop", http, SystemClock(), OpenPace()))
    finally:
        await runner.cleanup()


async def orders(session: Session) -> list[Order]:
    pages = [page async for page in session.sources["order"].changes(None)]
    assert [one for page in pages for one in page.bad] == []
    return [one for page in pages for one in page.records]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param(Settings(secure=False), {}, id="signed-over-http"),
        pytest.param(Settings(secure=False), {"sign_in": "query"}, id="signed-in-the-address"),
        pytest.param(Settings(secure=False, pretty_permalinks=False), {"permalinks": "plain"}, id="plain-permalinks"),
        pytest.param(Settings(undated_orders_empty=True), {}, id="no-list-without-a-bound"),
        pytest.param(Settings(time_zone="Pacific/Auckland"), {}, id="far-from-utc"),
        pytest.param(Settings(hpos=False), {}, id="orders-as-posts"),
    ],
)
async def test_every_order_is_read(settings: Settings, said: dict[str, str]) -> None:
    async with opened(settings, **said) as (shop, session):
        numbers = await shop.place_orders(5, 7)
        found = await orders(session)
        assert [one.number for one in found] == numbers
        assert {one.number for one in await session.sources["order"].read([found[0].external_id])} == {numbers[0]}
        assert (await session.probe.probe()).time_zone == settings.time_zone


@pytest.mark.parametrize("included", [True, False], ids=["gross-prices", "net-prices"])
@pytest.mark.parametrize(("currency", "decimals"), [("EUR", 2), ("JPY", 0), ("KWD", 3)])
async def test_the_parts_of_every_order_make_its_total(currency: str, decimals: int, *, included: bool) -> None:
    settings = Settings(currency=currency, decimals=decimals, prices_include_tax=included)
    async with opened(settings) as (shop, session):
        await shop.place_orders(120, 11)
        assert {one.number: difference(one) for one in await orders(session) if difference(one)} == {}


async def test_without_taxes_there_are_none() -> None:
    async with opened(Settings(taxes=False)) as (shop, session):
        await shop.place_orders(20, 5)
        found = await orders(session)
        assert [one.number for one in found if difference(one)] == []
        assert not any(tax.amount for one in found for line in one.lines for tax in line.taxes)


async def test_what_a_person_refunds_by_the_piece_is_off_the_order_to_the_cent() -> None:
    async with opened(Settings()) as (shop, session):
        numbers = await shop.place_orders(30, 9)
        before = {one.number: one for one in await orders(session)}
        for number in numbers:
            shop.refund(number, sku=before[number].lines[0].sku, quantity=1)
        for one in await orders(session):
            was = before[one.number]
            assert one.refunded is not None
            assert was.total - one.total == one.refunded, one.number
            assert (difference(one), one.lines[0].canceled.value) == ("", 1)
            assert one.lines[0].quantity.value == was.lines[0].quantity.value - 1


async def test_a_sum_given_back_leaves_the_order_as_it_was() -> None:
    async with opened(Settings()) as (shop, session):
        (number,) = await shop.place_orders(1, 9)
        (was,) = await orders(session)
        shop.refund(number, amount="1.00")
        (one,) = await orders(session)
        assert (one.total, one.lines, str(one.refunded)) == (was.total, was.lines, "1.00 EUR")


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
async def test_the_time_of_the_site_is_not_the_time_of_changes(zone: str) -> None:
    # Read as site time, our bound would lie half a day in the past or in the future: too much is found, or nothing.
    async with opened(Settings(time_zone=zone)) as (shop, session):
        await shop.place_orders(3, 5)
        first = [page async for page in session.sources["order"].changes(None)][-1]
        new, *old = shop.shop.orders.values()
        for one in old:
            one.modified_at -= timedelta(hours=3)
        late = [page async for page in session.sources["order"].changes(first.cursor)]
        assert [one.number for page in late for one in page.records] == [new.number]


WISH = {
    "lines": [{"sku": "MUG-0010", "quantity": 2, "meta_data": [{"key": "Engraving", "value": "For you"}]}],
    "meta_data": [
        {"key": "gift", "value": "a"},
        {"key": "_gift_from", "value": "Jo"},
        {"key": "boxes", "value": [{"size": 1}]},
        {"key": "gift", "value": "b"},
        {"key": "_token", "value": "x"},
    ],
    "fees": [{"name": "Gift wrap", "amount": "2.00"}],
    "note": "Ring twice",
    "email": "buyer2@example.com",
}


async def test_fields_of_an_order_are_the_same_however_it_is_read() -> None:
    said = {"hidden_fields": "_gift_from", "customer_fields": "level, _vip"}
    async with opened(Settings(), **said) as (shop, session):
        number = shop.place(WISH)
        found = shop.shop.order(number)
        assert found is not None
        buyer = shop.shop.customers[found.customer_id]
        meta.add(buyer.meta, [("level", "gold"), ("_vip", "1"), ("_secret", "x")], shop.shop.new_id)
        (changed,) = await orders(session)
        (read,) = await session.sources["order"].read([changed.external_id])
        day = Span(changed.placed_at - timedelta(hours=1), changed.placed_at + timedelta(hours=1))
        listed = [one.record async for page in session.listings["order"].listed(day) for one in page.entries]
        report = await session.probe.probe()
    assert [fingerprint(one) for one in (read, *listed)] == [fingerprint(changed)] * 2
    mug, wrap = changed.lines
    assert (changed.note, mug.custom["meta.Engraving"], wrap.unit_price.amount) == ("Ring twice", "For you", 2)
    fields = {key: value for key, value in changed.custom.items() if key.startswith("meta.")}
    assert fields == {"meta._gift_from": "Jo", "meta.boxes": '[{"size":1}]', "meta.gift": ["a", "b"]}
    assert changed.customer is not None
    assert changed.customer.custom == {"meta._vip": "1", "meta.level": "gold"}
    assert difference(changed) == ""
    named = {kind: {one.name for one in some} for kind, some in report.custom_fields.items()}
    assert named["order"] == fields.keys()
    assert "meta.Engraving" in named["order_line"]
    assert named["customer"] == {"meta.level", "meta._vip"}

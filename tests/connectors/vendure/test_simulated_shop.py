"""At a simulated shop: its orders make their totals whatever happens to them, and its stock is written and told of."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal

import pytest

from isthmus.canonical.order import Order, OrderStatus
from isthmus.canonical.quantity import pieces
from isthmus.canonical.record import fingerprint
from isthmus.canonical.stock import StockLevel
from isthmus.connectors.vendure import CONNECTOR
from isthmus.kit.clock import SystemClock
from isthmus.kit.http import Http
from isthmus.policies.totals import difference
from isthmus.ports.connector import Session, Tools
from isthmus.ports.listing import Span
from isthmus.ports.sink import Key
from isthmus.simulators.stage import serve, stage
from isthmus.simulators.vendure import LOGIN, PASSWORD, VendureWorld
from isthmus.simulators.vendure.settings import DECLARED, Settings, declared
from isthmus.testing.pace import OpenPace

ORDERS = 40


@asynccontextmanager
async def opened(settings: Settings | None = None, **said: str) -> AsyncGenerator[tuple[VendureWorld, Session]]:
    shop = VendureWorld(settings=settings)
    runner = await serve(stage(shop), 0)
    form = {each.key: each.default for each in CONNECTOR.manifest.settings}
    form |= {"url": f"http://127.0.0.1:{runner.addresses[0][1]}", "login": LOGIN, "password": PASSWORD} | said
    try:
        async with Http() as http:
            yield shop, CONNECTOR.open(form, Tools("shop", http, SystemClock(), OpenPace()))
    finally:
        await runner.cleanup()


async def orders(session: Session) -> dict[str, Order]:
    pages = [page async for page in session.sources["order"].changes(None)]
    assert [one for page in pages for one in page.bad] == []
    return {one.number: one for page in pages for one in page.records}


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_order_makes_its_total_whatever_happens_to_it(seed: int) -> None:
    async with opened() as (shop, session):
        codes = await shop.place_orders(ORDERS, seed)
        for number, code in enumerate(codes):
            match number % 5:
                case 0:
                    shop.ship(code)
                case 1:
                    shop.cancel(code)
                case 2:
                    shop.ship(code)
                    shop.deliver(code)
                case _:
                    pass

        found = await orders(session)

        assert set(codes) <= set(found)
        assert {code: difference(one) for code, one in found.items() if difference(one)} == {}
        stands = {code: found[code].status for code in codes}
        assert {stands[code] for code in codes[0::5]} == {OrderStatus.SHIPPED}
        assert {stands[code] for code in codes[1::5]} == {OrderStatus.CANCELED}
        assert {stands[code] for code in codes[3::5]} == {OrderStatus.RECEIVED}


async def test_stock_is_what_may_be_sold_there() -> None:
    async with opened() as (shop, session):
        await shop.place_orders(ORDERS, 3)
        levels = [one async for page in session.sources["stock_level"].changes(None) for one in page.records]
        promised = next(one for one in levels if one.allocated)
        assert isinstance(promised, StockLevel)
        record = StockLevel(
            external_id=promised.external_id,
            sku=promised.sku,
            warehouse=promised.warehouse,
            item_ref=promised.item_ref,
            available=pieces(123),
        )

        await session.sinks["stock_level"].put(record, key=Key("k"))

        [after] = await session.sources["stock_level"].read([promised.external_id])
        assert after.available == pieces(123)
        assert after.on_hand is not None
        assert after.on_hand.value == Decimal(123) + promised.allocated.value


OWN = "Order.giftNote:text, Order.floor:int, Order.share:float, Order.isGift:boolean, OrderLine.engraving, Customer.vip"


async def test_fields_of_an_order_are_the_same_however_it_is_read() -> None:
    async with opened(Settings(custom_fields=(*DECLARED, *declared(OWN)))) as (shop, session):
        code = shop.place(
            {
                "lines": [{"sku": "MUG-0010", "quantity": 2, "customFields": {"engraving": "For you"}}],
                "customFields": {"giftNote": "Happy day", "floor": 3, "share": 0.5, "isGift": False},
                "fees": [{"name": "Gift wrap", "amount": "2.00"}],
                "email": "buyer2@example.com",
            }
        )
        buyer = shop.shop.customer("buyer2@example.com")
        assert buyer is not None
        buyer.custom_fields["vip"] = "yes"
        changed = (await orders(session))[code]
        (read,) = await session.sources["order"].read([changed.external_id])
        day = Span(changed.placed_at - timedelta(hours=1), changed.placed_at + timedelta(hours=1))
        listed = [one.record async for page in session.listings["order"].listed(day) for one in page.entries]
        report = await session.probe.probe()
    assert [fingerprint(one) for one in (read, *listed)] == [fingerprint(changed)] * 2
    mug, wrap = changed.lines
    assert (mug.custom, wrap.custom) == ({"customFields.engraving": "For you"}, {})
    fields = {key: value for key, value in changed.custom.items() if key.startswith("customFields.")}
    assert fields == {
        "customFields.floor": 3,
        "customFields.giftNote": "Happy day",
        "customFields.isGift": False,
        "customFields.share": "0.5",
    }
    assert changed.customer is not None
    assert changed.customer.custom == {"customFields.vip": "yes"}
    assert difference(changed) == ""
    named = {kind: [one.name for one in some] for kind, some in report.custom_fields.items()}
    assert named["order_line"] == ["customFields.erpLine", "customFields.engraving"]
    assert named["customer"] == ["customFields.erpRef", "customFields.vip"]

"""A WooCommerce shop and an Odoo, simulated, with Isthmus between them: orders go over, stock comes back, to the cent.

Both simulators answer on sockets of this machine and live by the hands of one clock.
"""

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from isthmus.connectors.odoo import CONNECTOR as ODOO
from isthmus.connectors.woocommerce import CONNECTOR as WOOCOMMERCE
from isthmus.connectors.woocommerce.sites import PLACE
from isthmus.engine.allowance import Terms
from isthmus.engine.connections import Connection
from isthmus.engine.engine import Engine
from isthmus.engine.flow import Flow
from isthmus.engine.gate import Gate
from isthmus.flows.customers_to_erp import CustomersToErp
from isthmus.flows.match_products import MatchProducts
from isthmus.flows.orders_to_erp import OrdersToErp
from isthmus.flows.settings import OrderSettings, StockSettings
from isthmus.flows.stock_to_shop import StockToShop
from isthmus.kit.http import Http
from isthmus.ports.connector import Connector, Tools
from isthmus.simulators.odoo.world import OdooWorld
from isthmus.simulators.stage import serve, stage
from isthmus.simulators.woocommerce import CONSUMER_KEY, CONSUMER_SECRET, WooCommerceWorld
from isthmus.simulators.woocommerce.settings import Settings
from isthmus.testing.clock import HandClock
from isthmus.testing.harness import Harness, running

pytestmark = pytest.mark.slow

FORMS: dict[str, dict[str, str]] = {
    "shop": {"consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET, "webhook_secret": "demo-secret"},
    "erp": {"database": "demo", "login": "demo", "api_key": "demo-key"},
}
CONNECTORS: dict[str, Connector] = {"shop": WOOCOMMERCE, "erp": ODOO}
#: Both warehouses of the ERP are behind the one stock of the shop.
PLACES = {"WH": PLACE, "EAST": PLACE}


@dataclass(slots=True)
class Trade:
    """A shop, an ERP and the engine between them."""

    clock: HandClock
    shop: WooCommerceWorld
    erp: OdooWorld
    harness: Harness

    def booked(self) -> dict[str, dict[str, Any]]:
        """Return what the ERP has, by the shop's order number."""
        found: dict[str, dict[str, Any]] = {}
        for one in self.erp.truth()["orders"]:
            assert one["reference"] not in found, f"{one['reference']} is there twice"
            found[one["reference"]] = one
        return found

    def sold(self) -> dict[str, dict[str, Any]]:
        """Return what the shop has, by its number."""
        return {one["reference"]: one for one in self.shop.truth()["orders"]}

    def offered(self, sku: str) -> Decimal:
        """Return what the shop offers of a SKU."""
        return Decimal(str(sum(self.shop.truth()["stock"][sku].values())))

    def on_hand(self, sku: str) -> Decimal:
        """Return what lies in the warehouses of the ERP, sold or not."""
        return Decimal(str(sum(self.erp.truth()["stock"][sku].values())))


def flows(engine: Engine) -> list[Flow]:
    orders = OrderSettings("orders", "shop", "erp")
    stock = StockSettings("stock", "erp", "shop", places=PLACES)
    return [
        OrdersToErp(engine.context, orders, engine.pull, ["stock"]),
        CustomersToErp(engine.context, orders),
        MatchProducts(engine.context, orders),
        StockToShop(engine.context, stock, engine),
    ]


@asynccontextmanager
async def trading(settings: Settings) -> AsyncGenerator[Trade]:
    clock = HandClock(datetime.now(UTC).replace(microsecond=0), flowing=True)

    def now() -> datetime:
        return clock.now().replace(microsecond=0)

    shop = WooCommerceWorld(None, None, settings, now, lambda: clock.now().timestamp())
    erp = OdooWorld("demo", 19, clock.now)
    runners = {"shop": await serve(stage(shop), 0), "erp": await serve(stage(erp), 0)}
    connections: dict[str, Connection] = {}
    async with Http() as http:
        for name, made in CONNECTORS.items():
            gate = Gate(name, Terms(made.manifest.pace), clock, clock.seconds)
            url = f"http://127.0.0.1:{runners[name].addresses[0][1]}"
            form = {each.key: each.default for each in made.manifest.settings} | {"url": url} | FORMS[name]
            opened = made.open(form, Tools(name, http, clock, gate))
            connections[name] = Connection(name, made.manifest, opened, gate, tuple(FORMS[name].values()))
        try:
            async with running(connections, flows, clock=clock) as harness:
                await harness.drain()
                yield Trade(clock, shop, erp, harness)
        finally:
            for runner in runners.values():
                await runner.cleanup()


async def later(trade: Trade) -> None:
    """Let some rounds pass."""
    for _ in range(3):
        await trade.harness.wait(60, poll=True)


@pytest.fixture
async def trade() -> AsyncIterator[Trade]:
    async with trading(Settings()) as made:
        yield made


@pytest.mark.parametrize("own_tables", [True, False], ids=["own-tables", "posts"])
async def test_orders_reach_the_erp_once_and_to_the_cent(*, own_tables: bool) -> None:
    async with trading(Settings(hpos=own_tables)) as trade:
        await trade.shop.place_orders(20, 3)
        await later(trade)
        sold, booked = trade.sold(), trade.booked()
        assert await trade.harness.parked() == []
        assert {number for number, one in sold.items() if not one["test"]} == booked.keys()
        for number, one in booked.items():
            assert Decimal(one["total"]) == Decimal(sold[number]["total"]), number
            ordered = {line["sku"]: Decimal(line["quantity"]) for line in sold[number]["lines"]}
            there = {line["sku"]: Decimal(str(line["quantity"])) for line in one["lines"]}
            assert {sku: there.get(sku) for sku in ordered} == ordered


async def test_an_order_canceled_in_the_shop_is_canceled_in_the_erp(trade: Trade) -> None:
    (number,) = await trade.shop.place_orders(1, 3)
    await later(trade)
    assert trade.booked()[number]["status"] != "cancel"
    trade.shop.cancel(number)
    await later(trade)
    assert trade.booked()[number]["status"] == "cancel"


async def test_a_piece_refunded_in_the_shop_is_taken_off_the_order_in_the_erp(trade: Trade) -> None:
    await trade.shop.place_orders(6, 5)
    await later(trade)
    number, line = next(
        (number, line) for number, one in trade.sold().items() for line in one["lines"] if int(line["quantity"]) > 1
    )
    trade.shop.refund(number, sku=line["sku"], quantity=1)
    await later(trade)
    sold, booked = trade.sold()[number], trade.booked()[number]
    assert Decimal(booked["total"]) == Decimal(sold["total"]) - Decimal(sold["refunded"])
    (there,) = [one for one in booked["lines"] if one["sku"] == line["sku"]]
    assert Decimal(str(there["quantity"])) == int(line["quantity"]) - 1
    assert await trade.harness.parked() == []


async def test_what_the_erp_has_is_what_the_shop_offers(trade: Trade) -> None:
    catalog = trade.shop.shop.products.values()
    simple = next(one.sku for one in catalog if one.kind == "simple")
    shade = next(one.sku for one in catalog if one.is_variation)
    for sku in (simple, shade):
        trade.erp.set_stock(sku, "WH", 7)
        trade.erp.set_stock(sku, "EAST", 4)
    await later(trade)
    assert (trade.offered(simple), trade.offered(shade)) == (11, 11)
    trade.shop.set_stock(shade, 999)  # somebody mistyped
    await later(trade)
    assert trade.offered(shade) == 11


async def test_a_sale_in_the_shop_is_not_offered_again(trade: Trade) -> None:
    await trade.shop.place_orders(10, 5)
    await later(trade)
    gone: Counter[str] = Counter()
    for one in trade.sold().values():
        gone.update({line["sku"]: int(line["quantity"]) for line in one["lines"]})
    # Nothing has left the warehouse yet, so the ERP still has what is promised to buyers.
    assert {sku: trade.offered(sku) for sku in gone} == {sku: trade.on_hand(sku) - gone[sku] for sku in gone}
    assert await trade.harness.parked() == []

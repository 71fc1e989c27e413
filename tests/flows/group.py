"""Two shops and two ERPs that are made up, driven by hand: for orders that may go to one of several."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from isthmus.canonical.order import Order
from isthmus.engine.engine import Engine
from isthmus.engine.flow import Flow
from isthmus.flows.customers_to_erp import CustomersToErp
from isthmus.flows.match_products import MatchProducts
from isthmus.flows.orders_to_erp import OrdersToErp
from isthmus.flows.settings import OrderSettings, StockSettings
from isthmus.flows.stock_to_shop import StockToShop
from isthmus.policies.routing import Way, When, asked
from isthmus.testing.builders import a_customer, a_line, a_warehouse, an_address, an_order
from isthmus.testing.harness import Harness, connection, running
from tests.engine.fakes import Bell, session
from tests.flows.conftest import SETTLE_S, TickingClock
from tests.flows.fakes import Erp, Shop

LYON = "place-LYON"
ERPS = ("north", "south")
GERMAN, FRENCH = asked(country=["DE"]), asked(country=["FR"])


@dataclass(slots=True)
class Group:
    """A shop with two places, a second shop, and two ERPs with a warehouse each."""

    clock: TickingClock
    shop: Shop
    other: Shop
    erps: dict[str, Erp]
    rules: dict[str, When]
    harness: Harness = field(init=False)

    async def sync(self, seconds: float = 0.0) -> None:
        await self.clock.advance(seconds)
        await self.harness.drain()
        await self.harness.wait(3)

    def holds(self, number: str) -> list[str]:
        return [name for name, erp in self.erps.items() for _ in erp.holds(number)]

    async def state(self, flow: str, subject: str) -> tuple[str, str]:
        row = await self.harness.job(flow, subject)
        assert row is not None
        return row["state"], row["code"]

    def settings(self) -> list[OrderSettings | StockSettings]:
        ways = tuple(Way(f"to-{name}", name, self.rules[name]) for name in ERPS)
        orders: list[OrderSettings | StockSettings] = [
            OrderSettings(way.flow, "shop", way.destination, when=way.when, ways=ways) for way in ways
        ]
        stock = [StockSettings(f"from-{name}", name, "shop") for name in ERPS]
        beside = [replace(each, beside=tuple(other for other in stock if other is not each)) for each in stock]
        return [*orders, OrderSettings("other", "other", "north", reference="B-{number}"), *beside]

    def flows(self, engine: Engine) -> list[Flow]:
        flows: list[Flow] = []
        for each in self.settings():
            if isinstance(each, StockSettings):
                flows.append(StockToShop(engine.context, each, engine))
            else:
                flows.append(OrdersToErp(engine.context, each, engine.pull, [f"from-{each.destination}"]))
                flows.append(CustomersToErp(engine.context, each))
                flows.append(MatchProducts(engine.context, each))
        return flows


@asynccontextmanager
async def grouped(north: When = GERMAN, south: When = FRENCH, database: str = "") -> AsyncIterator[Group]:
    group = trade(north, south)
    async with at_work(group, database):
        yield group


def trade(north: When = GERMAN, south: When = FRENCH) -> Group:
    clock = TickingClock()
    group = Group(
        clock, Shop(clock), Shop(clock), {name: Erp(clock) for name in ERPS}, {"north": north, "south": south}
    )
    group.shop.places.keep(a_warehouse("LYON", name="Lyon"))
    group.erps["south"].places.keep(a_warehouse("WH", name="Lyon"))
    for sku in ("MUG", "LAMP"):
        group.shop.stocks(sku, 10)
        group.shop.set(sku, 10, LYON)
        group.other.stocks(sku, 10, external_id=f"other-{sku}")
        for erp in group.erps.values():
            erp.stocks(sku, 10)
    return group


@asynccontextmanager
async def at_work(group: Group, database: str = "", *, reads: bool = True) -> AsyncIterator[None]:
    """Start Isthmus on what it has written down in `database`, and stop it; it `reads` everything first."""
    clock = group.clock
    connections = [
        connection(name, session(there.sources(), {"stock_level": there.offers}, Bell()), clock=clock, settle_s=1.0)
        for name, there in (("shop", group.shop), ("other", group.other))
    ]
    connections += [
        connection(
            name,
            session(erp.sources(), {"order": erp.orders, "customer": erp.customers}),
            clock=clock,
            settle_s=SETTLE_S,
        )
        for name, erp in group.erps.items()
    ]
    async with running(connections, group.flows, clock=clock, database=database) as group.harness:
        if reads:
            await group.sync()
        yield


def bought(number: str, country: str, *, place: str = "", quantity: int = 1, name: str = "Anna Muster") -> Order:
    who = a_customer(name, addresses=(an_address(name=name, country=country),))
    return an_order(
        number,
        a_line("MUG", quantity=quantity, warehouse=place),
        billing=an_address(name=name, country=country),
        shipping_to=an_address(name=name, country=country),
        customer=who,
        email=who.email,
    )


async def entity(group: Group, name: str, external_id: str) -> str:
    rows = await group.harness.store.read("entity_of", connection=name, kind="variant", external_id=external_id)
    return rows[0]["entity"]

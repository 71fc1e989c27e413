"""A simulated shop, a simulated ERP and the engine between them, all in one process under one clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from isthmus.connectors.odoo import CONNECTOR as ODOO
from isthmus.connectors.shopify import CONNECTOR as SHOPIFY
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
from isthmus.kit.clock import from_micros
from isthmus.ports.connector import Connector, Tools
from isthmus.simulators.odoo.world import OdooWorld
from isthmus.simulators.shopify.settings import Settings
from isthmus.simulators.shopify.world import ShopifyWorld
from isthmus.simulators.stage import serve, stage
from isthmus.store.base import one
from isthmus.store.statement import Row, listed, say
from isthmus.testing.clock import HandClock
from isthmus.testing.harness import Harness, running
from tests.nth_call.wire import Wire

#: The meter of the shop is out of the way: it is not what is tested.
ROOMY = Settings(restore_per_s=1e6, bucket_size=1e9)
FORMS: dict[str, dict[str, str]] = {
    "shop": {"access_token": "demo-token", "client_secret": "demo-secret"},
    "erp": {"database": "demo", "login": "demo", "api_key": "demo-key"},
}
CONNECTORS: dict[str, Connector] = {"shop": SHOPIFY, "erp": ODOO}
PLACES = {"WH": "Main warehouse", "EAST": "East warehouse"}
MOMENT = timedelta(seconds=1)
#: More steps than any single failure needs to be got over.
STEPS = 80


class NotAtRest(AssertionError):
    """Something goes on and on, long after the failure."""


@dataclass(slots=True)
class Rig:
    """Everything one case needs."""

    clock: HandClock
    wire: Wire
    shop: ShopifyWorld
    erp: OdooWorld
    harness: Harness
    connections: dict[str, Connection]
    addresses: dict[str, str] = field(default_factory=dict[str, str])

    def reopen(self) -> None:
        """Begin new sessions, as after a restart: nothing is known of either system."""
        for name, old in self.connections.items():
            self.connections[name] = replace(old, session=session(name, self.addresses[name], self.wire, old.gate))

    async def look(self, *streams: tuple[str, str]) -> None:
        """Let these streams be read now."""
        for connection, kind in streams:
            now = self.harness.engine.context.micros()
            await self.harness.store.write(say("hasten_stream", connection=connection, kind=kind, now=now))
        await self.harness.drain(poll=False)

    async def go_on(self) -> None:
        """Let time pass until nothing is left over of what happened. Raises `NotAtRest`."""
        for _ in range(STEPS):
            await self.harness.drain(poll=False)
            await self.harness.engine.breakers.settle()
            await self.harness.engine.breakers.step()
            next_at = await self._next()
            if next_at is None:
                return
            await self.clock.advance(max(0.001, (next_at - self.clock.now()).total_seconds()))
            await self.wire.come_through()
        message = f"still at work: {await self._unfinished()}"
        raise NotAtRest(message)

    async def _next(self) -> datetime | None:
        """Return when something that is left over is due; None when nothing is."""
        moments = [from_micros(row["run_at"]) for row in await self._unfinished()]
        moments += [self.wire.next_late] if self.wire.next_late else []
        downs = [self.harness.engine.holds.down(name) for name in self.connections]
        moments += [hold.next_look for hold in downs if hold is not None and hold.next_look is not None]
        # What is due and does not move waits for a connection that is held: for what is due next, then.
        now = self.clock.now()
        return min((each for each in moments if each > now), default=now + MOMENT) if moments else None

    async def _unfinished(self) -> list[Row]:
        store = self.harness.store
        flows = [flow.name for flow in self.harness.engine.flows]
        due = [row for row in await store.read("jobs_due", flows=listed(flows)) if row["run_at"] is not None]
        inbox = one(await store.read("inbox_due"))
        failing = [row for row in await store.read("streams") if row["code"]]
        return [*due, *([inbox] if inbox and inbox["run_at"] is not None else []), *failing]

    def stock(self, sku: str) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
        """Return what the shop offers and what the ERP has free, by place."""
        offered = self.shop.truth()["stock"].get(sku, {})
        free = self.erp.truth()["stock"].get(sku, {})
        return (
            {place: Decimal(str(figure)) for place, figure in offered.items()},
            {PLACES[code]: Decimal(str(figure)) for code, figure in free.items()},
        )


def session(name: str, url: str, wire: Wire, gate: Gate) -> Any:
    """Open a new session through the wire."""
    made = CONNECTORS[name]
    form = {each.key: each.default for each in made.manifest.settings} | {"url": url} | FORMS[name]
    return made.open(form, Tools(name, wire, gate._clock, gate))


@asynccontextmanager
async def rigged(version: int = 19, database: str = "") -> AsyncIterator[Rig]:
    """Set everything up, and bring both sides in step."""
    clock = HandClock(datetime.now(UTC).replace(microsecond=0), flowing=True)
    wire = Wire(clock)
    shop = ShopifyWorld(None, None, ROOMY, lambda: clock.now().replace(microsecond=0), clock.seconds)
    erp = OdooWorld("demo", version, clock.now)
    runners = {"shop": await serve(stage(shop), 0), "erp": await serve(stage(erp), 0)}
    addresses = {name: f"http://127.0.0.1:{runner.addresses[0][1]}" for name, runner in runners.items()}
    wire.sides = {address: name for name, address in addresses.items()}
    connections: dict[str, Connection] = {}
    for name, made in CONNECTORS.items():
        gate = Gate(name, Terms(made.manifest.pace), clock, clock.seconds)
        secrets = tuple(FORMS[name].values())
        connections[name] = Connection(name, made.manifest, session(name, addresses[name], wire, gate), gate, secrets)
    try:
        async with wire, running(connections, flows, clock=clock, database=database) as harness:
            rig = Rig(clock, wire, shop, erp, harness, connections, addresses)
            await harness.drain()
            await rig.go_on()
            yield rig
    finally:
        for runner in runners.values():
            await runner.cleanup()


def flows(engine: Engine) -> list[Flow]:
    """Return the flows of the project both systems share."""
    orders = OrderSettings("orders", "shop", "erp")
    stock = StockSettings("stock", "erp", "shop", places=PLACES)
    return [
        OrdersToErp(engine.context, orders, engine.pull, ["stock"]),
        CustomersToErp(engine.context, orders),
        MatchProducts(engine.context, orders),
        StockToShop(engine.context, stock, engine),
    ]

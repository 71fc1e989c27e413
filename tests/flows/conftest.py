"""Both flows between a shop and an ERP that are made up, driven by hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from isthmus.engine.engine import Engine
from isthmus.engine.flow import Flow
from isthmus.flows.customers_to_erp import CustomersToErp
from isthmus.flows.match_products import MatchProducts
from isthmus.flows.orders_to_erp import OrdersToErp
from isthmus.flows.settings import OrderSettings, StockSettings
from isthmus.flows.stock_to_shop import StockToShop
from isthmus.store.statement import Row
from isthmus.testing.clock import HandClock
from isthmus.testing.harness import Harness, connection, running
from tests.engine.fakes import Bell, session
from tests.flows.fakes import Erp, Shop

SETTLE_S = 10.0


class TickingClock(HandClock):
    """Hands turned by a test that also move a little whenever somebody looks, as time does."""

    def now(self) -> datetime:
        self._now += timedelta(milliseconds=1)
        return self._now


@dataclass(slots=True)
class Trade:
    """A shop, an ERP and the engine between them."""

    clock: HandClock
    shop: Shop
    erp: Erp
    harness: Harness

    async def sync(self, seconds: float = 0.0) -> None:
        """Let time pass, poll everything and do all that is due."""
        await self.clock.advance(seconds)
        await self.harness.drain()
        await self.work(3)  # what met a figure that had moved meanwhile has read it again

    async def work(self, seconds: float = 0.0) -> None:
        """Let time pass and do what is due, without hurrying anybody."""
        await self.clock.advance(seconds)
        await self.harness.drain(poll=False)

    async def job(self, subject: str, flow: str = "orders") -> Row:
        row = await self.harness.job(flow, subject)
        assert row is not None, f"no job {flow} {subject}"
        return row

    async def attempts(self, subject: str, flow: str = "orders") -> list[Row]:
        """Return the tries of a job, the newest first."""
        return await self.harness.store.read("attempts_of", flow=flow, subject=subject)

    async def state(self, subject: str, flow: str = "orders") -> tuple[str, str]:
        row = await self.job(subject, flow)
        return row["state"], row["code"]


@asynccontextmanager
async def trading(
    orders: dict[str, Any] | None = None,
    stock: dict[str, Any] | None = None,
    database: str = "",
    *,
    shop_settles: float = 1.0,
) -> AsyncIterator[Trade]:
    """Open a trade with these settings; the shop lists a sale within `shop_settles` seconds."""
    clock = TickingClock()
    shop, erp = Shop(clock), Erp(clock)
    order_settings = replace(OrderSettings("orders", "shop", "erp"), **(orders or {}))
    stock_settings = replace(StockSettings("stock", "erp", "shop"), **(stock or {}))

    def flows(engine: Engine) -> list[Flow]:
        return [
            OrdersToErp(engine.context, order_settings, engine.pull, ["stock"]),
            CustomersToErp(engine.context, order_settings),
            MatchProducts(engine.context, order_settings),
            StockToShop(engine.context, stock_settings, engine),
        ]

    there = session(shop.sources(), {"stock_level": shop.offers}, Bell())
    here = session(erp.sources(), {"order": erp.orders, "customer": erp.customers})
    connections = [
        connection("shop", there, clock=clock, settle_s=shop_settles),
        connection("erp", here, clock=clock, settle_s=SETTLE_S),
    ]
    async with running(connections, flows, clock=clock, database=database) as harness:
        yield Trade(clock, shop, erp, harness)


@pytest.fixture
async def trade() -> AsyncIterator[Trade]:
    """A trade in which both sides sell MUG and LAMP, everything read once."""
    async with trading() as made:
        for sku in ("MUG", "LAMP"):
            made.erp.stocks(sku, 10)
            made.shop.stocks(sku, 10)
        await made.sync()
        yield made

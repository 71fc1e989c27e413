"""A simulated shop and our own door: the unsigned ping is answered with 200, deliveries are kept, silence is mended."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from isthmus.connectors.woocommerce import CONNECTOR
from isthmus.kit.clock import SystemClock
from isthmus.kit.http import Http
from isthmus.ports.connector import Session, Tools
from isthmus.simulators.stage import serve, stage
from isthmus.simulators.woocommerce import CONSUMER_KEY, CONSUMER_SECRET, WooCommerceWorld
from isthmus.simulators.woocommerce.settings import Settings
from isthmus.testing.harness import Harness, connection, running
from isthmus.testing.pace import OpenPace
from isthmus.web.app import web_app
from isthmus.web.server import listen
from isthmus.web.server import serve as open_door
from tests.connectors.woocommerce.harness import HOOK

PING = {"Content-Type": "application/x-www-form-urlencoded"}
PATIENCE_S = 20.0


@dataclass(slots=True)
class House:
    """A shop, our door, and what came through it."""

    shop: WooCommerceWorld
    session: Session
    harness: Harness
    hooks: str

    async def ensure(self) -> list[str]:
        """Look after the webhooks and return what was found; the test's own port is none WordPress sends to."""
        assert self.session.subscriptions is not None
        found = await self.session.subscriptions.ensure(self.hooks)
        return [one.code for one in found if one.code != "webhook_port"]

    async def kept(self, number: str) -> list[str]:
        """Return the topics of the deliveries that were kept about an order."""
        rows = await self.harness.store.read("deliveries_of", connection="shop", kind="order", external_id=number)
        return [row["topic"] for row in rows]

    async def until(self, what: str, count: int) -> None:
        """Wait until the shop has counted so many of something."""
        async with asyncio.timeout(PATIENCE_S):
            while self.shop.truth()["webhooks"][what] < count:  # noqa: ASYNC110 - a shop tells nobody
                await asyncio.sleep(0.02)


@asynccontextmanager
async def opened() -> AsyncGenerator[House]:
    clock = SystemClock()
    shop = WooCommerceWorld(None, None, Settings(cron_s=0.02))
    runner = await serve(stage(shop), 0)
    said = {"consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET, "webhook_secret": HOOK}
    form = {each.key: each.default for each in CONNECTOR.manifest.settings} | said
    async with Http() as http:
        form["url"] = f"http://127.0.0.1:{runner.addresses[0][1]}"
        session = CONNECTOR.open(form, Tools("shop", http, clock, OpenPace()))
        shops = [connection("shop", session, clock=clock, manifest=CONNECTOR.manifest)]
        async with running(shops, lambda _engine: [], clock=clock) as harness:
            sock, stopping = listen("127.0.0.1", 0), asyncio.Event()
            serving = asyncio.create_task(open_door(web_app(harness.engine, "example", ""), sock, stopping))
            try:
                yield House(shop, session, harness, f"http://127.0.0.1:{sock.getsockname()[1]}/hooks/shop")
            finally:
                await runner.cleanup()
                stopping.set()
                await serving


async def test_a_ping_is_answered_with_200_and_is_not_kept() -> None:
    async with opened() as house, aiohttp.ClientSession() as client:
        async with client.post(house.hooks, data=b"webhook_id=12", headers=PING) as reply:
            assert reply.status == 200
        async with client.post(house.hooks, data=b"webhook_id=12&more=1", headers=PING) as reply:
            assert reply.status == 401
        assert await house.harness.store.read("inbox_due") == [{"run_at": None}]


async def test_a_shop_is_told_to_send_and_what_it_sends_is_kept() -> None:
    async with opened() as house:
        assert await house.ensure() == []
        await house.until("pings", len(CONNECTOR.manifest.topics))
        (number,) = await house.shop.place_orders(1, 1)
        await house.until("sent", 1)
        assert "order.created" in await house.kept(number)
        assert await house.ensure() == []


async def test_a_webhook_the_shop_gave_up_is_taken_up_again() -> None:
    async with opened() as house:
        await house.ensure()
        for one in house.shop.shop.webhooks.values():
            one.secret = "changed-by-hand"
        await house.shop.place_orders(8, 1)
        await house.until("disabled", 1)
        off = {one.topic for one in house.shop.shop.webhooks.values() if one.status != "active"}
        assert "order.created" in off
        report = await house.session.probe.probe()
        assert "webhook_off" in {finding.code for finding in report.findings}
        assert await house.ensure() == ["subscription_repaired"] * len(off)
        (number,) = await house.shop.place_orders(1, 2)
        await house.until("sent", 1)
        assert "order.created" in await house.kept(number)

"""A whole project between a simulated shop and a simulated ERP, in one process, with time in our hands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from isthmus.admin import proof
from isthmus.admin.proof import Proven
from isthmus.bootstrap.config import read_config
from isthmus.bootstrap.start import introduce
from isthmus.bootstrap.wiring import App, opened
from isthmus.cli.demo_project import Ports, write_project
from isthmus.simulators.odoo import OdooWorld
from isthmus.simulators.shopify import ShopifyWorld
from isthmus.simulators.shopify.settings import Settings
from isthmus.simulators.stage import serve, stage
from isthmus.testing.harness import Harness

#: What snoozes is looked at again so often, half a minute apart.
PATIENCE = 20


class LaterClock:
    """The machine's time, as far ahead as a test has turned it."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(slots=True)
class Stand:
    """Both systems and Isthmus between them."""

    app: App
    shop: ShopifyWorld
    erp: OdooWorld
    ports: Ports
    clock: LaterClock

    async def sync(self) -> None:
        """Read everything and do all that is due."""
        harness = Harness(self.app.engine, self.app.context.store, self.clock)
        await harness.drain()
        for _ in range(PATIENCE):
            if not await self.app.context.store.read("snoozed_job"):
                return
            self.later(0.5)
            await harness.drain()
        message = "work is left over"
        raise AssertionError(message)

    def later(self, minutes: float = 20) -> None:
        """Let what was sold just now be old enough to be missed."""
        self.clock.ahead += timedelta(minutes=minutes)

    async def prove(self, flow: str = "", day: date | None = None) -> Proven:
        """Compare both lists of today, or of another day."""
        context, sweep = self.app.context, self.app.engine.sweep
        today = context.now().astimezone(self.app.config.zone).date()
        wanted = day or today
        wish = await proof.ask(sweep, context.now(), flow=flow, first=wanted, last=wanted, by="test")
        runs = await proof.finish(context, sweep, wish)
        assert all(run.state == "done" for run in runs), runs
        rows = [row for run in runs async for row in proof.rows_of(context, run.run, "open")]
        return Proven(first=str(wanted), last=str(wanted), runs=runs, rows=rows)

    async def explained(self, found: Proven) -> dict[str, str]:
        """Return why each record that is not on both sides is rightly so, by number."""
        return {
            row.number: row.code
            for run in found.runs
            async for row in proof.rows_of(self.app.context, run.run, "explained")
        }

    async def control(self, side: str, what: str, **wish: Any) -> Any:
        """Use a control of a simulator, as a person outside would."""
        port = self.ports.shop if side == "shop" else self.ports.erp
        async with ClientSession() as http, http.post(f"http://127.0.0.1:{port}/__sim/{what}", json=wish) as answer:
            said = await answer.json()
            assert answer.status == 200, said
            return said


def at_noon() -> str:
    """Return a time zone in which it is noon: what is sold now and looked at in an hour is of one day."""
    behind = datetime.now(UTC).hour - 12
    return f"Etc/GMT{behind:+d}"  # as POSIX counts: west is plus


@asynccontextmanager
async def standing(folder: Path, database: str = "", *, seed: str = "skus:30") -> AsyncIterator[Stand]:
    """Open a project; nothing is read yet."""
    shop = ShopifyWorld(seed, None, Settings(restore_per_s=1e6, bucket_size=1e7))
    erp = OdooWorld(seed)
    shop_runner, erp_runner = await serve(stage(shop), 0), await serve(stage(erp), 0)
    ports = Ports(8100, shop_runner.addresses[0][1], erp_runner.addresses[0][1])
    clock = LaterClock()
    write_project(folder, ports)
    text = (folder / "isthmus.toml").read_text().replace("Europe/Berlin", at_noon())
    (folder / "isthmus.toml").write_text(text.replace("sqlite:///isthmus.db", database or "sqlite:///isthmus.db"))
    try:
        async with opened(read_config(folder), clock) as app:
            await app.engine.prepare(alone=True)
            await introduce(app)  # the first answer says how much may be asked
            yield Stand(app, shop, erp, ports, clock)
    finally:
        await shop_runner.cleanup()
        await erp_runner.cleanup()

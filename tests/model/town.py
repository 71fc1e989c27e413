"""A shop, an ERP and Isthmus between them in one process, on hands that a test turns.

The real thing throughout: project file, composition root, engine, flows, connectors, stores, and the simulators behind
their own routes. Only three things are ours to move: time, the wire between a connector and its system, and the moment
at which everything stops.
"""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from isthmus.bootstrap.config import read_config
from isthmus.bootstrap.wiring import opened
from isthmus.cli.demo_project import SECRETS
from isthmus.kit.clock import to_micros
from isthmus.kit.http import Request, Response
from isthmus.ports.receiver import Delivery, Refused
from isthmus.simulators.odoo.world import OdooWorld
from isthmus.simulators.shopify.settings import Settings
from isthmus.simulators.shopify.webhooks import Delivery as Sent
from isthmus.simulators.shopify.world import ShopifyWorld
from isthmus.simulators.stage import stage
from isthmus.store.base import Store, WakeUps
from isthmus.store.open import open_store
from isthmus.store.sqlite import SqliteStore
from isthmus.store.statement import Dialect, Row, Step, listed
from isthmus.testing.clock import AtOnce, HandClock
from isthmus.testing.harness import Harness
from isthmus.testing.indoors import Indoors, Side

#: Names of the shop's locations and the ERP's warehouses that mean the same place.
PLACES = {"Main warehouse": "WH", "East warehouse": "EAST"}
_PROJECT = """\
[isthmus]
name = "town"
database = "{database}"
public_url = "http://isthmus"

[connections.shop]
connector = "shopify"
url = "http://shop"
allow_private = true

[connections.erp]
connector = "odoo"
url = "http://erp"
allow_private = true
database = "demo"
login = "demo"

[flows.orders]
from = "shop"
to = "erp"
every = {every}

[flows.stock]
from = "erp"
to = "shop"
every = {every}

[flows.stock.places]
WH = "Main warehouse"
EAST = "East warehouse"
"""


#: See `Town.next_due_s`.
CANARIES_S = 600


class Fuse:
    """Ends everything after so many more touches of the outside world: calls, and units of the store."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.blown = asyncio.Event()

    async def touch(self) -> None:
        """Pass, or never come back: whoever is gone does nothing more, not even tidy up."""
        if self.left is not None and not self.blown.is_set():
            self.left -= 1
            if self.left < 0:
                self.blown.set()
        if self.blown.is_set():
            await asyncio.sleep(0)
            raise asyncio.CancelledError


class MortalStore:
    """A store as the process sees it that may be gone before or after any unit. Implements `Store`."""

    def __init__(self, inner: Store, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse
        self.dialect: Dialect = inner.dialect

    async def read(self, name: str, /, **values: Any) -> list[Row]:
        if self._fuse.blown.is_set():
            await self._fuse.touch()
        return await self._inner.read(name, **values)

    async def write(self, *steps: Step) -> list[list[Row]]:
        await self._fuse.touch()
        rows = await self._inner.write(*steps)
        await self._fuse.touch()
        return rows

    async def now(self, name: str, /, **values: Any) -> list[Row]:
        await self._fuse.touch()
        return await self._inner.now(name, **values)

    async def listen(self, told: Callable[[], None]) -> None:
        await self._inner.listen(told)

    @property
    def wake_ups(self) -> WakeUps:
        return self._inner.wake_ups

    async def migrate(self, phase: str | None = None) -> Sequence[str]:
        return await self._inner.migrate(phase)

    async def pending(self) -> Sequence[str]:
        return await self._inner.pending()

    async def close(self) -> None:
        await self._inner.close()


class Town:
    """Both systems, what may go wrong between them, and Isthmus, which may be gone for a while."""

    def __init__(self, folder: Path, *, skus: int, database: str, every_s: int, version: int) -> None:
        self.folder = folder
        self.hands = HandClock(flowing=True)
        self.skew = {"shop": timedelta(), "erp": timedelta()}
        settings = Settings(restore_per_s=1000.0)
        self.shop = ShopifyWorld(
            f"skus:{skus}", "http://isthmus", settings, now=self.shop_time, clock=self.hands.seconds
        )
        self.erp = OdooWorld(f"skus:{skus}", version, now=self.erp_time)
        self.line = Indoors(
            {"shop": Side(stage(self.shop), self.shop_time), "erp": Side(stage(self.erp), self.erp_time)}, self.hands
        )
        self.fuse = Fuse()
        self.mail: list[Sent] = []  # webhooks on their way
        self._open: AsyncExitStack | None = None
        self._harness: Harness | None = None
        (folder / "isthmus.toml").write_text(_PROJECT.format(database=database, every=every_s), "utf-8")
        (folder / ".env").write_text(SECRETS, "utf-8")

    def shop_time(self) -> datetime:
        return (self.hands.now() + self.skew["shop"]).replace(microsecond=0)

    def erp_time(self) -> datetime:
        return self.hands.now() + self.skew["erp"]

    @property
    def harness(self) -> Harness:
        assert self._harness is not None, "Isthmus is not there"
        return self._harness

    # --- Isthmus coming and going -------------------------------------------------------------------------------------

    async def open(self, *, alone: bool = True) -> None:
        """Start Isthmus on whatever the last one left behind; not `alone`: what that one held ends with its leases."""
        self.fuse = Fuse()
        self._open = AsyncExitStack()
        app = await self._open.enter_async_context(
            opened(read_config(self.folder), self.hands, way_out=Mortal(self.line, self.fuse), opener=self._store)
        )
        await app.engine.prepare(alone=alone)
        self._harness = Harness(app.engine, app.context.store, self.hands)

    async def _store(self, url: str, folder: Path) -> Store:
        if url.startswith("sqlite:///"):
            return MortalStore(SqliteStore(folder / url.removeprefix("sqlite:///"), AtOnce), self.fuse)
        return MortalStore(await open_store(url, folder), self.fuse)

    async def close(self) -> None:
        """End Isthmus the way a stop ends it, nothing being at work."""
        assert self._open is not None
        leaving, self._open, self._harness = self._open, None, None
        await leaving.aclose()

    async def crash(self, touches: int) -> bool:
        """Work, and be gone after so many more touches of store and systems; return whether it came to that."""
        self.fuse.left = touches
        working = asyncio.create_task(self.work(poll=True))
        blown = asyncio.create_task(self.fuse.blown.wait())
        await asyncio.wait([working, blown], return_when=asyncio.FIRST_COMPLETED)
        happened = self.fuse.blown.is_set()
        self.fuse.blown.set()
        me = asyncio.current_task()
        left = [task for task in asyncio.all_tasks() if task is not me and not _of_the_store(task)]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self.close()
        return happened

    # --- Time and work ------------------------------------------------------------------------------------------------

    async def work(self, *, poll: bool = False) -> None:
        """Do all that is due now."""
        await self.harness.keep_house()
        await self.harness.drain(poll=poll)
        await self.harness.engine.breakers.settle()

    async def wait(self, seconds: float) -> None:
        """Let time pass and do what is due then."""
        await self.hands.sleep(seconds)
        await self.work()

    async def next_due_s(self) -> float:
        """Return in how many seconds Isthmus would do something by itself; what is on hold waits for its canary."""
        engine = self.harness.engine
        context, holds = engine.context, engine.holds
        held = [hold for name in context.connections for hold in holds.of(name)]
        # Canaries are sent every ten minutes here and not every one: of three days away that spares four thousand.
        soonest = context.micros() + CANARIES_S * 1_000_000
        looks = [max(soonest, to_micros(hold.next_look)) for hold in held if hold.next_look]
        free = [flow.name for flow in engine.flows if not holds.flow(flow.name, flow.destination)]
        jobs = await context.store.read("jobs_due", flows=listed(free))
        streams = await context.store.read("streams")
        inbox = await context.store.read("inbox_due")
        open_ = [row["run_at"] for row in streams if not holds.of(row["connection"])]
        due = [each for each in (*looks, *open_, *(row["run_at"] for row in (*jobs, *inbox))) if each is not None]
        return (min(due, default=context.micros()) - context.micros()) / 1_000_000

    def sizes(self) -> dict[str, int]:
        """Return how many rows each table has; for files only."""
        with closing(sqlite3.connect(self.folder / "town.db")) as database:
            names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            count = 'SELECT COUNT(*) FROM "{}"'
            kept = [name for name in sorted(names) if not name.startswith("sqlite")]
            return {name: database.execute(count.format(name)).fetchone()[0] for name in kept}

    # --- Webhooks -----------------------------------------------------------------------------------------------------

    def collect(self) -> None:
        """Take over what the shop has sent since."""
        self.mail += self.shop.sender.collect()

    async def deliver(self, sent: Sent) -> bool:
        """Bring one webhook to its address; return whether it was taken."""
        connection = self.harness.engine.context.connection("shop")
        receiver = connection.session.receiver
        assert receiver is not None
        headers = {name.lower(): value for name, value in sent.headers.items()}
        try:
            accepted = receiver.verify(Delivery(headers, sent.body, {}), self.hands.now())
        except Refused:
            return False
        await self.harness.deliver("shop", accepted.delivery_id, accepted.topic, sent.body)
        return True


class Mortal(Indoors):
    """The wire as a process sees it that may be gone before its request leaves, or before the answer is there."""

    def __init__(self, line: Indoors, fuse: Fuse) -> None:
        super().__init__(line.sides, line.clock)
        self._line = line
        self._fuse = fuse

    async def _send(self, request: Request) -> Response:
        await self._fuse.touch()
        answer = await self._line.carry(request)
        await self._fuse.touch()
        return answer


def _of_the_store(task: asyncio.Task[Any]) -> bool:
    """Tell whether a task only brings to its end what has left for the database: that is not ours any more."""
    code = getattr(task.get_coro(), "cr_code", None)
    path = "" if code is None else str(code.co_filename)
    return "/isthmus/store/" in path or "/asyncpg/" in path


@asynccontextmanager
async def town(
    folder: Path, *, skus: int = 4, database: str = "sqlite:///town.db", every_s: int = 60, version: int = 19
) -> AsyncGenerator[Town]:
    """Open a town in which both sides sell the same few things."""
    made = Town(folder, skus=skus, database=database, every_s=every_s, version=version)
    await made.open()
    try:
        yield made
    finally:
        await made.close()

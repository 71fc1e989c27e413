"""What a run plays in: both systems, a project, Isthmus at work in it, and whatever breaks things."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from isthmus.kit.http import Http, HttpFailure, Request
from isthmus.store.base import Store
from isthmus.store.group import StoreError
from isthmus.store.open import open_store
from isthmus.store.statement import Dialect, say
from isthmus.testing.campaign.pair import CannotPlay, Pair
from isthmus.testing.campaign.project import write_project
from isthmus.testing.lives import Life, Program, free_port
from isthmus.testing.proxy import Fault, Proxy

START_S = 60.0
#: Orders come in so many lots, so that some are always half-way.
LOTS = 8
LOT_EVERY_S = 0.5
#: With few orders a fault at a rate may miss them all; then so many more pairs are placed, at most.
INSIST = 20
LOOK_S = 0.4


class Project(Protocol):
    """Writes the project a run plays with."""

    def __call__(self, folder: Path, *, port: int, shop: str, erp: str, stock: bool) -> None:
        """Write it; `shop` and `erp` are the addresses Isthmus is to use."""
        ...


class Site(Protocol):
    """Where a run's database is."""

    dialect: Dialect
    url: str

    async def stop(self) -> None:
        """End the database server without a goodbye. Only where `restarts`."""
        ...

    async def start(self) -> None:
        """Start it again."""
        ...


@dataclass(slots=True)
class Scene:
    """One run's surroundings."""

    pair: Pair
    http: Http
    folder: Path
    site: Site
    orders: int
    seed: int
    lives: dict[str, Life] = field(default_factory=dict[str, Life])
    proxies: dict[str, Proxy] = field(default_factory=dict[str, Proxy])
    project: Project = write_project
    #: What was done to processes and the database; what simulators and proxies did they count themselves.
    struck: Counter[str] = field(default_factory=Counter[str])
    environment: dict[str, str] = field(default_factory=dict[str, str])
    clock: Path | None = None
    chance: random.Random = field(init=False)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    ordered: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    #: Points at which lives ended, and what was played then.
    met: dict[str, str] = field(default_factory=dict[str, str])
    #: What is being played, for whoever asks later where a point was met.
    playing: str = ""
    placed: list[str] = field(default_factory=list[str])
    _eye: Store | None = None

    def __post_init__(self) -> None:
        """Draw from the seed."""
        self.chance = random.Random(self.seed)  # noqa: S311 - repeatable chance, not secrecy

    # --- Isthmus ------------------------------------------------------------------------------------------------------

    async def up(self, name: str = "up", **environment: str) -> Life:
        """Start a process: `up`, or `worker` beside it; returns when the pages answer (`up`)."""
        address = f"127.0.0.1:{self.pair.isthmus if name == 'up' else free_port()}"
        words = [name, "-C", str(self.folder), "--listen", address]
        more = {**self.environment, **environment, "ISTHMUS_DATABASE_URL": self.site.url}
        life = self.lives[name] = Life(Program(words, self.folder / f"{name}.log", more, self.clock, saved_up=True))
        if name == "up" and "ISTHMUS_FAILPOINTS_MET" not in environment:
            await self.up_and_well(life)
        return life

    async def up_and_well(self, life: Life) -> None:
        """Wait until the pages answer, or the process is gone. Raises `CannotPlay`."""
        await self.until(lambda: self._answers(life), START_S, "Isthmus does not come up")

    async def kill(self, name: str = "up") -> None:
        """End a process as a power cut would."""
        await self.lives[name].kill()
        self.struck["killed"] += 1

    def freeze(self, name: str) -> None:
        """Let a process stand still."""
        self.lives[name].send(signal.SIGSTOP)
        self.struck["frozen"] += 1

    def thaw(self, name: str) -> None:
        """Let it go on."""
        self.lives[name].send(signal.SIGCONT)

    async def _answers(self, life: Life) -> bool:
        if not life.alive:
            return True  # it was killed on purpose, or it failed: whoever waits looks at that
        try:
            answer = await self.http.send(
                Request("GET", f"http://127.0.0.1:{self.pair.isthmus}/health/live", "health", timeout_s=5)
            )
        except HttpFailure:
            return False
        return answer.status == 200  # noqa: PLR2004 - HTTP's own number

    async def command(self, *words: str) -> int | None:
        """Run a command in the project and return how it ended; None when it did not."""
        environment = {**self.environment, "ISTHMUS_DATABASE_URL": self.site.url}
        return await Life(Program([*words, "-C", str(self.folder)], self.folder / "commands.log", environment)).over(60)

    async def ask(self, name: str, **values: Any) -> Sequence[Mapping[str, Any]]:
        """Look into the ledger: to know when to strike and who is asked, never to know what is true."""
        if self._eye is None:
            self._eye = await open_store(self.site.url, self.folder, connections=2)
            self.stack.push_async_callback(self._eye.close)
        return await self._eye.read(name, **values)

    async def free_duties(self) -> None:
        """Let go of what killed processes alone may do: on a server that takes two minutes after each of them."""
        await self.ask("holds")
        if self._eye is not None and self.site.dialect == "postgres":
            await self._eye.write(say("free_duties"))

    async def parked(self) -> set[str]:
        """Return the orders a person is asked about."""
        try:
            return {str(row["number"]) for row in await self.ask("parked_jobs", flow="", wish=100_000)}
        except StoreError:
            return set()

    # --- The shop -----------------------------------------------------------------------------------------------------

    async def traffic(self) -> None:
        """Let customers order everything that is offered, a lot at a time, edit some of it and cancel a little."""
        lots = max(1, min(LOTS, self.orders))
        for lot in range(lots):
            count = self.orders * (lot + 1) // lots - self.orders * lot // lots
            await self.order(count)
            await asyncio.sleep(LOT_EVERY_S)
            if lot % 2:
                await self.change_mind()

    async def order(self, count: int) -> None:
        """Place so many orders now."""
        seed = self.seed * 10_007 + len(self.placed)
        self.placed += (await self.pair.do("shop", "orders", count=count, seed=seed))["references"]

    async def change_mind(self) -> None:
        """Edit one open order of many, cancel another: what was brought already has to follow."""
        orders = (await self.pair.state("shop"))["orders"]
        open_ones = [each for each in orders if each["status"] == "open" and each["lines"]]
        if len(open_ones) < 4:  # noqa: PLR2004 - with so few there would be nothing left
            return
        edited, canceled = self.chance.sample(open_ones, 2)
        line = edited["lines"][0]
        await self.pair.do(
            "shop", "edit", reference=edited["reference"], sku=line["sku"], quantity=int(line["quantity"]) + 1
        )
        await self.pair.do("shop", "cancel", reference=canceled["reference"])

    async def arrived(self, part: float, seconds: float = 20.0) -> None:
        """Wait until this part of the offered orders is in the ERP, or so long."""
        wanted = part * self.orders

        async def there() -> bool:
            calls = (await self.pair.meter("erp"))["calls"]
            return calls.get("sale.order.load", 0) >= wanted

        try:
            await self.until(there, seconds, "")
        except CannotPlay:
            return

    async def insist(self) -> None:
        """Let customers go on ordering until what was to happen has happened at least once."""
        for _ in range(INSIST):
            if await self.reached():
                return
            await self.order(2)
            await asyncio.sleep(1.0)

    # --- Breaking things ----------------------------------------------------------------------------------------------

    async def fault(self, side: str, kind: str, **more: Any) -> None:
        """Order a fault of a simulated system."""
        self.ordered.append((side, kind, str(more.get("match", ""))))
        await self.pair.do(side, "fault", kind=kind, seed=self.seed, **more)

    async def heal(self, side: str, kind: str, match: str = "") -> None:
        """End such a fault."""
        await self.pair.do(side, "fault", kind=kind, match=match, rate=0)

    async def heal_all(self) -> None:
        """End every fault of the simulated systems."""
        while self.ordered:
            await self.heal(*self.ordered.pop())

    def spoil(self, side: str, fault: Fault) -> None:
        """Order a fault of the proxy before a system."""
        self.proxies[side].faults.orders.append(fault)

    async def reached(self) -> dict[str, int]:
        """Return every fault that happened, and how often."""
        found = Counter(self.struck)
        for side in ("shop", "erp"):
            for kind, hits in (await self.pair.meter(side))["faults"].items():
                found[f"{side} {kind}"] += hits
        for side, proxy in self.proxies.items():
            for kind, hits in proxy.faults.struck().items():
                found[f"{side} line {kind}"] += hits
        return {name: hits for name, hits in sorted(found.items()) if hits}

    async def until(
        self, met: Callable[[], Awaitable[bool]], seconds: float, otherwise: str, *, every_s: float = 0.05
    ) -> float:
        """Wait until `await met()`; return how long it took. Raises `CannotPlay` after `seconds`."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not await met():
            if loop.time() - began > seconds:
                raise CannotPlay(otherwise)
            await asyncio.sleep(every_s)
        return loop.time() - began

    async def close(self) -> None:
        """End what is still there."""
        for life in self.lives.values():
            await life.kill()
        await self.stack.aclose()

"""Budget 3: 50,000 stock figures to a shop that meters as Shopify does, against the time its limit allows.

`python benchmarks/limit_use.py [--quick] [--workers N] [--database URL]` prints `name, ours, floor, ratio` (seconds for
all figures, seconds the limit allows for them at best, ours/floor), `throttled` (answers "too fast" as the shop counted
them), `calls`, `points`, `lost` (figures that are wrong in the shop in the end), and the same with several workers that
share the limit on PostgreSQL as `workers_...`. `standard_s` and `standard_floor` are of the plan most shops have, whose
limit such a push hardly meets; `reading_s` is the first reading of everything, under that plan.

At best means: full calls of 250 figures, with all the bucket holds spent at once and then as fast as it refills. So
that the limit, and not this machine, decides, the shop is put on a small plan for the push.
"""

import argparse
import asyncio
import math
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from floor import control, empty_database, free_port, isthmus, program, result, say, simulator

from isthmus.admin.holds import pause, processes, resume
from isthmus.bootstrap.config import read_config
from isthmus.bootstrap.wiring import opened
from isthmus.store.statement import say as say_to

Plan = tuple[float, float]
#: Points a second, and points held. The first is published; the second is so small that it decides.
STANDARD: Plan = (100.0, 2000.0)
SMALL: Plan = (20.0, 100.0)
SMALLEST: Plan = (10.0, 60.0)
UNLIMITED: Plan = (1_000_000.0, 1_000_000.0)
#: Figures in one call, as Shopify takes them.
FULL_CALL = 250
PLACES = 2
#: The shop may list a sale ten seconds later than its figure shows it, so nothing is raised before that.
SETTLE_S = 11.0
#: No call for so long, with all the calls there must be made: the push is over.
QUIET_S, STUCK_S = 2.0, 60.0
WRITE = "inventorySetQuantities"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    skus: int
    plan: Plan
    standard: bool


FULL, QUICK = Size(25_000, SMALL, standard=True), Size(1_500, SMALLEST, standard=False)


@dataclass(frozen=True, slots=True)
class Push:
    """What one push took, as the shop saw it."""

    seconds: float
    floor: float
    calls: int
    points: int
    throttled: int
    lost: int

    @property
    def ratio(self) -> float:
        """Return ours/floor."""
        return self.seconds / self.floor


@dataclass(slots=True)
class World:
    """A shop and an ERP with the same goods, and projects between them."""

    skus: int
    folder: Path
    shop: int = field(default_factory=free_port)
    erp: int = field(default_factory=free_port)
    recounts: int = 0

    def project(self, name: str, database: str) -> Path:
        """Write a project that publishes stock and looks at nothing by itself while it does."""
        folder = self.folder / name
        folder.mkdir()
        (folder / "isthmus.toml").write_text(
            f'[isthmus]\ndatabase = "{database}"\nlisten = "127.0.0.1:{free_port()}"\n'
            f'[connections.shop]\nconnector = "shopify"\nurl = "http://127.0.0.1:{self.shop}"\nallow_private = true\n'
            f'[connections.erp]\nconnector = "odoo"\nurl = "http://127.0.0.1:{self.erp}"\nallow_private = true\n'
            'database = "demo"\nlogin = "demo"\n'
            '[flows.stock]\nfrom = "erp"\nto = "shop"\nevery = 86400\n',
            "utf-8",
        )
        (folder / ".env").write_text(
            "ISTHMUS_SHOP_ACCESS_TOKEN=demo-token\nISTHMUS_SHOP_CLIENT_SECRET=demo-secret\n"
            "ISTHMUS_ERP_API_KEY=demo-key\n",
            "utf-8",
        )
        return folder

    def plan(self, plan: Plan) -> None:
        """Meter by this plan from now on."""
        control(self.shop, "plan", restore=plan[0], bucket=plan[1])

    def meter(self) -> Mapping[str, Any]:
        """Return what the shop has counted."""
        return control(self.shop, "meter")

    def recount(self) -> int:
        """Let every figure in the ERP become another one; return how many there are."""
        self.recounts += 1
        return control(self.erp, "recount", seed=self.recounts)["counted"]

    def wrong(self) -> int:
        """Return how many figures in the shop are not the ERP's."""
        offered, free = control(self.shop, "state")["stock"], control(self.erp, "state")["stock"]
        names = {"WH": "Main warehouse", "EAST": "East warehouse"}
        return sum(
            offered.get(sku, {}).get(names[code]) != quantity
            for sku, places in free.items()
            for code, quantity in places.items()
        )


@contextmanager
def both(skus: int) -> Generator[World]:
    """Run a shop and an ERP until the block ends."""
    with tempfile.TemporaryDirectory(prefix="isthmus-bench-") as name:
        world = World(skus, Path(name))
        seed = ("--seed", f"skus:{skus}")
        with (
            simulator("odoo", world.erp, *seed),
            simulator("shopify", world.shop, *seed, points_per_s=STANDARD[0]),
        ):
            yield world


async def up_to_date(folder: Path) -> float:
    """Read every stream once and do all that is due; return the seconds it took.

    Afterwards all sales up to the shop's figures are known, so that they may be raised as well as lowered.
    """
    async with opened(read_config(folder)) as app:
        await app.engine.prepare(alone=True)
        began = time.monotonic()
        await app.engine.drain()
        took = time.monotonic() - began
    await asyncio.sleep(SETTLE_S)
    async with opened(read_config(folder)) as app:
        now = app.context.micros()
        await app.context.store.write(say_to("hasten_stream", connection="shop", kind="order", now=now))
        assert await app.engine.rounds.step(), "the orders were not read"
    return took


async def let_wait(folder: Path) -> None:
    """Pause the flow."""
    async with opened(read_config(folder)) as app:
        await pause(app.context, app.engine.flows, "stock", by="bench", because="everything changes")


async def let_go_on(folder: Path) -> float:
    """End the pause and return when."""
    async with opened(read_config(folder)) as app:
        began = time.monotonic()
        await resume(app.context, app.engine.flows, "stock", by="bench")
        return began


def push(world: World, folder: Path, programs: Sequence[str], plan: Plan) -> Push:
    """Let everything change in the ERP while the flow is paused, then let it go on; nothing else is going on."""
    asyncio.run(let_wait(folder))
    world.plan(UNLIMITED)  # looking again at what was written is no part of the next push
    figures = world.recount()
    asyncio.run(up_to_date(folder))
    world.plan(plan)
    before = world.meter()
    say(f"  {figures} figures have changed; {plan[0]:g} points a second, {plan[1]:g} held")
    with ExitStack() as stack:
        for name in programs:
            stack.enter_context(program(isthmus(name, "-C", folder)))
        asyncio.run(at_work(folder, len(programs)))
        seconds = watched(world, folder, math.ceil(figures / FULL_CALL))
    after = world.meter()
    calls = after["calls"][WRITE] - before["calls"].get(WRITE, 0)
    points = after["points"][WRITE] - before["points"].get(WRITE, 0)
    best = math.ceil(figures / FULL_CALL) * points / calls
    floor = max(0.0, best - plan[1]) / plan[0]
    say(f"  {seconds:.1f} s, the limit allows {floor:.1f} s")
    return Push(seconds, floor, calls, points, after["throttled"] - before["throttled"], world.wrong())


async def at_work(folder: Path, count: int) -> None:
    """Return once so many processes say that they are at work."""
    async with opened(read_config(folder)) as app, asyncio.timeout(STUCK_S):
        while len(await processes(app.context)) < count:  # noqa: ASYNC110 - they live in other processes
            await asyncio.sleep(0.1)


def watched(world: World, folder: Path, calls: int) -> float:
    """Let the flow go on; return the seconds from then to the last of the calls."""
    before = counted = world.meter()["calls"].get(WRITE, 0)
    began = asyncio.run(let_go_on(folder))
    last = began
    while (now := time.monotonic()) - last < (QUIET_S if counted - before >= calls else STUCK_S):
        seen = world.meter()["calls"].get(WRITE, 0)
        if seen > counted:
            counted, last = seen, now
        time.sleep(0.05)
    return last - began


@dataclass(frozen=True, slots=True)
class Figures:
    """All pushes of a run."""

    reading_s: float
    one: Push
    standard: Push | None
    several: Push


def measure(size: Size, workers: int, database: str) -> Figures:
    """Measure one process, then several workers on a database of their own."""
    say(f"stocking a shop and an ERP with {size.skus} SKUs in {PLACES} places")
    with both(size.skus) as world, empty_database() as shared:
        alone, together = world.project("alone", database), world.project("together", shared)
        say("first reading of everything, on the plan most shops have")
        reading_s = asyncio.run(up_to_date(alone))
        world.plan(UNLIMITED)
        asyncio.run(up_to_date(together))
        say(f"  {reading_s:.1f} s; now one process")
        one = push(world, alone, ["up"], size.plan)
        standard = push(world, alone, ["up"], STANDARD) if size.standard else None
        say(f"{workers} workers that share the limit")
        several = push(world, together, ["scheduler", *["worker"] * workers], size.plan)
    return Figures(reading_s, one, standard, several)


def main() -> None:
    """Push, and compare with what the limit allows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3,000 figures, for a smoke test")
    parser.add_argument("--workers", type=int, default=3, help="worker processes that share the limit (default 3)")
    parser.add_argument("--database", default="sqlite:///bench.db", help="of one process alone; an empty one")
    wish = parser.parse_args()
    found = measure(QUICK if wish.quick else FULL, wish.workers, wish.database)
    result(
        name="limit_use",
        ours=round(found.one.seconds, 2),
        floor=round(found.one.floor, 2),
        ratio=round(found.one.ratio, 3),
        throttled=found.one.throttled,
        calls=found.one.calls,
        points=found.one.points,
        workers=wish.workers,
        workers_ours=round(found.several.seconds, 2),
        workers_floor=round(found.several.floor, 2),
        workers_ratio=round(found.several.ratio, 3),
        workers_throttled=found.several.throttled,
        workers_calls=found.several.calls,
        workers_points=found.several.points,
        standard_s=round(found.standard.seconds, 2) if found.standard else None,
        standard_floor=round(found.standard.floor, 2) if found.standard else None,
        reading_s=round(found.reading_s, 1),
        lost=sum(each.lost for each in (found.one, found.standard, found.several) if each),
        database=wish.database.partition(":")[0],
    )


if __name__ == "__main__":
    main()

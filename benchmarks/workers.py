"""Budget 7: orders into an ERP that answers in 200 ms, with more and more worker processes on PostgreSQL.

`python benchmarks/workers.py [--quick]` prints `name, ours, floor, ratio` of the worst point (orders a second, what was
to be reached, ours/floor), `worst_ratio` (the same), `points` with `workers, limit, per_s, expected_per_s, ratio`,
`calls_per_order` and `answer_ms` (what a call took on the average: 200 and what the machine added), `most_at_once`
(calls the ERP answered at the same time, in the run with a limit), `lost` and `doubled` as the ERP has it, and
`idle_statements_per_s` (what PostgreSQL runs while nothing is to do, by workers).

To be reached: N times what one worker does, but no more than the limit of calls at a time allows when every answer
takes 200 ms. A backlog waits from the start; each point is measured over a steady time between start-up and end.
Shop and ERP are simulators, web, scheduler and workers the programs of the same names, each a process of its own.
"""

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from floor import control, empty_database, free_port, isthmus, program, result, say, simulator

from isthmus.admin.holds import processes
from isthmus.bootstrap.config import read_config
from isthmus.bootstrap.wiring import App, opened
from isthmus.store.statement import listed

ANSWER_S = 0.2
#: More calls at a time than all workers together want.
NO_LIMIT = 500
WAIT_S = 180.0
TRANSACTIONS = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
ANSWERED = "SELECT avg(elapsed_ms) FROM exchange WHERE connection = 'erp' AND started_at >= $1"


@dataclass(frozen=True, slots=True)
class Size:
    """Which points are measured, each with its limit and the seconds it is measured for, and how many orders wait.

    The point with a limit comes before those with more calls at a time: the ERP only remembers the most there were.
    """

    points: Sequence[tuple[int, int, float]]
    orders: int
    settle_s: float
    idle: Sequence[int]
    idle_s: float


FULL = Size(
    ((1, NO_LIMIT, 45), (8, 20, 25), (2, NO_LIMIT, 35), (4, NO_LIMIT, 25), (8, NO_LIMIT, 20)), 2200, 5.0, (1, 8), 15.0
)
QUICK = Size(((1, NO_LIMIT, 6), (2, 8, 6), (2, NO_LIMIT, 6)), 160, 2.0, (2,), 4.0)


@dataclass(slots=True)
class World:
    """One project between a shop and a slow ERP."""

    folder: Path
    database: str
    web: int = field(default_factory=free_port)
    shop: int = field(default_factory=free_port)
    erp: int = field(default_factory=free_port)

    def write_project(self, limit: int) -> None:
        """Write a project that brings orders and asks the ERP `limit` things at a time at most."""
        (self.folder / "isthmus.toml").write_text(
            f'[isthmus]\ndatabase = "{self.database}"\nlisten = "127.0.0.1:{self.web}"\n'
            f'[connections.shop]\nconnector = "shopify"\nurl = "http://127.0.0.1:{self.shop}"\nallow_private = true\n'
            f'[connections.erp]\nconnector = "odoo"\nurl = "http://127.0.0.1:{self.erp}"\nallow_private = true\n'
            f'database = "demo"\nlogin = "demo"\ncalls_at_a_time = {limit}\n'
            '[flows.orders]\nfrom = "shop"\nto = "erp"\nevery = 86400\n',
            "utf-8",
        )
        (self.folder / ".env").write_text(
            "ISTHMUS_SHOP_ACCESS_TOKEN=demo-token\nISTHMUS_SHOP_CLIENT_SECRET=demo-secret\n"
            "ISTHMUS_ERP_API_KEY=demo-key\n",
            "utf-8",
        )

    def asked(self) -> int:
        """Return how many calls the ERP has counted."""
        return sum(control(self.erp, "meter")["calls"].values())

    @contextmanager
    def running(self, workers: int, limit: int) -> Generator[None]:
        """Run web, scheduler and workers until the block ends; what is at hand is finished then."""
        self.write_project(limit)
        with ExitStack() as stack:
            for name in ["web", "scheduler", *["worker"] * workers]:
                stack.enter_context(program(isthmus(name, "-C", self.folder)))
            yield


@dataclass(frozen=True, slots=True)
class Point:
    """What so many workers did within a limit."""

    workers: int
    limit: int
    per_s: float
    calls_per_order: float
    answer_ms: float

    def expected(self, one: "Point") -> float:
        """Return the orders a second that were to be reached, given what one worker does."""
        return min(self.workers * one.per_s, self.limit / ANSWER_S / self.calls_per_order)

    def ratio(self, one: "Point") -> float:
        """Return what was reached of it."""
        return self.per_s / self.expected(one)

    def told(self, one: "Point") -> dict[str, Any]:
        """Return it for the result."""
        return {
            "workers": self.workers,
            "limit": None if self.limit == NO_LIMIT else self.limit,
            "per_s": round(self.per_s, 2),
            "expected_per_s": round(self.expected(one), 2),
            "ratio": round(self.ratio(one), 3),
            "calls_per_order": round(self.calls_per_order, 2),
            "answer_ms": round(self.answer_ms),
        }


async def waiting(app: App) -> int:
    """Return how many orders are still to be brought."""
    flows = listed(["orders"])
    rows = await app.context.store.read("jobs_waiting", flows=flows, now=app.context.micros(), most=1_000_000)
    return sum(row["jobs"] for row in rows)


async def unfinished(app: App) -> int:
    """Return how many orders are on their way, whatever they wait for."""
    rows = await app.context.store.read("flow_figures", flows=listed(["orders"]), most=1_000_000)
    return sum(row["jobs"] for row in rows if row["state"] != "parked")


async def done(app: App, since: int) -> int:
    """Return how many orders were brought since then."""
    rows = await app.context.store.read("flow_done", flows=listed(["orders"]), since=since, most=1_000_000)
    return sum(row["jobs"] for row in rows)


async def all_there(app: App, count: int) -> None:
    """Return once so many processes say that they are at work, and as many as before do not."""
    async with asyncio.timeout(WAIT_S):
        while len(await processes(app.context)) != count:  # noqa: ASYNC110 - they live in other processes
            await asyncio.sleep(0.1)


async def measured(world: World, workers: int, limit: int, seconds: float, settle_s: float) -> Point:
    """Let so many workers bring orders and return what they did once all were at it."""
    async with opened(read_config(world.folder)) as app:
        with world.running(workers, limit):
            await all_there(app, workers + 2)
            began = app.context.micros()
            while await done(app, began) < workers:  # noqa: ASYNC110 - it is done in other processes
                await asyncio.sleep(0.1)
            await asyncio.sleep(settle_s)
            since, asked, start = app.context.micros(), world.asked(), time.monotonic()
            await asyncio.sleep(seconds)
            orders, calls = await done(app, since), world.asked() - asked
            took = time.monotonic() - start
            left = await waiting(app)
        await all_there(app, 0)
    assert left > workers, f"{left} orders were left: too few to keep {workers} workers busy"
    answer_ms = await asked_of(world.database, ANSWERED, since)
    point = Point(workers, limit, orders / took, calls / orders, float(answer_ms))
    say(f"  {workers} workers, at most {limit} calls: {point.per_s:.2f}/s, {calls / orders:.2f} calls per order")
    return point


async def read_orders(world: World) -> None:
    """Read everything into the mirror, so that only jobs are left."""
    world.write_project(NO_LIMIT)
    async with opened(read_config(world.folder)) as app:
        await app.engine.prepare(alone=True)
        while await app.engine.rounds.step():
            pass


async def finished(world: World, workers: int) -> None:
    """Bring what is left."""
    async with opened(read_config(world.folder)) as app:
        with world.running(workers, NO_LIMIT):
            async with asyncio.timeout(WAIT_S * 2):
                while await unfinished(app):  # noqa: ASYNC110 - it is done in other processes
                    await asyncio.sleep(0.5)


async def idle(world: World, workers: int, seconds: float) -> float:
    """Return the statements a second that PostgreSQL runs while nothing is to do."""
    async with opened(read_config(world.folder)) as app:
        with world.running(workers, NO_LIMIT):
            await all_there(app, workers + 2)
            await asyncio.sleep(3)
            before, start = await asked_of(world.database, TRANSACTIONS), time.monotonic()
            await asyncio.sleep(seconds)
            return (await asked_of(world.database, TRANSACTIONS) - before) / (time.monotonic() - start)


async def asked_of(database: str, question: str, *values: Any) -> Any:
    """Return what this database says, asked from outside of Isthmus."""
    connection = await asyncpg.connect(database)
    try:
        return await connection.fetchval(question, *values)
    finally:
        await connection.close()


def measure(world: World, size: Size) -> dict[str, Any]:
    """Measure every point, then what idling costs."""
    references = control(world.shop, "orders", count=size.orders, seed=1)["references"]
    say(f"reading {len(references)} orders")
    asyncio.run(read_orders(world))
    most, points = 0, list[Point]()
    for workers, limit, seconds in size.points:
        points.append(asyncio.run(measured(world, workers, limit, seconds, size.settle_s)))
        if limit != NO_LIMIT:
            most = control(world.erp, "meter")["most_at_once"]
    say("bringing what is left")
    asyncio.run(finished(world, max(workers for workers, _, _ in size.points)))
    idling = {workers: asyncio.run(idle(world, workers, size.idle_s)) for workers in size.idle}
    there = Counter(order["reference"] for order in control(world.erp, "state")["orders"])
    one = points[0]
    worst = min(points, key=lambda point: point.ratio(one))
    return {
        "ours": round(worst.per_s, 2),
        "floor": round(worst.expected(one), 2),
        "ratio": round(worst.ratio(one), 3),
        "worst_ratio": round(worst.ratio(one), 3),
        "points": [point.told(one) for point in points],
        "most_at_once": most,
        "lost": sum(1 for each in references if not there[each]),
        "doubled": sum(1 for each in references if there[each] > 1),
        "idle_statements_per_s": {str(workers): round(count, 1) for workers, count in idling.items()},
    }


def main() -> None:
    """Bring orders with more and more workers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two workers and some orders, for a smoke test")
    wish = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="isthmus-bench-") as name,
        empty_database() as database,
    ):
        world = World(Path(name), database)
        with (
            simulator("shopify", world.shop),
            simulator("odoo", world.erp, "--seed", "demo", "--latency-ms", str(ANSWER_S * 1000)),
        ):
            figures = measure(world, QUICK if wish.quick else FULL)
    result(name="workers", **figures, database="postgresql")


if __name__ == "__main__":
    main()

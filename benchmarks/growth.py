"""Budget 6: what is done and asked all the time, with 10,000 finished jobs behind it and with 10,000,000.

`python benchmarks/growth.py [--quick] [--database URL ...]` fills two stores of each kind, one with the short past and
one with the long (`--quick`: 300,000), and measures the same operations on both in turn. Both have had the same day: as
many jobs finished since midnight, as many questions open. It prints `name, ours, floor, ratio` (ms of the operation
that grew most, with the long past and with the short, and ours/floor), and per store the two medians in ms of each
operation, the sizes in MB and the seconds the filling took. `--database` names `sqlite` or a server,
`postgresql://...`, on which databases of its own are made and dropped; without it SQLite is measured, and PostgreSQL
where ISTHMUS_BENCH_POSTGRES names a server.
"""

import argparse
import asyncio
import gc
import os
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import uvloop
from _history import Past, fill_postgres, fill_sqlite
from _stores import own_database
from floor import median, result, say

from isthmus.admin import orders, queries
from isthmus.admin.questions import questions
from isthmus.bootstrap.config import read_config
from isthmus.bootstrap.wiring import App, opened
from isthmus.engine.executor import Executor
from isthmus.engine.flow import Change, Listening, Mark, Reaction
from isthmus.engine.mirror import mark_jobs
from isthmus.engine.outcome import Done, Outcome
from isthmus.engine.work import Work
from isthmus.engine.worker import Worker
from isthmus.kit.fresh import fresh_id
from isthmus.ports.pace import Lane
from isthmus.store.statement import Many
from isthmus.store.statement import say as told
from isthmus.web.pages.home import home_view

SHORT, LONG, QUICK = 10_000, 10_000_000, 300_000
TODAY = 5_000
#: Jobs marked and run together; half of them new, half of them finished some minutes ago.
BATCH = 6
RECENT = 2_000
#: Rounds before the first that counts.
WARM = 10
MEGABYTE = 1 << 20
Operation = Callable[[], Awaitable[object]]


@dataclass(slots=True)
class Bare:
    """The flow of orders without its calls: what is left is what the ledger costs."""

    lane = Lane.ORDERS
    name: str = "orders"
    source: str = "shop"
    destination: str = "erp"
    batch: int = 1
    concurrency: int = BATCH

    def listens(self) -> Sequence[Listening]:
        """Return nothing."""
        return ()

    def react(self, change: Change) -> Reaction:  # noqa: ARG002 - the shape of a flow
        """Say that no change concerns it."""
        return Reaction()

    async def after_round(self, connection: str, kind: str) -> None:
        """Do nothing."""

    async def run(self, works: Sequence[Work]) -> Sequence[Outcome]:
        """Say that the destination matches now."""
        return [Done("erp holds it as S00042: sale", work.job.number) for work in works]


@dataclass(slots=True)
class Stand:
    """One store with a past, and the operations on it."""

    app: App
    jobs: int
    numbers: "count[int]" = field(default_factory=lambda: count(1))
    done: int = 0

    def operations(self) -> Mapping[str, Operation]:
        """Return each operation by name; `mark` comes right before the `run` of what it marked."""
        context, flows = self.app.context, self.app.engine.flows
        names = [flow.name for flow in flows]
        lists = {f"jobs {state}".strip(): state for state in ("", *orders.STATES)}
        return {
            "mark": self.mark,
            "run": self.run,
            "deliver": self.deliver,
            "status": lambda: queries.status(context, flows, "bench", self.app.engine.holds),
            "home": self.home,
            "questions": lambda: questions(context),
            **{name: lambda state=state: orders.jobs(context, names, state=state) for name, state in lists.items()},
            "orders": lambda: orders.orders(context, flows),
            "orders done": lambda: orders.orders(context, flows, state="done"),
            "progress": self.app.engine.progress,
            "reclaim": self.app.engine.worker.leases.reclaim,
            "prune nothing": self.app.engine.upkeep.prune,
        }

    async def mark(self) -> None:
        """Mark new orders and recent ones, as one reading does."""
        now = self.app.context.micros()
        turn = next(self.numbers)
        marks = [Mark("orders", f"new-{turn}-{each}", f"#N{turn}-{each}") for each in range(BATCH // 2)]
        for each in range(BATCH - len(marks)):
            past = self.jobs - (turn * 7919 + each * 104729) % RECENT
            past -= past % 10  # every tenth number is an order's
            marks.append(Mark("orders", str(5_400_000_000_000 + past * 32768), f"#{100_000 + past}"))
        await self.app.context.store.write(mark_jobs(marks, now))

    async def run(self) -> None:
        """Claim what is due and finish it, each job in a commit of its own."""
        flow = Bare()
        worker = Worker(self.app.context, [flow], Executor(self.app.context), self.app.engine.holds)
        self.done += await worker.claim()
        await worker.settle()

    async def deliver(self) -> None:
        """Take a delivery in, claim it and finish it."""
        store, now, token = self.app.context.store, self.app.context.micros(), fresh_id()
        sent = {"connection": "shop", "delivery_id": str(uuid4()), "topic": "orders/updated", "body": b"x" * 400}
        await store.write(Many("take_delivery", [{**sent, "kind": "order", "external_id": token, "now": now}]))
        [[row]] = await store.write(told("claim_inbox", now=now, lease_until=now + 60_000_000, token=token, wish=100))
        finished = {"id": row["id"], "token": token, "now": now, "because": ""}
        await store.write(Many("finish_delivery", [finished]))

    async def home(self) -> None:
        """Build the first page, as it is asked for every five seconds."""
        context, flows = self.app.context, self.app.engine.flows
        found = await queries.status(context, flows, "bench", self.app.engine.holds)
        home_view(found, await questions(context, shown=1))


@asynccontextmanager
async def stand(database: str, folder: Path, past: Past) -> AsyncGenerator[Stand]:
    """Open a project on a store with this past."""
    write_project(folder, database)
    async with opened(read_config(folder)) as app:
        await app.engine.prepare(alone=True)
    if database.startswith("sqlite"):
        await asyncio.to_thread(fill_sqlite, folder / "bench.db", past)
    else:
        await fill_postgres(database, past)
    async with opened(read_config(folder)) as app:
        yield Stand(app, past.jobs)


def write_project(folder: Path, database: str) -> None:
    """Write a project with all flows; nobody answers at its addresses, and nobody asks there."""
    folder.mkdir()
    (folder / "isthmus.toml").write_text(
        f'[isthmus]\ndatabase = "{database}"\n'
        '[connections.shop]\nconnector = "shopify"\nurl = "http://127.0.0.1:9"\nallow_private = true\n'
        '[connections.erp]\nconnector = "odoo"\nurl = "http://127.0.0.1:9"\nallow_private = true\n'
        'database = "demo"\nlogin = "demo"\n'
        '[flows.orders]\nfrom = "shop"\nto = "erp"\n[flows.stock]\nfrom = "erp"\nto = "shop"\n',
        "utf-8",
    )
    (folder / ".env").write_text(
        "ISTHMUS_SHOP_ACCESS_TOKEN=t\nISTHMUS_SHOP_CLIENT_SECRET=s\nISTHMUS_ERP_API_KEY=k\n", "utf-8"
    )


async def compare(server: str, long: int, rounds: int) -> dict[str, Any]:
    """Fill two stores of one kind and measure them in turn; `server` is empty for SQLite."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="isthmus-bench-")))
        stands: list[Stand] = []
        sizes: list[Mapping[str, float]] = []
        filled: list[float] = []
        for jobs in (SHORT, long):
            began = time.monotonic()
            url = await stack.enter_async_context(own_database(server)) if server else "sqlite:///bench.db"
            past = Past(jobs, TODAY, "orders", "customers", "stock")
            stands.append(await stack.enter_async_context(stand(url, folder / str(jobs), past)))
            filled.append(round(time.monotonic() - began, 1))
            sizes.append(await _sizes_mb(url) if server else _file_mb(folder / str(jobs)))
            say(f"{'PostgreSQL' if server else 'SQLite'}: {jobs:,} finished jobs in {filled[-1]} s, {sizes[-1]} MB")
        medians = await measure(stands, rounds)
        for each in stands:
            assert each.done == (rounds + WARM) * BATCH, f"{each.done} jobs were run"
    return {"ms": medians, "size_mb": sizes, "filled_s": filled}


async def measure(stands: Sequence[Stand], rounds: int) -> dict[str, list[float]]:
    """Return the median ms of each operation on each of the stands."""
    took: dict[str, list[list[float]]] = {name: [[] for _ in stands] for name in stands[0].operations()}
    operations = [each.operations() for each in stands]
    gc.collect()
    gc.disable()
    for turn in range(rounds + WARM):
        for name in took:
            order = (0, 1) if turn % 2 else (1, 0)
            for which in order:
                began = time.perf_counter()
                await operations[which][name]()
                if turn >= WARM:
                    took[name][which].append((time.perf_counter() - began) * 1000)
        gc.collect(0)
    gc.enable()
    return {name: [round(median(each), 3) for each in values] for name, values in took.items()}


async def _sizes_mb(url: str) -> Mapping[str, float]:
    database = await asyncpg.connect(url)
    row = await database.fetchrow(
        "SELECT pg_database_size(current_database()) AS everything, pg_table_size('job') AS jobs,"
        " pg_indexes_size('job') AS indexes_of_jobs"
    )
    await database.close()
    return {name: round(size / MEGABYTE, 1) for name, size in row.items()}


def _file_mb(folder: Path) -> Mapping[str, float]:
    return {"everything": round(sum(each.stat().st_size for each in folder.glob("bench.db*")) / MEGABYTE, 1)}


def worst(stores: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the operation that grew most."""
    grown = [
        (long / short, long, short, f"{store}: {name}")
        for store, figures in stores.items()
        for name, (short, long) in figures["ms"].items()
    ]
    ratio, ours, floor, what = max(grown)
    return {"ours": ours, "floor": floor, "ratio": round(ratio, 3), "worst": what}


def main() -> None:
    """Measure each store with a short and a long past."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="300,000 jobs instead of 10,000,000")
    parser.add_argument("--database", action="append", help="sqlite, or postgresql://... of a server; may be repeated")
    parser.add_argument("--jobs", type=int, default=0, help="another long past")
    wish = parser.parse_args()
    server = os.environ.get("ISTHMUS_BENCH_POSTGRES", "")
    chosen = wish.database or ["sqlite", *([server] if server else [])]
    stores: dict[str, Any] = {}
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for each in chosen:
            long = wish.jobs or (QUICK if wish.quick else LONG)
            kind = "sqlite" if each.startswith("sqlite") else "postgres"
            rounds = 40 if wish.quick else 400
            stores[kind] = runner.run(compare("" if kind == "sqlite" else each, long, rounds))
    result(name="growth", **worst(stores), **stores)


if __name__ == "__main__":
    main()

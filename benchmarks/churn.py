"""Budget 6, the other half: the same jobs run again and again on PostgreSQL, with its autovacuum as it comes.

`python benchmarks/churn.py [--quick] [--cycles N] [--server URL]` marks, claims, extends and finishes 10,000 jobs in
turn until N cycles (1,000,000) are over, and prints `name, ours, floor, ratio` (ms a cycle took in the last tenth, in
the first tenth, and ours/floor: what dead rows cost), `hot` (the share of updates that touched no index), `table_mb`
and `index_mb` of the job table before and after, and the size of each of its indexes. It makes a database of its own
and drops it; the server is `--server`, ISTHMUS_BENCH_POSTGRES, or the one on this machine.
"""

import argparse
import asyncio
import os
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from _stores import LOCAL, own_database
from floor import median, result, say

from isthmus.engine.flow import Mark
from isthmus.engine.mirror import mark_jobs
from isthmus.kit.fresh import fresh_id
from isthmus.store.base import Store
from isthmus.store.open import open_store
from isthmus.store.statement import Many, listed
from isthmus.store.statement import say as told

JOBS = 10_000
AT_ONCE = 200
MEGABYTE = 1 << 20


@dataclass(slots=True)
class Cycles:
    """Marks, claims, extends and finishes some jobs at a time."""

    store: Store
    moment: int = field(default_factory=lambda: time.time_ns() // 1000)

    async def first(self) -> None:
        """Bring every job in once."""
        for start in range(0, JOBS, AT_ONCE):
            await self.again(range(start, start + AT_ONCE))

    async def again(self, numbers: range | list[int]) -> None:
        """Let these jobs run once more."""
        now = self._tick()
        await self.store.write(mark_jobs([Mark("orders", f"{54_000_000 + each}", f"#{each}") for each in numbers], now))
        lease = now + 30_000_000
        rows = (
            await self.store.write(
                told("claim_jobs", flow="orders", lane=1, now=now, wish=AT_ONCE, token=fresh_id(), lease_until=lease)
            )
        )[0]
        names = {"flows": listed(["orders"]), "subjects": listed(row["subject"] for row in rows)}
        tokens = listed(row["token"] for row in rows)
        await self.store.write(told("extend_leases", tokens=tokens, lease_until=lease + 10_000_000, **names))
        await self.store.write(Many("finish_job", [self._finishing(row) for row in rows]))

    def _tick(self) -> int:
        self.moment += 1_000
        return self.moment

    def _finishing(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        now = self._tick()
        return {
            "id": row["id"],
            "token": row["token"],
            "state": "done",
            "now": now,
            "run_at": now,
            "attempts": 0,
            "first_failed_at": None,
            "waits_for": None,
            "code": "",
            "because": "erp holds it as S00042: sale",
            "answers": "[]",
            "number": "",
        }


async def measure(url: str, cycles: int) -> dict[str, Any]:
    """Run the cycles and look at the table."""
    store = await open_store(url, Path())
    database = await asyncpg.connect(url)
    try:
        await store.migrate()
        work = Cycles(store)
        await work.first()
        before = await _sizes(database)
        took_ms: list[float] = []
        chance = random.Random(1)  # noqa: S311 - the same jobs in each run
        began = time.monotonic()
        for turn in range(cycles // AT_ONCE):
            start = time.perf_counter()
            await work.again(chance.sample(range(JOBS), AT_ONCE))
            took_ms.append((time.perf_counter() - start) * 1000 / AT_ONCE)
            if turn and turn % 500 == 0:
                say(f"{turn * AT_ONCE:,} cycles, {time.monotonic() - began:.0f} s")
        await asyncio.sleep(1.5)  # the server counts what it did about once a second
        after = await _sizes(database)
        hot = await database.fetchrow("SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'job'")
        indexes = await database.fetch(
            "SELECT indexrelname AS name, pg_relation_size(indexrelid) AS size"
            " FROM pg_stat_user_indexes WHERE relname = 'job' ORDER BY 1"
        )
    finally:
        await database.close()
        await store.close()
    tenth = max(1, len(took_ms) // 10)
    first, last = median(took_ms[:tenth]), median(took_ms[-tenth:])
    return {
        "ours": round(last, 4),
        "floor": round(first, 4),
        "ratio": round(last / first, 3),
        "cycles": len(took_ms) * AT_ONCE,
        "hot": round(hot["n_tup_hot_upd"] / hot["n_tup_upd"], 3),
        "table_mb": [before[0], after[0]],
        "index_mb": [before[1], after[1]],
        "indexes_mb": {row["name"]: round(row["size"] / MEGABYTE, 2) for row in indexes},
    }


async def _sizes(database: "asyncpg.Connection[asyncpg.Record]") -> tuple[float, float]:
    row = await database.fetchrow("SELECT pg_table_size('job') AS heap, pg_indexes_size('job') AS indexes")
    return round(row["heap"] / MEGABYTE, 2), round(row["indexes"] / MEGABYTE, 2)


async def _run(server: str, cycles: int) -> dict[str, Any]:
    async with own_database(server) as url:
        return await measure(url, cycles)


def main() -> None:
    """Measure on a database of our own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20,000 cycles, for a smoke test")
    parser.add_argument("--cycles", type=int, default=1_000_000)
    parser.add_argument("--server", default=os.environ.get("ISTHMUS_BENCH_POSTGRES", LOCAL))
    wish = parser.parse_args()
    result(name="churn", **asyncio.run(_run(wish.server, 20_000 if wish.quick else wish.cycles)))


if __name__ == "__main__":
    main()

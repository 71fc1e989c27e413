"""A year of a shop's life on hands that are turned: `python -m tests.model.year` or `make year`.

Orders come in the rhythm of days and weeks, with sales in between; people change their minds; goods move; systems are
away for minutes, hours and days; webhooks get lost, come twice or late; Isthmus is stopped, politely or not. At the end
both systems must agree on everything. Prints one JSON object; the same seed gives the same digest.
"""

import argparse
import asyncio
import hashlib
import heapq
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from isthmus.engine import backoff
from tests.model.calendar import CHANGES, DAY, SHIPPED, SHIPPED_AFTER, Calendar, Event, Year
from tests.model.life import PATIENCE_S, Life
from tests.model.town import PLACES, Town
from tests.model.verdict import disagreements, sorted_out
from tests.model.weather import CALLS

#: What becomes of webhooks: the part that is lost, that comes twice, that comes late, and how late.
LOST, TWICE, LATE, LATE_S = 0.03, 0.05, 0.1, 600.0
#: Calls that meet something unpleasant: one in so many events.
STRIKE = 0.05
SKUS = 20
#: Hands move by microseconds; nothing less is waited for.
TICK_S = 1e-5
#: It is not the disk that is tested here.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - only a folder of our own is made there
#: Tables that hold work: they must not grow once the longest retention has passed.
LEDGER = ("job", "attempt", "exchange", "inbox", "intent", "in_flight")


class YearOfLife:
    """One run."""

    def __init__(self, life: Life, year: Year) -> None:
        self.life = life
        self.year = year
        self.calendar = Calendar(year)
        self.chance = self.calendar.chance
        self.happened: Counter[str] = Counter()
        self.sizes: list[dict[str, int]] = []
        self._began = life.town.hands.now()
        self._away: Counter[str] = Counter()  # outages a side is in
        self._mail: list[tuple[float, int, Any]] = []
        self._sent = 0

    async def run(self) -> None:
        """Let it all happen."""
        for event in self.calendar:
            await self._until(event.at_s)
            self.happened[event.what] += 1
            await getattr(self, f"_{event.what}")(event)
            self._post()
            if self.chance.random() < STRIKE:
                self.life.weather.next[self.chance.choice(("shop", "erp"))].append(self.chance.choice(CALLS))
        await self._until(self.calendar.end_s)

    async def settle(self) -> list[str]:
        """Wait for everything to come right and return what has not."""
        self.life.weather.clear()
        wrong: list[str] = []
        for seconds in PATIENCE_S:
            await self.life.town.wait(seconds)
            await self._deliver()
            wrong = await disagreements(self.life.people)
            if not wrong:
                break
        return [*self.life.promise.broken, *wrong]

    def grown(self, sizes: dict[str, int]) -> dict[str, list[int]]:
        """Return the rows of each table of work every five weeks, and at the end; and the facts, which stay."""
        looks = [*self.sizes[::5], sizes]
        return {name: [each[name] for each in looks] for name in ("day", *LEDGER, "record", "binding")}

    @property
    def now_s(self) -> float:
        """Return the second of the run."""
        return (self.life.town.hands.now() - self._began).total_seconds()

    async def _until(self, at_s: float) -> None:
        """Turn the hands, stopping wherever Isthmus would look by itself, and at every webhook."""
        while at_s - (now_s := self.now_s) > TICK_S:
            town = self.life.town
            due = await town.next_due_s()
            post = self._mail[0][0] if self._mail else at_s
            step = min(at_s - now_s, max(1.0, due), max(0.05, post - now_s))
            await town.hands.sleep(step)
            await self._deliver()
            if step >= due or self.now_s >= post - TICK_S:
                await town.work()

    # --- What happens -------------------------------------------------------------------------------------------------

    async def _buy(self, event: Event) -> None:
        [reference] = await self.life.people.buy(1, self.chance.randrange(2**30))
        for what, part, span_s in CHANGES:
            if self.chance.random() < part:
                self.calendar.add(event.at_s + self.chance.uniform(60, span_s), what, reference=reference)
        if self.chance.random() < SHIPPED:
            self.calendar.add(event.at_s + self.chance.uniform(*SHIPPED_AFTER), "ship", reference=reference)

    async def _edit(self, event: Event) -> None:
        self.life.people.edit(event.said["reference"], self.chance.randrange(4), self.chance.randrange(1, 5))

    async def _cancel(self, event: Event) -> None:
        self.life.people.cancel(event.said["reference"])

    async def _ship(self, event: Event) -> None:
        self.life.people.ship(event.said["reference"])

    async def _count(self, _event: Event) -> None:
        sku = self.chance.choice(self.life.people.skus())
        self.life.people.count(sku, self.chance.choice(sorted(PLACES)), self.chance.randrange(0, 120))

    async def _counter(self, _event: Event) -> None:
        await self.life.people.sell_over_the_counter(self.chance.randrange(2**30))

    async def _down(self, event: Event) -> None:
        side = event.said["side"]
        self._away[side] += 1
        self.life.weather.down.add(side)
        self.calendar.add(event.said["until_s"], "back", side=side)

    async def _back(self, event: Event) -> None:
        side = event.said["side"]
        self._away[side] -= 1
        if not self._away[side]:
            self.life.weather.down.discard(side)

    async def _prune(self, _event: Event) -> None:
        await self.life.town.harness.engine.upkeep.make_room()
        await self.life.town.harness.engine.upkeep.prune()
        if int(self.now_s // DAY) % 7 == 0:
            self.sizes.append({"day": int(self.now_s // DAY), **self.life.town.sizes()})

    async def _restart(self, event: Event) -> None:
        await self.life.crash(event.said["touches"], alone=True)

    # --- Webhooks -----------------------------------------------------------------------------------------------------

    def _post(self) -> None:
        self.life.town.collect()
        for sent in self.life.town.mail:
            drawn = self.chance.random()
            if drawn < LOST:
                self.happened["webhook lost"] += 1
                continue
            late = self.chance.uniform(0, LATE_S) if drawn < LOST + LATE else self.chance.uniform(0, 2)
            for _ in range(2 if self.chance.random() < TWICE else 1):
                self._sent += 1
                heapq.heappush(self._mail, (self.now_s + late, self._sent, sent))
        self.life.town.mail.clear()

    async def _deliver(self) -> None:
        while self._mail and self._mail[0][0] - TICK_S <= self.now_s:
            await self.life.town.deliver(heapq.heappop(self._mail)[2])


def digest(life: Life) -> str:
    """Return what both systems hold in the end, in one word."""
    shop, erp = life.town.shop.truth(), life.town.erp.truth()
    told = {
        "shop": [[each[key] for key in ("reference", "status", "total", "lines")] for each in shop["orders"]],
        "erp": sorted(
            json.dumps([each[key] for key in ("reference", "status", "total", "lines")], sort_keys=True)
            for each in erp["orders"]
            if each["reference"]
        ),
        "stock": [shop["stock"], erp["stock"]],
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


async def live(year: Year, *, every_s: int, database: str = "") -> dict[str, Any]:
    """Live one run in a folder of its own and return what came of it."""
    backoff.CHANCE.seed(year.seed)
    folder = Path(tempfile.mkdtemp(prefix="isthmus-", dir=MEMORY))
    began = time.monotonic()
    town = Town(folder, skus=SKUS, database=database or "sqlite:///town.db", every_s=every_s, version=19)
    try:
        await town.open()
        run = YearOfLife(Life(town), year)
        await town.work(poll=True)
        await run.run()
        wrong = await run.settle()
        sizes = {"day": year.days, **town.sizes()}
        asked = await town.harness.parked()
        truth = town.shop.truth()["orders"]
        await town.close()
    finally:
        shutil.rmtree(folder)
    return {
        "name": "year",
        "days": year.days,
        "seed": year.seed,
        "orders": len(truth),
        "in_erp": sum(1 for each in town.erp.truth()["orders"] if each["reference"]),
        **sorted_out(wrong),
        "failed": len(asked),
        "questions": [f"{row['flow']} {row['code']}: {row['because']}" for row in asked[:20]],
        "happened": dict(sorted(run.happened.items())),
        "struck": dict(sorted(run.life.weather.struck.items())),
        "crashes": run.life.steps["crashed"],
        "stock_raised": run.life.promise.raised,
        "tables": run.grown(sizes),
        "calls": town.line.calls,
        "settled_s": round(run.now_s - year.days * DAY),
        "digest": digest(run.life),
        "took_s": round(time.monotonic() - began, 1),
        "wrongs": wrong[:20],
    }


def main() -> int:
    """Live a year and print what came of it."""
    options = _options()
    year = Year(options.days, options.orders_per_day, options.seed, sales=tuple(options.sales))
    result = asyncio.run(live(year, every_s=options.every))
    print(json.dumps(result))  # noqa: T201 - the result
    return 0 if not (result["lost"] or result["doubled"] or result["wrong"] or result["failed"]) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make year", description=__doc__)
    parser.add_argument("--orders-per-day", type=float, default=20.0, help="on average (default: %(default)s)")
    parser.add_argument("--days", type=int, default=365, help="how long (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="what chance begins with (default: %(default)s)")
    parser.add_argument("--every", type=int, default=1800, help="seconds between readings (default: %(default)s)")
    parser.add_argument(
        "--sales", type=int, nargs="+", default=[3, 5, 10], help="how many times as busy the hours of sales are"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON, which is done anyway")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

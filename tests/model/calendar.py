"""When what happens in a shop's year: rhythm of the day, sales, changes of mind, trouble; from one seed."""

import heapq
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

HOUR, DAY = 3600, 86_400
#: How busy the hours of a day are, midnight first, and the days of a week, Monday first.
HOURS = (2, 1, 1, 1, 1, 2, 4, 8, 12, 15, 16, 16, 15, 14, 14, 14, 15, 17, 20, 24, 26, 22, 14, 6)
WEEKDAYS = (1.1, 1.0, 1.0, 1.0, 1.0, 0.9, 1.2)
#: An hour of a sale, several times as busy as usual: how many a month.
SALES = (3, 5, 10)
SALES_A_MONTH = 2.0
#: How long outages last, how many a year, and on which side. Nobody's API is away for three days but one's own ERP.
OUTAGES = ((300, 24, "erp"), (300, 24, "shop"), (HOUR, 8, "erp"), (HOUR, 8, "shop"), (8 * HOUR, 3, "erp"),
           (8 * HOUR, 1, "shop"), (72 * HOUR, 1, "erp"))  # fmt: skip
#: What becomes of orders: the part, and within which span after they were placed.
CHANGES = (("edit", 0.06, 8 * HOUR), ("cancel", 0.05, 8 * HOUR), ("edit", 0.01, HOUR))
SHIPPED = 0.8
SHIPPED_AFTER = (2 * DAY, 6 * DAY)
#: A stop is clean, or in the middle of everything.
RESTARTS_A_WEEK = 2.0


@dataclass(order=True, frozen=True, slots=True)
class Event:
    """Something at a second of the run; equal seconds keep the order they were planned in."""

    at_s: float
    number: int
    what: str = field(compare=False)
    said: dict[str, Any] = field(compare=False, default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Year:
    """What the run is to be like."""

    days: int
    orders_per_day: float
    seed: int
    outages: tuple[tuple[int, float, str], ...] = OUTAGES
    sales: tuple[int, ...] = SALES


class Calendar:
    """The events of a run, in their order; more may be added on the way."""

    def __init__(self, year: Year) -> None:
        self.chance = random.Random(year.seed)  # noqa: S311 - repeatable chance, not secrecy
        self.end_s = float(year.days * DAY)
        self._year = year
        self._numbers = itertools.count()
        self._heap: list[Event] = []
        self._plan()

    def add(self, at_s: float, what: str, **said: Any) -> None:
        """Plan something more; nothing happens after the end."""
        if at_s < self.end_s:
            heapq.heappush(self._heap, Event(at_s, next(self._numbers), what, said))

    def __iter__(self) -> Iterator[Event]:
        """Yield what happens until nothing is left."""
        while self._heap:
            yield heapq.heappop(self._heap)

    def _plan(self) -> None:
        for at_s in self._arrivals():
            self.add(at_s, "buy")
        for day in range(self._year.days):
            self.add(day * DAY + 3 * HOUR, "prune")
            for _ in range(max(1, round(self._year.orders_per_day / 4))):
                self.add(day * DAY + self.chance.uniform(6, 18) * HOUR, "count")
            self.add(day * DAY + self.chance.uniform(9, 17) * HOUR, "counter")
        self._trouble()

    def _arrivals(self) -> Iterator[float]:
        sales = {
            (self.chance.randrange(self._year.days), self.chance.randrange(9, 22)): self.chance.choice(self._year.sales)
            for _ in range(max(1, round(SALES_A_MONTH * self._year.days / 30)))
        }
        usual = self._year.orders_per_day / sum(HOURS)
        for day in range(self._year.days):
            for hour, busy in enumerate(HOURS):
                many = usual * busy * WEEKDAYS[day % 7] * sales.get((day, hour), 1)
                for _ in range(self._whole(many)):
                    yield day * DAY + (hour + self.chance.random()) * HOUR

    def _whole(self, many: float) -> int:
        """Return a whole number that is `many` on average."""
        return int(many) + (self.chance.random() < many % 1)

    def _trouble(self) -> None:
        for long_s, a_year, side in self._year.outages:
            # However short a run is, it has one of each.
            for _ in range(max(1, round(a_year * self._year.days / 365))):
                at_s = self.chance.uniform(0.5 * DAY, max(DAY, self.end_s - long_s - DAY))
                self.add(at_s, "down", side=side, until_s=at_s + long_s)
        for _ in range(max(2, round(RESTARTS_A_WEEK * self._year.days / 7))):
            self.add(self.chance.uniform(0, self.end_s), "restart", touches=self.chance.randrange(80))

"""Rows that commit late under clocks that are wrong, and a reader that must not miss one.

Real connectors read real simulators' listings. A change carries a number that only grows, so what a reader has seen
says exactly which changes it has seen. Late means: the row bears the stamp of the moment its transaction began, and
shows only when it commits.
"""

import random
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from isthmus.kit.clock import Clock
from isthmus.ports.source import Cursor, Page, Source

#: How long after its stamp a row may show, in seconds.
LATE_S = (1.0, 60.0)
#: How far a clock may be from the truth.
WRONG = timedelta(minutes=5)
#: Readings go on for so long after the last change; a row nobody has read by then was missed.
QUIET_S = 1500
#: Our numbers begin here; smaller ones were there before us.
FIRST = 1_000_000


class Bench(Protocol):
    """One kind of record of one simulated system."""

    name: str
    size: int

    def source(self) -> Source[Any]:
        """Return a reader that knows nothing of those before it, as after a restart."""
        ...

    def change(self, place: int, number: int, stamp: datetime, chance: random.Random) -> None:
        """Make record `place` say `number`; its change stamp is `stamp`, by the system's clock."""
        ...

    def said(self, record: Any) -> tuple[int, int]:
        """Return which record was read, and its number."""
        ...


@dataclass(slots=True)
class Clocks:
    """The clock that stamps rows and the one that answers show: one clock, or two that differ."""

    hands: Clock
    chance: random.Random
    apart: bool
    stamping: timedelta = timedelta()
    answering: timedelta = timedelta()

    def step(self) -> None:
        """Put the clocks forward or back, anywhere between five minutes too late and five too early."""
        self.stamping = self._anything()
        self.answering = self._anything() if self.apart else self.stamping

    def stamp(self) -> datetime:
        """Return what a row that begins now is stamped with."""
        return self.hands.now() + self.stamping

    def answer(self) -> datetime:
        """Return what an answer that is given now bears as its date."""
        return self.hands.now() + self.answering

    def _anything(self) -> timedelta:
        return WRONG * self.chance.uniform(-1, 1) if self.chance.random() < 0.7 else WRONG * self.chance.choice((-1, 1))


@dataclass(slots=True)
class Plan:
    """How busy it is, and what goes wrong."""

    changes: int
    per_s: float = 10.0
    every_s: float = 60.0
    steps_every_s: float = 240.0  # how often a clock jumps
    restarts: float = 0.1  # the part of pages after which the reader is gone


@dataclass(slots=True)
class Result:
    """What was offered, what was read, and what was not."""

    changes: int = 0
    rows: int = 0
    rounds: int = 0
    restarts: int = 0
    steps: int = 0
    missed: list[int] = field(default_factory=list[int])  # records whose newest change was never read
    worst_s: float = 0.0  # from a commit to the reading that shows it
    late: int = 0  # read only by a later round than the two after the commit

    @property
    def factor(self) -> float:
        """Return rows read for each change."""
        return round(self.rows / max(1, self.changes), 2)


@dataclass(slots=True)
class Reading:
    """One bench, its clocks, and a reader with a cursor."""

    bench: Bench
    clocks: Clocks
    plan: Plan
    chance: random.Random
    result: Result = field(default_factory=Result)
    newest: dict[int, int] = field(default_factory=dict[int, int])  # by record: the number it holds
    seen: dict[int, int] = field(default_factory=dict[int, int])
    since: dict[int, float] = field(default_factory=dict[int, float])  # by record: when its oldest unread change came
    begun: deque[tuple[float, int, datetime]] = field(default_factory=deque[tuple[float, int, datetime]])
    cursor: Cursor | None = None
    at_s: float = 0.0
    _number: int = FIRST
    _stepped_s: float = 0.0
    _began: datetime | None = None
    _next_s: float = 0.0

    async def run(self, told: Callable[[int], None] | None = None) -> Result:
        """Change, read, and see at the end what was missed."""
        self._began = self.clocks.hands.now()
        await self._round()
        self.result.rows = 0
        while self.result.changes < self.plan.changes:
            await self._pass(self.plan.every_s)
            await self._round()
            if told is not None:
                told(self.result.changes)
        busy, ended = self.plan.per_s, self.at_s
        self.plan.per_s = 0.0
        while self.at_s < ended + QUIET_S:
            await self._pass(self.plan.every_s)
            await self._round()
        self.plan.per_s = busy
        self.result.missed = sorted(each for each, number in self.newest.items() if self.seen.get(each, FIRST) < number)
        return self.result

    async def _round(self) -> None:
        """Read to the end, wherever the reader breaks off; changes go on meanwhile."""
        self.result.rounds += 1
        ended = False
        while not ended:
            ended = await self._pages()
            if not ended:
                self.result.restarts += 1

    async def _pages(self) -> bool:
        pages: AsyncIterator[Page[Any]] = self.bench.source().changes(self.cursor)
        async for page in pages:
            # What came with the answer was there when it was given; that was before anything that happens now.
            self._take(page)
            if self.chance.random() < self.plan.restarts:
                if self.chance.random() < 0.5:  # gone before the page and its cursor were written
                    return False
                self.cursor = page.cursor
                return page.last
            self.cursor = page.cursor
            if page.last:
                return True
            await self._pass(self.chance.uniform(0.0, 3.0))
        return True

    def _take(self, page: Page[Any]) -> None:
        self.result.rows += len(page.records)
        now = self._now_s()
        for record in page.records:
            place, number = self.bench.said(record)
            if number > self.seen.get(place, FIRST):
                self.seen[place] = number
                came = self.since.pop(place, None)
                if came is not None:
                    self.result.worst_s = max(self.result.worst_s, now - came)
                    self.result.late += now - came > 2 * self.plan.every_s + LATE_S[1]
                if number < self.newest[place]:
                    self.since[place] = now

    async def _pass(self, seconds: float) -> None:
        """Let time pass: transactions begin, commit late, and clocks jump."""
        begins = self.at_s
        until = self._now_s() + seconds
        if self.plan.per_s:
            step = 1.0 / self.plan.per_s
            self._next_s = max(self._next_s, begins)
            while self._next_s < until:
                await self._commit(self._next_s)
                self._jump(self._next_s)
                if self._next_s > self._now_s():
                    await self.clocks.hands.sleep(self._next_s - self._now_s())
                # Whole bursts share a second, and a stamp.
                due = self._next_s + self.chance.uniform(*LATE_S)
                place = self.chance.randrange(self.bench.size)
                self._insert((due, place, self.clocks.stamp()))
                self._next_s += step * (0.0 if self.chance.random() < 0.3 else self.chance.uniform(0.5, 2.4))
        await self._commit(until)
        if until > self._now_s():
            await self.clocks.hands.sleep(until - self._now_s())
        self.at_s = self._now_s()

    def _insert(self, begun: tuple[float, int, datetime]) -> None:
        self.begun.append(begun)

    async def _commit(self, until: float) -> None:
        """Let every transaction show whose time has come."""
        due = sorted(each for each in self.begun if each[0] <= until)
        if not due:
            return
        self.begun = deque(each for each in self.begun if each[0] > until)
        for at, place, stamp in due:
            self._number += 1
            self.bench.change(place, self._number, stamp, self.chance)
            self.newest[place] = self._number
            self.since.setdefault(place, at)
            self.result.changes += 1

    def _jump(self, at: float) -> None:
        if at - self._stepped_s >= self.plan.steps_every_s:
            self._stepped_s = at
            self.clocks.step()
            self.result.steps += 1

    def _now_s(self) -> float:
        assert self._began is not None
        return (self.clocks.hands.now() - self._began).total_seconds()

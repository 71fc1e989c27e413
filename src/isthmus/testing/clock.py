"""A clock whose hands a test turns."""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
#: Turns of the event loop given to whoever just woke, so that they get to their next wait.
_TURNS = 50


class HandClock:
    """Stands still until `advance`. Implements `kit.clock.Clock`.

    A `flowing` one moves by itself as far as anybody asks to sleep: nobody waits, time passes all the same.
    """

    def __init__(self, start: datetime = START, *, flowing: bool = False) -> None:
        """Show `start`, which must be aware."""
        self._now = start.astimezone(UTC)
        self._began = self._now
        self._flowing = flowing
        self._order = itertools.count()
        self._asleep: list[tuple[datetime, int, asyncio.Future[None]]] = []
        #: Every wait that was asked for, in seconds.
        self.slept: list[float] = []

    def now(self) -> datetime:
        """Return the time the hands show, in UTC."""
        return self._now

    def seconds(self) -> float:
        """Return the seconds since the start: the monotonic clock that goes with this one."""
        return (self._now - self._began).total_seconds()

    @property
    def sleepers(self) -> int:
        """Return how many are waiting for the hands to move."""
        return sum(not waiting.done() for _at, _number, waiting in self._asleep)

    async def sleep(self, seconds: float) -> None:
        """Wait until the hands have moved so far."""
        self.slept.append(seconds)
        if self._flowing or seconds <= 0:
            self._now += timedelta(seconds=max(0.0, seconds))
            await asyncio.sleep(0)
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._asleep, (self._now + timedelta(seconds=seconds), next(self._order), waiting))
        await waiting

    async def advance(self, seconds: float = 0.0, *, to: datetime | None = None) -> None:
        """Move the hands, stopping at every sleeper on the way, and let each run to its next wait."""
        until = to.astimezone(UTC) if to is not None else self._now + timedelta(seconds=seconds)
        if until < self._now:
            message = f"the hands do not turn back: it is {self._now}, not {until}"
            raise ValueError(message)
        await _let_run()
        while self._asleep and self._asleep[0][0] <= until:
            at, _number, waiting = heapq.heappop(self._asleep)
            self._now = max(self._now, at)
            if not waiting.done():
                waiting.set_result(None)
                await _let_run()
        self._now = max(self._now, until)
        await _let_run()


class AtOnce(Executor):
    """Does everything where it is asked for, so that a run takes the same turns each time. Stands in for threads."""

    def __init__(self, _most: int = 1, _name: str = "") -> None:
        """Take what a pool of threads is made with, and need none of it."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do it now."""
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as wrong:  # noqa: BLE001 - it is whoever waits for the future that hears of it
            done.set_exception(wrong)
        return done


async def _let_run() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)

"""The budget of one connection: points per second, a burst, and calls at a time.

What the other side says about its own budget replaces our count whenever it speaks.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from isthmus.kit.clock import Clock
from isthmus.ports.connector import PaceLimits
from isthmus.ports.errors import Throttled

#: Waiting longer than this inside a call would hold a worker for nothing: the job is snoozed instead.
PATIENCE_S = 20.0
#: An answer that took longer never came; what it cost has been restored since.
FORGET_S = 60.0


class Budget:
    """A token bucket that may be corrected from outside. Implements `ports.pace.Pace`."""

    def __init__(self, limits: PaceLimits, clock: Clock, seconds: Callable[[], float]) -> None:
        """Start full; `seconds` is a monotonic clock."""
        self._clock = clock
        self._seconds = seconds
        self._slots = asyncio.Semaphore(limits.concurrency)
        self._per_second = limits.per_second
        self._capacity = limits.burst
        self._level = limits.burst
        self._at = seconds()
        self._closed_until = 0.0
        self._unanswered: deque[tuple[float, float]] = deque()

    @asynccontextmanager
    async def slot(self, cost: float = 1.0) -> AsyncGenerator[None]:
        """Hold one of the calls allowed at a time, once `cost` may be spent. Raises `Throttled`."""
        async with self._slots:
            await self.take(cost)
            yield

    async def take(self, cost: float = 1.0) -> None:
        """Wait until `cost` may be spent and spend it. Raises `Throttled` beyond `PATIENCE_S`."""
        cost = min(cost, self._capacity)
        wait = self.wait_for(cost)
        if wait > PATIENCE_S:
            message = f"the call budget is used up; next free in {wait:.0f} s"
            raise Throttled(message, retry_at=self._clock.now() + timedelta(seconds=wait))
        # Spent before waiting, so that callers who wait at the same time queue up instead of racing.
        self._refill()
        self._level -= cost
        self._unanswered.append((self._at, cost))
        if wait > 0:
            await self._clock.sleep(wait)

    def wait_for(self, cost: float) -> float:
        """Return in how many seconds `cost` could be spent."""
        self._refill()
        short = max(0.0, (cost - self._level) / self._per_second)
        return max(short, self._closed_until - self._seconds())

    def learn(self, *, available: float, capacity: float, per_second: float) -> None:
        """Take over what the other side says it has left, less what is still on its way there."""
        self._refill()
        self._capacity, self._per_second = capacity, per_second
        if self._unanswered:
            self._unanswered.popleft()
        self._level = available - sum(cost for _at, cost in self._unanswered)

    def back_off(self, seconds: float) -> None:
        """Let nothing through for so long."""
        self._closed_until = max(self._closed_until, self._seconds() + seconds)

    def _refill(self) -> None:
        now = self._seconds()
        self._level = min(self._capacity, self._level + (now - self._at) * self._per_second)
        self._at = now
        while self._unanswered and now - self._unanswered[0][0] > FORGET_S:
            self._unanswered.popleft()

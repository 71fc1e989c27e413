"""The store's own time: the only clock several machines can agree on."""

import sys
import time
from datetime import datetime, timedelta

from isthmus.kit.clock import Clock, from_micros
from isthmus.store.base import Store

#: The quickest of so many questions is the most exact.
QUESTIONS = 3


class SharedClock:
    """The store's time, kept between two questions by counting seconds. Implements `kit.clock.Clock`.

    Leases and budgets are compared across machines, so a clock that is a minute off would take living workers
    for dead. The machine's own clock does not even count the seconds: it may be put right, by minutes, at any moment.
    """

    def __init__(self, inner: Clock) -> None:
        """Agree with `inner` until tuned."""
        self._inner = inner
        self._told: tuple[datetime, float] | None = None  # the store's time, and our count of seconds then

    def now(self) -> datetime:
        """Return the store's time, as far as known."""
        if self._told is None:
            return self._inner.now()
        at, count = self._told
        return at + timedelta(seconds=seconds() - count)

    async def sleep(self, seconds: float) -> None:
        """Wait in real time."""
        await self._inner.sleep(seconds)

    async def tune(self, store: Store) -> None:
        """Ask the store what time it is. Raises `StoreError`."""
        best: tuple[float, datetime, float] | None = None
        for _ in range(QUESTIONS):
            began = seconds()
            [row] = await store.read("store_time")
            took = seconds() - began
            if best is None or took < best[0]:
                best = (took, from_micros(row["now"]), began + took / 2)
        if best is not None:
            self._told = best[1:]


def seconds() -> float:
    """Count seconds that nobody can set; those a machine was suspended for count too, where the system tells them."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()

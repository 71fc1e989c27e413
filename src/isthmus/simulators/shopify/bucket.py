"""The leaky bucket every app has on a shop.

Standard plan: 100 points a second, 20 times that held at most.
Source: https://shopify.dev/docs/api/usage/limits
"""

import time
from collections.abc import Callable
from typing import Any

RESTORE_PER_S = 100.0
SECONDS_HELD = 20


class Bucket:
    """Points that come back with time, never more than `size`."""

    def __init__(
        self,
        restore_per_s: float = RESTORE_PER_S,
        size: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start full."""
        self.restore_per_s = restore_per_s
        self.size = restore_per_s * SECONDS_HELD if size is None else size
        self._clock = clock
        self._level = self.size
        self._looked = clock()

    @property
    def available(self) -> float:
        """Return the points there are now."""
        now = self._clock()
        self._level = min(self.size, self._level + (now - self._looked) * self.restore_per_s)
        self._looked = now
        return self._level

    def change(self, restore_per_s: float, size: float) -> None:
        """Hold and restore so much from now on; what is above the new size is gone."""
        self._level = min(size, self.available)
        self.restore_per_s, self.size = restore_per_s, size

    def take(self, points: int) -> bool:
        """Take points out, unless there are too few."""
        if self.available < points:
            return False
        self._level -= points
        return True

    def give_back(self, points: int) -> None:
        """Return what a query did not use."""
        self._level = min(self.size, self.available + points)

    def status(self) -> dict[str, Any]:
        """Return the bucket as every answer shows it."""
        return {
            "maximumAvailable": self.size,
            "currentlyAvailable": int(self.available),
            "restoreRate": self.restore_per_s,
        }

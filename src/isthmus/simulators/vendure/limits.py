"""How fast the simulated system lets itself be called.

To cite: the page with the limits, and whether they hold per token, per account or per address.
Source: https://docs.vendure.io/reference/graphql-api/admin/
"""

import math
import time
from collections.abc import Callable

PER_SECOND, BURST = 10.0, 40.0


class Bucket:
    """Calls that come back with time, never more than `burst`."""

    def __init__(
        self,
        per_second: float = PER_SECOND,
        burst: float = BURST,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start full."""
        self._per_second, self._burst, self._seconds = per_second, burst, seconds
        self._level, self._looked = burst, seconds()

    def take(self) -> bool:
        """Take one call out, unless there is none."""
        now = self._seconds()
        self._level = min(self._burst, self._level + (now - self._looked) * self._per_second)
        self._looked = now
        if self._level < 1:
            return False
        self._level -= 1
        return True

    def wait_s(self) -> int:
        """Return after how many whole seconds there is a call again."""
        return max(1, math.ceil((1 - self._level) / self._per_second))

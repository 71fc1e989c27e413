"""Never faster than the other side allows."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol


class Pace(Protocol):
    """One connection's budget, shared by everything that calls it."""

    def slot(self, cost: float = 1.0) -> AbstractAsyncContextManager[None]:
        """Hold one of the calls allowed at a time while calling, entered once `cost` may be spent.

        Entering raises `Throttled` when that is further away than waiting makes sense.
        """
        ...

    def learn(self, *, available: float, capacity: float, per_second: float) -> None:
        """Take over what the other side just said about its own budget."""
        ...

    def back_off(self, seconds: float) -> None:
        """Let nothing through for so long: the other side said it is too much."""
        ...

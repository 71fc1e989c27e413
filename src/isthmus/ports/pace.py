"""Never faster than the other side allows, and nobody's turn before somebody's who matters more."""

from collections.abc import Generator
from contextlib import AbstractAsyncContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Protocol


class Lane(IntEnum):
    """Whose turn it is when not all may call: the lower goes first. (R-PAC-04)"""

    ORDERS = 0
    HOT_STOCK = 1  # what was just sold
    STOCK = 2
    READING = 3  # looks nobody asked for: rounds of polling
    PRICES = 4
    TEXTS = 5


@dataclass(slots=True)
class Lease:
    """How long a piece of work is ours; prolonged while we are heard of."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf calls are made.

    `since` is when the work began: what began before a pause may be brought to its end. `leases` must
    all be held, or somebody else is doing the same work. `regardless` goes through a hold: a canary, a person's check.
    """

    flow: str = ""
    lane: Lane = Lane.READING
    since: datetime | None = None
    leases: tuple[Lease, ...] = field(default=())
    regardless: bool = False


NOBODY = Caller()
_CALLER: ContextVar[Caller] = ContextVar("isthmus_caller", default=NOBODY)


@contextmanager
def calling(caller: Caller) -> Generator[None]:
    """Make calls inside the block on behalf of `caller`."""
    token = _CALLER.set(caller)
    try:
        yield
    finally:
        _CALLER.reset(token)


def caller() -> Caller:
    """Return on whose behalf the running code calls."""
    return _CALLER.get()


class Pace(Protocol):
    """One connection's budget, shared by everything that calls it."""

    def slot(self, cost: float = 1.0, *, operation: str = "") -> AbstractAsyncContextManager[None]:
        """Hold one of the calls allowed at a time while calling, entered once `cost` may be spent.

        The call and the judging of its answer both belong inside: what is raised there tells how the other side is.
        Entering raises `Throttled` when the turn is further away than waiting makes sense, and `Held` while the
        connection is paused, in a maintenance window, or known to be down.
        """
        ...

    def learn(self, *, available: float, capacity: float, per_second: float) -> None:
        """Take over what the other side just said about its own budget."""
        ...

    def back_off(self, seconds: float) -> None:
        """Let nothing through for so long: the other side said it is too much."""
        ...

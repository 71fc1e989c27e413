"""Time, passed in so that tests and simulations can turn the hands."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol, runtime_checkable


class Clock(Protocol):
    """Where the program learns what time it is and how it waits."""

    def now(self) -> datetime:
        """Return the current time, aware and in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of this clock's time."""
        ...


@runtime_checkable
class Counting(Protocol):
    """A clock that counts its own seconds, because they are not the machine's."""

    def seconds(self) -> float:
        """Return the seconds since some moment; they never step back."""
        ...


def seconds_of(clock: Clock) -> Callable[[], float]:
    """Return the count of seconds that goes with a clock: its own, or the machine's."""
    return clock.seconds if isinstance(clock, Counting) else time.monotonic


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the machine's time in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait in real time."""
        await asyncio.sleep(seconds)


def to_micros(moment: datetime) -> int:
    """Return microseconds since 1970 UTC; the store keeps times this way in both databases.

    Raises `ValueError` for a time without a zone, which would mean a different moment on each machine.
    """
    if moment.tzinfo is None:
        message = f"a time without a zone cannot be stored: {moment.isoformat()}"
        raise ValueError(message)
    return (moment - EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """Return the aware UTC time of `micros`, exact to the microsecond."""
    return EPOCH + timedelta(microseconds=micros)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

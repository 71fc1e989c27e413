"""A pace that never waits and writes everything down."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from isthmus.ports.pace import Pace


@dataclass(slots=True)
class OpenPace:
    """Lets everything through, or leaves the decision to another pace. Implements `ports.pace.Pace`."""

    inner: Pace | None = None
    held: int = 0  # slots open now
    taken: list[float] = field(default_factory=list[float])
    pauses: list[float] = field(default_factory=list[float])
    learned: list[tuple[float, float, float]] = field(default_factory=list[tuple[float, float, float]])

    @asynccontextmanager
    async def slot(self, cost: float = 1.0, *, operation: str = "") -> AsyncGenerator[None]:
        """Hold a slot; never waits unless the inner pace does."""
        self.taken.append(cost)
        if self.inner is None:
            async with self._holding():
                yield
            return
        async with self.inner.slot(cost, operation=operation), self._holding():
            yield

    @asynccontextmanager
    async def _holding(self) -> AsyncGenerator[None]:
        self.held += 1
        try:
            yield
        finally:
            self.held -= 1

    def learn(self, *, available: float, capacity: float, per_second: float) -> None:
        """Write down what the other side said."""
        self.learned.append((available, capacity, per_second))
        if self.inner is not None:
            self.inner.learn(available=available, capacity=capacity, per_second=per_second)

    def back_off(self, seconds: float) -> None:
        """Write down that a pause was asked for."""
        self.pauses.append(seconds)
        if self.inner is not None:
            self.inner.back_off(seconds)

"""What the wire between Isthmus and a system does: nothing, for a while, or something unpleasant to the next calls."""

from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from isthmus.kit.clock import Clock
from isthmus.kit.http import AnswerLost, NotSent, Request, Response

#: What can happen to one call, beside what the simulators do by themselves.
CALLS = ("refuse", "lose", "drop", "late")
#: So long after its answer was given up a request may still be carried out; the ERP's settle time is five seconds.
LATEST_S = 4.0


class Weather:
    """Stands between `Indoors` and the sides."""

    def __init__(self, clock: Clock) -> None:
        self.down: set[str] = set()
        self.next: defaultdict[str, deque[str]] = defaultdict(deque)
        self.struck: Counter[str] = Counter()
        self._clock = clock
        self._late: list[tuple[datetime, Callable[[], Awaitable[Response]]]] = []

    async def __call__(self, side: str, request: Request, through: Callable[[], Awaitable[Response]]) -> Response:
        await self.land()
        if side in self.down:
            self.struck["down"] += 1
            message = f"no connection to {side}"
            raise NotSent(message)
        if not self.next[side]:
            return await through()
        kind = self.next[side].popleft()
        self.struck[kind] += 1
        if kind == "refuse":
            message = f"no connection to {side}"
            raise NotSent(message)
        if kind == "late":
            self._late.append((self._clock.now() + timedelta(seconds=LATEST_S), through))
        elif kind == "drop":
            await through()
        message = f"{request.operation}: the answer did not come"
        raise AnswerLost(message)

    async def land(self, *, everything: bool = False) -> None:
        """Carry out what was given up, as far as its time has come."""
        now = self._clock.now()
        due = [through for at, through in self._late if everything or at <= now]
        self._late = [(at, through) for at, through in self._late if not everything and at > now]
        for through in due:
            try:
                await through()
            except AnswerLost:
                continue  # nobody listens any more

    def clear(self) -> None:
        """Let everything through from now on."""
        self.down.clear()
        self.next.clear()

"""The line to both systems: it counts the calls, and spoils the one it is told to."""

import heapq
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime

from isthmus.kit.clock import Clock
from isthmus.kit.http import AnswerLost, Http, NotSent, Request, Response
from tests.nth_call.spoils import Does, Spoil

#: Longer than the settle time of every system here: the look is over by then.
LATE = timedelta(seconds=12)


@dataclass(frozen=True, slots=True)
class Called:
    """One call that was made: at which system, what for, and for which time since the beginning (1 is the first)."""

    side: str
    operation: str
    time: int = 1

    def __str__(self) -> str:
        return f"{self.side} {self.operation}" + (f" ({self.time})" if self.time > 1 else "")


class Wire(Http):
    """A pool of connections in which one call can go wrong."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.sides: dict[str, str] = {}  # address to name
        self.calls: list[Called] = []
        self.struck = False
        self.late_done = 0
        self._clock = clock
        self._target: Called | None = None
        self._spoil: Spoil | None = None
        self._late: list[tuple[datetime, int, Request]] = []  # a heap; the number tells two of one moment apart
        self._put_off = 0

    def begin(self, target: Called | None = None, spoil: Spoil | None = None) -> None:
        """Count from here, and let one call go wrong.

        The call is named by what it is for and not by its number: two jobs that run side by side make theirs in any
        order.
        """
        self.calls, self.struck = [], False
        self._target, self._spoil = target, spoil

    @property
    def next_late(self) -> datetime | None:
        """Return when the next request that is still on its way comes through."""
        return self._late[0][0] if self._late else None

    def put_off(self, request: Request, late: timedelta) -> None:
        """Let a request arrive so much later."""
        self._put_off += 1
        heapq.heappush(self._late, (self._clock.now() + late, self._put_off, request))

    async def come_through(self) -> None:
        """Let the requests arrive that were on their way long enough."""
        now = self._clock.now()
        while self._late and self._late[0][0] <= now:
            _at, _number, request = heapq.heappop(self._late)
            self.late_done += 1
            await super()._send(request)

    async def _send(self, request: Request) -> Response:
        side = next((name for address, name in self.sides.items() if request.url.startswith(address)), "")
        time = 1 + sum((each.side, each.operation) == (side, request.operation) for each in self.calls)
        called = Called(side, request.operation, time)
        self.calls.append(called)
        if self._spoil is not None and called == self._target:
            self.struck = True
            return await self._spoiled(request, self._spoil)
        answer = await self._passed(request)
        # After the answer: whoever looks for something has looked by then and seen nothing.
        await self.come_through()
        return answer

    async def _passed(self, request: Request) -> Response:
        """Let a request through; the answer bears the time of our clock, as those of the systems do."""
        answer = await super()._send(request)
        return replace(answer, headers={**answer.headers, "Date": format_datetime(self._clock.now(), usegmt=True)})

    async def _spoiled(self, request: Request, spoil: Spoil) -> Response:
        if spoil.unsent:
            message = "no connection"
            raise NotSent(message)
        real = await self._passed(request) if spoil.does is Does.IT else None
        if spoil.does is Does.LATER:
            self.put_off(request, LATE)
        if spoil.answer is None:
            message = "no answer"
            raise AnswerLost(message)
        return spoil.answer(request, real)

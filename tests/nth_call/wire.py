"""The line to both systems: it counts the calls, and spoils the one it is told to."""

from collections.abc import Sequence
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
        self._late: list[tuple[datetime, Request]] = []

    def begin(self, target: Called | None = None, spoil: Spoil | None = None) -> None:
        """Count from here, and let one call go wrong.

        The call is named by what it is for and not by its number: two jobs that run side by side make theirs in any
        order.
        """
        self.calls, self.struck = [], False
        self._target, self._spoil = target, spoil

    @property
    def late(self) -> Sequence[datetime]:
        """Return when requests that are still on their way come through."""
        return [at for at, _request in self._late]

    async def come_through(self) -> None:
        """Let the requests arrive that were on their way long enough."""
        now = self._clock.now()
        due = [request for at, request in self._late if at <= now]
        if not due:
            return
        self._late = [each for each in self._late if each[0] > now]
        for request in due:
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
            self._late.append((self._clock.now() + LATE, request))
        if spoil.answer is None:
            message = "no answer"
            raise AnswerLost(message)
        return spoil.answer(request, real)

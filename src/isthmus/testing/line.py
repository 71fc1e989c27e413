"""The line between a connector and the other side, tapped: what left, what came back, and what a test puts in between.

Everything a connector sends goes through `kit.http`, so nothing can pass this by.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from isthmus.kit.http import AnswerLost, Http, HttpFailure, Request, Response

#: How long a hasty request waits: long enough for a double that answers, short enough for a test.
HASTE_S = 0.15
Invented = Callable[[Request], Response | None]
Altered = Callable[[Request, Response], Response]


@dataclass(frozen=True, slots=True)
class Call:
    """One request and its answer, None while there is none."""

    request: Request
    response: Response | None


class Line(Http):
    """A pool of connections that a test listens in on.

    `invent` answers in place of the other side where it returns something; `alter` changes what came back; `departing`
    hears of every request before it leaves; nobody waits longer than `HASTE_S` for what `hasty` names, `hurried` times
    (None: always). A real system takes longer than that for some of its work, and only one answer is meant to be late.
    """

    def __init__(self) -> None:
        """Pass everything through, for now."""
        super().__init__()
        self.calls: list[Call] = []
        self.at_once = 0
        self.most_at_once = 0
        self.invent: Invented | None = None
        self.alter: Altered | None = None
        self.hasty: Callable[[Request], bool] | None = None
        self.hurried: int | None = None
        self.departing: Callable[[Request], None] | None = None

    async def _send(self, request: Request) -> Response:
        place = len(self.calls)
        self.calls.append(Call(request, None))
        if self.departing is not None:
            self.departing(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            response = await self._answer(request)
        finally:
            self.at_once -= 1
        self.calls[place] = Call(request, response)
        return response

    async def _answer(self, request: Request) -> Response:
        invented = self.invent(request) if self.invent is not None else None
        if invented is not None:
            await asyncio.sleep(0)
            return invented
        if self.hasty is not None and self.hurried != 0 and self.hasty(request):
            response = await self._hurry(request)
        else:
            response = await super()._send(request)
        return response if self.alter is None else self.alter(request, response)

    async def _hurry(self, request: Request) -> Response:
        try:
            return await super()._send(replace(request, timeout_s=HASTE_S))
        except HttpFailure:
            if self.hurried is not None:
                self.hurried -= 1
            raise


class Replay(Http):
    """Answers from a recording, in its order. A request it does not know is a lost answer."""

    def __init__(self, answers: list[tuple[str, Response]]) -> None:
        """Play `answers`: the name of each operation and what came back."""
        super().__init__()
        self.requests: list[Request] = []
        self._left = list(answers)

    @property
    def left(self) -> list[str]:
        """Return the operations that were recorded and not asked for."""
        return [name for name, _answer in self._left]

    async def _send(self, request: Request) -> Response:
        await asyncio.sleep(0)
        self.requests.append(request)
        for place, (name, answer) in enumerate(self._left):
            if name == request.operation:
                del self._left[place]
                return answer
        message = f"not in the recording: {request.operation}"
        raise AnswerLost(message)

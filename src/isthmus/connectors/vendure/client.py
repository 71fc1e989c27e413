"""Calls to Vendure: the token, the pace and the time by its clock.

What an answer means is said in `failures.py`.
Source: https://docs.vendure.io/reference/graphql-api/admin/
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Generic, TypeVar
from urllib.parse import urlencode

import msgspec

from isthmus.connectors.vendure.failures import check, decode, lost
from isthmus.kit.clock import Clock
from isthmus.kit.http import AnswerLost, Http, NotSent, Request, Response
from isthmus.ports.errors import Throttled, Unreachable
from isthmus.ports.pace import Pace

T = TypeVar("T")
PREFIX = "/api/v1"
#: To cite: how long the other side works on a request at most. Shorter, and answers that were to come are lost.
TIMEOUT_S = 60.0
#: In which a server's clock may stand: beyond, reckoning with it ends outside of what a date can be.
YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What was asked for, and the other side's clock when it answered."""

    content: T
    server_time: datetime


@dataclass(frozen=True, slots=True)
class Client:
    """One connection's calls. Never retries and never waits: that is the engine's."""

    url: str
    token: str = field(repr=False)
    http: Http
    clock: Clock
    pace: Pace

    async def get(self, operation: str, path: str, into: type[T], asked: Mapping[str, str] | None = None) -> Answer[T]:
        """Read. Raises anything but `InDoubt`."""
        query = f"?{urlencode(asked)}" if asked else ""
        return await self._ask(Request("GET", f"{self.url}{PREFIX}/{path}{query}", operation), into, "")

    async def post(self, operation: str, path: str, into: type[T], body: object, *, key: str) -> Answer[T]:
        """Write the record with our `key`. Raises `InDoubt(key)` when it is not known what became of it."""
        sent = msgspec.json.encode(body)  # a Decimal becomes text with the same digits, never a float
        return await self._ask(Request("POST", f"{self.url}{PREFIX}/{path}", operation, body=sent), into, key)

    async def _ask(self, plain: Request, into: type[T], key: str) -> Answer[T]:
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self.token}",
        }
        request = Request(plain.method, plain.url, plain.operation, headers, plain.body, TIMEOUT_S)
        # The judging belongs inside: what is raised here tells the pace how the other side is.
        async with self.pace.slot(operation=request.operation):
            response = await self._send(request, key)
            try:
                check(response, key, self.clock.now(), self.token)
            except Throttled as told:
                self.pace.back_off(max(0.0, (told.retry_at - self.clock.now()).total_seconds()))
                raise
            content = decode(response, into, key)
        return Answer(content, self._time(response))

    async def _send(self, request: Request, key: str) -> Response:
        try:
            return await self.http.send(request)
        except NotSent as failure:
            message = f"Vendure cannot be reached: {failure}"
            raise Unreachable(message) from failure
        except AnswerLost as failure:
            raise lost(key, str(failure)) from failure

    def _time(self, response: Response) -> datetime:
        """Return the other side's clock: the `Date` header, in whole seconds."""
        try:
            told = parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
        except (KeyError, ValueError, TypeError, OverflowError):
            return self.clock.now()
        return told if told.year in YEARS else self.clock.now()

"""One way to ask Vendure: sign in, keep the pace, and sort what comes back.

Source: https://docs.vendure.io/guides/developer-guide/the-api-layer/ (3.5). There is no version in the address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeVar

import msgspec

from isthmus.connectors.vendure import operations as ask
from isthmus.connectors.vendure.auth import Auth, Ticket
from isthmus.connectors.vendure.failures import (
    READ,
    Envelope,
    Intent,
    check_errors,
    check_status,
    decode,
    denied,
    envelope,
    lost,
)
from isthmus.connectors.vendure.operations import Operation
from isthmus.kit.clock import Clock
from isthmus.kit.http import AnswerLost, Http, NotSent, Request, Response
from isthmus.ports.errors import AuthExpired, Throttled, Unreachable
from isthmus.ports.pace import Pace

T = TypeVar("T")
#: Nothing in Vendure ends a request; a proxy in front of it usually does after a minute.
TIMEOUT_S = 60.0
#: In which a server's clock may stand: beyond, reckoning with it ends outside of what a date can be.
YEARS = range(2000, 2100)
NOBODY = Ticket()


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What was asked for, and the shop's clock when it answered."""

    content: T
    server_time: datetime


@dataclass(slots=True)
class Client:
    """The Admin API of one shop. Never retries and never waits: that is the engine's."""

    endpoint: str
    channel: str = field(repr=False)
    http: Http
    clock: Clock
    pace: Pace
    auth: Auth
    hidden: Sequence[str] = field(default=(), repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what must not be quoted anywhere."""
        return (*self.auth.secrets, *(one for one in self.hidden if one))

    async def query(self, operation: Operation, variables: Mapping[str, Any], into: type[T]) -> Answer[T]:
        """Read. Raises anything but `InDoubt`."""
        return await self._ask(operation, variables, into, READ)

    async def mutate(
        self, operation: Operation, variables: Mapping[str, Any], into: type[T], *, key: str, repeatable: bool = False
    ) -> Answer[T]:
        """Write once.

        Raises `InDoubt(key)` when the outcome is unknown, unless `repeatable` says that sending the very same again is
        one write: then `Unreachable`.
        """
        return await self._ask(operation, variables, into, Intent(key, repeatable))

    async def _ask(
        self, operation: Operation, variables: Mapping[str, Any], into: type[T], intent: Intent
    ) -> Answer[T]:
        ticket = await self.auth.ticket(self._sign_in)
        response, found = await self._call(operation, variables, intent, ticket)
        if found.forbidden:
            # An ended session and a missing permission look the same. Nothing was done, so a write may be sent again.
            ticket = await self.auth.ticket(self._sign_in, refused=ticket)
            response, found = await self._call(operation, variables, intent, ticket)
            if found.forbidden:
                raise denied(operation.needs, signed_in=bool(ticket.headers))
        return Answer(decode(found, into, intent), self._time(response))

    async def _sign_in(self, variables: Mapping[str, str]) -> tuple[Response, Envelope]:
        response, found = await self._call(ask.LOGIN, variables, READ, NOBODY)
        if found.forbidden:
            message = "Vendure lets nobody sign in here: check the setting Shop address"
            raise AuthExpired(message)
        return response, found

    async def _call(
        self, operation: Operation, variables: Mapping[str, Any], intent: Intent, ticket: Ticket
    ) -> tuple[Response, Envelope]:
        # The judging belongs inside: what is raised here tells the pace how the other side is.
        async with self.pace.slot(operation=operation.name):
            response = await self._send(operation, variables, intent, ticket)
            try:
                check_status(response, intent, self.clock.now(), self.secrets)
            except Throttled as told:
                self.pace.back_off(max(0.0, (told.retry_at - self.clock.now()).total_seconds()))
                raise
            found = envelope(response, intent)
            if not found.forbidden:
                check_errors(found, intent, self.secrets)
        return response, found

    async def _send(
        self, operation: Operation, variables: Mapping[str, Any], intent: Intent, ticket: Ticket
    ) -> Response:
        request = Request(
            "POST",
            self.endpoint,
            operation=operation.name,
            headers={
                "Content-Type": "application/json",
                "Accept": "application/json",
                **({"vendure-token": self.channel} if self.channel else {}),
                **ticket.headers,
            },
            body=msgspec.json.encode(
                {"query": operation.text, "variables": variables, "operationName": operation.name}
            ),
            timeout_s=TIMEOUT_S,
        )
        try:
            return await self.http.send(request)
        except NotSent as failure:
            message = f"Vendure cannot be reached: {failure}"
            raise Unreachable(message) from failure
        except AnswerLost as failure:
            raise lost(intent, str(failure)) from failure

    def _time(self, response: Response) -> datetime:
        """Return the shop's clock: the `Date` header, in whole seconds."""
        try:
            told = parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
        except (KeyError, ValueError, TypeError, OverflowError):
            return self.clock.now()
        return told if told.year in YEARS else self.clock.now()

"""Calls to Tryton over JSON-RPC, with the server's version, the session and the company found once.

A session ends after 30 days, when the password changes, or when our address does: then we sign in once more and
repeat the call, which had done nothing. Signing in is never tried again and again: after a few wrong passwords the
server refuses the right one, too.
Source: trytond/protocols (8.2), https://docs.tryton.org/latest/server/topics/rpc.html
"""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, cast

from isthmus.connectors.tryton import values
from isthmus.connectors.tryton.failures import (
    LOCKED_S,
    LOGIN,
    PAUSE_S,
    STRANGER,
    Asked,
    SessionEnded,
    Warned,
    lost,
    server_date,
    unwrap,
)
from isthmus.kit.clock import Clock
from isthmus.kit.http import AnswerLost, Http, NotSent, Request, Response
from isthmus.ports.errors import AuthExpired, Forbidden, Invalid, Misconfigured, Throttled, Unreachable, WireDrift
from isthmus.ports.pace import Pace

#: Reading ends after 60 s over there (`request.timeout`), writing when it is done; nothing of ours takes longer.
TIMEOUT_S = 90.0
#: Until 7.8 the calls of a database went to its root, and the version was asked for at the server's.
RPC_PATHS = ("/rpc/", "/")
#: Answers of a server that has no such path, or takes it for a database.
_ELSEWHERE = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
    }
)
#: Refusals after which this session does not sign in any more for a while: a lock would also shut people out.
REFUSALS = 3
_ADMISSIBLE = ("create", "write", "delete", "read")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are over there, and on which server. `series` is such as (8, 2)."""

    series: tuple[int, int]
    user: int
    company: int
    language: str
    context: Mapping[str, Any]
    groups: tuple[int, ...] = ()

    @property
    def version(self) -> str:
        """Return the series as people write it."""
        return ".".join(map(str, self.series))


@dataclass(slots=True)
class Client:
    """One connection's calls. Opening it calls nothing; the first call finds version, user and company."""

    url: str
    database: str
    login: str
    password: str = field(repr=False)
    http: Http
    clock: Clock
    pace: Pace
    company: int | None = None
    accepted_warnings: tuple[str, ...] = ()
    skew: timedelta = timedelta()  # how far the server's clock is ahead of ours
    _identity: Identity | None = None
    _path: str = ""
    _token: str = field(default="", repr=False)
    _refusals: int = 0
    _locked_until: datetime | None = None
    _entering: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def call(
        self,
        model: str,
        method: str,
        *params: Any,
        writes: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call a method of a model and return what it returned, None included.

        `writes` is the key of the record a write is about: its unknown outcome is `InDoubt(writes)`.
        """
        return await self.invoke(f"model.{model}.{method}", *params, writes=writes, context=context)

    async def invoke(
        self, operation: str, *params: Any, writes: str | None = None, context: Mapping[str, Any] | None = None
    ) -> Any:
        """Call anything that takes a context last: a model's method, a wizard's step."""
        me = await self.identity()
        sent = [*params, {**me.context, **(context or {})}]
        try:
            return await self._signed_in(operation, sent, writes)
        except Warned as warned:
            if not any(part in warned.name for part in self.accepted_warnings):
                raise
            await self._agree(me, warned.name, writes)
            return await self._signed_in(operation, sent, writes)
        except Invalid as refused:
            await self._explain(operation, me, refused)
            raise

    async def may(self, model: str, right: str) -> bool:
        """Tell whether our user may `create`, `read`, `write` or `delete` records of a model."""
        return bool((await self.rights([model])).get(model, {}).get(right))

    async def rights(self, models: list[str]) -> Mapping[str, Mapping[str, Any]]:
        """Return the rights of our user by model."""
        me = await self.identity()
        told = await self._signed_in("model.ir.model.access.get_access", [models, dict(me.context)], None)
        if not isinstance(told, dict):
            message = "ir.model.access.get_access: not rights by model"
            raise WireDrift(message)
        return cast("Mapping[str, Mapping[str, Any]]", told)

    async def identity(self) -> Identity:
        """Return who we are, asking once. Raises `AuthExpired`, `Misconfigured`, `Unreachable`."""
        if self._identity is None:
            async with self._entering:
                if self._identity is None:
                    self._identity = await self._enter()
        return self._identity

    def server_now(self) -> datetime:
        """Return the time by the server's clock, as its last answers had it."""
        return self.clock.now() + self.skew

    async def _enter(self) -> Identity:
        series = await self._version()
        user = await self._sign_in()
        preferences = await self._signed_in("model.res.user.get_preferences", [True, {}], None)
        if not isinstance(preferences, dict):
            message = "res.user.get_preferences: not preferences"
            raise WireDrift(message)
        said = cast("dict[str, Any]", preferences)
        company = self.company or said.get("company")
        if not isinstance(company, int):
            message = "the user of this connection has no company: add one under Administration > Users"
            raise Misconfigured(message)
        language = str(said.get("language") or "en")
        context = {"company": company, "language": language}
        groups = said.get("groups")
        mine = (
            tuple(one for one in cast("list[Any]", groups) if isinstance(one, int)) if isinstance(groups, list) else ()
        )
        return Identity(series, user, company, language, context, mine)

    async def _version(self) -> tuple[int, int]:
        """Return the series, and learn at which path calls are answered."""
        for path in RPC_PATHS:
            told = await self._ask(f"{self.url}{path}", "common.server.version", [], elsewhere=path != RPC_PATHS[-1])
            if told is not None:
                self._path = path
                return to_series(told)
        message = "common.server.version: no version"
        raise WireDrift(message, path="version")

    async def _sign_in(self) -> int:
        """Open a session and return our user's id. Raises `AuthExpired`; `Throttled` while the server is locked."""
        now = self.clock.now()
        if self._locked_until is not None and now < self._locked_until:
            raise AuthExpired(STRANGER)
        try:
            told = await self._ask(self._home, LOGIN, [self.login, {"password": self.password}, "en"])
        except AuthExpired:
            self._refusals += 1
            if self._refusals >= REFUSALS:
                self._refusals, self._locked_until = 0, now + timedelta(seconds=LOCKED_S)
            raise
        except Unreachable as broken:
            message = f"{broken}, while signing in: check the setting Database if this goes on"
            raise Unreachable(message) from broken
        self._refusals = 0
        parts = cast("list[Any]", told) if isinstance(told, list) else []
        user, token = parts[:2] if len(parts) > 1 else (None, None)
        if not isinstance(user, int) or not isinstance(token, str):
            message = f"{LOGIN}: not a session"
            raise WireDrift(message, path="session")
        self._token = base64.b64encode(f"{self.login}:{user}:{token}".encode()).decode()
        return user

    @property
    def _home(self) -> str:
        return f"{self.url}/{self.database}{self._path}"

    async def _signed_in(self, operation: str, params: list[Any], writes: str | None) -> Any:
        token = self._token
        try:
            return await self._ask(self._home, operation, params, writes, token=token)
        except SessionEnded:
            async with self._entering:
                if self._token == token:  # of many calls that met the end, one signs in
                    await self._sign_in()
            try:
                return await self._ask(self._home, operation, params, writes, token=self._token)
            except SessionEnded as again:
                raise AuthExpired(STRANGER) from again

    async def _ask(
        self,
        url: str,
        operation: str,
        params: list[Any],
        writes: str | None = None,
        *,
        token: str = "",
        elsewhere: bool = False,
    ) -> Any:
        """Send one call and judge its answer; with `elsewhere`, a server that has no such path answers None."""
        # Exactly these three keys: with any other set, the answer comes without an envelope.
        body = values.encode({"id": 0, "method": operation, "params": params})
        headers = {"Content-Type": "application/json", **({"Authorization": f"Session {token}"} if token else {})}
        request = Request("POST", url, operation, headers, body, TIMEOUT_S)
        async with self.pace.slot(operation=operation):
            answer = await self._post(request, writes)
            if elsewhere and answer.status in _ELSEWHERE:
                return None
            pause_s = LOCKED_S if operation == LOGIN else PAUSE_S
            asked = Asked(operation, writes, self.database, self.clock.now(), pause_s, signed_in=bool(token))
            try:
                return unwrap(answer, asked)
            except Throttled as pause:
                self.pace.back_off(max(0.0, (pause.retry_at - self.clock.now()).total_seconds()))
                raise

    async def _post(self, request: Request, writes: str | None) -> Response:
        try:
            answer = await self.http.send(request)
        except NotSent as failure:
            message = f"Tryton cannot be reached: {failure}"
            raise Unreachable(message) from failure
        except AnswerLost:
            asked = Asked(request.operation, writes, self.database, self.clock.now())
            lost(asked, f"{request.operation}: the answer was lost", Unreachable)
        told = server_date(answer.headers.get("Date", ""))
        if told is not None:
            self.skew = told - self.clock.now()
        return answer

    async def _agree(self, me: Identity, name: str, writes: str | None) -> None:
        """Say yes to what Tryton asks."""
        try:
            await self._signed_in("model.res.user.warning.skip", [name, dict(me.context)], writes)
        except Forbidden:  # the way of the series before, where every user may
            yes = [{"user": me.user, "name": name, "always": False}]
            await self._signed_in("model.res.user.warning.create", [yes, dict(me.context)], writes)

    async def _explain(self, operation: str, me: Identity, refused: Invalid) -> None:
        """Raise `Forbidden` where a right is what is missing: Tryton says it in a sentence only."""
        kind, _, rest = operation.partition(".")
        model, _, method = rest.rpartition(".")
        if kind != "model":
            return
        right = method if method in _ADMISSIBLE else "read" if method.startswith(("search", "fields_get")) else "write"
        told = await self._signed_in("model.ir.model.access.get_access", [[model], dict(me.context)], None)
        granted = cast("dict[str, dict[str, Any]]", told).get(model, {}) if isinstance(told, dict) else {}
        if not granted.get(right, True) or right == "read":
            message = f"Tryton does not let this user {right} {model}: {refused}"
            raise Forbidden(message, missing=f"{model}:{right}") from refused


def to_series(told: Any) -> tuple[int, int]:
    """Read a series, such as `8.2`."""
    parts = told.split(".") if isinstance(told, str) else []
    if len(parts) < 2 or not all(part.isascii() and part.isdecimal() and len(part) < 4 for part in parts[:2]):  # noqa: PLR2004 - two numbers
        message = f"not a version: {str(told)[:40]!r}"
        raise WireDrift(message, path="version")
    return int(parts[0]), int(parts[1])

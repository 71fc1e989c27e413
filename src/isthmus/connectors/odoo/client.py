"""Calls to Odoo: one `call` over JSON-RPC (14 to 18) or JSON-2 (19), with the login and the version found once.

Sources: https://www.odoo.com/documentation/18.0/developer/reference/external_api.html (RPC) and
https://www.odoo.com/documentation/19.0/developer/reference/external_api.html (JSON-2).
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import msgspec

from isthmus.connectors.odoo.failures import Asked, lost, server_date, unwrap, unwrap_json2
from isthmus.connectors.odoo.wire import mapping, whole
from isthmus.kit.clock import Clock
from isthmus.kit.http import AnswerLost, Http, NotSent, Request, Response
from isthmus.ports.errors import AuthExpired, Misconfigured, Throttled, Unreachable, WireDrift
from isthmus.ports.pace import Pace

JSON2_SINCE = 19
#: From here on the question after a right has another name (odoo/orm/models.py, `has_access`).
HAS_ACCESS_SINCE = 18
OLDEST = 14
#: An Odoo worker is killed after two minutes (`limit_time_real`), so no answer comes later.
TIMEOUT_S = 125.0
#: Their first parameter was renamed over the years and in overrides, so RPC passes it by position.
_BY_POSITION = frozenset({"create", "write", "search", "search_count"})
# A Decimal becomes the JSON number with the same digits; no binary float of ours in between.
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Version:
    """The server's series, such as 17 of `17.0`; Odoo Online has `saas~18.3` in between."""

    major: int
    text: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are over there, and on which server."""

    version: Version
    json2: bool
    uid: int
    company: int
    lang: str
    tz: str
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Call:
    """One call: a method of a model, on the records `ids` or on the model itself."""

    model: str
    method: str
    ids: Sequence[int] | None = None
    named: Mapping[str, Any] = field(default_factory=dict[str, Any])
    writes: str | None = None

    @property
    def operation(self) -> str:
        return f"{self.model}.{self.method}"


@dataclass(slots=True)
class Client:
    """One connection's calls. Opening it calls nothing; the first call finds version, user and company."""

    url: str
    database: str
    login: str
    api_key: str = field(repr=False)
    http: Http
    clock: Clock
    pace: Pace
    protocol: str = "auto"
    company: int | None = None
    skew: timedelta = timedelta()  # how far the server's clock is ahead of ours
    _identity: Identity | None = None
    _entering: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def call(
        self,
        model: str,
        method: str,
        *,
        ids: Sequence[int] | None = None,
        writes: str | None = None,
        context: Mapping[str, Any] | None = None,
        **named: Any,
    ) -> Any:
        """Call a method of a model and return what it returned, None included.

        `writes` is the key of the record a write is about: its unknown outcome is `InDoubt(writes)`.
        """
        me = await self.identity()
        named["context"] = {**me.context, **(context or {})}
        return await self._dispatch(me, _Call(model, method, ids, named, writes))

    async def may(self, model: str, operation: str) -> bool:
        """Tell whether our user may `create`, `read`, `write` or `unlink` records of a model."""
        if (await self.identity()).version.major >= HAS_ACCESS_SINCE:
            # A method of records since 18: asked of none of them, it answers for the model.
            return bool(await self.call(model, "has_access", ids=[], operation=operation))
        return bool(await self.call(model, "check_access_rights", operation=operation, raise_exception=False))

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
        version = await self._version()
        json2 = self.protocol == "json2" or (self.protocol == "auto" and version.major >= JSON2_SINCE)
        uid = 0 if json2 else await self._authenticate()
        stranger = Identity(version=version, json2=json2, uid=uid, company=0, lang="", tz="", context={})
        mine = await self._dispatch(stranger, _Call("res.users", "context_get"))
        said = mapping(mine)
        if said is None:
            message = "res.users.context_get: not a context"
            raise WireDrift(message)
        uid = uid or whole(said.get("uid")) or 0
        company = self.company or await self._home_company(stranger, uid)
        lang, tz = str(said.get("lang") or ""), str(said.get("tz") or "")
        context = {"allowed_company_ids": [company], **({"lang": lang} if lang else {})}
        return Identity(version, json2, uid, company, lang, tz, context)

    async def _home_company(self, stranger: Identity, uid: int) -> int:
        asked = {"domain": [["id", "=", uid]], "fields": ["company_id"]}
        rows = await self._dispatch(stranger, _Call("res.users", "search_read", named=asked))
        try:
            company = whole(rows[0]["company_id"][0])
        except (LookupError, TypeError):
            company = None
        if company is None:
            message = "the user of this connection has no company"
            raise Misconfigured(message)
        return company

    async def _version(self) -> Version:
        # 19 answers this without a login; asking there first spares its log a warning per session.
        async with self.pace.slot(operation="json.version"):
            answer = await self._send(Request("GET", f"{self.url}/json/version", "json.version"), None)
            if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:  # older ones say 404; this one is not there
                message = f"json.version: HTTP {answer.status}"
                raise Unreachable(message)
        if answer.status == HTTPStatus.OK and (info := _version_info(answer)) is not None:
            return to_version(info)
        told = await self._rpc("common", "version", [])
        return to_version((mapping(told) or {}).get("server_version_info"))

    async def _authenticate(self) -> int:
        uid = await self._rpc("common", "authenticate", [self.database, self.login, self.api_key, {}])
        if not uid:  # wrong credentials are `false`, not an error
            message = "Odoo does not accept the login or the API key: check both in the connection"
            raise AuthExpired(message)
        known = whole(uid)
        if known is None:
            message = "common.authenticate: not the id of a user"
            raise WireDrift(message, path="uid")
        return known

    async def _dispatch(self, me: Identity, call: _Call) -> Any:
        if me.json2:
            return await self._json2(call)
        named = dict(call.named)
        positional: list[Any] = [] if call.ids is None else [list(call.ids)]
        if call.method in _BY_POSITION:
            positional.append(named.pop(next(iter(named))))
        args = [self.database, me.uid, self.api_key, call.model, call.method, positional, named]
        return await self._rpc("object", "execute_kw", args, call)

    async def _rpc(self, service: str, method: str, args: list[Any], call: _Call | None = None) -> Any:
        call = call or _Call(service, method)
        params = {"service": service, "method": method, "args": args}
        body = _ENCODER.encode({"jsonrpc": "2.0", "method": "call", "id": 1, "params": params})
        headers = {"Content-Type": "application/json"}
        request = Request("POST", f"{self.url}/jsonrpc", call.operation, headers, body, TIMEOUT_S)
        async with self.pace.slot(operation=call.operation):
            return self._judge(unwrap, await self._send(request, call.writes), call)

    async def _json2(self, call: _Call) -> Any:
        headers = {
            "Authorization": f"bearer {self.api_key}",
            "Content-Type": "application/json",
            "X-Odoo-Database": self.database,
        }
        ids = {} if call.ids is None else {"ids": list(call.ids)}
        url = f"{self.url}/json/2/{call.model}/{call.method}"
        body = _ENCODER.encode({**ids, **call.named})
        request = Request("POST", url, call.operation, headers, body, TIMEOUT_S)
        async with self.pace.slot(operation=call.operation):
            return self._judge(unwrap_json2, await self._send(request, call.writes), call)

    async def _send(self, request: Request, writes: str | None) -> Response:
        try:
            answer = await self.http.send(request)
        except NotSent as failure:
            message = f"Odoo cannot be reached: {failure}"
            raise Unreachable(message) from failure
        except AnswerLost:
            asked = Asked(request.operation, writes, self.database, self.clock.now())
            lost(asked, f"{request.operation}: the answer was lost", Unreachable)
        told = server_date(answer.headers.get("Date", ""))
        if told is not None:
            self.skew = told - self.clock.now()
        return answer

    def _judge(self, unwrapped: Callable[[Response, Asked], Any], answer: Response, call: _Call) -> Any:
        try:
            return unwrapped(answer, Asked(call.operation, call.writes, self.database, self.clock.now()))
        except Throttled as pause:
            self.pace.back_off(max(0.0, (pause.retry_at - self.clock.now()).total_seconds()))
            raise


def to_version(info: Any) -> Version:
    """Read `version_info`, such as `[17, 0, 0, "final", 0, ""]` or `["saas~18", 3, ...]`."""
    try:
        major = int(re.findall(r"\d+", str(info[0]))[-1])
        return Version(major, f"{info[0]}.{info[1]}")
    except (LookupError, TypeError, ValueError) as wrong:
        message = f"not a version: {info!r}"
        raise WireDrift(message, path="version_info") from wrong


def utc(text: str) -> datetime:
    """Read Odoo's `YYYY-MM-DD HH:MM:SS`, which is UTC without saying so."""
    try:
        return datetime.strptime(text[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError as wrong:
        message = f"not a time: {text!r}"
        raise WireDrift(message, path="datetime") from wrong


def stamp(moment: datetime) -> str:
    """Write a time the way Odoo reads it; it refuses the `T` and the `Z` of ISO 8601."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _version_info(answer: Response) -> Any:
    """Return the version in an answer, or None when another page stands at that address."""
    try:
        told = answer.json()
    except ValueError:
        return None
    return (mapping(told) or {}).get("version_info")

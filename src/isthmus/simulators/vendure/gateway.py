"""The HTTP side: sessions by header or cookie, channels, bodies too long or no JSON.

Sources: https://docs.vendure.io/guides/developer-guide/ (authentication, channels; 3.5); statuses and bodies
of refusals as a running 3.5.5 gave them.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec
from aiohttp import web

from isthmus.simulators.vendure.call import Call
from isthmus.simulators.vendure.catalog import Channel
from isthmus.simulators.vendure.engine import Engine, engine
from isthmus.simulators.vendure.resolvers import moment
from isthmus.simulators.vendure.sessions import Sessions, cookie, token_in
from isthmus.simulators.vendure.shop import Shop

PATH = "/admin-api"
_BODY: web.RequestKey[dict[str, Any] | str] = web.RequestKey("body", dict)  # pyright: ignore[reportAssignmentType]
_NO_QUERY = "GraphQL operations must contain a non-empty `query` or a `persistedQuery` extension."
_NO_BODY = "POST body missing, invalid Content-Type, or JSON object has no keys."


class Gateway:
    """Answers HTTP requests for one shop."""

    def __init__(self, shop: Shop, clock: Callable[[], float] = time.monotonic) -> None:
        """Open without sessions."""
        self.throttled = 0
        self.sessions = Sessions(shop.settings.session_s, clock)
        self._shop = shop
        self._engine: Engine = engine(shop.settings.custom_fields)

    async def operation(self, request: web.Request) -> str:
        """Name a request by the root fields of its GraphQL, joined by `+`, or by its path."""
        if request.path != PATH:
            return request.path.strip("/")
        body = await self._body(request)
        if isinstance(body, str) or not isinstance(body.get("query"), str):
            return "graphql"
        return self._engine.prepare(body["query"]).label(_name(body))

    async def health(self, _request: web.Request) -> web.Response:
        """Tell that the shop and its database are up."""
        up = {"database": {"status": "up"}}
        return _json({"status": "ok", "info": up, "error": {}, "details": up})

    async def graphql(self, request: web.Request) -> web.Response:
        """Run one GraphQL request."""
        body = await self._body(request)
        if isinstance(body, str):
            status = 500 if not body else 400
            return _json(self._bare(status, body, request.path), status)
        refusal = _unreadable(body)
        if refusal:
            return _json({"errors": [{"message": refusal, "extensions": {"code": "BAD_REQUEST"}}]}, 400)
        if not self._shop.settings.introspection and ("__schema" in body["query"] or "__type(" in body["query"]):
            told = "GraphQL introspection is not allowed by Apollo Server"
            return _json({"errors": [{"message": told, "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}]}, 400)
        channel = self._channel(request.headers.get("vendure-token", ""))
        if channel is None:
            told = f'No Channel with the token "{request.headers["vendure-token"]}" could be found'
            return _json({"errors": [{"message": told, "extensions": {"code": "CHANNEL_NOT_FOUND"}}], "data": None})
        language = request.query.get("languageCode", channel.default_language_code)
        call = Call(self._shop, self.sessions, channel, language, self._token(request))
        prepared = self._engine.prepare(body["query"])
        status, content = self._engine.run(prepared, _name(body), body.get("variables") or {}, call)
        return self._signed(_json(content, status), call)

    def refusal(self, *, hint: bool) -> web.Response:
        """Return what a proxy in front of the shop answers to a caller that is too fast; Vendure has no limit."""
        self.throttled += 1
        return web.Response(status=429, text="Too Many Requests", headers={"Retry-After": "1"} if hint else {})

    def nowhere(self, request: web.Request) -> web.Response:
        """Answer for a path there is not."""
        return _json(self._bare(404, f"Cannot {request.method} {request.path}", request.path), 404)

    def _bare(self, status: int, message: str, path: str) -> dict[str, Any]:
        return {"statusCode": status, "message": message, "timestamp": moment(self._shop.now()), "path": path}

    def _channel(self, token: str) -> Channel | None:
        """Return the channel of a token; where there is only one, any token means it (3.5.5)."""
        found = list(self._shop.channels.values())
        if not token or len(found) == 1:
            return self._shop.default_channel
        return next((one for one in found if one.token == token), None)

    def _token(self, request: web.Request) -> str:
        method = self._shop.settings.token_method
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if method != "cookie" and scheme.lower() == "bearer" and token:
            return token
        if method != "bearer":
            return token_in(request.cookies.get("session", ""), request.cookies.get("session.sig", ""))
        return ""

    def _signed(self, answer: web.Response, call: Call) -> web.Response:
        """Tell the token, if there is one to tell: empty for one that does not count."""
        if call.tell_token is None:
            return answer
        method = call.settings.token_method
        if method != "cookie":
            answer.headers[call.settings.token_header] = call.tell_token
        if method != "bearer":
            value, signature = cookie(call.tell_token)
            for name, content in (("session", value), ("session.sig", signature)):
                answer.set_cookie(name, content, path="/", httponly=True, samesite="Lax")
        return answer

    async def _body(self, request: web.Request) -> dict[str, Any] | str:
        """Return the JSON object in the body; else what is wrong with it, nothing at all for one that is too long."""
        if _BODY not in request:
            request[_BODY] = await self._read(request)
        return request[_BODY]

    async def _read(self, request: web.Request) -> dict[str, Any] | str:
        raw = await request.read()
        if len(raw) > self._shop.settings.body_bytes:
            return ""
        try:
            told: Any = msgspec.json.decode(raw) if raw else {}
        except (msgspec.DecodeError, UnicodeDecodeError):
            return "Unexpected token in JSON"
        return cast("dict[str, Any]", told) if isinstance(told, dict) else {"": told}


def _unreadable(body: Mapping[str, Any]) -> str:
    if "" in body:
        return "Operation batching disabled."
    if not body:
        return _NO_BODY
    if not isinstance(body.get("query"), str) or not body["query"]:
        return _NO_QUERY
    if not isinstance(body.get("variables") or {}, dict):
        return "`variables` in a POST body should be provided as an object, not a recursively JSON-encoded string."
    return ""


def _name(body: Mapping[str, Any]) -> str | None:
    name = body.get("operationName")
    return name if isinstance(name, str) and name else None


def _json(content: Any, status: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(content), status=status, content_type="application/json", charset="utf-8"
    )

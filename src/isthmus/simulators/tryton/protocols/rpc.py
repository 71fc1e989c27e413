"""`POST /<db>/rpc/` and `/rpc/`: JSON-RPC, or XML-RPC, with a session.

A body of exactly `id`, `method` and `params` is answered in an envelope, always with 200 once the caller is known;
any other body gets the bare result and errors by status.
"""

import base64
from collections.abc import Callable
from typing import Any

from aiohttp import web

from isthmus.simulators.shapes import is_list, is_object
from isthmus.simulators.tryton.accounts import Account, Refusal
from isthmus.simulators.tryton.errors import FactorMissing, Page, PythonError, TrytonError
from isthmus.simulators.tryton.protocols import xmlrpc
from isthmus.simulators.tryton.protocols.wire import NotJson, answer, json_body, page, source
from isthmus.simulators.tryton.service import Service

Work = Callable[[Service, web.Request, str, list[Any]], Any]
_ENVELOPE = {"id", "method", "params"}
SESSION_PARTS = 3  # login, user id, token


def routes(service: Callable[[], Service]) -> list[web.RouteDef]:
    """Return the routes; `service` gives the server as it is now."""

    async def root(request: web.Request) -> web.Response:
        return await _served(service(), request, _root)

    async def database(request: web.Request) -> web.Response:
        known = request.match_info["db"] == service().name
        return await _served(service(), request, _database if known else _nowhere)

    async def wrong_verb(_request: web.Request) -> web.Response:
        return page(405, headers={"Allow": "POST, OPTIONS"})

    return [
        web.post("/rpc/", root),
        web.post("/{db}/rpc/", database),
        web.get("/rpc/", wrong_verb),
        web.get("/{db}/rpc/", wrong_verb),
    ]


async def _served(server: Service, request: web.Request, work: Work) -> web.Response:
    if xmlrpc.is_xml(request):
        return await _in_xml(server, request, work)
    if "json" not in request.headers.get("Content-Type", ""):
        return page(400, "Not a RPC request")
    try:
        body = await json_body(request)
    except NotJson:
        return page(400, "Unable to get RPC method")
    if not is_object(body) or not isinstance(body.get("method"), str):
        return page(400, "Unable to get RPC method")
    params: Any = body.get("params") or []
    if not is_list(params):
        return page(400, "Unable to get RPC params")
    enveloped = set(body) == _ENVELOPE
    try:
        result = work(server, request, body["method"], list(params))
    except Page as refused:
        return refusal(refused)
    except TrytonError as wrong:
        told = wrong.told()
        return answer(request, {"id": body["id"], "error": told}) if enveloped else page(wrong.status, str(wrong))
    except PythonError as wrong:
        return answer(request, {"id": body["id"], "error": [str(wrong), ""]}) if enveloped else page(500, str(wrong))
    return answer(request, {"id": body["id"], "result": result} if enveloped else result)


async def _in_xml(server: Service, request: web.Request, work: Work) -> web.Response:
    call = await xmlrpc.parsed(request)
    if call is None:
        return page(400, "Unable to get RPC method")
    try:
        return xmlrpc.told(lambda: work(server, request, call[1], call[0]))
    except Page as refused:
        return refusal(refused)


def refusal(refused: Page) -> web.Response:
    """Return the bare answer; the one for a caller who is not logged in has no page."""
    if refused.status == 401 and refused.text != "page":  # noqa: PLR2004 - the status
        headers = {"WWW-Authenticate": 'Basic realm="Tryton"'}
        return web.Response(status=401, headers=headers, content_type="text/plain", charset="utf-8")
    return page(refused.status, "" if refused.text == "page" else refused.text)


def _root(server: Service, _request: web.Request, method: str, _params: list[Any]) -> Any:
    if method == "common.server.version":
        return server.version
    if method == "common.db.list":
        return [server.name]
    if method == "common.authentication.services":
        return []
    raise PythonError(repr(method))


def _nowhere(_server: Service, request: web.Request, method: str, _params: list[Any]) -> Any:
    """Answer for a database that does not exist, which Tryton does only after half a minute of trying to connect."""
    if method == "common.db.login":
        raise Page(404)
    raise Page(503 if _session(request) is not None else 401)


def _database(server: Service, request: web.Request, method: str, params: list[Any]) -> Any:
    if method == "common.db.login":
        return login(server, params, source(request))
    uid = caller(server, request)
    if method == "common.db.logout":
        token = _session(request)
        if token is not None:
            server.accounts.close(token[2])
        return None
    if method == "system.listMethods":
        return server.methods()
    return server.call(uid, method, params)


def login(server: Service, params: list[Any], address: str) -> list[Any]:
    """Return user id, token and bus host. Raises `Page` or `FactorMissing`."""
    name, told = (*params, None, None)[:2]
    if not isinstance(name, str):
        raise Page(400, "user argument must be a string")
    if not is_object(told) or "password" not in told:
        raise FactorMissing(*_asked_for(name))
    user = server.accounts.check(name, told["password"])
    if isinstance(user, Account):
        return [user.uid, server.accounts.open(user.uid, address), None]
    raise Page(429 if user is Refusal.LOCKED else 401, "" if user is Refusal.LOCKED else "page")


def _asked_for(name: str) -> tuple[str, str, str]:
    """Return how the server asks for a factor: its name, the question, and how to type the answer."""
    return ("password", f"Password for {name}", "password")


def _session(request: web.Request) -> tuple[str, int, str] | None:
    kind, _, told = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "session":
        return None
    try:
        parts = base64.b64decode(told, validate=True).decode().rsplit(":", 2)
        return (parts[0], int(parts[1]), parts[2]) if len(parts) == SESSION_PARTS else None
    except (ValueError, UnicodeDecodeError):
        return None


def caller(server: Service, request: web.Request) -> int:
    """Return the user of a session or of Basic credentials. Raises `Page`."""
    session = _session(request)
    if session is not None:
        uid = server.accounts.user_of(session[1], session[2], source(request))
    else:
        uid = _basic(server, request)
    if uid is None:
        raise Page(401)
    return uid


def _basic(server: Service, request: web.Request) -> int | None:
    kind, _, told = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(told, validate=True).decode().partition(":")
    except (ValueError, UnicodeDecodeError):
        return None
    user = server.accounts.check(name, password)
    if user is Refusal.LOCKED:
        raise Page(429)
    return user.uid if isinstance(user, Account) else None

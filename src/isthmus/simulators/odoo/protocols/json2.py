"""`POST /json/2/<model>/<method>` (19): a bearer key, arguments by name, real HTTP statuses.

Source: `addons/rpc/controllers/json2.py`, `odoo/http.py`, `ir_http.py` (19.0).
"""

import re
from collections.abc import Callable
from typing import Any

from aiohttp import web

from isthmus.simulators.odoo import versions
from isthmus.simulators.odoo.errors import BadRequest, NotFound, OdooError, Unauthorized, described
from isthmus.simulators.odoo.protocols.wire import NotJson, answer, is_json, json_body, page
from isthmus.simulators.odoo.service import Service
from isthmus.simulators.shapes import is_object

_BEARER = re.compile(r"bearer\s+(.+)", re.IGNORECASE)


def routes(service: Callable[[], Service]) -> list[web.RouteDef]:
    """Return the routes; before 19 they are pages that do not exist."""

    async def call(request: web.Request) -> web.Response:
        server = service()
        if server.database.version < versions.JSON2 or not _known_database(server, request):
            return _no_page()
        if request.can_read_body and not is_json(request):
            return page(415, "Unsupported Media Type", "Request inferred type is compatible with ('http',) only.")
        try:
            return answer(await _called(server, request))
        except OdooError as wrong:
            headers = {"WWW-Authenticate": "Bearer "} if isinstance(wrong, Unauthorized) else None
            return answer(described(wrong), wrong.status, headers)

    async def elsewhere(_request: web.Request) -> web.Response:
        if service().database.version < versions.JSON2:
            return _no_page()
        message = "Did you mean POST /json/2/<model>/<method>?"
        return answer(described(NotFound(message)), 404)

    return [
        web.post("/json/2/{model}/{method}", call),
        web.route("*", "/json/2", elsewhere),
        web.route("*", "/json/2/{rest:.*}", elsewhere),
    ]


async def _called(server: Service, request: web.Request) -> Any:
    uid = _user(server, request)
    try:
        body = await json_body(request)
    except NotJson as wrong:
        msg = f"could not parse the body as json: {wrong}"
        raise BadRequest(msg) from None
    body = body if is_object(body) else {}
    model, method = request.match_info["model"], request.match_info["method"]
    records = server.records(uid, model, body.get("context"))
    if records is None:
        msg = f"the model {model!r} does not exist"
        raise NotFound(msg)
    try:
        return server.call_named(records, method, body)
    except OdooError as wrong:
        if wrong.message == f"The method '{model}.{method}' does not exist":
            raise NotFound(wrong.message) from None
        raise


def _known_database(server: Service, request: web.Request) -> bool:
    # Without the header a server with one database takes that one.
    return request.headers.get("X-Odoo-Database", server.name) == server.name


def _user(server: Service, request: web.Request) -> int:
    told = _BEARER.fullmatch(request.headers.get("Authorization", ""))
    if told is None:
        message = "User not authenticated, use an API Key with a Bearer Authorization header."
        raise Unauthorized(message)
    uid = server.accounts.by_key(told.group(1))
    if uid is None:
        message = "Invalid apikey"
        raise Unauthorized(message)
    return uid


def _no_page() -> web.Response:
    return page(
        404,
        "Not Found",
        "No database is selected and the requested URL was not found in the server-wide controllers.",
    )

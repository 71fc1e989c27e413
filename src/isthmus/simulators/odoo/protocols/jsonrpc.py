"""`POST /jsonrpc`: HTTP 200 to everything, errors in the body.

A method that returns nothing has no `result` key in its answer at all; that is success.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from isthmus.simulators.odoo import versions
from isthmus.simulators.odoo.errors import NotFound, OdooError, SessionExpired, described
from isthmus.simulators.odoo.protocols.wire import NotJson, answer, is_json, json_body, page, source
from isthmus.simulators.odoo.service import Service
from isthmus.simulators.shapes import is_object, listed

Work = Callable[[dict[str, Any]], Any]
SESSION_EXPIRED, NOT_FOUND = 100, 404


async def served(service: Service, request: web.Request, work: Work) -> web.Response:
    """Answer one JSON-RPC request with what `work` makes of its `params`."""
    if not is_json(request):
        return page(415, "Unsupported Media Type", "Request inferred type is compatible with ('http',) only.")
    try:
        body = await json_body(request)
    except NotJson:
        return page(400, "Bad Request", "Invalid JSON data")
    params = body.get("params", {}) if is_object(body) else None
    if not is_object(body) or not is_object(params):
        return page(400, "Bad Request", "Invalid JSON-RPC data")
    content: dict[str, Any] = {"jsonrpc": "2.0", "id": body.get("id")}
    try:
        result = work(params)
    except OdooError as wrong:
        content["error"] = failure(service.database.version, wrong)
    else:
        if result is not None:
            content["result"] = result
    return answer(content)


def failure(version: int, wrong: OdooError) -> dict[str, Any]:
    """Return the error object; its code says nothing about the error."""
    code, message = 0 if version >= versions.CODE_ZERO else 200, "Odoo Server Error"
    if isinstance(wrong, SessionExpired):
        code, message = SESSION_EXPIRED, "Odoo Session Expired"
    elif isinstance(wrong, NotFound):
        code, message = NOT_FOUND, "404: Not Found"
    return {"code": code, "message": message, "data": described(wrong)}


def routes(service: Callable[[], Service]) -> list[web.RouteDef]:
    """Return the routes; `service` gives the server as it is now."""

    async def jsonrpc(request: web.Request) -> web.Response:
        def work(params: dict[str, Any]) -> Any:
            args = listed(params.get("args"))
            return service().dispatch(params.get("service"), str(params.get("method")), args, source(request))

        return await served(service(), request, work)

    async def wrong_verb(_request: web.Request) -> web.Response:
        return page(400, "Bad Request", "This endpoint takes a JSON-RPC request by POST.")

    refused: Callable[[web.Request], Awaitable[web.Response]] = wrong_verb
    return [web.post("/jsonrpc", jsonrpc), web.get("/jsonrpc", refused)]

"""`POST /xmlrpc/2/{common,object,db}`: the same services in XML, with numbered faults.

Returning nothing is a fault ("cannot marshal None ...") although everything was saved.
"""

import xmlrpc.client
from collections.abc import Callable
from typing import Any
from xml.parsers.expat import ExpatError

from aiohttp import web

from isthmus.simulators.odoo.errors import AccessDenied, AccessError, OdooError, UserError, WrongType, debug
from isthmus.simulators.odoo.protocols.wire import page, source
from isthmus.simulators.odoo.service import Service

APPLICATION, WARNING, DENIED, FORBIDDEN = 1, 2, 3, 4
_CONTROL = dict.fromkeys(set(range(32)) - {9, 10, 13})  # XML 1.0 cannot carry these; Odoo drops them
_PARSED: web.RequestKey[tuple[list[Any], str] | None] = web.RequestKey("odoo-xmlrpc", tuple)


async def parsed(request: web.Request) -> tuple[list[Any], str] | None:
    """Return the arguments and the method name, `None` for what is not a call. DTDs are refused."""
    if _PARSED not in request:
        raw = await request.read()
        request[_PARSED] = None
        if b"<!DOCTYPE" not in raw and b"<!ENTITY" not in raw:
            try:
                args, method = xmlrpc.client.loads(raw, use_builtin_types=True)
            except (ExpatError, xmlrpc.client.Error, ValueError, TypeError):
                return None
            request[_PARSED] = (list(args), method or "")
    return request[_PARSED]


def routes(service: Callable[[], Service]) -> list[web.RouteDef]:
    """Return the routes; `service` gives the server as it is now."""

    async def call(request: web.Request) -> web.Response:
        told = await parsed(request)
        if told is None:
            return page(400, "Bad Request", "This is not an XML-RPC call.")
        try:
            result = service().dispatch(request.match_info["service"], told[1], told[0], source(request))
            body = _dumped((result,))
        except OdooError as wrong:
            body = _dumped(_fault(wrong))
        return web.Response(body=body, content_type="text/xml", charset="utf-8")

    return [web.post("/xmlrpc/2/{service}", call)]


def _dumped(content: Any) -> bytes:
    try:
        text = xmlrpc.client.dumps(content, methodresponse=True, allow_none=False)
    except TypeError as wrong:
        text = xmlrpc.client.dumps(_fault(WrongType(str(wrong))), methodresponse=True)
    return text.translate(_CONTROL).encode()


def _fault(wrong: OdooError) -> xmlrpc.client.Fault:
    if isinstance(wrong, AccessError):
        return xmlrpc.client.Fault(FORBIDDEN, wrong.message)
    if isinstance(wrong, AccessDenied):
        return xmlrpc.client.Fault(DENIED, wrong.message)
    if isinstance(wrong, UserError):
        return xmlrpc.client.Fault(WARNING, wrong.message)
    return xmlrpc.client.Fault(APPLICATION, debug(wrong))

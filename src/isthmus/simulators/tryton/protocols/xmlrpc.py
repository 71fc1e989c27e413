"""The same RPC path in XML, which is how Tryton's own client library `proteus` speaks.

Dates and spans are tagged structs as in JSON, Decimals and large numbers have tags of XML-RPC's extensions, times lose
their microseconds; what went wrong is a numbered fault.
"""

import xmlrpc.client
from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from xml.parsers.expat import ExpatError

from aiohttp import web

from isthmus.simulators.tryton.errors import PythonError, TrytonError
from isthmus.simulators.tryton.protocols.wire import tagged, untagged

_UNEXPECTED = 255
_CODES = {"UserError": 1, "UserWarning": 2, "LoginException": 3, "ConcurrencyException": 4}
_PARSED: web.RequestKey[tuple[list[Any], str] | None] = web.RequestKey("tryton-xmlrpc", tuple)
_CONTROL = dict.fromkeys(set(range(32)) - {9, 10, 13})  # XML 1.0 cannot carry these
_LARGEST = 2**31 - 1
_Write = Callable[[str], object]


def is_xml(request: web.Request) -> bool:
    """Whether the request says it carries XML."""
    return "xml" in request.headers.get("Content-Type", "")


async def parsed(request: web.Request) -> tuple[list[Any], str] | None:
    """Return the arguments and the method name, `None` for what is not a call. DTDs are refused."""
    if _PARSED not in request:
        raw = await request.read()
        request[_PARSED] = None
        if b"<!DOCTYPE" not in raw and b"<!ENTITY" not in raw:
            try:
                args, method = xmlrpc.client.loads(raw, use_builtin_types=True)
                request[_PARSED] = ([untagged(arg) for arg in args], method or "")
            except (ExpatError, xmlrpc.client.Error, ValueError, TypeError, KeyError):
                return None
    return request[_PARSED]


def told(work: Callable[[], Any]) -> web.Response:
    """Return what a call gave, or the fault. Lets `Page` pass."""
    marshaller = _Marshaller()
    try:
        inside = marshaller.dumps((work(),))
    except TrytonError as wrong:
        inside = marshaller.dumps(xmlrpc.client.Fault(_CODES.get(wrong.name, _UNEXPECTED), str(wrong)))
    except PythonError as wrong:
        inside = marshaller.dumps(xmlrpc.client.Fault(_UNEXPECTED, str(wrong)))
    text = f"<?xml version='1.0'?>\n<methodResponse>\n{inside}</methodResponse>\n"
    return web.Response(body=text.translate(_CONTROL).encode(), content_type="text/xml", charset="utf-8")


class _Marshaller(xmlrpc.client.Marshaller):
    """Writes what the standard one cannot."""

    def __init__(self) -> None:
        super().__init__("utf-8", allow_none=True)
        ours: dict[Any, Any] = {Decimal: _Marshaller.dump_decimal, int: _Marshaller.dump_number}
        tags = dict.fromkeys((date, time, timedelta), _Marshaller.dump_tagged)
        self.dispatch = {**xmlrpc.client.Marshaller.dispatch, **ours, **tags}  # type: ignore[assignment]

    def dump_decimal(self, value: Decimal, write: _Write) -> None:
        write(f"<value><bigdecimal>{value}</bigdecimal></value>\n")

    def dump_tagged(self, value: Any, write: _Write) -> None:
        self.dump_struct(tagged(value), write)  # type: ignore[attr-defined]

    def dump_number(self, value: int, write: _Write) -> None:
        kind = "int" if abs(value) <= _LARGEST else "biginteger"
        write(f"<value><{kind}>{value}</{kind}></value>\n")

"""Bodies in and out: tagged JSON, the gzip header that is not always true, pages as werkzeug writes them."""

import base64
import gzip
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from html import escape
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from isthmus.simulators.shapes import is_list, is_object

#: Above this many characters an answer says it is gzip, compressed or not (trytond 8.2, protocols/jsonrpc.py).
PLAIN_LIMIT = 1400
_BODY: web.RequestKey[Any] = web.RequestKey("tryton-body", object)
_SENTENCES = {
    400: "The browser (or proxy) sent a request that this server could not understand.",
    401: "The server could not verify that you are authorized to access the URL requested. You either supplied the "
    "wrong credentials (e.g. a bad password), or your browser doesn't understand how to supply the credentials "
    "required.",
    403: "You don't have the permission to access the requested resource. It is either read-protected or not readable "
    "by the server.",
    404: "The requested URL was not found on the server. If you entered the URL manually please check your spelling "
    "and try again.",
    405: "The method is not allowed for the requested URL.",
    416: "The server cannot provide the requested range.",
    429: "This user has exceeded an allotted request count. Try again later.",
    500: "The server encountered an internal error and was unable to complete your request. Either the server is "
    "overloaded or there is an error in the application.",
    503: "The server is temporarily unable to service your request due to maintenance downtime or capacity problems. "
    "Please try again later.",
}


class NotJson(Exception):
    """The body is not JSON."""


def page(status: int, text: str = "", headers: dict[str, str] | None = None) -> web.Response:
    """Return an error page; `text` replaces the usual sentence."""
    phrase = HTTPStatus(status).phrase
    sentence = escape(text or _SENTENCES.get(status, phrase)).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    body = f"<!doctype html>\n<html lang=en>\n<title>{status} {phrase}</title>\n<h1>{phrase}</h1>\n<p>{sentence}</p>\n"
    return web.Response(text=body, status=status, headers=headers, content_type="text/html")


async def json_body(request: web.Request) -> Any:
    """Return the decoded body with its tagged values, `None` when there is none. Raises `NotJson`."""
    if _BODY not in request:
        raw = await request.read()
        try:
            request[_BODY] = untagged(msgspec.json.decode(raw)) if raw.strip() else None
        except (msgspec.DecodeError, KeyError, TypeError, ValueError, InvalidOperation) as wrong:
            raise NotJson(str(wrong)) from None
    return request[_BODY]


def sent(request: web.Request) -> Any:
    """Return the body that `json_body` decoded before."""
    return request.get(_BODY)


def _bytes(told: dict[str, Any]) -> bytes:
    return base64.decodebytes(told["base64"].encode())


_FROM: dict[str, Callable[[dict[str, Any]], Any]] = {
    "Decimal": lambda t: Decimal(t["decimal"]),
    "date": lambda t: date(t["year"], t["month"], t["day"]),
    "datetime": lambda t: datetime(  # noqa: DTZ001 - naive UTC, as Tryton keeps its times
        t["year"], t["month"], t["day"], t["hour"], t["minute"], t["second"], t["microsecond"]
    ),
    "time": lambda t: time(t["hour"], t["minute"], t["second"], t["microsecond"]),
    "timedelta": lambda t: timedelta(seconds=t["seconds"]),
    "bytes": _bytes,
}


def untagged(value: Any) -> Any:
    """Return a value with every tagged object turned into what it stands for; every part of it has to be there."""
    if is_object(value):
        inside = {name: untagged(part) for name, part in value.items()}
        kind = inside.get("__class__")
        return _FROM[kind](inside) if isinstance(kind, str) and kind in _FROM else inside
    return [untagged(part) for part in value] if is_list(value) else value


def tagged(value: Any) -> Any:
    """Return a value as JSON can carry it."""
    if is_object(value):
        return {str(name): tagged(part) for name, part in value.items()}
    if is_list(value):
        return [tagged(part) for part in value]
    match value:
        case Decimal():
            return {"__class__": "Decimal", "decimal": str(value)}
        case datetime():
            return {**_day("datetime", value), **_clock(value)}
        case date():
            return _day("date", value)
        case time():
            return {"__class__": "time", **_clock(value)}
        case timedelta():
            return {"__class__": "timedelta", "seconds": value.total_seconds()}
        case bytes():
            return {"__class__": "bytes", "base64": base64.encodebytes(value).decode()}
        case _:
            return value


def _day(kind: str, value: date) -> dict[str, Any]:
    return {"__class__": kind, "year": value.year, "month": value.month, "day": value.day}


def _clock(value: datetime | time) -> dict[str, Any]:
    return {"hour": value.hour, "minute": value.minute, "second": value.second, "microsecond": value.microsecond}


def answer(request: web.Request, content: Any) -> web.Response:
    """Return an RPC answer. A long one says gzip even to callers that did not ask for it, who get it plain."""
    body = msgspec.json.encode(tagged(content))
    headers: dict[str, str] = {}
    if len(body) > PLAIN_LIMIT:
        headers["Content-Encoding"] = "gzip"
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, compresslevel=1)
    response = web.Response(body=body, headers=headers, content_type="application/json")
    # aiohttp would compress no further, and must not look at what is inside.
    response.enable_compression(web.ContentCoding.identity)
    return response


def source(request: web.Request) -> str:
    """Return the caller's address."""
    return request.remote or "unknown"

"""Bodies in and out, read once per request."""

from decimal import Decimal
from typing import Any

import msgspec
from aiohttp import web

_DECODER = msgspec.json.Decoder(float_hook=Decimal)  # 10.10 stays 10.10
_BODY: web.RequestKey[Any] = web.RequestKey("odoo-body", object)


class NotJson(Exception):
    """The body is not JSON."""


async def json_body(request: web.Request) -> Any:
    """Return the decoded body, `None` when there is none. Raises `NotJson`."""
    if _BODY not in request:
        raw = await request.read()
        try:
            request[_BODY] = _DECODER.decode(raw) if raw.strip() else None
        except msgspec.DecodeError as wrong:
            raise NotJson(str(wrong)) from None
    return request[_BODY]


def answer(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Return JSON as Odoo sends it."""
    return web.Response(
        body=msgspec.json.encode(content),
        status=status,
        headers=headers,
        content_type="application/json",
        charset="utf-8",
    )


def page(status: int, title: str, text: str, headers: dict[str, str] | None = None) -> web.Response:
    """Return an error page as werkzeug writes it."""
    body = f"<!doctype html>\n<html lang=en>\n<title>{status} {title}</title>\n<h1>{title}</h1>\n<p>{text}</p>\n"
    return web.Response(text=body, status=status, headers=headers, content_type="text/html")


def is_json(request: web.Request) -> bool:
    """Whether the request says it carries JSON."""
    return request.content_type in ("application/json", "application/json-rpc")


def source(request: web.Request) -> str:
    """Return the caller's address."""
    return request.remote or "unknown"

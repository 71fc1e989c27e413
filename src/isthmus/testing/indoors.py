"""Requests that reach a simulator without leaving the process: no sockets, no waiting, time as the hands show it.

A simulated system is served by the very application that `isthmus sim` serves, so nothing between its routes and its
state differs; only the wire is another one. That makes a call cost a millisecond and a year cost minutes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, cast
from urllib.parse import urlsplit

from aiohttp import HttpVersion11, StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_parser import RawRequestMessage
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from isthmus.kit.clock import Clock
from isthmus.kit.http import AnswerLost, Http, NotSent, Request, Response

#: How long a call is on its way, there and back, by the hands.
USUAL_S = 0.05
_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Side:
    """One system: its application, and what time it takes it to be (aware)."""

    app: web.Application
    now: Callable[[], datetime]


#: Asked before and after each call with the side's name, the request, and what carries it out. Whatever it returns is
#: the answer; it may raise `NotSent`, or `AnswerLost` before or after carrying it out.
Weather = Callable[[str, Request, Callable[[], Awaitable[Response]]], Awaitable[Response]]


class Indoors(Http):
    """Carries requests to simulators by the host of their address: `http://shop/...` goes to the side `shop`."""

    def __init__(self, sides: dict[str, Side], clock: Clock, *, takes_s: float = USUAL_S) -> None:
        """Serve `sides` by name; each call takes `takes_s` of the clock's time."""
        super().__init__()
        self.sides = sides
        self.calls = 0
        self.weather: Weather | None = None
        self.clock = clock
        self._takes_s = takes_s

    async def _send(self, request: Request) -> Response:
        return await self.carry(request)

    async def carry(self, request: Request) -> Response:
        """Bring one request to its side. Raises `NotSent` and `AnswerLost`."""
        name = urlsplit(request.url).hostname or ""
        if name not in self.sides:
            message = f"no connection to {name}"
            raise NotSent(message)
        self.calls += 1
        await self.clock.sleep(self._takes_s)

        async def through() -> Response:
            return await served(self.sides[name], request)

        return await (self.weather(name, request, through) if self.weather is not None else through())


class _Wire(asyncio.Transport):
    """What a handler can do to the connection it answers on."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 0)})
        self.cut = False

    def abort(self) -> None:
        self.cut = True

    def close(self) -> None:
        self.cut = True

    def is_closing(self) -> bool:
        return self.cut


class _Door(BaseProtocol):
    """The end of the wire a request came in by."""

    ssl_context = None
    peername = ("127.0.0.1", 0)
    sockname = ("127.0.0.1", 80)


class _Paper(AbstractStreamWriter):
    """Where an answer would be written bit by bit; nobody reads it, for whoever does so cuts the wire afterwards."""

    async def write(self, chunk: Any) -> None:
        """Take it and forget it."""

    async def write_eof(self, chunk: bytes = b"") -> None:
        """Take it and forget it."""

    async def drain(self) -> None:
        """Have nothing to wait for."""

    def enable_compression(self, encoding: str = "deflate", strategy: int | None = None) -> None:
        """Write as it comes."""

    def enable_chunking(self) -> None:
        """Write as it comes."""

    async def write_headers(self, status_line: str, headers: Any) -> None:
        """Take them and forget them."""


async def served(side: Side, request: Request) -> Response:
    """Return what a side answers. Raises `AnswerLost` where it hangs up."""
    wire = _Wire()
    asked = _asked(side.app, request, wire)
    try:
        answer = await side.app._handle(asked)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - the only way in
    except web.HTTPException as told:
        answer = told
    if wire.cut or not isinstance(answer, web.Response):
        message = "the connection was cut"
        raise AnswerLost(message)
    headers = {"Date": format_datetime(side.now().astimezone(UTC), usegmt=True)}
    if answer.content_type:
        headers["Content-Type"] = answer.content_type
    return Response(answer.status, CIMultiDictProxy(CIMultiDict({**headers, **answer.headers})), _body(answer))


def _asked(app: web.Application, request: Request, wire: _Wire) -> web.Request:
    if not app.pre_frozen:
        app.pre_freeze()
        app.freeze()
    loop = asyncio.get_running_loop()
    door = _Door(loop)
    door.transport = wire
    body = StreamReader(door, _LARGEST, loop=loop)
    if request.body:
        body.feed_data(request.body)
    body.feed_eof()
    address = URL(request.url)
    told = {"Host": address.authority, **request.headers, "Content-Length": str(len(request.body or b""))}
    headers = CIMultiDictProxy(CIMultiDict(told))
    raw = tuple((name.encode(), value.encode()) for name, value in headers.items())
    target = address.relative()
    message = RawRequestMessage(
        method=request.method,
        path=str(target),
        version=HttpVersion11,
        headers=headers,
        raw_headers=raw,
        should_close=False,
        compression=None,
        upgrade=False,
        chunked=False,
        url=target,
    )
    task = asyncio.current_task()
    return web.Request(message, body, cast("Any", door), _Paper(), cast("Any", task), loop, client_max_size=_LARGEST)


def _body(answer: web.Response) -> bytes:
    body: Any = answer.body
    return bytes(body) if isinstance(body, bytes | bytearray) else b""

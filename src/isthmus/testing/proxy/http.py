"""The proxy before an HTTP service."""

import asyncio
from collections import Counter
from types import TracebackType
from typing import Any, Self, cast

import aiohttp
import msgspec
from aiohttp import web
from yarl import URL

from isthmus.testing.proxy.faults import Fault, Faults
from isthmus.testing.proxy.line import reset

MAX_BODY_BYTES = 128 * 1024 * 1024
#: Of one hop only; the client library sets its own.
_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host"})
#: An answer that comes slowly comes in so many pieces.
PIECES = 20
#: `execute_kw` of Odoo names model and method in these places.
_OBJECT_ARGUMENTS = 5


class Proxy:
    """Passes requests on to `to`, spoilt as its faults say.

    ```python
    async with Proxy("http://127.0.0.1:8102") as proxy:
        proxy.faults.orders.append(Fault("drop", match="sale.order/load", nth=2))
        ...  # use proxy.url instead
        assert proxy.faults.struck() == {"drop": 1}
    ```
    """

    def __init__(self, to: str, *, port: int = 0, host: str = "127.0.0.1", seed: int = 0) -> None:
        """Listen on `port` (0: a free one) once entered."""
        self.faults = Faults(seed)
        self.calls: Counter[str] = Counter()
        self._to = URL(to)
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self._left: set[asyncio.Task[Any]] = set()

    @property
    def url(self) -> str:
        """Return its own address."""
        return f"http://{self._host}:{self._port}"

    async def __aenter__(self) -> Self:
        """Begin to listen. Raises `OSError` when the port is taken."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
        )
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port, reuse_address=True)
        try:
            await site.start()
        except OSError:
            await self.close()
            raise
        self._port = int(self._runner.addresses[0][1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        await self.close()

    async def close(self) -> None:
        """Stop listening and let go of every connection; safe to repeat."""
        if self._runner is not None:
            await self._runner.cleanup()
        for task in self._left:
            task.cancel()
        await asyncio.gather(*self._left, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        name = name_of(request.method, request.path, body)
        self.calls[name] += 1
        struck = self.faults.draw(name)
        for fault in struck:
            if fault.kind == "latency":
                await asyncio.sleep(self.faults.wait_s(fault))
        ending = next((each for each in struck if each.kind in ("reset", "hang", "abandon")), None)
        if ending is not None and ending.kind != "abandon":
            await asyncio.sleep(ending.seconds if ending.kind == "hang" else 0)
            return _gone(request)
        passing = asyncio.create_task(self._pass_on(request, body))
        if ending is not None:
            # The other side goes on with what it was asked, heard or not.
            self._left.add(passing)
            passing.add_done_callback(self._forget)
            await asyncio.sleep(ending.seconds)
            return _gone(request)
        try:
            status, headers, answer = await passing
        except aiohttp.ClientError:
            return _gone(request)  # what cannot be reached behind us cannot be reached through us
        return await self._answer(request, struck, web.Response(status=status, headers=headers, body=answer))

    async def _pass_on(self, request: web.Request, body: bytes) -> tuple[int, dict[str, str], bytes]:
        assert self._session is not None
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
        target = URL(f"{str(self._to).rstrip('/')}{request.raw_path}", encoded=True)
        async with self._session.request(
            request.method, target, data=body or None, headers=headers, allow_redirects=False
        ) as told:
            kept = {name: value for name, value in told.headers.items() if name.lower() not in _HOP}
            return told.status, kept, await told.read()

    async def _answer(
        self, request: web.Request, struck: "list[Fault] | Any", whole: web.Response
    ) -> web.StreamResponse:
        for fault in struck:
            match fault.kind:
                case "drop":
                    return _gone(request)
                case "truncate":
                    return await _in_pieces(request, whole, pieces=2, until=1, seconds=0.0)
                case "slow":
                    return await _in_pieces(request, whole, pieces=PIECES, until=PIECES, seconds=fault.seconds)
                case "bandwidth":
                    seconds = len(_body(whole)) / fault.bytes_per_s
                    return await _in_pieces(request, whole, pieces=PIECES, until=PIECES, seconds=seconds)
                case _:
                    pass
        return whole

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._left.discard(task)
        if not task.cancelled():
            task.exception()  # nobody is left to hear of it


async def _in_pieces(
    request: web.Request, whole: web.Response, *, pieces: int, until: int, seconds: float
) -> web.StreamResponse:
    """Send the first `until` of so many pieces of an answer, spread over `seconds`; then close if some are left."""
    body = _body(whole)
    part = web.StreamResponse(status=whole.status, headers=whole.headers)
    part.content_length = len(body)
    try:
        await part.prepare(request)
        for number in range(until):
            await part.write(body[len(body) * number // pieces : len(body) * (number + 1) // pieces])
            await asyncio.sleep(seconds / pieces)
    except ConnectionResetError:  # whoever asked has not waited for it
        return _gone(request)
    if until < pieces and request.transport is not None:
        request.transport.close()
    return part


def _body(response: web.Response) -> bytes:
    return response.body if isinstance(response.body, bytes) else b""


def _gone(request: web.Request) -> web.StreamResponse:
    reset(request.transport)
    return web.Response(status=502)  # into a connection that is no more


def name_of(method: str, path: str, body: bytes) -> str:
    """Return what `match` looks at: method, path, and the operation where the body names one.

    That is `operationName` of GraphQL, and model and method of Odoo's JSON-RPC: `POST /jsonrpc sale.order.create`.
    """
    try:
        told = msgspec.json.decode(body) if body[:1] == b"{" else None
    except msgspec.DecodeError:
        told = None
    words = [method, path]
    if isinstance(told, dict):
        said = cast("dict[str, Any]", told)
        words += [each for each in (said.get("operationName"), _called(said.get("params"))) if isinstance(each, str)]
    return " ".join(words)


def _called(params: Any) -> str | None:
    if not isinstance(params, dict):
        return None
    said = cast("dict[str, Any]", params)
    args = said.get("args")
    if isinstance(args, list) and len(cast("list[Any]", args)) >= _OBJECT_ARGUMENTS:
        return f"{args[3]}.{args[4]}"
    return f"{said.get('service')}.{said.get('method')}" if "method" in said else None

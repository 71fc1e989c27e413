"""One way to send an HTTP request, and an honest answer about what became of it.

The two failures matter more than the success: `NotSent` means the other side cannot have acted,
`AnswerLost` means it may have. Callers that write must treat them differently.
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import Generator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from errno import EACCES
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

import aiohttp
import msgspec

from isthmus.kit.addresses import Place, place_of

#: No answer of a business API is larger; more means a wrong address or a broken server.
MAX_ANSWER_BYTES = 64 * 1024 * 1024
#: A host that does not accept a connection in this time is down.
CONNECT_SECONDS = 10.0


NEVER_ASKED = "it leads to an address no business system has, such as those clouds hand out keys on"
OWN_NETWORK = "it leads into your own network"
NEVER_CONNECTED = (
    aiohttp.ClientConnectorError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
    aiohttp.ConnectionTimeoutError,
)


class HttpFailure(Exception):
    """The request got no usable answer."""


class NotSent(HttpFailure):
    """The connection was never made: the other side has seen nothing."""


class AnswerLost(HttpFailure):
    """The request left, the answer did not arrive: the other side may have acted."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to send. `operation` names the call in logs and traces."""

    method: str
    url: str
    operation: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | None = None
    timeout_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: any status, whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the decoded body; decimals stay exact. Raises `ValueError` when it is not JSON."""
        try:
            return _DECODER.decode(self.body)
        except (msgspec.DecodeError, RecursionError) as wrong:
            raise ValueError(str(wrong)) from wrong


@dataclass(slots=True)
class Exchange:
    """One request and what became of it, as kept for the trace."""

    request: Request
    started: float
    elapsed_ms: int = 0
    response: Response | None = None
    failure: str | None = None


#: Exchanges made while a piece of work runs are collected here for its trace.
_LOG: ContextVar[list[Exchange] | None] = ContextVar("isthmus_exchanges", default=None)
#: Digits before or after the point of any number in an answer. Ten letters can name a number of a billion digits, and
#: whoever makes an integer or a text of it is busy for hours.
MOST_DIGITS = 60


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if number and abs(number.adjusted()) > MOST_DIGITS:
        message = f"a number of more than {MOST_DIGITS} digits"
        raise ValueError(message)
    return number


# Numbers become Decimal, never float: 10.10 stays 10.10.
_DECODER = msgspec.json.Decoder(float_hook=_number)


@contextlib.contextmanager
def recorded() -> Generator[list[Exchange]]:
    """Collect every exchange made inside the block, in order."""
    log: list[Exchange] = []
    token = _LOG.set(log)
    try:
        yield log
    finally:
        _LOG.reset(token)


class Http:
    """A pool of connections, shared by all connections of one process."""

    def __init__(self, *, limit_per_host: int = 32, own_network: bool = True, way_out: str = "") -> None:
        """Open no socket yet; the pool is made on first use inside the running loop.

        Without `own_network` nothing on this machine or in a private network is connected to, whatever name led there;
        `way_out` then says what to do about it. Addresses clouds hand out keys on are never connected to.
        """
        self._limit = limit_per_host
        self._session: aiohttp.ClientSession | None = None
        self._own_network = own_network
        self._way_out = way_out
        self._outward: list[Http] = []

    def outward(self, way_out: str) -> "Http":
        """Return a pool that does not reach this machine or private networks; it is closed with this one."""
        return self.keep(Http(limit_per_host=self._limit, own_network=False, way_out=way_out))

    def keep(self, other: "Http") -> "Http":
        """Close another pool together with this one, and return it."""
        self._outward.append(other)
        return other

    async def __aenter__(self) -> Self:
        """Return the pool itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every connection."""
        await self.close()

    async def close(self) -> None:
        """Close every connection; the pool may be used again afterwards."""
        for each in self._outward:
            await each.close()
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(self, request: Request) -> Response:
        """Send once and return the answer, whatever its status.

        Raises `NotSent` when no connection was made and `AnswerLost` for everything after that.
        Redirects are not followed: an API that redirects has the wrong address configured.
        """
        exchange = Exchange(request, started=time.time())
        log = _LOG.get()
        if log is not None:
            log.append(exchange)
        began = time.perf_counter()
        try:
            exchange.response = await self._send(request)
        except HttpFailure as failure:
            exchange.failure = f"{type(failure).__name__}: {failure}"
            raise
        finally:
            exchange.elapsed_ms = round((time.perf_counter() - began) * 1000)
        return exchange.response

    async def _send(self, request: Request) -> Response:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, limit_per_host=self._limit, socket_factory=self._socket),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=True,
            )
        try:
            async with self._session.request(
                request.method,
                request.url,
                data=request.body,
                headers=request.headers,
                allow_redirects=False,
                timeout=_timeout(request.timeout_s),
            ) as answer:
                return Response(answer.status, answer.headers, await _read(answer))
        except NEVER_CONNECTED as error:
            raise NotSent(_reason(error)) from error
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError, OSError) as error:
            raise AnswerLost(_reason(error)) from error

    def _socket(self, found: Any) -> socket.socket:
        """Make the socket for an address that a name led to. Raises `PermissionError` for one we do not go to."""
        family, kind, protocol, _, address = found
        where = place_of(str(address[0]))
        if where is Place.NEVER:
            raise PermissionError(EACCES, NEVER_ASKED)
        if where is Place.OWN and not self._own_network:
            raise PermissionError(EACCES, f"{OWN_NETWORK}: {self._way_out}")
        return socket.socket(family, kind, protocol)


@lru_cache(maxsize=32)
def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in answer.content.iter_any():
        size += len(part)
        if size > MAX_ANSWER_BYTES:
            message = f"answer larger than {MAX_ANSWER_BYTES} bytes"
            raise AnswerLost(message)
        parts.append(part)
    return b"".join(parts)


def _reason(error: BaseException) -> str:
    if isinstance(error, aiohttp.ClientConnectorError):
        # The library's own words carry addresses of sockets that help nobody.
        return f"no connection to {error.host}:{error.port} ({error.os_error.strerror or error.os_error})"
    return str(error) or type(error).__name__

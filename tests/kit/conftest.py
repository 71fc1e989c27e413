"""A server that answers in every way a server can fail."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from isthmus.kit.http import Http

#: What the server has really received, whatever it answered.
RECEIVED: web.AppKey[list[str]] = web.AppKey("received", list)


def _cut(request: web.Request) -> None:
    assert request.transport is not None
    request.transport.abort()


async def _echo(request: web.Request) -> web.StreamResponse:
    request.app[RECEIVED].append(request.path)
    return web.json_response({"body": (await request.text()), "x": request.headers.get("X-Mark", "")}, status=201)


async def _reset(request: web.Request) -> web.StreamResponse:
    request.app[RECEIVED].append(request.path)
    await request.read()
    _cut(request)
    return web.Response()


async def _truncated(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    answer.content_length = 1000
    await answer.prepare(request)
    await answer.write(b'{"half":')
    _cut(request)
    return answer


async def _hang(request: web.Request) -> web.StreamResponse:
    request.app[RECEIVED].append(request.path)
    await asyncio.sleep(5)
    return web.Response()


async def _elsewhere(request: web.Request) -> web.StreamResponse:
    request.app[RECEIVED].append(request.path)
    return web.Response(status=307, headers={"Location": "/echo"})


async def _large(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    for _ in range(64):
        await answer.write(b"x" * 1024)
    await answer.write_eof()
    return answer


async def _cookie(request: web.Request) -> web.StreamResponse:
    answer = web.json_response({"cookie": request.headers.get("Cookie", "")})
    answer.set_cookie("session", "secret")
    return answer


@pytest.fixture
async def server() -> AsyncIterator[tuple[str, list[str]]]:
    """Yield the address and the list of what arrived."""
    app = web.Application()
    received: list[str] = []
    app[RECEIVED] = received
    for path, handler in {
        "/echo": _echo,
        "/reset": _reset,
        "/truncated": _truncated,
        "/hang": _hang,
        "/elsewhere": _elsewhere,
        "/large": _large,
        "/cookie": _cookie,
    }.items():
        app.router.add_route("*", path, handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}", received
    await runner.cleanup()


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as pool:
        yield pool

"""What the tests of the Shopify connector stand on: a pace that never waits, a scripted server, a shop."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from isthmus.connectors.shopify import CONNECTOR
from isthmus.kit.http import Http
from isthmus.ports.connector import Session, Tools

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
SECRET = "demo-secret"
Script = Callable[[web.Request, dict[str, Any]], web.StreamResponse]


@dataclass
class FixedClock:
    """A clock that stands still and counts what it was asked to wait."""

    slept: list[float] = field(default_factory=list[float])

    def now(self) -> datetime:
        return NOW

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@dataclass
class Paper:
    """A pace that only writes down what it was told."""

    taken: list[float] = field(default_factory=list[float])
    learned: list[dict[str, float]] = field(default_factory=list[dict[str, float]])
    backed_off: list[float] = field(default_factory=list[float])

    @asynccontextmanager
    async def slot(self, cost: float = 1.0, **_more: str) -> AsyncGenerator[None]:
        self.taken.append(cost)
        yield

    def learn(self, *, available: float, capacity: float, per_second: float) -> None:
        self.learned.append({"available": available, "capacity": capacity, "per_second": per_second})

    def back_off(self, seconds: float) -> None:
        self.backed_off.append(seconds)


@dataclass
class Endpoint:
    """A server that plays a script and remembers what it was asked."""

    script: list[Script] = field(default_factory=list[Script])
    asked: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    tokens: list[str] = field(default_factory=list[str])
    forms: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    grants: list[Callable[[], web.Response]] = field(default_factory=list[Callable[[], web.Response]])

    async def graphql(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.asked.append(body)
        self.tokens.append(request.headers["X-Shopify-Access-Token"])
        play = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return play(request, body)

    async def grant(self, request: web.Request) -> web.Response:
        self.forms.append(dict(await request.post()))
        return self.grants.pop(0)() if len(self.grants) > 1 else self.grants[0]()

    @property
    def variables(self) -> list[dict[str, Any]]:
        return [asked["variables"] for asked in self.asked]


def answered(content: Any, **extra: Any) -> Script:
    """Return a script step that answers with `data`."""

    def play(_request: web.Request, _body: dict[str, Any]) -> web.Response:
        return web.json_response({"data": content, **extra})

    return play


def raw(body: bytes | str, status: int = 200, content_type: str = "application/json", **headers: str) -> Script:
    """Return a script step that answers with exactly this."""

    def play(_request: web.Request, _body: dict[str, Any]) -> web.Response:
        encoded = body.encode() if isinstance(body, str) else body
        return web.Response(body=encoded, status=status, content_type=content_type, headers=headers)

    return play


def failed(code: str, message: str = "no", **extensions: Any) -> Script:
    """Return a script step that answers with one top-level error."""
    error = {"message": message, "extensions": {"code": code, **extensions}}
    return raw(json.dumps({"data": None, "errors": [error]}))


def dropped(request: web.Request, _body: dict[str, Any]) -> web.Response:
    """Cut the connection after the request arrived."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def cost(requested: float, available: float, *, capacity: float = 2000.0, restore: float = 100.0) -> dict[str, Any]:
    """Return `extensions.cost` as Shopify states it."""
    status = {"maximumAvailable": capacity, "currentlyAvailable": available, "restoreRate": restore}
    return {"cost": {"requestedQueryCost": requested, "actualQueryCost": requested, "throttleStatus": status}}


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """Serve on a free port of this machine and yield the address."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def scripted(endpoint: Endpoint, pace: Paper | None = None, **settings: str) -> AsyncIterator[Session]:
    """Open a session against a scripted endpoint."""
    app = web.Application()
    app.router.add_post("/admin/api/{version}/graphql.json", endpoint.graphql)
    app.router.add_post("/admin/oauth/access_token", endpoint.grant)
    async with serving(app) as url, opened(url, pace, **settings) as session:
        yield session


@asynccontextmanager
async def opened(url: str, pace: Paper | None = None, **settings: str) -> AsyncIterator[Session]:
    """Open a session against an address."""
    entered = {"url": url, "access_token": "demo-token", "client_secret": SECRET} | settings
    async with Http() as http:
        yield CONNECTOR.open(entered, Tools("shop", http, FixedClock(), pace or Paper()))

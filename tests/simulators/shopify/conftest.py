"""A simulated shop on a free port, and a caller who knows nothing of our connector."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from isthmus.simulators.shopify import ShopifyWorld
from isthmus.simulators.shopify.settings import Settings
from isthmus.simulators.stage import serve, stage

FAST = Settings(restore_per_s=1e6, webhook_gaps_s=(0.01,) * 8, webhook_answer_s=0.5, announce_s=0.5)


@dataclass(slots=True)
class Caller:
    """Somebody with a token."""

    world: ShopifyWorld
    base: str
    http: aiohttp.ClientSession

    async def post(self, path: str, *, token: str | None = "demo-token", **options: Any) -> aiohttp.ClientResponse:
        headers = {"X-Shopify-Access-Token": token} if token else {}
        async with self.http.post(self.base + path, headers=headers, **options) as answer:
            await answer.read()
            return answer

    async def ask(self, query: str, *, version: str = "2026-07", **variables: Any) -> dict[str, Any]:
        answer = await self.post(
            f"/admin/api/{version}/graphql.json", json={"query": query, "variables": variables or None}
        )
        assert answer.status == 200
        return await answer.json()

    async def data(self, query: str, **variables: Any) -> dict[str, Any]:
        body = await self.ask(query, **variables)
        assert "errors" not in body, body["errors"]
        return body["data"]

    async def sim(self, path: str, **wish: Any) -> dict[str, Any]:
        answer = await self.post(f"/__sim/{path}", json=wish, token=None)
        return await answer.json()


Opener = Callable[..., Awaitable[Caller]]


@pytest.fixture
async def open_shop() -> AsyncIterator[Opener]:
    """Return a function that opens a shop on a free port; every one is closed afterwards."""
    runners: list[Any] = []
    sessions: list[aiohttp.ClientSession] = []

    async def opened(seed: str | None = None, callback: str | None = None, settings: Settings = FAST) -> Caller:
        world = ShopifyWorld(seed, callback, settings)
        runner = await serve(stage(world), port=0)
        runners.append(runner)
        session = aiohttp.ClientSession()
        sessions.append(session)
        port = runner.addresses[0][1]
        return Caller(world, f"http://127.0.0.1:{port}", session)

    yield opened
    for session in sessions:
        await session.close()
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def shop(open_shop: Opener) -> Caller:
    """Return a shop with goods and without orders."""
    return await open_shop()


@pytest.fixture
async def busy_shop(open_shop: Opener) -> Caller:
    """Return the demonstration's shop, 500 orders and all."""
    return await open_shop("demo")

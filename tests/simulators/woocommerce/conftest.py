"""A simulated shop on a free port, and a caller who knows nothing of our connector."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from isthmus.simulators.stage import serve, stage
from isthmus.simulators.woocommerce import CONSUMER_KEY, CONSUMER_SECRET, WooCommerceWorld
from isthmus.simulators.woocommerce.settings import Settings

FAST = Settings(cron_s=0.01, webhook_answer_s=0.5, announce_s=0.2)
V3 = "/wp-json/wc/v3"
KEY = (CONSUMER_KEY, CONSUMER_SECRET)
Credentials = tuple[str, str]


@dataclass(slots=True)
class Answer:
    """What came back, read to the end."""

    status: int
    headers: Any
    text: str
    body: Any


@dataclass(slots=True)
class Caller:
    """Somebody with a key."""

    world: WooCommerceWorld
    base: str
    http: aiohttp.ClientSession

    async def send(
        self,
        method: str,
        path: str,
        *,
        auth: Credentials | None = KEY,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> Answer:
        basic = {"Authorization": aiohttp.encode_basic_auth(*auth)} if auth else {}
        async with self.http.request(
            method, self.base + path, headers={**basic, **(headers or {})}, allow_redirects=False, **more
        ) as answer:
            text = await answer.text()
            body = await answer.json(content_type=None) if answer.content_type == "application/json" else None
            return Answer(answer.status, answer.headers, text, body)

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self.send("GET", V3 + path, params={name: str(value) for name, value in params.items()})
        assert answer.status == 200, answer.text
        return answer.body

    async def post(self, path: str, **body: Any) -> Any:
        answer = await self.send("POST", V3 + path, json=body)
        assert answer.status in {200, 201}, answer.text
        return answer.body

    async def put(self, path: str, **body: Any) -> Any:
        answer = await self.send("PUT", V3 + path, json=body)
        assert answer.status == 200, answer.text
        return answer.body

    async def refused(self, method: str, path: str, **options: Any) -> tuple[int, str]:
        """Return status and code of a refusal."""
        answer = await self.send(method, V3 + path, **options)
        assert answer.body["data"]["status"] == answer.status
        return answer.status, answer.body["code"]

    async def sim(self, path: str, **wish: Any) -> dict[str, Any]:
        answer = await self.send("POST", f"/__sim/{path}", auth=None, json=wish)
        return answer.body


Opener = Callable[..., Awaitable[Caller]]


@pytest.fixture
async def open_shop() -> AsyncIterator[Opener]:
    """Return a function that opens a shop on a free port; every one is closed afterwards."""
    runners: list[Any] = []
    sessions: list[aiohttp.ClientSession] = []

    async def opened(
        seed: str | None = None, callback: str | None = None, settings: Settings = FAST, **more: Any
    ) -> Caller:
        world = WooCommerceWorld(seed, callback, settings, **more)
        runner = await serve(stage(world), port=0)
        runners.append(runner)
        session = aiohttp.ClientSession()
        sessions.append(session)
        return Caller(world, f"http://127.0.0.1:{runner.addresses[0][1]}", session)

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

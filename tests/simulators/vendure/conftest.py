"""A simulated shop on a free port, and a caller who knows nothing of our connector."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from isthmus.simulators.stage import serve, stage
from isthmus.simulators.vendure import LOGIN, PASSWORD, VendureWorld
from isthmus.simulators.vendure.settings import Settings

FAST = Settings(poll_s=0.01, retry_s=0.05, webhook_answer_s=0.5, announce_s=0.2)
ADMIN = "/admin-api"
SIGN_IN = """mutation($u:String!,$p:String!){login(username:$u,password:$p,rememberMe:true){__typename
  ... on CurrentUser{id identifier channels{code token permissions}} ... on ErrorResult{errorCode message}}}"""


@dataclass(slots=True)
class Answer:
    """What came back, read to the end."""

    status: int
    headers: Any
    body: Any


@dataclass(slots=True)
class Caller:
    """Somebody with an account."""

    world: VendureWorld
    base: str
    http: aiohttp.ClientSession
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def post(self, body: Any, path: str = ADMIN, **headers: str) -> Answer:
        """Send a body as it is."""
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        told = {"data": body} if isinstance(body, str | bytes) else {"json": body}
        async with self.http.post(self.base + path, headers={**bearer, **self.headers, **headers}, **told) as answer:
            content = await answer.json() if answer.content_type == "application/json" else await answer.text()
            return Answer(answer.status, answer.headers, content)

    async def send(self, query: str, **variables: Any) -> Answer:
        return await self.post({"query": query, "variables": variables})

    async def ask(self, query: str, **variables: Any) -> Any:
        """Return what an operation answered that goes well."""
        answer = await self.send(query, **variables)
        assert answer.status == 200, answer.body
        assert "errors" not in answer.body, answer.body
        return answer.body["data"]

    async def one(self, query: str, **variables: Any) -> Any:
        """Return what the only root field answered."""
        [value] = (await self.ask(query, **variables)).values()
        return value

    async def refused(self, query: str, **variables: Any) -> tuple[int, str | None]:
        """Return status and code of a refusal."""
        answer = await self.send(query, **variables)
        return answer.status, answer.body["errors"][0].get("extensions", {}).get("code")

    async def sign_in(self, login: str = LOGIN, password: str = PASSWORD) -> Answer:
        answer = await self.send(SIGN_IN, u=login, p=password)
        self.token = answer.headers.get("vendure-auth-token") or self.token
        return answer

    async def sim(self, path: str, **wish: Any) -> dict[str, Any]:
        return (await self.post(wish, f"/__sim/{path}")).body

    def bought(self, reference: str) -> Any:
        """Return an order from the inside."""
        found = self.world.shop.order(reference)
        assert found is not None
        return found


Opener = Callable[..., Awaitable[Caller]]


@pytest.fixture
async def open_shop() -> AsyncIterator[Opener]:
    """Return a function that opens a shop on a free port; every one is closed afterwards."""
    runners: list[Any] = []
    sessions: list[aiohttp.ClientSession] = []

    async def opened(
        seed: str | None = None, callback: str | None = None, settings: Settings = FAST, **more: Any
    ) -> Caller:
        world = VendureWorld(seed, callback, settings, **more)
        runner = await serve(stage(world), port=0)
        runners.append(runner)
        session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        sessions.append(session)
        return Caller(world, f"http://127.0.0.1:{runner.addresses[0][1]}", session)

    yield opened
    for session in sessions:
        await session.close()
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def shop(open_shop: Opener) -> Caller:
    """Return a shop with goods and without orders, and somebody who may do everything in it."""
    caller = await open_shop()
    await caller.sign_in("superadmin")
    return caller


@pytest.fixture
async def busy_shop(open_shop: Opener) -> Caller:
    """Return the demonstration's shop, 500 orders and all."""
    caller = await open_shop("demo")
    await caller.sign_in("superadmin")
    return caller

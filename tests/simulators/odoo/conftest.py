"""One simulated Odoo per test, behind a real socket, and callers for its protocols."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp.test_utils import TestClient, TestServer

from isthmus.simulators.odoo import SIMULATOR
from isthmus.simulators.stage import stage
from tests.simulators.odoo.caller import Caller

Start = Callable[..., Awaitable[Caller]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Start a simulator from a seed such as "demo@17" and return its caller."""
    clients: list[TestClient] = []

    async def starter(seed: str = "demo", **who: str) -> Caller:
        world = SIMULATOR.build(seed, None)
        client = TestClient(TestServer(stage(world)))
        await client.start_server()
        clients.append(client)
        return Caller(client, world, **who)

    yield starter
    for client in clients:
        await client.close()


@pytest.fixture
async def odoo(start: Start) -> Caller:
    """The newest version with the demonstration's assortment."""
    return await start("demo")

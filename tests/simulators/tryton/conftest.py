"""One simulated Tryton per test, behind a real socket, and callers for it."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from isthmus.simulators.stage import stage
from isthmus.simulators.tryton import SIMULATOR, TrytonWorld
from tests.simulators.tryton.caller import Caller

Start = Callable[..., Awaitable[Caller]]


@pytest.fixture
def world() -> TrytonWorld:
    """An installed Tryton with ten products."""
    return SIMULATOR.build("skus:10", None)


@pytest.fixture
async def start(world: TrytonWorld) -> AsyncIterator[Start]:
    """Start the simulator and return a caller; keyword arguments say who."""
    server = TestServer(stage(world))
    await server.start_server()
    async with ClientSession(auto_decompress=False) as session:

        async def starter(**who: str) -> Caller:
            return Caller(session, str(server.make_url("")).rstrip("/"), **who)

        yield starter
    await server.close()


@pytest.fixture
async def tryton(start: Start) -> Caller:
    """The user who may do everything."""
    return await start()

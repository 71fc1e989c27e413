"""What the tests of the web face stand on."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.web.stand import Stand, standing


@pytest_asyncio.fixture
async def stand() -> AsyncIterator[Stand]:
    """Return a served project with nothing in it."""
    async with standing() as made:
        yield made

"""Fixtures of the Tryton tests."""

from collections.abc import AsyncIterator

import pytest

from tests.connectors.tryton.stand import Stand, standing


@pytest.fixture
async def erp() -> AsyncIterator[Stand]:
    """A simulated Tryton 8.2 and a session to it."""
    async with standing() as stand:
        yield stand

"""Fixtures of the Odoo tests."""

from collections.abc import AsyncIterator

import pytest

from tests.connectors.odoo.stand import Stand, standing

VERSIONS = (14, 15, 16, 17, 18, 19)


@pytest.fixture(params=VERSIONS, ids=lambda version: f"odoo{version}")
async def each(request: pytest.FixtureRequest) -> AsyncIterator[Stand]:
    """Every version in turn, in its own protocol."""
    async with standing(request.param) as stand:
        yield stand


@pytest.fixture(params=(17, 19), ids=("jsonrpc", "json2"))
async def erp(request: pytest.FixtureRequest) -> AsyncIterator[Stand]:
    """One version of each protocol."""
    async with standing(request.param) as stand:
        yield stand

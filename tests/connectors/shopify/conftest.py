"""A simulated shop with 20 orders of its own and no limit in the way."""

from collections.abc import AsyncIterator

import pytest

from isthmus.ports.connector import Session
from isthmus.simulators.shopify import ShopifyWorld
from isthmus.simulators.shopify.settings import Settings
from isthmus.simulators.stage import stage
from tests.connectors.shopify.harness import opened, serving


@pytest.fixture
def world() -> ShopifyWorld:
    return ShopifyWorld(None, None, Settings(restore_per_s=100_000.0, bucket_size=1_000_000.0))


@pytest.fixture
async def shop(world: ShopifyWorld) -> AsyncIterator[Session]:
    async with serving(stage(world)) as url, opened(url) as session:
        yield session

"""Two processes read the same order at the same time: what counts is when they read, not who wrote last."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from isthmus.canonical.order import Order
from isthmus.engine.mirror import Absorbed
from isthmus.kit.clock import to_micros
from isthmus.store.base import Store
from isthmus.store.open import open_store
from isthmus.testing.builders import a_line, an_order
from tests.flows.conftest import Trade, trading
from tests.store.conftest import BOTH, address_of


@pytest.fixture(params=BOTH)
async def url(request: pytest.FixtureRequest) -> str:
    return await address_of(request)


@pytest.fixture
async def trade(url: str) -> AsyncIterator[Trade]:
    async with trading(database=url) as made:
        yield made


async def reading(trade: Trade, order: Order, second: int, *, gone: bool = False) -> Absorbed:
    """Compare with the mirror as it is now; somebody else may do so before either has written."""
    return await trade.harness.engine.absorb(
        "shop",
        "order",
        [] if gone else [order],
        read_at=trade.clock._now + timedelta(seconds=second),
        gone=[order.external_id] if gone else [],
    )


async def taken(store: Store) -> dict[str, str]:
    rows = await store.read("in_flight", source="erp", shop="shop", items="[]", skus='["MUG", "LAMP"]')
    return {row["sku"]: row["wanted"] for row in rows}


async def test_the_older_reading_that_is_written_last_takes_nothing_from_stock(trade: Trade) -> None:
    older = await reading(trade, an_order("1", a_line("MUG", quantity=2), a_line("LAMP", quantity=1)), 1)
    newer = await reading(trade, an_order("1", a_line("MUG", quantity=5)), 2)
    await trade.harness.store.write(*newer.steps)
    await trade.harness.store.write(*older.steps)
    assert await taken(trade.harness.store) == {"MUG": "5"}


async def test_the_newer_reading_that_is_written_last_replaces_what_the_older_took(trade: Trade) -> None:
    older = await reading(trade, an_order("1", a_line("MUG", quantity=2), a_line("LAMP", quantity=1)), 1)
    newer = await reading(trade, an_order("1", a_line("MUG", quantity=5)), 2)
    await trade.harness.store.write(*older.steps)
    await trade.harness.store.write(*newer.steps)
    assert await taken(trade.harness.store) == {"MUG": "5", "LAMP": "0"}


async def test_the_older_version_that_was_asked_for_later_takes_nothing_from_stock(trade: Trade) -> None:
    stamp = trade.clock._now
    newer = await reading(trade, an_order("1", a_line("MUG", quantity=5), changed_at=stamp + timedelta(seconds=9)), 1)
    older = await reading(trade, an_order("1", a_line("MUG", quantity=2), changed_at=stamp), 2)
    await trade.harness.store.write(*newer.steps)
    await trade.harness.store.write(*older.steps)
    assert await taken(trade.harness.store) == {"MUG": "5"}


async def test_an_order_found_gone_by_an_older_look_keeps_its_hold_on_stock(trade: Trade) -> None:
    order = an_order("1", a_line("MUG", quantity=2))
    await trade.harness.store.write(*(await reading(trade, order, 1)).steps)
    older = await reading(trade, order, 2, gone=True)
    newer = await reading(trade, an_order("1", a_line("MUG", quantity=5)), 3)
    await trade.harness.store.write(*newer.steps)
    await trade.harness.store.write(*older.steps)
    assert await taken(trade.harness.store) == {"MUG": "5"}


async def test_a_look_that_saw_no_change_does_not_vouch_for_what_it_did_not_see(trade: Trade) -> None:
    first = an_order("1", a_line("MUG", quantity=2))
    await trade.harness.store.write(*(await reading(trade, first, 1)).steps)
    other = await reading(trade, an_order("1", a_line("MUG", quantity=5)), 2)
    seen_at = trade.clock._now + timedelta(seconds=3)
    same = await reading(trade, first, 3)
    await trade.harness.store.write(*other.steps)
    await trade.harness.store.write(*same.steps)
    (row,) = await trade.harness.store.read("record", connection="shop", kind="order", external_id=first.external_id)
    assert row["read_at"] < to_micros(seen_at)


@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgres"], indirect=True)  # a file database has one writer
async def test_whoever_is_quicker_what_orders_take_is_what_the_newest_reading_says(
    url: str, trade: Trade, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = await open_store(url, tmp_path_factory.mktemp("other"))
    try:
        for each in range(40):
            older = await reading(trade, an_order("1", a_line("MUG", quantity=100 + each)), 2 * each)
            newer = await reading(trade, an_order("1", a_line("MUG", quantity=200 + each)), 2 * each + 1)
            await asyncio.gather(trade.harness.store.write(*older.steps), other.write(*newer.steps))
            assert await taken(other) == {"MUG": str(200 + each)}
    finally:
        await other.close()

"""Rows many processes draw from: changed at once, exactly, and not behind anything else."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from isthmus.store.base import Store
from isthmus.store.group import StoreError
from isthmus.store.open import open_store
from isthmus.store.statement import say
from tests.store.conftest import Opener
from tests.store.ledger import mark

STREAM = {"connection": "shop", "kind": "order"}
DRAW = {**STREAM, "token": "t", "cursor": "c", "lease_until": 9, "read_count": 1, "changed_count": 0}


async def drawn_from(store: Store) -> None:
    """Make a row that counts."""
    await store.write(
        say("declare_stream", **STREAM, every_s=60, now=0),
        say("claim_stream", mine='["shop/order"]', now=0, lease_until=9, token="t"),
    )


async def test_each_draw_counts_once_however_many_draw(store: Store, opener: Opener) -> None:
    await drawn_from(store)
    stores = [store, await opener(), await opener()]
    answers = await asyncio.gather(*(each.now("advance_stream", **DRAW) for each in stores for _ in range(40)))
    assert [list(map(dict, rows)) for rows in answers] == [[{"kind": "order"}]] * 120
    assert (await store.read("stream", **STREAM))[0]["read_count"] == 120


async def test_a_draw_is_seen_by_everybody_at_once(store: Store, opener: Opener) -> None:
    await drawn_from(store)
    other = await opener()
    await store.now("advance_stream", **DRAW)
    assert (await other.read("stream", **STREAM))[0]["read_count"] == 1


async def test_what_touches_nothing_returns_nothing(store: Store) -> None:
    assert await store.now("advance_stream", **DRAW) == []


async def test_a_draw_that_breaks_a_rule_fails_and_the_next_does_not(store: Store) -> None:
    await drawn_from(store)
    with pytest.raises(StoreError):
        await store.now("advance_stream", **{**DRAW, "lease_until": 2**70})
    with pytest.raises(StoreError):
        await store.now("declare_stream", connection="x", kind=None, every_s=1, now=0)
    assert await store.now("advance_stream", **DRAW)


@pytest.mark.parametrize("connections", [2, 3, 4, 7])
async def test_it_works_however_few_connections_there_are(new_database: str, connections: int) -> None:
    store = await open_store(new_database, Path(), connections=connections)
    await store.migrate()
    await drawn_from(store)
    await asyncio.gather(*(store.now("advance_stream", **DRAW) for _ in range(20)))
    assert (await store.read("stream", **STREAM))[0]["read_count"] == 20
    await store.close()


async def test_it_does_not_queue_behind_groups(new_database: str) -> None:
    store = await open_store(new_database, Path())
    await store.migrate()
    await drawn_from(store)
    await mark(store, "1")
    other = await asyncpg.connect(new_database)
    transaction = other.transaction()
    await transaction.start()
    await other.execute("UPDATE job SET wanted = wanted")
    waiting: list[asyncio.Task[None]] = []
    for _ in range(4):  # more than there are lanes
        waiting.append(asyncio.create_task(mark(store, "1")))
        await asyncio.sleep(0)
    assert await store.now("advance_stream", **DRAW)
    assert not any(each.done() for each in waiting)
    await transaction.rollback()
    await asyncio.gather(*waiting)
    await other.close()
    await store.close()


async def test_only_what_is_drawn_may_be_forgotten_in_a_power_cut(new_database: str) -> None:
    admin = await asyncpg.connect(new_database)
    name = await admin.fetchval("SELECT quote_ident(current_database())")
    for default in ("off", "remote_write"):
        await admin.execute(f"ALTER DATABASE {name} SET synchronous_commit = {default}")
        store = await open_store(new_database, Path())
        async with store._pool.use() as durable, store._hasty.use() as hasty:
            said = [await each.fetchval("SHOW synchronous_commit") for each in (durable, hasty)]
        await store.close()
        # A server that acknowledges too early is set right; one that waits for standbys is left to its owner.
        assert said == ["on" if default == "off" else default, "off"]
    await admin.close()

"""Through PgBouncer: nothing that belongs to a session is relied on, and nothing is left in one."""

import asyncio
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from isthmus.store.base import Store
from isthmus.store.group import StoreError
from isthmus.store.migrate import migrations
from isthmus.store.open import open_store
from isthmus.store.postgres.address import Address
from isthmus.store.statement import Many, say
from tests.store.ledger import attempt, claim, finishing, job, mark
from tests.store.servers import find_pgbouncer, pgbouncer
from tests.store.test_migrations import RACER

pytestmark = [
    pytest.mark.skipif(find_pgbouncer() is None, reason="no PgBouncer: install pgbouncer"),
    pytest.mark.slow,
]
SETTINGS = ("lock_timeout", "synchronous_commit", "idle_in_transaction_session_timeout")


@pytest.fixture(params=["transaction", "session"])
def through(request: pytest.FixtureRequest, new_database: str) -> Iterator[str]:
    """Address of an empty database behind PgBouncer; sessions are not shared, so they need more."""
    with pgbouncer(new_database, request.param, size=2 if request.param == "transaction" else 30) as url:
        yield url


@pytest.fixture
def shared(new_database: str) -> Iterator[str]:
    with pgbouncer(new_database, "transaction") as url:
        yield url


async def work(store: Store, who: int) -> None:
    """Do everything a worker does, with reads in between."""
    for turn in range(5):
        subjects = [f"{who}-{turn}-{number}" for number in range(6)]
        await asyncio.gather(*(mark(store, each, flow=f"flow{who}") for each in subjects))
        jobs = await claim(store, flow=f"flow{who}")
        assert sorted(each["subject"] for each in jobs) == subjects
        reads = [job(store, each, flow=f"flow{who}") for each in subjects]
        states = [each["state"] for each in await asyncio.gather(*reads)]
        assert states == ["running"] * len(subjects)
        await asyncio.gather(
            *(store.write(finishing(each), Many("add_attempt", [attempt(f"{each['subject']}")])) for each in jobs)
        )
        await store.now("connection_state", name="shop", state=f"{who}-{turn}", code="", because="", now=turn)


async def test_many_clients_share_two_server_connections(through: str, new_database: str) -> None:
    stores = [await open_store(through, Path()) for _ in range(3)]
    await stores[0].migrate()
    await stores[0].write(say("declare_connection", name="shop", connector="x"))
    await asyncio.gather(*(work(store, who) for who, store in enumerate(stores)))
    for store in stores:
        await store.close()
    direct = await open_store(new_database, Path())
    attempts = await direct.read("attempts_of", flow="orders", subject="1")
    assert len(attempts) == 3 * 5 * 6
    await direct.close()


async def test_what_a_direct_connection_relies_on_is_refused_or_breaks(shared: str) -> None:
    with pytest.raises(asyncpg.PostgresError, match="unsupported startup parameter"):
        await Address(shared, pooled=False, hasty=False).connect()


async def test_a_pooler_is_found_out_and_said_once(
    through: str, new_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "isthmus.store")
    store = await open_store(through, Path())
    await store.listen(lambda: None)
    assert store.wake_ups == "polling"
    assert [each.levelname for each in caplog.records if "pooler" in each.message] == ["INFO"]
    await store.close()
    direct = await open_store(new_database, Path())
    await direct.listen(lambda: None)
    assert direct.wake_ups == "notifications"
    await direct.close()


async def test_several_processes_migrate_once_through_a_pooler(through: str, new_database: str) -> None:
    racers = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", RACER, through, "/", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    applied = [name for each in racers for name in (await each.communicate())[0].decode().split()]
    assert sorted(applied) == [each.name for each in migrations("postgres")]
    connection = await asyncpg.connect(new_database)
    assert await connection.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0
    await connection.close()


async def test_no_setting_of_ours_is_left_in_a_server_connection(shared: str, new_database: str) -> None:
    store = await open_store(shared, Path())
    await store.migrate()
    await store.write(say("declare_connection", name="shop", connector="x"))
    await work(store, 0)
    await store.close()
    untouched, used = await asyncpg.connect(new_database), await asyncpg.connect(shared, statement_cache_size=0)
    for name in SETTINGS:
        assert await used.fetchval(f"SHOW {name}") == await untouched.fetchval(f"SHOW {name}"), name
    await untouched.close()
    await used.close()


async def test_a_value_that_cannot_be_sent_does_not_keep_the_server_connection(new_database: str) -> None:
    with pgbouncer(new_database, "transaction", size=1) as url:
        one, other = await open_store(url, Path(), connections=2), await open_store(url, Path(), connections=2)
        await one.migrate()
        for attempted in (one.read("recent_runs", since=2**70), one.write(say("hasten_streams", now=2**70))):
            with pytest.raises(StoreError):
                await attempted
            await mark(other, "1")
        assert (await job(other, "1"))["wanted"] == 2
        await one.close()
        await other.close()


async def test_statement_pooling_is_refused_at_start(new_database: str) -> None:
    with (
        pgbouncer(new_database, "statement") as url,
        pytest.raises(StoreError, match="not allowed in statement pooling mode"),
    ):
        await open_store(url, Path())


async def test_a_pooler_without_room_says_what_to_do(new_database: str) -> None:
    with pgbouncer(new_database, "transaction", clients=3) as url, pytest.raises(StoreError, match="connections"):
        await open_store(url, Path(), connections=5)

"""The server restarts, the network is cut, a row is locked, connections run out: it is said soon, and it passes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from isthmus.store.base import Store
from isthmus.store.group import StoreError
from isthmus.store.open import open_store
from isthmus.store.postgres import address, commit, pool, wake
from isthmus.store.statement import Many, say
from tests.store.ledger import attempt, claim, delivery, job, mark
from tests.store.servers import Restartable, find_pgbouncer, pgbouncer, restartable, wire

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture
async def store(new_database: str) -> AsyncIterator[Store]:
    opened = await open_store(new_database, Path())
    await opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture
def server(
    postgres_admin_url: str,
) -> Iterator[Restartable]:  # asked for, because it skips where there is no PostgreSQL
    assert postgres_admin_url
    with restartable() as started:
        yield started


@asynccontextmanager
async def locked(database: str, what: str) -> AsyncIterator[None]:
    """Hold a lock in a transaction somebody forgot."""
    connection = await asyncpg.connect(database)
    await connection.execute("BEGIN")
    await connection.execute(what)
    yield
    await connection.execute("ROLLBACK")
    await connection.close()


async def busy(store: Store, who: str, kept: set[str], failed: list[str], stopping: asyncio.Event) -> None:
    """Write and read until told to stop, and remember what was acknowledged."""
    number = 0
    while not stopping.is_set():
        number += 1
        name = f"{who}-{number}"
        try:
            await store.write(Many("take_delivery", [delivery(name)]))
            kept.add(name)
            await mark(store, name)
            await store.read("inbox_waiting")
        except StoreError as wrong:
            failed.append(str(wrong))
            await asyncio.sleep(0.01)  # as its callers do, only sooner


async def reach(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in a server
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("through", ["direct", "pgbouncer"])
async def test_a_restart_in_mid_run_loses_nothing_acknowledged_and_needs_no_restart_of_ours(
    server: Restartable, through: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wake, "FIRST_WAIT_S", 0.05)
    monkeypatch.setattr(pool, "PAUSE_S", 0.05)
    if through == "direct":
        await survive(server, server.url)
    elif find_pgbouncer() is None:
        pytest.skip("no PgBouncer: install pgbouncer")
    else:
        monkeypatch.setattr(address, "COMMAND_S", 5.0)  # PgBouncer holds its clients while the server is away
        with pgbouncer(server.url.partition("?")[0], "transaction") as url:
            await survive(server, url)


async def survive(server: Restartable, url: str) -> None:
    store = await open_store(url, Path())
    await store.migrate()
    kept: set[str] = set()
    failed: list[str] = []
    stopping = asyncio.Event()
    await store.listen(lambda: None)
    ways = store.wake_ups
    working = [asyncio.create_task(busy(store, str(who), kept, failed, stopping)) for who in range(6)]
    for _ in range(2):
        before = len(kept)
        await reach(lambda before=before: len(kept) > before + 60)
        await asyncio.to_thread(server.stop)
        missed = len(failed)
        await reach(lambda missed=missed: len(failed) > missed + 6)
        await asyncio.to_thread(server.start)
    after = len(kept)
    await reach(lambda: len(kept) > after + 60 and store.wake_ups == ways)
    stopping.set()
    await asyncio.gather(*working)  # nothing hangs, and nothing but StoreError was raised
    connection = await asyncpg.connect(server.url)
    there = {row["delivery_id"] for row in await connection.fetch("SELECT delivery_id FROM inbox")}
    await connection.close()
    assert kept <= there
    await store.close()


async def test_a_process_that_is_cut_off_is_told_and_goes_on_when_the_network_is_back(
    new_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for where, name in ((address, "COMMAND_S"), (address, "CONNECT_S"), (pool, "FAREWELL_S"), (wake, "FAREWELL_S")):
        monkeypatch.setattr(where, name, 0.5)
    monkeypatch.setattr(pool, "PAUSE_S", 0.05)
    monkeypatch.setattr(wake, "BEAT_S", 0.1)
    monkeypatch.setattr(wake, "ANSWER_S", 0.3)
    monkeypatch.setattr(wake, "FIRST_WAIT_S", 0.05)
    async with wire(new_database) as line:
        store = await open_store(line.url, Path())
        await store.migrate()
        await store.listen(lambda: None)
        line.cut()
        tries = [mark(store, "1"), store.read("inbox_waiting"), store.now("hasten_streams", now=1), mark(store, "2")]
        async with asyncio.timeout(30):
            answers = await asyncio.gather(*tries, return_exceptions=True)
            assert all(isinstance(each, StoreError) for each in answers), answers
            await reach(lambda: store.wake_ups == "polling")
        line.mend()
        await reach(lambda: store.wake_ups == "notifications")
        await mark(store, "3")
        assert (await job(store, "3"))["wanted"] == 1
        await store.close()


@pytest.mark.parametrize("units", ["one-pipelined", "one-statement", "several"])
async def test_a_commit_nobody_heard_of_is_reported_as_failed_and_never_done_twice(
    new_database: str, units: str
) -> None:
    async with wire(new_database) as line:
        store = await open_store(line.url, Path())
        await store.migrate()
        await mark(store, "1", "2", "3")
        if units == "one-pipelined":
            line.fatal = b"secret-word"
            writes = [store.write(Many("take_delivery", [delivery("a", topic="secret-word")]))]
        elif units == "one-statement":
            line.fatal = b"secret-word"
            writes = [
                store.write(
                    say("claim_jobs", flow="orders", now=9, lane=1, wish=1, token="secret-word", lease_until=99)
                )
            ]
        else:
            line.fatal = b"COMMIT"
            writes = [mark(store, subject) for subject in ("1", "2")]
            writes.append(store.write(say("add_attempt", **attempt("a")), say("add_attempt", **attempt("b"))))
        answers = await asyncio.gather(*writes, return_exceptions=True)
        line.fatal = b""
        assert all("may have been kept" in str(each) for each in answers), answers
        await store.close()
    direct = await open_store(new_database, Path())
    if units == "one-pipelined":
        assert (await direct.read("inbox_waiting"))[0]["deliveries"] == 1
    elif units == "one-statement":
        assert len(await claim(direct, now=9)) == 2
    else:
        assert [(await job(direct, each))["wanted"] for each in ("1", "2", "3")] in ([2, 2, 1], [2, 1, 1], [1, 2, 1])
    await direct.close()


async def test_a_forgotten_lock_fails_what_needs_the_row_and_nothing_else(
    new_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(address.SESSION, "lock_timeout", "300")
    store = await open_store(new_database, Path())
    await store.migrate()
    await mark(store, "locked")
    async with locked(new_database, "UPDATE job SET wanted = wanted WHERE subject = 'locked'"):
        writes = [mark(store, each) for each in ("a", "locked", "b")]
        writes.append(store.write(say("add_attempt", **attempt("c"))))
        answers = await asyncio.gather(*writes, return_exceptions=True)
        assert [type(each).__name__ for each in answers] == ["NoneType", "StoreError", "NoneType", "list"]
        assert "stayed locked" in str(answers[1])
        assert "idle in transaction" in str(answers[1])
        with pytest.raises(StoreError, match="stayed locked"):
            await store.now("claim_job", flow="orders", subject="locked", token="t", now=1, lease_until=9)
    await mark(store, "locked")
    assert (await job(store, "locked"))["wanted"] == 2
    await store.close()


async def test_a_read_that_finds_no_connection_free_is_told_so(
    new_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await open_store(new_database, Path(), connections=5)
    await store.migrate()
    monkeypatch.setattr(pool, "ACQUIRE_S", 0.05)
    async with locked(new_database, "LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE"):
        reads = [asyncio.create_task(store.read("inbox_waiting")) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(StoreError, match="no connection to the database came free"):
            await store.read("inbox_waiting")
    await asyncio.gather(*reads)
    await store.close()


async def test_a_caller_who_gives_up_a_read_leaves_the_connections_as_they_were(
    store: Store, new_database: str
) -> None:
    async with locked(new_database, "LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE"):
        for _ in range(5):
            read = asyncio.create_task(store.read("inbox_waiting"))
            await asyncio.sleep(0.02)
            read.cancel()
            await asyncio.wait([read])
        await asyncio.gather(*(mark(store, str(number)) for number in range(20)))
    assert (await store.read("inbox_waiting"))[0]["deliveries"] == 0


@pytest.mark.parametrize("connections", [2, 3, 7])
async def test_a_process_keeps_to_the_connections_it_was_given(new_database: str, connections: int) -> None:
    store = await open_store(new_database, Path(), connections=connections)
    await store.migrate()
    await store.listen(lambda: None)
    await asyncio.gather(
        *(mark(store, str(number)) for number in range(30)),
        *(store.read("inbox_waiting") for _ in range(30)),
        *(store.now("hasten_streams", now=1) for _ in range(30)),
    )
    admin = await asyncpg.connect(new_database)
    seen = await admin.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'isthmus' AND datname = current_database()"
    )
    assert seen == connections
    await store.close()
    await admin.close()


async def test_too_few_connections_are_refused() -> None:
    with pytest.raises(StoreError, match="at least 2 connections"):
        await open_store("postgresql://nobody@127.0.0.1:1/nothing", Path(), connections=1)


async def test_a_server_without_room_says_what_to_do(new_database: str) -> None:
    admin = await asyncpg.connect(new_database)
    role = urlsplit(new_database).path.strip("/")
    await admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'secret' CONNECTION LIMIT 3")
    parts = urlsplit(new_database)
    url = urlunsplit(parts._replace(netloc=f"{role}:secret@{parts.hostname}:{parts.port}"))
    with pytest.raises(
        StoreError, match=r"no further connection.*`database_connections`.*max_connections.*PgBouncer"
    ) as told:
        await open_store(url, Path())
    assert "secret" not in str(told.value)
    store = await open_store(url, Path(), connections=3)
    await store.close()
    await admin.execute(f"DROP ROLE {role}")
    await admin.close()


async def test_work_goes_on_while_a_migration_adds_a_column(store: Store, new_database: str) -> None:
    await mark(store, "1", "2", "3")
    unit = (say("claim_job", flow="orders", subject="1", now=0, lease_until=9, token="t"), say("hasten_streams", now=0))
    await store.write(*unit)
    admin = await asyncpg.connect(new_database)
    await admin.execute("ALTER TABLE job ADD COLUMN later TEXT")
    await admin.close()
    second = say("claim_job", flow="orders", subject="2", now=0, lease_until=9, token="t")
    (claimed, _) = await store.write(second, unit[1])
    assert [each["subject"] for each in claimed] == ["2"]


async def test_a_server_that_became_a_standby_is_left_for_the_new_primary(store: Store) -> None:
    async with store._pool.use() as demoted:  # type: ignore[attr-defined]
        await demoted.execute("SET default_transaction_read_only = on")
    with pytest.raises(StoreError, match="read-only"):
        await mark(store, "1")
    await mark(store, "2")
    assert (await job(store, "2"))["wanted"] == 1


async def test_the_server_lets_go_of_a_process_that_is_gone(store: Store) -> None:
    async with store._pool.use() as connection:  # type: ignore[attr-defined]
        for name in ("idle_in_transaction_session_timeout", "tcp_keepalives_idle", "lock_timeout"):
            assert (
                await connection.fetchval("SELECT setting FROM pg_settings WHERE name = $1", name)
                == (address.SESSION[name])
            )


async def test_units_are_tried_again_only_when_the_server_undid_them() -> None:
    assert not {StoreError, TimeoutError, OSError} & set(commit.SPOILT)

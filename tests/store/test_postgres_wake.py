"""Who is woken by what: one notification for a moment's commits, none for what makes no work."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from isthmus.store.base import Store
from isthmus.store.open import open_store
from isthmus.store.postgres import address, wake
from isthmus.store.statement import Many, Step, say
from tests.store.conftest import Database, Opener, emptied
from tests.store.ledger import attempt, claim, delivery, finishing, mark
from tests.store.servers import wire

pytestmark = pytest.mark.postgres


@pytest.fixture
async def database(postgres_url: str, tmp_path: Path) -> Database:
    await emptied(postgres_url)
    return Database("postgres", postgres_url, tmp_path)


@asynccontextmanager
async def heard(database: Database) -> AsyncIterator[list[str]]:
    """Collect what is notified; when the block ends, everything sent until then has come."""
    connection = await asyncpg.connect(database.url)
    marks: list[str] = []
    await connection.add_listener(wake.CHANNEL, lambda *said: marks.append(said[3]))
    yield marks
    await connection.execute("SELECT 1")  # notifications come before the answer
    await asyncio.sleep(0)
    await connection.close()


async def test_another_process_is_woken_and_oneself_is_not(store: Store, opener: Opener) -> None:
    here, there = asyncio.Event(), asyncio.Event()
    other = await opener()
    await store.listen(here.set)
    await other.listen(there.set)
    here.clear()
    there.clear()
    await mark(store, "1")
    await there.wait()
    assert not here.is_set()
    await mark(other, "2")
    await here.wait()


async def test_several_may_listen_and_hear_nothing_after_closing(store: Store, opener: Opener) -> None:
    first, second = asyncio.Event(), asyncio.Event()
    other = await opener()
    await other.listen(first.set)
    await other.listen(second.set)
    await mark(store, "1")
    await asyncio.gather(first.wait(), second.wait())
    await other.close()
    assert other.wake_ups == "polling"


async def test_many_commits_of_a_moment_are_told_together(database: Database) -> None:
    store = await open_store(database.url, database.folder)
    await store.migrate()
    async with heard(database) as marks:
        for turn in range(10):
            await asyncio.gather(*(mark(store, f"{turn}-{number}") for number in range(30)))
        await store.close()
    assert 1 <= len(marks) <= 30
    assert len(set(marks)) == 1


async def test_what_was_marked_just_before_closing_is_told(database: Database) -> None:
    store = await open_store(database.url, database.folder)
    await store.migrate()
    async with heard(database) as marks:
        await mark(store, "1")
        await store.close()
    assert len(marks) == 1


WAKES: dict[str, tuple[Step, ...]] = {
    "a-delivery": (Many("take_delivery", [delivery("d")]),),
    "a-retry": (say("retry_jobs", flow="", code="x", subject="", number="", now=9),),
    "a-stream-wanted-sooner": (say("hasten_streams", now=1),),
    "a-wait-that-is-over": (say("wake_waiting", what="stream:shop/order#1", now=9),),
    "a-dead-worker": (say("release_jobs", now=9, before=10**9, most=5, because="", answers="[]"),),
}
SILENT: dict[str, tuple[Step, ...]] = {
    "an-attempt": (say("add_attempt", **attempt("b")),),
    "a-retry-of-nothing": (say("retry_jobs", flow="", code="y", subject="", number="", now=9),),
    "a-wait-that-is-not-over": (say("wake_waiting", what="stream:shop/order#2", now=9),),
    "a-unit-undone": (
        Many("take_delivery", [delivery("d")]),
        say("extend_lease", expect=1, id=0, token="x", lease_until=1),
    ),
}


@pytest.mark.parametrize(
    ("steps", "rings"),
    [
        *(pytest.param(steps, 1, id=name) for name, steps in WAKES.items()),
        *(pytest.param(steps, 0, id=name) for name, steps in SILENT.items()),
    ],
)
async def test_only_work_for_others_is_told(database: Database, steps: tuple[Step, ...], rings: int) -> None:
    store = await open_store(database.url, database.folder)
    await store.migrate()
    await store.write(say("declare_stream", connection="shop", kind="order", every_s=60, now=5))
    await mark(store, "parked", "waiting", "running")
    jobs = {each["subject"]: each for each in await claim(store)}
    await store.write(finishing(jobs["parked"], "parked", code="x"))
    await store.write(finishing(jobs["waiting"], "snoozed", waits_for="stream:shop/order#1"))
    await store.close()  # what this rang for has been told
    store = await open_store(database.url, database.folder)
    async with heard(database) as marks:
        await asyncio.gather(store.write(*steps), return_exceptions=True)
        await store.close()
    assert len(marks) == rings


async def test_listening_goes_on_after_the_connection_broke(
    store: Store, opener: Opener, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wake, "FIRST_WAIT_S", 0.01)
    told = asyncio.Event()
    other = await opener()
    await other.listen(told.set)
    told.clear()
    connection = await asyncpg.connect(database.url)
    ended = await connection.fetchval(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'"
        " AND datname = current_database()"
    )
    assert ended == 1
    await connection.close()
    await told.wait()  # called when it listens again: something may have happened meanwhile
    assert other.wake_ups == "notifications"
    told.clear()
    await mark(store, "1")
    await told.wait()


async def test_a_listener_that_cannot_connect_keeps_trying(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "CONNECT_S", 0.3)
    monkeypatch.setattr(wake, "FIRST_WAIT_S", 0.01)
    told = asyncio.Event()
    async with wire(database.url) as line:
        store = await open_store(line.url, database.folder)
        line.cut()
        await store.listen(told.set)
        assert (store.wake_ups, told.is_set()) == ("polling", False)
        line.mend()
        await told.wait()
        assert store.wake_ups == "notifications"
        await store.close()

"""Finished work goes after its time, on both stores alike, and holds nobody up; unresolved work never goes."""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from isthmus.engine.context import Context
from isthmus.engine.upkeep import STATEMENTS, Retention, Upkeep
from isthmus.kit.clock import EPOCH, to_micros
from isthmus.store.base import Store
from isthmus.store.migrate import migrations
from isthmus.store.open import open_store
from isthmus.store.records import record_values
from isthmus.store.statement import Many, library, say
from isthmus.testing.builders import an_order
from isthmus.testing.clock import HandClock
from tests.store.conftest import Database, emptied
from tests.store.ledger import attempt, claim, delivery, finishing, job, mark

OLD, LIMIT = 10, 1000
AT_ONCE = 200
DAY = timedelta(days=1)
WAITING = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def prune(store: Store, what: str, **where: str) -> int:
    return len((await store.write(say(f"prune_{what}", before=LIMIT, **where)))[0])


async def prune_jobs(store: Store) -> int:
    return await prune(store, "jobs", flow="orders")


def upkeep(store: Store, now: datetime) -> Upkeep:
    return Upkeep(Context(store, HandClock(now), {}), Retention())


def call(started_at: datetime | int, attempt_id: str = "a") -> Mapping[str, Any]:
    return {
        "attempt_id": attempt_id,
        "connection": "erp",
        "operation": "x",
        "started_at": started_at if isinstance(started_at, int) else to_micros(started_at),
        "elapsed_ms": 1,
        "status": None,
        "failure": "",
        "request": "x" * 500,
        "response": "",
    }


@pytest.mark.parametrize("state", ["ready", "running", "snoozed", "parked"])
async def test_a_job_that_is_not_finished_stays_however_old(store: Store, state: str) -> None:
    await mark(store, "1", now=OLD)
    if state != "ready":
        (row,) = await claim(store, now=OLD)
        if state != "running":
            await store.write(finishing(row, state, now=OLD))
    assert await prune_jobs(store) == 0
    assert (await job(store, "1"))["state"] == state


async def test_finished_jobs_go_after_their_time_a_bounded_number_at_once(store: Store) -> None:
    await mark(store, *map(str, range(AT_ONCE * 2 + 50)))
    rows = await claim(store, wish=1000)
    steps = [finishing(row, now=LIMIT if int(row["subject"]) < 30 else OLD) for row in rows]
    await store.write(*steps)
    assert [await prune_jobs(store) for _ in range(4)] == [AT_ONCE, AT_ONCE, 20, 0]
    assert len(await store.read("jobs_listed", flow="orders", before_id=2**62, wish=99)) == 30


async def test_a_job_marked_again_is_not_finished(store: Store) -> None:
    await mark(store, "1")
    (row,) = await claim(store)
    await store.write(finishing(row, now=OLD))
    await mark(store, "1", now=OLD + 1)
    assert await prune_jobs(store) == 0


async def test_deliveries_go_once_they_have_been_taken_in(store: Store) -> None:
    await store.write(Many("take_delivery", [delivery(f"d{n}", now=OLD) for n in range(3)]))
    claimed = (await store.write(say("claim_inbox", now=OLD, lease_until=20, token="t", wish=2)))[0]
    done, waiting = claimed
    await store.write(say("finish_delivery", id=done["id"], token="t", now=OLD, because=""))
    await store.write(say("postpone_delivery", id=waiting["id"], token="t", run_at=OLD, spends=1, because="down"))
    assert await prune(store, "inbox", connection="shop") == 1
    assert (await store.read("inbox_waiting"))[0]["deliveries"] == 2


async def test_intents_go_once_they_are_resolved(store: Store) -> None:
    for number, state in enumerate(("done", "refused", "unknown", "open")):
        await store.write(
            say(
                "open_intent",
                id=f"i{number}",
                flow="orders",
                subject="1",
                connection="erp",
                kind="order",
                key=f"k{number}",
                reference="",
                now=OLD,
                settles_at=OLD,
            )
        )
        if state == "unknown":
            await store.write(say("doubt_intent", id=f"i{number}", settles_at=OLD, because=""))
        elif state != "open":
            resolved = {"state": state, "now": OLD, "external_id": "", "because": ""}
            await store.write(say("resolve_intent", id=f"i{number}", **resolved))
    assert await prune(store, "intents") == 2
    assert {row["state"] for row in await store.read("intents_of", flow="orders", subject="1")} == {"open", "unknown"}


async def test_attempts_and_exchanges_go_by_age(store: Store) -> None:
    await store.write(
        Many("add_attempt", [attempt("old", now=OLD), attempt("new", now=LIMIT)]),
        Many("add_exchange", [call(OLD, "old"), call(LIMIT, "old")]),
    )
    assert [await prune(store, "attempts"), await prune(store, "exchanges")] == [1, 1]
    assert [row["id"] for row in await store.read("attempts_of", flow="orders", subject="1")] == ["new"]
    assert len(await store.read("exchanges_of", ids='["old"]')) == 1


async def test_what_orders_take_goes_only_when_the_erp_has_all_of_it(store: Store) -> None:
    def taken(order: str, wanted: str) -> dict[str, Any]:
        row = {"connection": "shop", "order_id": order, "sku": "A", "place": "", "wanted": wanted, **held[order]}
        return {**row, "item": "a", "pooled": ""}

    orders = [an_order(each) for each in ("confirmed", "edited", "open")]
    read = [
        {**record_values("shop", "order", each, EPOCH), "external_id": each.number, "read_at": OLD} for each in orders
    ]
    held = {row["external_id"]: {"read_at": OLD, "fingerprint": row["fingerprint"]} for row in read}
    await store.write(Many("store_record", read))
    await store.write(Many("set_in_flight", [taken("confirmed", "2"), taken("edited", "2"), taken("open", "2")]))
    for order in ("confirmed", "edited"):
        row = {"connection": "shop", "order_id": order, "sku": "A", "place": "", "confirmed": "2", "now": OLD}
        await store.write(Many("confirm_in_flight", [row]))
    await store.write(Many("set_in_flight", [taken("edited", "5")]))
    assert await prune(store, "in_flight") == 1
    rows = await store.read("in_flight", source="erp", shop="shop", items="[]", skus='["A"]')
    assert {row["order_id"] for row in rows} == {"edited", "open"}


async def test_upkeep_prunes_flows_and_connections_nobody_configures_any_more(store: Store) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    old = to_micros(now - 100 * DAY)
    for flow in ("orders", "gone"):
        await mark(store, "1", flow=flow, now=old)
        (row,) = await claim(store, flow=flow, now=old)
        await store.write(finishing(row, now=old))
    await store.write(Many("take_delivery", [delivery("d", connection="gone", now=old)]))
    [row] = (await store.write(say("claim_inbox", now=old, lease_until=old + 1, token="t", wish=9)))[0]
    await store.write(say("finish_delivery", id=row["id"], token="t", now=old, because=""))
    assert await upkeep(store, now).prune() == 3


async def test_a_round_of_pruning_ends_and_the_next_goes_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert STATEMENTS > 1
    monkeypatch.setattr("isthmus.engine.upkeep.STATEMENTS", 2)
    await store.write(Many("add_attempt", [attempt(str(number), now=OLD) for number in range(AT_ONCE * 3)]))
    looking = upkeep(store, datetime(2026, 11, 20, tzinfo=UTC))
    assert [await looking.prune() for _ in range(3)] == [AT_ONCE * 2, AT_ONCE, 0]


async def test_exchanges_go_by_whole_days_on_both_stores(store: Store) -> None:
    now = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
    midnight = now.replace(hour=0, minute=0)
    looking = upkeep(store, now)
    await looking.make_room()
    kept = [midnight - 30 * DAY, now - 30 * DAY, midnight, now, now + 3 * DAY]
    gone = [midnight - 30 * DAY - timedelta(microseconds=1), midnight - 31 * DAY, midnight - 400 * DAY]
    await store.write(Many("add_exchange", [call(at) for at in (*kept, *gone)]))
    await looking.prune()
    rows = await store.read("exchanges_of", ids='["a"]')
    assert [row["started_at"] for row in rows] == [to_micros(at) for at in kept]


async def test_the_file_does_not_grow_from_one_retention_to_the_next(tmp_path: Path) -> None:
    store = await open_store("sqlite:///flat.db", tmp_path)
    await store.migrate()
    pages: list[int] = []
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for day in range(75):
        now += DAY
        at = to_micros(now)
        await mark(store, *(f"{day}-{number}" for number in range(20)), now=at)
        rows = await claim(store, now=at)
        await store.write(*(finishing(row, now=at) for row in rows))
        await store.write(Many("add_attempt", [attempt(f"{day}-{number}", now=at) for number in range(20)]))
        await store.write(Many("add_exchange", [call(now) for _ in range(40)]))
        await Upkeep(Context(store, HandClock(now), {}), Retention(*[10 * DAY] * 5)).prune()
        pages.append(await _pages(tmp_path / "flat.db"))
    await store.close()
    # Everything is ten days old at most: from then on freed pages are used again.
    assert max(pages[15:45]) == max(pages[15:])


async def _pages(file: Path) -> int:
    def ask() -> int:
        with closing(sqlite3.connect(file)) as database:
            return database.execute("PRAGMA page_count").fetchone()[0]

    return await asyncio.to_thread(ask)


@pytest.fixture
async def postgres(postgres_url: str) -> Database:
    await emptied(postgres_url)
    return Database("postgres", postgres_url, Path())


async def test_a_job_marked_while_pruning_waits_for_it_stays(postgres: Database) -> None:
    store = await open_store(postgres.url, postgres.folder)
    await store.migrate()
    await mark(store, "1")
    (row,) = await claim(store)
    await store.write(finishing(row, now=OLD))
    marking = await asyncpg.connect(postgres.url)
    unit = marking.transaction()
    await unit.start()
    sql = library("postgres")["mark_job"]
    values = {"flow": "orders", "subject": "1", "number": "", "now": LIMIT, "lane": 1}
    await marking.execute(sql.text, *(values[name] for name in sql.parameters))
    pruning = asyncio.create_task(prune_jobs(store))
    watching = await asyncpg.connect(postgres.url)
    while not await watching.fetchval(WAITING):  # noqa: ASYNC110 - it happens in the server
        await asyncio.sleep(0)
    await unit.commit()
    assert await pruning == 0
    assert (await job(store, "1"))["state"] == "ready"
    await marking.close()
    await watching.close()
    await store.close()


async def test_days_are_made_ahead_once_and_dropped_whole(postgres: Database) -> None:
    store = await open_store(postgres.url, postgres.folder)
    await store.migrate()
    now = datetime.now(UTC) + 60 * DAY
    looking = upkeep(store, now)
    await looking.make_room()
    await looking.make_room()
    parts = await _parts(postgres)
    assert {f"exchange_{now + each * DAY:%Y%m%d}" for each in range(8)} < set(parts)
    await store.write(Many("add_exchange", [call(now), call(now + DAY), call(1)]))
    assert await _rows(postgres, f"exchange_{now:%Y%m%d}") == 1
    assert await _rows(postgres, "exchange_before") == 1
    await upkeep(store, now + 31 * DAY).prune()
    # The day whose end is exactly the retention ago is gone with all before it; the one after is there.
    assert min(each for each in await _parts(postgres) if each != "exchange_other") == f"exchange_{now + DAY:%Y%m%d}"
    assert len(await store.read("exchanges_of", ids='["a"]')) == 1
    await store.close()


async def test_a_day_that_began_without_its_part_is_kept_in_the_rest(postgres: Database) -> None:
    store = await open_store(postgres.url, postgres.folder)
    await store.migrate()
    now = datetime.now(UTC) + 60 * DAY
    await store.write(Many("add_exchange", [call(now)]))
    await upkeep(store, now).make_room()
    await store.write(Many("add_exchange", [call(now), call(now + DAY)]))
    assert await _rows(postgres, "exchange_other") == 2
    assert f"exchange_{now:%Y%m%d}" not in await _parts(postgres)
    assert await _rows(postgres, f"exchange_{now + DAY:%Y%m%d}") == 1
    await upkeep(store, now + 32 * DAY).prune()
    assert await store.read("exchanges_of", ids='["a"]') == []
    await store.close()


async def test_a_table_in_use_holds_up_neither_pruning_nor_writing(postgres: Database) -> None:
    store = await open_store(postgres.url, postgres.folder)
    await store.migrate()
    now = datetime.now(UTC) + 60 * DAY
    backup = await asyncpg.connect(postgres.url)
    unit = backup.transaction()
    await unit.start()
    await backup.execute("LOCK TABLE exchange IN ACCESS SHARE MODE")  # as pg_dump does, for as long as it takes
    before = await _parts(postgres)
    await upkeep(store, now + 31 * DAY).prune()
    assert await _parts(postgres) == before
    await store.write(Many("add_exchange", [call(now)]))
    await unit.commit()
    await upkeep(store, now + 31 * DAY).prune()
    assert "exchange_before" not in await _parts(postgres)
    await backup.close()
    await store.close()


async def test_the_last_release_goes_on_over_the_partitions(postgres: Database) -> None:
    """What 0.1 asked of the exchange log, in its words, before and after the change of the schema."""
    old = await asyncpg.connect(postgres.url)
    for statement in next(each for each in migrations("postgres") if each.name == "0001_pre_foundation").statements:
        await old.execute(statement)
    add = await old.prepare(
        "INSERT INTO exchange (attempt_id, connection, operation, started_at, elapsed_ms, status, failure, request,"
        " response) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    )
    prune_old = await old.prepare(
        "DELETE FROM exchange WHERE id IN"
        " (SELECT id FROM exchange WHERE started_at < $1 ORDER BY started_at LIMIT $2) RETURNING id"
    )
    tomorrow = datetime.now(UTC) + DAY
    order = (
        "attempt_id",
        "connection",
        "operation",
        "started_at",
        "elapsed_ms",
        "status",
        "failure",
        "request",
        "response",
    )
    values = [
        tuple(call(at)[name] for name in order) for at in (5, 6, datetime.now(UTC), tomorrow, tomorrow + 400 * DAY)
    ]
    await add.executemany(values)
    for change in migrations("postgres"):
        if change.name != "0001_pre_foundation":
            for statement in change.statements:
                await old.execute(statement)
    await add.executemany(values)
    seen = await old.fetch("SELECT * FROM exchange WHERE attempt_id IN ('a') ORDER BY id")
    assert [row["id"] for row in seen] == list(range(1, 11))
    assert [len(await prune_old.fetch(100, 3)) for _ in range(2)] == [3, 1]
    assert await old.fetchval("SELECT COUNT(*) FROM exchange") == 6
    await old.close()


async def _parts(database: Database) -> list[str]:
    rows = await _fetch(
        database, "SELECT CAST(inhrelid AS regclass) FROM pg_inherits WHERE inhparent = $1::regclass", "exchange"
    )
    return sorted(row[0] for row in rows)


async def _rows(database: Database, table: str) -> int:
    return (await _fetch(database, f"SELECT COUNT(*) FROM {table}"))[0][0]  # noqa: S608 - a table of our own


async def _fetch(database: Database, sql: str, *values: Any) -> list[Any]:
    connection = await asyncpg.connect(database.url)
    rows = await connection.fetch(sql, *values)
    await connection.close()
    return rows

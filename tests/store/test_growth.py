"""What is asked all the time does not read the past, counting ends at a cap, and tables stay flat as work goes on."""

import asyncio
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from isthmus.engine.mirror import USUAL
from isthmus.store.base import Store
from isthmus.store.level import MARK
from isthmus.store.migrate import LEDGER, migrations
from isthmus.store.open import open_store
from isthmus.store.postgres import PostgresStore
from isthmus.store.statement import Many, library, listed, say
from tests.postgres_server import throwaway_database
from tests.store.conftest import Database
from tests.store.ledger import claim, delivery, finishing, mark

pytestmark = pytest.mark.slow

ROWS, FEW = 80_000, 200
SCRIPT = Path(__file__).with_name("past.sql")
GROWING = ("job", "inbox", "attempt", "exchange", "record", "binding", "intent", "in_flight", "audit")
#: Statements that may read all of a table, and why that is not asked all the time.
READS_ALL = {
    "audit_trail": "the newest by id, up to a limit",
    "backup_figures": "what a person is told of a backup, once",
    "bind_by_number": "after a round that read all products, to match them all",
    "flow_progress": "the demonstration counts its own few orders",
    "free_inbox": "once at start; the index of what is not finished",
    "inbox_waiting": "tests and benchmarks count what was kept",
    "join_by_number": "after a round that read all products of a shop with several ERPs, to match them all",
    "leases": "before a store is moved, to see that nobody is at work on it",
    "parked_jobs": "a person's list of questions; the index of what is parked",
    "rest_jobs": "once after a restore",
    "record_ids": "a kind of few records, such as warehouses",
}
#: What runs many times a second or every few seconds, and the index it walks along.
HOT = {
    "claim_jobs": "job_turn",
    "claim_inbox": "inbox_due",
    "deliveries_of": "inbox_subject",
    "find_records": "record_number",
    "flow_done": "job_finished",
    "flow_figures": "job_unfinished",
    "in_flight": "in_flight_sku",
    "inbox_due": "inbox_due",
    "inbox_figures": "inbox_due",
    "standing": "intent_in_flight",
    "intents_in_doubt": "intent_in_flight",
    "jobs_due": "job_turn",
    "jobs_listed": "job_newest",
    "jobs_listed_done": "job_finished",
    "jobs_listed_open": "job_unfinished",
    "jobs_waiting": "job_turn",
    "newest_delivery": "inbox_newest",
    "note_lost_workers": "job_unfinished",
    "parked_codes": "job_asked",
    "parked_with_code": "job_asked",
    "prune_attempts": "attempt_age",
    "prune_exchanges": "age",
    "prune_in_flight": "in_flight_settled",
    "prune_inbox": "inbox_newest",
    "prune_intents": "intent_resolved",
    "prune_jobs": "job_finished",
    "records_by_number": "record_number",
    "release_jobs": "job_unfinished",
    "snoozed_job": "job_unfinished",
    "wake_if_over": "job_waiting",
    "wake_waiting": "job_waiting",
}
#: A long queue of one flow, behind the past.
QUEUE = """
INSERT INTO job (flow, subject, state, run_at, marked_at, since, code)
SELECT 'orders', $1 || '-' || i, $1, i, i, i, CASE $1 WHEN 'parked' THEN 'unmapped' ELSE '' END
FROM generate_series(1, CAST($2 AS INTEGER)) AS i
"""
#: What is asked of it; anything else is not found.
KNOWN = {
    "connection": "'shop'",
    "kind": "'order'",
    "external_id": "'500'",
    "flow": "'orders'",
    "flows": "'[\"orders\"]'",
    "state": "'parked'",
    "code": "'unmapped'",
    "most": "10001",
}
SOME = {"int8": "20000", "int4": "20"}
OTHER = "'[]'"
NAMES = sorted(library("sqlite"))


def script(dialect: str) -> list[str]:
    """Return the statements that make the past."""

    def numbers(last: int) -> str:
        return f"WITH RECURSIVE numbers (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM numbers WHERE i < {last})"  # noqa: S608 - a number of ours

    words = {"numbers": numbers(ROWS), "few": numbers(FEW), "blob": "BLOB" if dialect == "sqlite" else "BYTEA"}
    text = re.sub(r"^--.*\n", "", SCRIPT.read_text("utf-8"), flags=re.MULTILINE)
    text = re.sub(r"\$\{(\w+)\}", lambda word: words[word[1]], text)
    return [each for each in text.split(";") if each.strip()]


@pytest.fixture(scope="module")
def sqlite_plans() -> Mapping[str, str]:
    """How SQLite goes about each statement; without statistics, as it always does here."""
    database = sqlite3.connect(":memory:")
    for table in (LEDGER, MARK):
        database.execute(table)
    for change in migrations("sqlite"):
        for statement in change.statements:
            database.execute(statement)
    plans: dict[str, str] = {}
    for name in NAMES:
        sql = library("sqlite")[name]
        rows = database.execute(f"EXPLAIN QUERY PLAN {sql.text}", dict.fromkeys(sql.parameters)).fetchall()
        plans[name] = "\n".join(row[3] for row in rows)
    database.close()
    return plans


@dataclass(frozen=True, slots=True)
class Plans:
    """How PostgreSQL goes about each statement: not knowing the values, and knowing them with a long queue."""

    blind: Mapping[str, str]
    queued: Mapping[str, str]


@pytest.fixture(scope="module")
def postgres_plans(postgres_admin_url: str) -> Plans:
    async def explained(url: str) -> Plans:
        store = await open_store(url, Path())
        await store.migrate()
        await store.close()
        database = await asyncpg.connect(url)
        await database.execute(MARK)
        for statement in script("postgres"):
            await database.execute(statement)
        await database.execute("ALTER TABLE job SET (autovacuum_enabled = off)")
        await database.execute("VACUUM (ANALYZE)")
        await database.execute("SET plan_cache_mode = force_generic_plan")
        blind = {name: await _plan(database, name) for name in NAMES}
        for state in ("ready", "snoozed", "parked"):
            await database.execute(QUEUE, state, ROWS)
        await database.execute("ANALYZE")  # and no vacuum yet: this is when reading the table looks cheap
        await database.execute("SET plan_cache_mode = force_custom_plan")
        queued = {name: await _plan(database, name) for name in NAMES}
        await database.close()
        return Plans(blind, queued)

    with throwaway_database(postgres_admin_url) as url:
        return asyncio.run(explained(url))


async def _plan(database: Any, name: str) -> str:
    sql = library("postgres")[name]
    await database.execute(f"PREPARE asked AS {sql.text}")
    types = (await database.prepare(sql.text)).get_parameters()
    values = [
        KNOWN.get(parameter, SOME.get(kind.name, OTHER)) for parameter, kind in zip(sql.parameters, types, strict=True)
    ]
    rows = await database.fetch(f"EXPLAIN EXECUTE asked{'(' + ', '.join(values) + ')' if values else ''}")
    await database.execute("DEALLOCATE asked")
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize("name", sorted(HOT))
def test_what_is_asked_all_the_time_does_not_read_the_whole_history_on_sqlite(
    sqlite_plans: Mapping[str, str], name: str
) -> None:
    index = "exchange_age" if HOT[name] == "age" else HOT[name]
    assert re.search(rf"USING (COVERING )?INDEX {index}\b", sqlite_plans[name]), sqlite_plans[name]


@pytest.mark.parametrize("name", sorted(HOT))
def test_what_is_asked_all_the_time_does_not_read_the_whole_history_on_postgres(
    postgres_plans: Plans, name: str
) -> None:
    index = r"exchange_\w*(age|started_at_idx)" if HOT[name] == "age" else HOT[name]
    for plan in (postgres_plans.blind[name], postgres_plans.queued[name]):
        assert re.search(rf"Index (Only )?Scan.* (using|on) {index}\b", plan), plan


def test_no_statement_reads_all_of_a_table_that_grows_on_sqlite(sqlite_plans: Mapping[str, str]) -> None:
    whole = re.compile(rf"SCAN ({'|'.join(GROWING)})(?! USING)")
    assert {name for name, plan in sqlite_plans.items() if whole.search(plan)} <= set(READS_ALL), sqlite_plans


def test_no_statement_reads_all_of_a_table_that_grows_on_postgres(postgres_plans: Plans) -> None:
    whole = re.compile(rf"Seq Scan on ({'|'.join(GROWING)}|exchange_before)\b")
    for plans in (postgres_plans.blind, postgres_plans.queued):
        found = {name: plan for name, plan in plans.items() if whole.search(plan) and name not in READS_ALL}
        assert not found, "\n\n".join(f"{name}\n{plan}" for name, plan in found.items())


async def test_no_answer_waits_for_a_compiler(postgres_url: str) -> None:
    store = await PostgresStore.open(postgres_url)
    async with store._pool.use() as connection:
        assert await connection.fetchval("SHOW jit") == "off"
    await store.close()


async def test_a_figure_is_exact_up_to_a_cap_and_then_says_more(store: Store) -> None:
    await mark(store, *map(str, range(12)))
    await store.write(Many("take_delivery", [delivery(f"d{n}") for n in range(12)]))
    flows = listed(["orders", "stock"])

    async def counted(most: int) -> dict[str, int]:
        open_jobs = {
            (row["flow"], row["state"]): row["jobs"] for row in await store.read("flow_figures", flows=flows, most=most)
        }
        rows = await store.read("jobs_waiting", flows=flows, now=9, most=most)
        due = {row["flow"]: row["jobs"] for row in rows if row["lane"] == USUAL}
        return {
            "open": open_jobs["orders", "ready"],
            "due": due["orders"],
            "inbox": (await store.read("inbox_figures", most=most))[0]["deliveries"],
            "elsewhere": open_jobs["stock", "ready"] + due["stock"],
        }

    assert await counted(100) == {"open": 12, "due": 12, "inbox": 12, "elsewhere": 0}
    assert await counted(5) == {"open": 5, "due": 5, "inbox": 5, "elsewhere": 0}


async def test_done_today_and_the_last_one_done(store: Store) -> None:
    await mark(store, *map(str, range(8)))
    for number, row in enumerate(await claim(store)):
        await store.write(finishing(row, now=100 + number))
    flows = listed(["orders", "stock"])
    today = {row["flow"]: row for row in await store.read("flow_done", flows=flows, since=103, most=100)}
    assert (today["orders"]["jobs"], today["orders"]["newest"]) == (5, 107)
    assert (today["stock"]["jobs"], today["stock"]["newest"]) == (0, None)
    assert (await store.read("flow_done", flows=flows, since=200, most=100))[0]["newest"] == 107
    assert (await store.read("flow_done", flows=flows, since=0, most=3))[0]["jobs"] == 3


async def test_causes_are_found_in_every_flow_with_their_oldest_words(store: Store) -> None:
    for flow, code, words, at in (
        ("orders", "unknown_sku", "no product B", 7),
        ("orders", "unknown_sku", "no product A", 5),
        ("orders", "unmapped", "no such tax", 6),
        ("gone", "unmapped", "no such place", 4),
    ):
        await mark(store, words, flow=flow)
        (row,) = await claim(store, flow=flow)
        await store.write(finishing(row, "parked", now=at, code=code, because=words))
    found = [tuple(row.values()) for row in await store.read("parked_codes", most=100)]
    assert found == [
        ("orders", "unknown_sku", 2, 5, "no product A"),
        ("gone", "unmapped", 1, 4, "no such place"),
        ("orders", "unmapped", 1, 6, "no such tax"),
    ]
    assert [row["jobs"] for row in await store.read("parked_codes", most=1)] == [1, 1, 1]


async def test_the_next_due_job_of_each_flow_of_ours(store: Store) -> None:
    await mark(store, "1", now=7)
    await mark(store, "2", now=5)
    await mark(store, "3", flow="elsewhere", now=1)
    rows = await store.read("jobs_due", flows=listed(["orders", "stock"]))
    assert {(row["flow"], row["run_at"]) for row in rows if row["lane"] == USUAL} == {("orders", 5), ("stock", None)}
    assert {row["run_at"] for row in rows if row["lane"] != USUAL} == {None}


async def test_the_newest_delivery_of_each_connection(store: Store) -> None:
    await store.write(*(say("declare_connection", name=name, connector="x") for name in ("shop", "erp")))
    await store.write(Many("take_delivery", [delivery(f"d{at}", now=at) for at in (3, 9, 4)]))
    rows = await store.read("newest_delivery")
    assert {row["connection"]: row["received_at"] for row in rows} == {"shop": 9, "erp": None}


async def test_a_list_of_a_rare_flow_is_turned_page_by_page(store: Store) -> None:
    for number in range(30):
        await mark(store, str(number), flow="rare" if number % 6 == 0 else "orders")
    first = await store.read("jobs_listed", flow="rare", before_id=2**62, wish=3)
    second = await store.read("jobs_listed", flow="rare", before_id=first[-1]["id"], wish=3)
    assert [row["subject"] for row in (*first, *second)] == ["24", "18", "12", "6", "0"]


async def test_a_worker_that_says_it_is_alive_changes_no_index(database: Database) -> None:
    """So that PostgreSQL writes the row's next version beside it and no index entry."""
    store = await open_store(database.url, database.folder)
    await store.migrate()
    await store.close()
    definitions = await _indexes_of_job(database)
    assert any("job_turn" in each for each in definitions)
    assert [each for each in definitions if re.search(r"lease_until|token|wanted|taken|attempts", each)] == []


async def _indexes_of_job(database: Database) -> list[str]:
    if database.dialect == "sqlite":
        with closing(sqlite3.connect(database.folder / "test.db")) as file:
            rows = file.execute("SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'job'").fetchall()
        return [row[0] for row in rows if row[0]]
    connection = await asyncpg.connect(database.url)
    rows = await connection.fetch("SELECT indexdef FROM pg_indexes WHERE tablename = 'job'")
    await connection.close()
    return [row[0] for row in rows]

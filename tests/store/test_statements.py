"""Every statement is understood by both databases, and times are 64 bits wide in all of them."""

import re
import sqlite3
from importlib.resources import files

import asyncpg
import pytest

from isthmus.store.migrate import migrations
from isthmus.store.open import open_store
from isthmus.store.statement import _read, library, listed, say
from tests.store.conftest import Database

TIMES = re.compile(r".*_at|.*_until|now|before|since")
WORDS = ("add_audit", "before")  # what stood there before, in words
NAMES = sorted(library("sqlite"))


def test_both_databases_know_the_same_statements_with_the_same_parameters() -> None:
    sqlite, postgres = library("sqlite"), library("postgres")
    assert {name: set(sql.parameters) for name, sql in sqlite.items()} == {
        name: set(sql.parameters) for name, sql in postgres.items()
    }


def test_no_name_is_given_twice() -> None:
    texts = [each.read_text("utf-8") for each in files("isthmus.store.sql").iterdir() if each.name.endswith(".sql")]
    headers = re.findall(r"^-- name: (.+)$", "\n".join(texts), re.MULTILINE)
    assert len(headers) == len(set(headers))
    assert {header.split(" ")[0] for header in headers} == set(NAMES)


def test_sqlite_understands_every_statement() -> None:
    database = sqlite3.connect(":memory:")
    for change in migrations("sqlite"):
        for statement in change.statements:
            database.execute(statement)
    for name in NAMES:
        sql = library("sqlite")[name]
        database.execute(f"EXPLAIN {sql.text}", dict.fromkeys(sql.parameters)).fetchall()
    database.close()


async def test_postgres_understands_every_statement_and_every_time_is_a_bigint(new_database: str) -> None:
    store = await open_store(new_database, None)  # type: ignore[arg-type]
    await store.migrate()
    await store.close()
    database = await asyncpg.connect(new_database)
    wrong: list[str] = []
    for name in NAMES:
        sql = library("postgres")[name]
        types = (await database.prepare(sql.text)).get_parameters()
        assert len(types) == len(sql.parameters), name
        wrong += [
            f"{name} :{parameter} is {kind.name}"
            for parameter, kind in zip(sql.parameters, types, strict=True)
            if TIMES.fullmatch(parameter) and kind.name != "int8" and (name, parameter) != WORDS
        ]
    await database.close()
    assert wrong == []


async def test_a_list_parameter_takes_any_text(database: Database) -> None:
    store = await open_store(database.url, database.folder)
    await store.migrate()
    odd = ["it's", 'say "x"', "a,b", "[1]", "", "日本", "back\\slash", "per%cent"]
    await store.write(*(say("declare_connection", name=each, connector="x") for each in odd))
    for each in odd:
        await store.write(
            say("declare_stream", connection=each, kind="order", every_s=60, now=0),
            say("claim_stream", mine=listed([f"{each}/order"]), now=0, lease_until=9, token=f"for {each}"),
        )
    rows = await store.read("streams")
    assert {row["connection"]: row["token"] for row in rows} == {each: f"for {each}" for each in odd}
    assert await store.read("records", connection="x", kind="order", ids=listed([])) == []
    await store.close()


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("claim_jobs", "job_due"),
        ("next_job_at", "job_due"),
        ("parked_jobs", "job_parked"),
        ("release_jobs", "job_leased"),
        ("wake_waiting", "job_waiting"),
        ("claim_inbox", "inbox_due"),
        ("prune_jobs", "job_done"),
        ("prune_inbox", "inbox_done"),
        ("prune_exchanges", "exchange_age"),
        ("prune_attempts", "attempt_age"),
        ("prune_intents", "intent_resolved"),
        ("intent_in_flight", "intent_in_flight"),
        ("records_by_number", "record_number"),
        ("in_flight", "in_flight_sku"),
        ("flow_figures", "job_open"),
    ],
)
def test_what_is_asked_all_the_time_does_not_read_the_whole_history(name: str, index: str) -> None:
    database = sqlite3.connect(":memory:")
    for change in migrations("sqlite"):
        for statement in change.statements:
            database.execute(statement)
    sql = library("sqlite")[name]
    plan = database.execute(f"EXPLAIN QUERY PLAN {sql.text}", dict.fromkeys(sql.parameters)).fetchall()
    database.close()
    assert any(index in row[3] for row in plan), plan


def test_an_apostrophe_in_a_comment_is_no_quote() -> None:
    text = "-- name: one\n-- it's one\nSELECT :a, 'it''s :b', :c::text\n-- and that's another\nFROM x WHERE y = :a;\n"
    found = _read(text, "postgres")["one"]
    assert found.text == "SELECT $1, 'it''s :b', $2::text\nFROM x WHERE y = $1"
    assert found.parameters == ("a", "c")

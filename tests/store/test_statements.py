"""Every statement is understood by both databases, and times are 64 bits wide in all of them."""

import re
import sqlite3
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from isthmus.store.level import MARK
from isthmus.store.migrate import LEDGER, migrations
from isthmus.store.open import open_store
from isthmus.store.statement import _read, library, listed, say
from tests.store.conftest import Database, emptied

TIMES = re.compile(r".*_at|.*_until|now|before|since")
SEEKS_ARRAYS = 17
EACH_VALUE = r"Index Cond: .*(external_id|number) = ANY"
FILLED = """
INSERT INTO record (connection, kind, external_id, number, read_at, fingerprint, body)
  SELECT 'x', 'x', CAST(n AS TEXT), CAST(n AS TEXT), 0, '', '' FROM generate_series(1, 5000) AS n;
INSERT INTO binding (connection, kind, external_id, entity, state)
  SELECT 'x', 'x', CAST(n AS TEXT), CAST(n AS TEXT), 'synced' FROM generate_series(1, 5000) AS n;
ANALYZE record;
ANALYZE binding
"""
WORDS = ("add_audit", "before")  # what stood there before, in words
ROOT = Path(__file__).parents[2]
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


def test_no_statement_is_left_over() -> None:
    used = "\n".join(each.read_text("utf-8") for root in ("src", "benchmarks") for each in (ROOT / root).rglob("*.py"))
    assert [name for name in NAMES if f'"{name}"' not in used] == []


async def planned(connection: Any, text: str, values: Sequence[str]) -> str:
    return "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {text}", *values))


@pytest.mark.postgres
@pytest.mark.parametrize("name", ["counterparts", "records", "fingerprints", "records_by_number"])
async def test_a_fresh_postgres_looks_each_value_of_a_list_up(name: str, postgres_url: str) -> None:
    await emptied(postgres_url)
    store = await open_store(postgres_url, Path())
    await store.migrate()
    sql = library("postgres")[name]
    values = [listed(["1", "2"]) if each in ("ids", "numbers") else "x" for each in sql.parameters]
    connection = await asyncpg.connect(postgres_url)
    fresh = await planned(connection, sql.text, values)
    # Before 17 the planner takes an array for ten searches, which cost more than all rows of a kind as long as it knows
    # of none. These are then read once for the whole list, and never once for each value.
    if connection.get_server_version().major >= SEEKS_ARRAYS:
        assert re.search(EACH_VALUE, fresh), fresh
    assert "Semi Join" not in fresh
    assert not re.search(r"Join Filter: .*(external_id|number|entity)", fresh), fresh
    await connection.execute(FILLED)
    counted = await planned(connection, sql.text, values)
    await connection.close()
    await store.close()
    assert re.search(EACH_VALUE, counted), counted
    assert "Semi Join" not in counted


@pytest.mark.postgres
@pytest.mark.parametrize("name", ["counterparts", "standing", "unbind"])
async def test_a_fresh_postgres_finds_what_is_bound_together_by_that_alone(name: str, postgres_url: str) -> None:
    """Not by reading all bindings of the other system, for each record anew: that is what a first reading would do."""
    await emptied(postgres_url)
    store = await open_store(postgres_url, Path())
    await store.migrate()
    sql = library("postgres")[name]
    values = [listed(["1", "2"]) if each == "ids" else "x" for each in sql.parameters]
    connection = await asyncpg.connect(postgres_url)
    plan = await planned(connection, sql.text, values)
    await connection.close()
    await store.close()
    assert "Index Scan using binding_entity" in plan, plan
    assert "entity = " not in "".join(line for line in plan.splitlines() if "Filter" in line), plan


def test_sqlite_understands_every_statement() -> None:
    database = sqlite3.connect(":memory:")
    for table in (LEDGER, MARK):
        database.execute(table)
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
    await database.execute(MARK)
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


def test_an_apostrophe_in_a_comment_is_no_quote() -> None:
    text = "-- name: one\n-- it's one\nSELECT :a, 'it''s :b', :c::text\n-- and that's another\nFROM x WHERE y = :a;\n"
    found = _read(text, "postgres")["one"]
    assert found.text == "SELECT $1, 'it''s :b', $2::text\nFROM x WHERE y = $1"
    assert found.parameters == ("a", "c")


def test_a_header_may_say_that_a_statement_makes_work_for_others() -> None:
    text = "-- name: a [wakes]\nSELECT 1;\n-- name: b [postgres] [wakes]\nUPDATE x RETURNING y;\n-- name: c\nSELECT 3;"
    found = _read(text, "postgres")
    assert {name: (sql.wakes, sql.returns) for name, sql in found.items()} == {
        "a": (True, False),
        "b": (True, True),
        "c": (False, False),
    }
    assert found["a"].text == "SELECT 1"

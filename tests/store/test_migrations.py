"""The schema is brought up to date once, whoever and how many ask."""

import asyncio
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest

from isthmus.canonical.order import OrderLine
from isthmus.kit.clock import EPOCH
from isthmus.store.migrate import _split, migrations, missing
from isthmus.store.open import open_store
from isthmus.store.records import record_values
from isthmus.store.statement import Many
from isthmus.testing.builders import a_line, an_order
from tests.store.conftest import Database, Opener

RACER = """
import asyncio, sys
from pathlib import Path
from isthmus.store.open import open_store

async def main():
    store = await open_store(sys.argv[1], Path(sys.argv[2]))
    print(*await store.migrate())
    await store.close()

asyncio.run(main())
"""


async def test_migrating_again_does_nothing(opener: Opener) -> None:
    store = await opener()
    names = [each.name for each in migrations(store.dialect)]
    assert list(await store.pending()) == names
    assert list(await store.migrate()) == names
    assert list(await store.migrate()) == []
    assert list(await store.pending()) == []


async def test_several_at_once_migrate_once(opener: Opener) -> None:
    stores = [await opener() for _ in range(4)]
    applied = await asyncio.gather(*(each.migrate() for each in stores))
    # Whoever comes first to a change makes it; they may take turns.
    assert sorted(name for names in applied for name in names) == [each.name for each in migrations(stores[0].dialect)]


async def test_several_processes_at_once_migrate_once(database: Database) -> None:
    racers = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", RACER, database.url, str(database.folder), stdout=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    applied = [name for each in racers for name in (await each.communicate())[0].decode().split()]
    assert sorted(applied) == [each.name for each in migrations(database.dialect)]
    store = await open_store(database.url, database.folder)
    assert list(await store.pending()) == []
    await store.close()


async def test_a_phase_applies_its_own_changes_only(opener: Opener) -> None:
    store = await opener()
    pre = list(await store.migrate("pre"))
    assert pre == [each.name for each in missing(store.dialect, (), "pre")]
    assert list(await store.migrate("post")) == [each.name for each in missing(store.dialect, pre, "post")]


def test_changes_are_numbered_without_gaps_and_are_the_same_in_both_databases() -> None:
    sqlite, postgres = migrations("sqlite"), migrations("postgres")
    assert [each.name for each in sqlite] == [each.name for each in postgres]
    assert [int(each.name[:4]) for each in sqlite] == list(range(1, len(sqlite) + 1))


def test_a_statement_may_be_for_one_database_only() -> None:
    only = "-- [postgres]\n-- why; and how\nCREATE TABLE c (d TEXT);\n-- [sqlite]\nCREATE TABLE e (f TEXT);"
    text = f"CREATE TABLE a (b TEXT);\n{only}"
    assert _split(text, "sqlite") == ("CREATE TABLE a (b TEXT)", "CREATE TABLE e (f TEXT)")
    assert _split(text, "postgres") == ("CREATE TABLE a (b TEXT)", "CREATE TABLE c (d TEXT)")


@pytest.mark.parametrize(
    ("lines", "item"),
    [
        pytest.param([a_line("A", variant_ref="v1"), a_line("B", variant_ref="v2")], "v1", id="one"),
        pytest.param([a_line("A", variant_ref="v1"), a_line("A", variant_ref="v1")], "v1", id="the-same-twice"),
        pytest.param([a_line("A", variant_ref="v1"), a_line("A", variant_ref="v2")], "", id="nobody-can-tell"),
        pytest.param([a_line("A"), a_line("A", variant_ref="v1")], "", id="one-without"),
        pytest.param([a_line("A")], "", id="none"),
        pytest.param([a_line("A", variant_ref="v1", warehouse="elsewhere")], "", id="in-another-place"),
    ],
)
async def test_what_is_on_its_way_learns_whose_it_is(
    database: Database, opener: Opener, lines: Sequence[OrderLine], item: str
) -> None:
    store = await opener()
    await store.migrate()
    order = an_order("1", *lines)
    await store.write(Many("store_record", [record_values("shop", "order", order, EPOCH)]))
    # As the release before this change writes it.
    await run(
        database,
        "INSERT INTO in_flight (connection, order_id, sku, place, wanted) VALUES ('shop', 'order-1', 'A', '', '1')",
    )
    change = next(each for each in migrations(store.dialect) if each.name == "0008_pre_items")
    await run(database, change.statements[-1])
    (row,) = await store.read("in_flight", source="erp", shop="shop", items="[]", skus='["A"]')
    assert (row["item"], row["pooled"], row["wanted"]) == (item, "", "1")


async def run(database: Database, statement: str) -> None:
    """Run a statement that is not one of ours."""
    if database.dialect == "postgres":
        connection = await asyncpg.connect(database.url)
        await connection.execute(statement)
        await connection.close()
        return
    with closing(sqlite3.connect(database.folder / "test.db")) as file, file:
        file.execute(statement)


async def test_the_file_is_made_where_the_project_is(tmp_path: Path) -> None:
    store = await open_store("sqlite:///below/here.db", tmp_path)
    await store.migrate()
    await store.close()
    assert (tmp_path / "below" / "here.db").is_file()

"""The schema is brought up to date once, whoever and how many ask."""

import asyncio
import sys
from pathlib import Path

from isthmus.store.migrate import _split, migrations, missing
from isthmus.store.open import open_store
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


async def test_the_file_is_made_where_the_project_is(tmp_path: Path) -> None:
    store = await open_store("sqlite:///below/here.db", tmp_path)
    await store.migrate()
    await store.close()
    assert (tmp_path / "below" / "here.db").is_file()

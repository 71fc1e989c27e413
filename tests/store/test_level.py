"""What a start may change in a database, and which databases this code keeps away from."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from isthmus.store import migrate
from isthmus.store.base import Store
from isthmus.store.group import StoreError
from isthmus.store.level import bring_up, change, level_of
from isthmus.store.migrate import LEDGER, migrations
from isthmus.store.open import open_store
from isthmus.store.side import Side
from isthmus.store.side_postgres import PostgresSide
from isthmus.store.side_sqlite import SqliteSide
from isthmus.store.statement import Row
from tests.store.changes import Changes, changes
from tests.store.conftest import Database, Opener, emptied

__all__ = ["changes"]
NEWEST_POST = [each.name for each in migrations("sqlite") if each.phase == "post"][-1]
WIDEN = "CREATE TABLE widened (name TEXT PRIMARY KEY, old TEXT)"
NARROW = "ALTER TABLE widened DROP COLUMN old"


async def side_of(database: Database) -> Side:
    if database.dialect == "postgres":
        return await PostgresSide.open(database.url)
    return SqliteSide(database.folder / "test.db")


async def refused(store: Store, phase: str | None = None, older_alive: Sequence[str] = ()) -> str:
    with pytest.raises(StoreError) as wrong:
        await change(store, phase, older_alive=older_alive)
    return str(wrong.value)


def nobody() -> bool:
    return True


def somebody() -> bool:
    return False


async def test_a_new_database_gets_everything_whoever_starts_first(opener: Opener, changes: Changes) -> None:
    changes.add("9001_post_narrow", "CREATE TABLE narrowed (name TEXT PRIMARY KEY)")
    store = await opener()
    assert list(await bring_up(store, alone=somebody)) == [each.name for each in migrations(store.dialect)]
    assert (await level_of(store)).pending == ()


async def test_a_start_beside_others_only_adds(opener: Opener, changes: Changes) -> None:
    store = await opener()
    await store.migrate()
    changes.add("9001_pre_widen", WIDEN)
    changes.add("9002_post_narrow", NARROW)
    assert list(await bring_up(store, alone=somebody)) == ["9001_pre_widen"]
    assert (await level_of(store)).pending == ("9002_post_narrow",)
    assert list(await bring_up(store, alone=nobody)) == ["9002_post_narrow"]


async def test_a_change_that_adds_does_not_wait_for_an_earlier_one_that_takes_away(
    opener: Opener, changes: Changes
) -> None:
    changes.add("9001_pre_widen", WIDEN)
    store = await opener()
    await store.migrate()
    changes.add("9002_post_narrow", NARROW)
    changes.add("9003_pre_more", "CREATE TABLE more (name TEXT PRIMARY KEY)")
    assert list(await change(store, "pre")) == ["9003_pre_more"]
    level = await level_of(store)
    assert (level.newest("pre"), level.newest("post"), level.pending) == (
        "9003_pre_more",
        NEWEST_POST,
        ("9002_post_narrow",),
    )
    assert list(await change(store, "post")) == ["9002_post_narrow"]


async def test_a_change_that_takes_away_waits_for_earlier_ones_that_add(opener: Opener, changes: Changes) -> None:
    store = await opener()
    await store.migrate()
    changes.add("9001_pre_widen", WIDEN)
    changes.add("9002_post_narrow", NARROW)
    assert await refused(store, "post") == "9002_post_narrow comes after 9001_pre_widen: apply the pre changes first"
    assert list(await change(store, None)) == ["9001_pre_widen", "9002_post_narrow"]


async def test_nothing_is_taken_away_from_an_older_process(opener: Opener, changes: Changes) -> None:
    store = await opener()
    await store.migrate()
    changes.add("9001_pre_widen", WIDEN)
    changes.add("9002_post_narrow", NARROW)
    for phase in (None, "post"):
        words = await refused(store, phase, ["up 0.1.0 on web-1"])
        assert "9002_post_narrow may take away what is still used by: up 0.1.0 on web-1" in words
    assert list(await change(store, "pre", older_alive=["up 0.1.0 on web-1"])) == ["9001_pre_widen"]
    assert list(await change(store, None, older_alive=["up 0.1.0 on web-1"], force=True)) == ["9002_post_narrow"]


async def test_a_database_of_the_next_release_is_worked_on_until_something_was_taken_away(
    opener: Opener, changes: Changes
) -> None:
    changes.add("9001_pre_widen", WIDEN)
    store = await opener()
    await store.migrate()
    changes.take("9001_pre_widen")
    assert list(await bring_up(store, alone=nobody)) == []
    assert (await level_of(store)).unknown == ("9001_pre_widen",)

    changes.add("9001_pre_widen", WIDEN)
    changes.add("9002_post_narrow", NARROW)
    await store.migrate()
    changes.take("9001_pre_widen")
    changes.take("9002_post_narrow")
    with pytest.raises(StoreError, match=r"changed by a newer Isthmus \(9002_post_narrow\).* start the newer one"):
        await bring_up(store, alone=nobody)
    assert "changed by a newer Isthmus" in await refused(store)


async def schema(side: Side) -> list[Row]:
    found = [dict(row) for row in await side.say("schema_columns")]
    return sorted(found, key=lambda row: (row["table_name"], row["column_name"]))


async def built(database: Database, order: Sequence[migrate.Migration]) -> list[Row]:
    """Apply changes in an order and return the tables that come of it."""
    if database.dialect == "postgres":
        await emptied(database.url)
    else:
        (database.folder / "test.db").unlink(missing_ok=True)
    side = await side_of(database)
    try:
        for text in (LEDGER, *(statement for each in order for statement in each.statements)):
            await side.run(text)
        return await schema(side)
    finally:
        await side.close()


async def differ(database: Database) -> bool:
    """Whether it matters that every `post` change waits until the last `pre` change is applied."""
    by_number = migrations(database.dialect)
    last = [each for phase in ("pre", "post") for each in by_number if each.phase == phase]
    try:
        return await built(database, by_number) != await built(database, last)
    except StoreError:
        return True


async def test_our_changes_lead_to_the_same_schema_whether_post_waits_or_not(database: Database) -> None:
    assert not await differ(database)


async def test_a_change_that_breaks_the_rule_of_order_would_be_found(database: Database, changes: Changes) -> None:
    changes.add("9001_pre_widen", WIDEN)
    changes.add("9002_post_narrow", NARROW)
    assert not await differ(database)
    changes.add("9003_pre_again", "ALTER TABLE widened ADD COLUMN old BIGINT")
    assert await differ(database)


async def test_a_half_copied_database_is_not_worked_on(tmp_path: Path) -> None:
    store = await open_store("sqlite:///test.db", tmp_path)
    await store.migrate()
    side = SqliteSide(tmp_path / "test.db")
    await side.run("CREATE TABLE unfinished_copy (table_name TEXT)")
    await side.close()
    with pytest.raises(StoreError, match="holds a copy that was not finished"):
        await bring_up(store, alone=nobody)
    assert "holds a copy that was not finished" in await refused(store)
    await store.close()

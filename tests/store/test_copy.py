"""A whole store is carried into the other database and back, and nothing of it changes on the way."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from isthmus.bootstrap.config import ConfigError, ProjectConfig, read_config
from isthmus.bootstrap.moving import Moved, move
from isthmus.bootstrap.own import owned
from isthmus.kit.clock import to_micros
from isthmus.store.group import StoreError
from isthmus.store.level import bring_up
from isthmus.store.open import open_store
from isthmus.store.shape import shapes
from isthmus.store.side import PAGE
from isthmus.store.side_postgres import PostgresSide
from isthmus.store.side_sqlite import SqliteSide
from isthmus.store.statement import Many, say
from tests.store.changes import Changes, changes
from tests.store.conftest import emptied
from tests.store.ledger import attempt, delivery, mark

__all__ = ["changes"]
FILE, BACK = "sqlite:///a.db", "sqlite:///b.db"


class Stopped(Exception):
    """The copy is to end here, as if it were killed."""


def silent(_stage: str, _table: str, _rows: int) -> None:
    pass


def stopping(stage: str, table: str, rows: int) -> Callable[[str, str, int], None]:
    """Stop once so many rows of a table are done."""
    done = 0

    def told(now: str, name: str, more: int) -> None:
        nonlocal done
        done += more if (now, name) == (stage, table) else 0
        if done >= rows:
            raise Stopped

    return told


@pytest.fixture
def project(tmp_path: Path) -> ProjectConfig:
    (tmp_path / "isthmus.toml").write_text("[isthmus]\n", "utf-8")
    return read_config(tmp_path)


@pytest.fixture
async def target(postgres_url: str) -> str:
    await emptied(postgres_url)
    return postgres_url


async def filled(folder: Path, *, jobs: int = 3, url: str = FILE) -> None:
    store = await open_store(url, folder)
    await store.migrate()
    await mark(store, *(f"order-{number}" for number in range(jobs)))
    body = bytes(range(256))
    await store.write(
        Many("add_attempt", [attempt(f"t{number}") for number in range(jobs)]),
        Many("take_delivery", [delivery(f"d{number}", body=body, external_id="日本'\"\\") for number in range(3)]),
    )
    await store.close()


async def is_usable(url: str, folder: Path) -> bool:
    store = await open_store(url, folder)
    try:
        await bring_up(store, alone=lambda: True)
    except StoreError:
        return False
    finally:
        await store.close()
    return True


def counts(moved: Moved) -> dict[str, int]:
    return {each.table: each.target.rows for each in moved.tables if each.target.rows}


def digests(moved: Moved) -> dict[str, tuple[str, str]]:
    return {each.table: (each.source.digest, each.target.digest) for each in moved.tables}


async def refused(project: ProjectConfig, source: str, target: str, **said: Any) -> str:
    with pytest.raises((StoreError, ConfigError)) as wrong:
        await move(project, source, target, silent, **said)
    return str(wrong.value)


async def test_everything_arrives_and_comes_back(project: ProjectConfig, target: str) -> None:
    await filled(project.folder, jobs=2 * PAGE + 1)
    there = await move(project, FILE, target, silent)
    assert there.same
    assert counts(there) == {"job": 2 * PAGE + 1, "attempt": 2 * PAGE + 1, "inbox": 3}
    back = await move(project, target, BACK, silent)
    assert back.same
    assert digests(back) == digests(there)
    assert await is_usable(target, project.folder)
    assert await is_usable(BACK, project.folder)


async def test_new_rows_get_ids_past_the_highest_copied(project: ProjectConfig, target: str) -> None:
    await filled(project.folder, jobs=7)
    with closing(sqlite3.connect(project.folder / "a.db")) as file:
        file.execute("UPDATE job SET id = 9000000000000000000 WHERE subject = 'order-6'")
        file.commit()
    await move(project, FILE, target, silent)
    store = await open_store(target, project.folder)
    await mark(store, "new")
    rows = await store.read("jobs_of_subject", subject="new")
    await store.close()
    assert [row["id"] for row in rows] == [9000000000000000001]


async def test_a_table_a_later_change_adds_is_not_forgotten(
    project: ProjectConfig, target: str, changes: Changes
) -> None:
    changes.add("9001_pre_later", "CREATE TABLE later (id ${identity}, name TEXT, amount BIGINT, body ${blob})")
    await filled(project.folder)
    with closing(sqlite3.connect(project.folder / "a.db")) as file:
        file.execute("INSERT INTO later (name, amount, body) VALUES (NULL, ?, ?)", (-(2**63), b"\0\xff"))
        file.commit()
    moved = await move(project, FILE, target, silent)
    assert (moved.same, counts(moved)["later"]) == (True, 1)
    database = await asyncpg.connect(target)
    assert tuple(await database.fetchrow("SELECT * FROM later") or ()) == (1, None, -(2**63), b"\0\xff")
    await database.close()


async def test_a_partitioned_table_is_copied_once_through_its_parent(
    project: ProjectConfig, target: str, changes: Changes
) -> None:
    parts = (
        "-- [sqlite]\nCREATE TABLE parted (id ${identity}, at BIGINT NOT NULL);\n"
        "-- [postgres]\nCREATE SEQUENCE parted_number;\n"
        "-- [postgres]\nCREATE TABLE parted (id BIGINT NOT NULL DEFAULT nextval('parted_number'), at BIGINT NOT NULL) "
        "PARTITION BY RANGE (at);\n"
        "-- [postgres]\nALTER SEQUENCE parted_number OWNED BY parted.id;\n"
        "-- [postgres]\nCREATE TABLE parted_low PARTITION OF parted (PRIMARY KEY (id)) FOR VALUES FROM (0) TO (500);\n"
        "-- [postgres]\nCREATE TABLE parted_rest PARTITION OF parted (PRIMARY KEY (id)) DEFAULT"
    )
    changes.add("9001_pre_parted", parts)
    await filled(project.folder)
    with closing(sqlite3.connect(project.folder / "a.db")) as file:
        file.executemany("INSERT INTO parted (at) VALUES (?)", [(number,) for number in range(PAGE + 1)])
        file.commit()
    there = await move(project, FILE, target, silent)
    assert (there.same, counts(there)["parted"]) == (True, PAGE + 1)
    with pytest.raises(Stopped):
        await move(project, target, BACK, stopping("copy", "parted", 1))
    back = await move(project, target, BACK, silent)
    assert back.resumed
    assert (back.same, digests(back)) == (True, digests(there))
    database = await asyncpg.connect(target)
    assert await database.fetchval("INSERT INTO parted (at) VALUES (1) RETURNING id") == PAGE + 2
    await database.close()


@pytest.mark.parametrize("there", ["sqlite", "postgres"])
async def test_an_interrupted_copy_is_unusable_and_goes_on_where_it_was(
    project: ProjectConfig, target: str, there: str
) -> None:
    await filled(project.folder, jobs=3 * PAGE)
    source, into = (FILE, target) if there == "postgres" else (target, BACK)
    if there == "sqlite":
        await move(project, FILE, target, silent)
    with pytest.raises(Stopped):
        await move(project, source, into, stopping("copy", "job", 2 * PAGE))
    assert not await is_usable(into, project.folder)
    assert "holds a copy that was not finished" in await refused(project, into, "sqlite:///c.db")

    copied: list[tuple[str, int]] = []
    resumed = await move(project, source, into, lambda now, name, rows: copied.append((f"{now} {name}", rows)))
    assert (resumed.resumed, resumed.same, counts(resumed)["job"]) == (True, True, 3 * PAGE)
    # What was there already is told in one piece, and the rest page by page.
    assert [rows for name, rows in copied if name == "copy job"] == [2 * PAGE, PAGE]
    assert [rows for name, rows in copied if name == "copy attempt"] == [3 * PAGE]
    assert await is_usable(into, project.folder)


async def test_a_source_that_went_on_after_an_interrupted_copy_is_found_out(
    project: ProjectConfig, target: str
) -> None:
    await filled(project.folder, jobs=PAGE)
    with pytest.raises(Stopped):
        await move(project, FILE, target, stopping("copy", "job", 1))
    store = await open_store(FILE, project.folder)
    await store.write(say("retry_jobs", now=5, flow="", code="", subject="order-3", number=""))
    with closing(sqlite3.connect(project.folder / "a.db")) as file:
        file.execute("UPDATE attempt SET outcome = 'parked' WHERE id = 't7'")
        file.commit()
    await store.close()
    resumed = await move(project, FILE, target, silent)
    assert [each.table for each in resumed.tables if not each.same] == ["attempt"]
    assert not await is_usable(target, project.folder)
    again = await move(project, FILE, target, silent)
    assert (again.same, counts(again)["attempt"]) == (True, PAGE)
    assert await is_usable(target, project.folder)


async def test_a_target_with_anything_in_it_is_refused(project: ProjectConfig, target: str) -> None:
    await filled(project.folder)
    await filled(project.folder, url=BACK)
    assert "its table attempt has rows" in await refused(project, FILE, BACK)
    database = await asyncpg.connect(target)
    await database.execute("CREATE TABLE theirs (name TEXT)")
    await database.close()
    assert "tables of something else: theirs" in await refused(project, FILE, target)


async def test_a_copy_of_one_source_is_not_gone_on_with_from_another(project: ProjectConfig, target: str) -> None:
    await filled(project.folder)
    await filled(project.folder, url=BACK)
    with pytest.raises(Stopped):
        await move(project, FILE, target, stopping("copy", "job", 1))
    words = await refused(project, BACK, target)
    assert "holds an unfinished copy of" in words
    assert "a.db" in words


async def test_a_source_that_is_none_is_refused(project: ProjectConfig, target: str) -> None:
    assert "no database file" in await refused(project, FILE, target)
    assert "holds no project" in await refused(project, target, FILE)
    assert "the same database" in await refused(project, FILE, f"sqlite:///{project.folder / 'a.db'}")
    assert not (project.folder / "a.db").exists()


async def test_a_project_at_work_is_not_copied(project: ProjectConfig, target: str) -> None:
    await filled(project.folder)
    at_work = ProjectConfig(**{**{name: getattr(project, name) for name in project.__slots__}, "database": FILE})
    with owned(at_work):
        words = await refused(project, FILE, target)
    assert "works on this project already. Stop every `isthmus up` with Ctrl-C or SIGTERM" in words

    await move(project, FILE, target, silent)
    store = await open_store(target, project.folder)
    later = to_micros(datetime.now(UTC) + timedelta(minutes=5))
    await store.write(say("claim_jobs", lane=1, flow="orders", now=5, wish=1, token="t", lease_until=later))
    await store.close()
    assert "1 pieces of work are in hand until" in await refused(project, target, BACK)
    assert (await move(project, target, BACK, silent, force=True)).same


ODD = {
    "number = 'a' || char(0) || 'b'": "job (id = 2): number holds a zero character",
    "attempts = 3000000000": "job (id = 2): attempts is beyond 32 bits",
    "run_at = 'soon'": "job (id = 2): run_at is not integer",
    "number = CAST(x'ff' AS TEXT)": "job (id = 2): number is not valid UTF-8",
    "code = x'00'": "job (id = 2): code is not text",
    f"number = '{'x' * 9000}'": "",
}


@pytest.mark.parametrize(("change", "words"), ODD.items(), ids=[*map(str, range(len(ODD)))])
async def test_what_the_other_database_cannot_keep_is_named_never_changed(
    project: ProjectConfig, target: str, change: str, words: str
) -> None:
    await filled(project.folder)
    with closing(sqlite3.connect(project.folder / "a.db")) as file:
        file.execute(f"UPDATE job SET {change} WHERE id = 2")  # noqa: S608 - from the list above
        file.commit()
    if not words:  # as long as that, but it shrinks when it is stored
        assert (await move(project, FILE, target, silent)).same
        return
    assert words in await refused(project, FILE, target)
    assert not await is_usable(target, project.folder)


async def test_a_row_the_server_refuses_is_named(project: ProjectConfig, target: str) -> None:
    await filled(project.folder)
    with closing(sqlite3.connect(project.folder / "a.db")) as file:
        # Longer than an index entry may be, and of a kind that does not shrink.
        file.execute("UPDATE job SET subject = hex(randomblob(20000)) WHERE id = 2")
        file.commit()
    words = await refused(project, FILE, target)
    assert "job (id = 2) cannot be kept by PostgreSQL: index row" in words


async def test_every_table_of_ours_can_be_copied_page_by_page(project: ProjectConfig, target: str) -> None:
    for url in (FILE, target):
        store = await open_store(url, project.folder)
        await store.migrate()
        await store.close()
    sides = (SqliteSide(project.folder / "a.db"), await PostgresSide.open(target))
    for side in sides:
        tables = shapes(await side.say("schema_columns"))
        assert len(tables) > 10
        assert [table.name for table in tables.values() if not table.key] == []
        await side.close()

"""A backup holds everything but secrets, proves it, and goes back into either database."""

# ruff: noqa: ASYNC240 - nothing else runs in these loops

import asyncio
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from isthmus.bootstrap.backing_up import back_up
from isthmus.bootstrap.config import ConfigError, ProjectConfig, read_config
from isthmus.bootstrap.own import owned
from isthmus.bootstrap.restoring import examine, restore
from isthmus.engine import failpoints
from isthmus.store.backup import Manifest
from isthmus.store.group import StoreError
from isthmus.store.level import bring_up
from isthmus.store.migrate import migrations
from isthmus.store.open import open_store
from isthmus.store.statement import Many, say
from tests.deaths import Died
from tests.store.conftest import BOTH, Database, emptied
from tests.store.ledger import attempt, delivery, mark

SECRET = "c0ffee" * 10


def silent(_stage: str, _table: str, _rows: int) -> None:
    pass


def project_at(folder: Path, url: str) -> ProjectConfig:
    (folder / "isthmus.toml").write_text("[isthmus]\n", "utf-8")
    return replace(read_config(folder), database=url)


@pytest.fixture
def project(database: Database) -> ProjectConfig:
    return project_at(database.folder, database.url)


async def filled(config: ProjectConfig, *, jobs: int = 2_500) -> None:
    store = await open_store(config.database, config.folder)
    await store.migrate()
    await mark(store, *(f"order-{number}" for number in range(jobs)))
    now = 1_700_000_000_000_000
    await store.write(
        Many("add_attempt", [attempt(f"t{number}") for number in range(jobs)]),
        Many(
            "take_delivery",
            [delivery(f"d{number}", body=bytes(range(256)), external_id="日本'\"\\") for number in range(3)],
        ),
        say("keep_first", name="page_key", value=SECRET),
        say("process_alive", id="p", role="up", host="h", pid=1, version="0", flows="[]", now=now, state="working"),
        say("declare_stream", connection="shop", kind="order", every_s=60, now=now),
        say("claim_stream", mine='["shop/order"]', now=now, lease_until=now, token="t"),
        say("finish_stream", connection="shop", kind="order", token="t", now=now, run_at=now),
        say("claim_jobs", flow="orders", lane=1, wish=2, token="t", lease_until=now * 2, now=now * 2),
    )
    await store.close()


async def refused(work: Any) -> str:
    with pytest.raises((StoreError, ConfigError)) as wrong:
        await work
    return str(wrong.value)


def counts(manifest: Manifest) -> dict[str, int]:
    return {name: held.rows for name, held in manifest.tables.items() if held.rows}


@pytest.fixture(params=BOTH)
async def other(request: pytest.FixtureRequest, tmp_path: Path) -> ProjectConfig:
    """An empty project, in either database."""
    folder = tmp_path / "other"
    folder.mkdir()
    if request.param == "sqlite":
        return project_at(folder, "sqlite:///isthmus.db")
    return project_at(folder, request.getfixturevalue("new_database"))


async def test_everything_but_secrets_is_in_it_and_goes_into_either_database(
    project: ProjectConfig, other: ProjectConfig, tmp_path: Path
) -> None:
    await filled(project)
    file = tmp_path / "a.backup"
    taken = await back_up(project, file, silent)
    assert counts(taken.manifest) == {"job": 2_500, "attempt": 2_500, "inbox": 3, "process": 1, "stream": 1}
    assert SECRET.encode() not in file.read_bytes()
    assert await examine(file, silent) == taken.manifest
    before = file.read_bytes()

    restored = await restore(other, file, silent, by="anna")

    assert restored.same
    assert file.read_bytes() == before
    assert sorted(each.name for each in tmp_path.iterdir() if each.name.startswith("a.backup")) == ["a.backup"]
    store = await open_store(other.database, other.folder)
    await bring_up(store, alone=lambda: True)
    [stream] = await store.read("streams")
    assert (stream["covered_at"], stream["token"]) == (None, None)
    assert (await store.read("processes")) == []
    assert (await store.read("leases", now=0))[0]["leases"] == 0
    assert [row["action"] for row in await store.read("audit_trail", wish=5)] == ["restore"]
    await store.close()
    # And it can be backed up again: the same rows, but for what a restore lets go of.
    again = await back_up(other, tmp_path / "b.backup", silent)
    assert again.manifest.tables["attempt"] == taken.manifest.tables["attempt"]
    assert again.manifest.tables["inbox"] == taken.manifest.tables["inbox"]


@pytest.mark.parametrize("point", ["mark_copied", "unmark_copied", "rest_jobs", "forget_duties", "forget_allowances"])
@pytest.mark.parametrize("when", failpoints.WHEN)
async def test_a_restore_that_was_killed_is_finished_by_one_more(
    project: ProjectConfig, other: ProjectConfig, monkeypatch: pytest.MonkeyPatch, point: str, when: str
) -> None:
    await filled(project, jobs=3)
    file = project.folder / "a.backup"
    await back_up(project, file, silent)

    def die(_pid: int, _how: int) -> None:
        raise Died

    monkeypatch.setattr(failpoints.os, "kill", die)
    failpoints.arm({"ISTHMUS_FAILPOINT": f"commit.{point}.{when}:2" if "mark" in point else f"commit.{point}.{when}"})
    with pytest.raises(Died):
        await restore(other, file, silent, by="anna", force=True)
    failpoints.arm({})
    assert (await restore(other, file, silent, by="anna", force=True)).same


async def test_it_is_taken_while_others_write_and_is_of_one_moment(project: ProjectConfig, tmp_path: Path) -> None:
    await filled(project)
    store = await open_store(project.database, project.folder)
    stop = asyncio.Event()
    written = 0

    async def write() -> None:
        nonlocal written
        while not stop.is_set():
            name = f"w{written}"
            await store.write(Many("take_delivery", [delivery(name)]), Many("add_attempt", [attempt(name)]))
            written += 1
            await asyncio.sleep(0)

    writing = asyncio.create_task(write())
    taken = []
    while len(taken) < 5 or written < 50:
        taken.append(await back_up(project, tmp_path / f"{len(taken)}.backup", silent))
    stop.set()
    await writing
    await store.close()
    for each in taken:  # one unit wrote both rows: both are in it or neither
        assert counts(each.manifest)["inbox"] - 3 == counts(each.manifest)["attempt"] - 2_500
        assert await examine(each.path, silent) == each.manifest
    assert counts(taken[-1].manifest)["inbox"] > counts(taken[0].manifest)["inbox"] - 1


async def test_what_is_there_is_put_aside_only_when_told(project: ProjectConfig, tmp_path: Path) -> None:
    await filled(project, jobs=3)
    taken = await back_up(project, tmp_path / "a.backup", silent)
    store = await open_store(project.database, project.folder)
    await mark(store, "later")
    await store.close()

    assert "in use already" in await refused(restore(project, taken.path, silent, by="anna", force=True))
    store = await open_store(project.database, project.folder)
    assert len(await store.read("jobs_of_subject", subject="later")) == 1
    await store.close()

    restored = await restore(project, taken.path, silent, by="anna", force_over=True, force=True)
    assert Path(restored.put_aside).exists()
    store = await open_store(project.database, project.folder)
    await bring_up(store, alone=lambda: True)
    assert await store.read("jobs_of_subject", subject="later") == []
    await store.close()


async def test_a_restore_waits_until_what_was_sent_last_shows_in_the_slowest_system(
    sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "slow"
    folder.mkdir()
    config = project_at(folder, "sqlite:///isthmus.db")
    (folder / "isthmus.toml").write_text('[connections.erp]\nconnector = "odoo"\nsettle = 90\n', "utf-8")
    config = replace(read_config(folder), database=config.database)
    sleep, slept = asyncio.sleep, list[float]()

    async def noted(seconds: float) -> None:
        slept.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", noted)
    assert (await restore(config, sound, silent, by="anna")).same
    assert 60 < max(slept) <= 90


async def test_a_restore_that_was_stopped_goes_on_and_nobody_works_on_half_of_it(
    project: ProjectConfig, tmp_path: Path
) -> None:
    await filled(project)
    taken = await back_up(project, tmp_path / "a.backup", silent)
    folder = tmp_path / "fresh"
    folder.mkdir()
    fresh = project_at(folder, "sqlite:///isthmus.db")

    class Stopped(Exception):
        pass

    def stop(stage: str, name: str, _rows: int) -> None:
        if (stage, name) == ("copy", "job"):
            raise Stopped

    with pytest.raises(Stopped):
        await restore(fresh, taken.path, stop, by="anna")
    store = await open_store(fresh.database, fresh.folder)
    assert "was not finished" in await refused(bring_up(store, alone=lambda: True))
    await store.close()
    assert (await restore(fresh, taken.path, silent, by="anna")).same


async def flipped(file: Path, needle: bytes) -> None:
    """Change one byte of a row, as a failing disk does."""
    file.chmod(0o600)
    body = bytearray(file.read_bytes())
    body[body.index(needle)] ^= 1
    file.write_bytes(body)


@pytest.fixture
async def sound(tmp_path: Path) -> Path:
    config = project_at(tmp_path, "sqlite:///isthmus.db")
    await filled(config, jobs=50)
    return (await back_up(config, tmp_path / "a.backup", silent)).path


async def test_a_changed_byte_a_cut_file_and_another_file_are_refused(sound: Path, tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.backup"
    shutil.copy(sound, spoilt)
    await flipped(spoilt, b"order-17")
    assert "take another one" in (await refused(examine(spoilt, silent))).lower()
    spoilt.write_bytes(sound.read_bytes()[: sound.stat().st_size // 2])
    assert str(spoilt) in await refused(examine(spoilt, silent))
    spoilt.write_bytes(b"not a database at all, but long enough to be looked at" * 100)
    assert "no SQLite database" in await refused(examine(spoilt, silent))
    assert "but no backup" in await refused(examine(tmp_path / "isthmus.db", silent))
    assert "there is no backup" in await refused(examine(tmp_path / "none.backup", silent))


async def test_a_backup_is_no_database_to_work_on(sound: Path) -> None:
    store = await open_store(f"sqlite:///{sound}", Path())
    assert "this is a backup" in await refused(bring_up(store, alone=lambda: True))
    await store.close()
    await examine(sound, silent)


async def test_a_backup_of_a_newer_isthmus_is_refused(sound: Path) -> None:
    sound.chmod(0o600)
    with closing(sqlite3.connect(sound)) as file:
        [(body,)] = file.execute("SELECT body FROM backup_manifest")
        told = json.loads(body)
        told["applied"].append("9001_pre_widen")
        told["version"] = "9.0"
        file.execute("UPDATE backup_manifest SET body = ?", (json.dumps(told),))
        file.commit()
    message = await refused(examine(sound, silent))
    assert "Isthmus 9.0" in message
    assert "9001_pre_widen" in message


async def test_a_backup_of_an_older_isthmus_is_brought_up_in_a_copy(tmp_path: Path) -> None:
    """Taken when the last change of the schema was not there yet."""
    config = project_at(tmp_path, "sqlite:///isthmus.db")
    *older, last = migrations("sqlite")
    with closing(sqlite3.connect(tmp_path / "isthmus.db")) as file:
        file.execute("CREATE TABLE schema_migration (name TEXT PRIMARY KEY, applied_at BIGINT NOT NULL)")
        for change in older:
            for statement in change.statements:
                file.execute(statement)
            file.execute("INSERT INTO schema_migration VALUES (?, 0)", (change.name,))
        file.execute("INSERT INTO job (flow, subject, run_at, marked_at, since) VALUES ('orders', 'old', 0, 0, 0)")
        file.commit()
    taken = await back_up(config, None, silent)
    assert taken.path.parent == tmp_path / "backups"
    assert last.name not in taken.manifest.applied
    before = taken.path.read_bytes()
    folder = tmp_path / "new"
    folder.mkdir()
    fresh = project_at(folder, "sqlite:///isthmus.db")
    assert (await restore(fresh, taken.path, silent, by="anna")).same
    assert taken.path.read_bytes() == before
    store = await open_store(fresh.database, fresh.folder)
    assert await store.pending() == []
    assert len(await store.read("jobs_of_subject", subject="old")) == 1
    await store.close()
    assert [each.name for each in folder.iterdir() if each.name.startswith(".restore")] == []


async def test_nothing_is_written_over_and_nothing_half_is_left(sound: Path, tmp_path: Path) -> None:
    config = project_at(tmp_path, "sqlite:///isthmus.db")
    before = sound.read_bytes()
    assert "there already" in await refused(back_up(config, sound, silent))
    assert sound.read_bytes() == before

    class Stopped(Exception):
        pass

    def stop(stage: str, _name: str, _rows: int) -> None:
        if stage == "compare":
            raise Stopped

    with pytest.raises(Stopped):
        await back_up(config, tmp_path / "b.backup", stop)
    assert sorted(each.name for each in tmp_path.glob("b.backup*")) == []
    empty = project_at(tmp_path, "sqlite:///none.db")
    assert "no database file" in await refused(back_up(empty, tmp_path / "c.backup", silent))
    assert not (tmp_path / "none.db").exists()


async def test_a_restore_waits_for_nobody_but_refuses_while_one_is_at_work(sound: Path, tmp_path: Path) -> None:
    folder = tmp_path / "busy"
    folder.mkdir()
    config = project_at(folder, "sqlite:///isthmus.db")
    with owned(config):
        # The same process may hold it once; another one is refused by the same lock.
        message = await refused(restore(config, sound, silent, by="anna"))
    assert "works on this project already" in message


@pytest.mark.postgres
async def test_a_postgres_that_is_at_work_is_not_restored_into(postgres_url: str, sound: Path, tmp_path: Path) -> None:
    await emptied(postgres_url)
    config = project_at(tmp_path, postgres_url)
    store = await open_store(postgres_url, tmp_path)
    await store.migrate()
    now = (await store.read("store_time"))[0]["now"]
    await store.write(
        say("process_alive", id="p", role="up", host="h", pid=1, version="0", flows="[]", now=now, state="working")
    )
    await store.close()
    message = await refused(restore(config, sound, silent, by="anna"))
    assert "at work: up 1 on h" in message

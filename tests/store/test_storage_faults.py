"""What can be wrong with a SQLite file is said with its place and what to do, and nothing is made worse."""

# ruff: noqa: ASYNC240 - nothing else runs in these loops

import os
import resource
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from isthmus.store.group import StoreError
from isthmus.store.level import bring_up
from isthmus.store.open import open_store
from isthmus.store.stamp import ENDING
from isthmus.store.statement import Many, Statement, say
from tests.store.ledger import delivery, job, mark
from tests.store.mounts import mounted

FILE = "sqlite:///isthmus.db"


async def opened(folder: Path) -> Any:
    store = await open_store(FILE, folder)
    await bring_up(store, alone=lambda: True)
    return store


async def refused(folder: Path) -> str:
    """Open the database and work on it, and return the first thing that is said against it."""
    try:
        store = await open_store(FILE, folder)
    except StoreError as wrong:
        return str(wrong)
    try:
        await bring_up(store, alone=lambda: True)
        for each in ("job", "inbox", "attempt"):
            await store.write(say("rest_jobs", now=0), say("free_inbox", now=0))
            await store.read("jobs_of_subject", subject=each)
        await store.write(Many("take_delivery", [delivery("new")]))
    except StoreError as wrong:
        return str(wrong)
    finally:
        await store.close()
    return ""


async def filled(folder: Path, subjects: int = 400) -> None:
    store = await opened(folder)
    await mark(store, *(f"order-{number}" for number in range(subjects)))
    await store.close()


async def killed(folder: Path, into: Path, *names: str) -> None:
    """Leave in `into` what a process leaves that is killed with its newest facts in the -wal."""
    store = await opened(folder)
    await mark(store, *names)
    shutil.copytree(folder, into)
    await store.close()


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in sorted(folder.iterdir()) if not each.name.endswith("-shm")}


# --- The -wal -------------------------------------------------------------------------------------------------------


async def test_a_killed_process_leaves_a_wal_that_is_taken_up(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    await killed(tmp_path / "a", tmp_path / "b", "late")
    assert (tmp_path / "b" / "isthmus.db-wal").stat().st_size > 0
    store = await opened(tmp_path / "b")
    assert (await job(store, "late"))["state"] == "ready"
    await store.close()
    assert await refused(tmp_path / "b") == ""


async def test_a_missing_wal_is_noticed_and_nothing_is_changed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    await filled(tmp_path / "a")
    await killed(tmp_path / "a", tmp_path / "b", "late")
    wal = (tmp_path / "b" / "isthmus.db-wal").read_bytes()
    (tmp_path / "b" / "isthmus.db-wal").unlink()
    before = bytes_of(tmp_path / "b")
    message = await refused(tmp_path / "b")
    assert "isthmus.db-wal is missing" in message
    assert str(tmp_path / "b" / "isthmus.db") in message
    assert f"delete {tmp_path / 'b' / 'isthmus.db'}{ENDING}" in message
    assert {**bytes_of(tmp_path / "b"), "isthmus.db-wal": b""} == {**before, "isthmus.db-wal": b""}
    # Put back, all is well.
    (tmp_path / "b" / "isthmus.db-wal").write_bytes(wal)
    store = await opened(tmp_path / "b")
    assert (await job(store, "late"))["state"] == "ready"
    await store.close()


async def test_going_on_without_the_wal_is_a_decision(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    await filled(tmp_path / "a")
    await killed(tmp_path / "a", tmp_path / "b", "late")
    (tmp_path / "b" / "isthmus.db-wal").unlink()
    (tmp_path / "b" / f"isthmus.db{ENDING}").unlink()
    assert await refused(tmp_path / "b") == ""


async def test_another_program_may_look_into_what_a_killed_process_left(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    await killed(tmp_path / "a", tmp_path / "b", "late")
    with closing(sqlite3.connect(tmp_path / "b" / "isthmus.db")) as file:  # it takes the -wal up and removes it
        assert file.execute("SELECT COUNT(*) FROM job").fetchone() == (1,)
    assert not (tmp_path / "b" / "isthmus.db-wal").exists()
    assert await refused(tmp_path / "b") == ""


@pytest.mark.parametrize("which", ["another", "later", "alone"])
async def test_a_wal_that_belongs_elsewhere_is_not_taken_up(tmp_path: Path, which: str) -> None:
    for name in ("a", "other"):
        (tmp_path / name).mkdir()
        await filled(tmp_path / name)
    older = (tmp_path / "a" / "isthmus.db").read_bytes()
    if which == "later":  # the file put back from a copy of some time ago, the -wal of today left beside it
        for number in range(3):
            store = await opened(tmp_path / "a")
            await mark(store, f"day-{number}")
            await store.close()
    await killed(tmp_path / ("other" if which == "another" else "a"), tmp_path / "b", "late")
    place = tmp_path / "b" / "isthmus.db"
    if which == "alone":
        place.unlink()
    else:
        place.write_bytes(older)
    before = bytes_of(tmp_path / "b")
    message = await refused(tmp_path / "b")
    said = {
        "another": "it is of another database",
        "later": "it is of a later state",
        "alone": "is missing, but isthmus.db-wal is there",
    }
    assert said[which] in message
    assert "Nothing was changed" in message
    assert bytes_of(tmp_path / "b") == before


async def test_a_stamp_cut_in_half_says_nothing(tmp_path: Path) -> None:
    await filled(tmp_path)
    (tmp_path / f"isthmus.db{ENDING}").write_text("00012")
    assert await refused(tmp_path) == ""


# --- The file -------------------------------------------------------------------------------------------------------


async def test_what_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    body = b"order;total\n#1001;12.50\n" * 500
    (tmp_path / "isthmus.db").write_bytes(body)
    message = await refused(tmp_path)
    assert "is no SQLite database" in message
    assert "[isthmus] database" in message
    assert (tmp_path / "isthmus.db").read_bytes() == body
    assert [each.name for each in tmp_path.iterdir()] == ["isthmus.db"]


async def test_a_damaged_page_is_said_with_the_way_out(tmp_path: Path) -> None:
    await filled(tmp_path, 4_000)
    place = tmp_path / "isthmus.db"
    body = bytearray(place.read_bytes())
    for page in range(2, len(body) // 4096):  # every page but those of the schema
        if b"order-" in body[page * 4096 : page * 4096 + 4096]:
            body[page * 4096 : page * 4096 + 64] = os.urandom(64)
    place.write_bytes(body)
    message = await refused(tmp_path)
    assert "it is damaged" in message
    assert str(place) in message
    assert "isthmus restore --replace" in message


async def test_a_newer_isthmus_is_named(tmp_path: Path) -> None:
    await filled(tmp_path)
    with closing(sqlite3.connect(tmp_path / "isthmus.db")) as file:
        file.execute("INSERT INTO schema_migration VALUES ('9002_post_narrow', 0)")
        file.commit()
    before = {name: body for name, body in bytes_of(tmp_path).items() if name == "isthmus.lock"}
    message = await refused(tmp_path)
    assert "newer Isthmus (9002_post_narrow)" in message
    assert {name: body for name, body in bytes_of(tmp_path).items() if name == "isthmus.lock"} == before


async def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("x")
    with pytest.raises(
        StoreError, match=r"cannot open the database .*folder/isthmus\.db: (File exists|Not a directory)"
    ):
        await open_store("sqlite:///folder/isthmus.db", tmp_path)


@pytest.fixture(params=["mounted", "rights"])
def read_only(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, Callable[[], None]]]:
    """A folder, and what makes it read-only."""
    if request.param == "mounted":
        with mounted(tmp_path / "disk", "16m") as disk:
            yield disk.folder, lambda: disk.again("ro")
        return
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    yield tmp_path, lambda: tmp_path.chmod(0o500)
    tmp_path.chmod(0o700)


async def test_what_must_not_be_written_is_left_alone(read_only: tuple[Path, Callable[[], None]]) -> None:
    folder, close = read_only
    await filled(folder)
    close()
    message = await refused(folder)
    assert "must not be written" in message or "cannot be opened" in message
    assert str(folder / "isthmus.db") in message


# --- The disk -------------------------------------------------------------------------------------------------------


async def test_a_full_disk_keeps_what_was_acknowledged_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "8m") as disk:
        store = await opened(disk.folder)
        kept: list[str] = []
        message = ""
        while not message:
            name = f"d{len(kept)}"
            try:
                await store.write(Many("take_delivery", [delivery(name, body=os.urandom(200_000))]))
                kept.append(name)
            except StoreError as wrong:
                message = str(wrong)
        assert "there is no room for it on the disk" in message
        assert str(disk.folder / "isthmus.db") in message
        # It can still be read, and the failed one is not in it.
        assert (await store.read("inbox_waiting"))[0]["deliveries"] == len(kept) > 5
        disk.again("size=64m")
        await store.write(Many("take_delivery", [delivery("after", body=os.urandom(200_000))]))
        await store.close()
        store = await opened(disk.folder)
        assert (await store.read("inbox_waiting"))[0]["deliveries"] == len(kept) + 1
        await store.close()
        with closing(sqlite3.connect(disk.folder / "isthmus.db")) as file:
            assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_a_limit_of_the_account_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, before[1]))
    try:
        await store.write(Many("take_delivery", [delivery("small", body=b"x")]))
        with pytest.raises(StoreError, match="file size, quota") as wrong:
            await store.write(Many("take_delivery", [delivery("large", body=os.urandom(3_000_000))]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert str(tmp_path / "isthmus.db") in str(wrong.value)
    await store.write(Many("take_delivery", [delivery("large", body=os.urandom(3_000_000))]))
    assert (await store.read("inbox_waiting"))[0]["deliveries"] == 2
    await store.close()


@pytest.mark.parametrize("size", [20_000, 100_000])
async def test_a_change_of_the_schema_that_finds_no_room_says_so_and_is_made_later(tmp_path: Path, size: int) -> None:
    store = await open_store(FILE, tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        with pytest.raises(StoreError, match="failed or is full"):
            await store.migrate()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    await store.migrate()
    assert await store.pending() == []
    await store.close()


async def test_a_disk_too_full_to_open_on_is_said(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "2m") as disk:
        await filled(disk.folder)
        disk.fill()
        message = await refused(disk.folder)
        assert "there is no room" in message or "failed or is full" in message
        disk.again("size=16m")
        assert await refused(disk.folder) == ""


async def test_a_unit_that_failed_for_want_of_room_fails_its_neighbours_too(tmp_path: Path) -> None:
    """None of a group is acknowledged when its commit is not on disk."""
    store: Any = await opened(tmp_path)
    store._write_side.execute("PRAGMA max_page_count = 1")
    steps: list[Statement | Many] = [
        Many("take_delivery", [delivery(f"d{n}", body=os.urandom(300_000))]) for n in range(3)
    ]
    for step in steps:
        with pytest.raises(StoreError, match="no room"):
            await store.write(step)
    store._write_side.execute("PRAGMA max_page_count = 1073741823")
    assert (await store.read("inbox_waiting"))[0]["deliveries"] == 0
    for step in steps:
        await store.write(step)
    assert (await store.read("inbox_waiting"))[0]["deliveries"] == 3
    await store.close()

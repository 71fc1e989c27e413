"""A disk without room: senders are told to come back, what was accepted is kept, and it goes on by itself."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from isthmus.web.admission import Limits
from tests.crash.test_intake_kill import free_port, served
from tests.store.mounts import mounted
from tests.web.deliveries import deliver, headers, kept, whole
from tests.web.stand import standing
from tests.web.test_admission import NEVER, ready

LARGE = json.dumps({"id": 1, "note": "x" * 300_000}).encode()


async def test_a_disk_that_runs_full_is_an_outage_and_no_loss(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "12m") as disk:
        # No look ahead: the disk itself has to say it.
        limits = Limits(free_bytes=0, probe_s=NEVER)
        async with standing(database=f"sqlite:///{disk.folder / 'x.db'}", limits=limits) as stand:
            accepted, status, code = 0, 202, ""
            while status == 202:
                told = headers(LARGE, delivery=f"d-{accepted}")
                status, code, answer = await deliver(stand, LARGE, headers=told)
                accepted += status == 202
            assert (status, code) == (503, "store_fails")
            assert int(answer["Retry-After"]) >= 30
            assert (await ready(stand, taking=False))["code"] == "store_fails"
            assert await kept(stand) == accepted > 5
            disk.again("size=64m")
            assert (await deliver(stand, LARGE, headers=headers(LARGE, delivery="after")))[0] == 202
            assert await ready(stand, taking=True) == {"ready": True}
            assert await kept(stand) == accepted + 1


async def test_no_more_is_taken_on_before_the_last_bytes_are_gone(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "32m") as disk:
        limits = Limits(free_bytes=16 * 1024 * 1024)
        async with standing(database=f"sqlite:///{disk.folder / 'x.db'}", limits=limits) as stand:
            assert (await deliver(stand))[0] == 202
            filler = disk.fill()
            assert (await ready(stand, taking=False))["code"] == "disk_full"
            assert (await deliver(stand, headers=headers(delivery="d-2")))[:2] == (503, "disk_full")
            filler.unlink()
            assert await ready(stand, taking=True) == {"ready": True}
            assert (await deliver(stand, headers=headers(delivery="d-2")))[0] == 202
            assert await kept(stand) == 2


async def until(port: int, name: str, status: int) -> tuple[int, str]:
    """Send until that is the answer, and return the last other one."""
    before = (0, "")
    while (told := await answered(port, name))[0] != status:
        before = told
        await asyncio.sleep(0.2)
    return told if status != 202 else before


async def answered(port: int, name: str) -> tuple[int, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(whole(name, LARGE))
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        body = await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
    finally:
        writer.close()
    return int(head[9:12]), json.loads(body)["error"] if body else ""


@pytest.mark.crash
@pytest.mark.slow
async def test_the_program_itself_refuses_in_time_and_recovers_when_there_is_room(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "300m") as disk:
        port = free_port()
        async with served(disk.folder, port), asyncio.timeout(90):
            assert (await answered(port, "before"))[0] == 202
            filler = disk.folder / "filler"
            filler.write_bytes(bytes(60_000_000))  # less than the 256 MB it keeps free are left
            assert await until(port, "during", 503) == (503, "disk_full")
            filler.unlink()
            assert await until(port, "after", 202) in {(503, "disk_full"), (0, "")}
        with closing(sqlite3.connect(disk.folder / "isthmus.db")) as file:
            names = {name for (name,) in file.execute("SELECT delivery_id FROM inbox")}
        assert {"before", "after"} <= names

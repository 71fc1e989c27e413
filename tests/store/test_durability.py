"""What a write returned is on disk: the process may be killed right after."""

import os
import signal
import subprocess
import sys

from isthmus.store.open import open_store
from tests.store.conftest import Database, Opener
from tests.store.ledger import claim, job, mark

WRITER = """
import asyncio, sys
from pathlib import Path
from isthmus.store.open import open_store
from isthmus.store.statement import Many
from tests.store.ledger import delivery

async def main():
    store = await open_store(sys.argv[1], Path(sys.argv[2]))
    await store.migrate()
    async def take(name):
        await store.write(Many("take_delivery", [delivery(name)]))
        print(name, flush=True)
    number = 0
    while True:
        await asyncio.gather(*(take(f"d{number}-{n}") for n in range(20)))
        number += 1

asyncio.run(main())
"""
CLAIMER = """
import asyncio, sys
from pathlib import Path
from isthmus.store.open import open_store
from tests.store.ledger import claim

async def main():
    store = await open_store(sys.argv[1], Path(sys.argv[2]))
    while rows := await claim(store, wish=5):
        print(*(row["subject"] for row in rows), flush=True)
    await store.close()

asyncio.run(main())
"""


async def test_nothing_acknowledged_is_lost_when_the_process_is_killed(database: Database) -> None:
    writer = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs meanwhile
        [sys.executable, "-c", WRITER, database.url, str(database.folder)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    acknowledged = [writer.stdout.readline().strip() for _ in range(100)]
    os.kill(writer.pid, signal.SIGKILL)
    acknowledged += [line.strip() for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    writer.stdout.close()
    writer.wait()
    store = await open_store(database.url, database.folder)
    rows = (await store.read("inbox_waiting"))[0]
    for name in acknowledged:
        (found,) = await store.read("deliveries_of", connection="shop", kind="order", external_id=name)
        assert found["delivery_id"] == name
    assert rows["deliveries"] >= len(acknowledged) >= 100
    await store.close()


async def test_one_job_is_never_given_to_two_processes(database: Database, opener: Opener) -> None:
    store = await opener()
    await store.migrate()
    subjects = [str(number) for number in range(150)]
    await mark(store, *subjects)
    claimers = [
        subprocess.Popen(  # noqa: ASYNC220 - same
            [sys.executable, "-c", CLAIMER, database.url, str(database.folder)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    given = [subject for each in claimers for subject in each.communicate(timeout=60)[0].split()]
    assert sorted(given) == sorted(subjects)
    assert await claim(store) == []
    assert (await job(store, "0"))["state"] == "running"

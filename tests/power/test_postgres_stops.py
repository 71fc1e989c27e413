"""A PostgreSQL stopped in the middle of writing has, once it is back, everything that was acknowledged."""

import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from isthmus.store.copy import tally
from isthmus.store.level import bring_up
from isthmus.store.open import open_store
from isthmus.store.shape import shapes
from isthmus.store.side_postgres import PostgresSide
from tests.postgres_server import NoPostgres, find_binaries
from tests.store.servers import Restartable, restartable

pytestmark = [pytest.mark.postgres, pytest.mark.crash, pytest.mark.slow]
#: Each costs about two seconds; a hundred for a night: ISTHMUS_STOPS=100
STOPS = int(os.environ.get("ISTHMUS_STOPS", "5"))
WRITER = """
import asyncio, sys
from pathlib import Path
from isthmus.store.group import StoreError
from isthmus.store.open import open_store
from isthmus.store.statement import Many
from tests.store.ledger import attempt, delivery

async def main():
    store = await open_store(sys.argv[1], Path())
    await store.migrate()
    async def take(name):
        await store.write(Many("take_delivery", [delivery(name)]), Many("add_attempt", [attempt(name)]))
        print(name, flush=True)
    number = 0
    while True:
        await asyncio.gather(*(take(f"{sys.argv[2]}-{number}-{n}") for n in range(20)))
        number += 1

try:
    asyncio.run(main())
except StoreError:
    pass
"""


def stopped_while_writing(server: Restartable, round_: int, random: Random) -> set[str]:
    """Stop the server in the middle of a burst, and return what was acknowledged until then."""
    command = [sys.executable, "-c", WRITER, server.url, str(round_)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline().strip() for _ in range(random.randint(1, 150))]
        time.sleep(random.random() / 50)
        server.stop()
        acknowledged += [line.strip() for line in writer.stdout if line.endswith("\n")]
        writer.kill()
    return set(acknowledged)


async def test_stopped_at_any_moment_it_has_all_that_was_acknowledged(tmp_path: Path) -> None:
    try:
        find_binaries()
    except NoPostgres as reason:
        pytest.skip(str(reason))
    random = Random(20_261_121)  # noqa: S311 - not for secrets
    acknowledged: set[str] = set()
    with restartable() as server:
        for round_ in range(STOPS):
            acknowledged |= stopped_while_writing(server, round_, random)
            server.start()
            store = await open_store(server.url, tmp_path)
            await bring_up(store, alone=lambda: True)
            await store.close()
            side = await PostgresSide.open(server.url)
            tables = shapes(await side.say("schema_columns"))
            async with side.snapshot():
                place = tables["attempt"].names.index("id")
                kept = {row[place] async for rows in side.pages(tables["attempt"]) for row in rows}
                # Every row of every table can be read.
                held = {name: await tally(side, each, lambda *_said: None) for name, each in tables.items()}
            await side.close()
            assert acknowledged - kept == set(), round_
            assert held["attempt"].rows == held["inbox"].rows >= len(acknowledged)  # one unit wrote both
    assert len(acknowledged) > STOPS

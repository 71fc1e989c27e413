"""Cut the power of a recorded process again and again, and see what Isthmus makes of what is left.

python -m tests.power.cuts --cuts 1000 --seed 1 --json
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from rich.progress import track

from isthmus.store.level import bring_up
from isthmus.store.open import open_store
from tests.crash.stand import Stand, standing
from tests.crash.test_intake_kill import free_port
from tests.power.disk import Disk, moments
from tests.power.recording import Event, events, strace
from tests.web.deliveries import whole

ORDERS, DELIVERIES = 12, 70
#: Large enough that the -wal is copied into the file several times while it is at work (every 16 MB).
BODY = 320_000
PATIENCE_S = 240.0


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded run: what was written, and when each delivery was acknowledged."""

    events: Sequence[Event]
    acknowledged: Sequence[tuple[float, str]]


@dataclass(slots=True)
class Verdict:
    """What came of the cuts."""

    cuts: int = 0
    ways: Counter[str] = field(default_factory=Counter[str])
    acknowledged: int = 0
    creates: int = 0
    wrong: list[str] = field(default_factory=list[str])


def record(scratch: Path, orders: int = ORDERS, deliveries: int = DELIVERIES) -> Recorded:
    """Let `isthmus up` take deliveries and book orders under strace, and stop it as a service manager does."""
    folder, prefix = scratch / "project", scratch / "trace"
    with standing() as stand:
        stand.project(folder, orders)
        port = free_port()
        command = [*strace(prefix), sys.executable, "-m", "isthmus", "up", "-C", str(folder), "--listen"]
        process = subprocess.Popen(
            [*command, f"127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "ISTHMUS_DATABASE_URL": ""},
        )
        try:
            acknowledged = asyncio.run(_deliver(port, process, deliveries))
            _until_booked(stand, orders)
            os.kill(_child(process), signal.SIGTERM)
            assert process.wait(60) == 0
        finally:
            if process.poll() is None:  # killed by itself, strace would leave the other one running
                os.kill(_child(process), signal.SIGKILL)
            process.wait()
    return Recorded(events(prefix, folder), acknowledged)


def _child(process: subprocess.Popen[bytes]) -> int:
    """Return the id of what strace started."""
    return int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])


async def _deliver(port: int, process: subprocess.Popen[bytes], count: int) -> list[tuple[float, str]]:
    """Send deliveries one after the other, and note when each was acknowledged."""
    acknowledged: list[tuple[float, str]] = []
    deadline = time.monotonic() + PATIENCE_S
    while len(acknowledged) < count:
        assert process.poll() is None, "isthmus up ended by itself"
        assert time.monotonic() < deadline
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionError:
            await asyncio.sleep(0.1)
            continue
        name = f"d-{len(acknowledged)}"
        note = "x" * (BODY if len(acknowledged) % 2 else 10)
        body = json.dumps({"id": 5600000032768, "name": "#1001", "note": note}).encode()
        writer.write(whole(name, body))
        if (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 202"):
            acknowledged.append((time.time(), name))
        writer.close()
        await asyncio.sleep(0.02)
    return acknowledged


def _until_booked(stand: Stand, orders: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while len(stand.call("erp", "state")["orders"]) < orders:
        assert time.monotonic() < deadline, stand.verdict()
        time.sleep(0.2)
    time.sleep(1.0)  # so that the outcome of the last one is on its way, too


def cut(recorded: Recorded, count: int, seed: int, scratch: Path) -> Verdict:
    """Cut `count` times and look at each state that is left."""
    random, verdict, disk, done = Random(seed), Verdict(), Disk(), 0  # noqa: S311 - not for secrets
    acknowledged = sorted(recorded.acknowledged)
    places = moments(recorded.events, count, random)
    for number, place in enumerate(track(places, "cuts", disable=not sys.stderr.isatty())):
        for event in recorded.events[done:place]:
            disk.take(event)
        done = max(done, place)
        folder = scratch / f"cut-{number}"
        way = disk.cut(folder, random)
        at = recorded.events[place - 1].ended if place else 0.0
        told = {name for when, name in acknowledged if when <= at}
        sent = {event.name for event in recorded.events[:place] if event.kind == "sent" and event.ended <= at}
        try:
            found = asyncio.run(look(folder, told, sent))
        except Exception as wrong:  # noqa: BLE001 - whatever it is, it is what this looks for
            found = [f"{type(wrong).__name__}: {wrong}"]
        verdict.cuts += 1
        verdict.ways[way.partition(",")[0]] += 1
        verdict.acknowledged += len(told)
        verdict.creates += len(sent)
        verdict.wrong += [f"cut {number} (seed {seed}, event {place}, {way}): {each}" for each in found]
        shutil.rmtree(folder)
    return verdict


async def look(folder: Path, acknowledged: set[str], sent: set[str]) -> list[str]:
    """Open what is left as a start does, and return what is wrong with it."""
    store = await open_store("sqlite:///isthmus.db", folder)
    await bring_up(store, alone=lambda: True)
    await store.close()
    with closing(sqlite3.connect(folder / "isthmus.db")) as file:
        broken = [text for (text,) in file.execute("PRAGMA integrity_check(5)") if text != "ok"]
        kept = {name for (name,) in file.execute("SELECT delivery_id FROM inbox")}
        intents = {name for (name,) in file.execute("SELECT reference FROM intent")}
    lost = [f"the delivery {each} was acknowledged and is gone" for each in sorted(acknowledged - kept)]
    blind = [f"{each} was sent to the ERP, and nothing says so" for each in sorted(sent - intents)]
    return [*broken, *lost, *blind]


def main() -> int:
    """Run a campaign from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--json", action="store_true")
    said = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="isthmus-power-") as scratch:
        recorded = record(Path(scratch))
        verdict = cut(recorded, said.cuts, said.seed, Path(scratch))
    figures = {
        "cuts": verdict.cuts,
        "seed": said.seed,
        "ways": dict(verdict.ways),
        "events": len(recorded.events),
        "syncs": sum(event.kind == "sync" for event in recorded.events),
        "acknowledged_looked_for": verdict.acknowledged,
        "creates_looked_for": verdict.creates,
        "wrong": verdict.wrong,
    }
    if said.json:
        print(json.dumps(figures, indent=2))  # noqa: T201 - the answer of this program
    else:
        print(*(f"{name}: {value}" for name, value in figures.items()), sep="\n")  # noqa: T201 - same
    return 1 if verdict.wrong else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    sys.exit(main())

"""Budget 2: deliveries made durable before the 202, against the same server answering without storing.

`python benchmarks/intake.py [--quick] [--database URL]` prints `name, ours, floor, ratio` (deliveries a second and
ours/floor) and `p99_ms` at half the rate of ours, `p95_ms` at 600 a second. Then it offers three times what was taken,
over many connections: `overload_accepted_per_s` and their `overload_p99_ms`, `overload_refused` (each told when to come
back), and what the server has of memory after it, `rss_mb`, `rss_growth_mb` more than before. `lost`: deliveries
answered 2xx that are not on disk afterwards. Sender and server are separate processes and share the machine's cores.
"""

import argparse
import asyncio
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop
from _sender import Turn, send
from floor import announcement, free_port, median, percentile, program, result, say, signed, until_answers

from isthmus.bootstrap.config import read_config
from isthmus.bootstrap.wiring import opened

CONCURRENT = 64
#: What R-KPI-10 asks for.
DESIGN_PER_S = 600
#: How many times more than it can take the server is offered, and over how many connections.
OVERLOAD = 3
CROWD = 1_500
#: Signed beforehand and sent in turn, each time under an id of its own (which Shopify does not sign).
BODIES = 2000
ROUNDS = 3


def delivery(number: int) -> bytes:
    """Return one signed delivery of ordinary size as it goes over the wire, with `%b` where its id belongs."""
    body = announcement(10_000_000 + number)
    headers = {**signed(body, "orders/updated"), "Content-Length": str(len(body)), "X-Shopify-Webhook-Id": "%b"}
    lines = ["POST /hooks/shop HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


@contextmanager
def server(folder: Path, port: int, *, storing: bool) -> Generator[int]:
    """Run the server under test, yield its process; without `storing` it does all else and answers."""
    script = Path(__file__).with_name("_intake_server.py")
    with program([sys.executable, str(script), str(folder), str(port), str(int(storing))]) as process:
        until_answers(port, "/health/live")
        yield process


def memory_mb(process: int) -> float:
    """Return how much of the machine's memory a process has."""
    pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


def project(folder: Path, database: str) -> None:
    """Write a project whose shop sends the deliveries."""
    (folder / "isthmus.toml").write_text(
        f'[isthmus]\ndatabase = "{database}"\n[connections.shop]\nconnector = "shopify"\nurl = "http://127.0.0.1:9"\n'
        "allow_private = true\n",
        "utf-8",
    )
    (folder / ".env").write_text("ISTHMUS_SHOP_ACCESS_TOKEN=t\nISTHMUS_SHOP_CLIENT_SECRET=demo-secret\n", "utf-8")


async def stored(folder: Path) -> int:
    """Return how many deliveries are on disk."""
    async with opened(read_config(folder)) as app:
        rows = await app.context.store.read("inbox_waiting")
        return rows[0]["deliveries"]


def deliveries() -> Iterator[bytes]:
    """Return an endless supply, no two with the same id."""
    run = time.time_ns()
    bodies = [delivery(number) for number in range(BODIES)]
    return (body % f"{run}-{number}".encode() for number, body in enumerate(itertools.cycle(bodies)))


@dataclass(frozen=True, slots=True)
class Figures:
    """What one server showed: as fast as answered, at half of that, and where it is stored at two more rates."""

    turns: Sequence[Turn]
    full: Turn
    half: Turn
    design: Turn
    over: Turn
    rss_mb: float
    rss_growth_mb: float

    @property
    def accepted(self) -> int:
        """Return how many were answered 2xx."""
        return sum(each.accepted for each in self.turns)


def measure(folder: Path, ready: Iterator[bytes], seconds: float, *, storing: bool) -> Figures:
    """Send at full speed, at half the speed that was reached, at the design rate and above what can be taken."""
    port = free_port()
    with (
        server(folder, port, storing=storing) as process,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):

        def turn(per_second: float | None = None, *, length: float = seconds, connections: int = CONCURRENT) -> Turn:
            return runner.run(send(port, ready, length, connections=connections, per_second=per_second))

        warm = turn(length=0.5)  # connections, code and pages
        full = turn()
        half = turn(full.rate / 2)
        design = turn(DESIGN_PER_S)
        assert not full.refused + half.refused + design.refused, "the server refused deliveries"
        crowd = turn(full.rate * OVERLOAD, connections=CROWD, length=seconds / 2)
        before = memory_mb(process)
        over = turn(full.rate * OVERLOAD, connections=CROWD)
        assert not over.unhelpful, "the server refused without saying when to come back"
        after = memory_mb(process)
    return Figures([warm, full, half, design, crowd, over], full, half, design, over, after, after - before)


def figures(owns: Sequence[Figures], floors: Sequence[Figures]) -> dict[str, float]:
    """Return the medians over all rounds."""
    ours, floor = median([each.full.rate for each in owns]), median([each.full.rate for each in floors])
    return {
        "ours": round(ours, 1),
        "floor": round(floor, 1),
        "ratio": round(ours / floor, 3),
        "p99_ms": round(median([percentile(each.half.took_ms, 99) for each in owns]), 1),
        "floor_p99_ms": round(median([percentile(each.half.took_ms, 99) for each in floors]), 1),
        "p95_ms": round(median([percentile(each.design.took_ms, 95) for each in owns]), 1),
        "overload_offered_per_s": round(median([each.over.offered for each in owns]), 1),
        "overload_accepted_per_s": round(median([each.over.rate for each in owns]), 1),
        "overload_p99_ms": round(median([percentile(each.over.took_ms, 99) for each in owns]), 1),
        "overload_refused": sum(each.over.refused.total() for each in owns),
        "rss_mb": round(max(each.rss_mb for each in owns), 1),
        "rss_growth_mb": round(max(each.rss_growth_mb for each in owns), 1),
    }


def main() -> None:
    """Measure floor and ours in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few seconds, for a smoke test")
    parser.add_argument("--database", default="sqlite:///bench.db", help="an empty one; sqlite:///... or postgresql://")
    wish = parser.parse_args()
    seconds, rounds = (1.0, 1) if wish.quick else (4.0, ROUNDS)
    floors: list[Figures] = []
    owns: list[Figures] = []
    lost = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project(folder, wish.database)
        ready = deliveries()
        for turn in range(1, rounds + 1):
            say(f"round {turn} of {rounds}: 4 x {seconds:.0f} s without storing, {CONCURRENT} at a time, then {CROWD}")
            floors.append(measure(folder, ready, seconds, storing=False))
            before = asyncio.run(stored(folder))
            say(f"round {turn} of {rounds}: 4 x {seconds:.0f} s durable before the answer")
            owns.append(measure(folder, ready, seconds, storing=True))
            lost += max(0, owns[-1].accepted - (asyncio.run(stored(folder)) - before))
            say(f"  floor {floors[-1].full.rate:.0f}/s, ours {owns[-1].full.rate:.0f}/s")
    result(name="intake", **figures(owns, floors), lost=lost, database=wish.database.partition(":")[0])


if __name__ == "__main__":
    main()

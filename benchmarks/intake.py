"""Budget 2: deliveries made durable before the 202, against the same server answering without storing.

`python benchmarks/intake.py [--quick] [--database URL]` prints `name, ours, floor, ratio` (deliveries a
second and ours/floor), `p99_ms` at half the rate of ours, and `lost`: deliveries answered 2xx that are
not on disk afterwards. Sender and server are separate processes and share the machine's cores.
"""

import argparse
import asyncio
import itertools
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvloop
from floor import announcement, free_port, median, percentile, program, result, say, signed, until_answers

from isthmus.bootstrap.config import read_config
from isthmus.bootstrap.wiring import opened

CONCURRENT = 64
#: Signed beforehand and sent in turn, each time under an id of its own (which Shopify does not sign).
BODIES = 2000
ROUNDS = 3
ACCEPTED = (b"HTTP/1.1 200", b"HTTP/1.1 202")


def delivery(number: int) -> bytes:
    """Return one signed delivery of ordinary size as it goes over the wire, with `%b` where its id belongs."""
    body = announcement(10_000_000 + number)
    headers = {**signed(body, "orders/updated"), "Content-Length": str(len(body)), "X-Shopify-Webhook-Id": "%b"}
    lines = ["POST /hooks/shop HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(slots=True)
class Sender:
    """Sends over kept connections with as little work as possible: it shares the machine with the server."""

    port: int
    ready: Iterator[bytes]
    accepted: int = 0
    refused: int = 0
    took_ms: list[float] = field(default_factory=list)

    async def send(self, seconds: float, per_second: float | None = None) -> float:
        """Send for so long, as fast as answered or at a rate; return how many were accepted a second."""
        loop = asyncio.get_running_loop()
        before, start = self.accepted, loop.time()
        self.took_ms.clear()
        await asyncio.gather(*(self._line(start, offset, seconds, per_second) for offset in range(CONCURRENT)))
        return (self.accepted - before) / (loop.time() - start)

    async def _line(self, start: float, offset: int, seconds: float, per_second: float | None) -> None:
        loop = asyncio.get_running_loop()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        due = start + (offset / per_second if per_second else 0)
        while loop.time() - start < seconds:
            if per_second:
                await asyncio.sleep(max(0.0, due - loop.time()))
                due += CONCURRENT / per_second
            began = loop.time()
            writer.write(next(self.ready))
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(ACCEPTED):  # an answer without a body
                self.accepted += 1
                self.took_ms.append((loop.time() - began) * 1000)
            else:
                self.refused += 1
                break
        writer.close()


@contextmanager
def server(folder: Path, port: int, *, storing: bool) -> Generator[None]:
    """Run the server under test; without `storing` the same application verifies and answers only."""
    script = Path(__file__).with_name("_intake_server.py")
    with program([sys.executable, str(script), str(folder), str(port), str(int(storing))]):
        until_answers(port, "/health/live")
        yield


def project(folder: Path, database: str) -> None:
    """Write a project whose shop sends the deliveries."""
    (folder / "isthmus.toml").write_text(
        f'[isthmus]\ndatabase = "{database}"\n[connections.shop]\nconnector = "shopify"\nurl = "http://127.0.0.1:9"\n',
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


@dataclass(slots=True)
class Figures:
    """What one turn showed."""

    rate: float
    p99_ms: float
    accepted: int


def measure(folder: Path, ready: Iterator[bytes], seconds: float, *, storing: bool) -> Figures:
    """Send at full speed, then at half the speed that was reached."""
    sender = Sender(free_port(), ready)
    with (
        server(folder, sender.port, storing=storing),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(sender.send(0.5))  # connections, code and pages warm
        rate = runner.run(sender.send(seconds))
        runner.run(sender.send(seconds, per_second=rate / 2))
        assert not sender.refused, "the server refused deliveries"
        return Figures(rate, percentile(sender.took_ms, 99), sender.accepted)


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
            say(f"round {turn} of {rounds}: {seconds:.0f} s without storing, {CONCURRENT} at a time")
            floors.append(measure(folder, ready, seconds, storing=False))
            before = asyncio.run(stored(folder))
            say(f"round {turn} of {rounds}: {seconds:.0f} s durable before the answer")
            owns.append(measure(folder, ready, seconds, storing=True))
            lost += max(0, owns[-1].accepted - (asyncio.run(stored(folder)) - before))
            say(f"  floor {floors[-1].rate:.0f}/s, ours {owns[-1].rate:.0f}/s")
    ours, floor = median([each.rate for each in owns]), median([each.rate for each in floors])
    result(
        name="intake",
        ours=round(ours, 1),
        floor=round(floor, 1),
        ratio=round(ours / floor, 3),
        p99_ms=round(median([each.p99_ms for each in owns]), 1),
        floor_p99_ms=round(median([each.p99_ms for each in floors]), 1),
        lost=lost,
        database=wish.database.partition(":")[0],
    )


if __name__ == "__main__":
    main()

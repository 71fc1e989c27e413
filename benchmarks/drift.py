"""What watching the shape of answers costs: real pages of a shop's orders, taken in with and without the watch.

`python benchmarks/drift.py [--quick]` prints `name, ours, floor, ratio` (milliseconds of the processor for each answer
that is looked at, the same loop without a watch, ours/floor), `watch_ms` (what the watch alone takes of an answer, the
median), X
its usual budget while answers come without a pause), `answer_kb` (of a page, on average), `places` (of its shape),
`shape_kb` (of what was learned, on disk), `keep_ms` (writing it, once a minute at most), `lost` (answers that were not
learned), `told` (differences found, in answers that have none) and `database`.

The loop does to an answer what the connector does: it decodes the page into what is read of it. `--quick` uses the 500
orders of the demonstration once, otherwise ten times.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from floor import median, percentile, result, say

from isthmus.bootstrap.config import read_config
from isthmus.bootstrap.wiring import opened
from isthmus.cli.demo_project import Ports, write_project
from isthmus.connectors.shopify.client import decode
from isthmus.connectors.shopify.failures import READ, envelope
from isthmus.connectors.shopify.wire_orders import OrdersAnswer
from isthmus.engine.drift import Budget, Watch, everything
from isthmus.kit.http import Request, Response
from isthmus.policies.answers import content
from isthmus.policies.shape import count, read
from isthmus.simulators.odoo.world import OdooWorld
from isthmus.simulators.shopify.settings import Settings
from isthmus.simulators.shopify.world import ShopifyWorld
from isthmus.simulators.stage import stage
from isthmus.store.open import open_store
from isthmus.testing.clock import HandClock
from isthmus.testing.indoors import Indoors, Side

#: A page of so much is an ordinary one; the pages of fewer orders at the end of a reading are left out.
ORDINARY_BYTES = 40_000
ROUNDS = 5

Pages = Sequence[tuple[Request, Response]]


@dataclass(slots=True)
class Ear:
    """Keeps the answers of one operation."""

    operation: str
    heard: list[tuple[Request, Response]] = field(default_factory=list[tuple[Request, Response]])

    async def weather(self, _side: str, request: Request, carry: Callable[[], Awaitable[Response]]) -> Response:
        """Carry a request, and keep the answer."""
        answer = await carry()
        if request.operation == self.operation and len(answer.body) >= ORDINARY_BYTES:
            self.heard.append((request, answer))
        return answer


async def pages(folder: Path) -> Pages:
    """Return the pages the connector reads of the demonstration's 500 orders."""
    hands, ear = HandClock(flowing=True), Ear("Orders")
    shop = ShopifyWorld("demo", None, Settings(restore_per_s=1e6), now=hands.now, clock=hands.seconds)
    erp = OdooWorld("demo", 17, now=hands.now)
    line = Indoors({"shop": Side(stage(shop), hands.now), "erp": Side(stage(erp), hands.now)}, hands)
    line.weather = ear.weather
    write_project(folder, Ports())
    project = folder / "isthmus.toml"
    text = project.read_text("utf-8").replace(f"http://127.0.0.1:{Ports().shop}", "http://shop")
    project.write_text(text.replace(f"http://127.0.0.1:{Ports().erp}", "http://erp"), "utf-8")
    async with opened(read_config(folder), hands, way_out=line) as app:
        await app.engine.prepare(alone=True)
        while await app.engine.rounds.step():
            pass
    return ear.heard


def taken_in(found: Pages, times: int, watch: Watch | None) -> list[float]:
    """Read each page as the connector does, and let the watch hear it; return the milliseconds of each."""
    took: list[float] = []
    for _ in range(times):
        for request, answer in found:
            began = time.thread_time()
            decode(envelope(answer, READ), OrdersAnswer, READ)
            if watch is not None:
                watch.heard("shop", request, answer)
            took.append((time.thread_time() - began) * 1000)
    return took


def watched(found: Pages, times: int, watch: Watch) -> list[float]:
    """Let the watch alone hear each page; return the milliseconds of each."""
    took: list[float] = []
    for request, answer in list(found) * times:
        began = time.thread_time()
        watch.heard("shop", request, answer)
        took.append((time.thread_time() - began) * 1000)
    return took


async def written(folder: Path, watch: Watch) -> tuple[float, int, int]:
    """Write what was learned; return the milliseconds, the bytes on disk, and the differences told."""
    store = await open_store("sqlite:///drift.db", folder)
    try:
        await store.migrate()
        began = time.perf_counter()
        await watch.keep(store)
        took = (time.perf_counter() - began) * 1000
        (place,) = await store.read("shape_versions")
        (shape,) = await store.read("shape", **{name: place[name] for name in ("connection", "operation", "question")})
        return took, len(shape["shape"]), len(await store.read("drifts", most=100))
    finally:
        await store.close()


def under_budget(found: Pages, times: int) -> tuple[float, float]:
    """Let answers come without a pause under the usual budget, nothing saved up; return its share and a pass's ms."""
    watch = Watch(budget=Budget(burst=0.05))
    began = time.perf_counter()
    took = watched(found, times, watch)
    for request, answer in list(found) * times * 20:
        watch.heard("shop", request, answer)
        decode(envelope(answer, READ), OrdersAnswer, READ)
    return watch.seconds / (time.perf_counter() - began), median(took)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="each page once, for a smoke test")
    times = 2 if parser.parse_args().quick else 10
    with tempfile.TemporaryDirectory(prefix="isthmus-bench-") as name:
        say("reading the demonstration's orders")
        found = asyncio.run(pages(Path(name) / "project"))
        size = sum(len(answer.body) for _, answer in found) / len(found)
        say(f"  {len(found)} pages of {size / 1000:.0f} kB")
        floor, ours, watch = list[float](), list[float](), Watch(budget=everything())
        for _ in range(ROUNDS):  # in turns, for the machine is not always equally busy
            floor += taken_in(found, times, None)
            ours += taken_in(found, times, watch)
        alone = watched(found, times * ROUNDS, watch)
        heard = (times * ROUNDS) * 2 * len(found)
        keep_ms, shape_bytes, told = asyncio.run(written(Path(name), watch))
        share, passed_ms = under_budget(found, times)
    places = [count(read(content(answer.status, answer.body))) for _, answer in found]
    result(
        name="drift",
        ours=round(median(ours), 3),
        floor=round(median(floor), 3),
        ratio=round(median(ours) / median(floor), 3),
        watch_ms=round(median(alone), 3),
        watch_p99_ms=round(percentile(alone, 99), 3),
        passed_ms=round(passed_ms, 5),
        share=round(share, 4),
        answer_kb=round(size / 1000, 1),
        places=max(places),
        shape_kb=round(shape_bytes / 1000, 1),
        keep_ms=round(keep_ms, 1),
        lost=heard - watch.looked_at + watch.failed,
        told=told,
        database="sqlite",
    )


if __name__ == "__main__":
    main()

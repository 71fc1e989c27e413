"""Budget 1: shop orders until they are bound in the ERP, against a bare loop making the same calls.

`python benchmarks/orders.py [--quick] [--database URL]` prints `name, ours, floor, ratio` (orders a second and
ours/floor), `calls_per_order` and `floor_calls_per_order` as the ERPs counted them, `cpu_ms_per_order` and
`floor_cpu_ms_per_order` (processor time of this process, which a busy machine moves less than the rates),
`latency_p50_ms` (one order in an empty queue: from placing it to bound, less what the ERP takes for these calls),
`lost` and `doubled` as the ERP has it.
Shop, ERP and a second ERP for the floor (`replay.py`) are simulators at 0 ms in processes of their own.
"""

import argparse
import asyncio
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import uvloop
from floor import announcement, control, free_port, median, program, result, say, signed, simulator, until_answers
from replay import ORDER, PARTNER, Listening, Loop, listening

from isthmus.bootstrap.config import read_config
from isthmus.bootstrap.wiring import App, opened
from isthmus.engine.engine import Progress
from isthmus.store.base import Store
from isthmus.store.open import open_store
from isthmus.web.app import web_app
from isthmus.web.server import listen, serve

#: As many as a flow runs at a time by default.
CONCURRENT = 6
ROUNDS = 3
WAIT_S = 120.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    warm: int
    orders: int
    rounds: int
    single: int


FULL, QUICK = Size(60, 300, ROUNDS, 40), Size(30, 60, 1, 8)


@dataclass(slots=True)
class World:
    """Ports, and what was placed."""

    folder: Path
    isthmus: int = field(default_factory=free_port)
    shop: int = field(default_factory=free_port)
    erp: int = field(default_factory=free_port)
    floor: int = field(default_factory=free_port)
    placed: list[str] = field(default_factory=list)

    def place(self, count: int) -> list[str]:
        """Let customers order, each time something else."""
        references = control(self.shop, "orders", count=count, seed=len(self.placed) + 1)["references"]
        self.placed += references
        return references

    def calls(self, port: int) -> Counter[str]:
        """Return the calls a simulator has counted."""
        return Counter(control(port, "state")["calls"])

    def write_project(self, database: str) -> None:
        """Write a project that brings orders, and nothing else, from the shop to the ERP."""
        (self.folder / "isthmus.toml").write_text(
            f'[isthmus]\ndatabase = "{database}"\nlisten = "127.0.0.1:{self.isthmus}"\n'
            f'public_url = "http://127.0.0.1:{self.isthmus}"\n'
            f'[connections.shop]\nconnector = "shopify"\nurl = "http://127.0.0.1:{self.shop}"\nallow_private = true\n'
            f'[connections.erp]\nconnector = "odoo"\nurl = "http://127.0.0.1:{self.erp}"\nallow_private = true\n'
            'database = "demo"\nlogin = "demo"\n'
            '[flows.orders]\nfrom = "shop"\nto = "erp"\n',
            "utf-8",
        )
        (self.folder / ".env").write_text(
            "ISTHMUS_SHOP_ACCESS_TOKEN=demo-token\nISTHMUS_SHOP_CLIENT_SECRET=demo-secret\n"
            "ISTHMUS_ERP_API_KEY=demo-key\n",
            "utf-8",
        )


@dataclass(slots=True)
class Figures:
    """What the rounds showed: orders a second, calls and processor time per order."""

    ours: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    calls: list[float] = field(default_factory=list)
    floor_calls: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    floor_cpu_ms: list[float] = field(default_factory=list)
    alone_ms: Mapping[str, float] = field(default_factory=dict)


@asynccontextmanager
async def running(world: World) -> AsyncGenerator[App]:
    """Run Isthmus in this process, as `isthmus up` does, but that the shop sends it no webhooks."""
    stopping = asyncio.Event()
    async with opened(read_config(world.folder)) as app:
        await app.engine.prepare(alone=True)
        sock = listen("127.0.0.1", world.isthmus)
        serving = asyncio.create_task(serve(web_app(app.engine, "bench"), sock, stopping))
        working = asyncio.create_task(app.engine.run(stopping))
        try:
            await until(lambda: calm(app))
            yield app
        finally:
            stopping.set()
            await asyncio.gather(serving, working)


async def calm(app: App) -> bool:
    """Tell whether every stream was read and nothing is to be done."""
    streams = await app.context.store.read("streams")
    return all(row["covered_at"] for row in streams) and await app.engine.progress() == Progress(0, 0, 0)


def cpu_ms() -> float:
    """Return the processor time this process has had."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1000


async def until(reached: Callable[[], Awaitable[bool]]) -> None:
    """Return once something is so; when exactly is in the store, so looking costs little. Raises `TimeoutError`."""
    async with asyncio.timeout(WAIT_S):
        while not await reached():  # noqa: ASYNC110 - what is waited for happens in the store or in another process
            await asyncio.sleep(0.1)


async def brought(app: App, world: World, references: Sequence[str]) -> float:
    """Announce orders to Isthmus and return the seconds from the first webhook to the last binding."""
    ids = {order["reference"]: order["id"].rpartition("/")[2] for order in control(world.shop, "state")["orders"]}
    todo = iter([webhook(int(ids[each])) for each in references])
    began = time.time()
    since = int(began * 1_000_000)

    async def announce() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", world.isthmus)
        for request in todo:
            writer.write(request)
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 202 "), answer
        writer.close()

    async def all_done() -> bool:
        rows = await app.context.store.read("flow_done", flows='["orders"]', since=since, most=len(references))
        newest.extend(row["newest"] for row in rows)
        return sum(row["jobs"] for row in rows) >= len(references)

    newest: list[int] = []
    await asyncio.gather(*(announce() for _ in range(CONCURRENT)))
    await until(all_done)
    return newest[-1] / 1_000_000 - began


def webhook(order_id: int) -> bytes:
    """Return the whole request that announces an order, ready to send: what the sender takes is not ours."""
    body = announcement(order_id)
    headers = {**signed(body, "orders/create"), "X-Shopify-Webhook-Id": str(uuid4()), "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /hooks/shop HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n".encode() + body


async def rounds(world: World, size: Size, pool: Listening) -> Figures:
    """Let ours and the floor bring the same orders in turn."""
    figures = Figures()
    loop = Loop(f"http://127.0.0.1:{world.floor}", world.folder)
    async with running(world) as app:
        for turn in range(size.rounds + 1):
            count = size.orders if turn else size.warm
            references = world.place(count)
            before, floor_before = world.calls(world.erp), world.calls(world.floor)
            began = cpu_ms()
            ours = count / await brought(app, world, references)
            between = cpu_ms()
            floor = count / await loop.send(pool.heard(), CONCURRENT)
            ended = cpu_ms()
            calls = (world.calls(world.erp) - before).total() / count
            floor_calls = (world.calls(world.floor) - floor_before).total() / count
            say(f"{f'round {turn}' if turn else 'warm-up'}: {count} orders, ours {ours:.1f}/s, floor {floor:.1f}/s")
            if turn:
                figures.ours.append(ours)
                figures.floor.append(floor)
                figures.calls.append(calls)
                figures.floor_calls.append(floor_calls)
                figures.cpu_ms.append((between - began) / count)
                figures.floor_cpu_ms.append((ended - between) / count)
        # One at a time, as the ERP meets them when a single order comes in.
        loop.took_ms.clear()
        await brought(app, world, world.place(size.single))
        await loop.send(pool.heard(), 1)
    figures.alone_ms = loop.alone()
    loop.close()
    return figures


async def latencies(world: World, size: Size, database: str, alone_ms: Mapping[str, float]) -> list[float]:
    """Place one order at a time and return the ms each took to be bound, less the ERP's own."""
    found: list[float] = []
    store = await open_store(database, world.folder)
    try:
        await subscribed(world)
        for turn in range(size.single + 2):
            before = world.calls(world.erp)
            began = time.time()
            [reference] = await asyncio.to_thread(world.place, 1)
            took_ms = (await bound_at(store, reference) - began) * 1000
            calls = world.calls(world.erp) - before
            own = sum(
                count * alone_ms.get(operation, 0.0)
                for operation, count in calls.items()
                if operation.startswith((PARTNER, ORDER))
            )
            if turn > 1:  # the first ones find out versions, fields and taxes
                found.append(took_ms - own)
    finally:
        await store.close()
    return found


async def bound_at(store: Store, reference: str) -> float:
    """Return when an order was bound, in seconds since 1970, once it is."""
    deadline = time.time() + WAIT_S
    while time.time() < deadline:
        for row in await store.read("jobs_of_subject", subject=reference):
            if row["flow"] == "orders" and row["done_at"]:
                return row["done_at"] / 1_000_000
        await asyncio.sleep(0.005)
    message = f"{reference} did not arrive"
    raise TimeoutError(message)


async def subscribed(world: World) -> None:
    """Return once the shop sends its webhooks and the first reading is over."""
    calm, seen = 0, world.calls(world.shop)
    while calm < 10:  # noqa: PLR2004 - two seconds without a call
        await asyncio.sleep(0.2)
        now = world.calls(world.shop)
        calm = calm + 1 if now == seen and any("webhookSubscriptionCreate" in name for name in now) else 0
        seen = now


def wrong(world: World) -> tuple[int, int]:
    """Return how many orders are missing from the ERP and how many are there more than once."""
    there = Counter(order["reference"] for order in control(world.erp, "state")["orders"])
    return sum(1 for each in world.placed if not there[each]), sum(1 for each in world.placed if there[each] > 1)


def measure(world: World, size: Size, database: str) -> dict[str, Any]:
    """Measure throughput in this process, then latency against `isthmus up`."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        with listening() as pool:
            figures = runner.run(rounds(world, size, pool))
        say(f"{size.single} single orders into an empty queue")
        command = [sys.executable, "-m", "isthmus", "up", "-C", str(world.folder)]
        with program(command):
            until_answers(world.isthmus, "/health/live")
            over = runner.run(latencies(world, size, database, figures.alone_ms))
    lost, doubled = wrong(world)
    ours, floor = median(figures.ours), median(figures.floor)
    return {
        "ours": round(ours, 1),
        "floor": round(floor, 1),
        "ratio": round(ours / floor, 3),
        "calls_per_order": round(median(figures.calls), 2),
        "floor_calls_per_order": round(median(figures.floor_calls), 2),
        "cpu_ms_per_order": round(median(figures.cpu_ms), 2),
        "floor_cpu_ms_per_order": round(median(figures.floor_cpu_ms), 2),
        "latency_p50_ms": round(median(over), 1),
        "lost": lost,
        "doubled": doubled,
    }


def main() -> None:
    """Measure floor and ours in the same run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few orders, for a smoke test")
    parser.add_argument("--database", default="sqlite:///bench.db", help="an empty one; sqlite:///... or postgresql://")
    wish = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="isthmus-bench-"))
    world = World(folder)
    try:
        world.write_project(wish.database)
        with (
            simulator("shopify", world.shop),
            simulator("odoo", world.erp, "--seed", "demo"),
            simulator("odoo", world.floor, "--seed", "demo"),
        ):
            figures = measure(world, QUICK if wish.quick else FULL, wish.database)
    finally:
        shutil.rmtree(folder)
    result(name="orders", **figures, database=wish.database.partition(":")[0])


if __name__ == "__main__":
    main()

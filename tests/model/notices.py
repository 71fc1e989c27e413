"""Notices that come up to ten times, in any order within ten minutes, or not at all: `make notices`.

A shop sells and edits for hours by the clock of the test; every change is a notice, which a delivery or several bring
or none. The orders flow takes them in beside its own polling. Prints one JSON object; ends with 1 when anything was
lost, doubled or left with old content. (R-TST-06)
"""

import argparse
import asyncio
import heapq
import json
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import Progress

from isthmus.canonical.order import Order
from isthmus.canonical.quantity import pieces
from isthmus.engine.engine import Engine
from isthmus.engine.flow import Flow
from isthmus.flows.customers_to_erp import CustomersToErp
from isthmus.flows.orders_to_erp import OrdersToErp
from isthmus.flows.settings import OrderSettings
from isthmus.ports.sink import Key, Receipt
from isthmus.testing.builders import a_line, a_variant, a_warehouse, an_address, an_order
from isthmus.testing.clock import HandClock
from isthmus.testing.harness import Harness, connection, running
from tests.engine.fakes import Bell, Shelf, session
from tests.flows.fakes import Customers, Items, Shop

TICK_S, LATEST_S, COPIES, DROPPED = 30.0, 600.0, 10, 0.2
#: So many notices a tick.
RATE = 40


class Books:
    """The ERP's orders, found by key at once however many there are. A key put twice is there twice."""

    batch, upserts, unique = 100, False, False

    def __init__(self) -> None:
        self.orders: list[tuple[str, Order]] = []
        self.places: dict[str, int] = {}
        self.writes = 0

    async def find(self, key: Key) -> Receipt | None:
        place = self.places.get(key.unique)
        return None if place is None else Receipt(str(place), f"E{place}")

    async def put(self, record: Order, *, key: Key, existing: Receipt | None = None) -> Receipt:
        self.writes += 1
        place = len(self.orders) if existing is None else int(existing.external_id)
        if existing is None:
            self.orders.append((key.unique, record))
        self.orders[place] = (key.unique, record)
        self.places[key.unique] = place
        return Receipt(str(place), f"E{place}")


@dataclass(slots=True)
class Post:
    """What the shop says and what becomes of it on the way."""

    chance: random.Random
    due: list[tuple[float, int, str, str]] = field(default_factory=list[tuple[float, int, str, str]])
    notices: int = 0
    dropped: int = 0
    deliveries: int = 0

    def say(self, order: str, now: float) -> None:
        """Tell of a change: in one delivery or several, each at a time of its own, or in none."""
        self.notices += 1
        if self.chance.random() < DROPPED:
            self.dropped += 1
            return
        for _ in range(self.chance.randint(1, COPIES)):
            self.deliveries += 1
            late = self.chance.uniform(0, LATEST_S)
            heapq.heappush(self.due, (now + late, self.deliveries, f"d{self.notices}", order))

    async def bring(self, harness: Harness, now: float) -> None:
        """Bring what is due by now."""
        while self.due and self.due[0][0] <= now:
            _at, _n, delivery, order = heapq.heappop(self.due)
            await harness.deliver("shop", delivery, "orders", json.dumps([["order", order]]).encode())


async def play(notices: int, seed: int, database: str = "") -> dict[str, Any]:
    """Let a shop tell of so many changes and return what came of it."""
    clock, began = HandClock(), time.monotonic()
    chance = random.Random(seed)  # noqa: S311 - repeatable chance, not secrecy
    shop, books, items, post = Shop(clock), Books(), Items(clock, page=50), Post(chance)
    items.keep(a_variant("MUG", external_id="item-MUG", stock_ref=""))
    places = Shelf(clock)
    places.keep(a_warehouse("WH"))
    shop.orders.page = 250
    settings = OrderSettings("orders", "shop", "erp")

    def flows(engine: Engine) -> list[Flow]:
        return [OrdersToErp(engine.context, settings, engine.pull, []), CustomersToErp(engine.context, settings)]

    here = session({"variant": items, "warehouse": places}, {"order": books, "customer": Customers(clock)})
    both = [connection("shop", session(shop.sources(), {}, Bell()), clock=clock), connection("erp", here, clock=clock)]
    async with running(both, flows, clock=clock, database=database) as harness:
        await harness.drain()
        with Progress(console=Console(stderr=True)) as progress:
            task = progress.add_task(f"seed {seed}", total=notices)
            while post.notices < notices or post.due:
                for _ in range(min(RATE, notices - post.notices)):
                    order = _trade(shop, chance)
                    post.say(order.external_id, clock.seconds())
                await post.bring(harness, clock.seconds())
                await harness.wait(TICK_S)
                progress.update(task, completed=post.notices)
        for _ in range(int(LATEST_S // TICK_S)):
            await harness.wait(TICK_S)
        parked = len(await harness.parked())
    return verdict(shop, books, post, seed) | {"parked": parked, "took_s": round(time.monotonic() - began, 1)}


def _trade(shop: Shop, chance: random.Random) -> Order:
    """Sell something, or change one of the last orders."""
    orders: Any = shop.orders.records
    if orders and chance.random() < 2 / 3:
        name = f"order-#{chance.randint(max(1, len(orders) - 300), len(orders))}"
        (line,) = orders[name].lines
        more = msgspec.structs.replace(line, quantity=pieces(int(line.quantity.value) + 1))
        order = an_order(orders[name].number, more, billing=an_address())
        return shop.changes(msgspec.structs.replace(order, placed_at=orders[name].placed_at))
    return shop.sells(an_order(f"#{len(orders) + 1}", a_line("MUG"), billing=an_address()))


def verdict(shop: Shop, books: Books, post: Post, seed: int) -> dict[str, Any]:
    """Compare both sides order by order."""
    wanted: Any = shop.orders.records
    times = Counter(order.number for _key, order in books.orders)
    held = {order.number: order for _key, order in books.orders}
    stale = [
        each.number
        for each in wanted.values()
        if each.number in held and each.lines[0].quantity != held[each.number].lines[0].quantity
    ]
    return {
        "name": "notices",
        "seed": seed,
        "notices": post.notices,
        "dropped": post.dropped,
        "deliveries": post.deliveries,
        "orders": len(wanted),
        "lost": sum(not times[each.number] for each in wanted.values()),
        "doubled": sum(count > 1 for count in times.values()),
        "stale": len(stale),
        "records_read": sum(map(len, shop.orders.reads)),
        "writes": books.writes,
    }


def main() -> int:
    """Play, and print what came of it."""
    parser = argparse.ArgumentParser(prog="make notices", description=__doc__)
    parser.add_argument("--notices", type=int, default=10_000, help="changes told of (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="what chance begins with (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON, which is done anyway")
    options = parser.parse_args()
    result = asyncio.run(play(options.notices, options.seed))
    print(json.dumps(result))  # noqa: T201 - the result
    return 1 if any(result[what] for what in ("lost", "doubled", "stale", "parked")) else 0


if __name__ == "__main__":
    sys.exit(main())

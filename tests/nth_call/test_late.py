"""Requests that are done long after everybody has stopped waiting: nothing is made twice. (R-TST-03)

Every third write to the ERP is taken for lost and done 0.1 to 300 s later by the clock, so that most come through after
the next try has looked for them, many while it is at work, and some after it is over. `ISTHMUS_LATE_ORDERS=10000` sets
how many orders there are.
"""

import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from isthmus.canonical.order import OrderLine
from isthmus.engine.allowance import Terms
from isthmus.engine.engine import Engine
from isthmus.engine.flow import Flow
from isthmus.engine.gate import Gate
from isthmus.flows.customers_to_erp import CustomersToErp
from isthmus.flows.orders_to_erp import OrdersToErp
from isthmus.flows.settings import OrderSettings
from isthmus.kit.clock import from_micros
from isthmus.kit.http import AnswerLost, Request, Response
from isthmus.simulators.odoo.world import OdooWorld
from isthmus.simulators.stage import serve, stage
from isthmus.store.statement import listed
from isthmus.testing.builders import a_customer, a_line, an_address, an_order
from isthmus.testing.clock import HandClock
from isthmus.testing.harness import Harness, connection, running
from tests.engine.fakes import Bell, session
from tests.flows.fakes import Shop
from tests.nth_call.rig import CONNECTORS
from tests.nth_call.rig import session as opened
from tests.nth_call.wire import Wire

ORDERS = int(os.environ.get("ISTHMUS_LATE_ORDERS", "120"))
SEED = 20261
EARLIEST_S, LATEST_S = 0.1, 300.0
WRITES = (".load", ".write", ".action_confirm", ".create")
SKUS = ("MUG-0010", "LAMP-0001")
#: So many orders come at a time; there is no end to what comes during the day.
AT_A_TIME = 50


class LateWire(Wire):
    """Takes every third write for lost, and lets it through later."""

    def __init__(self, clock: HandClock, seed: int) -> None:
        super().__init__(clock)
        self._chance = random.Random(seed)  # noqa: S311 - repeatable chance, not secrecy
        self.lost = 0

    async def _send(self, request: Request) -> Response:
        await self.come_through()
        if request.operation.endswith(WRITES) and self._chance.random() < 1 / 3:
            self.lost += 1
            late = timedelta(seconds=self._chance.uniform(EARLIEST_S, LATEST_S))
            self.put_off(request, late)
            message = "no answer in time"
            raise AnswerLost(message)
        answer = await self._passed(request)
        await self.come_through()
        return answer


@asynccontextmanager
async def trading(seed: int) -> AsyncIterator[tuple[Harness, Shop, OdooWorld, LateWire]]:
    clock = HandClock(datetime.now(UTC).replace(microsecond=0), flowing=True)
    shop, world, wire = Shop(clock), OdooWorld("demo", 19, clock.now), LateWire(clock, seed)
    runner = await serve(stage(world), 0)
    settings = OrderSettings("orders", "shop", "erp")

    def flows(engine: Engine) -> list[Flow]:
        return [OrdersToErp(engine.context, settings, engine.pull, []), CustomersToErp(engine.context, settings)]

    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    manifest = CONNECTORS["erp"].manifest
    gate = Gate("erp", Terms(manifest.pace), clock, clock.seconds)
    erp = connection("erp", opened("erp", url, wire, gate), clock=clock, manifest=manifest)
    there = connection("shop", session(shop.sources(), {}, Bell()), clock=clock)
    try:
        async with wire, running([there, erp], flows, clock=clock) as harness:
            yield harness, shop, world, wire
    finally:
        await runner.cleanup()


def bought(number: int, chance: random.Random) -> tuple[str, list[OrderLine]]:
    lines = [a_line(sku, quantity=chance.randint(1, 3)) for sku in chance.sample(SKUS, chance.randint(1, len(SKUS)))]
    return f"#{number}", lines


async def settle(harness: Harness, wire: LateWire) -> None:
    """Let time pass until everything is done and everything late has come through."""
    flows = [flow.name for flow in harness.engine.flows]
    for _ in range(4000 + 20 * ORDERS):
        await harness.drain(poll=False)
        await harness.engine.breakers.settle()
        await harness.engine.breakers.step()
        due = await harness.store.read("jobs_due", flows=listed(flows))
        moments = [from_micros(row["run_at"]) for row in due if row["run_at"] is not None]
        moments += [wire.next_late] if wire.next_late else []
        down = harness.engine.holds.down("erp")
        moments += [down.next_look] if down and down.next_look else []
        if not moments:
            return
        pause = (min(moments) - harness.clock.now()).total_seconds()
        assert isinstance(harness.clock, HandClock)
        await harness.clock.advance(max(0.001, pause))
        await wire.come_through()
    raise AssertionError(await harness.due())


async def test_whatever_comes_through_late_every_order_is_there_once() -> None:
    print(f"seed {SEED}, {ORDERS} orders")  # noqa: T201 - so that a failure can be repeated
    chance = random.Random(SEED)  # noqa: S311 - repeatable chance, not secrecy
    async with trading(SEED) as (harness, shop, world, wire):
        await harness.drain()
        wanted: dict[str, Decimal] = {}
        for number in range(1, ORDERS + 1):
            name, lines = bought(number, chance)
            buyer = a_customer(f"Buyer {number}", addresses=())
            order = an_order(name, *lines, customer=buyer, billing=an_address(name=f"Buyer {number}"))
            wanted[name] = order.total.amount
            shop.orders.keep(order)
            if number % AT_A_TIME == 0 or number == ORDERS:
                await harness.drain()
        await settle(harness, wire)
        booked = world.truth()["orders"]
        times = Counter(order["reference"] for order in booked)
        assert [each for each in wanted if not times[each]] == []  # lost
        assert [each for each, count in times.items() if count > 1] == []  # doubled
        assert [o["reference"] for o in booked if Decimal(o["total"]) != wanted[o["reference"]]] == []
        assert [o["reference"] for o in booked if o["status"] != "sale"] == []
        people = Counter(row["ref"] for row in world.env().table("res.partner").rows.values() if row["ref"])
        assert [each for each, count in people.items() if count > 1] == []
        assert await harness.parked() == []
        assert wire.lost > ORDERS / 2
        print(f"{wire.lost} writes taken for lost, {wire.late_done} of them done late")  # noqa: T201 - the figures

"""A look at the shop's own list ends no run, whatever it meets, and passes over nothing in silence."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from isthmus.engine.pulse import SETTLING
from isthmus.ports.errors import WireDrift
from isthmus.ports.listing import Glimpse, Span
from isthmus.store.statement import Row
from isthmus.testing.builders import an_order
from isthmus.testing.clock import HandClock
from isthmus.testing.harness import Harness, connection, running
from tests.engine.fakes import Copying, Desk, Shelf, session


@dataclass
class Listed:
    """A shop's list of orders."""

    found: Sequence[Glimpse] = ()
    wrong: Exception | None = None

    async def glimpses(self, span: Span) -> AsyncIterator[Sequence[Glimpse]]:
        del span
        if self.wrong is not None:
            raise self.wrong
        yield self.found

    async def listed(self, *_where: Any, **_how: Any) -> AsyncIterator[Any]:
        for nothing in ():
            yield nothing

    async def named(self, keys: Sequence[str]) -> Sequence[Any]:
        del keys
        return ()


@asynccontextmanager
async def a_shop(listing: Listed) -> AsyncIterator[tuple[Harness, Shelf, HandClock]]:
    clock = HandClock()
    shelf = Shelf(clock)
    shop = connection("shop", replace(session({"order": shelf}), listings={"order": listing}), clock=clock)
    erp = connection("erp", session(sinks={"variant": Desk(clock)}), clock=clock)
    flows = [shop, erp]
    async with running(
        flows, lambda engine: [Copying(engine.context, kinds=("order",), kind="order")], clock=clock
    ) as harness:
        await harness.drain()
        yield harness, shelf, clock


async def kept(harness: Harness) -> Row:
    (row,) = await harness.store.read("pulses")
    return row


async def test_a_mistake_in_reading_the_list_stops_nothing_and_is_said() -> None:
    async with a_shop(Listed(wrong=KeyError("createdAt"))) as (harness, _shelf, _clock):
        stopping = asyncio.Event()
        run = asyncio.create_task(harness.engine.run(stopping))
        for _ in range(200):
            if run.done() or await harness.store.read("pulses"):
                break
            await asyncio.sleep(0.02)
        assert not run.done()
        row = await kept(harness)
        assert row["code"] == "defect"
        assert "KeyError" in row["because"]
        stopping.set()
        await run


async def test_an_order_that_cannot_be_read_is_a_question_and_not_passed_over() -> None:
    listing = Listed()
    async with a_shop(listing) as (harness, shelf, clock):
        shelf.keep(an_order("7"), an_order("8"))
        strange = "order-7"
        listing.found = [Glimpse(each, each, clock.now() - SETTLING * 2) for each in shelf.records]
        drift = WireDrift("the shop's answer has no total")
        assert strange in shelf.records
        shelf.plan.extend([drift, drift, None])  # both together, the first alone, the second alone
        await harness.engine.pulse.look()
        row = await kept(harness)
        assert (row["unread"], row["code"]) == (2, "unread")
        assert "1 of them cannot be read" in row["because"]
        [asked] = await harness.parked()
        assert (asked["subject"], asked["because"]) == (strange, str(drift))
        assert len(await harness.store.read("record_ids", connection="shop", kind="order")) == 1

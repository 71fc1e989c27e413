"""What `isthmus.testing` lends to tests: a clock, builders, an engine at rest, a tapped line."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from isthmus.engine.flow import Change, Mark, Reaction
from isthmus.engine.outcome import Done, Outcome, Snoozed
from isthmus.engine.work import Work
from isthmus.kit.http import AnswerLost, HttpFailure, Request, Response
from isthmus.ports.connector import Session
from isthmus.ports.pace import Lane
from isthmus.ports.probe import Report
from isthmus.simulators.stage import serve
from isthmus.testing.builders import a_customer, a_line, a_tax, a_variant, a_warehouse, an_order, money, stock
from isthmus.testing.clock import HandClock
from isthmus.testing.harness import NeverDone, connection, running
from isthmus.testing.line import HASTE_S, Line, Replay


async def test_the_hands_wake_each_sleeper_at_its_own_time() -> None:
    clock = HandClock()
    woke: list[float] = []

    async def sleeper(seconds: float) -> None:
        await clock.sleep(seconds)
        woke.append(clock.seconds())

    tasks = [asyncio.create_task(sleeper(seconds)) for seconds in (5, 3, 1)]
    await clock.advance(4)
    assert (woke, clock.sleepers, clock.seconds()) == ([1, 3], 1, 4)
    await clock.advance(1)
    await asyncio.gather(*tasks)
    assert woke == [1, 3, 5]


async def test_the_hands_do_not_turn_back_and_flow_when_told_to() -> None:
    clock = HandClock(flowing=True)
    await clock.sleep(60)
    assert (clock.seconds(), clock.slept) == (60, [60])
    with pytest.raises(ValueError, match="do not turn back"):
        await clock.advance(to=clock.now() - timedelta(seconds=1))


def test_builders_add_up_and_take_what_the_test_is_about() -> None:
    order = an_order("7", a_line(quantity=2, price="10.10", taxes=(a_tax("4.04"),)))
    assert (order.number, order.total) == ("7", money("24.24"))
    assert an_order(prices_include_tax=True, lines=(a_line(taxes=(a_tax("2.08"),)),)).total == money("12.50")
    assert stock(None).on_hand is None
    assert stock(3, available=Decimal(2)).available != stock(3).available
    assert a_customer("Jo Doe").email == "jo.doe@example.com"
    assert (a_variant("X").sku, a_warehouse("EAST").code) == ("X", "EAST")


ASKED = "nobody has a reason to ask this system"


class Quiet:
    """A system nobody asks; who does has made a mistake."""

    async def probe(self) -> Report:
        raise AssertionError(ASKED)

    async def ping(self) -> None:
        raise AssertionError(ASKED)


class Journey:
    """A flow that notes what it ran; `again` marks its own job anew, `late` snoozes once."""

    name, source, destination, batch, concurrency = "orders", "shop", "erp", 1, 2
    lane = Lane.ORDERS

    def __init__(self, *, again: bool = False, late: float = 0.0) -> None:
        self.ran: list[str] = []
        self.again, self.late = again, late
        self.harness: Any = None

    def listens(self) -> Sequence[Any]:
        return ()

    def react(self, change: Change) -> Reaction:
        return Reaction([Mark(self.name, change.record.external_id)])

    async def after_round(self, connection: str, kind: str) -> None: ...

    async def run(self, works: Sequence[Work]) -> Sequence[Outcome]:
        self.ran += [work.job.subject for work in works]
        if self.again:
            await self.harness.mark(self.name, works[0].job.subject)
        if self.late:
            until, self.late = self.harness.clock.now() + timedelta(seconds=self.late), 0.0
            return [Snoozed(until, "settling", "later")]
        return [Done() for _ in works]


async def test_the_harness_drains_what_is_due_and_leaves_the_rest_for_its_time() -> None:
    clock, flow = HandClock(), Journey(late=30)
    erp = connection("erp", Session(probe=Quiet()), clock=clock)
    async with running([erp], lambda _engine: [flow], clock=clock) as harness:
        flow.harness = harness
        await harness.mark("orders", "1")
        await harness.drain()
        job = await harness.job("orders", "1")
        assert job is not None
        assert (job["state"], await harness.due()) == ("snoozed", {})
        await harness.wait(31)
        assert flow.ran == ["1", "1"]
        assert await harness.parked() == []


async def test_work_that_never_ends_fails_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isthmus.testing.harness._ROUNDS", 20)
    flow = Journey(again=True)
    async with running({}, lambda _engine: [flow]) as harness:
        flow.harness = harness
        await harness.mark("orders", "1")
        with pytest.raises(NeverDone, match="still at work after 20 rounds"):
            await harness.drain()


async def test_a_line_can_answer_by_itself_and_a_recording_ends() -> None:
    request = Request("GET", "http://127.0.0.1:9/", "who")
    async with Line() as line:
        line.invent = lambda _request: Response(204, {}, b"")
        assert (await line.send(request)).status == 204
        assert [call.request.operation for call in line.calls] == ["who"]
    async with Replay([("who", Response(200, {}, b"{}")), ("orders", Response(200, {}, b"[]"))]) as replay:
        assert (await replay.send(request)).body == b"{}"
        with pytest.raises(AnswerLost, match="not in the recording: who"):
            await replay.send(request)
        assert replay.left == ["orders"]


async def test_only_the_answer_that_is_meant_to_be_late_is_not_waited_for() -> None:
    async def slow(_request: web.Request) -> web.Response:
        await asyncio.sleep(HASTE_S * 2)
        return web.Response()

    app = web.Application()
    app.add_routes([web.get("/", slow)])
    runner = await serve(app, 0)
    request = Request("GET", f"http://127.0.0.1:{runner.addresses[0][1]}/", "slow")
    async with Line() as line:
        line.hasty, line.hurried = (lambda _request: True), 1
        with pytest.raises(HttpFailure):
            await line.send(request)
        assert (await line.send(request)).status == 200
        line.hurried = None  # every one
        with pytest.raises(HttpFailure):
            await line.send(request)
    await runner.cleanup()

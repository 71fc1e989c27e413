"""What is down is left alone, nobody pays for it, and everything goes on by itself: the oldest promise first."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import pairwise

import pytest

from isthmus.admin import holds
from isthmus.admin.holds import NotThere
from isthmus.admin.operations import check
from isthmus.admin.queries import audit, status
from isthmus.engine import backoff
from isthmus.engine.breaker import AUTH_PAUSE_S, IN_A_ROW, PAUSES_S
from isthmus.engine.breakers import LEASE_S
from isthmus.engine.engine import Rules
from isthmus.engine.gate import Gate
from isthmus.engine.hold import Hold, Why, Window
from isthmus.engine.outcome import Done, Outcome
from isthmus.engine.work import Work
from isthmus.ports.connector import PaceLimits
from isthmus.ports.errors import AuthExpired, Contended, Trouble, Unreachable
from isthmus.store.group import StoreError
from isthmus.store.statement import Row, Step, say
from isthmus.testing.builders import a_variant
from tests.engine.conftest import World, world_of
from tests.engine.fakes import Probing

DOWN, CONTENDED = Unreachable("no connection"), Contended("somebody else has it open")


@dataclass
class Plant:
    """A world whose ERP can be switched off; every call goes through its gate, as connectors' calls do."""

    world: World
    wrong: Trouble | None = None
    calls: int = 0
    sent: list[str] = field(default_factory=list[str])

    @property
    def gate(self) -> Gate:
        return self.world.harness.engine.context.connection("erp").gate

    @property
    def probe(self) -> Probing:
        probe = self.world.harness.engine.context.connection("erp").session.probe
        assert isinstance(probe, Probing)
        return probe

    def switch(self, wrong: Trouble | None) -> None:
        self.wrong = self.probe.wrong = wrong

    async def run(self, works: Sequence[Work]) -> Sequence[Outcome | Trouble]:
        async with self.gate.slot():
            self.calls += 1
            if self.wrong is not None:
                raise self.wrong
            self.sent += [work.job.subject for work in works]
        return [Done() for _ in works]

    async def mark(self, *subjects: str) -> None:
        for subject in subjects:
            await self.world.harness.mark("copy", subject)

    async def turn(self) -> None:
        """Do one round of everything, as the engine does each second."""
        engine = self.world.harness.engine
        await engine.holds.refresh()
        await engine.breakers.step()
        await engine.worker.claim()
        await engine.worker.settle()
        await engine.breakers.settle()

    async def wait(self, seconds: float, every: float = 1.0) -> None:
        """Let time pass, with a round every so often."""
        for _ in range(int(seconds / every)):
            await self.world.clock.advance(every)
            await self.turn()

    async def job(self, subject: str) -> Row:
        row = await self.world.harness.job("copy", subject)
        assert row is not None
        return row

    async def is_down(self, wrong: Trouble = DOWN) -> None:
        """Let it fail until it counts as down."""
        self.switch(wrong)
        await self.mark(*(f"first-{number}" for number in range(IN_A_ROW)))
        for _ in range(IN_A_ROW):
            await self.turn()
        assert self.gate.holds


@pytest.fixture
async def plant(world: World) -> Plant:
    made = Plant(world)
    world.flow.instead = made.run
    return made


async def test_what_is_down_is_asked_by_one_canary_at_a_time_and_by_nobody_else(plant: Plant) -> None:
    await plant.is_down()
    calls = plant.calls
    await plant.mark("later")
    await plant.wait(600, every=5)
    assert plant.calls == calls
    expected, at = 0, 0.0
    while (at := at + PAUSES_S[min(expected, len(PAUSES_S) - 1)]) <= 600:
        expected += 1
    assert abs(plant.probe.asked - expected) <= 1
    assert (await plant.job("later"))["state"] == "ready"


async def test_who_is_alone_asks_again_at_once_where_the_canary_was_killed(plant: Plant) -> None:
    await plant.is_down()
    harness, now = plant.world.harness, plant.world.harness.engine.context.micros()
    later = now + PAUSES_S[0] * 1_000_000
    claim = say("claim_canary", what="connection:erp", token="killed", now=later, lease_until=later + 150_000_000)
    assert (await harness.store.write(claim))[0]
    asked = plant.probe.asked
    await plant.wait(PAUSES_S[0] + 5)
    assert plant.probe.asked == asked
    await harness.engine.take_back()
    await plant.turn()
    assert plant.probe.asked == asked + 1


async def test_it_goes_on_by_itself_and_the_oldest_promise_comes_first(plant: Plant) -> None:
    await plant.mark("oldest")
    await plant.turn()
    plant.sent.clear()
    await plant.is_down()
    for subject in ("a", "b", "c"):
        await plant.world.clock.advance(10)
        await plant.mark(subject)
    plant.switch(None)
    plant.world.flow.concurrency = 1
    await plant.wait(120, every=5)
    assert plant.sent[-3:] == ["a", "b", "c"]
    assert set(plant.sent[:-3]) == {f"first-{number}" for number in range(IN_A_ROW)}
    assert plant.gate.holds == ()


async def test_no_try_is_spent_and_the_horizon_stands_still(plant: Plant) -> None:
    await plant.is_down()
    await plant.wait(6)
    for number in range(IN_A_ROW):
        row = await plant.job(f"first-{number}")
        assert (row["state"], row["attempts"], row["first_failed_at"]) == ("snoozed", 0, None)
        assert row["waits_for"] == "connection:erp"
    await plant.wait(backoff.HORIZON.total_seconds() + 3600, every=3600)
    plant.switch(None)
    await plant.wait(120, every=5)
    assert len(plant.sent) == IN_A_ROW
    assert not await plant.world.harness.parked()


async def test_a_record_that_failed_before_keeps_what_it_had_left(plant: Plant) -> None:
    async def fails_alone(_works: Sequence[Work]) -> Sequence[Outcome | Trouble]:
        raise DOWN  # about this record only: other calls get answers

    plant.world.flow.instead = fails_alone
    await plant.mark("weak")
    await plant.turn()
    failed = await plant.job("weak")
    assert failed["attempts"] == 1
    plant.world.flow.instead = plant.run
    await plant.world.clock.advance(0.5)
    await plant.is_down()
    before = (await plant.job("weak"))["first_failed_at"]
    await plant.wait(5 * 24 * 3600, every=3600)
    plant.switch(None)
    await plant.wait(65)
    assert "weak" in plant.sent
    assert before is None or before >= failed["first_failed_at"]


async def test_refused_credentials_stop_everything_at_once_and_a_check_lets_it_go_on(plant: Plant) -> None:
    plant.switch(AuthExpired("the key has expired"))
    plant.world.flow.concurrency = 1
    await plant.mark("1", "2", "3")
    await plant.turn()
    await plant.turn()
    assert plant.calls == 1
    await plant.wait(AUTH_PAUSE_S * 3, every=5)
    assert (plant.calls, plant.probe.asked) == (1, 3)
    plant.switch(None)
    checked = await check(plant.world.harness.engine.context, "erp")
    assert checked.trouble is None
    await plant.wait(5)
    assert sorted(plant.sent) == ["1", "2", "3"]


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # a file has one process
async def test_every_process_knows_and_only_one_sends_the_canary(database: str) -> None:
    async with world_of(database) as first, world_of(database) as second:
        plants = [Plant(first), Plant(second)]
        for each in plants:
            each.world.flow.instead = each.run
        plants[1].switch(DOWN)
        await plants[0].is_down()
        await second.harness.engine.holds.refresh()
        assert [hold.why for hold in plants[1].gate.holds] == [Why.DOWN]
        for each in plants:
            await each.world.clock.advance(PAUSES_S[0])
            await each.turn()
        assert sum(each.probe.asked for each in plants) == 1


async def test_a_delivery_is_kept_while_its_system_is_down_and_read_afterwards(plant: Plant) -> None:
    world = plant.world
    world.harness.engine.context.connection("shop").gate.holds = (Hold(Why.DOWN, "no answer", world.clock.now()),)

    async def held() -> None:
        async with world.harness.engine.context.connection("shop").gate.slot():
            pass

    world.shelf.keep(a_variant("A", external_id="A"))
    world.shelf.plan.append(held)
    await world.notify("d1", ("variant", "A"))
    await world.harness.engine.intake.step()
    [inbox] = await world.harness.store.read("inbox_waiting")
    assert inbox["deliveries"] == 1
    world.harness.engine.context.connection("shop").gate.holds = ()
    await world.clock.advance(61)
    await world.harness.engine.intake.step()
    [inbox] = await world.harness.store.read("inbox_waiting")
    assert inbox["deliveries"] == 0


async def test_eight_hours_down_at_three_times_the_volume_are_made_up_for_at_the_limit() -> None:
    rate, burst, a_minute = 2.0, 20.0, 3
    pace = PaceLimits(per_second=rate, burst=burst, concurrency=10)
    async with world_of("", pace=pace) as world:
        plant = Plant(world)
        world.flow.instead, world.flow.concurrency = plant.run, 10
        plant.gate.learn(available=burst, capacity=burst, per_second=rate)
        await plant.is_down()
        calls = plant.calls
        for minute in range(8 * 60):
            await plant.mark(*(f"{minute}-{number}" for number in range(a_minute)))
            await plant.wait(60, every=60)
        jobs = 8 * 60 * a_minute + IN_A_ROW
        assert plant.calls == calls
        plant.switch(None)
        began = world.clock.seconds()
        while len(plant.sent) < jobs and world.clock.seconds() - began < 3600:
            await world.clock.advance(0.5)
            await world.harness.engine.holds.refresh()
            await world.harness.engine.breakers.step()
            await world.harness.engine.worker.claim()
        assert len(set(plant.sent)) == len(plant.sent) == jobs
        assert world.clock.seconds() - began <= PAUSES_S[-1] + jobs / rate * 1.05
        order = [subject.partition("-") for subject in plant.sent if not subject.startswith("first")]
        minutes = [int(minute) for minute, _, _ in order]
        assert all(later >= earlier - 3 for earlier, later in pairwise(minutes))  # ten go at the same time
        await world.harness.engine.worker.settle()
        burnt = await world.harness.store.read("jobs_listed", flow="copy", before_id=2**62, wish=9999)
        assert {(row["state"], row["attempts"]) for row in burnt} == {("done", 0)}


# --- When it goes wrong half-way --------------------------------------------------------------------------------------


async def test_a_breaker_that_cannot_be_written_down_ends_no_run_and_is_opened_again(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = plant.world.harness.store

    async def fails(*_values: object, **_named: object) -> list[list[Row]]:
        raise StoreError

    with monkeypatch.context() as broken:
        broken.setattr(store, "write", fails)
        broken.setattr(store, "read", fails)
        plant.gate.tripped(DOWN, plant.world.clock.now())  # type: ignore[misc]
        await plant.world.harness.engine.breakers.settle()
    assert await store.read("holds") == []
    await plant.turn()
    await plant.is_down()


async def test_a_system_that_answers_again_is_let_through_whole_or_not_at_all(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails_alone(_works: Sequence[Work]) -> Sequence[Outcome | Trouble]:
        raise CONTENDED

    plant.world.flow.instead = fails_alone
    await plant.mark("weak")
    await plant.turn()
    before = (await plant.job("weak"))["first_failed_at"]
    plant.world.flow.instead = plant.run
    await plant.is_down()
    outage = 3600.0
    await plant.wait(outage, every=60)
    plant.switch(None)
    store = plant.world.harness.store
    write = store.write

    async def forgets_how_long(*steps: Step) -> list[list[Row]]:
        if any(step.name == "shift_horizon" for step in steps):
            raise StoreError
        return await write(*steps)

    with monkeypatch.context() as broken:
        broken.setattr(store, "write", forgets_how_long)
        await plant.world.clock.advance(PAUSES_S[-1])
        with pytest.raises(StoreError):
            await plant.world.harness.engine.breakers.step()
    assert [row["why"] for row in await store.read("holds")] == ["down"]
    await plant.world.clock.advance(LEASE_S + PAUSES_S[-1])
    assert await plant.world.harness.engine.breakers.step() == 1
    assert await store.read("holds") == []
    assert (await plant.job("weak"))["first_failed_at"] >= before + outage * 1_000_000


async def test_a_canary_that_was_out_when_its_process_ended_is_sent_again_by_the_next_one(plant: Plant) -> None:
    asked = asyncio.Event()

    async def silence() -> None:
        asked.set()
        await asyncio.Event().wait()

    await plant.is_down()
    engine = plant.world.harness.engine
    for killed in (False, True):
        plant.probe.instead = silence
        asked.clear()
        await plant.world.clock.advance(PAUSES_S[-1])
        sending = asyncio.create_task(engine.breakers.step())
        await asyncio.wait_for(asked.wait(), 5)
        plant.probe.instead = None
        if killed:
            await engine.take_back()
            assert [row["lease_until"] for row in await plant.world.harness.store.read("holds")] == [None]
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        [row] = await plant.world.harness.store.read("holds")
        assert (row["token"], row["lease_until"], row["failures"]) == (None, None, 0)
    plant.switch(None)
    assert await engine.breakers.step() == 1
    assert plant.gate.holds == ()


# --- Pauses and windows -----------------------------------------------------------------------------------------------


async def test_a_paused_connection_gets_nothing_and_a_paused_flow_does_nothing(plant: Plant) -> None:
    engine = plant.world.harness.engine
    for what in ("erp", "copy"):
        await holds.pause(engine.context, engine.flows, what, by="eve", because="stocktaking")
        await plant.mark(what)
        await plant.wait(5)
        assert plant.sent == []
        told = await status(engine.context, engine.flows, "demo", engine.holds)
        assert [(flow.state, flow.hold.because) for flow in told.flows if flow.hold] == [("held", "stocktaking")]
        assert told.well
        assert await holds.resume(engine.context, engine.flows, what, by="eve")
        assert not await holds.resume(engine.context, engine.flows, what, by="eve")
        await plant.turn()
        assert plant.sent == [what]
        plant.sent.clear()
    lines = await audit(engine.context)
    assert [(line.action, line.target, line.why) for line in lines][-1] == ("pause", "connection:erp", "stocktaking")


async def test_a_pause_with_an_end_ends_by_itself(plant: Plant) -> None:
    engine = plant.world.harness.engine
    until = plant.world.clock.now() + timedelta(minutes=10)
    await holds.pause(engine.context, engine.flows, "erp", by="eve", because="an update", until=until)
    await plant.mark("1")
    await plant.wait(595, every=5)
    assert plant.sent == []
    await plant.wait(6)
    assert plant.sent == ["1"]


async def test_what_does_not_exist_cannot_be_paused(plant: Plant) -> None:
    engine = plant.world.harness.engine
    with pytest.raises(NotThere, match="shop, erp, copy"):
        await holds.pause(engine.context, engine.flows, "nothing", by="eve", because="")


async def test_streams_of_what_is_paused_are_not_read(plant: Plant) -> None:
    engine = plant.world.harness.engine
    await holds.pause(engine.context, engine.flows, "shop", by="eve", because="")
    await engine.holds.refresh()
    assert not await engine.rounds.step()
    assert plant.world.shelf.rounds == []
    await holds.resume(engine.context, engine.flows, "shop", by="eve")
    await engine.holds.refresh()
    assert await engine.rounds.step()


async def test_in_a_window_nothing_is_called_and_the_next_one_is_told() -> None:
    night = Window("backup of the ERP", begins=time(10, 5), ends=time(10, 15))
    async with world_of("", rules=Rules(windows={"erp": (night,)})) as world:
        plant = Plant(world)
        world.flow.instead = plant.run
        engine = world.harness.engine
        await plant.wait(300, every=5)  # until 10:05
        await plant.mark("1")
        await plant.wait(595, every=5)
        assert plant.sent == []
        told = await status(engine.context, engine.flows, "demo", engine.holds)
        [erp] = [each for each in told.connections if each.name == "erp"]
        assert erp.hold is not None
        assert (erp.hold.why, erp.hold.because) == ("window", "backup of the ERP")
        assert erp.hold.until == datetime.fromisoformat("2026-03-02T10:15Z")
        assert erp.next_window_at == datetime.fromisoformat("2026-03-03T10:05Z")
        await plant.wait(10)
        assert plant.sent == ["1"]


async def test_the_forecast_says_when_the_queue_will_be_empty(plant: Plant) -> None:
    async def takes_two_seconds(works: Sequence[Work]) -> Sequence[Outcome | Trouble]:
        await plant.world.clock.sleep(2)
        return [Done() for _ in works]

    world, engine = plant.world, plant.world.harness.engine
    world.flow.instead = takes_two_seconds
    world.flow.concurrency = 1
    await plant.mark("1")
    await engine.worker.claim()
    await world.clock.advance(2)
    await engine.worker.settle()
    await plant.mark(*(str(number) for number in range(10, 40)))
    told = await status(engine.context, engine.flows, "demo", engine.holds)
    [flow] = told.flows
    assert flow.forecast is not None
    assert flow.forecast.empty_at == world.clock.now() + timedelta(seconds=60)
    until = world.clock.now() + timedelta(hours=1)
    await holds.pause(engine.context, engine.flows, "erp", by="eve", because="an update", until=until)
    told = await status(engine.context, engine.flows, "demo", engine.holds)
    assert told.flows[0].forecast is not None
    assert told.flows[0].forecast.empty_at == until + timedelta(seconds=60)

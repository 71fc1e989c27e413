"""One record at a time, everything else in parallel, and nobody finishes what is no longer his."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from isthmus.engine.flow import Flow, Mark
from isthmus.engine.leases import LEASE_S
from isthmus.engine.mirror import mark_jobs
from isthmus.engine.outcome import Done, Outcome
from isthmus.engine.upkeep import Retention
from isthmus.engine.work import Work
from isthmus.store.group import StoreError
from isthmus.store.statement import say
from isthmus.testing.builders import a_variant
from tests.engine.conftest import World, world_of


class Gauge:
    """Measures how many run at the same time, in all and of one record."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.now: Counter[str] = Counter()
        self.most = 0
        self.most_of_one = 0
        world.flow.instead = self.run

    async def run(self, works: Sequence[Work]) -> Sequence[Outcome]:
        subjects = [work.job.subject for work in works]
        self.now.update(subjects)
        self.most = max(self.most, sum(self.now.values()))
        self.most_of_one = max(self.most_of_one, *self.now.values())
        await asyncio.sleep(0.005)
        self.now.subtract(subjects)
        return [Done() for _ in works]


async def test_one_record_at_a_time_and_others_beside_it(world: World) -> None:
    gauge = Gauge(world)
    for _ in range(3):
        for subject in "123456":
            await world.harness.mark("copy", subject)
        await world.harness.engine.worker.claim()
    await world.harness.drain(poll=False)
    assert (gauge.most, gauge.most_of_one) == (4, 1)
    assert Counter(world.flow.ran).keys() == set("123456")


async def test_what_was_claimed_ahead_is_given_back_when_the_worker_stops(world: World) -> None:
    going_on = asyncio.Event()

    async def slow(_works: Sequence[Work]) -> Sequence[Outcome]:
        await going_on.wait()
        return [Done()]

    world.flow.instead = slow
    for subject in "123456789":
        await world.harness.mark("copy", subject)
    worker = world.harness.engine.worker
    running = asyncio.create_task(worker.run())
    while len(world.flow.ran) < world.flow.concurrency:  # noqa: ASYNC110 - the flow tells nobody
        await asyncio.sleep(0)
    worker.stop()
    while await claimed(world) > world.flow.concurrency:  # noqa: ASYNC110 - the database tells nobody
        await asyncio.sleep(0)
    going_on.set()
    await running
    states = [(await world.harness.job("copy", subject) or {})["state"] for subject in "123456789"]
    assert Counter(states) == {"done": world.flow.concurrency, "ready": 9 - world.flow.concurrency}
    assert len(world.flow.ran) == world.flow.concurrency


async def claimed(world: World) -> int:
    rows = [await world.harness.job("copy", subject) for subject in "123456789"]
    return sum(1 for row in rows if row is not None and row["state"] == "running")


async def test_a_pulled_job_that_runs_here_already_is_waited_for_and_run_again(world: World) -> None:
    going_on, seen = asyncio.Event(), asyncio.Event()

    async def slow(_works: Sequence[Work]) -> Sequence[Outcome]:
        seen.set()
        await going_on.wait()
        return [Done()]

    world.flow.instead = slow
    await world.harness.mark("copy", "1")
    await world.harness.engine.worker.claim()
    await seen.wait()
    marked = mark_jobs([Mark("copy", "1")], world.harness.engine.context.micros())
    pulled = asyncio.create_task(world.harness.engine.pull("copy", "1", marked))
    while (await world.harness.job("copy", "1") or {})["wanted"] == 1:  # noqa: ASYNC110 - the database tells nobody
        await asyncio.sleep(0)
    assert not pulled.done()
    going_on.set()
    await pulled
    job = await world.harness.job("copy", "1")
    assert job is not None
    assert (job["state"], world.flow.ran) == ("done", ["1", "1"])


async def test_a_mark_that_comes_while_the_record_is_worked_on_is_not_lost(world: World) -> None:
    seen: list[str] = []

    async def slow(works: Sequence[Work]) -> Sequence[Outcome]:
        seen.append(works[0].job.subject)
        if len(seen) == 1:
            await world.harness.mark("copy", "1")
        return [Done()]

    world.flow.instead = slow
    await world.harness.mark("copy", "1")
    await world.harness.drain(poll=False)
    assert seen == ["1", "1"]


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # a file has one worker
async def test_two_engines_share_the_work_and_no_job_runs_twice(database: str) -> None:
    async with world_of(database) as one, world_of(database) as other:
        gauges = Gauge(one), Gauge(other)
        for number in range(60):
            await one.harness.mark("copy", str(number))
        await asyncio.gather(one.harness.drain(poll=False), other.harness.drain(poll=False))
        assert sorted(one.flow.ran + other.flow.ran, key=int) == [str(number) for number in range(60)]
        assert max(each.most for each in gauges) > 0


async def test_a_long_run_keeps_its_lease(world: World) -> None:
    heart = asyncio.create_task(world.harness.engine.worker.leases.beat())
    going_on = asyncio.Event()

    async def slow(_works: Sequence[Work]) -> Sequence[Outcome]:
        await going_on.wait()
        return [Done()]

    world.flow.instead = slow
    await world.harness.mark("copy", "1")
    await world.harness.engine.worker.claim()
    job = await world.harness.job("copy", "1")
    assert job is not None
    assert job["lease_until"] == world.harness.engine.context.micros() + LEASE_S * 1_000_000
    assert await world.harness.engine.worker.leases.reclaim() == 0
    heart.cancel()
    going_on.set()
    await world.harness.engine.worker.settle()


async def test_a_worker_that_says_nothing_is_taken_for_dead_and_its_job_given_on(world: World) -> None:
    async def hangs(_works: Sequence[Work]) -> Sequence[Outcome]:
        await asyncio.Event().wait()
        return []

    world.flow.instead = hangs
    await world.harness.mark("copy", "1")
    await world.harness.engine.worker.claim()
    (hanging,) = world.harness.engine.worker._running["copy"]
    await world.clock.advance(LEASE_S - 1)
    assert await world.harness.engine.worker.leases.reclaim() == 0
    await world.clock.advance(2)
    assert await world.harness.engine.worker.leases.reclaim() == 1
    hanging.cancel()
    await asyncio.gather(hanging, return_exceptions=True)
    Gauge(world)
    await world.harness.drain(poll=False)
    job = await world.harness.job("copy", "1")
    assert job is not None
    assert job["state"] == "done"


async def test_the_first_flows_work_goes_first_and_a_parent_can_be_pulled(world: World) -> None:
    Gauge(world)
    await world.harness.mark("copy", "1")
    await world.harness.engine.pull("copy", "1")
    assert world.flow.ran == ["1"]
    await world.harness.engine.pull("copy", "1")  # done already
    await world.harness.engine.pull("copy", "nobody")
    await world.harness.engine.pull("no such flow", "1")
    assert world.flow.ran == ["1"]


async def test_an_outcome_that_could_not_be_stored_runs_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    Gauge(world)
    await world.harness.mark("copy", "1")

    async def full(*_args: object) -> None:
        message = "disk full"
        raise StoreError(message)

    with monkeypatch.context() as broken:
        broken.setattr(world.harness.engine.worker._executor, "_finish", full)
        await world.harness.engine.worker.claim()
        await world.harness.engine.worker.settle()
    await world.clock.advance(LEASE_S + 1)
    await world.harness.engine.worker.leases.reclaim()
    await world.harness.drain(poll=False)
    assert world.flow.ran == ["1", "1"]


async def test_a_worker_that_ends_by_a_mistake_of_ours_finishes_the_rest_and_leaves_nothing_running(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    going_on = asyncio.Event()

    async def slow(works: Sequence[Work]) -> Sequence[Outcome]:
        await going_on.wait()
        return [Done() for _ in works]

    world.flow.instead = slow
    worker = world.harness.engine.worker
    run = worker._executor.run

    async def mistaken(flow: Flow, works: Sequence[Work], tried: Callable[[], None] | None) -> Sequence[Outcome]:
        outcomes = await run(flow, works, tried)
        if works[0].job.subject == "1":
            raise RuntimeError
        await asyncio.sleep(0.1)  # it is still at work when the other one fails
        return outcomes

    monkeypatch.setattr(worker._executor, "run", mistaken)
    others = asyncio.all_tasks()
    for subject in "12":
        await world.harness.mark("copy", subject)
    running = asyncio.create_task(worker.run())
    while len(world.flow.ran) < 2:  # noqa: ASYNC110 - the flow tells nobody
        await asyncio.sleep(0)
    worker.stop()
    going_on.set()
    with pytest.raises(RuntimeError):
        await running
    await asyncio.sleep(0)  # what was cancelled ends
    left = asyncio.all_tasks() - others
    assert [task for task in left if "Worker" in repr(task) or "Leases" in repr(task)] == []
    assert not worker.busy


async def test_it_is_busy_from_the_claim_to_the_last_commit(world: World) -> None:
    worker = world.harness.engine.worker
    going_on = asyncio.Event()

    async def slow(_works: Sequence[Work]) -> Sequence[Outcome]:
        await going_on.wait()
        return [Done()]

    world.flow.instead = slow
    await world.harness.mark("copy", "1")
    claiming = asyncio.create_task(worker.claim())
    while not (await world.harness.job("copy", "1") or {})["token"]:  # noqa: ASYNC110 - the database tells nobody
        await asyncio.sleep(0)
    assert worker.busy
    await claiming
    assert worker.busy
    going_on.set()
    await worker.settle()
    assert not worker.busy


async def test_the_whole_engine_drains_and_stops(world: World) -> None:
    world.shelf.keep(a_variant("A"), a_variant("B"))
    assert await world.harness.engine.drain()
    assert sorted(world.flow.ran) == ["variant-A", "variant-B"]
    assert len(world.desk.created) == 2


async def test_the_engine_stops_when_told_and_finishes_what_is_at_hand(world: World) -> None:
    gauge = Gauge(world)
    stopping = asyncio.Event()
    running = asyncio.create_task(world.harness.engine.run(stopping))
    await world.harness.mark("copy", "1")
    world.harness.engine.context.stir.set()
    for _ in range(400):
        await asyncio.sleep(0.005)
        if gauge.most:
            break
    stopping.set()
    await asyncio.wait_for(running, 5)
    job = await world.harness.job("copy", "1")
    assert job is not None
    assert job["state"] == "done"


async def test_housekeeping_keeps_what_is_not_resolved_for_ever(world: World) -> None:
    world.shelf.keep(a_variant("A"))
    await world.harness.drain()
    await world.harness.mark("copy", "waiting")
    await world.notify("d1", ("variant", "variant-A"))
    await world.clock.advance(Retention().jobs.total_seconds() + 60)
    assert await world.harness.engine.upkeep.prune() >= 3
    assert await world.harness.job("copy", "variant-A") is None
    assert await world.harness.job("copy", "waiting") is not None
    (inbox,) = await world.harness.store.read("inbox_waiting")
    assert inbox["deliveries"] == 1


async def test_a_drain_waits_for_what_a_dead_worker_held(world: World) -> None:
    """On a shared database nobody takes it back before its lease is over, and the run is not over either."""
    await world.harness.drain()
    engine, now = world.harness.engine, world.harness.engine.context.micros()
    await world.harness.mark("copy", "variant-A")
    terms = {"now": now, "wish": 1, "token": "of a dead one"}
    await world.harness.store.write(say("claim_jobs", flow="copy", lane=1, lease_until=now + 5_000_000, **terms))
    assert (await engine.progress()).jobs == 0
    assert await engine._more_to_come()
    await world.clock.advance(6)
    assert (await engine.progress()).jobs == 1
    await engine.worker.leases.reclaim()
    await world.harness.drain(poll=False)
    assert not await engine._more_to_come()

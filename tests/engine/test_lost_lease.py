"""A worker that is cut off, frozen or told to stop writes nothing that another worker has to suffer for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from isthmus.engine.executor import Executor
from isthmus.engine.leases import LEASE_S, LOST_AT_MOST
from isthmus.engine.outcome import Done
from isthmus.engine.worker import SUSPECT, Worker
from isthmus.kit.clock import to_micros
from isthmus.ports.errors import InDoubt, Invalid
from isthmus.store.statement import Row, Statement
from isthmus.testing.builders import a_variant
from tests.engine.conftest import SETTLE_S, World, world_of

KEY = "shop:variant-A"


async def intents(world: World) -> list[tuple[str, str]]:
    rows = await world.harness.store.read("intents_of", flow="copy", subject="variant-A")
    return [(row["state"], row["external_id"]) for row in rows]


async def job(world: World) -> Row:
    row = await world.harness.job("copy", "variant-A")
    assert row is not None
    return row


@asynccontextmanager
async def another(world: World) -> AsyncIterator[Worker]:
    """Be a second worker on the same ledger."""
    engine = world.harness.engine
    worker = Worker(engine.context, engine.flows, Executor(engine.context), engine.holds)
    yield worker
    await worker.settle()


def _done() -> Done:
    return Done()


@pytest.fixture
def shelved(world: World) -> World:
    world.shelf.keep(a_variant("A"))
    return world


async def begin(world: World, plan: Callable[[], Awaitable[None]]) -> None:
    """Let a worker get as far as the call that creates."""
    world.desk.plan.append(plan)
    await world.harness.engine.rounds.step()
    await world.harness.engine.worker.claim()
    while world.desk.plan:  # noqa: ASYNC110 - the desk rings no bell
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    "ending", [InDoubt("no answer", key=KEY), Invalid("no such country")], ids=["doubt", "refusal"]
)
async def test_what_a_worker_hears_after_its_lease_says_nothing_about_the_others_try(
    shelved: World, ending: Exception
) -> None:
    """It was cut off in the middle of a create; another worker found its way through meanwhile."""
    answer = asyncio.Event()
    shelved.desk.unique = True  # or there would be a second look

    async def answers_late() -> None:
        await answer.wait()
        raise ending

    await begin(shelved, answers_late)
    await shelved.clock.advance(LEASE_S + 1)
    assert await shelved.harness.engine.worker.leases.reclaim() == 1
    async with another(shelved) as other:
        await other.claim()
        await other.settle()
    assert await intents(shelved) == [("done", "0")]
    answer.set()
    await shelved.harness.engine.worker.settle()
    assert await intents(shelved) == [("done", "0")]
    assert (await job(shelved))["state"] == "done"


async def test_a_refusal_nobody_may_hear_does_not_end_the_intent_of_a_try_under_way(shelved: World) -> None:
    """The second worker dies in its create; who comes third has to know that something may still be landing."""
    answer, going = asyncio.Event(), asyncio.Event()
    refusal = Invalid("no such country")

    async def refused_late() -> None:
        await answer.wait()
        raise refusal

    async def lands_late() -> None:
        lag = timedelta(seconds=SETTLE_S)
        shelved.desk.created.append((KEY, a_variant("A"), shelved.clock.now() + lag))
        going.set()
        await asyncio.Event().wait()

    await begin(shelved, refused_late)
    await shelved.clock.advance(LEASE_S + 1)
    await shelved.harness.engine.worker.leases.reclaim()
    async with another(shelved) as other:
        shelved.desk.plan.append(lands_late)
        await other.claim()
        await going.wait()
        answer.set()
        await shelved.harness.engine.worker.settle()
        (task,) = other._running["copy"]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await shelved.harness.engine.take_back()
    await shelved.harness.drain(poll=False)
    await shelved.harness.wait(SETTLE_S)
    assert len(shelved.desk.held(KEY)) == 1


async def test_a_call_that_was_ended_at_the_deadline_has_the_settle_time_from_then(shelved: World) -> None:
    """The system was still at it when the worker had to go, and had been for longer than the settle time."""

    async def takes_its_time() -> None:
        await asyncio.Event().wait()

    await begin(shelved, takes_its_time)
    await shelved.clock.advance(SETTLE_S + 1)
    assert await shelved.harness.engine.worker.abandon() == 1
    # It lands after all, a moment after we stopped listening.
    shelved.desk.created.append((KEY, a_variant("A"), shelved.clock.now() + timedelta(seconds=SETTLE_S)))
    await shelved.harness.drain(poll=False)
    await shelved.harness.wait(SETTLE_S)
    assert len(shelved.desk.held(KEY)) == 1
    assert (await job(shelved))["state"] == "done"


async def test_a_lease_ends_when_the_ledger_says_so_however_long_the_claim_took(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = world.harness.store.write

    async def slow(*steps: Statement) -> list[list[Row]]:
        rows = await write(*steps)
        if isinstance(steps[0], Statement) and steps[0].name == "claim_jobs":
            await world.clock.advance(LEASE_S - 5)
        return rows

    leases: list[int] = []

    async def looks(works: list[object]) -> list[object]:
        leases.append(to_micros(works[0].lease.until))  # type: ignore[attr-defined]
        return []

    world.flow.instead = looks  # type: ignore[assignment]
    await world.harness.mark("copy", "1")
    monkeypatch.setattr(world.harness.store, "write", slow)
    due = world.harness.engine.context.micros() + LEASE_S * 1_000_000
    await world.harness.engine.worker.claim()
    await world.harness.engine.worker.settle()
    assert leases == [due]


class Killing:
    """Runs until it comes to the poison, where the process ends."""

    def __init__(self, world: World, poison: str) -> None:
        self.world, self.poison = world, poison
        self.runs: list[list[str]] = []

    async def die_and_come_back(self) -> None:
        """One life: claim, run, be killed, and be found dead."""
        worker = self.world.harness.engine.worker
        for _ in range(10):
            await worker.claim()
            for _ in range(20):
                await asyncio.sleep(0.002)
        left = [task for tasks in worker._running.values() for task in tasks]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self.world.clock.advance(LEASE_S + 1)
        await worker.leases.reclaim()


async def test_a_record_that_kills_its_worker_each_time_becomes_a_question_and_the_others_get_through(
    database: str,
) -> None:
    async with world_of(database, batch=5) as world:
        killing = Killing(world, "3")

        async def run(works: list[object]) -> list[object]:
            subjects = [work.job.subject for work in works]  # type: ignore[attr-defined]
            killing.runs.append(subjects)
            if killing.poison in subjects:
                await asyncio.Event().wait()
            return [done for _ in works]

        done = _done()
        world.flow.instead = run  # type: ignore[assignment]
        for subject in "12345":
            await world.harness.mark("copy", subject)
        for _ in range(LOST_AT_MOST + 2):
            await killing.die_and_come_back()
        rows = {each: await world.harness.job("copy", each) for each in "12345"}
        states = {each: (row["state"], row["code"]) for each, row in rows.items() if row}
        assert states == {**dict.fromkeys("1245", ("done", "")), "3": ("parked", "worker_lost")}
        assert sum("3" in each for each in killing.runs) == LOST_AT_MOST
        (question,) = await world.harness.parked()
        assert "5 times" in question["because"]
        assert "Retry" in question["answers"]


async def test_a_change_of_the_record_gives_it_as_many_lives_again(world: World) -> None:
    killing = Killing(world, "1")

    async def run(_works: list[object]) -> list[object]:
        await asyncio.Event().wait()
        return []

    world.flow.instead = run  # type: ignore[assignment]
    await world.harness.mark("copy", "1")
    for _ in range(LOST_AT_MOST):
        await killing.die_and_come_back()
    assert (await world.harness.parked())[0]["lost"] == LOST_AT_MOST
    await world.harness.mark("copy", "1")
    row = await world.harness.job("copy", "1")
    assert row is not None
    assert (row["state"], row["lost"], row["lane"]) == ("ready", 0, 1)


async def test_an_outcome_ends_the_count(world: World) -> None:
    killing = Killing(world, "1")
    dies = True

    async def run(works: list[object]) -> list[object]:
        if dies:
            await asyncio.Event().wait()
        return [_done() for _ in works]

    world.flow.instead = run  # type: ignore[assignment]
    await world.harness.mark("copy", "1")
    for _ in range(LOST_AT_MOST - 1):
        await killing.die_and_come_back()
    row = await world.harness.job("copy", "1")
    assert row is not None
    assert (row["lost"], row["lane"]) == (LOST_AT_MOST - 1, SUSPECT)
    dies = False
    await world.harness.drain(poll=False)
    row = await world.harness.job("copy", "1")
    assert row is not None
    assert (row["state"], row["lost"], row["lane"]) == ("done", 0, 1)

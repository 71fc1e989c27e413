"""Nothing is created twice: the intent is on disk before the call, and a look comes before a second try."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from isthmus.engine.intents import UNANSWERED_AT_MOST
from isthmus.ports.errors import Invalid, Throttled, Unreachable
from isthmus.store.statement import Row, Step, say
from isthmus.testing.builders import a_variant
from tests.engine.conftest import SETTLE_S, World

KEY = "shop:variant-A"


async def intents(world: World) -> list[Row]:
    return await world.harness.store.read("intents_of", flow="copy", subject="variant-A")


async def state(world: World) -> tuple[str, str]:
    job = await world.harness.job("copy", "variant-A")
    assert job is not None
    return job["state"], job["code"]


@pytest.fixture
def shelved(world: World) -> World:
    world.shelf.keep(a_variant("A"))
    return world


async def test_a_record_is_created_once_and_its_intent_is_done(shelved: World) -> None:
    await shelved.harness.drain()
    (intent,) = await intents(shelved)
    assert (intent["state"], intent["external_id"], intent["key"]) == ("done", "0", KEY)
    assert await state(shelved) == ("done", "")
    shelved.shelf.keep(a_variant("A", title="new"))
    await shelved.harness.drain()
    assert (len(shelved.desk.held(KEY)), shelved.desk.updated) == (1, [KEY])
    assert len(await intents(shelved)) == 1  # bringing up to date creates nothing


async def test_a_post_that_was_committed_and_timed_out_is_found_not_repeated(shelved: World) -> None:
    shelved.desk.plan.append("commit")
    await shelved.harness.drain()
    assert await state(shelved) == ("snoozed", "in_doubt")
    assert [each["state"] for each in await intents(shelved)] == ["unknown"]
    await shelved.harness.wait(SETTLE_S)
    assert len(shelved.desk.held(KEY)) == 1
    assert await state(shelved) == ("done", "")
    assert [(each["state"], each["because"]) for each in await intents(shelved)] == [("done", "found by its key")]


async def test_a_post_that_never_arrived_is_sent_again_after_looking(shelved: World) -> None:
    shelved.desk.plan.append("lose")
    await shelved.harness.drain()
    looks = len(shelved.desk.finds)
    await shelved.harness.wait(SETTLE_S)
    assert len(shelved.desk.finds) == looks + 1
    assert len(shelved.desk.held(KEY)) == 1
    assert len(await intents(shelved)) == 1


async def test_no_second_try_before_the_first_has_settled(shelved: World) -> None:
    shelved.desk.plan.append("commit")
    shelved.desk.lag = shelved.harness.engine.context.connections["erp"].settle
    await shelved.harness.drain()
    for _ in range(3):
        await shelved.harness.wait(SETTLE_S / 4)
        await shelved.harness.store.write(*_retry(shelved))
        await shelved.harness.drain()
        assert await state(shelved) == ("snoozed", "settling")
    await shelved.harness.wait(SETTLE_S)
    assert len(shelved.desk.held(KEY)) == 1
    assert await state(shelved) == ("done", "")


def _retry(world: World) -> list[Step]:
    return [
        say("retry_jobs", flow="", code="", subject="variant-A", number="", now=world.harness.engine.context.micros())
    ]


async def test_the_second_try_has_a_settle_time_of_its_own(shelved: World) -> None:
    """The first try was lost; the second one lands late, and nobody is there to hear of it."""
    shelved.desk.plan.append("lose")
    await shelved.harness.drain()
    shelved.desk.lag = shelved.harness.engine.context.connections["erp"].settle
    shelved.desk.plan.append(_commits_and_dies(shelved))
    await shelved.clock.advance(SETTLE_S)
    await _killed_at_work(shelved)
    assert len(shelved.desk.held(KEY)) == 1
    await shelved.harness.engine.take_back()
    await shelved.harness.drain()
    assert await state(shelved) == ("snoozed", "settling")
    await shelved.harness.wait(SETTLE_S)
    assert len(shelved.desk.held(KEY)) == 1
    assert await state(shelved) == ("done", "")


def _commits_and_dies(world: World) -> Callable[[], Awaitable[None]]:
    async def plan() -> None:
        world.desk.created.append((KEY, a_variant("A"), world.clock.now() + world.desk.lag))
        await asyncio.Event().wait()

    return plan


async def _killed_at_work(world: World) -> None:
    """Claim, let the work go as far as it goes, and end it there, as a kill would."""
    await world.harness.engine.worker.claim()
    (tasks,) = world.harness.engine.worker._running.values()
    (task,) = tasks
    for _ in range(200):
        await asyncio.sleep(0.005)
        if not world.desk.plan:
            break
    await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_crash_between_the_intent_and_the_call_looks_first(shelved: World) -> None:
    async def dies() -> None:
        await asyncio.Event().wait()

    shelved.desk.plan.append(dies)
    await shelved.harness.engine.rounds.step()
    await _killed_at_work(shelved)
    assert [each["state"] for each in await intents(shelved)] in (["open"], ["unknown"])
    await shelved.harness.engine.take_back()
    await shelved.harness.drain(poll=False)
    assert await state(shelved) == ("snoozed", "settling")
    await shelved.harness.wait(SETTLE_S)
    assert len(shelved.desk.held(KEY)) == 1


async def test_a_crash_after_the_call_finds_what_it_made(shelved: World) -> None:
    shelved.desk.plan.append(_commits_and_dies(shelved))
    await shelved.harness.engine.rounds.step()
    await _killed_at_work(shelved)
    await shelved.harness.engine.take_back()
    await shelved.harness.drain(poll=False)
    await shelved.harness.wait(SETTLE_S)
    assert len(shelved.desk.held(KEY)) == 1
    assert await state(shelved) == ("done", "")


async def test_a_worker_that_lost_its_lease_starts_nothing(shelved: World) -> None:
    """Also on the second try, when the intent is there already."""
    for plan in (None, "lose"):
        shelved.desk.plan.clear()
        if plan:
            shelved.desk.plan.append(plan)
            await shelved.harness.drain()
            await shelved.clock.advance(SETTLE_S)
        else:
            await shelved.harness.engine.rounds.step()
        find = shelved.desk.find

        async def slow_find(*args: object, find: Callable[..., Awaitable[None]] = find) -> None:
            answer = await find(*args)
            await shelved.harness.engine.take_back()  # taken for dead meanwhile
            return answer

        shelved.desk.find = slow_find  # type: ignore[method-assign,assignment]
        await shelved.harness.engine.worker.claim()
        await shelved.harness.engine.worker.settle()
        shelved.desk.find = find  # type: ignore[method-assign]
        assert shelved.desk.held(KEY) == []
        assert (await state(shelved))[0] == "ready"


async def test_a_refusal_ends_the_intent(shelved: World) -> None:
    shelved.desk.plan.append(Invalid("no such country"))
    await shelved.harness.drain()
    assert await state(shelved) == ("parked", "invalid")
    assert [(each["state"], each["because"]) for each in await intents(shelved)] == [("refused", "no such country")]
    shelved.shelf.keep(a_variant("A", title="mended"))
    await shelved.harness.drain()
    assert [each["state"] for each in await intents(shelved)] == ["refused", "done"]


async def test_trouble_half_way_through_keeps_the_intent_open_so_that_the_next_try_looks(shelved: World) -> None:
    async def half_way() -> None:
        shelved.desk.created.append((KEY, a_variant("A"), shelved.clock.now()))
        raise Unreachable(KEY)

    shelved.desk.plan.append(half_way)
    await shelved.harness.drain()
    assert [each["state"] for each in await intents(shelved)] == ["open"]
    await shelved.harness.wait(SETTLE_S)
    assert len(shelved.desk.held(KEY)) == 1
    assert [each["state"] for each in await intents(shelved)] == ["done"]


async def test_being_throttled_spends_nothing(shelved: World) -> None:
    shelved.desk.plan.append(Throttled("slow down", retry_at=shelved.clock.now()))
    await shelved.harness.drain()
    await shelved.harness.wait(SETTLE_S)
    await shelved.harness.wait(SETTLE_S)
    job = await shelved.harness.job("copy", "variant-A")
    assert job is not None
    assert (job["state"], job["attempts"], len(shelved.desk.held(KEY))) == ("done", 0, 1)


async def test_whatever_gets_lost_in_whatever_order_there_is_one(shelved: World) -> None:
    shelved.desk.plan.extend(["lose", "commit", "lose", "commit"])
    await shelved.harness.drain()
    for _ in range(6):
        await shelved.harness.wait(SETTLE_S)
    assert len(shelved.desk.held(KEY)) == 1
    assert await state(shelved) == ("done", "")


async def test_where_the_system_refuses_a_second_one_it_is_sent_as_often_as_it_takes(shelved: World) -> None:
    shelved.desk.unique = True
    shelved.desk.plan.extend(["lose"] * (UNANSWERED_AT_MOST + 3))
    await shelved.harness.drain()
    for _ in range(UNANSWERED_AT_MOST + 4):
        await shelved.harness.wait(SETTLE_S)
    assert await state(shelved) == ("done", "")
    assert len(shelved.desk.held(KEY)) == 1

"""Reading by ourselves: a cursor moves only with its page, and reading resumes where it stopped."""

import asyncio
from collections.abc import Sequence

import pytest

from isthmus.engine.flow import Listening
from isthmus.engine.rounds import needed
from isthmus.ports.errors import AuthExpired, Throttled, Trouble, Unreachable
from isthmus.store.statement import Row, say
from isthmus.testing.builders import a_variant
from tests.engine.conftest import World
from tests.engine.fakes import Copying

NAMES = [f"{letter}" for letter in "ABCDEFGH"]


async def stream(world: World) -> Row:
    (row,) = await world.harness.store.read("stream", connection="shop", kind="variant")
    return row


async def known(world: World) -> set[str]:
    rows = await world.harness.store.read("record_ids", connection="shop", kind="variant")
    return {row["number"] for row in rows}


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 6, 8])
async def test_a_round_reads_everything_however_the_pages_fall(world: World, count: int) -> None:
    world.shelf.keep(*(a_variant(name) for name in NAMES[:count]))
    await world.harness.drain()
    assert await known(world) == set(NAMES[:count])
    found = await stream(world)
    assert (found["rounds"], found["token"], found["code"]) == (1, None, "")
    assert found["covered_at"] == found["started_at"] <= found["finished_at"]


async def test_the_next_round_begins_where_this_one_began(world: World) -> None:
    world.shelf.keep(a_variant("A"))
    await world.harness.drain()
    # Saved in the second in which the round began, after it had passed: a tie that a strict cursor loses.
    world.shelf.keep(a_variant("B"))
    await world.harness.wait(60)
    assert await known(world) == {"A", "B"}
    assert world.shelf.rounds[0] is None
    assert world.shelf.rounds[1] is not None


@pytest.mark.parametrize("fails_at", [0, 1, 2])
async def test_a_round_that_failed_half_way_resumes_at_its_last_page(world: World, fails_at: int) -> None:
    world.shelf.keep(*(a_variant(name) for name in NAMES))
    world.shelf.plan.extend([None] * fails_at + [Unreachable("down")])
    await world.harness.drain()
    found = await stream(world)
    assert (len(await known(world)), found["failures"], found["code"]) == (fails_at * 3, 1, "unreachable")
    assert (found["cursor"] is None) == (fails_at == 0)
    assert (found["covered_at"], found["rounds"]) == (None, 0)
    await world.harness.wait(10)
    assert await known(world) == set(NAMES)
    found = await stream(world)
    assert (found["failures"], found["code"], found["rounds"]) == (0, "", 1)
    assert world.shelf.rounds[1] == (
        None if fails_at == 0 else f"{world.shelf.stamps['variant-A']}|variant-{NAMES[fails_at * 3 - 1]}"
    )


async def test_a_reader_that_died_is_followed_by_another_after_its_lease(world: World) -> None:
    world.shelf.keep(*(a_variant(name) for name in NAMES))

    async def dies() -> None:
        raise KeyboardInterrupt

    world.shelf.plan.extend([None, dies])
    with pytest.raises(KeyboardInterrupt):
        await world.harness.engine.rounds.step()
    assert len(await known(world)) == 3
    await world.harness.drain()
    assert len(await known(world)) == 3
    await world.harness.wait(301)
    assert await known(world) == set(NAMES)


async def test_a_reader_that_lost_its_stream_stores_nothing_more(world: World) -> None:
    world.shelf.keep(*(a_variant(name) for name in NAMES))

    async def overtaken() -> None:
        await world.harness.store.write(say("free_streams"))

    world.shelf.plan.extend([None, overtaken])
    await world.harness.engine.rounds.step()
    assert len(await known(world)) == 3
    assert (await stream(world))["rounds"] == 0
    await world.harness.drain(poll=False)
    assert await known(world) == set(NAMES)


@pytest.mark.parametrize(
    ("trouble", "spends", "wait"),
    [(Unreachable("x"), 1, 1.5), (AuthExpired("x"), 1, 60), (Trouble("x"), 1, 1.5)],
    ids=lambda each: getattr(each, "code", each),
)
async def test_a_failing_stream_comes_back_and_says_why(
    world: World, trouble: Trouble, spends: int, wait: float
) -> None:
    world.shelf.plan.append(trouble)
    await world.harness.drain()
    found = await stream(world)
    assert (found["failures"], found["code"], found["because"]) == (spends, trouble.code, "x")
    assert found["run_at"] - world.harness.engine.context.micros() >= wait * 1_000_000
    await world.harness.wait(120)
    assert (await stream(world))["rounds"] == 1


async def test_being_throttled_spends_no_failure(world: World) -> None:
    from datetime import timedelta  # noqa: PLC0415

    world.shelf.plan.append(Throttled("slow", retry_at=world.clock.now() + timedelta(seconds=7)))
    await world.harness.drain()
    found = await stream(world)
    assert (found["failures"], found["run_at"] - world.harness.engine.context.micros()) == (0, 7_000_000)


async def test_our_own_mistake_in_one_stream_is_said_and_tried_again(world: World) -> None:
    async def bug() -> None:
        raise RuntimeError

    world.shelf.plan.append(bug)
    await world.harness.drain()
    assert "RuntimeError" in (await stream(world))["because"]
    await world.harness.wait(10)
    assert (await stream(world))["rounds"] == 1


async def test_our_own_mistake_after_a_round_is_said_and_the_round_ends_the_next_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def bug(*_round: str) -> None:
        raise RuntimeError

    world.shelf.keep(a_variant("A"))
    with monkeypatch.context() as mistaken:
        mistaken.setattr(world.flow, "after_round", bug)
        await world.harness.drain()
    found = await stream(world)
    assert (found["rounds"], found["failures"], found["token"]) == (0, 1, None)
    assert "RuntimeError" in found["because"]
    assert await known(world) == {"A"}  # what was read is kept
    await world.harness.wait(10)
    found = await stream(world)
    assert (found["rounds"], found["because"], world.flow.ended) == (1, "", [("shop", "variant")])


async def test_deletions_a_source_reports_are_buried(world: World) -> None:
    world.shelf.keep(a_variant("A"), a_variant("B"))
    await world.harness.drain()
    world.shelf.drop("variant-A")
    await world.harness.wait(60)
    assert await known(world) == {"B"}


async def test_a_stream_has_the_rhythm_of_its_most_impatient_flow(world: World) -> None:
    class Patient(Copying):
        def listens(self) -> Sequence[Listening]:
            return [Listening("shop", "variant", 900), Listening("shop", "order", 30)]

    flows = [Patient(world.harness.engine.context), world.flow]
    assert sorted((each.kind, each.every_s) for each in needed(flows)) == [("order", 30), ("variant", 60)]


async def test_flows_hear_of_the_end_of_a_round_once_it_is_over(world: World) -> None:
    world.shelf.plan.append(Unreachable("x"))
    await world.harness.drain()
    assert world.flow.ended == []
    await world.harness.wait(10)
    assert world.flow.ended == [("shop", "variant")]


async def test_stopping_in_the_middle_leaves_the_rest_for_the_next_start_at_once(world: World) -> None:
    world.shelf.keep(*(a_variant(name) for name in NAMES))

    async def stop() -> None:
        world.harness.engine.rounds.stop()

    world.shelf.plan.extend([stop])
    await world.harness.engine.rounds.step()
    found = await stream(world)
    assert (found["rounds"], found["token"], found["lease_until"]) == (0, None, None)
    assert len(await known(world)) == 3


async def test_several_readers_read_each_stream_once(world: World) -> None:
    world.shelf.keep(*(a_variant(name) for name in NAMES))
    done = await asyncio.gather(*(world.harness.engine.rounds.step() for _ in range(4)))
    assert sum(done) == 1
    assert len(world.shelf.rounds) == 1

"""A notice is a hint: what it names is read at its source, once for many, and never lost."""

from datetime import timedelta

import pytest

from isthmus.ports.errors import AuthExpired, ContractBroken, Throttled, Unreachable, WireDrift
from isthmus.store.statement import Many, say
from isthmus.testing.builders import a_variant
from tests.engine.conftest import World, world_of
from tests.store.ledger import delivery


@pytest.fixture
async def quiet(world: World) -> World:
    """Return a world whose first rounds are over, so that only notices tell of changes."""
    await world.harness.drain()
    return world


async def waiting(world: World) -> int:
    (row,) = await world.harness.store.read("inbox_waiting")
    return row["deliveries"]


async def test_many_deliveries_of_one_record_are_one_read(quiet: World) -> None:
    quiet.shelf.keep(a_variant("A"), a_variant("B"))
    for number in range(30):
        await quiet.notify(f"d{number}", ("variant", "variant-A" if number % 3 else "variant-B"))
    await quiet.harness.drain(poll=False)
    assert [sorted(each) for each in quiet.shelf.reads] == [["variant-A", "variant-B"]]
    assert sorted(quiet.flow.ran) == ["variant-A", "variant-B"]
    assert await waiting(quiet) == 0


async def test_a_delivery_told_twice_is_one_delivery(quiet: World) -> None:
    quiet.shelf.keep(a_variant("A"))
    for _ in range(3):
        await quiet.notify("same", ("variant", "variant-A"))
    assert await waiting(quiet) == 1
    await quiet.harness.drain(poll=False)
    await quiet.notify("same", ("variant", "variant-A"))
    assert await waiting(quiet) == 0
    assert len(quiet.shelf.reads) == 1


@pytest.mark.parametrize("trouble", [Unreachable("down"), AuthExpired("void")], ids=lambda each: each.code)
async def test_while_the_source_does_not_answer_nothing_is_lost(quiet: World, trouble: Exception) -> None:
    quiet.shelf.keep(a_variant("A"))
    quiet.shelf.plan.extend([trouble] * 3)  # type: ignore[list-item]
    await quiet.notify("d1", ("variant", "variant-A"))
    for _ in range(4):
        await quiet.harness.drain(poll=False)
        await quiet.clock.advance(90)
    assert len(quiet.desk.held("shop:variant-A")) == 1
    assert await waiting(quiet) == 0


async def test_a_throttled_read_comes_back_when_it_was_told_to(quiet: World) -> None:
    quiet.shelf.keep(a_variant("A"))
    quiet.shelf.plan.append(Throttled("slow", retry_at=quiet.clock.now() + timedelta(seconds=30)))
    await quiet.notify("d1", ("variant", "variant-A"))
    await quiet.harness.drain(poll=False)
    await quiet.harness.wait(29)
    assert len(quiet.shelf.reads) == 1
    await quiet.harness.wait(1)
    assert len(quiet.shelf.reads) == 2
    assert quiet.flow.ran == ["variant-A"]


async def test_a_record_that_is_gone_is_buried_and_its_job_runs(quiet: World) -> None:
    quiet.shelf.keep(a_variant("A"))
    await quiet.harness.drain()
    quiet.shelf.drop("variant-A")
    await quiet.notify("d1", ("variant", "variant-A"))
    await quiet.harness.drain(poll=False)
    job = await quiet.harness.job("copy", "variant-A")
    assert job is not None
    assert (job["state"], job["code"]) == ("done", "gone")


async def test_a_record_nobody_ever_knew_and_that_is_not_there_is_no_work(quiet: World) -> None:
    await quiet.notify("d1", ("variant", "variant-X"))
    await quiet.harness.drain(poll=False)
    assert (quiet.flow.ran, await waiting(quiet)) == ([], 0)


async def test_what_no_flow_needs_is_put_aside_with_a_reason(quiet: World) -> None:
    await quiet.notify("d1", ("refund", "7"))
    await quiet.notify("d2")
    await quiet.harness.drain(poll=False)
    assert await waiting(quiet) == 0
    (row,) = await quiet.harness.store.read("deliveries_of", connection="shop", kind="refund", external_id="7")
    assert (row["state"], row["because"]) == ("done", "No flow needs this.")


async def test_a_reader_that_died_leaves_its_deliveries_to_the_next(quiet: World) -> None:
    quiet.shelf.keep(a_variant("A"))
    await quiet.notify("d1", ("variant", "variant-A"))

    async def dies() -> None:
        raise KeyboardInterrupt

    quiet.shelf.plan.append(dies)
    with pytest.raises(KeyboardInterrupt):
        await quiet.harness.engine.intake.step()
    await quiet.harness.drain(poll=False)
    assert quiet.flow.ran == []  # may still be alive
    await quiet.harness.engine.take_back()
    await quiet.harness.drain(poll=False)
    assert quiet.flow.ran == ["variant-A"]


async def test_a_delivery_that_names_two_kinds_stays_until_both_are_read(database: str) -> None:
    async with world_of(database, kinds=("variant", "warehouse")) as world:
        await world.harness.drain()
        world.shelf.keep(a_variant("A"), a_variant("B"))
        world.shelf.plan.append(Unreachable("down"))  # the read of the first kind
        await world.notify("d1", ("variant", "variant-A"), ("warehouse", "variant-B"))
        await world.harness.drain(poll=False)
        assert await waiting(world) == 1
        await world.harness.wait(60)
        assert await waiting(world) == 0
        assert set(world.flow.ran) == {"variant-A", "variant-B"}


async def test_a_notice_that_cannot_be_understood_does_not_hold_up_the_others(quiet: World) -> None:
    quiet.shelf.keep(a_variant("A"))
    await quiet.notify("d2", ("variant", "variant-A"))
    await quiet.harness.store.write(*_broken())
    await quiet.harness.drain(poll=False)
    assert quiet.flow.ran == ["variant-A"]


def _broken() -> list[Many]:
    return [Many("take_delivery", [delivery("d1", body=b"not json")])]


async def test_what_could_not_be_understood_is_read_again_when_it_is_tried_again(quiet: World) -> None:
    """A retry of a record nobody has read would otherwise find nothing to do, or an older reading."""
    quiet.shelf.keep(a_variant("A"))
    quiet.shelf.plan.append(ContractBroken("the request was refused"))
    await quiet.notify("d1", ("variant", "variant-A"))
    await quiet.harness.drain(poll=False)
    job = await quiet.harness.job("copy", "variant-A")
    assert job is not None
    assert (job["state"], job["code"]) == ("parked", "contract_broken")
    now = quiet.harness.engine.context.micros()
    retry = say("retry_jobs", flow="copy", code="", subject="variant-A", number="", now=now)
    quiet.shelf.plan.append(WireDrift("still not understood"))
    await quiet.harness.store.write(retry)
    await quiet.harness.drain(poll=False)
    job = await quiet.harness.job("copy", "variant-A")
    assert job is not None
    assert (job["state"], job["code"]) == ("parked", "wire_drift")
    await quiet.harness.store.write(retry)
    await quiet.harness.drain(poll=False)
    assert len(quiet.desk.held("shop:variant-A")) == 1

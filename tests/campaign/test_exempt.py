"""Points that no act of the campaign can reach, each killed here instead: before and after its commit."""

import contextlib
from pathlib import Path

import pytest

from isthmus.admin import drift, revisions
from isthmus.admin.proof_export import verify_store
from isthmus.engine import failpoints
from isthmus.engine.drift import Watch, everything
from isthmus.engine.failpoints import WHEN
from isthmus.store.base import Store
from isthmus.testing.builders import a_variant
from isthmus.testing.campaign.points import ELSEWHERE
from tests.deaths import Died, die
from tests.engine.answers import ORDER, hear, told
from tests.engine.conftest import SETTLE_S, world_of
from tests.flows.group import Group, at_work, bought, entity, grouped, trade
from tests.proof.past import LONG_AGO, a_run, write_rows

pytestmark = pytest.mark.usefixtures("deaths")


def armed(statement: str, when: str) -> None:
    failpoints.arm({"ISTHMUS_FAILPOINT": f"commit.{statement}.{when}"})


def test_all_of_them_are_here() -> None:
    text = Path(__file__).read_text("utf-8")
    assert [name for name in ELSEWHERE if f'armed("{name}", when)' not in text] == []


@pytest.mark.parametrize("when", WHEN)
async def test_a_delivery_is_there_or_it_is_not(when: str) -> None:
    armed("take_delivery", when)
    async with world_of() as world:
        await world.harness.drain()
        world.shelf.keep(a_variant("A"))
        with pytest.raises(Died):
            await world.notify("d1", ("variant", "variant-A"))
        failpoints.arm({})
        await world.harness.drain(poll=False)
        assert world.flow.ran == ([] if when == "before" else ["variant-A"])
        await world.notify("d1", ("variant", "variant-A"))  # nobody said yes, so it is sent again
        await world.harness.drain(poll=False)
        assert world.flow.ran == ["variant-A"]


@pytest.mark.parametrize("when", WHEN)
async def test_a_second_try_is_looked_after_by_whoever_comes_next(when: str) -> None:
    armed("watch_intent", when)
    async with world_of() as world:
        world.shelf.keep(a_variant("A"))
        world.desk.plan.append("lose")
        await world.harness.drain()
        with pytest.raises(Died):
            await world.harness.wait(SETTLE_S)
        failpoints.arm({})
        await world.harness.engine.take_back()
        for _ in range(3):
            await world.harness.wait(SETTLE_S)
        assert len(world.desk.held("shop:variant-A")) == 1
        job = await world.harness.job("copy", "variant-A")
        assert job is not None
        assert job["state"] == "done"


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("point", ["move_proof_anchor", "prune_proof_rows"])
async def test_old_results_go_with_what_the_chain_begins_behind_or_not_at_all(point: str, when: str) -> None:
    if point == "move_proof_anchor":
        armed("move_proof_anchor", when)
    else:
        armed("prune_proof_rows", when)
    async with world_of() as world:
        context = world.harness.engine.context
        await write_rows(context, [await a_run(context, "old", LONG_AGO)] * 3)
        with pytest.raises(Died):
            await world.harness.engine.upkeep.prune()
        failpoints.arm({})
        found = await verify_store(context)
        assert (found.rows, found.well) == (3 if when == "before" else 0, True)
        await world.harness.engine.upkeep.prune()
        found = await verify_store(context)
        assert (found.rows, found.well) == (0, True)


async def different(store: Store, watch: Watch) -> None:
    """Learn some answers, hear another one, and write both down."""
    watch.budget = everything()
    hear(watch, times=30)
    hear(watch, {**ORDER, "total": 1})
    await watch.keep(store)


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("point", ["keep_shape", "note_drift"])
async def test_what_was_learned_and_found_is_on_disk_or_none_of_it_is(point: str, when: str) -> None:
    if point == "keep_shape":
        armed("keep_shape", when)
    else:
        armed("note_drift", when)
    async with world_of() as world:
        engine, store = world.harness.engine, world.harness.engine.context.store
        with pytest.raises(Died):
            await different(store, engine.watch)
        failpoints.arm({})
        there = when == "after"
        assert (len(await store.read("shapes")), len(await told(store))) == (int(there), int(there))
        next_one = Watch(world.clock, everything())
        await next_one.load(store)
        hear(next_one, {**ORDER, "total": 1}, times=2)
        await next_one.keep(store)
        # What was not written is learned again: of two types, neither is the only one.
        assert [each[4] for each in await told(store)] == ([3] if there else [])


@pytest.mark.parametrize("when", WHEN)
async def test_a_difference_is_accepted_with_its_line_in_the_audit_trail_or_not_at_all(when: str) -> None:
    armed("accept_drift", when)
    async with world_of() as world:
        context = world.harness.engine.context
        await different(context.store, world.harness.engine.watch)
        with pytest.raises(Died):
            await drift.accept(context, [], by="eve")
        failpoints.arm({})
        assert await drift.breaking(context) == (1 if when == "before" else 0)
        assert len(await context.store.read("audit_trail", wish=5)) == (0 if when == "before" else 1)


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("point", ["prune_shapes", "prune_drifts"])
async def test_what_nobody_asks_any_more_goes_in_the_next_round(point: str, when: str) -> None:
    if point == "prune_shapes":
        armed("prune_shapes", when)
    else:
        armed("prune_drifts", when)
    async with world_of() as world:
        store, upkeep = world.harness.engine.context.store, world.harness.engine.upkeep
        await different(store, world.harness.engine.watch)
        await world.clock.advance(91 * 86_400)
        with pytest.raises(Died):
            await upkeep.prune()
        failpoints.arm({})
        await upkeep.prune()
        assert (await store.read("shapes"), await told(store)) == ([], [])


@pytest.mark.parametrize("when", WHEN)
async def test_a_revision_is_written_down_with_who_and_why_or_not_at_all(when: str) -> None:
    armed("keep_mapping", when)
    ran = revisions.Kept(revision="abc", document="note = 'x'", hooks="", tables="")
    async with world_of() as world:
        context = world.harness.engine.context
        with pytest.raises(Died):
            await revisions.changed(context, "orders", "publish mapping", before=None, after=ran, by="eve", why="new")
        failpoints.arm({})
        there = 0 if when == "before" else 1
        assert len(await revisions.revisions(context)) == there
        assert len(await context.store.read("audit_trail", wish=5)) == there


async def goes_on(group: Group) -> None:
    """Let another process take over what the dead one held."""
    failpoints.arm({})
    await group.harness.engine.take_back()
    for _ in range(4):
        await group.sync(SETTLE_S)


@pytest.mark.parametrize("when", WHEN)
async def test_an_order_that_was_claimed_goes_to_the_erp_that_claimed_it(when: str) -> None:
    armed("claim_order", when)
    async with grouped() as group:
        group.shop.sells(bought("1", "DE"))
        with pytest.raises(Died):
            await group.sync()
        await goes_on(group)
        assert group.holds("1") == ["north"]


@pytest.mark.parametrize("when", WHEN)
async def test_a_buyer_is_bound_by_whoever_comes_next(when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The buyer's job runs beside the order's, in a task of its own: its death need not be the test's."""
    fallen: list[int] = []

    def fall(pid: int, how: int) -> None:
        fallen.append(how)
        die(pid, how)

    monkeypatch.setattr(failpoints.os, "kill", fall)
    armed("join_entities", when)
    async with grouped() as group:
        group.shop.sells(bought("1", "DE"))
        with contextlib.suppress(Died):
            await group.sync()
        assert fallen
        await goes_on(group)
        assert (group.holds("1"), len(group.erps["north"].people())) == (["north"], 1)


@pytest.mark.parametrize("when", WHEN)
async def test_products_of_four_systems_are_joined_in_the_next_round(when: str) -> None:
    armed("join_by_number", when)
    group = trade()
    async with at_work(group, reads=False):
        with pytest.raises(Died):
            await group.sync()
        await goes_on(group)
        rows = await group.harness.store.read("bindings_of", entity=await entity(group, "shop", "variant-MUG"))
        assert {row["connection"] for row in rows} == {"shop", "other", "north", "south"}

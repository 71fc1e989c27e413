"""Whoever learns of a change comes through the mirror: a record read twice marks nothing, a change marks once."""

from datetime import datetime, timedelta

from isthmus.canonical.product import Variant
from isthmus.canonical.record import Record
from isthmus.engine.mirror import OVERLAP
from isthmus.store.statement import Row
from isthmus.testing.builders import a_variant
from tests.engine.conftest import World

SECOND = timedelta(seconds=1)


async def absorb(world: World, *records: Record, at: datetime, gone: tuple[str, ...] = ()) -> int:
    taken = await world.harness.engine.absorb("shop", "variant", records, read_at=at, gone=gone)
    if taken.steps:
        await world.harness.store.write(*taken.steps)
    return taken.changed


async def title(world: World) -> str | None:
    found = await world.harness.engine.context.mirrored(Variant, "shop", "variant-A")
    return None if found is None or found.deleted else found.record.title


async def job(world: World) -> Row:
    row = await world.harness.job("copy", "variant-A")
    assert row is not None
    return row


async def test_reading_the_same_again_marks_nothing_and_makes_the_evidence_younger(world: World) -> None:
    now = world.clock.now()
    assert await absorb(world, a_variant("A"), at=now) == 1
    assert await absorb(world, a_variant("A", revision="2", changed_at=now), at=now + timedelta(hours=1)) == 0
    assert (await job(world))["wanted"] == 1
    found = await world.harness.engine.context.mirrored(Variant, "shop", "variant-A")
    assert found is not None
    assert found.read_at == now + timedelta(hours=1)


async def test_a_record_twice_on_a_page_is_one_change(world: World) -> None:
    assert await absorb(world, a_variant("A", title="1"), a_variant("A", title="2"), at=world.clock.now()) == 1
    assert await title(world) == "2"


async def test_an_older_reading_that_comes_late_changes_nothing(world: World) -> None:
    now = world.clock.now()
    await absorb(world, a_variant("A", title="new"), at=now)
    assert await absorb(world, a_variant("A", title="old"), at=now - timedelta(seconds=1)) == 0
    assert await absorb(world, at=now - timedelta(seconds=1), gone=("variant-A",)) == 0
    assert ((await job(world))["wanted"], await title(world)) == (1, "new")


async def test_an_older_version_that_was_asked_for_later_but_answered_sooner_does_not_come_back(world: World) -> None:
    """One reader waited for its turn to call, another did not, and was slow to write down what it got."""
    now = world.clock.now()
    older, newer = a_variant("A", title="old", changed_at=now), a_variant("A", title="new", changed_at=now + SECOND)
    first = await world.harness.engine.absorb("shop", "variant", [newer], read_at=now + 2 * SECOND)
    second = await world.harness.engine.absorb("shop", "variant", [older], read_at=now + 4 * SECOND)
    await world.harness.store.write(*first.steps)
    await world.harness.store.write(*second.steps)
    assert await title(world) == "new"
    assert await absorb(world, older, at=now + 5 * SECOND) == 0
    assert await title(world) == "new"


async def test_a_newer_version_counts_although_it_was_asked_for_earlier(world: World) -> None:
    now = world.clock.now()
    await absorb(world, a_variant("A", title="old", changed_at=now), at=now + 4 * SECOND)
    assert await absorb(world, a_variant("A", title="new", changed_at=now + SECOND), at=now + 2 * SECOND) == 1
    assert await title(world) == "new"
    assert await absorb(world, at=now + 9 * SECOND, gone=("variant-A",)) == 1
    assert await absorb(world, a_variant("A", title="newest", changed_at=now + 8 * SECOND), at=now + 7 * SECOND) == 0
    assert await title(world) is None


async def test_a_source_that_was_taken_back_to_an_older_state_is_believed_after_a_while(world: World) -> None:
    now = world.clock.now()
    await absorb(world, a_variant("A", title="new", changed_at=now), at=now)
    restored = a_variant("A", title="from the backup", changed_at=now - 3600 * SECOND)
    assert await absorb(world, restored, at=now + OVERLAP - SECOND) == 0
    assert await absorb(world, restored, at=now + OVERLAP) == 1
    assert await title(world) == "from the backup"


async def test_burying_and_coming_back_are_changes_and_a_late_reading_revives_nothing(world: World) -> None:
    now = world.clock.now()
    await absorb(world, a_variant("A"), at=now)
    assert await absorb(world, at=now + timedelta(seconds=2), gone=("variant-A",)) == 1
    assert await absorb(world, at=now + timedelta(seconds=3), gone=("variant-A", "never-known")) == 0
    assert await absorb(world, a_variant("A"), at=now + timedelta(seconds=1)) == 0
    assert await title(world) is None
    assert await absorb(world, a_variant("A"), at=now + timedelta(seconds=4)) == 1
    assert (await job(world))["wanted"] == 3


async def test_a_tombstone_is_a_change(world: World) -> None:
    now = world.clock.now()
    await absorb(world, a_variant("A"), at=now)
    assert await absorb(world, a_variant("A", deleted_at=now), at=now + timedelta(seconds=1)) == 1
    assert await title(world) is None


async def test_nothing_read_is_nothing_written(world: World) -> None:
    taken = await world.harness.engine.absorb("shop", "variant", (), read_at=world.clock.now())
    assert (taken.steps, taken.read, taken.changed) == ([], 0, 0)

"""What connections are asked is counted beside the calls, and measured against what they allow."""

from datetime import timedelta
from decimal import Decimal

import pytest

from isthmus.admin.limits import limits
from isthmus.engine.allowance import Wish
from isthmus.ports.connector import Limit, PaceLimits
from isthmus.ports.pace import Caller, Lane, Lease, calling
from isthmus.store.group import StoreError
from isthmus.testing.builders import a_variant
from tests.engine.conftest import World, world_of

#: A point a second, that is 600 in each ten minutes; and 200 writes a day.
PACE = PaceLimits(
    per_second=1.0,
    burst=1000.0,
    concurrency=10,
    also=(Limit(name="writes a day", amount=200, seconds=86400, only=("write",)),),
)


def ask(world: World, operation: str, cost: float, *, works: bool) -> None:
    """Let a call have gone out, as the gate tells of it."""
    leases = (Lease(world.clock.now() + timedelta(hours=1)),) if works else ()
    gate = world.harness.engine.context.connection("erp").gate
    assert gate.counted is not None
    gate.counted(Wish(cost, Lane.ORDERS, operation, "copy"), Caller("copy", leases=leases))


async def an_hour(world: World) -> None:
    """Ten writes and a look every ten minutes."""
    for _ in range(6):
        for _ in range(10):
            ask(world, "write", 18.0, works=True)
        ask(world, "look", 60.0, works=False)
        await world.clock.advance(600)


async def test_a_multiple_of_the_volume_hits_the_limit_it_would_hit(database: str) -> None:
    async with world_of(database, pace=PACE) as world:
        world.shelf.keep(*(a_variant(f"SKU-{number}", external_id=f"v{number}") for number in range(4)))
        await world.harness.drain()
        await an_hour(world)
        await world.harness.engine.usage.keep()

        found = await limits(world.harness.engine.context, volume=Decimal(3))
        points, writes = found.limits
        assert (points.limit, points.used, points.busiest, points.most) == ("points", 1440, Decimal("0.400"), 3)
        assert points.hit_at is None
        assert (writes.limit, writes.used, writes.most) == ("writes a day", 60, Decimal("3.3"))
        (flow,) = found.flows
        assert (flow.flow, flow.connection, flow.records, flow.calls) == ("copy", "erp", 4, 66)
        assert flow.per_record == Decimal("16.50")
        assert found.unlimited == ["shop"]

        found = await limits(world.harness.engine.context, volume=Decimal(4))
        points, writes = found.limits
        assert points.hit_at == found.until - timedelta(minutes=60)
        assert writes.hit_at == found.until - timedelta(minutes=10)


async def test_what_the_other_side_says_it_allows_counts(database: str) -> None:
    async with world_of(database, pace=PACE) as world:
        gate = world.harness.engine.context.connection("erp").gate
        gate.learn(available=1000, capacity=1000, per_second=2.0)
        with calling(Caller("copy")):
            async with gate.slot(5.0):
                pass
        await world.harness.engine.usage.keep()
        await world.clock.advance(600)
        (points, _) = (await limits(world.harness.engine.context)).limits
        assert (points.allowed, points.used, points.most) == (2, 5, None)


async def test_several_processes_count_together_and_days_ago_are_forgotten(database: str) -> None:
    async with world_of(database, pace=PACE) as world:
        for _ in range(2):
            ask(world, "write", 1.0, works=True)
            await world.harness.engine.usage.keep()
        await world.clock.advance(600)
        assert [each.calls for each in (await limits(world.harness.engine.context)).flows] == [2]
        await world.clock.advance(9 * 86400)
        await world.harness.engine.upkeep.prune()
        assert await world.harness.store.read("uses", since=0, until=world.harness.engine.context.micros()) == []


async def test_what_could_not_be_written_is_written_next_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(world, "write", 1.0, works=True)

    async def gone(*_steps: object) -> None:
        message = "the database is away"
        raise StoreError(message)

    with monkeypatch.context() as away:
        away.setattr(world.harness.store, "write", gone)
        with pytest.raises(StoreError):
            await world.harness.engine.usage.keep()
    await world.harness.engine.usage.keep()
    await world.clock.advance(600)
    assert [each.calls for each in (await limits(world.harness.engine.context)).flows] == [1]

"""How a connection is, is written down when it changes, and never stays wrong."""

from isthmus.ports.errors import AuthExpired, Invalid, Throttled, Unreachable
from isthmus.store.statement import say
from tests.engine.conftest import World


async def said(world: World) -> tuple[str, str]:
    rows = await world.harness.store.read("connections")
    (row,) = [row for row in rows if row["name"] == "erp"]
    return row["state"], row["code"]


async def test_trouble_is_said_and_taken_back(world: World) -> None:
    health = world.harness.engine.health
    await health.trouble("erp", AuthExpired("void"))
    assert await said(world) == ("trouble", "auth_expired")
    await health.trouble("erp", Unreachable("down"))
    assert await said(world) == ("trouble", "unreachable")
    await health.well("erp")
    assert await said(world) == ("ok", "")


async def test_trouble_of_one_record_or_of_speed_says_nothing_about_the_connection(world: World) -> None:
    await world.harness.engine.health.well("erp")
    await world.harness.engine.health.trouble("erp", Invalid("no"))
    await world.harness.engine.health.trouble("erp", Throttled("slow", retry_at=world.clock.now()))
    assert await said(world) == ("ok", "")


async def test_what_somebody_else_wrote_down_is_put_right_soon(world: World) -> None:
    health = world.harness.engine.health
    await health.well("erp")
    # A check by hand, from another process, met the ERP in a bad second.
    now = world.harness.engine.context.micros()
    word = {"name": "erp", "state": "trouble", "code": "unreachable", "because": "x", "now": now}
    await world.harness.store.write(say("connection_state", **word))
    await world.clock.advance(61)
    await health.well("erp")
    assert await said(world) == ("ok", "")

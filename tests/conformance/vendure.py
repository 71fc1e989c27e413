"""How the conformance suite handles the simulated Vendure."""

from pathlib import Path
from typing import Any

from isthmus.connectors.vendure import CONNECTOR
from isthmus.simulators.vendure import VendureWorld
from isthmus.testing.clock import HandClock
from isthmus.testing.conformance import Double, Reading

#: No limit in the way of rules that are not about limits.
ROOMY = (1e6, 1e6)
World = VendureWorld


def build(clock: HandClock, callback: str | None) -> World:
    del callback  # it sends nothing
    return World("demo", ROOMY, clock.now, clock.seconds)


def metered(clock: HandClock, callback: str | None) -> World:
    del callback
    return World("demo", now=clock.now, seconds=clock.seconds)


async def fill(world: World, count: int) -> None:
    world.seed = "empty"
    await world.reset()
    for number in range(count):
        world.catalog.add(f"THING-{number:05d}", f"Thing {number}")


def ids(world: World) -> list[str]:
    return [str(one.id) for one in world.catalog.there()]


def change(world: World, external_id: str, **values: Any) -> None:
    one = world.catalog.numbered(int(external_id))
    for name, value in values.items():
        setattr(one, name, value)
    world.catalog.touch(one)


DOUBLE = Double(
    connector=CONNECTOR,
    package="isthmus.connectors.vendure",
    build=build,
    metered=metered,
    form=lambda url: {"url": url, "token": "demo-token"},
    wrong={"token": "wrong-canary-token"},
    revoke=lambda world: world.gateway.revoke(),
    golden=Path(__file__).parent / "golden" / "vendure",
    reads={
        "variant": Reading(
            page=100,
            fill=fill,
            ids=ids,
            touch=lambda world, one: change(world, one, name=f"Thing {one}, new"),
            price=lambda world, one, amount: change(world, one, price=amount),
            archive=lambda world, one: change(world, one, active=False),
            spoil=lambda world, one: change(world, one, price="cheap"),
            delete=lambda world, one: world.catalog.remove(world.catalog.numbered(int(one))),
        ),
    },
)

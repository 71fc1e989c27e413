"""Two processes that bring one order to two ERPs at the same moment: one of them writes its intent."""

import asyncio
from datetime import timedelta

from isthmus.kit.clock import EPOCH
from isthmus.store.base import Store
from isthmus.store.group import Unexpected
from isthmus.store.records import record_values
from isthmus.store.statement import Many, listed, say
from isthmus.testing.builders import an_order
from tests.store.conftest import Opener

T = EPOCH + timedelta(days=20_000)
ORDERS = 60


async def begin(store: Store, order_id: str, erp: str, other: str) -> bool:
    """Claim an order for an ERP and write down that it is about to be written there."""
    claim = say(
        "claim_order",
        expect=1,
        shop="shop",
        order_id=order_id,
        destination=erp,
        others=listed([other]),
        key=f"shop:{order_id}",
    )
    intent = say(
        "open_intent",
        id=f"{erp}-{order_id}",
        flow=f"to-{erp}",
        subject=order_id,
        connection=erp,
        kind="order",
        key=f"shop:{order_id}",
        reference="",
        now=1,
        settles_at=1,
    )
    try:
        await store.write(claim, claim, intent)
    except Unexpected:
        return False
    return True


async def test_one_of_two_gets_each_order(store: Store, opener: Opener) -> None:
    north, south = store, await opener()
    orders = [an_order(str(number)) for number in range(ORDERS)]
    await north.write(Many("store_record", [record_values("shop", "order", order, T) for order in orders]))
    for order in orders:
        tries = begin(north, order.external_id, "north", "south"), begin(south, order.external_id, "south", "north")
        assert sorted(await asyncio.gather(*tries)) == [False, True]
    ids = listed(order.external_id for order in orders)
    keys = listed(f"shop:{order.external_id}" for order in orders)
    held = await north.read("orders_held", shop="shop", ids=ids, keys=keys, destinations=listed(["north", "south"]))
    assert len(held) == len({row["order_id"] for row in held}) == ORDERS


async def test_the_same_erp_may_try_again(store: Store) -> None:
    await store.write(Many("store_record", [record_values("shop", "order", an_order("1"), T)]))
    assert await begin(store, "order-1", "north", "south")
    assert not await begin(store, "order-1", "south", "north")
    await store.write(
        say("resolve_intent", id="north-order-1", state="refused", now=2, external_id="", because="not wanted there")
    )
    assert await begin(store, "order-1", "south", "north")


async def test_what_the_mirror_does_not_know_is_claimed_by_nobody(store: Store) -> None:
    assert not await begin(store, "order-1", "north", "south")

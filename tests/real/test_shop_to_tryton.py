"""Orders from a shop into a real Tryton, and its stock back, counted in Tryton's own database.

Isthmus runs as the command a person would type, on a project of its own; what came of it is read with SQL, behind its
back and the connector's. Every shop of `shops.py` plays every scene.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.real.scene import WELL, Scene, scene
from tests.real.shops import SHOPS, Shop
from tests.real.tryton import not_given

pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(not_given()), reason=not_given())]
#: The first dozen hold fees, discounts and delivery.
ORDERS = 12
LOTS, LOT = 5, 4
AGREE_S = 240.0
#: So long after customers began to order Isthmus is killed: nothing is brought yet, some of it is, nearly all.
KILLED_AFTER_S = (0.4, 1.5, 3.0, 5.0)


@pytest.fixture(params=SHOPS, ids=lambda shop: shop.slug)
async def there(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    shop: Shop = request.param
    if shop.missing:
        pytest.skip(shop.missing)
    async with scene(shop, tmp_path) as made:
        yield made


async def test_orders_arrive_once_and_whole_and_stock_comes_back(there: Scene) -> None:
    numbers = await there.opened.place(ORDERS, 7)
    await there.run()
    assert await there.verdict() == WELL
    assert (await there.sales()).keys() == set(numbers)

    # Again: nothing changes. Then one order is edited and one canceled.
    before = await there.sales()
    await there.run()
    assert await there.sales() == before
    first, second = sorted(numbers)[:2]
    placed = {one["reference"]: one for one in (await there.opened.state())["orders"]}
    line = placed[first]["lines"][0]
    await there.opened.edit(first, line["sku"], int(line["quantity"]) + 1)
    await there.opened.cancel(second)
    await there.run()
    await there.run()  # what the ERP set free is offered a round later
    assert await there.verdict() == WELL
    (canceled,) = (await there.sales())[second]
    assert (canceled["state"], canceled["shipment_state"]) == ("done", "none")


@pytest.mark.slow
async def test_orders_whose_webhooks_were_dropped_arrive_all_the_same(there: Scene) -> None:
    await there.up()
    await there.opened.drop(0.5)
    for lot in range(LOTS):
        await there.opened.place(LOT, 100 + lot)
        await asyncio.sleep(1)
    assert await there.agreed(AGREE_S) == WELL
    assert sum(map(len, (await there.sales()).values())) == LOTS * LOT
    await there.opened.drop(1)
    await there.opened.place(LOT, 200)  # of these nobody is told anything
    assert await there.agreed(AGREE_S) == WELL
    assert sum(map(len, (await there.sales()).values())) == (LOTS + 1) * LOT


@pytest.mark.slow
async def test_killed_in_the_middle_of_it_every_order_is_there_once(there: Scene) -> None:
    life = await there.up()
    for number, seconds in enumerate(KILLED_AFTER_S):
        placing = asyncio.ensure_future(there.opened.place(LOT, 300 + number))
        await asyncio.sleep(seconds)
        if number == len(KILLED_AFTER_S) - 1:
            await there.opened.cancel((await placing)[0])  # the line to Tryton is busy with it, or will be
        await life.kill()
        life = await there.up()
        await placing  # a real shop takes its time, and customers do not wait for us
    assert await there.agreed(AGREE_S) == WELL
    assert await life.stop() == 0
    assert await there.verdict() == WELL

"""Against a whole simulated shop: what it says adds up, and what it sends is believed."""

import asyncio
from datetime import UTC, datetime

import pytest
from aiohttp import web

from isthmus.canonical.money import Money
from isthmus.canonical.order import Order
from isthmus.ports.connector import Session
from isthmus.ports.errors import Transient
from isthmus.ports.receiver import Delivery, Refused
from isthmus.simulators.shopify import ShopifyWorld
from isthmus.simulators.shopify.settings import Settings
from isthmus.simulators.stage import stage
from tests.connectors.shopify.harness import opened, serving


def sum_of_parts(order: Order) -> Money:
    parts = [line.net_of_discount for line in order.lines] + [charge.charged for charge in order.shipping_lines]
    if not order.prices_include_tax:
        parts += [line.tax for line in order.lines] + [charge.tax for charge in order.shipping_lines]
    return Money.total(parts, order.currency)


async def orders_of(session: Session) -> list[Order]:
    return [order async for page in session.sources["order"].changes(None) for order in page.records]


async def test_every_order_of_the_demo_adds_up_except_the_one_made_wrong() -> None:
    world = ShopifyWorld("demo", None, Settings(restore_per_s=100_000.0, bucket_size=1_000_000.0))
    async with serving(stage(world)) as url, opened(url) as session:
        orders = await orders_of(session)
    wrong = {order.number for order in orders if sum_of_parts(order) != order.total}
    assert len(orders) == 500
    assert wrong == {world.seeded.specials.wrong_total}
    for order in orders:
        assert Money.total((discount.amount for discount in order.discounts), order.currency) == order.discount
        assert order.lines
        assert order.customer is not None


async def test_an_edit_and_a_cancellation_are_changes(shop: Session, world: ShopifyWorld) -> None:
    first, second = await world.place_orders(2, 5)
    before = {order.number: order for order in await orders_of(shop)}
    line = next(line for line in before[first].lines if line.sku)
    world.edit(first, line.sku, int(line.quantity.value) + 1)
    world.cancel(second)
    after = {order.number: order for order in await orders_of(shop)}
    assert sum_of_parts(after[first]) == after[first].total
    assert after[second].canceled_at is not None
    assert all(line.canceled == line.ordered_quantity for line in after[second].lines if line.ordered_quantity)
    assert after[first].external_id == before[first].external_id


async def test_what_the_shop_sends_is_proven_and_names_the_order(world: ShopifyWorld) -> None:
    received: asyncio.Queue[Delivery] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        await received.put(Delivery(headers, await request.read(), {}))
        return web.Response(status=202)

    ours = web.Application()
    ours.router.add_post("/hook", take)
    async with serving(ours) as hooks, serving(stage(world)) as url, opened(url) as session:
        assert session.receiver is not None
        assert session.subscriptions is not None
        await session.subscriptions.ensure(f"{hooks}/hook")
        [number] = await world.place_orders(1, 1)
        async with asyncio.timeout(10):
            while True:
                delivery = await received.get()
                accepted = session.receiver.verify(delivery, datetime.now(UTC))
                if accepted.topic == "orders/create":
                    break
        [notice] = session.receiver.notices(accepted.topic, delivery.body)
        [order] = await session.sources["order"].read([notice.external_id])
        assert order.number == number
        with pytest.raises(Refused):
            session.receiver.verify(Delivery(delivery.headers, delivery.body + b" ", {}), datetime.now(UTC))


@pytest.mark.parametrize("kind", ["status_500", "html", "reset", "truncate", "throttle", "throttle_no_hint"])
async def test_a_reading_goes_on_where_a_fault_stopped_it(shop: Session, world: ShopifyWorld, kind: str) -> None:
    await world.place_orders(3, 1)
    world.faults.set({"kind": kind, "count": 1, "match": "orders"})
    with pytest.raises(Transient):
        await orders_of(shop)
    assert len(await orders_of(shop)) == 3

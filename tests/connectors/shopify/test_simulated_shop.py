"""Against a whole simulated shop: what it says adds up, and what it sends is believed."""

import asyncio
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web

from isthmus.canonical.money import Money
from isthmus.canonical.order import Order
from isthmus.canonical.record import fingerprint
from isthmus.ports.connector import Session
from isthmus.ports.errors import Misconfigured, Transient
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


SET = """mutation($fields:[MetafieldsSetInput!]!){metafieldsSet(metafields:$fields){userErrors{message}}}"""


async def write_fields(url: str, *fields: dict[str, str]) -> None:
    async with (
        aiohttp.ClientSession(headers={"X-Shopify-Access-Token": "demo-token"}) as http,
        http.post(
            f"{url}/admin/api/2026-07/graphql.json", json={"query": SET, "variables": {"fields": fields}}
        ) as told,
    ):
        assert (await told.json())["data"]["metafieldsSet"]["userErrors"] == []


async def test_fields_of_an_order_are_the_same_however_it_is_read(world: ShopifyWorld) -> None:
    wish = {
        "lines": [{"sku": "MUG-0010", "quantity": 2, "customAttributes": [{"key": "Engraving", "value": "For you"}]}],
        "attributes": [{"key": "gift", "value": "a"}, {"key": "_ref", "value": "x"}, {"key": "gift", "value": "b"}],
        "note": "Ring twice",
        "email": "buyer2@example.com",
    }
    async with (
        serving(stage(world)) as url,
        opened(url, customer_metafields="loyalty.level, loyalty.points") as session,
        aiohttp.ClientSession() as http,
        http.post(f"{url}/__sim/order", json=wish) as placed,
    ):
        name = (await placed.json())["reference"]
        found = world.shop.order(name)
        assert found is not None
        assert found.customer is not None
        level = {"namespace": "loyalty", "key": "level", "type": "single_line_text_field", "value": "gold"}
        points = {"namespace": "loyalty", "key": "points", "type": "number_integer", "value": "12"}
        other = {"namespace": "other", "key": "secret", "type": "single_line_text_field", "value": "x"}
        await write_fields(url, *({"ownerId": found.customer.id, **one} for one in (level, points, other)))
        await write_fields(url, {"ownerId": found.id, **level})
        changed = {order.number: order for order in await orders_of(session)}[name]
        [read] = await session.sources["order"].read([changed.external_id])
    assert isinstance(read, Order)
    assert fingerprint(read) == fingerprint(changed)
    assert (read.note, read.lines[0].custom) == ("Ring twice", {"attributes.Engraving": "For you"})
    said = {key: value for key, value in read.custom.items() if "." in key}
    assert said == {"attributes.gift": ["a", "b"], "attributes._ref": "x", "loyalty.level": "gold"}
    assert read.customer is not None
    fields = {key: value for key, value in read.customer.custom.items() if "." in key}
    assert fields == {"loyalty.level": "gold", "loyalty.points": 12}


MANY = ", ".join(f"loyalty.key{number}" for number in range(21))


@pytest.mark.parametrize("entered", ["level", "a b.c", "loyalty.level; x.y", MANY])
async def test_metafields_that_cannot_be_named_like_that_are_refused(entered: str) -> None:
    with pytest.raises(Misconfigured, match="customer_metafields"):
        async with opened("http://127.0.0.1:9", customer_metafields=entered):
            pass


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

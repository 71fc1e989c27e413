"""Webhooks: signed, repeated, lost, late, and given up on."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from isthmus.simulators.shopify.settings import Settings
from isthmus.simulators.stage import serve

CREATE = """mutation($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri, format: JSON}) {
    webhookSubscription { id topic uri } userErrors { field message } } }"""
LIST = "{ webhookSubscriptions(first: 100) { nodes { id topic uri } } }"
QUICK = Settings(restore_per_s=1e6, webhook_gaps_s=(0.01,) * 8, webhook_answer_s=0.3, announce_s=0.2)


@dataclass(slots=True)
class Hook:
    """Somebody who listens, and may be told to refuse or to dawdle."""

    address: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    status: int = 200
    refuse_first: int = 0
    dawdle_s: float = 0.0

    def topics(self) -> list[str]:
        return [headers["X-Shopify-Topic"] for headers, _body in self.got]

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _headers, body in self.got]

    async def wait(self, count: int, seconds: float = 5.0) -> None:
        await until(lambda: len(self.got) >= count, seconds)


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    listener = Hook()

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        listener.got.append((dict(request.headers), body))
        if listener.dawdle_s:
            await asyncio.sleep(listener.dawdle_s)
        if listener.refuse_first:
            listener.refuse_first -= 1
            return web.Response(status=500)
        return web.Response(status=listener.status)

    app = web.Application()
    app.router.add_post("/{anywhere:.*}", take)
    runner = await serve(app, port=0)
    listener.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield listener
    await runner.cleanup()


async def subscribed(open_shop: Any, hook: Hook, topic: str = "ORDERS_CREATE") -> Any:
    shop = await open_shop(settings=QUICK)
    answer = await shop.data(CREATE, topic=topic, uri=f"{hook.address}/here")
    assert answer["webhookSubscriptionCreate"]["userErrors"] == []
    return shop


async def until(what: Any, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not what():  # noqa: ASYNC110 - what is watched is state of the simulator, not an event
            await asyncio.sleep(0.005)


async def test_the_signature_is_over_the_raw_bytes_and_every_header_is_there(open_shop: Any, hook: Hook) -> None:
    shop = await subscribed(open_shop, hook)
    [name] = await shop.world.place_orders(1, seed=1)
    await hook.wait(1)
    headers, body = hook.got[0]
    expected = base64.b64encode(hmac.new(b"demo-secret", body, hashlib.sha256).digest()).decode()
    assert headers["X-Shopify-Hmac-Sha256"] == expected
    assert headers["X-Shopify-Topic"] == "orders/create"
    assert headers["X-Shopify-Shop-Domain"] == "demo-shop.myshopify.com"
    assert headers["X-Shopify-API-Version"] == "2026-07"
    assert headers["X-Shopify-Triggered-At"].endswith("Z")
    assert headers["X-Shopify-Webhook-Id"] != headers["X-Shopify-Event-Id"]
    order = json.loads(body)
    assert order["name"] == name
    assert order["admin_graphql_api_id"] == f"gid://shopify/Order/{order['id']}"
    assert order["created_at"][-6] in "+-"
    assert isinstance(order["total_price"], str)


async def test_the_body_says_what_the_api_says(open_shop: Any, hook: Hook) -> None:
    shop = await subscribed(open_shop, hook)
    await shop.world.place_orders(20, seed=3)
    await hook.wait(20)
    for body in hook.bodies():
        order = shop.world.shop.orders[body["admin_graphql_api_id"]]
        assert body["total_price"] == str(order.ordered.total.shop_money.amount)
        assert [line["quantity"] for line in body["line_items"]] == [line.quantity for line in order.line_items]
        assert body["email"] == order.email


async def test_a_fault_sends_the_same_delivery_twice(open_shop: Any, hook: Hook) -> None:
    shop = await subscribed(open_shop, hook)
    await shop.sim("fault", kind="duplicate_webhook", count=1, match="orders/create")
    await shop.world.place_orders(1, seed=1)
    await hook.wait(2)
    assert len({headers["X-Shopify-Webhook-Id"] for headers, _body in hook.got}) == 1


async def test_a_fault_drops_one(open_shop: Any, hook: Hook) -> None:
    shop = await subscribed(open_shop, hook)
    await shop.sim("fault", kind="drop_webhook", count=1)
    names = await shop.world.place_orders(2, seed=1)
    await hook.wait(1)
    await asyncio.sleep(0.05)
    assert [body["name"] for body in hook.bodies()] == [names[1]]
    assert shop.world.truth()["webhooks"]["dropped"] == 1


async def test_a_fault_lets_a_later_one_overtake(open_shop: Any, hook: Hook) -> None:
    shop = await subscribed(open_shop, hook)
    await shop.sim("fault", kind="reorder_webhook", count=1)
    names = await shop.world.place_orders(2, seed=1)
    await hook.wait(2)
    assert [body["name"] for body in hook.bodies()] == [names[1], names[0]]


async def test_a_fault_delays_one(open_shop: Any, hook: Hook) -> None:
    shop = await subscribed(open_shop, hook)
    await shop.sim("fault", kind="delay_webhook", count=1, seconds=0.1)
    await shop.world.place_orders(1, seed=1)
    await asyncio.sleep(0.03)
    assert hook.got == []
    await hook.wait(1)


async def test_a_refusal_is_tried_again_with_the_same_id_and_body(open_shop: Any, hook: Hook) -> None:
    shop = await subscribed(open_shop, hook)
    hook.refuse_first = 2
    [name] = await shop.world.place_orders(1, seed=1)
    await hook.wait(1)
    shop.world.cancel(name)  # later changes do not get into a delivery that is under way
    await hook.wait(3)
    assert len({(headers["X-Shopify-Webhook-Id"], body) for headers, body in hook.got}) == 1
    await until(lambda: shop.world.truth()["webhooks"]["sent"] == 1)
    assert shop.world.truth()["webhooks"]["failed"] == 2


@pytest.mark.parametrize("trouble", ["refuses", "redirects", "dawdles", "is-down"])
async def test_after_eight_more_tries_the_subscription_is_gone(open_shop: Any, hook: Hook, trouble: str) -> None:
    shop = await open_shop(settings=Settings(webhook_gaps_s=(0.001,) * 8, webhook_answer_s=0.05))
    address = "http://127.0.0.1:9" if trouble == "is-down" else hook.address
    await shop.data(CREATE, topic="ORDERS_CREATE", uri=f"{address}/here")
    hook.status = {"refuses": 500, "redirects": 302}.get(trouble, 200)
    hook.dawdle_s = 0.2 if trouble == "dawdles" else 0.0
    await shop.world.place_orders(1, seed=1)
    await until(lambda: shop.world.truth()["webhooks"]["removed"] == 1)
    assert shop.world.truth()["webhooks"]["failed"] == 9
    assert (await shop.data(LIST))["webhookSubscriptions"]["nodes"] == []
    await shop.world.place_orders(1, seed=2)  # and the shop goes on


async def test_a_subscription_declared_with_the_app_stays(open_shop: Any) -> None:
    settings = Settings(webhook_gaps_s=(0.001,) * 8, announce_s=0.1)
    shop = await open_shop(None, "http://127.0.0.1:9", settings)
    await shop.world.place_orders(1, seed=1)
    await until(lambda: shop.world.truth()["webhooks"]["failed"] >= 9)
    listed = (await shop.data(LIST))["webhookSubscriptions"]["nodes"]
    assert {one["uri"] for one in listed} == {"http://127.0.0.1:9/hooks/shop"}
    assert len(listed) == 8


async def test_the_same_topic_and_address_is_taken(open_shop: Any, hook: Hook) -> None:
    shop = await subscribed(open_shop, hook)
    again = (await shop.data(CREATE, topic="ORDERS_CREATE", uri=f"{hook.address}/here"))["webhookSubscriptionCreate"]
    assert again["webhookSubscription"] is None
    assert again["userErrors"][0]["message"] == "Address for this topic has already been taken"
    other = (await shop.data(CREATE, topic="ORDERS_UPDATED", uri=f"{hook.address}/here"))["webhookSubscriptionCreate"]
    assert other["userErrors"] == []


async def test_subscriptions_are_changed_and_ended_by_api(open_shop: Any, hook: Hook) -> None:
    shop = await subscribed(open_shop, hook)
    [known] = (await shop.data(LIST))["webhookSubscriptions"]["nodes"]
    update = """mutation($id: ID!, $uri: String!) { webhookSubscriptionUpdate(id: $id,
      webhookSubscription: {uri: $uri, includeFields: ["id", "updated_at"]}) {
      webhookSubscription { uri } userErrors { message } } }"""
    await shop.data(update, id=known["id"], uri=f"{hook.address}/elsewhere")
    await shop.world.place_orders(1, seed=1)
    await hook.wait(1)
    assert set(hook.bodies()[0]) == {"id", "updated_at"}
    delete = """mutation($id: ID!) { webhookSubscriptionDelete(id: $id) {
      deletedWebhookSubscriptionId userErrors { message } } }"""
    assert (await shop.data(delete, id=known["id"]))["webhookSubscriptionDelete"]["deletedWebhookSubscriptionId"]
    gone = (await shop.data(delete, id=known["id"]))["webhookSubscriptionDelete"]
    assert gone["userErrors"][0]["message"] == "Webhook subscription does not exist"


async def test_our_own_stock_write_comes_back_as_an_echo(open_shop: Any, hook: Hook) -> None:
    shop = await subscribed(open_shop, hook, "INVENTORY_LEVELS_UPDATE")
    item = next(iter(shop.world.shop.items.values()))
    place = next(iter(shop.world.shop.locations.values()))
    write = """mutation($i: ID!, $l: ID!) { inventorySetQuantities(input: {name: "available", reason: "correction",
      quantities: [{inventoryItemId: $i, locationId: $l, quantity: 4321, changeFromQuantity: null}]})
      @idempotent(key: "k") { userErrors { message } } }"""
    await shop.data(write, i=item.id, l=place.id)
    await hook.wait(1)
    assert hook.bodies()[0] | {"updated_at": "", "admin_graphql_api_id": ""} == {
        "inventory_item_id": item.legacy_resource_id,
        "location_id": place.legacy_resource_id,
        "available": 4321,
        "updated_at": "",
        "admin_graphql_api_id": "",
    }


@pytest.mark.parametrize(
    ("path", "expected"),
    [("", "/hooks/shop"), ("/", "/hooks/shop"), ("/in/7/shopify", "/in/7/shopify")],
)
async def test_the_callback_keeps_its_path(open_shop: Any, path: str, expected: str) -> None:
    shop = await open_shop(None, f"http://127.0.0.1:9{path}")
    uris = {one["uri"] for one in (await shop.data(LIST))["webhookSubscriptions"]["nodes"]}
    assert uris == {f"http://127.0.0.1:9{expected}"}


async def test_seeded_orders_are_announced_with_their_oddities(open_shop: Any, hook: Hook) -> None:
    shop = await open_shop("demo", hook.address, QUICK)
    special = shop.world.seeded.specials
    expected = 500 - 1 + 1 + 1 + 1 + 2  # never told, twice, updated first, edited, cancelled
    await hook.wait(expected, seconds=15)
    told: dict[str, list[str]] = {}
    for topic, body in zip(hook.topics(), hook.bodies(), strict=True):
        told.setdefault(body["name"], []).append(topic)
    assert len(told) == 499
    assert special.never_told not in told
    assert told[special.told_twice] == ["orders/create"] * 2
    assert sorted(told[special.updated_first]) == ["orders/create", "orders/updated"]
    assert set(told[special.cancelled]) == {"orders/create", "orders/cancelled", "orders/updated"}
    tests = [headers.get("X-Shopify-Test") for headers, body in hook.got if json.loads(body)["name"] == special.test]
    assert tests == ["true"]


async def test_edit_cancel_and_resend_by_control(open_shop: Any, hook: Hook) -> None:
    shop = await open_shop(None, hook.address, QUICK)
    [name] = await shop.world.place_orders(1, seed=1)
    sku = shop.world.shop.order(name).line_items[0].sku
    assert await shop.sim("edit", reference=name, sku=sku, quantity=12) == {"done": True}
    assert await shop.sim("stock", sku=sku, place="Main warehouse", quantity=77) == {"done": True}
    assert await shop.sim("cancel", reference=name) == {"done": True}
    assert await shop.sim("webhook", reference=name, topic="orders/create") == {"done": True}
    await until(lambda: hook.topics().count("orders/create") == 2)
    for topic in ("orders/updated", "orders/cancelled", "inventory_levels/update"):
        await until(lambda topic=topic: topic in hook.topics())
    assert "error" in await shop.sim("cancel", reference=name)
    assert "error" in await shop.sim("cancel", reference="#9")
    assert "error" in await shop.sim("edit", reference=name)

"""Webhooks: greeted, signed, late, merged, lost, and given up on."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from isthmus.simulators.stage import serve
from isthmus.simulators.woocommerce import amendments
from tests.simulators.woocommerce.conftest import FAST, V3, Caller, Opener

SECRET = "ours"
SLOW = replace(FAST, cron_s=0.15)


@dataclass(slots=True)
class Hook:
    """Somebody who listens, and may be told to refuse."""

    address: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    pings: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    status: int = 200

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _headers, body in self.got]

    def topics(self) -> list[str]:
        return [headers["X-WC-Webhook-Topic"] for headers, _body in self.got]

    async def wait(self, count: int, seconds: float = 5.0) -> None:
        await until(lambda: len(self.got) >= count, seconds)


async def until(what: Any, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not what():  # noqa: ASYNC110 - what is watched is state of the simulator, not an event
            await asyncio.sleep(0.005)


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    listener = Hook()

    async def take(request: web.Request) -> web.Response:
        greeting = request.content_type == "application/x-www-form-urlencoded"
        (listener.pings if greeting else listener.got).append((dict(request.headers), await request.read()))
        headers = {"Location": "/elsewhere"} if listener.status in {301, 302, 307} else {}
        return web.Response(status=listener.status, headers=headers)

    app = web.Application()
    app.router.add_post("/{anywhere:.*}", take)
    runner = await serve(app, port=0)
    listener.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield listener
    await runner.cleanup()


async def subscribe(shop: Caller, hook: Hook, topic: str = "order.created", **more: Any) -> dict[str, Any]:
    return await shop.post(
        "/webhooks", **{"topic": topic, "delivery_url": f"{hook.address}/here", "secret": SECRET, **more}
    )


async def settled(shop: Caller) -> None:
    """Wait until nothing waits, and then for what is on its way."""
    await until(lambda: not shop.world.sender.waiting())
    await asyncio.sleep(0.05)


# --- Registering ------------------------------------------------------------------------------------------------------


async def test_a_new_webhook_is_greeted_with_an_unsigned_form(shop: Caller, hook: Hook) -> None:
    made = await subscribe(shop, hook)
    [(headers, body)] = hook.pings
    assert body == f"webhook_id={made['id']}".encode()
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert not [name for name in headers if name.startswith("X-WC-")]
    assert {name: made[name] for name in ("status", "resource", "event")} == {
        "status": "active",
        "resource": "order",
        "event": "created",
    }
    assert "secret" not in made


@pytest.mark.parametrize("status", [202, 404])
async def test_what_the_greeted_answers_changes_nothing(shop: Caller, hook: Hook, status: int) -> None:
    hook.status = status
    assert (await subscribe(shop, hook))["status"] == "active"
    assert shop.world.truth()["webhooks"]["pings"] == 1


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"topic": "order.sent"}, "woocommerce_rest_shop_webhook_invalid_topic"),
        ({"topic": "orders/create"}, "woocommerce_rest_shop_webhook_invalid_topic"),
        ({"delivery_url": "ftp://example.com"}, "woocommerce_rest_shop_webhook_invalid_delivery_url"),
        ({"status": "asleep"}, "woocommerce_rest_shop_webhook_invalid_status"),
        ({"topic": None}, "rest_missing_callback_param"),
    ],
)
async def test_a_webhook_that_makes_no_sense_is_refused(
    shop: Caller, hook: Hook, wish: dict[str, Any], code: str
) -> None:
    body = {"topic": "order.created", "delivery_url": f"{hook.address}/here", **wish}
    assert await shop.refused("POST", "/webhooks", json=body) == (400, code)
    assert hook.pings == []


async def test_webhooks_are_listed_changed_and_removed(shop: Caller, hook: Hook) -> None:
    made = await subscribe(shop, hook)
    path = f"/webhooks/{made['id']}"
    await shop.put(path, status="paused")
    assert [row["id"] for row in await shop.get("/webhooks", status="paused")] == [made["id"]]
    assert await shop.get("/webhooks", status="active") == []
    await shop.world.place_orders(1, seed=1)
    await settled(shop)
    assert hook.got == []
    assert await shop.refused("DELETE", path) == (501, "woocommerce_rest_trash_not_supported")
    assert (await shop.send("DELETE", f"{V3}{path}?force=true")).status == 200
    assert await shop.refused("GET", path) == (404, "woocommerce_rest_shop_webhook_invalid_id")
    assert await shop.refused("PUT", path, json={}) == (400, "woocommerce_rest_shop_webhook_invalid_id")


async def test_webhooks_of_a_batch_are_greeted_too(shop: Caller, hook: Hook) -> None:
    wish = {"delivery_url": f"{hook.address}/here", "secret": SECRET}
    topics = ("order.created", "order.sent", "order.updated")
    answer = await shop.post("/webhooks/batch", create=[{**wish, "topic": topic} for topic in topics])
    made = [row["id"] for row in answer["create"] if "error" not in row]
    assert len(made) == 2
    assert answer["create"][1]["error"]["code"] == "woocommerce_rest_shop_webhook_invalid_topic"
    assert [body for _headers, body in hook.pings] == [f"webhook_id={number}".encode() for number in made]


# --- Delivering -------------------------------------------------------------------------------------------------------


async def test_the_signature_is_over_the_raw_bytes_and_every_header_is_there(shop: Caller, hook: Hook) -> None:
    made = await subscribe(shop, hook)
    [number] = await shop.world.place_orders(1, seed=1)
    await hook.wait(1)
    headers, body = hook.got[0]
    expected = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    assert headers["X-WC-Webhook-Signature"] == expected
    assert headers["X-WC-Webhook-Source"] == f"{shop.base}/"
    assert (headers["X-WC-Webhook-Resource"], headers["X-WC-Webhook-Event"]) == ("order", "created")
    assert headers["X-WC-Webhook-ID"] == str(made["id"])
    assert headers["User-Agent"] == "WooCommerce/11.0.1 Hookshot (WordPress/7.0.2)"
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == await shop.get(f"/orders/{number}")


async def test_letters_of_html_in_a_secret_are_turned_back(shop: Caller, hook: Hook) -> None:
    await subscribe(shop, hook, secret="a&lt;b&amp;c")
    await shop.world.place_orders(1, seed=1)
    await hook.wait(1)
    headers, body = hook.got[0]
    expected = base64.b64encode(hmac.new(b"a<b&c", body, hashlib.sha256).digest()).decode()
    assert headers["X-WC-Webhook-Signature"] == expected


async def test_a_body_says_how_things_stand_when_it_leaves(open_shop: Opener, hook: Hook) -> None:
    shop = await open_shop(settings=SLOW)
    await subscribe(shop, hook)
    [number] = await shop.world.place_orders(1, seed=1)
    await shop.put(f"/orders/{number}", status="completed")
    assert hook.got == []  # not before WP-Cron comes round
    await hook.wait(1)
    assert hook.topics() == ["order.created"]
    assert hook.bodies()[0]["status"] == "completed"


async def test_an_order_gone_before_its_webhook_left_is_an_error_in_the_body(open_shop: Opener, hook: Hook) -> None:
    shop = await open_shop(settings=SLOW)
    await subscribe(shop, hook)
    [number] = await shop.world.place_orders(1, seed=1)
    assert (await shop.send("DELETE", f"{V3}/orders/{number}?force=true")).status == 200
    await hook.wait(1)
    assert hook.bodies()[0]["code"] == "woocommerce_rest_shop_order_invalid_id"


async def test_what_waits_already_is_not_told_twice(open_shop: Opener, hook: Hook) -> None:
    shop = await open_shop(settings=SLOW)
    await subscribe(shop, hook, "order.updated")
    [number] = await shop.world.place_orders(1, seed=1)
    for note in ("one", "two", "three"):
        await shop.put(f"/orders/{number}", customer_note=note)
    await hook.wait(1)
    await settled(shop)
    assert [body["customer_note"] for body in hook.bodies()] == ["three"]
    assert shop.world.truth()["webhooks"]["merged"] >= 3


async def test_two_deliveries_of_a_second_share_their_id(open_shop: Opener, hook: Hook) -> None:
    frozen = datetime(2026, 7, 1, 12, tzinfo=UTC)
    shop = await open_shop(now=lambda: frozen)
    await subscribe(shop, hook)
    await shop.world.place_orders(2, seed=1)
    await hook.wait(2)
    assert len({headers["X-WC-Webhook-Delivery-ID"] for headers, _body in hook.got}) == 1
    assert len({body["id"] for body in hook.bodies()}) == 2


@pytest.mark.parametrize(
    ("topic", "deed"),
    [
        ("order.deleted", "trash"),
        ("order.updated", "refund"),
        ("product.updated", "variation"),
        ("customer.created", "customer"),
        ("product.deleted", "remove"),
    ],
)
async def test_what_is_told_of(shop: Caller, hook: Hook, topic: str, deed: str) -> None:
    [number] = await shop.world.place_orders(1, seed=1)
    await settled(shop)
    await subscribe(shop, hook, topic)
    variation = next(one for one in shop.world.shop.products.values() if one.parent)
    parent = variation.parent.id if variation.parent else 0
    match deed:
        case "trash":
            await shop.send("DELETE", f"{V3}/orders/{number}")
        case "refund":
            await shop.post(f"/orders/{number}/refunds", amount="1.00", api_refund=False)
        case "variation":
            await shop.put(f"/products/{parent}/variations/{variation.id}", regular_price="3.00")
        case "customer":
            await shop.post("/customers", email="new@example.com")
        case _:
            await shop.sim("remove", sku=variation.sku)
    await hook.wait(1)
    body = hook.bodies()[0]
    told = {
        "trash": lambda: body == {"id": int(number)},
        "refund": lambda: body["refunds"][0]["total"] == "-1.00",
        "variation": lambda: (body["id"], body["type"], body["parent_id"]) == (variation.id, "variation", parent),
        "customer": lambda: body["email"] == "new@example.com",
        "remove": lambda: list(body) == ["id"],
    }
    assert told[deed]()


# --- Failing ----------------------------------------------------------------------------------------------------------


async def test_a_failed_delivery_is_lost(shop: Caller, hook: Hook) -> None:
    await subscribe(shop, hook)
    hook.status = 500
    await shop.world.place_orders(1, seed=1)
    await hook.wait(1)
    hook.status = 200
    await asyncio.sleep(0.1)
    assert len(hook.got) == 1
    assert shop.world.truth()["webhooks"] | {"merged": 0, "waiting": 0} == {
        "sent": 0, "failed": 1, "dropped": 0, "merged": 0, "disabled": 0, "pings": 1, "waiting": 0,
    }  # fmt: skip


async def test_the_seventh_failure_in_a_row_switches_it_off(shop: Caller, hook: Hook) -> None:
    made = await subscribe(shop, hook)
    path = f"/webhooks/{made['id']}"
    hook.status = 500
    for failures in range(1, 8):
        await shop.world.place_orders(1, seed=failures)
        await until(lambda: shop.world.truth()["webhooks"]["failed"] == failures)  # noqa: B023 - awaited at once
        expected = "disabled" if failures == 7 else "active"
        assert (await shop.get(path))["status"] == expected
    await shop.world.place_orders(1, seed=8)
    await settled(shop)
    assert len(hook.got) == 7
    assert [row["id"] for row in await shop.get("/webhooks", status="disabled")] == [made["id"]]
    hook.status = 200
    await shop.put(path, status="active")
    await shop.world.place_orders(1, seed=9)
    await hook.wait(8)


async def test_a_success_starts_the_count_anew(shop: Caller, hook: Hook) -> None:
    made = await subscribe(shop, hook)
    for status in (500, 500, 500, 302, 500, 500, 500, 500):
        hook.status = status
        seen = len(hook.got)
        await shop.world.place_orders(1, seed=seen)
        await hook.wait(seen + 1)
        await settled(shop)
    assert (await shop.get(f"/webhooks/{made['id']}"))["status"] == "active"
    assert shop.world.shop.webhooks[made["id"]].failure_count == 4


async def test_nobody_there_is_a_failure(shop: Caller) -> None:
    await shop.post("/webhooks", topic="order.created", delivery_url="http://127.0.0.1:9/here", secret=SECRET)
    await shop.world.place_orders(1, seed=1)
    await until(lambda: shop.world.truth()["webhooks"]["failed"] == 1)


async def test_odd_ports_may_be_out_of_reach(open_shop: Opener, hook: Hook) -> None:
    shop = await open_shop(settings=replace(FAST, usual_ports_only=True))
    await subscribe(shop, hook)
    await shop.world.place_orders(1, seed=1)
    await until(lambda: shop.world.truth()["webhooks"]["failed"] == 1)
    assert (hook.got, hook.pings) == ([], [])


@pytest.mark.parametrize(
    ("kind", "expected"), [("drop_webhook", 1), ("duplicate_webhook", 3), ("delay_webhook", 2), ("reorder_webhook", 2)]
)
async def test_faults_of_deliveries(shop: Caller, hook: Hook, kind: str, expected: int) -> None:
    await subscribe(shop, hook)
    await shop.sim("fault", kind=kind, count=1, match="order.created", seconds=0.2)
    first, second = await shop.world.place_orders(2, seed=1)
    await hook.wait(expected)
    await settled(shop)
    told = [str(body["id"]) for body in hook.bodies()]
    assert len(told) == expected
    if kind in {"delay_webhook", "reorder_webhook"}:
        assert told == [second, first]
    if kind == "drop_webhook":
        assert told == [second]


# --- The callback of the demonstration --------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "expected"), [("", "/hooks/shop"), ("/", "/hooks/shop"), ("/in/7/woo", "/in/7/woo")])
async def test_the_callback_keeps_its_path(open_shop: Opener, path: str, expected: str) -> None:
    shop = await open_shop(None, f"http://127.0.0.1:9{path}")
    urls = {row["delivery_url"] for row in await shop.get("/webhooks")}
    assert urls == {f"http://127.0.0.1:9{expected}"}


async def test_seeded_orders_are_announced_with_their_oddities(open_shop: Opener, hook: Hook) -> None:
    shop = await open_shop("demo", hook.address)
    special = shop.world.seeded.specials
    await hook.wait(2 * 497 + 1, 30)  # all but two, each twice; the one told twice is merged if both wait together
    await settled(shop)
    told: dict[str, list[str]] = {}
    for topic, body in zip(hook.topics(), hook.bodies(), strict=True):
        told.setdefault(body["number"], []).append(topic)
    assert special.never_told not in told
    assert special.abandoned not in told
    assert sorted(told[special.updated_first]) == ["order.created", "order.updated"]
    assert "order.created" in told[special.told_twice]


async def test_a_reset_forgets_who_subscribed(shop: Caller, hook: Hook) -> None:
    await subscribe(shop, hook)
    [number] = await shop.world.place_orders(1, seed=1)
    amendments.cancel(shop.world.shop, shop.world.shop.orders[int(number)])
    assert await shop.sim("reset") == {"reset": True}
    assert await shop.get("/webhooks") == []
    assert await shop.get("/orders") == []

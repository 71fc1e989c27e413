"""What the event plugin sends: thin, signed, again and again until it is taken."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from isthmus.simulators.stage import serve
from isthmus.simulators.vendure import WEBHOOK_SECRET
from tests.simulators.vendure.conftest import FAST, Caller, Opener


@dataclass
class Receiver:
    """Takes deliveries; refuses as many as it is told to."""

    url: str = ""
    refuse: int = 0
    got: list[tuple[dict[str, str], dict[str, Any], bytes]] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        if self.refuse:
            self.refuse -= 1
            self.refused.append(headers)
            return web.Response(status=503)
        self.got.append((headers, json.loads(raw), raw))
        return web.Response()

    def topics(self) -> list[str]:
        return [body["topic"] for _headers, body, _raw in self.got]


async def until(true: Callable[[], bool]) -> None:
    ends = asyncio.get_running_loop().time() + 10
    while not true():
        assert asyncio.get_running_loop().time() < ends
        await asyncio.sleep(0.01)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_post("/hooks/shop", made.take)
    runner = await serve(app, 0)
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.fixture
async def told(open_shop: Opener, receiver: Receiver) -> Caller:
    shop = await open_shop(None, receiver.url)
    await shop.sign_in("superadmin")
    return shop


async def test_a_sale_is_told_signed_and_thin(told: Caller, receiver: Receiver) -> None:
    [code] = await told.world.place_orders(1, 1)
    order = told.bought(code)
    await until(lambda: "order.placed" in receiver.topics() and "stock.moved" in receiver.topics())
    headers, body, raw = next(one for one in receiver.got if one[1]["topic"] == "order.placed")
    assert body["orderIds"] == [str(order.id)]
    assert headers["webhook-id"] == body["eventId"]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + raw
    digest = hmac.new(WEBHOOK_SECRET.encode(), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    # Nobody is told of carts.
    assert receiver.topics().count("order.placed") == 1
    assert "order.state" not in receiver.topics()
    [moved] = [one[1] for one in receiver.got if one[1]["topic"] == "stock.moved"]
    variants = {one["variantId"] for one in moved["levels"]}
    assert variants == {str(line.product_variant.id) for line in order.lines}


async def test_what_happens_afterwards_is_told(told: Caller, receiver: Receiver) -> None:
    [code] = await told.world.place_orders(1, 3)
    told.bought(code)
    for path, wish, topics in (
        ("ship", {}, {"fulfillment.state", "order.state", "stock.moved"}),
        ("deliver", {}, {"fulfillment.state", "order.state"}),
        ("refund", {"amount": "1.00"}, {"refund.created", "refund.state"}),
        ("return", {"sku": told.bought(code).lines[0].product_variant.sku}, {"order.updated", "stock.moved"}),
    ):
        await until(lambda: told.world.sender.waiting() == 0)
        await asyncio.sleep(0.1)
        receiver.got.clear()
        assert await told.sim(path, reference=code, **wish) == {"done": True}
        await until(lambda topics=topics: topics <= set(receiver.topics()))


async def test_our_own_stock_write_comes_back(told: Caller, receiver: Receiver) -> None:
    query = "mutation($i:[UpdateProductVariantInput!]!){updateProductVariants(input:$i){id}}"
    wish = [{"id": "5", "stockLevels": [{"stockLocationId": "2", "stockOnHand": 3}]}]
    await told.ask(query, i=wish)
    await until(lambda: len(receiver.got) == 2)
    assert receiver.topics() == ["stock.moved", "variant.updated"]
    assert receiver.got[0][1]["levels"] == [{"variantId": "5", "stockLocationId": "2"}]
    assert receiver.got[1][1]["variantIds"] == ["5"]
    await told.ask(query, i=wish)  # nothing moves, and the variant is told all the same
    await until(lambda: len(receiver.got) == 3)
    assert receiver.topics()[2] == "variant.updated"


async def test_a_refused_delivery_comes_again_with_its_id_and_a_new_time(open_shop: Opener, receiver: Receiver) -> None:
    hands = [datetime(2026, 3, 2, 10, 0, tzinfo=UTC)]
    shop = await open_shop(None, receiver.url, settings=replace(FAST, retry_s=0.2), now=lambda: hands[0])
    receiver.refuse = 1
    assert await shop.sim("price", sku=next(iter(shop.world.shop.variants.values())).sku, price="9.99") == {
        "done": True
    }
    await until(lambda: len(receiver.refused) == 1)
    hands[0] = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
    await until(lambda: len(receiver.got) == 1)
    [first], [(second, _, _)] = receiver.refused, receiver.got
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-timestamp"] != second["webhook-timestamp"]
    assert shop.world.truth()["webhooks"]["failed"] == 1


async def test_a_delivery_nobody_takes_is_lost_at_last_and_its_job_shown(open_shop: Opener, receiver: Receiver) -> None:
    shop = await open_shop(None, receiver.url, settings=replace(FAST, retry_s=0.01, retries=2))
    await shop.sign_in()
    receiver.refuse = 99
    await shop.sim("rename", sku="MUG-0020", name="MUG-NEW")
    await until(lambda: shop.world.truth()["webhooks"]["lost"] == 1)
    assert len(receiver.refused) == 3
    assert {"name": "isthmus-webhook"} in await shop.one("{jobQueues{name}}")
    flt = {"queueName": {"eq": "isthmus-webhook"}, "state": {"eq": "FAILED"}}
    query = "query($o:JobListOptions){jobs(options:$o){totalItems items{state attempts retries isSettled error data}}}"
    [job] = (await shop.one(query, o={"filter": flt}))["items"]
    assert (job["attempts"], job["retries"], job["isSettled"], job["error"]) == (3, 2, True, "HTTP 503")
    assert job["data"]["topic"] == "variant.updated"


@pytest.mark.parametrize(("kind", "arrives"), [("duplicate_webhook", 2), ("drop_webhook", 0), ("delay_webhook", 1)])
async def test_faults_double_drop_and_delay(told: Caller, receiver: Receiver, kind: str, arrives: int) -> None:
    await told.sim("fault", kind=kind, count=1, match="variant.updated", seconds=0.05)
    await told.sim("rename", sku="MUG-0020", name="MUG-NEW")
    await told.sim("product", sku="NEW", title="New", price="1.00")
    await until(lambda: "variant.created" in receiver.topics())
    await until(lambda: receiver.topics().count("variant.updated") >= arrives)
    ids = {headers["webhook-id"] for headers, body, _ in receiver.got if body["topic"] == "variant.updated"}
    assert len(ids) == min(arrives, 1)
    await asyncio.sleep(0.1)
    assert receiver.topics().count("variant.updated") == arrives


async def test_a_later_event_may_overtake(told: Caller, receiver: Receiver) -> None:
    await told.sim("fault", kind="reorder_webhook", count=1, match="variant.updated")
    await told.sim("rename", sku="MUG-0020", name="MUG-NEW")
    await told.sim("product", sku="NEW", title="New", price="1.00")
    await until(lambda: len(receiver.got) == 2)
    assert receiver.topics() == ["variant.created", "variant.updated"]


async def test_the_seeded_orders_are_announced(open_shop: Opener, receiver: Receiver) -> None:
    shop = await open_shop("demo", receiver.url, settings=replace(FAST, concurrency=50))
    specials = shop.world.seeded.specials
    await until(lambda: receiver.topics().count("order.placed") >= 499)
    placed = [body["orderIds"][0] for _h, body, _r in receiver.got if body["topic"] == "order.placed"]
    assert placed.count(str(shop.bought(specials.told_twice).id)) == 2
    assert str(shop.bought(specials.never_told).id) not in placed
    assert str(shop.bought(specials.draft).id) not in placed
    before = len(receiver.got)
    assert await shop.sim("webhook", reference=specials.never_told, topic="order.placed") == {"done": True}
    await until(lambda: len(receiver.got) == before + 1)


async def test_without_a_callback_there_is_no_plugin(open_shop: Opener) -> None:
    shop = await open_shop()
    await shop.world.place_orders(1, 1)
    assert shop.world.sender.waiting() == 0
    await shop.sign_in()
    assert {"name": "isthmus-webhook"} not in await shop.one("{jobQueues{name}}")

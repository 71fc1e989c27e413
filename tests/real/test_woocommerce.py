"""The connector at a real WooCommerce: who is there, orders and goods, stock written and read back, webhooks made.

Needs a shop of its own over plain http, with a product and a variation that keep stock and a few orders:
ISTHMUS_TEST_WOOCOMMERCE_URL, _KEY and _SECRET (a key with Read/Write). Orders are placed by the shop's own API; each
test leaves the figures of stock as it found them.
"""

import base64
import hmac
import os
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
import pytest_asyncio

from isthmus.canonical.quantity import Quantity, pieces
from isthmus.canonical.stock import StockLevel
from isthmus.connectors.woocommerce import CONNECTOR
from isthmus.connectors.woocommerce.client import Client
from isthmus.connectors.woocommerce.signing import Signer
from isthmus.connectors.woocommerce.sites import site
from isthmus.connectors.woocommerce.subscriptions import webhooks
from isthmus.kit.clock import SystemClock
from isthmus.kit.http import AnswerLost, Http, Request, Response
from isthmus.policies.totals import difference
from isthmus.ports.connector import Session, Tools
from isthmus.ports.errors import AuthExpired, NotFound, Unreachable
from isthmus.ports.receiver import Delivery, Refused
from isthmus.ports.sink import Key, Put, Receipt
from isthmus.testing.pace import OpenPace

URL, KEY, SECRET = (os.environ.get(f"ISTHMUS_TEST_WOOCOMMERCE_{name}", "") for name in ("URL", "KEY", "SECRET"))
HOOK = "abcdef0123456789abcdef01234567"
#: A port nobody listens at, so that nothing leaves the shop.
NOWHERE = "http://127.0.0.1:9/hooks/shop"
pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not (URL and KEY and SECRET), reason="no real WooCommerce given: ISTHMUS_TEST_WOOCOMMERCE_URL"),
]


class Wire(Http):
    """A connection that loses the answer to one operation."""

    losing = ""

    async def send(self, request: Request) -> Response:
        answer = await super().send(request)
        if request.operation == self.losing:
            self.losing = ""
            message = "the line broke"
            raise AnswerLost(message)
        return answer


@pytest_asyncio.fixture
async def wire() -> AsyncIterator[Wire]:
    async with Wire() as http:
        yield http


@pytest.fixture
def session(wire: Wire) -> Session:
    return opened(wire)


@pytest.fixture
def client(wire: Wire) -> Client:
    """The shop's own API, for what a merchant does."""
    return Client(site(URL), wire, SystemClock(), OpenPace(), Signer(KEY, SECRET))


def opened(wire: Http, **more: str) -> Session:
    form = {one.key: one.default for one in CONNECTOR.manifest.settings}
    own = {"url": URL, "consumer_key": KEY, "consumer_secret": SECRET, "webhook_secret": HOOK}
    return CONNECTOR.open({**form, **own, **more}, Tools("shop", wire, SystemClock(), OpenPace()))


async def everything(session: Session, kind: str) -> list[Any]:
    pages = [page async for page in session.sources[kind].changes(None)]
    assert [bad for page in pages for bad in page.bad] == []
    return [record for page in pages for record in page.records]


async def levels(session: Session) -> list[StockLevel]:
    return [one for one in await everything(session, "stock_level") if one.available is not None]


def set_to(level: StockLevel, figure: Quantity) -> StockLevel:
    return StockLevel(
        external_id=level.external_id,
        sku=level.sku,
        warehouse=level.warehouse,
        item_ref=level.item_ref,
        available=figure,
    )


async def figure_of(session: Session, level: StockLevel) -> Quantity:
    [found] = await session.sources["stock_level"].read([level.external_id])
    assert found.available is not None
    return found.available


# --- Who is there -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [{}, {"sign_in": "query"}, {"permalinks": "plain"}])
async def test_the_probe_finds_a_shop_where_all_is_well(wire: Wire, way: Mapping[str, str]) -> None:
    report = await opened(wire, **way).probe.probe()

    assert {one.code for one in report.findings} <= {"ready", "order_storage", "webhook_off"}
    assert report.permissions == ("read", "write")
    assert report.version.startswith("WooCommerce ")


@pytest.mark.parametrize("wrong", [{"consumer_key": "ck_canary"}, {"consumer_secret": "cs_canary"}])
async def test_a_wrong_key_is_told(wire: Wire, wrong: Mapping[str, str]) -> None:
    with pytest.raises(AuthExpired) as told:
        await opened(wire, **wrong).probe.probe()
    assert "canary" not in str(told.value)


# --- Reading ----------------------------------------------------------------------------------------------------------


async def test_orders_add_up_and_are_the_same_one_by_one(session: Session, client: Client) -> None:
    found = {one.external_id: one for one in await everything(session, "order")}
    assert {one.external_id: one for one in await session.sources["order"].read(list(found))} == found
    assert found
    assert {number: gap for number, order in found.items() if (gap := difference(order))} == {}
    for number, order in found.items():
        said = (await client.get(f"/wc/v3/orders/{number}", dict[str, Any], name="orders.get")).content
        if not said["refunds"]:
            assert order.total.amount == Decimal(said["total"])


@pytest.mark.parametrize("kind", ["variant", "stock_level", "warehouse"])
async def test_goods_are_the_same_one_by_one(session: Session, kind: str) -> None:
    found = {one.external_id: one for one in await everything(session, kind)}
    assert found
    assert {one.external_id: one for one in await session.sources[kind].read(list(found))} == found


async def test_an_order_takes_its_pieces_off_and_is_read_in_the_next_round(session: Session, client: Client) -> None:
    level = next(one for one in await levels(session) if "/" not in one.item_ref)
    before = await figure_of(session, level)
    mark = [page async for page in session.sources["order"].changes(None)][-1].cursor
    body = {"status": "processing", "line_items": [{"product_id": int(level.item_ref), "quantity": 2}]}
    made = (await client.send("POST", "/wc/v3/orders", body, dict[str, Any], key="k", name="orders.create")).content

    changed = [one async for page in session.sources["order"].changes(mark) for one in page.records]

    order = next(one for one in changed if one.external_id == str(made["id"]))
    assert (order.total.amount, order.lines[0].quantity) == (Decimal(made["total"]), pieces(2))
    assert await figure_of(session, level) == Quantity(before.value - 2)
    gone = {"force": True}
    await client.send("DELETE", f"/wc/v3/orders/{made['id']}", gone, dict[str, Any], key="k", name="orders.delete")
    assert await session.sources["order"].read([str(made["id"])]) == []
    await session.sinks["stock_level"].put(set_to(level, before), key=Key("k"))


# --- Stock ------------------------------------------------------------------------------------------------------------


async def test_figures_are_written_and_a_bad_row_fails_alone(session: Session) -> None:
    some = await levels(session)
    plain = next(one for one in some if "/" not in one.item_ref)
    below = next(one for one in some if "/" in one.item_ref)
    gone = StockLevel(external_id="999999@store", sku="?", warehouse="store", item_ref="999999", available=pieces(1))
    puts = [Put(one, Key(one.external_id)) for one in (set_to(plain, pieces(31)), gone, set_to(below, pieces(0)))]

    answers = await session.sinks["stock_level"].put_many(puts)

    assert [type(one) for one in answers] == [Receipt, NotFound, Receipt]
    assert (await figure_of(session, plain), await figure_of(session, below)) == (pieces(31), pieces(0))
    await session.sinks["stock_level"].put_many(
        [Put(set_to(one, one.available), Key("k")) for one in (plain, below) if one.available is not None]
    )


async def test_a_lost_answer_is_safe_to_repeat(wire: Wire, session: Session) -> None:
    level = next(one for one in await levels(session) if "/" not in one.item_ref)
    before = await figure_of(session, level)
    wire.losing = "products.batch"
    with pytest.raises(Unreachable):
        await session.sinks["stock_level"].put(set_to(level, pieces(43)), key=Key("k"))

    await session.sinks["stock_level"].put(set_to(level, pieces(43)), key=Key("k"))

    assert await figure_of(session, level) == pieces(43)
    await session.sinks["stock_level"].put(set_to(level, before), key=Key("k"))


# --- Webhooks ---------------------------------------------------------------------------------------------------------


async def test_webhooks_are_made_once_and_keep_their_secret(session: Session, client: Client) -> None:
    assert session.subscriptions is not None
    try:
        await session.subscriptions.ensure(NOWHERE)
        await session.subscriptions.ensure(NOWHERE)
        ours = [one for one in await webhooks(client) if one.delivery_url == NOWHERE]
        assert sorted(one.topic for one in ours) == sorted(CONNECTOR.manifest.topics)
    finally:
        for one in [one for one in await webhooks(client) if one.delivery_url == NOWHERE]:
            route = f"/wc/v3/webhooks/{one.id}"
            await client.send("DELETE", route, {"force": True}, dict[str, Any], key="k", name="webhooks.delete")


def test_a_delivery_proves_itself_by_its_body(wire: Wire) -> None:
    receiver = opened(wire).receiver
    assert receiver is not None
    body = b'{"id":71,"status":"completed","date_modified_gmt":"2026-11-22T06:01:00"}'
    proof = base64.b64encode(hmac.new(HOOK.encode(), body, sha256).digest()).decode()
    headers = {"x-wc-webhook-topic": "order.updated", "x-wc-webhook-signature": proof, "x-wc-webhook-delivery-id": "f8"}
    assert receiver.verify(Delivery(headers, body, {}), datetime.now(UTC)).topic == "order.updated"
    with pytest.raises(Refused):
        receiver.verify(Delivery(headers, body.replace(b"71", b"72"), {}), datetime.now(UTC))

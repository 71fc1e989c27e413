"""The connector at a real Vendure 3.5: what is read and written there, with truth taken from the shop's own two APIs.

`python -m tests.real.vendure` starts one and runs these.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import pytest_asyncio

from isthmus.canonical.order import Order, OrderStatus, PaymentStatus
from isthmus.canonical.quantity import pieces
from isthmus.canonical.stock import StockLevel
from isthmus.connectors.vendure import CONNECTOR
from isthmus.kit.clock import SystemClock
from isthmus.kit.http import AnswerLost, Http, Request, Response
from isthmus.policies.totals import difference
from isthmus.ports.connector import Session, Tools
from isthmus.ports.errors import AuthExpired, Forbidden, Invalid, NotFound, Unreachable
from isthmus.ports.listing import Glimpsed, Span
from isthmus.ports.probe import Severity
from isthmus.ports.receiver import Delivery, Receiver, Refused
from isthmus.ports.sink import Key, Put, Receipt
from isthmus.ports.source import Cursor
from isthmus.testing.pace import OpenPace
from tests.real.vendure_hooks import Inbox, receiving
from tests.real.vendure_seed import GROSS, READING, Merchant, check_out, signed_in

NAMES = ("URL", "LOGIN", "PASSWORD", "SECRET", "HOOKS", "STAFF", "STAFF_PASSWORD")
REAL = {name: os.environ.get(f"ISTHMUS_TEST_VENDURE_{name}", "") for name in NAMES}
pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(
        not all(REAL.values()), reason="no real Vendure given: `python -m tests.real.vendure` starts one"
    ),
]
LAMP, SHELF, CHAIR = "LAMP-0001", "SHELF-0002", "CHAIR-0003"


class Wire(Http):
    """A connection on which something can happen to one operation."""

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[str, Callable[[], Awaitable[Any]]] = {}
        self.losing: set[str] = set()
        self.without: str = ""
        self.calls: list[str] = []

    async def send(self, request: Request) -> Response:
        self.calls.append(request.operation)
        if happens := self.before.pop(request.operation, None):
            await happens()
        answer = await super().send(request)
        if request.operation in self.losing:
            self.losing.discard(request.operation)
            message = "the line broke"
            raise AnswerLost(message)
        if self.without:
            kept = [(name, value) for name, value in answer.headers.items() if name.lower() != self.without]
            return Response(answer.status, _Headers(kept), answer.body)
        return answer


class _Headers(dict[str, str]):
    """Headers as they come, several of a name too."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    def items(self) -> Any:
        return self._pairs


@pytest.fixture(scope="module")
def merchant() -> Merchant:
    found = Merchant(signed_in(REAL["URL"], REAL["STAFF"], REAL["STAFF_PASSWORD"]))
    found.find()
    return found


@pytest.fixture(scope="module", autouse=True)
def inbox() -> Iterator[Inbox]:
    with receiving(urlsplit(REAL["HOOKS"]).port or 0) as found:
        yield found


@pytest_asyncio.fixture
async def wire() -> AsyncIterator[Wire]:
    async with Wire() as http:
        yield http


@pytest.fixture
def session(wire: Wire) -> Session:
    return opened(wire)


def opened(wire: Http, **more: str) -> Session:
    form = {one.key: one.default for one in CONNECTOR.manifest.settings}
    own = {
        "url": REAL["URL"],
        "login": REAL["LOGIN"],
        "password": REAL["PASSWORD"],
        "webhook_secret": REAL["SECRET"],
    }
    return CONNECTOR.open({**form, **own, **more}, Tools("shop", wire, SystemClock(), OpenPace()))


async def read_one(session: Session, merchant: Merchant, code: str) -> Order:
    [order] = await session.sources["order"].read([merchant.order(code)["id"]])
    return order


def exact(order: Order, truth: dict[str, Any]) -> None:
    """Hold an order's sums against what the shop says, to the cent."""
    assert difference(order) == ""
    assert order.total.amount == Decimal(truth["totalWithTax"]) / 100
    assert order.tax is not None
    assert order.tax.amount == Decimal(truth["totalWithTax"] - truth["total"]) / 100
    parts = [line.tax for line in order.lines] + [line.tax for line in order.shipping_lines]
    assert sum(part.amount for part in parts) == order.tax.amount


# --- Who is there -----------------------------------------------------------------------------------------------------


async def test_the_probe_finds_a_shop_where_all_is_well(session: Session) -> None:
    report = await session.probe.probe()

    assert [(one.code, one.severity) for one in report.findings] == [("ready", Severity.OK)]
    assert {place.name for place in report.places} == {"WH", "EAST"}
    assert report.currency == "EUR"
    assert {one.name for one in report.custom_fields["order"]} == {"customFields.erpRef", "customFields.giftNote"}


async def test_a_wrong_password_is_told(wire: Wire) -> None:
    with pytest.raises(AuthExpired, match="INVALID_CREDENTIALS_ERROR"):
        await opened(wire, password="wrong-canary").probe.probe()


async def test_what_an_account_may_not_do_is_named(wire: Wire, merchant: Merchant) -> None:
    login = f"reader-{uuid4().hex[:8]}@example.com"
    merchant.member(login, "reader-demo-password", READING)
    session = opened(wire, login=login, password="reader-demo-password")

    report = await session.probe.probe()
    assert [one.code for one in report.findings] == ["permission_missing"]
    [level] = await session.sources["stock_level"].read([f"{merchant.variants[LAMP]}@{merchant.places['WH']}"])
    with pytest.raises(Forbidden) as refused:
        await session.sinks["stock_level"].put(wanted(level, 7), key=Key("k"))
    assert refused.value.missing == "UpdateCatalog"


async def test_a_session_that_ended_is_begun_anew(wire: Wire, session: Session) -> None:
    await session.probe.ping()
    account = signed_in(REAL["URL"], REAL["LOGIN"], REAL["PASSWORD"])
    # Signing the user out ends the session of the token that asks; ours is taken for that.
    account.token = session.probe.client.auth.held.token  # type: ignore[attr-defined]
    account.ask("mutation{logout{success}}")
    wire.calls.clear()

    await session.probe.ping()

    assert wire.calls == ["Who", "Login", "Who"]


async def test_a_shop_that_gives_cookies_only_is_signed_in_to(wire: Wire) -> None:
    wire.without = "vendure-auth-token"

    await opened(wire).probe.ping()

    assert wire.calls == ["Login", "Who"]


# --- Orders -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", [pytest.param("", id="net"), pytest.param(GROSS, id="gross")])
@pytest.mark.parametrize(
    ("percent", "basket"),
    [
        pytest.param(0, {LAMP: 2, SHELF: 1}, id="plain"),
        pytest.param(33, {LAMP: 3, SHELF: 7, CHAIR: 1}, id="a-third-off-and-two-rates"),
        pytest.param(100, {SHELF: 1}, id="for-nothing"),
    ],
)
async def test_an_order_adds_up_to_the_cent(
    session: Session, merchant: Merchant, channel: str, percent: int, basket: dict[str, int]
) -> None:
    coupons: list[str] = []
    if percent:
        coupons = [f"C{percent}{channel}{uuid4().hex[:8]}"]
        merchant.coupon(coupons[0], percent)
    code = check_out(merchant, basket, channel=channel, coupons=coupons)

    order = await read_one(session, merchant, code)

    exact(order, merchant.order(code))
    assert (order.number, order.status) == (code, OrderStatus.RECEIVED)
    assert order.prices_include_tax is bool(channel)
    assert {line.sku: line.quantity for line in order.lines} == {sku: pieces(one) for sku, one in basket.items()}
    assert order.customer is not None
    assert (order.customer.is_guest, order.email) == (True, "ada@example.com")
    assert order.billing is not None, "a checkout with one address only"
    assert order.payment_status is PaymentStatus.PAID
    if percent:
        assert [one.code for one in order.discounts] == coupons


async def test_carts_and_drafts_are_no_orders(session: Session, merchant: Merchant) -> None:
    draft = merchant.admin.one("mutation{createDraftOrder{id}}")["id"]

    assert await session.sources["order"].read([draft]) == []
    pages = [page async for page in session.sources["order"].changes(None)]
    assert draft not in {order.external_id for page in pages for order in page.records}
    assert not [bad for page in pages for bad in page.bad]


async def test_shipments_are_seen_though_the_order_is_not_stamped(session: Session, merchant: Merchant) -> None:
    code = check_out(merchant, {LAMP: 3, SHELF: 1}, payment="authorized")
    first = await read_one(session, merchant, code)
    merchant.admin.ask(
        "mutation($p:ID!){settlePayment(id:$p){__typename}}", {"p": merchant.order(code)["payments"][0]["id"]}
    )
    stamp = merchant.order(code)["updatedAt"]
    part = merchant.ship(code, 1)
    partly = await read_one(session, merchant, code)
    merchant.ship(code)
    merchant.fulfillment(part, "Delivered")
    whole = await read_one(session, merchant, code)

    assert (first.status, first.payment_status) == (OrderStatus.RECEIVED, PaymentStatus.AUTHORIZED)
    assert (partly.status, [line.shipped for line in partly.lines]) == (
        OrderStatus.PARTLY_SHIPPED,
        [pieces(1), pieces(0)],
    )
    assert merchant.order(code)["state"] == "PartiallyDelivered"
    assert (whole.status, [line.shipped for line in whole.lines]) == (OrderStatus.SHIPPED, [pieces(3), pieces(1)])
    assert merchant.order(code)["updatedAt"] == stamp, "if it moves now, the sweep of open orders is not needed"
    assert whole.changed_at is not None
    assert first.changed_at is not None
    assert whole.changed_at >= first.changed_at
    assert whole.external_id in await swept(session)


async def swept(session: Session) -> set[str]:
    """Return what a round reads in which nothing is new and open orders are due."""
    late = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    since = Cursor(f'{{"since":"{late}"}}')
    return {order.external_id async for page in session.sources["order"].changes(since) for order in page.records}


async def test_what_is_canceled_before_and_after_it_was_sent(session: Session, merchant: Merchant) -> None:
    code = check_out(merchant, {LAMP: 4})
    merchant.cancel(code, 1)
    canceled = await read_one(session, merchant, code)
    exact(canceled, merchant.order(code))
    merchant.fulfillment(merchant.ship(code), "Delivered")
    merchant.cancel(code, 1)
    returned = await read_one(session, merchant, code)
    exact(returned, merchant.order(code))

    [line] = canceled.lines
    assert (line.quantity, line.ordered_quantity, line.canceled, line.returned) == (
        pieces(3),
        pieces(4),
        pieces(1),
        pieces(0),
    )
    [line] = returned.lines
    assert (line.quantity, line.shipped, line.canceled, line.returned) == (pieces(2), pieces(3), pieces(1), pieces(1))


@pytest.mark.parametrize("channel", ["", GROSS])
async def test_a_discounted_order_that_is_cut_still_adds_up(session: Session, merchant: Merchant, channel: str) -> None:
    coupon = f"CUT{channel}{uuid4().hex[:8]}"
    merchant.coupon(coupon, 33)
    code = check_out(merchant, {SHELF: 7, CHAIR: 3}, channel=channel, coupons=[coupon])
    for _ in range(3):
        merchant.cancel(code, 2)
        exact(await read_one(session, merchant, code), merchant.order(code))


async def test_a_canceled_order_is_nothing(session: Session, merchant: Merchant) -> None:
    code = check_out(merchant, {LAMP: 1, CHAIR: 1})
    merchant.cancel(code)

    order = await read_one(session, merchant, code)

    exact(order, merchant.order(code))
    assert order.status is OrderStatus.CANCELED
    assert not order.total
    assert [line.canceled for line in order.lines] == [pieces(1), pieces(1)]
    assert order.paid
    assert order.refunded is not None
    assert not order.refunded, "nothing was paid back by canceling"


async def test_a_refund_is_seen(session: Session, merchant: Merchant) -> None:
    code = check_out(merchant, {LAMP: 1})
    merchant.refund(code, 1000)

    order = await read_one(session, merchant, code)

    assert order.payment_status is PaymentStatus.PARTLY_REFUNDED
    assert order.refunded is not None
    assert order.refunded.amount == Decimal(10)


async def test_an_edited_order_is_held_until_it_is_paid(session: Session, merchant: Merchant) -> None:
    code = check_out(merchant, {LAMP: 1})
    line = merchant.order(code)["lines"][0]["id"]
    merchant.modify(
        code,
        {
            "adjustOrderLines": [{"orderLineId": line, "quantity": 3}],
            "addItems": [{"productVariantId": merchant.variants[SHELF], "quantity": 2}],
            "surcharges": [{"description": "Gift wrap", "price": 350, "priceIncludesTax": True, "taxRate": 19}],
        },
    )
    changing = await read_one(session, merchant, code)
    merchant.state(merchant.order(code)["id"], "ArrangingAdditionalPayment")
    unpaid = await read_one(session, merchant, code)

    exact(changing, merchant.order(code))
    assert (changing.status, unpaid.status) == (OrderStatus.ON_HOLD, OrderStatus.ON_HOLD)
    assert unpaid.payment_status is PaymentStatus.PARTLY_PAID
    assert {item.sku: item.quantity.value for item in changing.lines} == {LAMP: 3, SHELF: 2, "": 1}
    assert changing.fees is not None


async def test_fields_of_the_shop_are_carried(session: Session, merchant: Merchant) -> None:
    code = check_out(merchant, {LAMP: 1})
    merchant.admin.ask(
        "mutation($i:UpdateOrderInput!){setOrderCustomFields(input:$i){id}}",
        {"i": {"id": merchant.order(code)["id"], "customFields": {"giftNote": "Happy day"}}},
    )

    assert (await read_one(session, merchant, code)).custom["customFields.giftNote"] == "Happy day"


async def test_the_own_list_names_every_order_of_a_span(session: Session, merchant: Merchant) -> None:
    begun = datetime.now(UTC)
    codes = [check_out(merchant, {LAMP: 1}, email=f"buyer{number}@example.com") for number in range(3)]
    span = Span(begun, datetime.now(UTC) + timedelta(seconds=1))

    listing = session.listings["order"]
    listed = [entry.record.number async for page in listing.listed(span) for entry in page.entries]
    buyers = [entry.key async for page in session.listings["customer"].listed(span) for entry in page.entries]

    assert listed == codes
    assert isinstance(listing, Glimpsed)
    assert [one.number async for some in listing.glimpses(span) for one in some] == codes
    assert len({*buyers}) == len(codes)
    assert {entry.key for entry in await session.listings["customer"].named([*buyers, "99999"])} == {*buyers}


# --- Stock ------------------------------------------------------------------------------------------------------------


def wanted(level: StockLevel, count: int) -> StockLevel:
    return StockLevel(
        external_id=level.external_id,
        sku=level.sku,
        warehouse=level.warehouse,
        item_ref=level.item_ref,
        available=pieces(count),
    )


async def level_of(session: Session, merchant: Merchant, sku: str, place: str = "WH") -> StockLevel:
    [level] = await session.sources["stock_level"].read([f"{merchant.variants[sku]}@{merchant.places[place]}"])
    return level


async def test_a_figure_is_what_may_be_sold_whatever_orders_have_set_aside(
    session: Session, merchant: Merchant
) -> None:
    check_out(merchant, {CHAIR: 5})
    before = await level_of(session, merchant, CHAIR)
    elsewhere = merchant.levels(CHAIR)[merchant.places["EAST"]]

    await session.sinks["stock_level"].put(wanted(before, 30), key=Key("k"))

    after = await level_of(session, merchant, CHAIR)
    on_hand, allocated = merchant.levels(CHAIR)[merchant.places["WH"]]
    assert before.allocated.value >= 5
    assert (after.available, on_hand - allocated) == (pieces(30), 30)
    assert merchant.levels(CHAIR)[merchant.places["EAST"]] == elsewhere


async def test_a_lost_answer_is_safe_to_repeat(wire: Wire, session: Session, merchant: Merchant) -> None:
    level = await level_of(session, merchant, SHELF)
    wire.losing.add("SetStock")
    with pytest.raises(Unreachable):
        await session.sinks["stock_level"].put(wanted(level, 41), key=Key("k"))

    receipt = await session.sinks["stock_level"].put(wanted(level, 41), key=Key("k"))

    assert receipt.details["available"] == 41
    assert (await level_of(session, merchant, SHELF)).available == pieces(41)


async def test_a_shipment_in_the_middle_of_a_write_puts_nothing_on_sale(
    wire: Wire, session: Session, merchant: Merchant
) -> None:
    await session.sinks["stock_level"].put(wanted(await level_of(session, merchant, LAMP), 50), key=Key("k"))
    code = check_out(merchant, {LAMP: 4})
    level = await level_of(session, merchant, LAMP)
    wire.before["SetStock"] = lambda: asyncio.to_thread(merchant.ship, code)
    wire.calls.clear()

    await session.sinks["stock_level"].put(wanted(level, 20), key=Key("k"))

    on_hand, allocated = merchant.levels(LAMP)[merchant.places["WH"]]
    assert on_hand - allocated == 20
    assert wire.calls.count("SetStock") == 2


async def test_a_sale_in_the_middle_of_a_write_stays_sold(wire: Wire, session: Session, merchant: Merchant) -> None:
    level = await level_of(session, merchant, LAMP)
    wire.before["SetStock"] = lambda: asyncio.to_thread(check_out, merchant, {LAMP: 3})

    await session.sinks["stock_level"].put(wanted(level, 60), key=Key("k"))

    on_hand, allocated = merchant.levels(LAMP)[merchant.places["WH"]]
    assert on_hand - allocated == 57


async def test_a_bad_row_fails_alone(session: Session, merchant: Merchant) -> None:
    good = [wanted(await level_of(session, merchant, sku), 70) for sku in (LAMP, SHELF)]
    gone = StockLevel(external_id="999@1", sku="?", warehouse="1", item_ref="999", available=pieces(1))
    nowhere = StockLevel(
        external_id=f"{merchant.variants[CHAIR]}@99",
        sku=CHAIR,
        warehouse="99",
        item_ref=merchant.variants[CHAIR],
        available=pieces(1),
    )
    puts = [Put(record, Key(record.external_id)) for record in (good[0], gone, nowhere, good[1])]

    answers = await session.sinks["stock_level"].put_many(puts)

    assert [type(one) for one in answers] == [Receipt, NotFound, Invalid, Receipt]
    assert {(await level_of(session, merchant, sku)).available for sku in (LAMP, SHELF)} == {pieces(70)}


# --- Being told -------------------------------------------------------------------------------------------------------


def receiver_of(session: Session) -> Receiver:
    assert session.receiver is not None
    return session.receiver


async def test_an_order_is_told_by_a_delivery_that_proves_itself(
    session: Session, merchant: Merchant, inbox: Inbox
) -> None:
    inbox.clear()
    number = merchant.order(await asyncio.to_thread(check_out, merchant, {LAMP: 1}))["id"]
    receiver = receiver_of(session)

    def placed(delivery: Delivery) -> bool:
        return receiver.verify(delivery, datetime.now(UTC)).topic == "order.placed"

    delivery = await asyncio.to_thread(inbox.until, placed)

    [notice] = receiver.notices("order.placed", delivery.body)
    assert (notice.kind, notice.external_id) == ("order", number)
    for spoilt in (
        Delivery(delivery.headers, delivery.body.replace(b"order.placed", b"order.state_"), {}),
        Delivery({**delivery.headers, "webhook-id": "another"}, delivery.body, {}),
        Delivery({**delivery.headers, "webhook-timestamp": "1"}, delivery.body, {}),
    ):
        with pytest.raises(Refused):
            receiver.verify(spoilt, datetime.now(UTC))
    with pytest.raises(Refused, match="too old"):
        receiver.verify(delivery, datetime.now(UTC) + timedelta(minutes=6))


async def test_what_happens_to_an_order_is_told(session: Session, merchant: Merchant, inbox: Inbox) -> None:
    code = await asyncio.to_thread(check_out, merchant, {LAMP: 2})
    number = merchant.order(code)["id"]
    receiver = receiver_of(session)
    deeds: dict[str, Callable[[], Any]] = {
        "fulfillment.state": lambda: merchant.ship(code, 1),
        "order.updated": lambda: merchant.cancel(code, 1),
        "refund.created": lambda: merchant.refund(code, 100),
    }
    for topic, deed in deeds.items():
        inbox.clear()
        await asyncio.to_thread(deed)

        def about(delivery: Delivery, topic: str = topic) -> bool:
            accepted = receiver.verify(delivery, datetime.now(UTC))
            named = {one.external_id for one in receiver.notices(accepted.topic, delivery.body)}
            return accepted.topic == topic and named == {number}

        assert await asyncio.to_thread(inbox.until, about)


async def test_our_own_write_comes_back_as_a_level_that_reads_the_same(
    session: Session, merchant: Merchant, inbox: Inbox
) -> None:
    level = await level_of(session, merchant, CHAIR)
    inbox.clear()
    await session.sinks["stock_level"].put(wanted(level, 12), key=Key("k"))
    receiver = receiver_of(session)

    def moved(delivery: Delivery) -> bool:
        return receiver.verify(delivery, datetime.now(UTC)).topic == "stock.moved"

    delivery = await asyncio.to_thread(inbox.until, moved)

    [notice] = receiver.notices("stock.moved", delivery.body)
    assert notice.external_id == level.external_id
    [read] = await session.sources["stock_level"].read([notice.external_id])
    assert read.available == pieces(12)

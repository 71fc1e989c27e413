"""The connector at a real Vendure 3.5: who is there and which orders, with truth taken from the shop's own two APIs.

`make test-real ARGS="--only vendure"` starts one and runs these.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from isthmus.canonical.order import Order, OrderStatus, PaymentStatus
from isthmus.canonical.quantity import pieces
from isthmus.policies.totals import difference
from isthmus.ports.connector import Session
from isthmus.ports.errors import AuthExpired, Forbidden
from isthmus.ports.listing import Glimpsed, Span
from isthmus.ports.probe import Severity
from isthmus.ports.sink import Key
from isthmus.ports.source import Cursor
from tests.real.vendure_day import Merchant, check_out
from tests.real.vendure_seed import GROSS, READING, signed_in
from tests.real.vendure_stand import CHAIR, GIVEN, LAMP, REAL, SHELF, Wire, opened, wanted

pytestmark = GIVEN


# --- Who is there -----------------------------------------------------------------------------------------------------


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


async def test_an_order_that_is_sent_before_it_is_paid(session: Session, merchant: Merchant) -> None:
    code = check_out(merchant, {LAMP: 1}, payment="authorized")
    merchant.ship(code)

    order = await read_one(session, merchant, code)

    assert merchant.order(code)["state"] == "PaymentAuthorized"
    assert (order.status, order.payment_status) == (OrderStatus.SHIPPED, PaymentStatus.AUTHORIZED)


async def test_a_line_whose_variant_was_deleted_is_still_read(session: Session, merchant: Merchant) -> None:
    sku = f"GONE-{uuid4().hex[:8]}"
    merchant.sell(sku, 1999)
    code = check_out(merchant, {sku: 2})
    merchant.admin.ask("mutation($v:ID!){deleteProductVariant(id:$v){result}}", {"v": merchant.variants[sku]})

    order = await read_one(session, merchant, code)

    exact(order, merchant.order(code))
    assert [line.sku for line in order.lines] == [sku]
    assert await session.sources["variant"].read([merchant.variants[sku]]) == []


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

"""Orders as a real Vendure 3.5.5 tells them become orders that add up to the cent."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from isthmus.canonical.money import Money
from isthmus.canonical.order import (
    DiscountKind,
    Level,
    LineKind,
    Order,
    OrderStatus,
    PaymentStatus,
)
from isthmus.canonical.quantity import pieces
from isthmus.connectors.vendure import wire, wire_orders
from isthmus.connectors.vendure.orders import to_order
from isthmus.policies.totals import difference
from isthmus.ports.errors import Unmapped
from tests.connectors.vendure.builders import (
    AT,
    CHANNEL,
    GROSS,
    NOTHING_SAID,
    Content,
    a_discount,
    a_field,
    a_fulfillment,
    a_line,
    a_payment,
    a_refund,
    a_shipping_line,
    a_shop,
    a_surcharge,
    an_address,
    an_order,
)


def read(content: Content, shop: Content | None = None, **known: str) -> Order:
    row = msgspec.json.decode(msgspec.json.encode(content), type=wire_orders.Order)
    return to_order(row, msgspec.convert(shop or a_shop(), wire.ShopAnswer), "shop.example.com", known)


def euros(amount: str) -> Money:
    return Money.parse(amount, "EUR")


def test_a_plain_order() -> None:
    order = read(an_order())

    assert difference(order) == ""
    assert (order.external_id, order.number, order.store, order.channel) == (
        "1",
        "CODE000000000001",
        "shop.example.com",
        "__default_channel__",
    )
    assert (order.status, order.payment_status, order.currency) == (OrderStatus.RECEIVED, PaymentStatus.PAID, "EUR")
    assert (order.total, order.subtotal, order.shipping, order.tax) == (
        euros("364.08"),
        euros("300.96"),
        euros("4.99"),
        euros("58.13"),
    )
    assert order.prices_include_tax is False
    [line] = order.lines
    assert (line.sku, line.quantity, line.unit_price, line.variant_ref) == (
        "LAMP-0001",
        pieces(2),
        euros("150.48"),
        "1",
    )
    [tax] = line.taxes
    assert (tax.amount, tax.rate, tax.name) == (euros("57.18"), Decimal("0.19"), "standard 19")
    [charge] = order.shipping_lines
    assert (charge.charged, charge.method_code, charge.taxes[0].rate) == (euros("4.99"), "standard", Decimal("0.19"))


def test_a_gross_channel_is_read_gross() -> None:
    # Recorded from 3.5.5: 33 % off in a gross channel; delivery's net price comes unrounded.
    order = read(
        an_order(
            channels=[CHANNEL, GROSS],
            promotions=[{"id": "2", "name": "33 % off", "couponCode": "THIRD"}],
            couponCodes=["THIRD"],
            lines=[
                a_line(
                    3,
                    quantity=3,
                    orderPlacedQuantity=3,
                    proratedLinePrice=30246,
                    proratedLinePriceWithTax=35993,
                    discounts=[a_discount(-14897, -17728)],
                ),
                a_line(
                    4,
                    quantity=1,
                    orderPlacedQuantity=1,
                    unitPrice=8790,
                    unitPriceWithTax=9405,
                    proratedLinePrice=5889,
                    proratedLinePriceWithTax=6301,
                    taxLines=[{"description": "reduced 7", "taxRate": 7}],
                    discounts=[a_discount(-2901, -3104)],
                ),
            ],
            shippingLines=[
                a_shipping_line(
                    price=419.327731092437, priceWithTax=499, discountedPrice=419, discountedPriceWithTax=499
                )
            ],
            total=36554,
            totalWithTax=42793,
            subTotal=36135,
            subTotalWithTax=42294,
            shipping=419,
            shippingWithTax=499,
        )
    )

    assert difference(order) == ""
    assert (order.prices_include_tax, order.channel) == (True, "gross")
    assert (order.total, order.subtotal, order.shipping, order.tax) == (
        euros("427.93"),
        euros("422.94"),
        euros("4.99"),
        euros("62.39"),
    )
    assert [line.unit_price for line in order.lines] == [euros("179.07"), euros("94.05")]
    assert [line.discount for line in order.lines] == [euros("177.28"), euros("31.04")]
    [discount] = order.discounts
    assert (discount.code, discount.title, discount.level, discount.amount) == (
        "THIRD",
        "33 % off",
        Level.ORDER,
        euros("208.32"),
    )


def lines_of(*lines: Content, **said: Any) -> Order:
    """Read an order of these lines alone; its sums are theirs."""
    net = sum(line["proratedLinePrice"] for line in lines)
    gross = sum(line["proratedLinePriceWithTax"] for line in lines)
    return read(
        an_order(
            lines=list(lines),
            shippingLines=[],
            total=net,
            totalWithTax=gross,
            subTotal=net,
            subTotalWithTax=gross,
            shipping=0,
            shippingWithTax=0,
            **said,
        )
    )


def test_discounts_share_what_was_really_taken_off() -> None:
    # Two promotions that together say one cent more than was taken off: rounding of the shop's.
    granted = [
        a_discount(-1000, -1190, type="PROMOTION", adjustmentSource="PROMOTION:3", description="Lamps"),
        a_discount(-501, -596),
        a_discount(0, 0, description="nothing"),
    ]
    order = lines_of(a_line(proratedLinePrice=28596, proratedLinePriceWithTax=34029, discounts=granted))

    assert difference(order) == ""
    [line] = order.lines
    assert [(one.amount, one.level) for one in line.discounts] == [
        (euros("9.99"), Level.LINE),
        (euros("5.01"), Level.ORDER),
    ]
    assert line.tax == euros("54.33")


def test_an_adjustment_of_another_kind_is_told_apart() -> None:
    granted = [a_discount(-96, -114, type="OTHER")]
    order = lines_of(a_line(proratedLinePrice=30000, proratedLinePriceWithTax=35700, discounts=granted))

    assert [one.kind for one in order.lines[0].discounts] == [DiscountKind.ADJUSTMENT]


@pytest.mark.parametrize("sum_", [30097, 30095])
def test_a_line_that_is_rounded_otherwise_keeps_its_sum(sum_: int) -> None:
    order = lines_of(a_line(proratedLinePrice=sum_, proratedLinePriceWithTax=35814))

    assert difference(order) == ""
    [line] = order.lines
    assert (line.discounts, line.unit_price.amount) == ((), Decimal(sum_) / 200)


def test_tax_of_two_rates_is_shared_out() -> None:
    rates = [{"description": "state", "taxRate": 6.25}, {"description": "city", "taxRate": 2.6}]
    order = lines_of(a_line(proratedLinePriceWithTax=32760, taxLines=rates))

    [line] = order.lines
    assert [(tax.amount, tax.rate) for tax in line.taxes] == [
        (euros("18.81"), Decimal("0.0625")),
        (euros("7.83"), Decimal("0.026")),
    ]


def test_a_line_without_a_rate() -> None:
    taxed = lines_of(a_line(taxLines=[]))
    free = lines_of(a_line(taxLines=[], proratedLinePriceWithTax=30096))
    zero = lines_of(a_line(taxLines=[{"description": "none", "taxRate": 0}], proratedLinePriceWithTax=30096))

    assert [tax.rate for tax in taxed.lines[0].taxes] == [None]
    assert free.lines[0].taxes == ()
    assert [(tax.rate, tax.amount.amount) for tax in zero.lines[0].taxes] == [(Decimal(0), Decimal(0))]


def test_a_surcharge_is_a_fee_and_may_be_below_zero() -> None:
    order = read(
        an_order(
            surcharges=[a_surcharge(), a_surcharge(id="2", description="", sku=None, price=-100, priceWithTax=-119)],
            total=30595 + 294 - 100,
            totalWithTax=36408 + 350 - 119,
            subTotal=30096 + 194,
            subTotalWithTax=35814 + 231,
        )
    )

    assert difference(order) == ""
    assert [(line.external_id, line.kind, line.unit_price) for line in order.lines[1:]] == [
        ("surcharge:1", LineKind.FEE, euros("2.94")),
        ("surcharge:2", LineKind.FEE, euros("-1.00")),
    ]
    assert order.fees == euros("1.94")
    assert order.lines[2].title == "Surcharge"


def test_delivery_for_less() -> None:
    charge = a_shipping_line(discountedPrice=0, discountedPriceWithTax=0, discounts=[a_discount(-499, -594)])
    order = read(
        an_order(shippingLines=[charge], total=30096, totalWithTax=35814, shipping=0, shippingWithTax=0, promotions=[])
    )

    assert difference(order) == ""
    [one] = order.shipping_lines
    assert (one.price, one.discount, one.taxes) == (euros("4.99"), euros("4.99"), ())
    assert [each.level for each in order.discounts] == [Level.SHIPPING]


def test_a_rate_of_delivery_that_cannot_be_told_is_not_guessed() -> None:
    two = [
        {"description": one, "taxRate": rate, "taxBase": 499, "taxTotal": 95} for one, rate in (("a", 19), ("b", 19.1))
    ]
    order = read(an_order(taxSummary=two))

    assert [(tax.rate, tax.amount) for tax in order.shipping_lines[0].taxes] == [(None, euros("0.95"))]


@pytest.mark.parametrize(
    ("quantity", "placed", "sent", "canceled", "returned", "ordered"),
    [
        pytest.param(2, 2, 0, 0, 0, None, id="as-placed"),
        pytest.param(2, 4, 1, 2, 0, 4, id="cut-before-it-was-sent"),
        pytest.param(2, 4, 4, 0, 2, 4, id="cut-after-it-was-sent"),
        pytest.param(2, 4, 3, 1, 1, 4, id="both"),
        pytest.param(2, 0, 0, 0, 0, None, id="added-later"),
        pytest.param(2, 1, 0, 0, 0, 1, id="raised-later"),
    ],
)
def test_pieces_that_are_gone(
    quantity: int, placed: int, sent: int, *, canceled: int, returned: int, ordered: int | None
) -> None:
    order = lines_of(
        a_line(quantity=quantity, orderPlacedQuantity=placed),
        fulfillments=[
            a_fulfillment({"1": sent}),
            a_fulfillment({"1": 9}, state="Pending"),
            a_fulfillment({"1": 9}, state="Cancelled"),
        ],
    )

    [line] = order.lines
    assert (line.canceled, line.returned, line.shipped) == (pieces(canceled), pieces(returned), pieces(sent))
    assert line.ordered_quantity == (pieces(ordered) if ordered is not None else None)


def test_a_canceled_order_is_nothing() -> None:
    line = a_line(quantity=0, proratedLinePrice=0, proratedLinePriceWithTax=0, discounts=[a_discount(0, 0)])
    order = lines_of(line, state="Cancelled")

    assert difference(order) == ""
    assert (order.status, order.total, order.payment_status) == (
        OrderStatus.CANCELED,
        euros("0"),
        PaymentStatus.PAID,
    )


@pytest.mark.parametrize(
    ("state", "sent", "status", "held"),
    [
        ("PaymentAuthorized", 0, OrderStatus.RECEIVED, False),
        ("PaymentAuthorized", 1, OrderStatus.PARTLY_SHIPPED, False),
        ("PaymentAuthorized", 2, OrderStatus.SHIPPED, False),
        ("PartiallyShipped", 1, OrderStatus.PARTLY_SHIPPED, False),
        ("PartiallyDelivered", 1, OrderStatus.PARTLY_SHIPPED, False),
        ("PartiallyDelivered", 2, OrderStatus.SHIPPED, False),
        ("Delivered", 2, OrderStatus.SHIPPED, False),
        ("Modifying", 0, OrderStatus.ON_HOLD, True),
        ("ArrangingAdditionalPayment", 0, OrderStatus.ON_HOLD, True),
        ("ArrangingPayment", 0, OrderStatus.ON_HOLD, True),
    ],
)
def test_where_an_order_stands(state: str, sent: int, status: OrderStatus, *, held: bool) -> None:
    order = read(an_order(state=state, fulfillments=[a_fulfillment({"1": sent})]))

    assert (order.status, bool(order.hold_reason)) == (status, held)
    assert order.custom["state"] == state


def test_a_state_of_the_shop_is_translated_or_asked_about() -> None:
    assert read(an_order(state="Packed"), Packed="PaymentSettled").status is OrderStatus.RECEIVED
    with pytest.raises(Unmapped) as asked:
        read(an_order(state="Packed"))
    assert (asked.value.table, asked.value.value) == ("order_status", "Packed")


@pytest.mark.parametrize(
    ("payments", "status"),
    [
        pytest.param([], PaymentStatus.PENDING, id="none"),
        pytest.param(None, PaymentStatus.PENDING, id="not-told"),
        pytest.param([a_payment(state="Authorized")], PaymentStatus.AUTHORIZED, id="authorized"),
        pytest.param([a_payment(amount=100)], PaymentStatus.PARTLY_PAID, id="in-part"),
        pytest.param([a_payment(amount=30000), a_payment(id="2", amount=6408)], PaymentStatus.PAID, id="twice"),
        pytest.param([a_payment(state="Declined")], PaymentStatus.FAILED, id="declined"),
        pytest.param([a_payment(state="Cancelled")], PaymentStatus.VOIDED, id="canceled"),
        pytest.param([a_payment(state="Waiting")], PaymentStatus.PENDING, id="a-state-of-the-shop"),
        pytest.param([a_payment(refunds=[a_refund(100)])], PaymentStatus.PARTLY_REFUNDED, id="some-back"),
        pytest.param([a_payment(refunds=[a_refund(36408)])], PaymentStatus.REFUNDED, id="all-back"),
        pytest.param([a_payment(refunds=[a_refund(36408, state="Pending")])], PaymentStatus.PAID, id="promised"),
    ],
)
def test_what_was_paid(payments: list[Content] | None, status: PaymentStatus) -> None:
    order = read(an_order(payments=payments))

    assert order.payment_status is status
    assert len(order.payments) == len(payments or [])


def test_an_order_for_nothing_is_paid() -> None:
    line = a_line(proratedLinePrice=0, proratedLinePriceWithTax=0, discounts=[a_discount(-30096, -35814)])

    assert lines_of(line, payments=[]).payment_status is PaymentStatus.PAID


def test_the_one_address_there_is_serves_both() -> None:
    order = read(an_order())
    assert order.billing is not None
    assert order.shipping_to is not None
    assert order.billing.fingerprint() == order.shipping_to.fingerprint()
    assert order.customer is not None
    assert (order.customer.is_guest, order.customer.external_id) == (True, "7")

    both = read(an_order(billingAddress=an_address(company="Example Ltd", countryCode="at")))
    assert both.billing is not None
    assert both.billing.country == "AT"
    assert both.customer is not None
    assert both.customer.company is not None
    assert both.customer.company.name == "Example Ltd"

    none = read(an_order(billingAddress=None, shippingAddress=NOTHING_SAID, customer=None))
    assert (none.billing, none.shipping_to) == (None, None)
    assert none.customer is not None
    assert (none.customer.external_id, none.customer.is_guest) == ("guest:1", True)


def test_a_signed_in_buyer_is_no_guest() -> None:
    customer = {**an_order()["customer"], "user": {"id": "9"}, "phoneNumber": "+49 30 1"}
    order = read(an_order(customer=customer))

    assert order.customer is not None
    assert (order.customer.is_guest, order.phone) == (False, "+49 30 1")


def test_the_latest_part_dates_the_order() -> None:
    # `updatedAt` of the order stays where it was when it is shipped.
    later = "2026-11-20T11:00:00.000Z"
    assert read(an_order()).changed_at == msgspec.convert(AT, wire.Moment)
    for part in (
        {"fulfillments": [a_fulfillment({}, updatedAt=later)]},
        {"payments": [a_payment(updatedAt=later)]},
        {"payments": [a_payment(refunds=[a_refund(1, updatedAt=later)])]},
    ):
        assert read(an_order(**part)).changed_at == msgspec.convert(later, wire.Moment)


def test_fields_of_the_shop_are_carried() -> None:
    fields = {
        "giftNote": "Happy day",
        "floor": 3,
        "empty": None,
        "isGift": False,
        "share": 2,
        "weights": [0.5, 1],
        "long": "x" * 10_001,
        "tags": ["a", "b"],
    }
    kinds = {"floor": "int", "isGift": "boolean", "share": "float", "weights": "float"}
    shop = a_shop(fields={"Order": [a_field(name, kinds.get(name, "string")) for name in (*fields, "missing")]})

    custom = read(an_order(customFields={**fields, "unasked": "x"}), shop).custom

    own = {name: value for name, value in custom.items() if name.startswith("customFields.")}
    assert own == {
        "customFields.floor": 3,
        "customFields.giftNote": "Happy day",
        "customFields.isGift": False,
        "customFields.share": "2",
        "customFields.tags": ["a", "b"],
        "customFields.weights": ["0.5", "1"],
    }


def test_fields_of_lines_and_of_the_customer_are_carried_where_they_stand() -> None:
    shop = a_shop(fields={"OrderLine": [a_field("engraving")], "Customer": [a_field("vip", "boolean")]})
    line = a_line(customFields={"engraving": "Jo"})
    customer = an_order()["customer"] | {"customFields": {"vip": True}}
    order = read(an_order(lines=[line], customer=customer), shop)

    assert order.lines[0].custom == {"customFields.engraving": "Jo"}
    assert order.customer is not None
    assert order.customer.custom == {"customFields.vip": True}


def test_amounts_have_the_decimals_of_the_shops_strategy() -> None:
    order = read(an_order(), a_shop(precision=3))
    yen = read(an_order(currencyCode="JPY"))

    assert order.total == euros("36.408")
    assert yen.total == Money(Decimal("364.08"), "JPY")


def test_a_refunds_reason_is_kept() -> None:
    order = read(an_order(payments=[a_payment(refunds=[a_refund(100), a_refund(50, reason=None)])], couponCodes=["A"]))

    assert order.custom == {"state": "PaymentSettled", "refund_reasons": "late", "coupons": "A"}
    assert order.refunded == euros("1.50")

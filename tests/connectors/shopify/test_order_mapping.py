"""An order says the same after translation, and its parts make its total."""

from decimal import Decimal
from typing import Any

import pytest

from isthmus.canonical.money import Money
from isthmus.canonical.order import DiscountKind, Level, LineKind, Order, OrderStatus, PaymentStatus
from isthmus.canonical.quantity import pieces
from isthmus.canonical.record import fingerprint
from isthmus.connectors.shopify.order_lines import Details
from isthmus.connectors.shopify.orders import to_order
from isthmus.connectors.shopify.wire_orders import Hold
from tests.connectors.shopify.builders import (
    a_charge,
    a_line,
    a_tax,
    a_transaction,
    an_address,
    an_allocation,
    an_order,
    bag,
    nodes,
    wired,
)


def usd(amount: str) -> Money:
    return Money.parse(amount, "USD")


def translated(details: Details | None = None, **said: Any) -> Order:
    return to_order(wired(an_order(**said)), details or Details(), store="demo.myshopify.com")


def sum_of_parts(order: Order) -> Money:
    parts = [line.net_of_discount for line in order.lines] + [charge.charged for charge in order.shipping_lines]
    if not order.prices_include_tax:
        parts += [line.tax for line in order.lines] + [charge.tax for charge in order.shipping_lines]
    return Money.total(parts, order.currency)


def test_identity_is_the_number_webhooks_carry() -> None:
    order = translated()
    assert (order.external_id, order.number, order.store) == ("5501", "#1001", "demo.myshopify.com")
    assert order.revision == "2026-11-20T10:02:40+00:00"
    assert order.lines[0].external_id == "901"


def test_plain_order_adds_up() -> None:
    order = translated()
    assert sum_of_parts(order) == order.total == usd("30.00")


def test_an_order_discount_keeps_its_level_its_code_and_its_parts() -> None:
    first = a_line(1, discountAllocations=[an_allocation("1.67")], taxLines=[a_tax("1.93")])
    second = a_line(2, discountAllocations=[an_allocation("0.83")], taxLines=[a_tax("1.99")])
    order = translated(
        lineItems=nodes(first, second),
        currentSubtotalPriceSet=bag("47.50"),
        currentTotalDiscountsSet=bag("2.50"),
        currentTotalTaxSet=bag("3.92"),
        currentTotalPriceSet=bag("56.42"),
    )
    [whole] = order.discounts
    assert (whole.level, whole.code, whole.amount) == (Level.ORDER, "WELCOME", usd("2.50"))
    assert sum_of_parts(order) == order.total


@pytest.mark.parametrize(
    ("application", "level", "kind"),
    [
        pytest.param({"allocationMethod": "EACH", "targetSelection": "ENTITLED"}, Level.LINE, "promotion", id="line"),
        pytest.param({"__typename": "ManualDiscountApplication", "title": "Sorry"}, Level.ORDER, "manual", id="manual"),
        pytest.param({"targetType": "SHIPPING_LINE"}, Level.SHIPPING, "promotion", id="delivery"),
        pytest.param(
            {"__typename": "AutomaticDiscountApplication", "title": "3 for 2"}, Level.ORDER, "promotion", id="auto"
        ),
    ],
)
def test_where_a_discount_belongs(application: dict[str, str], level: Level, kind: str) -> None:
    order = translated(lineItems=nodes(a_line(discountAllocations=[an_allocation("1.00", **application)])))
    [discount] = order.lines[0].discounts
    assert (discount.level, discount.kind) == (level, DiscountKind(kind))


def test_free_delivery_is_a_discount_on_delivery() -> None:
    charge = a_charge(
        discountedPriceSet=bag("0.00"),
        currentDiscountedPriceSet=bag("0.00"),
        discountAllocations=[an_allocation("5.00", targetType="SHIPPING_LINE", code="SHIPFREE")],
    )
    order = translated(shippingLines=nodes(charge), currentTotalPriceSet=bag("25.00"))
    [line] = order.shipping_lines
    assert (line.price, line.discount, line.charged) == (usd("5.00"), usd("5.00"), usd("0.00"))
    assert [(whole.level, whole.code) for whole in order.discounts] == [(Level.SHIPPING, "SHIPFREE")]


def test_after_an_edit_amounts_are_the_share_of_what_is_left_to_the_cent() -> None:
    """Three units at 10.00, 1.00 off and 2.48 tax for all; one was removed. Shopify states what is left."""
    line = a_line(
        quantity=3,
        currentQuantity=2,
        unfulfilledQuantity=2,
        originalUnitPriceSet=bag("10.00"),
        discountAllocations=[an_allocation("1.00")],
        taxLines=[a_tax("1.24"), a_tax("1.24", title="City")],
    )
    order = translated(
        lineItems=nodes(line),
        shippingLines=nodes(),
        currentTotalDiscountsSet=bag("0.67"),
        currentTotalTaxSet=bag("1.66"),
        currentTotalPriceSet=bag("20.99"),
    )
    [edited] = order.lines
    assert (edited.quantity, edited.ordered_quantity, edited.canceled) == (pieces(2), pieces(3), pieces(1))
    assert edited.discount == usd("0.67")
    assert edited.tax == usd("1.66")
    assert sum_of_parts(order) == order.total


def test_a_difference_that_is_no_rounding_is_left_to_be_found() -> None:
    line = a_line(quantity=3, currentQuantity=2, taxLines=[a_tax("3.00")])
    order = translated(lineItems=nodes(line), currentTotalTaxSet=bag("9.99"))
    assert order.lines[0].tax == usd("2.00")
    assert order.tax == usd("9.99")


def test_a_removed_line_stays_with_nothing_on_it() -> None:
    line = a_line(2, quantity=1, currentQuantity=0, unfulfilledQuantity=0, discountAllocations=[an_allocation("1.00")])
    order = translated(lineItems=nodes(a_line(), line))
    removed = order.lines[1]
    assert (removed.quantity, removed.canceled, removed.discounts) == (pieces(0), pieces(1), ())


def test_returned_units_are_not_canceled_ones() -> None:
    line = a_line(quantity=3, currentQuantity=1, unfulfilledQuantity=0)
    order = translated(Details(returned={"gid://shopify/LineItem/901": 1}), lineItems=nodes(line))
    [shown] = order.lines
    assert (shown.returned, shown.canceled, shown.shipped) == (pieces(1), pieces(1), pieces(2))


def test_two_currencies_are_booked_in_the_shops() -> None:
    order = translated(
        presentmentCurrencyCode="EUR",
        totalPriceSet=bag("30.00", "USD", "27.60", "EUR"),
        currentTotalPriceSet=bag("30.00", "USD", "27.60", "EUR"),
    )
    assert order.total == usd("30.00")
    assert order.presentment_total == Money.parse("27.60", "EUR")
    assert (order.exchange_rate, order.rate_at) == (Decimal("0.92"), order.placed_at)


def test_yen_has_no_decimals() -> None:
    def yen(amount: str) -> dict[str, Any]:
        return bag(amount, "JPY")

    order = translated(
        currencyCode="JPY",
        currentTotalPriceSet=yen("3000"),
        totalPriceSet=yen("3000"),
        currentTotalTaxSet=yen("272"),
        taxesIncluded=True,
    )
    assert str(order.total) == "3000 JPY"
    assert order.exchange_rate is None


def test_a_tip_is_a_line_of_its_own() -> None:
    tip = a_line(
        2,
        sku=None,
        name="Tip",
        variant=None,
        quantity=1,
        currentQuantity=1,
        requiresShipping=False,
        originalUnitPriceSet=bag("3.00"),
    )
    order = translated(
        lineItems=nodes(a_line(), tip), totalTipReceivedSet=bag("3.00"), currentTotalPriceSet=bag("33.00")
    )
    assert [line.kind for line in order.lines] == [LineKind.GOODS, LineKind.TIP]
    assert order.tip == usd("3.00")
    assert sum_of_parts(order) == order.total


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        pytest.param({"isGiftCard": True, "requiresShipping": False}, LineKind.GIFT_CARD, id="gift-card"),
        pytest.param({"requiresShipping": False}, LineKind.DIGITAL, id="digital"),
        pytest.param({"variant": None}, LineKind.GOODS, id="variant-deleted-later"),
    ],
)
def test_what_a_line_sells(said: dict[str, Any], kind: LineKind) -> None:
    assert translated(lineItems=nodes(a_line(**said))).lines[0].kind is kind


@pytest.mark.parametrize(
    ("said", "status"),
    [
        pytest.param({}, OrderStatus.RECEIVED, id="new"),
        pytest.param({"displayFulfillmentStatus": "PARTIALLY_FULFILLED"}, OrderStatus.PARTLY_SHIPPED, id="part"),
        pytest.param({"displayFulfillmentStatus": "FULFILLED"}, OrderStatus.SHIPPED, id="shipped"),
        pytest.param({"displayFulfillmentStatus": "ON_HOLD"}, OrderStatus.ON_HOLD, id="held"),
        pytest.param({"displayFulfillmentStatus": "INVENTED_LATER"}, OrderStatus.RECEIVED, id="unknown"),
        pytest.param({"closedAt": "2026-11-20T12:00:00Z"}, OrderStatus.CLOSED, id="archived"),
        pytest.param(
            {"closedAt": "2026-11-20T12:00:00Z", "cancelledAt": "2026-11-20T11:00:00Z", "cancelReason": "CUSTOMER"},
            OrderStatus.CANCELED,
            id="canceled",
        ),
    ],
)
def test_where_an_order_stands(said: dict[str, Any], status: OrderStatus) -> None:
    assert translated(**said).status is status


def test_a_hold_says_why() -> None:
    hold = Hold(reason="HIGH_RISK_OF_FRAUD", display_reason="High risk of fraud")
    order = translated(Details(holds=(hold, hold)), displayFulfillmentStatus="ON_HOLD")
    assert order.hold_reason == "High risk of fraud"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        pytest.param("AUTHORIZED", PaymentStatus.AUTHORIZED, id="authorized"),
        pytest.param("PARTIALLY_REFUNDED", PaymentStatus.PARTLY_REFUNDED, id="part-refunded"),
        pytest.param("EXPIRED", PaymentStatus.FAILED, id="expired"),
        pytest.param(None, PaymentStatus.PENDING, id="not-said"),
        pytest.param("INVENTED_LATER", PaymentStatus.PENDING, id="unknown-is-not-paid"),
    ],
)
def test_what_became_of_the_money(said: str | None, status: PaymentStatus) -> None:
    assert translated(displayFinancialStatus=said).payment_status is status


def test_a_capture_replaces_its_authorization() -> None:
    held = a_transaction(1, "AUTHORIZATION", authorizationCode="A-77")
    taken = a_transaction(2, "CAPTURE", parentTransaction={"id": held["id"]})
    [payment] = translated(transactions=[held, taken]).payments
    assert (payment.transaction_id, payment.status) == ("2", PaymentStatus.PAID)
    assert payment.authorization_reference == "A-77"
    assert payment.captured_at is not None


def test_payments_of_every_sort() -> None:
    order = translated(
        transactions=[
            a_transaction(1, amount="10.00", gateway="gift_card", paymentId="#1001.1"),
            a_transaction(2, "AUTHORIZATION", "20.00", paymentDetails={"company": "Visa"}),
            a_transaction(3, "VOID", "0.00", parentTransaction={"id": "gid://shopify/OrderTransaction/4"}),
            a_transaction(4, "AUTHORIZATION", "20.00"),
            a_transaction(5, "SALE", "9.00", status="FAILURE"),
            a_transaction(6, "SALE", "9.00", status="PENDING", gateway="bank_deposit"),
            a_transaction(7, "CHANGE", "1.00", gateway="cash"),
            a_transaction(8, "REFUND", "2.00"),
        ]
    )
    shown = [(payment.transaction_id, str(payment.amount), payment.status.value) for payment in order.payments]
    assert shown == [
        ("1", "10.00 USD", "paid"),
        ("2", "20.00 USD", "authorized"),
        ("4", "20.00 USD", "voided"),
        ("6", "9.00 USD", "pending"),
        ("7", "-1.00 USD", "paid"),
    ]
    assert order.payments[0].gift_card_ref == "#1001.1"
    assert order.payments[1].method == "Visa"


def test_a_guest_is_known_by_the_order() -> None:
    order = translated(customer=None, billingAddress=None, phone="+15125550199")
    assert order.customer is not None
    assert (order.customer.external_id, order.customer.is_guest) == ("guest:5501", True)
    assert (order.customer.name, order.customer.email) == ("Jo Doe", "jo@example.com")
    assert order.customer.phone == "+15125550199"
    assert order.billing is None


def test_a_business_brings_its_branch_its_terms_and_its_tax_number() -> None:
    order = translated(
        poNumber="PO-9",
        purchasingEntity={
            "company": {"id": "gid://shopify/Company/3", "name": "Acme", "externalId": "K-10"},
            "contact": {"title": "Buyer"},
            "location": {
                "id": "gid://shopify/CompanyLocation/4",
                "name": "Acme North",
                "externalId": "K-10-N",
                "taxSettings": {"taxRegistrationId": "DE123", "taxExempt": False},
                "buyerExperienceConfiguration": {"paymentTermsTemplate": {"name": "Net 30"}},
            },
        },
    )
    assert order.customer is not None
    assert order.customer.company is not None
    assert (order.customer.company.name, order.customer.company.tax_id) == ("Acme", "DE123")
    assert (order.payment_terms, order.purchase_order_number) == ("Net 30", "PO-9")
    assert order.customer.custom["company_number"] == "K-10"
    assert order.customer.custom["company_location_number"] == "K-10-N"


def test_exemption_names_its_codes() -> None:
    customer = an_order()["customer"] | {"taxExempt": True, "taxExemptions": ["US_TX_RESELLER_EXEMPTION"]}
    order = translated(customer=customer)
    assert order.customer is not None
    assert order.customer.exemption is not None
    assert order.customer.exemption.status == "US_TX_RESELLER_EXEMPTION"


def test_an_empty_address_is_none() -> None:
    empty = dict.fromkeys(an_address())
    assert translated(shippingAddress=empty).shipping_to is None


def test_the_same_place_twice_has_one_fingerprint() -> None:
    order = translated(shippingAddress=an_address(city="AUSTIN"))
    assert order.billing is not None
    assert order.shipping_to is not None
    assert order.billing.fingerprint() == order.shipping_to.fingerprint()


def test_attributes_and_metafields_travel_in_custom() -> None:
    order = translated(
        customAttributes=[{"key": "gift", "value": "yes"}],
        metafields=nodes({"namespace": "erp", "key": "order_id", "type": "id", "value": "SO-1"}),
        lineItems=nodes(a_line(customAttributes=[{"key": "Engraving", "value": "Jo"}])),
    )
    assert order.custom["attributes.gift"] == "yes"
    assert order.custom["erp.order_id"] == "SO-1"
    assert order.lines[0].note == "Engraving: Jo"
    assert order.lines[0].custom == {"attributes.Engraving": "Jo"}


def metafield(key: str, kind: str, value: str) -> dict[str, str]:
    return {"namespace": "shop", "key": key, "type": kind, "value": value}


def test_a_metafield_is_of_the_type_it_has() -> None:
    rows = [
        metafield("gift", "boolean", "false"),
        metafield("floor", "number_integer", "3"),
        metafield("weight", "number_decimal", "1.50"),
        metafield("days", "list.single_line_text_field", '["Mon","Tue"]'),
        metafield("sizes", "list.number_decimal", "[1.50,2]"),
        metafield("price", "money", '{"amount":"1.00","currency_code":"EUR"}'),
        metafield("broken", "number_integer", "three"),
        metafield("long", "multi_line_text_field", "x" * 10_001),
    ]
    order = translated(metafields=nodes(*rows))
    assert {name: value for name, value in order.custom.items() if name.startswith("shop.")} == {
        "shop.broken": "three",
        "shop.days": ["Mon", "Tue"],
        "shop.floor": 3,
        "shop.gift": False,
        "shop.price": '{"amount":"1.00","currency_code":"EUR"}',
        "shop.sizes": ["1.50", "2"],
        "shop.weight": "1.50",
    }


def test_attributes_of_one_name_are_all_kept_and_their_order_among_others_is_no_difference() -> None:
    said = [{"key": "gift", "value": "a"}, {"key": "_hidden", "value": "x"}, {"key": "gift", "value": "b"}]
    one, other = translated(customAttributes=said), translated(customAttributes=[said[1], said[0], said[2]])
    assert one.custom["attributes.gift"] == ["a", "b"]
    assert one.custom["attributes._hidden"] == "x"
    assert fingerprint(one) == fingerprint(other)


def test_metafields_of_a_customer_keep_their_name_however_the_key_is_told() -> None:
    rows = [metafield("shop.level", "single_line_text_field", "gold"), metafield("since", "date", "2020-01-01")]
    order = translated(customer=an_order()["customer"] | {"metafields": {"nodes": rows}})
    assert order.customer is not None
    assert order.customer.custom == {"shop.level": "gold", "shop.since": "2020-01-01"}


def test_what_we_do_not_know_does_not_hurt() -> None:
    assert translated(inventedLater={"a": [1]}) == translated()


def test_units_go_where_shopify_sends_them() -> None:
    digital = a_line(2, requiresShipping=False)
    places = {"gid://shopify/LineItem/901": "5", "gid://shopify/LineItem/2": "5"}
    order = translated(Details(places=places), lineItems=nodes(a_line(), digital))
    assert [line.warehouse for line in order.lines] == ["5", ""]

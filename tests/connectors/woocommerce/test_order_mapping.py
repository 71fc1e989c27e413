"""An order of WooCommerce becomes the canonical order, to the cent."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from isthmus.canonical.money import Money
from isthmus.canonical.order import DiscountKind, Level, LineKind, Order, OrderStatus, PaymentStatus
from isthmus.canonical.record import dump, fingerprint, load
from isthmus.connectors.woocommerce import wire_orders as wire
from isthmus.connectors.woocommerce.fields import Wanted
from isthmus.connectors.woocommerce.order_states import statuses
from isthmus.connectors.woocommerce.orders import Terms, to_order
from isthmus.policies.importable import ImportPolicy, importable
from isthmus.policies.totals import difference
from isthmus.ports.errors import Misconfigured, Unmapped
from tests.connectors.woocommerce.builders import DE, PAID, about, line, order, refund, tax_line


def translated(row: dict[str, Any], *refunds: dict[str, Any], terms: Terms | None = None) -> Order:
    read = msgspec.convert(row, wire.Order, strict=False)
    back = msgspec.convert(list(refunds), list[wire.Refund], strict=False)
    return to_order(read, back, "shop.example.com", terms or Terms())


def eur(text: str) -> Money:
    return Money.parse(text, "EUR")


def test_an_order_says_who_what_and_how_much() -> None:
    made = translated(order(customer_note="Ring twice"))
    assert (made.external_id, made.number, made.store, made.channel) == ("727", "727", "shop.example.com", "checkout")
    assert made.placed_at == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert made.changed_at == datetime(2026, 11, 20, 9, 5, tzinfo=UTC)
    assert (made.total, made.tax, made.subtotal) == (eur("11.90"), eur("1.90"), eur("10"))
    assert not made.prices_include_tax  # sums of lines never do
    assert made.custom["prices_include_tax"] == "yes"
    (mug,) = made.lines
    assert (mug.sku, mug.variant_ref, mug.unit_price, mug.quantity.value) == ("MUG", "93", eur("10"), 1)
    assert [(tax.amount, tax.rate, tax.name) for tax in mug.taxes] == [(eur("1.90"), Decimal("0.19"), "MwSt")]
    assert made.customer is not None
    assert (made.customer.external_id, made.customer.name, made.customer.is_guest) == ("25", "Ada Beispiel", False)
    assert made.billing is not None
    assert (made.billing.city, made.billing.country, made.shipping_to, made.note) == ("Bonn", "DE", None, "Ring twice")
    assert load(Order, dump(made)) == made


def test_a_guest_is_known_by_the_order() -> None:
    made = translated(order(customer_id=0))
    assert made.customer is not None
    assert (made.customer.external_id, made.customer.is_guest, made.customer.email) == (
        "guest:727",
        True,
        "ada@example.com",
    )


def test_a_company_has_the_tax_number_of_the_field_the_merchant_names() -> None:
    fields = [{"id": 1, "key": "_vat", "value": "DE123"}, {"id": 2, "key": "_billing_vat", "value": "DE999"}]
    row = order(billing={**DE, "company": "Werk &amp; Co"}, meta_data=fields)
    made = translated(row, terms=Terms(tax_number_field="_vat"))
    assert made.customer is not None
    assert made.customer.company is not None
    assert (made.customer.company.name, made.customer.company.tax_id) == ("Werk & Co", "DE123")


def test_a_variation_is_named_with_its_product() -> None:
    made = translated(order(line_items=[line(product_id=22, variation_id=23)]))
    assert made.lines[0].variant_ref == "22/23"


def test_a_deleted_product_leaves_no_reference() -> None:
    made = translated(order(line_items=[line(product_id=0, sku=None)]))
    assert (made.lines[0].variant_ref, made.lines[0].sku) == ("", "")


@pytest.mark.parametrize(
    ("status", "more", "expected", "payment", "enters"),
    [
        ("pending", {"date_paid_gmt": None}, OrderStatus.ON_HOLD, PaymentStatus.PENDING, False),
        ("checkout-draft", {"date_paid_gmt": None}, OrderStatus.ON_HOLD, PaymentStatus.PENDING, False),
        ("failed", {"date_paid_gmt": None}, OrderStatus.ON_HOLD, PaymentStatus.FAILED, False),
        ("on-hold", {"date_paid_gmt": None}, OrderStatus.RECEIVED, PaymentStatus.PENDING, True),
        ("processing", {}, OrderStatus.RECEIVED, PaymentStatus.PAID, True),
        ("completed", {"date_completed_gmt": PAID}, OrderStatus.SHIPPED, PaymentStatus.PAID, True),
        ("cancelled", {"date_paid_gmt": None}, OrderStatus.CANCELED, PaymentStatus.VOIDED, False),
        ("refunded", {}, OrderStatus.CANCELED, PaymentStatus.REFUNDED, False),
        ("refunded", {"date_completed_gmt": PAID}, OrderStatus.CLOSED, PaymentStatus.REFUNDED, True),
    ],
)
def test_where_an_order_stands(
    status: str, more: dict[str, Any], expected: OrderStatus, payment: PaymentStatus, *, enters: bool
) -> None:
    made = translated(order(status=status, **more))
    assert (made.status, made.payment_status) == (expected, payment)
    assert importable(made, ImportPolicy(), known=False).value is enters
    assert bool(made.hold_reason) == (expected is OrderStatus.ON_HOLD)


def test_the_status_of_a_plugin_is_asked_about_and_then_known() -> None:
    with pytest.raises(Unmapped, match="awaiting-pickup = processing") as asked:
        translated(order(status="awaiting-pickup"))
    assert (asked.value.table, asked.value.value) == ("order_status", "awaiting-pickup")
    terms = Terms(statuses("awaiting-pickup = processing, wc-gone=cancelled"))
    assert translated(order(status="awaiting-pickup"), terms=terms).status is OrderStatus.RECEIVED
    assert translated(order(status="gone"), terms=terms).status is OrderStatus.CANCELED


@pytest.mark.parametrize("entered", ["awaiting", "a = nothing-known", "= processing"])
def test_statuses_that_make_no_sense_are_refused(entered: str) -> None:
    with pytest.raises(Misconfigured, match="awaiting-pickup = processing"):
        statuses(entered)


def test_delivery_fees_and_coupons() -> None:
    made = translated(
        order(
            total="18.79", total_tax="3.00", cart_tax="2.05", shipping_total="5.00", shipping_tax="0.95",
            discount_total="2.00",
            line_items=[line(total="8.00", total_tax="1.52", taxes=[{"id": 1, "total": "1.52"}])],
            fee_lines=[{"id": 12, "name": "Gift &amp; wrap", "total": "2.79", "total_tax": "0.53",
                        "taxes": [{"id": 1, "total": "0.53"}]}],
            shipping_lines=[{"id": 13, "method_id": "flat_rate", "method_title": "Flat", "total": "5.00",
                             "total_tax": "0.95", "taxes": [{"id": 1, "total": "0.95"}]}],
            coupon_lines=[{"id": 14, "code": "two-off", "discount": "2.00"}],
        )
    )  # fmt: skip
    assert difference(made) == ""
    mug, wrap = made.lines
    (off,) = mug.discounts
    assert (mug.unit_price, off.amount, off.level, off.code) == (eur("10"), eur("2"), Level.ORDER, "two-off")
    assert (wrap.kind, wrap.title, wrap.unit_price, made.fees) == (
        LineKind.FEE,
        "Gift & wrap",
        eur("2.79"),
        eur("2.79"),
    )
    (charge,) = made.shipping_lines
    assert (charge.price, charge.tax, charge.method_code, made.shipping) == (
        eur("5"),
        eur("0.95"),
        "flat_rate",
        eur("5"),
    )
    assert [(one.code, one.amount) for one in made.discounts] == [("two-off", eur("2"))]


def test_several_coupons_are_named_apart_when_they_add_up() -> None:
    lines = [line(total="7.00", total_tax="1.33", taxes=[{"id": 1, "total": "1.33"}])]
    coupons = [{"id": 1, "code": "a", "discount": "1.00"}, {"id": 2, "code": "b", "discount": "2.00"}]
    row = order(line_items=lines, coupon_lines=coupons, total="8.33", total_tax="1.33", cart_tax="1.33")
    made = translated(row)
    assert [(one.code, one.amount) for one in made.discounts] == [("a", eur("1")), ("b", eur("2"))]
    assert made.lines[0].discounts[0].title == "a, b"
    coupons[1]["discount"] = "5.00"
    (one,) = translated(row).discounts
    assert (one.amount, one.title) == (eur("3"), "a, b")


def test_a_price_lowered_by_hand_is_a_discount_without_a_code() -> None:
    made = translated(order(line_items=[line(total="9.00")], total="10.90"))
    (off,) = made.lines[0].discounts
    assert (off.amount, off.kind, off.level) == (eur("1"), DiscountKind.MANUAL, Level.LINE)


def test_a_price_raised_by_hand_is_the_price() -> None:
    made = translated(order(line_items=[line(total="12.00")], total="13.90"))
    assert (made.lines[0].unit_price, made.lines[0].discounts) == (eur("12"), ())


def test_a_fee_below_zero_lowers_the_total() -> None:
    fee: dict[str, Any] = {"id": 12, "name": "Bonus", "total": "-3.00", "total_tax": "0.00", "taxes": []}
    made = translated(order(total="8.90", fee_lines=[fee]))
    assert (difference(made), made.fees) == ("", eur("-3"))


def test_net_prices_taken_out_of_gross_ones_still_make_the_total() -> None:
    # Three lines of 0.05 with 19 % inside: 0.042017 and 0.007983 each, 0.04 and 0.01 rounded; together 0.15.
    taxes = [{"id": 1, "total": "0.007983"}]
    lines = [
        line(id=at, subtotal="0.042017", total="0.042017", total_tax="0.007983", taxes=taxes) for at in (11, 12, 13)
    ]
    made = translated(order(line_items=lines, total="0.15", total_tax="0.02", cart_tax="0.02"))
    assert difference(made) == ""
    assert sorted(str(one.unit_price.amount) for one in made.lines) == ["0.04", "0.04", "0.05"]


def test_a_difference_that_is_no_rounding_is_left_to_be_found() -> None:
    assert "unexplained" in difference(translated(order(total="15.90")))


def test_tax_without_its_rates_is_one_sum() -> None:
    made = translated(order(line_items=[line(taxes=[])], tax_lines=[]))
    assert [(tax.amount, tax.rate) for tax in made.lines[0].taxes] == [(eur("1.90"), None)]


def test_a_rate_that_does_not_apply_is_left_out() -> None:
    taxes = [{"id": 1, "total": "1.90"}, {"id": 2, "total": ""}]
    made = translated(order(line_items=[line(taxes=taxes)], tax_lines=[tax_line(), tax_line(rate_id=2)]))
    assert len(made.lines[0].taxes) == 1


def test_an_uneven_price_keeps_its_sum() -> None:
    made = translated(order(line_items=[line(quantity=3)]))
    assert made.lines[0].unit_price == eur("3.33333333")
    assert difference(made) == ""


def test_payment() -> None:
    made = translated(order(transaction_id="tx-1"))
    (one,) = made.payments
    assert (one.transaction_id, one.amount, one.status, one.method) == (
        "tx-1",
        eur("11.90"),
        PaymentStatus.PAID,
        "Bank transfer",
    )
    assert one.captured_at == datetime(2026, 11, 20, 9, 1, tzinfo=UTC)
    assert translated(order(total="0.00", line_items=[], cart_tax="0", total_tax="0")).payments == ()
    assert translated(order(date_paid_gmt=None)).paid == eur("0")


def test_pieces_refunded_before_sending_are_canceled() -> None:
    taxes = [{"id": 1, "total": "3.80"}]
    row = order(
        line_items=[line(quantity=2, subtotal="20.00", total="20.00", total_tax="3.80", taxes=taxes)],
        total="23.80", total_tax="3.80", cart_tax="3.80", refunds=[{"id": 900, "reason": "damaged", "total": "-11.90"}],
    )  # fmt: skip
    made = translated(row, refund())
    (mug,) = made.lines
    assert (mug.quantity.value, mug.canceled.value, mug.returned.value, mug.shipped.value) == (1, 1, 0, 0)
    assert mug.ordered_quantity is not None
    assert (made.total, made.refunded, made.tax) == (eur("11.90"), eur("11.90"), eur("1.90"))
    assert (difference(made), made.payment_status) == ("", PaymentStatus.PARTLY_REFUNDED)
    assert made.custom["refund_reasons"] == "damaged"


def test_a_piece_refunded_for_less_than_its_share_leaves_the_price_of_the_others() -> None:
    taxes = [{"id": 1, "total": "3.80"}]
    row = order(
        line_items=[line(quantity=2, subtotal="20.00", total="20.00", total_tax="3.80", taxes=taxes)],
        total="23.80", total_tax="3.80", cart_tax="3.80", refunds=[{"id": 900, "total": "-9.52"}],
    )  # fmt: skip
    cheap = line(id=31, quantity=-1, total="-8.00", total_tax="-1.52", taxes=[{"id": 1, "total": "-1.52"}])
    made = translated(row, refund(line_items=[cheap | {"meta_data": [about(11)]}]))
    assert (made.lines[0].unit_price, made.total, made.refunded) == (eur("10"), eur("11.90"), eur("9.52"))
    assert difference(made) == ""


def test_the_cent_a_refund_was_rounded_by_is_not_charged_again() -> None:
    taxes = [{"id": 1, "total": "3.81"}]
    row = order(
        line_items=[line(quantity=2, subtotal="20.03", total="20.03", total_tax="3.81", taxes=taxes)],
        total="23.84", total_tax="3.81", cart_tax="3.81", refunds=[{"id": 900, "total": "-11.93"}],
    )  # fmt: skip
    back = line(id=31, quantity=-1, total="-10.02", total_tax="-1.91", taxes=[{"id": 1, "total": "-1.91"}])
    made = translated(row, refund(line_items=[back | {"meta_data": [about(11)]}]))
    assert (made.total, made.lines[0].unit_price, made.lines[0].tax) == (eur("11.91"), eur("10.01"), eur("1.90"))
    assert difference(made) == ""


def test_pieces_refunded_after_sending_came_back() -> None:
    row = order(status="completed", date_completed_gmt=PAID, refunds=[{"id": 900, "total": "-11.90"}])
    made = translated(row, refund())
    (mug,) = made.lines
    assert (mug.quantity.value, mug.returned.value, mug.shipped.value, made.total) == (0, 1, 1, eur("0"))
    assert made.payment_status is PaymentStatus.REFUNDED


def test_a_sum_refunded_without_pieces_changes_nothing_that_was_ordered() -> None:
    row = order(refunds=[{"id": 900, "total": "-5.00"}])
    made = translated(row, refund(line_items=[], amount="5.00"))
    assert (made.lines[0].quantity.value, made.total, made.refunded) == (1, eur("11.90"), eur("5"))
    assert difference(made) == ""


def test_refunded_delivery_is_off_its_price() -> None:
    taxes = [{"id": 1, "total": "0.95"}]
    row = order(
        total="17.85", total_tax="2.85", shipping_total="5.00", shipping_tax="0.95",
        shipping_lines=[{"id": 13, "method_title": "Flat", "total": "5.00", "total_tax": "0.95", "taxes": taxes}],
        refunds=[{"id": 900, "total": "-2.38"}],
    )  # fmt: skip
    part = {"id": 32, "total": "-2.00", "total_tax": "-0.38", "taxes": [{"id": 1, "total": "-0.38"}]}
    part |= {"meta_data": [about(13)]}
    made = translated(row, refund(line_items=[], shipping_lines=[part]))
    assert (made.shipping_lines[0].price, made.shipping_lines[0].tax) == (eur("3"), eur("0.57"))
    assert (made.total, made.shipping, difference(made)) == (eur("15.47"), eur("3"), "")


def test_a_refund_that_does_not_name_its_line_is_known_by_the_product() -> None:
    row = order(refunds=[{"id": 900, "total": "-11.90"}])
    unnamed = refund(line_items=[line(id=31, quantity=-1, total="-10.00", total_tax="-1.90")])
    assert translated(row, unnamed).lines[0].canceled.value == 1
    twice = order(line_items=[line(), line(id=12)], refunds=[{"id": 900, "total": "-11.90"}])
    assert [one.canceled.value for one in translated(twice, unnamed).lines] == [0, 0]


def test_never_more_pieces_are_refunded_than_were_ordered() -> None:
    row = order(refunds=[{"id": 900, "total": "-11.90"}, {"id": 901, "total": "-11.90"}])
    made = translated(row, refund(), refund(id=901))
    assert (made.lines[0].canceled.value, made.lines[0].quantity.value) == (1, 0)


def test_what_a_buyer_chose_stands_on_the_line() -> None:
    fields = [
        {"id": 1, "key": "engraving", "value": "A &amp; B", "display_key": "Engraving", "display_value": "A &amp; B"},
        {"id": 2, "key": "_reduced_stock", "value": "1"},
        {"id": 3, "key": "parts", "value": {"a": 1}},
    ]
    made = translated(order(line_items=[line(name="Mug &ndash; big", meta_data=fields)]))
    assert (made.lines[0].title, made.lines[0].note) == ("Mug \N{EN DASH} big", "Engraving: A & B")


def test_fields_of_the_checkout_are_carried_and_those_of_plugins_are_not() -> None:
    fields = [
        {"id": 1, "key": "_billing_vat", "value": "DE1"},
        {"id": 2, "key": "po_number", "value": 4711},
        {"id": 3, "key": "_payment_token", "value": "x"},
    ]
    made = translated(order(meta_data=fields))
    assert own(made.custom) == {"meta._billing_vat": "DE1", "meta.po_number": 4711}
    named = translated(order(meta_data=fields), terms=Terms(wanted=Wanted(hidden=["_payment_token"])))
    assert own(named.custom) == {**own(made.custom), "meta._payment_token": "x"}


def own(custom: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in custom.items() if name.startswith("meta.")}


def test_fields_of_goods_and_fees_stand_on_their_lines() -> None:
    engraved = [{"id": 1, "key": "engraving", "value": "Jo"}, {"id": 2, "key": "_reduced_stock", "value": "1"}]
    said = [{"id": 3, "key": "reason", "value": "gift wrap"}]
    fee = {"id": 12, "name": "Wrapping", "total": "0.00", "total_tax": "0.00", "taxes": [], "meta_data": said}
    made = translated(order(line_items=[line(meta_data=engraved)], fee_lines=[fee]))
    assert [one.custom for one in made.lines] == [{"meta.engraving": "Jo"}, {"meta.reason": "gift wrap"}]


def test_structures_are_text_and_a_key_that_comes_twice_keeps_both_values() -> None:
    fields: list[dict[str, Any]] = [
        {"id": 1, "key": "boxes", "value": [{"b": 1.10, "a": [1]}]},
        {"id": 2, "key": "gift", "value": "a"},
        {"id": 3, "key": "none", "value": []},
        {"id": 4, "key": "gift", "value": "b"},
        {"id": 5, "key": "share", "value": 0.5},
        {"id": 6, "key": "long", "value": "x" * 10_001},
    ]
    made = translated(order(meta_data=fields))
    assert own(made.custom) == {"meta.boxes": '[{"a":[1],"b":1.1}]', "meta.gift": ["a", "b"], "meta.share": "0.5"}
    moved = translated(order(meta_data=[fields[4], *fields[:4]]))
    assert fingerprint(moved) == fingerprint(made)

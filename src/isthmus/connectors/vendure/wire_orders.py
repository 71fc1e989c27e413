"""`Order` and what hangs on it, as far as we read it.

Source: https://docs.vendure.io/reference/graphql-api/admin/object-types#order (3.5); how the sums of a line relate was
seen on 3.5.5: `lineTax` is the tax before discounts, so it is not read.
"""

import msgspec

from isthmus.connectors.vendure.wire import Channel, Count, Figure, Id, Moment, Ref, Wire


class TaxLine(Wire, frozen=True, kw_only=True):
    """`TaxLine`; the rate is in percent."""

    description: str
    tax_rate: Figure


class Discount(Wire, frozen=True, kw_only=True):
    """`Discount`: amounts are below zero; `adjustment_source` is such as `PROMOTION:2`."""

    type: str
    adjustment_source: str
    description: str
    amount: Figure
    amount_with_tax: Figure


class SoldVariant(Wire, frozen=True, kw_only=True):
    """`ProductVariant` of a line; it stays readable after it was deleted."""

    id: Id
    sku: str
    name: str


class Line(Wire, frozen=True, kw_only=True):
    """`OrderLine`; `prorated...` is after every discount, order discounts included."""

    id: Id
    quantity: Count
    order_placed_quantity: Count
    unit_price: Figure
    unit_price_with_tax: Figure
    prorated_line_price: Figure
    prorated_line_price_with_tax: Figure
    tax_lines: tuple[TaxLine, ...]
    discounts: tuple[Discount, ...]
    product_variant: SoldVariant
    custom_fields: dict[str, msgspec.Raw] | None = None


class Surcharge(Wire, frozen=True, kw_only=True):
    """`Surcharge`; may be below zero."""

    id: Id
    description: str
    sku: str | None = None
    price: Figure
    price_with_tax: Figure
    tax_lines: tuple[TaxLine, ...]


class ShippingMethod(Wire, frozen=True, kw_only=True):
    """`ShippingMethod`."""

    code: str
    name: str


class Shipping(Wire, frozen=True, kw_only=True):
    """`ShippingLine`; `price` comes unrounded where prices include tax (seen on 3.5.5)."""

    id: Id
    price: Figure
    price_with_tax: Figure
    discounted_price: Figure
    discounted_price_with_tax: Figure
    discounts: tuple[Discount, ...]
    shipping_method: ShippingMethod


class TaxSum(Wire, frozen=True, kw_only=True):
    """`OrderTaxSummary`: one row for each description and rate."""

    description: str
    tax_rate: Figure
    tax_base: Figure
    tax_total: Figure


class Refund(Wire, frozen=True, kw_only=True):
    """`Refund`."""

    id: Id
    updated_at: Moment
    state: str
    total: Figure
    reason: str | None = None


class Payment(Wire, frozen=True, kw_only=True):
    """`Payment`."""

    id: Id
    updated_at: Moment
    method: str
    amount: Figure
    state: str
    transaction_id: str | None = None
    refunds: tuple[Refund, ...]


class FulfillmentLine(Wire, frozen=True, kw_only=True):
    """`FulfillmentLine`."""

    order_line_id: Id
    quantity: Count


class Fulfillment(Wire, frozen=True, kw_only=True):
    """`Fulfillment`."""

    id: Id
    updated_at: Moment
    state: str
    lines: tuple[FulfillmentLine, ...]


class Address(Wire, frozen=True, kw_only=True):
    """`OrderAddress`; a checkout that asks for one address leaves the other with nothing but nulls."""

    full_name: str | None = None
    company: str | None = None
    street_line1: str | None = None
    street_line2: str | None = None
    city: str | None = None
    province: str | None = None
    postal_code: str | None = None
    country_code: str | None = None
    phone_number: str | None = None


class Customer(Wire, frozen=True, kw_only=True):
    """`Customer`; without a `user` nobody can sign in as this one: a guest."""

    id: Id
    first_name: str
    last_name: str
    email_address: str
    phone_number: str | None = None
    user: Ref | None = None
    custom_fields: dict[str, msgspec.Raw] | None = None


class Promotion(Wire, frozen=True, kw_only=True):
    """`Promotion`."""

    id: Id
    name: str
    coupon_code: str | None = None


class Order(Wire, frozen=True, kw_only=True):
    """`Order` once it was placed."""

    id: Id
    code: str
    type: str
    state: str
    updated_at: Moment
    order_placed_at: Moment
    currency_code: str
    total: Figure
    total_with_tax: Figure
    sub_total: Figure
    sub_total_with_tax: Figure
    shipping: Figure
    shipping_with_tax: Figure
    channels: tuple[Channel, ...]
    coupon_codes: tuple[str, ...] = ()
    customer: Customer | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    promotions: tuple[Promotion, ...] = ()
    lines: tuple[Line, ...]
    surcharges: tuple[Surcharge, ...] = ()
    shipping_lines: tuple[Shipping, ...] = ()
    tax_summary: tuple[TaxSum, ...] = ()
    payments: tuple[Payment, ...] | None = None
    fulfillments: tuple[Fulfillment, ...] | None = None
    custom_fields: dict[str, msgspec.Raw] | None = None


class Glimpsed(Wire, frozen=True, kw_only=True):
    """`Order`, only its name."""

    id: Id
    code: str
    order_placed_at: Moment

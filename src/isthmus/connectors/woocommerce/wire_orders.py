"""What WooCommerce sends about an order and its refunds, as far as we read it.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#order-properties, .../#order-refunds
(REST v3)
"""

from decimal import Decimal

from isthmus.connectors.woocommerce.wire import Meta, Row, Stamp, Wire


class LineTax(Wire, frozen=True, kw_only=True):
    """One tax of a line: `id` is the rate's, `total` after discounts; empty where the rate charges nothing."""

    id: int
    total: str | None = ""


class Part(Row, frozen=True, kw_only=True):
    """What every line has: sums excluding tax, whatever `prices_include_tax` says."""

    total: Decimal
    total_tax: Decimal = Decimal(0)
    taxes: tuple[LineTax, ...] = ()
    meta_data: tuple[Meta, ...] = ()


class Line(Part, frozen=True, kw_only=True):
    """`line_items`; `price` is a float of the unit price and not read. Ids are 0 once the product was deleted."""

    name: str
    quantity: Decimal
    subtotal: Decimal
    product_id: int = 0
    variation_id: int = 0
    sku: str | None = None


class Shipping(Part, frozen=True, kw_only=True):
    """`shipping_lines`."""

    method_title: str | None = None
    method_id: str | None = None


class Fee(Part, frozen=True, kw_only=True):
    """`fee_lines`; an amount below zero is a discount some plugin gave."""

    name: str | None = None


class Coupon(Row, frozen=True, kw_only=True):
    """`coupon_lines`: it names a discount that is spread over the lines already."""

    code: str
    discount: Decimal = Decimal(0)


class TaxRate(Row, frozen=True, kw_only=True):
    """`tax_lines`: one rate that was charged."""

    rate_id: int
    rate_code: str = ""
    label: str = ""
    rate_percent: Decimal | None = None


class RefundRef(Row, frozen=True, kw_only=True):
    """`refunds` of an order; `total` is below zero."""

    total: Decimal
    reason: str | None = None


class Address(Wire, frozen=True, kw_only=True):
    """`billing` and `shipping`; every part may be empty."""

    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address_1: str | None = None
    address_2: str | None = None
    city: str | None = None
    state: str | None = None
    postcode: str | None = None
    country: str | None = None
    email: str | None = None
    phone: str | None = None


class Order(Row, frozen=True, kw_only=True):
    """An order. `number` is the id unless a plugin numbers."""

    number: str
    status: str
    currency: str
    date_created_gmt: Stamp
    total: Decimal
    total_tax: Decimal
    cart_tax: Decimal
    shipping_total: Decimal
    shipping_tax: Decimal
    discount_total: Decimal
    prices_include_tax: bool = False
    date_modified_gmt: Stamp | None = None
    date_paid_gmt: Stamp | None = None
    date_completed_gmt: Stamp | None = None
    created_via: str | None = None
    customer_id: int = 0
    customer_note: str | None = None
    payment_method: str | None = None
    payment_method_title: str | None = None
    transaction_id: str | None = None
    billing: Address = Address()
    shipping: Address = Address()
    line_items: tuple[Line, ...] = ()
    tax_lines: tuple[TaxRate, ...] = ()
    shipping_lines: tuple[Shipping, ...] = ()
    fee_lines: tuple[Fee, ...] = ()
    coupon_lines: tuple[Coupon, ...] = ()
    refunds: tuple[RefundRef, ...] = ()
    meta_data: tuple[Meta, ...] = ()


class RefundLine(Part, frozen=True, kw_only=True):
    """A line of a refund: quantity and sums below zero. Which line it is about stands in `_refunded_item_id`."""

    quantity: Decimal = Decimal(0)
    product_id: int = 0
    variation_id: int = 0


class Refund(Row, frozen=True, kw_only=True):
    """A refund, read apart. Charges for delivery and fees are listed since 9 (unconfirmed)."""

    date_created_gmt: Stamp | None = None
    line_items: tuple[RefundLine, ...] = ()
    shipping_lines: tuple[Part, ...] = ()
    fee_lines: tuple[Part, ...] = ()


class Named(Row, frozen=True, kw_only=True):
    """An order by name only."""

    number: str
    date_created_gmt: Stamp

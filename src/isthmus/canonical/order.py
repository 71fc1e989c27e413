"""A sale, as the buyer was charged. (R-REC-21..28, R-REC-34)"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from isthmus.canonical.money import Money
from isthmus.canonical.party import Address, Customer
from isthmus.canonical.quantity import NOTHING, Quantity
from isthmus.canonical.record import Part, Record


class OrderStatus(StrEnum):
    """Where an order stands; each system's own states are mapped by table."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    ON_HOLD = "on_hold"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    INVOICED = "invoiced"
    CLOSED = "closed"
    CANCELED = "canceled"


class PaymentStatus(StrEnum):
    """What became of a payment, or of the order's payments taken together."""

    PENDING = "pending"
    AUTHORIZED = "authorized"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    VOIDED = "voided"
    FAILED = "failed"


class LineKind(StrEnum):
    """What a line sells; an unsupported kind parks, it is not dropped."""

    GOODS = "goods"
    GIFT_CARD = "gift_card"
    DEPOSIT = "deposit"
    FEE = "fee"
    TIP = "tip"
    DIGITAL = "digital"


class Level(StrEnum):
    """What a discount or a tax belongs to."""

    LINE = "line"
    ORDER = "order"
    SHIPPING = "shipping"
    FEE = "fee"


class DiscountKind(StrEnum):
    """Where a discount came from."""

    PROMOTION = "promotion"
    MANUAL = "manual"
    ADJUSTMENT = "adjustment"


class Tax(Part):
    """Tax as charged to the buyer; `rate` is a fraction (0.2 is 20 %)."""

    amount: Money
    rate: Decimal | None = None
    level: Level = Level.LINE
    name: str = ""
    code: str = ""
    jurisdiction: str = ""
    calculated_by: str = ""


class LineDiscount(Part):
    """The part of a discount that falls on one line; positive amount."""

    amount: Money
    level: Level = Level.LINE  # ORDER: this line's share of an order discount
    code: str = ""
    title: str = ""
    kind: DiscountKind = DiscountKind.PROMOTION


class OrderLine(Part):
    """One line. `quantity` is what is to be delivered now, after edits."""

    external_id: str
    sku: str
    title: str
    quantity: Quantity
    unit_price: Money  # before discounts; gross when the order's prices include tax
    ordered_quantity: Quantity | None = None  # as first ordered, when edited since
    kind: LineKind = LineKind.GOODS
    discounts: tuple[LineDiscount, ...] = ()
    taxes: tuple[Tax, ...] = ()
    price_locked: bool = True
    price_source: str = ""
    warehouse: str = ""
    variant_ref: str = ""  # the source's own variant id; empty once the variant was deleted
    item_ref: str = ""  # the destination's item id, filled by the flow
    bundle_parent: str = ""
    shipped: Quantity = NOTHING
    canceled: Quantity = NOTHING
    returned: Quantity = NOTHING
    note: str = ""
    #: As a record's. Empty it is not written, or every order kept from before this field would count as edited.
    custom: Mapping[str, Any] = {}

    @property
    def discount(self) -> Money:
        """Return all discount on this line, order-level shares included."""
        return Money.total((part.amount for part in self.discounts), self.unit_price.currency)

    @property
    def net_of_discount(self) -> Money:
        """Return quantity x unit price - discount, not rounded."""
        return self.unit_price * self.quantity.value - self.discount

    @property
    def tax(self) -> Money:
        """Return the tax charged on this line."""
        return Money.total((tax.amount for tax in self.taxes), self.unit_price.currency)


class Discount(Part):
    """A discount as the shop granted it; what fell on each line stands on the lines."""

    level: Level
    amount: Money
    code: str = ""
    title: str = ""
    kind: DiscountKind = DiscountKind.PROMOTION


class ShippingLine(Part):
    """One charge for delivery."""

    price: Money  # before discount; gross when the order's prices include tax
    title: str = ""
    method_code: str = ""
    carrier: str = ""
    discount: Money | None = None
    taxes: tuple[Tax, ...] = ()
    requested_on: date | None = None
    pickup_point: str = ""

    @property
    def charged(self) -> Money:
        """Return the price after discount."""
        return self.price - self.discount if self.discount else self.price

    @property
    def tax(self) -> Money:
        """Return the tax charged on delivery."""
        return Money.total((tax.amount for tax in self.taxes), self.price.currency)


class Payment(Part):
    """One payment; several per order are normal. We hold no card data."""

    transaction_id: str
    amount: Money
    status: PaymentStatus
    method: str = ""
    gateway: str = ""
    erp_payment_code: str = ""
    authorization_reference: str = ""
    captured_at: datetime | None = None
    gift_card_ref: str = ""


class Order(Record):
    """One order. `number` is unique within its store only; the key is connection + external_id."""

    status: OrderStatus
    placed_at: datetime
    currency: str
    lines: tuple[OrderLine, ...]
    total: Money  # what the buyer is to pay after edits
    prices_include_tax: bool = False
    subtotal: Money | None = None  # lines after discounts, as the source states it
    discount: Money | None = None
    shipping: Money | None = None
    tax: Money | None = None
    fees: Money | None = None
    tip: Money | None = None
    paid: Money | None = None
    refunded: Money | None = None
    payment_status: PaymentStatus = PaymentStatus.PENDING
    store: str = ""
    channel: str = ""
    ordered_on: date | None = None  # the date in the company's zone, filled by the flow
    hold_reason: str = ""
    cancel_reason: str = ""
    canceled_at: datetime | None = None
    is_test: bool = False
    customer: Customer | None = None
    customer_ref: str = ""  # the destination's ids, filled by the flow
    billing_ref: str = ""
    shipping_ref: str = ""
    email: str = ""
    phone: str = ""
    billing: Address | None = None
    shipping_to: Address | None = None
    language: str = ""
    note: str = ""
    special_instructions: str = ""
    purchase_order_number: str = ""
    payment_terms: str = ""
    tags: tuple[str, ...] = ()
    exchange_rate: Decimal | None = None  # presentment per order currency, as charged
    rate_at: datetime | None = None
    presentment_total: Money | None = None
    discounts: tuple[Discount, ...] = ()
    shipping_lines: tuple[ShippingLine, ...] = ()
    extra_taxes: tuple[Tax, ...] = ()  # on fees and duties
    payments: tuple[Payment, ...] = ()

"""Orders, payments, refunds and fulfillments. All amounts are whole minor units.

Source: https://docs.vendure.io/guides/core-concepts/orders/ (3.5)
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from isthmus.simulators.vendure.catalog import Promotion, Record
from isthmus.simulators.vendure.lines import Line, ShippingLine, Surcharge
from isthmus.simulators.vendure.people import Customer, Note, OrderAddress


@dataclass(slots=True, kw_only=True, eq=False)
class RefundLine:
    """Units money was given back for."""

    TYPENAME: ClassVar[str] = "RefundLine"

    order_line: Line
    quantity: int
    refund: "Refund"

    @property
    def order_line_id(self) -> int:
        """Return the line's number."""
        return self.order_line.id

    @property
    def refund_id(self) -> int:
        """Return the refund's number."""
        return self.refund.id


@dataclass(slots=True, kw_only=True, eq=False)
class Refund(Record):
    """Money given back, or on its way."""

    TYPENAME: ClassVar[str] = "Refund"

    payment: "Payment"
    total: int
    items: int
    shipping: int
    adjustment: int
    reason: str | None
    state: str = "Pending"
    transaction_id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    lines: list[RefundLine] = field(default_factory=list[RefundLine])

    @property
    def method(self) -> str:
        """Return how it was paid."""
        return self.payment.method

    @property
    def payment_id(self) -> int:
        """Return the payment's number."""
        return self.payment.id


@dataclass(slots=True, kw_only=True, eq=False)
class Payment(Record):
    """Money promised or paid."""

    TYPENAME: ClassVar[str] = "Payment"

    order: "Order"
    method: str
    amount: int
    state: str = "Created"
    transaction_id: str | None = None
    error_message: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    refunds: list[Refund] = field(default_factory=list[Refund])

    @property
    def refunded(self) -> int:
        """Return what was given back or will be."""
        return sum(one.total for one in self.refunds if one.state != "Failed")


@dataclass(slots=True, kw_only=True, eq=False)
class FulfillmentLine:
    """Units of a line in a fulfillment."""

    TYPENAME: ClassVar[str] = "FulfillmentLine"

    order_line: Line
    quantity: int
    fulfillment: "Fulfillment"

    @property
    def order_line_id(self) -> int:
        """Return the line's number."""
        return self.order_line.id

    @property
    def fulfillment_id(self) -> int:
        """Return the fulfillment's number."""
        return self.fulfillment.id


@dataclass(slots=True, kw_only=True, eq=False)
class Fulfillment(Record):
    """A parcel, or several."""

    TYPENAME: ClassVar[str] = "Fulfillment"

    orders: "list[Order]"
    method: str
    tracking_code: str
    handler_code: str
    state: str = "Created"
    lines: list[FulfillmentLine] = field(default_factory=list[FulfillmentLine])

    @property
    def summary(self) -> list[FulfillmentLine]:
        """Return the lines under their old name."""
        return self.lines


@dataclass(slots=True, kw_only=True, eq=False)
class Modification(Record):
    """A change somebody made to a placed order."""

    TYPENAME: ClassVar[str] = "OrderModification"

    note: str
    price_change: int = 0
    lines: "list[ModificationLine]" = field(default_factory=list)
    surcharges: list[Surcharge] = field(default_factory=list[Surcharge])
    payment: Payment | None = None
    refund: Refund | None = None

    @property
    def is_settled(self) -> bool:
        """Tell whether the difference is paid or given back."""
        return self.price_change == 0 or self.payment is not None or self.refund is not None


@dataclass(slots=True, kw_only=True, eq=False)
class ModificationLine:
    """By how many units a line changed."""

    TYPENAME: ClassVar[str] = "OrderModificationLine"

    order_line: Line
    quantity: int
    modification: Modification

    @property
    def order_line_id(self) -> int:
        """Return the line's number."""
        return self.order_line.id

    @property
    def modification_id(self) -> int:
        """Return the modification's number."""
        return self.modification.id


@dataclass(slots=True, kw_only=True, eq=False)
class Order(Record):
    """An order, a cart (`active`) or a draft. `updated_at` does not move with its state, money or parcels."""

    TYPENAME: ClassVar[str] = "Order"

    code: str
    currency_code: str
    channels: set[int]
    includes_tax: bool
    state: str = "Created"
    active: bool = True
    type: str = "Regular"
    order_placed_at: datetime | None = None
    customer: Customer | None = None
    shipping_address: OrderAddress = field(default_factory=dict[str, str | None])
    billing_address: OrderAddress = field(default_factory=dict[str, str | None])
    lines: list[Line] = field(default_factory=list[Line])
    shipping_lines: list[ShippingLine] = field(default_factory=list[ShippingLine])
    surcharges: list[Surcharge] = field(default_factory=list[Surcharge])
    coupon_codes: list[str] = field(default_factory=list[str])
    promotions: list[Promotion] = field(default_factory=list[Promotion])
    payments: list[Payment] = field(default_factory=list[Payment])
    fulfillments: list[Fulfillment] = field(default_factory=list[Fulfillment])
    modifications: list[Modification] = field(default_factory=list[Modification])
    entries: list[Note] = field(default_factory=list[Note])
    sub_total: int = 0
    sub_total_with_tax: int = 0
    shipping: int = 0
    shipping_with_tax: int = 0
    #: what a plugin with a bug adds to the total without saying what for
    skew: int = 0

    @property
    def total(self) -> int:
        """Return what is to pay, without tax."""
        return self.sub_total + self.shipping

    @property
    def total_with_tax(self) -> int:
        """Return what is to pay."""
        return self.sub_total_with_tax + self.shipping_with_tax

    @property
    def total_quantity(self) -> int:
        """Return all units."""
        return sum(one.quantity for one in self.lines)

    @property
    def customer_last_name(self) -> str | None:
        """Return the buyer's last name; filters look at it."""
        return self.customer.last_name if self.customer else None

    @property
    def transaction_id(self) -> str:
        """Return the payments' transactions; filters look at it."""
        return " ".join(one.transaction_id or "" for one in self.payments)

    def covered(self, *states: str) -> int:
        """Return what payments cover, settled refunds taken off; without states all but failed payments count."""
        counted = [
            one
            for one in self.payments
            if (one.state in states if states else one.state not in {"Error", "Declined", "Cancelled"})
        ]
        back = sum(refund.total for one in counted for refund in one.refunds if refund.state == "Settled")
        return sum(one.amount for one in counted) - back

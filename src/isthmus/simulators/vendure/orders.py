"""Orders, their lines, payments, refunds and fulfillments, with the amounts Vendure derives.

All amounts are whole minor units, but for `ShippingLine.price`, which Vendure leaves unrounded (seen on 3.5.5:
408.33333333333337). Source: https://docs.vendure.io/guides/core-concepts/orders/ and
https://docs.vendure.io/guides/core-concepts/taxes/ (3.5), entity/order-line of @vendure/core 3.5.5
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from isthmus.simulators.vendure.arithmetic import gross_of, net_of, rounded
from isthmus.simulators.vendure.catalog import Method, Record, Variant
from isthmus.simulators.vendure.people import Customer, Note, OrderAddress

ITEM, DISTRIBUTED, OTHER = "PROMOTION", "DISTRIBUTED_ORDER_PROMOTION", "OTHER"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What is taken off a whole line, in the kind of price the line is listed in."""

    source: str
    type: str
    description: str
    amount: int


@dataclass(frozen=True, slots=True)
class TaxLine:
    """A tax and its percentage."""

    description: str
    tax_rate: float


class _Taxed:
    """An amount listed net or gross, with taxes."""

    __slots__ = ()

    list_price: int
    includes_tax: bool
    tax_lines: list[TaxLine]

    @property
    def tax_rate(self) -> float:
        """Return all taxes together, in percent."""
        return sum(one.tax_rate for one in self.tax_lines)

    def net(self, listed: float) -> float:
        """Return a listed amount without tax, not rounded."""
        return net_of(listed, self.tax_rate) if self.includes_tax else listed

    def gross(self, listed: float) -> float:
        """Return a listed amount with tax, not rounded."""
        return listed if self.includes_tax else gross_of(listed, self.tax_rate)


@dataclass(slots=True, kw_only=True, eq=False)
class Line(_Taxed, Record):
    """Some units of one variant. Cancelling takes units off `quantity`, never off `order_placed_quantity`."""

    TYPENAME: ClassVar[str] = "OrderLine"

    order: "Order"
    product_variant: Variant
    quantity: int
    list_price: int
    initial_list_price: int
    includes_tax: bool
    order_placed_quantity: int = 0
    adjustments: list[Adjustment] = field(default_factory=list[Adjustment])
    tax_lines: list[TaxLine] = field(default_factory=list[TaxLine])

    def _off(self, kinds: Iterable[str]) -> float:
        """Return what discounts add to one unit's listed price (less than nothing)."""
        if self.quantity == 0:
            return 0
        units = max(self.order_placed_quantity, self.quantity)
        return sum(one.amount / units for one in self.adjustments if one.type in kinds)

    @property
    def _discounted(self) -> float:
        return self.list_price + self._off((ITEM,))

    @property
    def _prorated(self) -> float:
        return self.list_price + self._off((ITEM, DISTRIBUTED, OTHER))

    @property
    def unit_price(self) -> int:
        """Return a unit without tax and discounts."""
        return rounded(self.net(self.list_price))

    @property
    def unit_price_with_tax(self) -> int:
        """Return a unit with tax, without discounts."""
        return rounded(self.gross(self.list_price))

    @property
    def unit_price_change_since_added(self) -> int:
        """Return how much dearer a unit became since it was put into the cart, without tax."""
        return rounded(self.net(self.list_price) - self.net(self.initial_list_price))

    @property
    def unit_price_with_tax_change_since_added(self) -> int:
        """Return the same with tax."""
        return rounded(self.gross(self.list_price) - self.gross(self.initial_list_price))

    @property
    def discounted_unit_price(self) -> int:
        """Return a unit after discounts of its own, without tax."""
        return rounded(self.net(self._discounted))

    @property
    def discounted_unit_price_with_tax(self) -> int:
        """Return the same with tax."""
        return rounded(self.gross(self._discounted))

    @property
    def prorated_unit_price(self) -> int:
        """Return a unit after its share of all discounts, without tax."""
        return rounded(self.net(self._prorated))

    @property
    def prorated_unit_price_with_tax(self) -> int:
        """Return the same with tax."""
        return rounded(self.gross(self._prorated))

    @property
    def line_price(self) -> int:
        """Return the line without tax and discounts."""
        return rounded(self.net(self.list_price), self.quantity)

    @property
    def line_price_with_tax(self) -> int:
        """Return the line with tax, without discounts."""
        return rounded(self.gross(self.list_price), self.quantity)

    @property
    def discounted_line_price(self) -> int:
        """Return the line after discounts of its own, without tax."""
        return rounded(self.net(self._discounted), self.quantity)

    @property
    def discounted_line_price_with_tax(self) -> int:
        """Return the same with tax."""
        return rounded(self.gross(self._discounted), self.quantity)

    @property
    def prorated_line_price(self) -> int:
        """Return what the line is worth after its share of all discounts, without tax."""
        return rounded(self.net(self._prorated), self.quantity)

    @property
    def prorated_line_price_with_tax(self) -> int:
        """Return the same with tax."""
        return rounded(self.gross(self._prorated), self.quantity)

    @property
    def line_tax(self) -> int:
        """Return the tax before discounts."""
        return self.line_price_with_tax - self.line_price

    @property
    def fulfillment_lines(self) -> "list[FulfillmentLine]":
        """Return every fulfillment's part of it, but for those cancelled."""
        found = [one for fulfillment in self.order.fulfillments for one in fulfillment.lines if one.order_line is self]
        return [one for one in found if one.fulfillment.state != "Cancelled"]

    @property
    def fulfilled(self) -> int:
        """Return how many units are on their way or there."""
        return sum(one.quantity for one in self.fulfillment_lines)


@dataclass(slots=True, kw_only=True, eq=False)
class ShippingLine(_Taxed, Record):
    """What delivery costs, with a tax rate of its own."""

    TYPENAME: ClassVar[str] = "ShippingLine"

    shipping_method: Method
    list_price: int
    includes_tax: bool
    adjustments: list[Adjustment] = field(default_factory=list[Adjustment])
    tax_lines: list[TaxLine] = field(default_factory=list[TaxLine])

    @property
    def _discounted(self) -> int:
        return self.list_price + sum(one.amount for one in self.adjustments)

    @property
    def price(self) -> float:
        """Return the price without tax, which Vendure does not round."""
        exact = self.net(self.list_price)
        return int(exact) if exact == int(exact) else exact

    @property
    def price_with_tax(self) -> int:
        """Return the price with tax."""
        return rounded(self.gross(self.list_price))

    @property
    def discounted_price(self) -> int:
        """Return the price after discounts, without tax."""
        return rounded(self.net(self._discounted))

    @property
    def discounted_price_with_tax(self) -> int:
        """Return the same with tax."""
        return rounded(self.gross(self._discounted))


@dataclass(slots=True, kw_only=True, eq=False)
class Surcharge(_Taxed, Record):
    """Something paid for that is no product; less than nothing for goodwill."""

    TYPENAME: ClassVar[str] = "Surcharge"

    description: str
    sku: str
    list_price: int
    includes_tax: bool
    tax_lines: list[TaxLine] = field(default_factory=list[TaxLine])

    @property
    def price(self) -> int:
        """Return it without tax."""
        return rounded(self.net(self.list_price))

    @property
    def price_with_tax(self) -> int:
        """Return it with tax."""
        return rounded(self.gross(self.list_price))


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

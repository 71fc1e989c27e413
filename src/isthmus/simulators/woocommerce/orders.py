"""Orders as the shop keeps them. Amounts of lines are net, exact to six decimals.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#order-properties (REST v3)
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from isthmus.simulators.woocommerce.meta import Meta
from isthmus.simulators.woocommerce.money import ZERO, total

STATUSES = ("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed", "checkout-draft")
PAID = frozenset({"processing", "completed"})
#: reaching one of these takes the goods out of stock, reaching one of those puts them back
REDUCING, RESTORING = frozenset({"processing", "completed", "on-hold"}), frozenset({"cancelled", "pending"})
BILLING = (
    "first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode", "country", "email",
    "phone",
)  # fmt: skip
SHIPPING = tuple(name for name in BILLING if name != "email")
Address = dict[str, str]


@dataclass(slots=True)
class Tax:
    """What one rate takes of one line."""

    total: Decimal
    subtotal: Decimal


@dataclass(slots=True, kw_only=True)
class Line:
    """One line: `kind` is line_item, shipping, fee or coupon."""

    id: int
    kind: str
    name: str = ""
    product_id: int = 0
    variation_id: int = 0
    quantity: int = 1
    tax_class: str = ""
    tax_status: str = "taxable"
    method_id: str = ""
    code: str = ""
    discount_type: str = "percent"
    discount_tax: Decimal = ZERO
    subtotal: Decimal = ZERO
    total: Decimal = ZERO
    taxes: dict[int, Tax] = field(default_factory=dict[int, Tax])
    meta: Meta = field(default_factory=list[dict[str, Any]])

    @property
    def total_tax(self) -> Decimal:
        """Return what all rates take of the total."""
        return total(tax.total for tax in self.taxes.values())

    @property
    def subtotal_tax(self) -> Decimal:
        """Return what all rates would take before discounts."""
        return total(tax.subtotal for tax in self.taxes.values())


@dataclass(slots=True)
class TaxLine:
    """What one rate takes of the whole order."""

    id: int
    rate_id: int
    rate_code: str
    label: str
    percent: Decimal
    compound: bool
    tax_total: Decimal
    shipping_tax_total: Decimal


@dataclass(slots=True)
class RefundLine:
    """Units and money of one order line that went back; both negative."""

    id: int
    line: Line
    quantity: int
    total: Decimal
    taxes: dict[int, Decimal]

    @property
    def total_tax(self) -> Decimal:
        """Return the tax that went back."""
        return total(self.taxes.values())


@dataclass(slots=True, kw_only=True)
class Refund:
    """Money back; `amount` is positive and includes tax."""

    id: int
    order_id: int
    created_at: datetime
    modified_at: datetime
    amount: Decimal
    reason: str = ""
    refunded_by: int = 1
    refunded_payment: bool = False
    lines: list[RefundLine] = field(default_factory=list[RefundLine])
    meta: Meta = field(default_factory=list[dict[str, Any]])


@dataclass(slots=True)
class Note:
    """A remark on an order."""

    id: int
    created_at: datetime
    text: str
    customer_note: bool = False
    author: str = "WooCommerce"


@dataclass(slots=True, kw_only=True)
class Order:
    """One order."""

    id: int
    number: str
    key: str
    created_at: datetime
    modified_at: datetime
    currency: str
    prices_include_tax: bool
    status: str = "pending"
    trashed_from: str | None = None
    created_via: str = "checkout"
    version: str = ""
    customer_id: int = 0
    customer_note: str = ""
    billing: Address = field(default_factory=lambda: dict.fromkeys(BILLING, ""))
    shipping: Address = field(default_factory=lambda: dict.fromkeys(SHIPPING, ""))
    payment_method: str = ""
    payment_method_title: str = ""
    transaction_id: str = ""
    paid_at: datetime | None = None
    completed_at: datetime | None = None
    lines: list[Line] = field(default_factory=list[Line])
    tax_lines: list[TaxLine] = field(default_factory=list[TaxLine])
    refunds: list[Refund] = field(default_factory=list[Refund])
    notes: list[Note] = field(default_factory=list[Note])
    meta: Meta = field(default_factory=list[dict[str, Any]])
    discount_total: Decimal = ZERO
    discount_tax: Decimal = ZERO
    shipping_total: Decimal = ZERO
    shipping_tax: Decimal = ZERO
    cart_tax: Decimal = ZERO
    total: Decimal = ZERO
    #: what a plugin adds to the total without a line for it
    skew: Decimal = ZERO
    stock_reduced: bool = False
    trackings: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    fulfillments: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def of(self, kind: str) -> list[Line]:
        """Return the lines of a kind."""
        return [line for line in self.lines if line.kind == kind]

    @property
    def goods(self) -> list[Line]:
        """Return the lines people mean by lines."""
        return self.of("line_item")

    @property
    def refunded(self) -> Decimal:
        """Return what went back so far."""
        return total(refund.amount for refund in self.refunds)

    @property
    def needs_payment(self) -> bool:
        """Tell whether a customer could still pay for it."""
        return self.status in {"pending", "failed"} and self.total > 0

    def refunded_quantity(self, line: Line) -> int:
        """Return how many units of a line went back, as a positive number."""
        return -sum(row.quantity for refund in self.refunds for row in refund.lines if row.line is line)

"""An order as the Admin API shows it.

`total...` is as ordered, `current...` is after edits, cancellation and refunds.
Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/Order
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from isthmus.simulators.shopify.charges import DiscountApplication, ShippingLine, TaxLine
from isthmus.simulators.shopify.fulfillment import FulfillmentOrder
from isthmus.simulators.shopify.lines import Attribute, LineItem
from isthmus.simulators.shopify.money import Bag, total
from isthmus.simulators.shopify.parties import Address, Customer, PurchasingCompany
from isthmus.simulators.shopify.payments import PaymentTerms, Refund, Transaction


@dataclass(frozen=True, slots=True)
class Sums:
    """The totals of an order; they add up to `total` unless somebody made them not to."""

    subtotal: Bag
    discounts: Bag
    cart_discount: Bag
    shipping: Bag
    tax: Bag
    tip: Bag
    total: Bag
    tax_lines: list[TaxLine]


@dataclass(frozen=True, slots=True)
class Cancellation:
    """What was noted when the order was cancelled."""

    staff_note: str | None


@dataclass(slots=True)
class Order:
    """What a buyer ordered."""

    TYPENAME: ClassVar[str] = "Order"

    id: str
    legacy_resource_id: int
    number: int
    name: str
    created_at: datetime
    updated_at: datetime
    currency_code: str
    presentment_currency_code: str
    taxes_included: bool
    nothing: Bag
    line_items: list[LineItem]
    shipping_lines: list[ShippingLine] = field(default_factory=list[ShippingLine])
    discount_applications: list[DiscountApplication] = field(default_factory=list[DiscountApplication])
    transactions: list[Transaction] = field(default_factory=list[Transaction])
    refunds: list[Refund] = field(default_factory=list[Refund])
    fulfillment_orders: list[FulfillmentOrder] = field(default_factory=list[FulfillmentOrder])
    fulfillments: list[object] = field(default_factory=list[object])
    customer: Customer | None = None
    purchasing_entity: Customer | PurchasingCompany | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
    payment_terms: PaymentTerms | None = None
    email: str | None = None
    phone: str | None = None
    note: str | None = None
    tags: list[str] = field(default_factory=list[str])
    custom_attributes: list[Attribute] = field(default_factory=list[Attribute])
    po_number: str | None = None
    source_name: str = "web"
    source_identifier: str | None = None
    customer_locale: str = "en"
    confirmation_number: str = ""
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    cancellation: Cancellation | None = None
    closed_at: datetime | None = None
    test: bool = False
    edited: bool = False
    confirmed: bool = True
    tax_exempt: bool = False
    display_financial_status: str = "PAID"
    display_fulfillment_status: str = "UNFULFILLED"
    return_status: str = "NO_RETURN"
    #: makes the stated total wrong on purpose
    skew: Decimal = Decimal(0)
    original_total_price_set: Bag = field(init=False)
    ordered: Sums = field(init=False)
    standing: Sums = field(init=False)

    def __post_init__(self) -> None:
        """Work out the totals."""
        self.retotal()
        self.original_total_price_set = self.ordered.total

    def retotal(self) -> None:
        """Work out the totals again after something changed."""
        self.ordered = _sums(self, now=False)
        self.standing = _sums(self, now=True) if self.edited or self.cancelled_at else self.ordered

    @property
    def processed_at(self) -> datetime:
        """Return when the buyer paid or promised to."""
        return self.created_at

    @property
    def closed(self) -> bool:
        """Say whether it is archived."""
        return self.closed_at is not None

    @property
    def billing_address_matches_shipping_address(self) -> bool:
        """Say whether both addresses are the same."""
        billing, shipping = self.billing_address, self.shipping_address
        return billing is not None and shipping is not None and billing.same_place(shipping)

    @property
    def discount_codes(self) -> list[str]:
        """Return the codes the buyer typed."""
        return [one.title for one in self.discount_applications if one.kind == "DiscountCodeApplication"]

    @property
    def payment_gateway_names(self) -> list[str]:
        """Return the gateways used, each once."""
        return list(dict.fromkeys(one.gateway for one in self.transactions))

    @property
    def total_received_set(self) -> Bag:
        """Return the money that came in."""
        received = [
            one.amount_set for one in self.transactions if one.kind in {"SALE", "CAPTURE"} and one.status == "SUCCESS"
        ]
        return total(received, self.nothing)

    @property
    def total_refunded_set(self) -> Bag:
        """Return the money that went back."""
        return total([refund.total_refunded_set for refund in self.refunds], self.nothing)

    @property
    def net_payment_set(self) -> Bag:
        """Return what is left of the money."""
        return self.total_received_set - self.total_refunded_set

    @property
    def total_outstanding_set(self) -> Bag:
        """Return what the buyer still owes; negative when we do."""
        return self.standing.total - self.net_payment_set

    @property
    def total_capturable_set(self) -> Bag:
        """Return what is reserved and not yet taken."""
        return total([one.amount_set for one in self.transactions if one.manually_capturable], self.nothing)

    @property
    def requires_shipping(self) -> bool:
        """Say whether anything has to travel."""
        return any(line.requires_shipping for line in self.line_items)

    @property
    def subtotal_line_items_quantity(self) -> int:
        """Return the ordered units, without tips."""
        return sum(line.quantity for line in self.line_items if not line.is_tip)

    @property
    def current_subtotal_line_items_quantity(self) -> int:
        """Return the units that are left, without tips."""
        return sum(line.current_quantity for line in self.line_items if not line.is_tip)

    def weight_g(self, *, now: bool) -> int:
        """Return the weight of everything in grams."""
        grams = Decimal(0)
        for line in self.line_items:
            if line.weight:
                grams += line.weight.value * (line.current_quantity if now else line.quantity)
        return int(grams)


def _sums(order: Order, *, now: bool) -> Sums:
    goods = [line for line in order.line_items if not line.is_tip]
    tips = [line for line in order.line_items if line.is_tip and (line.current_quantity or not now)]
    subtotal = total([line.net_now if now else line.net for line in goods], order.nothing)
    shipping = total(
        [line.current_discounted_price_set if now else line.discounted_price_set for line in order.shipping_lines],
        order.nothing,
    )
    taxed = [tax for line in goods for tax in (line.tax_lines_now if now else line.tax_lines)]
    taxed += [tax for line in order.shipping_lines if not (now and line.refunded) for tax in line.tax_lines]
    tax = total([line.price_set for line in taxed], order.nothing)
    tip = total([line.original_total_set for line in tips], order.nothing)
    whole = subtotal + shipping + tip
    if not order.taxes_included:
        whole += tax
    if order.skew and not (now and order.cancelled_at):
        whole = whole.each(lambda money: money.amount + order.skew)
    return Sums(
        subtotal=subtotal,
        discounts=_discounts(order, goods, now=now),
        cart_discount=_cart_discount(order, goods),
        shipping=shipping,
        tax=tax,
        tip=tip,
        total=whole,
        tax_lines=_grouped(taxed),
    )


def _discounts(order: Order, goods: list[LineItem], *, now: bool) -> Bag:
    """Return every discount, those on shipping included."""
    on_goods = total([line.discount_now if now else line.discount for line in goods], order.nothing)
    on_shipping = [line.original_price_set - line.discounted_price_set for line in order.shipping_lines]
    return on_goods if now and order.cancelled_at else total(on_shipping, on_goods)


def _cart_discount(order: Order, goods: list[LineItem]) -> Bag:
    parts = [
        allocation.allocated_amount_set
        for line in goods
        for allocation in line.discount_allocations
        if allocation.discount_application.for_whole_order
    ]
    return total(parts, order.nothing)


def _grouped(taxes: list[TaxLine]) -> list[TaxLine]:
    """Return one tax line per title and rate, as the order shows them."""
    groups: dict[tuple[str, Decimal], TaxLine] = {}
    for tax in taxes:
        key = (tax.title, tax.rate)
        old = groups.get(key)
        groups[key] = tax if old is None else TaxLine(tax.title, tax.rate, old.price_set + tax.price_set)
    return list(groups.values())

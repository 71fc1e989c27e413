"""What an order charges, for systems that book everything but goods as lines with service products.

How prices are stated, with tax or without and to how many decimals, is the connector's; so is how a discount is shown.
Pure: knows amounts, not ids.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from isthmus.canonical.money import ZERO, Money, smallest_unit
from isthmus.canonical.order import Level, LineDiscount, LineKind, Order, OrderLine, ShippingLine, Tax
from isthmus.canonical.quantity import PIECE

ONE = Decimal(1)


class Role(StrEnum):
    """What a line books; all but goods use a service product."""

    GOODS = "goods"
    SHIPPING = "shipping"
    DISCOUNT = "discount"
    ROUNDING = "rounding"
    TIP = "tip"
    FEE = "fee"


@dataclass(frozen=True, slots=True)
class Charge:
    """One line to be; `price` is that of one unit, as the other system states prices."""

    role: Role
    name: str
    price: Decimal
    quantity: Decimal = ONE
    taxes: tuple[Tax, ...] = ()
    tax: Decimal = ZERO  # what the buyer was charged on it
    item_ref: str = ""
    sku: str = ""
    unit: str = PIECE
    custom: Mapping[str, Any] = field(default_factory=dict[str, Any])  # for fields of the merchant's own


@dataclass(frozen=True, slots=True)
class Extra:
    """What the header charges beyond all lines; only where `taxable` may there be tax in the amount."""

    role: Role
    name: str
    amount: Decimal
    taxes: tuple[Tax, ...] = ()
    taxable: bool = False


def role_of(line: OrderLine) -> Role:
    """Return what a line of an order books."""
    return {LineKind.TIP: Role.TIP, LineKind.FEE: Role.FEE}.get(line.kind, Role.GOODS)


def extras(order: Order) -> Iterator[Extra]:
    """Yield tip and fees of the header beyond those on lines; a duty without a fee is one of its own."""
    if tip := _beyond_lines(order, order.tip, LineKind.TIP):
        yield Extra(Role.TIP, "Tip", tip)
    if fees := _beyond_lines(order, order.fees, LineKind.FEE):
        yield Extra(Role.FEE, "Fee", fees, charged(order.extra_taxes, fees, order.currency), taxable=True)
        return
    for duty in order.extra_taxes:
        if duty.amount:
            yield Extra(Role.FEE, duty.name or "Duty", duty.amount.amount)


def charged(taxes: Sequence[Tax], base: Decimal, currency: str) -> tuple[Tax, ...]:
    """Return the taxes really charged.

    Storefronts list a rate with a zero amount for exempt buyers; booking that rate would charge them. A zero rate
    that matters to the books is a code (R-MON-08) and stays.
    """
    return tuple(
        tax for tax in taxes if tax.code or tax.amount or (tax.rate and not rounded(base * tax.rate, currency))
    )


def expected_tax(charges: Iterable[Charge]) -> Decimal:
    """Return the tax charged to the buyer on these lines."""
    return sum((charge.tax for charge in charges), start=ZERO)


def tax_of(taxes: Iterable[Tax]) -> Decimal:
    """Return what these taxes come to."""
    return sum((tax.amount.amount for tax in taxes), start=ZERO)


def shipping_name(shipping: ShippingLine) -> str:
    """Return what people call a way of shipping."""
    about = dict.fromkeys(filter(None, (shipping.title, shipping.carrier, shipping.method_code)))
    return " / ".join(about) or "Shipping"


def pickup(shipping: ShippingLine) -> str:
    """Return where the goods are picked up, in words, or an empty text."""
    return f"Pick-up point: {shipping.pickup_point}" if shipping.pickup_point else ""


def shipping_discounts(shipping: ShippingLine) -> tuple[LineDiscount, ...]:
    """Return the discount on shipping as those of a line."""
    return (LineDiscount(amount=shipping.discount, level=Level.SHIPPING),) if shipping.discount else ()


def discount_of(parts: Iterable[LineDiscount]) -> Decimal:
    """Return what discounts come to."""
    return sum((part.amount.amount for part in parts), start=ZERO)


def discount_name(parts: Iterable[LineDiscount], sold: str) -> str:
    """Return what a discount on `sold` is called on a line of its own."""
    reasons = dict.fromkeys(label for part in parts for label in (part.code, part.title) if label)
    return f"Discount: {', '.join(reasons) or sold}"


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Return an amount as it can be paid, half a smallest unit rounded up."""
    return amount.quantize(smallest_unit(currency), ROUND_HALF_UP)


def _beyond_lines(order: Order, stated: Money | None, kind: LineKind) -> Decimal:
    if stated is None:
        return ZERO
    listed = sum((line.net_of_discount.amount for line in order.lines if line.kind is kind), start=ZERO)
    return max(ZERO, stated.amount - listed)

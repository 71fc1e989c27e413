"""What a canonical order charges, line by line, in the shape Odoo computes in: quantity x price - percent, plus taxes.

Odoo has no amount of discount on a line, only a percentage of (by default) two decimals, and everything that is not
goods is a line with a service product. Pure: knows amounts, not ids.
Source: sale/models/sale_order_line.py (`_prepare_base_line_for_taxes_computation`), account/models/account_tax.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from isthmus.canonical.money import ZERO, Money, smallest_unit
from isthmus.canonical.order import Level, LineDiscount, LineKind, Order, OrderLine, ShippingLine, Tax
from isthmus.canonical.quantity import PIECE

HUNDRED = Decimal(100)


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
    """One line to be. `price` is gross when the order's prices include tax."""

    role: Role
    name: str
    price: Decimal
    quantity: Decimal = Decimal(1)
    percent: Decimal = ZERO
    taxes: tuple[Tax, ...] = ()
    tax: Decimal = ZERO  # what the buyer was charged on it
    item_ref: str = ""
    sku: str = ""
    unit: str = PIECE

    def amount(self, currency: str) -> Decimal:
        """Return what the line comes to before Odoo adds taxes, as Odoo rounds it."""
        return _rounded(self.quantity * self.price * (1 - self.percent / HUNDRED), currency)


def from_order(order: Order, *, percent_decimals: int = 2) -> list[Charge]:
    """Return every charge of an order. `percent_decimals` is how fine this Odoo keeps a discount."""
    charges: list[Charge] = []
    for line in order.lines:
        if line.quantity:  # an item that was edited away is not sold
            charges += _discounted(_goods(line, order), line.discounts, order.currency, percent_decimals)
    for shipping in order.shipping_lines:
        discounts = [LineDiscount(amount=shipping.discount, level=Level.SHIPPING)] if shipping.discount else []
        charges += _discounted(_shipping(shipping, order), discounts, order.currency, percent_decimals)
    charges += _tip(order)
    charges += _fees(order)
    return charges


def expected_tax(charges: Iterable[Charge]) -> Decimal:
    """Return the tax charged to the buyer on these lines."""
    return sum((charge.tax for charge in charges), start=ZERO)


def rounding(difference: Decimal) -> Charge:
    """Return the line that carries a difference in the open; untaxed, or it would never come out even."""
    return Charge(role=Role.ROUNDING, name="Rounding", price=difference)


def _goods(line: OrderLine, order: Order) -> Charge:
    role = {LineKind.TIP: Role.TIP, LineKind.FEE: Role.FEE}.get(line.kind, Role.GOODS)
    taxes = _charged(line.taxes, line.net_of_discount.amount, order.currency)
    return Charge(
        role=role,
        name="\n".join(filter(None, (line.title or line.sku or role.value, line.note))),
        price=line.unit_price.amount,
        quantity=line.quantity.value,
        taxes=taxes,
        tax=_sum(taxes),
        item_ref=line.item_ref,
        sku=line.sku,
        unit=line.quantity.unit,
    )


def _shipping(shipping: ShippingLine, order: Order) -> Charge:
    taxes = _charged(shipping.taxes, shipping.charged.amount, order.currency)
    about = " / ".join(dict.fromkeys(filter(None, (shipping.title, shipping.carrier, shipping.method_code))))
    point = f"Pick-up point: {shipping.pickup_point}" if shipping.pickup_point else ""
    return Charge(
        role=Role.SHIPPING,
        name="\n".join(filter(None, (about or "Shipping", point))),
        price=shipping.price.amount,
        taxes=taxes,
        tax=_sum(taxes),
    )


def _discounted(
    charge: Charge, discounts: Sequence[LineDiscount], currency: str, percent_decimals: int
) -> list[Charge]:
    """Return the charge with its discount as a percentage when that is exact, else as a line of its own."""
    discount = sum((part.amount.amount for part in discounts), start=ZERO)
    if not discount:
        return [charge]
    gross = charge.quantity * charge.price
    if gross:
        percent = (discount * HUNDRED / gross).quantize(Decimal(1).scaleb(-percent_decimals), ROUND_HALF_UP)
        shown = replace(charge, percent=percent)
        if ZERO < percent <= HUNDRED and shown.amount(currency) == _rounded(gross - discount, currency):
            return [shown]
    reasons = dict.fromkeys(label for part in discounts for label in (part.code, part.title) if label)
    name = f"Discount: {', '.join(reasons) or charge.name.partition(chr(10))[0]}"
    return [charge, Charge(role=Role.DISCOUNT, name=name, price=-discount, taxes=charge.taxes)]


def _tip(order: Order) -> list[Charge]:
    """Return the tip of the header, unless it stands on lines already."""
    rest = _beyond_lines(order, order.tip, LineKind.TIP)
    return [Charge(role=Role.TIP, name="Tip", price=rest)] if rest else []


def _fees(order: Order) -> list[Charge]:
    """Return the header's fees beyond the lines with their taxes; a duty without a fee is a line of its own."""
    rest = _beyond_lines(order, order.fees, LineKind.FEE)
    if rest:
        taxes = _charged(order.extra_taxes, rest, order.currency)
        return [Charge(role=Role.FEE, name="Fee", price=rest, taxes=taxes, tax=_sum(taxes))]
    return [
        Charge(role=Role.FEE, name=tax.name or "Duty", price=tax.amount.amount)
        for tax in order.extra_taxes
        if tax.amount
    ]


def _beyond_lines(order: Order, stated: Money | None, kind: LineKind) -> Decimal:
    if stated is None:
        return ZERO
    listed = sum((line.net_of_discount.amount for line in order.lines if line.kind is kind), start=ZERO)
    return max(ZERO, stated.amount - listed)


def _charged(taxes: Sequence[Tax], base: Decimal, currency: str) -> tuple[Tax, ...]:
    """Return the taxes really charged.

    Storefronts list a rate with a zero amount for exempt buyers; booking that rate would charge them. A zero rate
    that matters to the books is a code (R-MON-08) and stays.
    """
    return tuple(
        tax for tax in taxes if tax.code or tax.amount or (tax.rate and not _rounded(base * tax.rate, currency))
    )


def _sum(taxes: Sequence[Tax]) -> Decimal:
    return sum((tax.amount.amount for tax in taxes), start=ZERO)


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(smallest_unit(currency), ROUND_HALF_UP)

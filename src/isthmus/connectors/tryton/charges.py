"""What a canonical order charges, line by line, in the shape Tryton computes in: quantity x net unit price, plus taxes.

Tryton adds taxes to prices, always; a price stated with tax is taken apart by the rates charged, to as many decimals as
unit prices keep. A discount is a line of its own with the same taxes, so that it is exact and seen. Everything that is
not goods is a line with a service product. Pure: knows amounts, not ids.
Source: sale/sale.py (`on_change_with_amount`), account/tax.py (`_unit_compute`, `_get_taxes`) (8.2).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from enum import StrEnum

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
    """One line to be; `price` is net, of one unit, with as many decimals as Tryton keeps."""

    role: Role
    name: str
    price: Decimal
    quantity: Decimal = ONE
    taxes: tuple[Tax, ...] = ()
    tax: Decimal = ZERO  # what the buyer was charged on it
    item_ref: str = ""
    sku: str = ""
    unit: str = PIECE
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Net:
    """How prices of one charge become net: by which factor, to how many decimals."""

    factor: Decimal
    decimals: int

    def of(self, price: Decimal) -> Decimal:
        """Return a price without the tax in it."""
        net = price / self.factor if self.factor != ONE else price
        return _short(net.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_EVEN))


def from_order(order: Order, *, decimals: int = 4) -> list[Charge]:
    """Return every charge of an order. `decimals` is how many this Tryton keeps of a unit price."""
    charges: list[Charge] = []
    for line in order.lines:
        if line.quantity:  # an item that was edited away is not sold
            charges += _line(line, order, decimals)
    for shipping in order.shipping_lines:
        charges += _shipping(shipping, order, decimals)
    charges += _tip(order)
    charges += _fees(order, decimals)
    return charges


def expected_tax(charges: Iterable[Charge]) -> Decimal:
    """Return the tax charged to the buyer on these lines."""
    return sum((charge.tax for charge in charges), start=ZERO)


def rounding(difference: Decimal) -> Charge:
    """Return the line that carries a difference in the open; untaxed, or it would never come out even."""
    return Charge(role=Role.ROUNDING, name="Rounding", price=_short(difference))


def _line(line: OrderLine, order: Order, decimals: int) -> list[Charge]:
    role = {LineKind.TIP: Role.TIP, LineKind.FEE: Role.FEE}.get(line.kind, Role.GOODS)
    taxes = _charged(line.taxes, line.net_of_discount.amount, order.currency)
    net = _net(order, line.net_of_discount.amount, taxes, decimals)
    sold = Charge(
        role=role,
        name=line.title or line.sku or role.value,
        price=net.of(line.unit_price.amount),
        quantity=line.quantity.value,
        taxes=taxes,
        tax=_sum(taxes),
        item_ref=line.item_ref,
        sku=line.sku,
        unit=line.quantity.unit,
        note=line.note,
    )
    return [sold, *_discount(sold, line.discounts, net)]


def _shipping(shipping: ShippingLine, order: Order, decimals: int) -> list[Charge]:
    taxes = _charged(shipping.taxes, shipping.charged.amount, order.currency)
    net = _net(order, shipping.charged.amount, taxes, decimals)
    about = " / ".join(dict.fromkeys(filter(None, (shipping.title, shipping.carrier, shipping.method_code))))
    sold = Charge(
        role=Role.SHIPPING,
        name=about or "Shipping",
        price=net.of(shipping.price.amount),
        taxes=taxes,
        tax=_sum(taxes),
        note=f"Pick-up point: {shipping.pickup_point}" if shipping.pickup_point else "",
    )
    parts = (LineDiscount(amount=shipping.discount, level=Level.SHIPPING),) if shipping.discount else ()
    return [sold, *_discount(sold, parts, net)]


def _discount(sold: Charge, parts: Sequence[LineDiscount], net: _Net) -> list[Charge]:
    discount = sum((part.amount.amount for part in parts), start=ZERO)
    if not discount:
        return []
    reasons = dict.fromkeys(label for part in parts for label in (part.code, part.title) if label)
    name = f"Discount: {', '.join(reasons) or sold.name}"
    return [Charge(role=Role.DISCOUNT, name=name, price=net.of(-discount), taxes=sold.taxes)]


def _tip(order: Order) -> list[Charge]:
    """Return the tip of the header, unless it stands on lines already."""
    rest = _beyond_lines(order, order.tip, LineKind.TIP)
    return [Charge(role=Role.TIP, name="Tip", price=_short(rest))] if rest else []


def _fees(order: Order, decimals: int) -> list[Charge]:
    """Return the header's fees beyond the lines with their taxes; a duty without a fee is a line of its own."""
    rest = _beyond_lines(order, order.fees, LineKind.FEE)
    if rest:
        taxes = _charged(order.extra_taxes, rest, order.currency)
        price = _net(order, rest, taxes, decimals).of(rest)
        return [Charge(role=Role.FEE, name="Fee", price=price, taxes=taxes, tax=_sum(taxes))]
    return [
        Charge(role=Role.FEE, name=tax.name or "Duty", price=_short(tax.amount.amount))
        for tax in order.extra_taxes
        if tax.amount
    ]


def _beyond_lines(order: Order, stated: Money | None, kind: LineKind) -> Decimal:
    if stated is None:
        return ZERO
    listed = sum((line.net_of_discount.amount for line in order.lines if line.kind is kind), start=ZERO)
    return max(ZERO, stated.amount - listed)


def _net(order: Order, base: Decimal, taxes: Sequence[Tax], decimals: int) -> _Net:
    """Return how to take the tax out of prices: by the rates, or by what was charged where a rate is not told."""
    if not order.prices_include_tax or not taxes:
        return _Net(ONE, decimals)
    rates = [tax.rate for tax in taxes if tax.rate is not None]
    without = base - _sum(taxes)
    if len(rates) < len(taxes) and without:
        return _Net(base / without, decimals)
    return _Net(ONE + sum(rates, start=ZERO), decimals)


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


def _short(amount: Decimal) -> Decimal:
    """Return an amount without zeros at its end: Tryton counts them, and refuses 0.010000 where it keeps four digits.

    Source: trytond 8.2.1, model/modelstorage.py, digits_test.
    """
    return amount.normalize() + ZERO


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(smallest_unit(currency), ROUND_HALF_UP)

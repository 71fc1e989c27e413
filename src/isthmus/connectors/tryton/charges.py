"""What a canonical order charges, line by line, in the shape Tryton computes in: quantity x net unit price, plus taxes.

Tryton adds taxes to prices, always; a price stated with tax is taken apart by the rates charged, to as many decimals as
unit prices keep. A discount is a line of its own with the same taxes, so that it is exact and seen. Everything that is
not goods is a line with a service product. Pure: knows amounts, not ids.
Source: sale/sale.py (`on_change_with_amount`), account/tax.py (`_unit_compute`, `_get_taxes`) (8.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from isthmus.canonical.money import ZERO
from isthmus.canonical.order import LineDiscount, Order, OrderLine, ShippingLine, Tax
from isthmus.craft import charges as craft
from isthmus.craft.charges import ONE, Extra, Role, charged, tax_of


@dataclass(frozen=True, slots=True)
class Charge(craft.Charge):
    """One line to be; `price` is net, of one unit, with as many decimals as Tryton keeps."""

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
    charges += [_extra(extra, order, decimals) for extra in craft.extras(order)]
    return charges


def rounding(difference: Decimal) -> Charge:
    """Return the line that carries a difference in the open; untaxed, or it would never come out even."""
    return Charge(role=Role.ROUNDING, name="Rounding", price=_short(difference))


def _line(line: OrderLine, order: Order, decimals: int) -> list[Charge]:
    role = craft.role_of(line)
    taxes = charged(line.taxes, line.net_of_discount.amount, order.currency)
    net = _net(order, line.net_of_discount.amount, taxes, decimals)
    sold = Charge(
        role=role,
        name=line.title or line.sku or role.value,
        price=net.of(line.unit_price.amount),
        quantity=line.quantity.value,
        taxes=taxes,
        tax=tax_of(taxes),
        item_ref=line.item_ref,
        sku=line.sku,
        unit=line.quantity.unit,
        custom=line.custom,
        note=line.note,
    )
    return [sold, *_discount(sold, line.discounts, net)]


def _shipping(shipping: ShippingLine, order: Order, decimals: int) -> list[Charge]:
    taxes = charged(shipping.taxes, shipping.charged.amount, order.currency)
    net = _net(order, shipping.charged.amount, taxes, decimals)
    sold = Charge(
        role=Role.SHIPPING,
        name=craft.shipping_name(shipping),
        price=net.of(shipping.price.amount),
        taxes=taxes,
        tax=tax_of(taxes),
        note=craft.pickup(shipping),
    )
    return [sold, *_discount(sold, craft.shipping_discounts(shipping), net)]


def _discount(sold: Charge, parts: Sequence[LineDiscount], net: _Net) -> list[Charge]:
    discount = craft.discount_of(parts)
    if not discount:
        return []
    name = craft.discount_name(parts, sold.name)
    return [Charge(role=Role.DISCOUNT, name=name, price=net.of(-discount), taxes=sold.taxes)]


def _extra(extra: Extra, order: Order, decimals: int) -> Charge:
    net = _net(order, extra.amount, extra.taxes, decimals) if extra.taxable else None
    price = net.of(extra.amount) if net else _short(extra.amount)
    return Charge(extra.role, extra.name, price, taxes=extra.taxes, tax=tax_of(extra.taxes))


def _net(order: Order, base: Decimal, taxes: Sequence[Tax], decimals: int) -> _Net:
    """Return how to take the tax out of prices: by the rates, or by what was charged where a rate is not told."""
    if not order.prices_include_tax or not taxes:
        return _Net(ONE, decimals)
    rates = [tax.rate for tax in taxes if tax.rate is not None]
    without = base - tax_of(taxes)
    if len(rates) < len(taxes) and without:
        return _Net(base / without, decimals)
    return _Net(ONE + sum(rates, start=ZERO), decimals)


def _short(amount: Decimal) -> Decimal:
    """Return an amount without zeros at its end: Tryton counts them, and refuses 0.010000 where it keeps four digits.

    Source: trytond 8.2.1, model/modelstorage.py, digits_test.
    """
    return amount.normalize() + ZERO

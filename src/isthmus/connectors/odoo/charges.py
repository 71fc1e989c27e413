"""What a canonical order charges, line by line, in the shape Odoo computes in: quantity x price - percent, plus taxes.

Odoo has no amount of discount on a line, only a percentage of (by default) two decimals, and everything that is not
goods is a line with a service product. Prices are gross when the order's include tax.
Source: sale/models/sale_order_line.py (`_prepare_base_line_for_taxes_computation`), account/models/account_tax.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from isthmus.canonical.money import ZERO
from isthmus.canonical.order import LineDiscount, Order, OrderLine, ShippingLine
from isthmus.craft import charges as craft
from isthmus.craft.charges import Role, charged, rounded, tax_of

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Charge(craft.Charge):
    """One line to be. `price` is gross when the order's prices include tax."""

    percent: Decimal = ZERO

    def amount(self, currency: str) -> Decimal:
        """Return what the line comes to before Odoo adds taxes, as Odoo rounds it."""
        return rounded(self.quantity * self.price * (1 - self.percent / HUNDRED), currency)


def from_order(order: Order, *, percent_decimals: int = 2) -> list[Charge]:
    """Return every charge of an order. `percent_decimals` is how fine this Odoo keeps a discount."""
    charges: list[Charge] = []
    for line in order.lines:
        if line.quantity:  # an item that was edited away is not sold
            charges += _discounted(_goods(line, order), line.discounts, order.currency, percent_decimals)
    for shipping in order.shipping_lines:
        discounts = craft.shipping_discounts(shipping)
        charges += _discounted(_shipping(shipping, order), discounts, order.currency, percent_decimals)
    for extra in craft.extras(order):
        charges.append(Charge(extra.role, extra.name, price=extra.amount, taxes=extra.taxes, tax=tax_of(extra.taxes)))
    return charges


def rounding(difference: Decimal) -> Charge:
    """Return the line that carries a difference in the open; untaxed, or it would never come out even."""
    return Charge(role=Role.ROUNDING, name="Rounding", price=difference)


def _goods(line: OrderLine, order: Order) -> Charge:
    role = craft.role_of(line)
    taxes = charged(line.taxes, line.net_of_discount.amount, order.currency)
    return Charge(
        role=role,
        name="\n".join(filter(None, (line.title or line.sku or role.value, line.note))),
        price=line.unit_price.amount,
        quantity=line.quantity.value,
        taxes=taxes,
        tax=tax_of(taxes),
        item_ref=line.item_ref,
        sku=line.sku,
        unit=line.quantity.unit,
        custom=line.custom,
    )


def _shipping(shipping: ShippingLine, order: Order) -> Charge:
    taxes = charged(shipping.taxes, shipping.charged.amount, order.currency)
    return Charge(
        role=Role.SHIPPING,
        name="\n".join(filter(None, (craft.shipping_name(shipping), craft.pickup(shipping)))),
        price=shipping.price.amount,
        taxes=taxes,
        tax=tax_of(taxes),
    )


def _discounted(
    charge: Charge, discounts: Sequence[LineDiscount], currency: str, percent_decimals: int
) -> list[Charge]:
    """Return the charge with its discount as a percentage when that is exact, else as a line of its own."""
    discount = craft.discount_of(discounts)
    if not discount:
        return [charge]
    gross = charge.quantity * charge.price
    if gross:
        percent = (discount * HUNDRED / gross).quantize(Decimal(1).scaleb(-percent_decimals), ROUND_HALF_UP)
        shown = replace(charge, percent=percent)
        if ZERO < percent <= HUNDRED and shown.amount(currency) == rounded(gross - discount, currency):
            return [shown]
    name = craft.discount_name(discounts, charge.name.partition("\n")[0])
    return [charge, Charge(role=Role.DISCOUNT, name=name, price=-discount, taxes=charge.taxes)]

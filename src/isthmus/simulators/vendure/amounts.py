"""What the lines of an order add up to: totals, discounts, taxes.

Source: https://docs.vendure.io/guides/core-concepts/taxes/ (3.5), service/helpers/order-calculator and entity/order of
@vendure/core 3.5.5; figures checked against a running 3.5.5.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from isthmus.simulators.vendure.arithmetic import prorated, rounded
from isthmus.simulators.vendure.lines import DISTRIBUTED, ITEM, OTHER, Adjustment, Line, ShippingLine
from isthmus.simulators.vendure.orders import Order


@dataclass(slots=True)
class TaxRow:
    """A tax, what it is reckoned from and what it comes to."""

    TYPENAME: ClassVar[str] = "OrderTaxSummary"

    description: str
    tax_rate: float
    tax_base: int = 0
    tax_total: int = 0


@dataclass(slots=True)
class Discount:
    """What one cause took off, as the API shows it."""

    TYPENAME: ClassVar[str] = "Discount"

    adjustment_source: str
    type: str
    description: str
    amount: int = 0
    amount_with_tax: int = 0


def recalculate(order: Order) -> None:
    """Add an order up anew."""
    order.sub_total = sum(one.prorated_line_price for one in order.lines) + sum(one.price for one in order.surcharges)
    order.sub_total_with_tax = (
        sum(one.prorated_line_price_with_tax for one in order.lines)
        + sum(one.price_with_tax for one in order.surcharges)
        + order.skew
    )
    order.shipping = sum(one.discounted_price for one in order.shipping_lines)
    order.shipping_with_tax = sum(one.discounted_price_with_tax for one in order.shipping_lines)


def take_off_line(line: Line, source: str, description: str, percent: int) -> None:
    """Take a percentage off one line."""
    amount = -rounded(line.list_price * line.quantity * percent / 100)
    _adjust(line, Adjustment(source, ITEM, description, amount))


def take_off_order(order: Order, source: str, description: str, percent: int) -> None:
    """Take a percentage off all lines together; every line bears its share."""
    listed = [
        one.prorated_line_price_with_tax if order.includes_tax else one.prorated_line_price for one in order.lines
    ]
    amount = -rounded(sum(listed) * percent / 100)
    weights = [one.prorated_line_price_with_tax if one.quantity else 0 for one in order.lines]
    for line, share in zip(order.lines, prorated(weights, amount), strict=True):
        _adjust(line, Adjustment(source, DISTRIBUTED, description, share))


def cancel_shipping(line: ShippingLine) -> None:
    """Take the net price off the listed one, whatever it is listed in: a gross one leaves its tax behind (3.5.5)."""
    line.adjustments.append(Adjustment("CANCEL_ORDER", OTHER, "shipping cancellation", -line.discounted_price))


def line_discounts(line: Line) -> list[Discount]:
    """Return what was taken off a line, for the units it still has."""
    units = max(line.order_placed_quantity, line.quantity)
    rows = ((one, one.amount / units * line.quantity if units else 0) for one in line.adjustments)
    return _grouped((one, rounded(line.net(left)), rounded(line.gross(left))) for one, left in rows)


def shipping_discounts(line: ShippingLine) -> list[Discount]:
    """Return what was taken off delivery."""
    return _grouped((one, rounded(line.net(one.amount)), rounded(line.gross(one.amount))) for one in line.adjustments)


def order_discounts(order: Order) -> list[Discount]:
    """Return every cause once, with what it took off everywhere."""
    parts = [found for one in order.lines for found in line_discounts(one)]
    parts += [found for one in order.shipping_lines for found in shipping_discounts(one)]
    whole: dict[str, Discount] = {}
    for one in parts:
        row = whole.setdefault(one.adjustment_source, Discount(one.adjustment_source, one.type, one.description))
        row.amount += one.amount
        row.amount_with_tax += one.amount_with_tax
    return list(whole.values())


def tax_summary(order: Order) -> list[TaxRow]:
    """Return each tax with its base: goods, delivery and surcharges by what each is called and its rate."""
    taxed = [(one.tax_lines, one.prorated_line_price, one.prorated_line_price_with_tax) for one in order.lines]
    taxed += [(one.tax_lines, one.discounted_price, one.discounted_price_with_tax) for one in order.shipping_lines]
    taxed += [(one.tax_lines, one.price, one.price_with_tax) for one in order.surcharges]
    rows: dict[tuple[str, float], TaxRow] = {}
    for taxes, net, gross in taxed:
        together = sum(one.tax_rate for one in taxes)
        for one in taxes:
            share = one.tax_rate / together if one.tax_rate > 0 else 0
            row = rows.setdefault((one.description, one.tax_rate), TaxRow(one.description, one.tax_rate))
            row.tax_base += net
            row.tax_total += rounded((gross - net) * share)
    return list(rows.values())


def _grouped(rows: Iterable[tuple[Adjustment, int, int]]) -> list[Discount]:
    found: dict[str, Discount] = {}
    for one, net, gross in rows:
        row = found.setdefault(one.source, Discount(one.source, one.type, one.description))
        row.amount += net
        row.amount_with_tax += gross
    return list(found.values())


def _adjust(line: Line, wanted: Adjustment) -> None:
    """Take off no more than there is."""
    least = -(line.prorated_line_price_with_tax if line.includes_tax else line.prorated_line_price)
    amount = max(least, wanted.amount)
    if amount:
        line.adjustments.append(Adjustment(wanted.source, wanted.type, wanted.description, amount))

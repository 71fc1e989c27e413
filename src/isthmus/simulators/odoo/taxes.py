"""Odoo's tax arithmetic: percentages and fixed amounts, inside or on top of the price.

Two ways to round exist side by side. "Per line" rounds every line first and adds up; it is the
default up to 18. "Globally" adds up raw amounts per tax and rounds the sums; it is the default of
19 (`account/models/company.py`), where lines need not add up to the order's total.
Source: `account/models/account_tax.py` (19.0), compared with a running server.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
HUNDRED = Decimal(100)
_NOISE = Decimal("0.0000000001")


@dataclass(frozen=True, slots=True)
class Rate:
    """One tax of a line."""

    tax_id: int
    amount: Decimal
    included: bool
    fixed: bool = False
    feeds_next: bool = False  # "affect base of subsequent taxes"


@dataclass(frozen=True, slots=True)
class Share:
    """What one line contributes, not yet rounded when rounding is global."""

    untaxed: Decimal
    taxes: tuple[tuple[Rate, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """Untaxed amount, tax and their sum."""

    untaxed: Decimal
    tax: Decimal
    total: Decimal


def nearest(value: Decimal, rounding: Decimal) -> Decimal:
    """Return the multiple of `rounding` nearest to `value`, half away from zero."""
    steps = (value / rounding).quantize(_NOISE, ROUND_HALF_UP).quantize(Decimal(1), ROUND_HALF_UP)
    return steps * rounding


def share(price: Decimal, quantity: Decimal, rates: list[Rate], rounding: Decimal, *, per_line: bool) -> Share:
    """Split a line into its untaxed amount and its taxes; `price` is after discount."""
    gross = price * quantity
    if per_line:
        gross = nearest(gross, rounding)
    amounts: list[tuple[Rate, Decimal]] = []
    untaxed = gross
    included = [rate for rate in rates if rate.included]
    if included:
        fixed = sum((rate.amount * quantity for rate in included if rate.fixed), ZERO)
        percent = sum((rate.amount for rate in included if not rate.fixed), ZERO)
        net = (gross - fixed) / (1 + percent / HUNDRED)
        for rate in included:
            amount = rate.amount * quantity if rate.fixed else net * rate.amount / HUNDRED
            amounts.append((rate, nearest(amount, rounding) if per_line else amount))
        untaxed = gross - sum((amount for _, amount in amounts), ZERO)
    base = untaxed
    for rate in (rate for rate in rates if not rate.included):
        amount = rate.amount * quantity if rate.fixed else base * rate.amount / HUNDRED
        amount = nearest(amount, rounding) if per_line else amount
        amounts.append((rate, amount))
        base += amount if rate.feeds_next else ZERO
    return Share(untaxed, tuple(amounts))


def line_totals(line: Share, rounding: Decimal) -> Totals:
    """Return what the line shows; each part is rounded on its own, so 59.97 can show as 59.98."""
    untaxed = nearest(line.untaxed, rounding)
    tax = sum((nearest(amount, rounding) for _, amount in line.taxes), ZERO)
    return Totals(untaxed, tax, untaxed + tax)


def order_totals(lines: list[Share], rounding: Decimal) -> Totals:
    """Return what the order shows: taxes rounded per tax, the base so that the rest stays whole."""
    per_tax: dict[int, Decimal] = {}
    on_top = False
    for line in lines:
        for rate, amount in line.taxes:
            per_tax[rate.tax_id] = per_tax.get(rate.tax_id, ZERO) + amount
            on_top = on_top or (not rate.included and nearest(amount, rounding) != ZERO)
    tax = sum((nearest(amount, rounding) for amount in per_tax.values()), ZERO)
    raw = sum((line.untaxed for line in lines), ZERO)
    untaxed = nearest(raw, rounding) if on_top else nearest(raw + sum(per_tax.values(), ZERO), rounding) - tax
    return Totals(untaxed, tax, untaxed + tax)

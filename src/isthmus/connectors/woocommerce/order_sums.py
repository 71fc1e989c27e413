"""Amounts of an order at the currency's smallest unit, so that the parts make the sums the shop states.

WooCommerce keeps parts finer than it charges them (a net price taken out of a gross one, tax of a line), and states
sums that were rounded once. What rounding leaves over is settled on the parts that were rounded furthest away; a
greater difference is no rounding, and is left for the totals check to find.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#order-properties (REST v3: `dp`)
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from isthmus.canonical.money import Money, smallest_unit

NONE = Decimal(0)
#: Digits of a unit price that does not come out even; with them, a line of 100,000 pieces is exact to the cent.
_FINE = Decimal("1e-8")


def amount(text: str | None) -> Decimal:
    """Return an amount as it stands in `taxes`: empty means none. Raises `ValueError`."""
    try:
        found = Decimal(text) if text else NONE
    except InvalidOperation:
        message = f"not an amount: {text!r}"
        raise ValueError(message) from None
    return checked(found)


def checked(figure: Decimal) -> Decimal:
    """Return an amount that can be computed with. Raises `ValueError`."""
    return Money(figure, "EUR").amount


def rounded(figure: Decimal, currency: str) -> Decimal:
    """Return an amount at the smallest unit, half away from zero."""
    return figure.quantize(smallest_unit(currency), ROUND_HALF_UP)


def settled(parts: Sequence[Decimal], stated: Decimal, currency: str) -> tuple[Decimal, ...]:
    """Return the parts rounded, corrected by one smallest unit where that makes the `stated` sum."""
    plain = [rounded(part, currency) for part in parts]
    unit = smallest_unit(currency)
    short = rounded(stated, currency) - sum(plain, start=NONE)
    steps = int(abs(short) / unit)
    if not steps or steps > len(plain):
        return tuple(plain)
    step = unit if short > 0 else -unit
    furthest = sorted(range(len(plain)), key=lambda at: (parts[at] - plain[at]) * step, reverse=True)
    for at in furthest[:steps]:
        plain[at] += step
    return tuple(plain)


def share(figure: Decimal, part: Decimal, whole: Decimal, currency: str) -> Decimal:
    """Return what of an amount falls on `part` of `whole`; the whole stays as it is."""
    return figure if part == whole or not whole else rounded(figure * part / whole, currency)


def each(figure: Decimal, quantity: Decimal) -> Decimal:
    """Return what one of so many costs."""
    if not quantity:
        return figure
    quotient = figure / quantity
    even = quotient.quantize(_FINE, ROUND_HALF_UP)
    # Written without an exponent, so that 160 is 160 and not 1.6E+2.
    return Decimal(f"{even.normalize():f}")

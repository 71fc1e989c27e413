"""Amounts of Vendure: whole numbers of a unit that is the same in every currency.

`MoneyStrategy.precision` says how many decimals an amount has (2 unless the shop set another), whatever ISO 4217 says:
1000 yen are 100000 where it is 2. Source:
https://docs.vendure.io/reference/typescript-api/money/money-strategy/ (3.5)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from isthmus.canonical.money import Money

NONE = Decimal(0)
ONE = Decimal(1)
#: Digits of a unit price that does not come out even; with them, a line of 100,000 pieces is exact to the cent.
_FINE = Decimal("1e-8")


@dataclass(frozen=True, slots=True)
class Purse:
    """How amounts of one order, or of one shop, are written."""

    currency: str
    precision: int

    def money(self, figure: Decimal) -> Money:
        """Return an amount. Raises `ValueError` for one that is none."""
        return Money(figure.scaleb(-self.precision), self.currency)


def whole(figure: Decimal) -> Decimal:
    """Return a figure that may have come unrounded at the unit, half away from zero."""
    return figure.quantize(ONE, ROUND_HALF_UP)


def each(figure: Decimal, quantity: Decimal) -> Decimal:
    """Return what one of so many costs."""
    even = (figure / quantity).quantize(_FINE, ROUND_HALF_UP)
    # Written without an exponent, so that 160 is 160 and not 1.6E+2.
    return Decimal(f"{even.normalize():f}")


def shares(figure: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Return a figure in whole parts by weight (one at least); the heaviest takes what rounding leaves over."""
    sum_ = sum(weights, start=NONE)
    if not sum_:
        return [figure, *([NONE] * (len(weights) - 1))]
    parts = [whole(figure * weight / sum_) for weight in weights]
    heaviest = max(range(len(weights)), key=lambda at: abs(weights[at]))
    parts[heaviest] += figure - sum(parts, start=NONE)
    return parts

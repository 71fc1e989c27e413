"""Amounts of money, exact to the currency's smallest unit.

The exponent of each currency is ISO 4217's (list one, 2026-01-01): most have two decimals,
those below have none or three. Binary floating point never touches an amount.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Self

import msgspec
from babel.numbers import list_currencies

_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENTS: dict[str, int] = {**dict.fromkeys(_NO_DECIMALS.split(), 0), **dict.fromkeys(_THREE_DECIMALS.split(), 3)}
_KNOWN = frozenset(list_currencies())
ZERO = Decimal(0)


#: Places after and before the point, as powers of ten. Beyond, exact arithmetic fails or takes for ever.
FINEST, LARGEST = -30, 18


class Money(msgspec.Struct, frozen=True, order=False):
    """An amount in one currency; `currency` is an ISO 4217 code.

    More decimals than the currency has are allowed (unit prices are often quoted finer);
    `rounded` brings an amount to what can be paid.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        """Refuse what is not an amount. Raises `ValueError`."""
        if not self.amount.is_finite() or not FINEST <= self.amount.adjusted() <= LARGEST:
            message = f"not an amount: {self.amount}"
            raise ValueError(message)
        if self.currency not in _KNOWN:
            message = f"not an ISO 4217 currency code: {self.currency!r}"
            raise ValueError(message)

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """Read an amount as systems write it, such as `"12.50"`. Raises `ValueError`."""
        try:
            return cls(Decimal(text), currency)
        except InvalidOperation:
            message = f"not an amount: {text!r}"
            raise ValueError(message) from None

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Return no money, in `currency`."""
        return cls(ZERO, currency)

    @classmethod
    def total(cls, amounts: Iterable["Money"], currency: str) -> "Money":
        """Add amounts up; an empty sum is zero `currency`. Raises `ValueError` for mixed currencies."""
        return sum(amounts, start=Money.zero(currency))

    def rounded(self) -> "Money":
        """Return the amount at the currency's smallest unit, half away from zero."""
        return Money(self.amount.quantize(smallest_unit(self.currency), ROUND_HALF_UP), self.currency)

    def __add__(self, other: "Money") -> "Money":
        """Add an amount of the same currency."""
        return Money(self.amount + self._same(other).amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """Take an amount of the same currency away."""
        return Money(self.amount - self._same(other).amount, self.currency)

    def __mul__(self, factor: Decimal) -> "Money":
        """Multiply by a plain number, such as a quantity."""
        return Money(self.amount * factor, self.currency)

    def __neg__(self) -> "Money":
        """Turn the sign."""
        return Money(-self.amount, self.currency)

    def __bool__(self) -> bool:
        """Tell whether there is any money at all."""
        return self.amount != 0

    def __str__(self) -> str:
        """Return e.g. `12.50 EUR`, with at least the currency's decimals."""
        shown = self.amount
        unit = smallest_unit(self.currency)
        if shown == shown.quantize(unit):
            shown = shown.quantize(unit)
        return f"{shown:f} {self.currency}"

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            message = f"{self.currency} and {other.currency} do not add up"
            raise ValueError(message)
        return other


def exponent(currency: str) -> int:
    """Return the number of decimals of a currency by ISO 4217: 0, 2 or 3."""
    return _EXPONENTS.get(currency, 2)


def smallest_unit(currency: str) -> Decimal:
    """Return the smallest payable amount, such as `Decimal("0.01")`."""
    return Decimal(1).scaleb(-exponent(currency))

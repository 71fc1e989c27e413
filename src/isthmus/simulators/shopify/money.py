"""Amounts the way Shopify keeps them: in the shop's currency and in the buyer's, side by side.

Each side is rounded by its own currency, so a sum holds exactly in both.
Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/MoneyBag
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import ClassVar

NONE = Decimal(0)
_CENT = Decimal("0.01")
_WHOLE = Decimal(1)
#: ISO 4217 currencies without a minor unit, of those this shop knows.
_WITHOUT_CENTS = frozenset({"JPY"})


def smallest(currency: str) -> Decimal:
    """Return the smallest amount that exists in `currency`."""
    return _WHOLE if currency in _WITHOUT_CENTS else _CENT


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Round half up to what exists in `currency`."""
    return amount.quantize(smallest(currency), ROUND_HALF_UP)


def split(amount: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Divide `amount` by `weights` so that the parts sum to it (largest remainder)."""
    whole = sum(weights, NONE)
    if not whole:
        return [NONE for _ in weights]
    step = smallest(currency)
    exact = [amount * weight / whole for weight in weights]
    parts = [part.quantize(step, ROUND_FLOOR) for part in exact]
    missing = int((amount - sum(parts, NONE)) / step)
    by_remainder = sorted(range(len(parts)), key=lambda i: parts[i] - exact[i])
    for index in by_remainder[:missing]:
        parts[index] += step
    return parts


@dataclass(frozen=True, slots=True)
class MoneyV2:
    """An amount in one currency."""

    TYPENAME: ClassVar[str] = "MoneyV2"

    amount: Decimal
    currency_code: str


@dataclass(frozen=True, slots=True)
class Bag:
    """The same worth in the shop's and in the buyer's currency; one object when they are the same."""

    shop_money: MoneyV2
    presentment_money: MoneyV2

    def __add__(self, other: "Bag") -> "Bag":
        """Add side by side."""
        return self._with(other, lambda a, b: a + b)

    def __sub__(self, other: "Bag") -> "Bag":
        """Subtract side by side."""
        return self._with(other, lambda a, b: a - b)

    def __bool__(self) -> bool:
        """Say whether there is any worth in it."""
        return bool(self.shop_money.amount)

    def scaled(self, factor: Decimal | int) -> "Bag":
        """Multiply both sides, each rounded by its currency."""
        return self.each(lambda money: rounded(money.amount * factor, money.currency_code))

    def each(self, change: Callable[[MoneyV2], Decimal]) -> "Bag":
        """Return a bag whose sides are `change` of these."""
        shop = MoneyV2(change(self.shop_money), self.shop_money.currency_code)
        if self.presentment_money is self.shop_money:
            return Bag(shop, shop)
        buyer = MoneyV2(change(self.presentment_money), self.presentment_money.currency_code)
        return Bag(shop, buyer)

    def parts(self, weights: "Sequence[Bag]") -> "list[Bag]":
        """Divide both sides by the weights' own sides; the parts sum to the whole on each."""
        shop = _sides(self.shop_money, [weight.shop_money for weight in weights])
        if self.presentment_money is self.shop_money:
            return [Bag(part, part) for part in shop]
        buyer = _sides(self.presentment_money, [weight.presentment_money for weight in weights])
        return [Bag(a, b) for a, b in zip(shop, buyer, strict=True)]

    def _with(self, other: "Bag", change: Callable[[Decimal, Decimal], Decimal]) -> "Bag":
        a, b = self.shop_money, other.shop_money
        shop = MoneyV2(change(a.amount, b.amount), a.currency_code)
        if self.presentment_money is a and other.presentment_money is b:
            return Bag(shop, shop)
        c, d = self.presentment_money, other.presentment_money
        return Bag(shop, MoneyV2(change(c.amount, d.amount), c.currency_code))


def _sides(money: MoneyV2, weights: Sequence[MoneyV2]) -> list[MoneyV2]:
    amounts = split(money.amount, [weight.amount for weight in weights], money.currency_code)
    return [MoneyV2(amount, money.currency_code) for amount in amounts]


@dataclass(frozen=True, slots=True)
class Currencies:
    """What one order is kept in; `rate` and `buyer_rate` turn a list price in EUR into each."""

    shop: str
    buyer: str
    rate: Decimal = Decimal(1)
    buyer_rate: Decimal = Decimal(1)

    def bag(self, list_price: Decimal) -> Bag:
        """Return a list price in both currencies."""
        shop = MoneyV2(rounded(list_price * self.rate, self.shop), self.shop)
        if self.buyer == self.shop:
            return Bag(shop, shop)
        return Bag(shop, MoneyV2(rounded(list_price * self.buyer_rate, self.buyer), self.buyer))


def total(bags: Sequence[Bag], nothing: Bag) -> Bag:
    """Return the sum of `bags`, `nothing` when there are none."""
    result = nothing
    for bag in bags:
        result += bag
    return result

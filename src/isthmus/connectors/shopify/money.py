"""Amounts of an order, and what is left of them after edits.

Shopify states discounts and taxes of a line including removed and refunded units. What falls on the
units that remain is their share, rounded to the smallest unit; where Shopify also states the sum
after edits, the last units of rounding are settled on it.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/LineItem (`discountAllocations`,
`taxLines`: "including ... refunded and removed quantities")
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from isthmus.canonical.money import Money, smallest_unit
from isthmus.connectors.shopify.wire import Bag


def money(bag: Bag) -> Money:
    """Return the amount in the shop's currency, in which orders are booked."""
    return Money(bag.shop_money.amount, bag.shop_money.currency_code)


def share(amount: Money, part: Decimal, whole: Decimal) -> Money:
    """Return what of `amount` falls on `part` of `whole`, at the smallest unit; the whole stays as stated."""
    if part == whole or not whole:
        return amount
    unit = smallest_unit(amount.currency)
    return Money((amount.amount * part / whole).quantize(unit, ROUND_HALF_UP), amount.currency)


def settled(shares: Sequence[Money], fixed: Money, stated: Money) -> tuple[Money, ...]:
    """Return `shares`, corrected so that with `fixed` they make the `stated` sum.

    Each share may be off by one smallest unit of rounding and no more: a greater difference is not
    rounding, and is left for the totals check to find.
    """
    unit = smallest_unit(stated.currency)
    short = stated - fixed - Money.total(shares, stated.currency)
    if not short or abs(short.amount) > unit * len(shares):
        return tuple(shares)
    step = Money(unit if short.amount > 0 else -unit, stated.currency)
    corrected = list(shares)
    # Largest first: a cent is the smallest distortion there.
    for index in sorted(range(len(shares)), key=lambda at: -shares[at].amount)[: int(abs(short.amount) / unit)]:
        corrected[index] = corrected[index] + step
    return tuple(corrected)

"""Vendure's own arithmetic: amounts are whole minor units, what lies between them is double precision.

Doubles are the vendor's, not ours: its answers can only be had to the cent by reckoning as it does.
Source: @vendure/core 3.5.5, common/tax-utils, config/entity/default-money-strategy (`Math.round(value * quantity)`),
service/helpers/order-calculator/prorate; checked against a running 3.5.5.
"""

import math
from collections.abc import Sequence


def rounded(value: float, quantity: int = 1) -> int:
    """Round half up, as JavaScript does, after multiplying."""
    return math.floor(value * quantity + 0.5)


def net_of(gross: float, rate: float) -> float:
    """Return what is left of an amount without the tax in it; `rate` in percent. Not rounded."""
    return gross - (gross - gross / ((100 + rate) / 100))


def gross_of(net: float, rate: float) -> float:
    """Return an amount with tax; `rate` in percent. Not rounded."""
    return net + net * (rate / 100)


def prorated(weights: Sequence[float], amount: int) -> list[int]:
    """Share a whole amount out by weight, so that the shares add up to it."""
    total = sum(weights)
    exact = [amount / len(weights) if total == 0 else amount * (weight / total) for weight in weights]
    shares = [math.floor(one) for one in exact]
    left = [one - share for one, share in zip(exact, shares, strict=True)]
    for _ in range(amount - sum(shares)):
        most = max(range(len(left)), key=left.__getitem__)
        shares[most] += 1
        left[most] -= 1
    return shares

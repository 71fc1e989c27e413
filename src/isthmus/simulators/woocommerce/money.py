"""Amounts: kept exact to six decimals, shown with as many as the shop's prices have.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#order-properties (REST v3, `dp`): amounts are strings.
WooCommerce rounds tax half down where prices include it, and everything else half up.
"""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from typing import Any

ZERO = Decimal(0)
_PRECISION = Decimal("0.000001")
_NO_PRICE = re.compile(r"\.(?=.*\.)|[^0-9.\-]")


def rounded(amount: Decimal, decimals: int) -> Decimal:
    """Round to the shop's decimals."""
    return amount.quantize(_unit(decimals), ROUND_HALF_UP)


def rounded_tax(amount: Decimal, decimals: int, *, included: bool) -> Decimal:
    """Round a tax amount; half a cent goes down where prices include tax."""
    return amount.quantize(_unit(decimals), ROUND_HALF_DOWN if included else ROUND_HALF_UP)


@cache
def _unit(decimals: int) -> Decimal:
    return Decimal(1).scaleb(-decimals)


def exact(amount: Decimal) -> Decimal:
    """Keep what the database keeps."""
    return amount.quantize(_PRECISION, ROUND_HALF_UP)


def shown(amount: Decimal, decimals: int) -> str:
    """Return an amount as the API shows it."""
    return format(rounded(amount, decimals), "f")


def bare(amount: Decimal) -> str:
    """Return an amount with as many decimals as it needs."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def price(text: Any) -> str:
    """Return a price as it is kept: with a point, all other marks dropped, and nothing if that is then no number.

    A comma is the decimal mark of this shop, so `1.234,50` is understood.
    """
    kept = _NO_PRICE.sub("", str(text).replace(",", "."))
    try:
        Decimal(kept)
    except InvalidOperation:
        return ""
    return kept


def decimal(text: Any) -> Decimal:
    """Return the number a field holds; nothing is zero."""
    kept = price(text) if text is not None else ""
    return Decimal(kept) if kept else ZERO


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Return the sum, exactly."""
    return sum(amounts, ZERO)

"""Exact arithmetic for expressions: an answer that had to be rounded unasked is no answer."""

from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from typing import Any

#: More digits than any amount or quantity has; beyond them a sum would no longer be exact.
DIGITS = 60
#: Powers of ten between which numbers stay, so that none of them takes longer to reckon with than another.
FINEST, LARGEST = -40, 40
_EXACT = Context(prec=DIGITS, traps=[InvalidOperation, DivisionByZero, Overflow, Inexact])
#: A third has no end: division is carried to so many digits.
_DIVIDING = Context(prec=34, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero, Overflow])
plus, minus, times = _EXACT.add, _EXACT.subtract, _EXACT.multiply
divided, whole_part, remainder = _DIVIDING.divide, _EXACT.divide_int, _EXACT.remainder


def held(number: Decimal) -> Decimal:
    """Return the number. Raises `ValueError` for one that is not finite or beyond what is reckoned with."""
    if (
        not number.is_finite()
        or (number and not FINEST <= number.adjusted() <= LARGEST)
        or len(number.as_tuple().digits) > DIGITS
    ):
        message = "a number that is too large, too fine, or none"
        raise ValueError(message)
    return number


def parsed(text: str) -> Decimal:
    """Return the number a text says, such as "1250.50". Raises `ValueError`."""
    written = text.strip()
    if len(written) > DIGITS or not written.isascii() or "_" in written:
        message = "not a number"
        raise ValueError(message)
    try:
        return held(Decimal(written))
    except InvalidOperation:
        message = "not a number"
        raise ValueError(message) from None


def number_of(value: Any) -> Decimal:
    """Return a value as a number: a whole number or the text of one. Raises `TypeError` and `ValueError`."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return held(Decimal(value))
    if isinstance(value, str):
        return parsed(value)
    message = "not a number"
    raise TypeError(message)


def rounded(number: Decimal, places: Decimal = Decimal(0)) -> Decimal:
    """Return the number with so many decimals, half away from zero."""
    return _quantized(number, places, ROUND_HALF_UP)


def floor(number: Decimal, places: Decimal = Decimal(0)) -> Decimal:
    """Return the number cut down to so many decimals."""
    return _quantized(number, places, ROUND_FLOOR)


def ceiling(number: Decimal, places: Decimal = Decimal(0)) -> Decimal:
    """Return the number raised to so many decimals."""
    return _quantized(number, places, ROUND_CEILING)


def _quantized(number: Decimal, places: Decimal, how: str) -> Decimal:
    if places != int(places) or not 0 <= places <= -FINEST // 2:
        message = "decimals are a whole number from 0 to 20"
        raise ValueError(message)
    return number.quantize(Decimal(1).scaleb(-int(places)), how, _DIVIDING_WIDE)


_DIVIDING_WIDE = Context(prec=DIGITS + 20, traps=[InvalidOperation])

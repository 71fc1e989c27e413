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
    Subnormal,
)
from typing import Any

from isthmus.mapping.errors import NoAnswer

#: More digits than any amount or quantity has; beyond them a sum would no longer be exact.
DIGITS = 60
#: Powers of ten between which numbers stay, so that none of them takes longer to reckon with than another.
FINEST, LARGEST = -40, 40
_EXACT = Context(
    prec=DIGITS, Emin=FINEST, Emax=LARGEST, traps=[InvalidOperation, DivisionByZero, Overflow, Subnormal, Inexact]
)
#: A text longer than this is no number, whatever spaces are around it.
_LONGEST, _BITS = 1_000, 200
#: A third has no end: division is carried to so many digits.
_DIVIDING = Context(
    prec=34,
    rounding=ROUND_HALF_UP,
    Emin=FINEST,
    Emax=LARGEST,
    traps=[InvalidOperation, DivisionByZero, Overflow, Subnormal],
)
plus, minus, times = _EXACT.add, _EXACT.subtract, _EXACT.multiply
divided, whole_part, remainder = _DIVIDING.divide, _EXACT.divide_int, _EXACT.remainder


def held(number: Decimal) -> Decimal:
    """Return the number. Raises `NoAnswer` for one that is not finite or beyond what is reckoned with."""
    if not number.is_finite() or not FINEST <= number.adjusted() <= LARGEST or len(number.as_tuple().digits) > DIGITS:
        message = "a number that is too large, too fine, or none"
        raise NoAnswer(message)
    return number


def whole_number(value: int) -> Decimal:
    """Return a whole number. Raises `NoAnswer` for one that is too large."""
    if value.bit_length() > _BITS:  # before its digits are reckoned, which takes longer than in proportion
        message = "a number that is too large"
        raise NoAnswer(message)
    return held(Decimal(value))


def parsed(text: str) -> Decimal:
    """Return the number a text says, such as "1250.50". Raises `NoAnswer`."""
    written = text.strip() if len(text) <= _LONGEST else text
    if len(written) > DIGITS or not written.isascii() or "_" in written:
        message = "not a number"
        raise NoAnswer(message)
    try:
        return held(Decimal(written))
    except InvalidOperation:
        message = "not a number"
        raise NoAnswer(message) from None


def number_of(value: Any) -> Decimal:
    """Return a value as a number: a whole number or the text of one. Raises `NoAnswer`."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return whole_number(value)
    if isinstance(value, str):
        return parsed(value)
    message = "not a number"
    raise NoAnswer(message)


def rounded(number: Any, places: Any = Decimal(0)) -> Decimal:
    """Return the number with so many decimals, half away from zero."""
    return _quantized(number, places, ROUND_HALF_UP)


def floor(number: Any, places: Any = Decimal(0)) -> Decimal:
    """Return the number cut down to so many decimals."""
    return _quantized(number, places, ROUND_FLOOR)


def ceiling(number: Any, places: Any = Decimal(0)) -> Decimal:
    """Return the number raised to so many decimals."""
    return _quantized(number, places, ROUND_CEILING)


def _quantized(number: Any, places: Any, how: str) -> Decimal:
    if not isinstance(number, Decimal) or not isinstance(places, Decimal):
        message = "not a number"
        raise NoAnswer(message)
    if not 0 <= places <= -FINEST // 2 or places != int(places):
        message = "decimals are a whole number from 0 to 20"
        raise NoAnswer(message)
    return number.quantize(Decimal(1).scaleb(-int(places)), how, _DIVIDING_WIDE)


_DIVIDING_WIDE = Context(prec=DIGITS + 20, traps=[InvalidOperation])

"""Amounts of money and quantities, reckoned exactly: what would have to be rounded is no answer."""

from decimal import Decimal
from typing import Any

from isthmus.canonical.money import Money
from isthmus.canonical.quantity import Quantity
from isthmus.mapping import numbers
from isthmus.mapping.errors import NoAnswer


def made(amount: Decimal, currency: str) -> Money:
    """Return an amount of a currency. Raises `NoAnswer` for what is none."""
    try:
        return Money(amount, currency)
    except ValueError:  # whose words hold the value
        message = "no amount of money: too large, too fine, or its currency is no ISO 4217 code"
        raise NoAnswer(message) from None


def counted(value: Decimal, unit: str) -> Quantity:
    """Return so many of a unit. Raises `NoAnswer`."""
    try:
        return Quantity(value, unit)
    except ValueError:
        message = "no quantity: too large, too fine, or without a unit"
        raise NoAnswer(message) from None


def added(one: Any, other: Any) -> Any:
    """Return the sum of two amounts of one currency, or two quantities of one unit. Raises `NoAnswer`."""
    return _both(numbers.plus, one, other)


def less(one: Any, other: Any) -> Any:
    """Return what is left of an amount, or of a quantity. Raises `NoAnswer`."""
    return _both(numbers.minus, one, other)


def times(one: Money, factor: Decimal) -> Money:
    """Return an amount so many times."""
    return made(numbers.times(one.amount, factor), one.currency)


def _both(how: Any, one: Any, other: Any) -> Any:
    if isinstance(one, Money) and isinstance(other, Money):
        if one.currency != other.currency:
            message = "amounts of different currencies"
            raise NoAnswer(message)
        return made(how(one.amount, other.amount), one.currency)
    if isinstance(one, Quantity) and isinstance(other, Quantity):
        if one.unit != other.unit:
            message = "quantities of different units"
            raise NoAnswer(message)
        return counted(how(one.value, other.value), one.unit)
    message = "an amount or a quantity, and something else: .amount or .value is the number"
    raise NoAnswer(message)

"""Values for an ERP's own fields: from what a mapping gives to what a field of a type takes. Pure.

A mapping gives texts, truths, numbers, amounts, dates, times, nothing, or a list. Each function here takes one of these
and returns it as one kind, or says in words why it is none; whose field it is and how values travel is the connector's.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from isthmus.canonical.money import Money, exponent
from isthmus.ports.errors import Invalid, Misconfigured

#: What a truth may be written as where it came as a text.
TRUE, FALSE = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0", ""})
#: Of a longer value the rest is not shown, and of a longer list of options neither.
SHOWN, OPTIONS_SHOWN = 40, 30
NOON = time(12, tzinfo=UTC)


class Unfit(Exception):
    """The value is nothing a field of this type takes; the message completes "cannot take the value: ..."."""


def text(value: Any, size: int | None = None) -> str:
    """Return a value as people read it; `size` is how many letters the field keeps. Raises `Unfit`."""
    said = ", ".join(map(_word, several(value))) if _is_list(value) else _word(value)
    if size and len(said) > size:
        message = f"it has {len(said)} letters and the field keeps {size}: shorten it in the mapping"
        raise Unfit(message)
    return said


def truth(value: Any) -> bool:
    """Return a yes or no. Raises `Unfit`."""
    said = _word(value).strip().casefold()
    if said not in TRUE | FALSE:
        message = "it is neither true nor false"
        raise Unfit(message)
    return said in TRUE


def exact(value: Any, decimals: int | None = None) -> Decimal:
    """Return a number; `decimals` is how many the field keeps. Raises `Unfit`."""
    try:
        number = Decimal(_word(value).strip()) if not isinstance(value, bool) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        message = "it is no number"
        raise Unfit(message)
    # An amount has as many decimals as its currency, whatever zeros it was written with.
    number = number.normalize() + 0
    if decimals is not None and number != round(number, decimals):
        message = f"{number:f} has more decimals than the {decimals} the field keeps: round it in the mapping"
        raise Unfit(message)
    return number


def whole(value: Any) -> int:
    """Return a whole number. Raises `Unfit`."""
    number = exact(value)
    if number != number.to_integral_value():
        message = f"{number:f} is no whole number"
        raise Unfit(message)
    return int(number)


def day(value: Any, zone: tzinfo) -> date:
    """Return a date; of a time it is the one in `zone`, where the ERP is. Raises `Unfit`."""
    moment = _time(value)
    return moment.astimezone(zone).date() if isinstance(moment, datetime) else moment


def moment(value: Any) -> datetime:
    """Return a time in UTC; of a date it is noon. Raises `Unfit`."""
    at = _time(value)
    return at.astimezone(UTC) if isinstance(at, datetime) else datetime.combine(at, NOON)


def choice(value: Any, options: Collection[str] | None) -> str:
    """Return one of the keys a field offers; None is a list only the ERP knows. Raises `Unfit` naming them."""
    said = _word(value)
    if options is not None and said not in options:
        shown = ", ".join(sorted(options)[:OPTIONS_SHOWN]) + (", ..." if len(options) > OPTIONS_SHOWN else "")
        message = f"{short(said)!r} is not among its options, which are: {shown or 'none'}"
        raise Unfit(message)
    return said


def several(value: Any) -> Sequence[Any]:
    """Return a list of values; a single one is a list of one."""
    return cast("Sequence[Any]", value) if _is_list(value) else (value,)


def single(value: Any) -> Any:
    """Return a value that is not a list; a list of one is that one. Raises `Unfit`."""
    values = several(value)
    if len(values) != 1:
        message = f"it is a list of {len(values)} values and the field holds one"
        raise Unfit(message)
    return values[0]


def decimals_of(value: Any, currency: str = "") -> int | None:
    """Return how many decimals an amount has in its currency, or in that of its record; None where neither is told."""
    match value:
        case Money():
            known = value.currency
        case {"currency": str() as told}:
            known = told
        case _:
            known = currency
    return exponent(known) if known else None


def short(said: str) -> str:
    """Return a text as far as a message shows it."""
    return said if len(said) <= SHOWN else f"{said[:SHOWN]}..."


def refused(field: str, name: str, wrong: Unfit) -> Invalid:
    """Return the question for a value; `field` says which one of which record where."""
    return Invalid(f"{field} cannot take the value the mapping gives it", fields={f"custom.{name}": str(wrong)})


def ours(field: str) -> Misconfigured:
    """Return the question for a field that Isthmus itself fills."""
    return Misconfigured(f"{field} is written by Isthmus itself: take it out of the mapping")


def unknown(field: str, create: str) -> Misconfigured:
    """Return the question for a field that is not there; `create` says how one is made."""
    return Misconfigured(f"{field} does not exist: {create}, or take it out of the mapping")


def locked(field: str, why: str) -> Misconfigured:
    """Return the question for a field nobody can write."""
    return Misconfigured(f"{field} cannot be written, {why}: map another field, or take it out of the mapping")


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple | set | frozenset)


def _word(value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case Money():
            return f"{value.amount:f}"
        case Decimal():
            return f"{value:f}"
        case {"amount": amount, "currency": str()}:
            return _word(amount)  # an amount that came by way of what is kept
        case int() | date():
            return value.isoformat() if isinstance(value, date) else str(value)
        case _:
            message = f"a value of type {type(value).__name__} cannot be written into a field"
            raise Unfit(message)


def _time(value: Any) -> date:
    said = value
    if isinstance(value, str):
        try:
            said = date.fromisoformat(value) if len(value) <= len("2026-03-02") else datetime.fromisoformat(value)
        except ValueError:
            said = None
    if not isinstance(said, date):
        message = "it is neither a date such as 2026-03-02 nor a time such as 2026-03-02T09:58:12+00:00"
        raise Unfit(message)
    if isinstance(said, datetime) and said.tzinfo is None:
        message = "it is a time without a zone, so nobody can tell when it is"
        raise Unfit(message)
    return said

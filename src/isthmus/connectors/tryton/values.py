"""Values as Tryton's JSON has them: exact numbers, dates and times travel as objects with `__class__`.

A time has no zone and is UTC: the server runs with TZ=UTC whatever the machine says.
Source: trytond/protocols/jsonrpc.py, trytond/__init__.py (8.2).
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, cast

import msgspec

from isthmus.ports.errors import WireDrift

# A plain Decimal becomes a JSON number with the same digits, which is what float fields (quantities) take.
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def encode(value: Any) -> bytes:
    """Return JSON as Tryton reads it."""
    return _ENCODER.encode(value)


def numeric(amount: Decimal) -> dict[str, str]:
    """Return an amount for a field of exact decimals, digit by digit."""
    return {"__class__": "Decimal", "decimal": f"{amount:f}"}


def day(when: date) -> dict[str, Any]:
    """Return a date without a time."""
    return {"__class__": "date", "year": when.year, "month": when.month, "day": when.day}


def stamp(moment: datetime) -> dict[str, Any]:
    """Return a time; Tryton refuses one that lacks any of these."""
    utc = moment.astimezone(UTC)
    return {
        "__class__": "datetime",
        "year": utc.year,
        "month": utc.month,
        "day": utc.day,
        "hour": utc.hour,
        "minute": utc.minute,
        "second": utc.second,
        "microsecond": utc.microsecond,
    }


def plain(value: Any) -> Any:
    """Return an answer with its tagged objects as what they mean. Raises `WireDrift`."""
    if isinstance(value, list):
        return [plain(each) for each in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    fields = cast("dict[str, Any]", value)
    if "__class__" not in fields:
        return {name: plain(each) for name, each in fields.items()}
    try:
        return _READ[fields["__class__"]](fields)
    except (ArithmeticError, LookupError, TypeError, ValueError) as wrong:
        message = f"not a {str(fields['__class__'])[:20]}: {type(wrong).__name__}"
        raise WireDrift(message, path="__class__") from wrong


def _decimal(said: Mapping[str, Any]) -> Decimal:
    number = Decimal(str(said["decimal"]))
    if not number.is_finite():
        raise InvalidOperation
    return number


def _date(said: Mapping[str, Any]) -> date:
    return date(int(said["year"]), int(said["month"]), int(said["day"]))


def _datetime(said: Mapping[str, Any]) -> datetime:
    names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    year, month, day_, *rest = (int(said[name]) for name in names)
    return datetime(year, month, day_, *rest, tzinfo=UTC)


def _timedelta(said: Mapping[str, Any]) -> timedelta:
    return timedelta(seconds=float(said["seconds"]))


_READ: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "Decimal": _decimal,
    "date": _date,
    "datetime": _datetime,
    "timedelta": _timedelta,
}

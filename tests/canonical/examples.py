"""One record of every kind with every field filled."""

import types
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec

from isthmus.canonical.kinds import KINDS
from isthmus.canonical.money import Money
from isthmus.canonical.quantity import Quantity
from isthmus.canonical.record import Record

_SIMPLE: dict[Any, Any] = {
    str: "text",
    bool: True,
    int: 7,
    Decimal: Decimal("1.250"),
    datetime: datetime(2026, 3, 2, 9, 58, 12, 345678, tzinfo=UTC),
    date: date(2026, 3, 2),
    Money: Money(Decimal("12.50"), "EUR"),
    Quantity: Quantity(Decimal("2.5"), "KGM"),
    Any: {"nested": ["x", 1, None]},
}
_NAMED = {"country": "EE", "currency": "EUR"}


def _filled(wanted: Any, name: str) -> Any:
    if name in _NAMED and wanted is str:
        return _NAMED[name]
    if wanted in _SIMPLE:
        return _SIMPLE[wanted]
    origin, inside = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (typing.Union, types.UnionType):
        return _filled(next(each for each in inside if each is not type(None)), name)
    if origin is tuple:
        return (_filled(inside[0], name),)
    if origin is not None and issubclass(origin, Mapping):
        return {"key": _filled(inside[1], name)}
    if issubclass(wanted, Enum):
        return list(wanted)[-1]
    return _struct(wanted)


def _struct(kind: type[msgspec.Struct]) -> Any:
    hints = typing.get_type_hints(kind)
    return kind(**{name: _filled(hints[name], name) for name in kind.__struct_fields__})


FULL: dict[str, Record] = {name: _struct(kind) for name, kind in KINDS.items()}

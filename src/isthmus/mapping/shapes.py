"""What expressions may read, and of which kind each field is: read off the canonical records themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from isthmus.canonical.money import Money
from isthmus.canonical.quantity import Quantity


class Kind(StrEnum):
    """What sort of value an expression has."""

    TEXT = "text"
    NUMBER = "number"
    TRUTH = "yes or no"
    DATE = "date"
    MOMENT = "moment"
    MONEY = "amount of money"
    QUANTITY = "quantity"
    LIST = "list"
    PART = "group of fields"
    CUSTOM = "custom fields"
    ANY = "value only known when it runs"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind, with what is inside; `optional` may be empty, `options` are all texts there can be."""

    kind: Kind
    inner: "Shape | None" = None
    part: type[msgspec.Struct] | None = None
    optional: bool = False
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the kind as people say it."""
        return f"{self.kind} of {self.inner}" if self.inner is not None else str(self.kind.value)


TEXT = Shape(Kind.TEXT)
NUMBER = Shape(Kind.NUMBER)
TRUTH = Shape(Kind.TRUTH)
DATE = Shape(Kind.DATE)
MOMENT = Shape(Kind.MOMENT)
MONEY = Shape(Kind.MONEY, part=Money)
QUANTITY = Shape(Kind.QUANTITY, part=Quantity)
ANY = Shape(Kind.ANY)
EMPTY = Shape(Kind.EMPTY, optional=True)
LIST = Shape(Kind.LIST, ANY)
_PLAIN: Mapping[Any, Shape] = {
    str: TEXT,
    bool: TRUTH,
    int: NUMBER,
    Decimal: NUMBER,
    date: DATE,
    datetime: MOMENT,
    Money: MONEY,
    Quantity: QUANTITY,
    Any: ANY,
}


def shape_of(hint: Any) -> Shape:
    """Return the shape of a type hint of a canonical record. Raises `TypeError` for one no record has."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        (one,) = [each for each in inner if each is not NoneType]
        found = shape_of(one)
        return Shape(found.kind, found.inner, found.part, optional=True, options=found.options)
    if origin is tuple:
        return Shape(Kind.LIST, shape_of(inner[0]))
    if origin is Mapping:
        return Shape(Kind.CUSTOM)
    if hint in _PLAIN:
        return _PLAIN[hint]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return Shape(Kind.TEXT, options=tuple(each.value for each in hint))
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return Shape(Kind.PART, part=hint)
    message = f"no shape for {hint!r}"
    raise TypeError(message)


@cache
def fields_of(part: type[msgspec.Struct]) -> Mapping[str, Shape]:
    """Return the fields of a record or a part of one, those that are worked out (`net_of_discount`) included."""
    hints = get_type_hints(part)
    found = {name: shape_of(hints[name]) for name in part.__struct_fields__}
    for name in dir(part):
        made = getattr(part, name)
        if isinstance(made, property) and not name.startswith("_"):
            found[name] = shape_of(get_type_hints(made.fget)["return"])
    return found

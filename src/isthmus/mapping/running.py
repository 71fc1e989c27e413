"""What compiled expressions call while they run."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from isthmus.canonical.money import Money
from isthmus.canonical.quantity import Quantity
from isthmus.mapping import functions, numbers, texts
from isthmus.mapping.tables import OTHERS, Tables

ZERO = Decimal(0)
_MATH: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "_plus": numbers.plus,
    "_minus": numbers.minus,
    "_times": numbers.times,
    "_divided": numbers.divided,
    "_whole": numbers.whole_part,
    "_rest": numbers.remainder,
}


def math(name: str, one: Any, other: Any) -> Any:
    """Reckon with values whose kinds show only now. Raises `TypeError` for those that do not go together."""
    if isinstance(one, Money | Quantity):
        if name == "_times" and isinstance(one, Money) and isinstance(other, Decimal):
            return one * other
        if type(one) is type(other) and name in ("_plus", "_minus"):
            return one + other if name == "_plus" else one - other
    if isinstance(one, str) and isinstance(other, str) and name == "_plus":
        return texts.added(one, other)
    if isinstance(one, str) or isinstance(other, str) or one is None or other is None:
        message = "not two numbers: number(...) makes one of a text, coalesce(..., 0) of nothing"
        raise TypeError(message)
    return _MATH[name](numbers.number_of(one), numbers.number_of(other))


def custom(fields: Mapping[str, Any] | None, name: str) -> Any:
    """Return a custom field; a whole number exactly, nothing where there is none."""
    value = fields.get(name) if fields is not None else None
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return numbers.held(Decimal(value))
    if isinstance(value, Sequence):
        return [custom({"": each}, "") for each in functions.items(value)]
    message = "a custom field of a kind that cannot be reckoned with"
    raise TypeError(message)


def item(values: Any, place: int) -> Any:
    """Return an item of a list, counted from 0, or from the end with a minus; nothing where there is none."""
    found = functions.items(values)
    return found[place] if -len(found) <= place < len(found) else None


def within(values: Any) -> Any:
    """Return what something may be in."""
    if values is None:
        return ()
    return values if isinstance(values, str) else functions.items(values)


def looked_up(tables: Tables, table: str, value: Any, *otherwise: Any) -> str:
    """Return the counterpart of a word. Raises `Unmapped` where there is neither a row nor another answer."""
    word = texts.shown(value)
    if not otherwise:
        return tables.must(table, word)
    rows = tables.rows.get(table, {})
    return rows.get(word, rows.get(OTHERS, texts.shown(otherwise[0])))


def is_known(tables: Tables, table: str, value: Any) -> bool:
    """Tell whether a word has a row."""
    return texts.shown(value) in tables.rows.get(table, {})


def checked(value: Any) -> Any:
    """Return what a hook gave. Raises `TypeError` for what no field can hold, `ValueError` for what is too large."""
    if value is None or isinstance(value, bool | Money | Quantity | date):
        return value
    if isinstance(value, str):
        return texts.held(value)
    if isinstance(value, Decimal):
        return numbers.held(value)
    if isinstance(value, int):
        return numbers.held(Decimal(value))
    if isinstance(value, list | tuple):
        return tuple([checked(each) for each in functions.items(value)])
    message = f"a hook gives texts, numbers (Decimal), days or lists of them, not {type(value).__name__}"
    raise TypeError(message)


def zero() -> Decimal:
    """Return 0."""
    return ZERO


#: The names of compiled code.
BASE: Mapping[str, Any] = {
    **_MATH,
    "_math": math,
    "_zero": zero,
    "_added": texts.added,
    "_glued": texts.glued,
    "_custom": custom,
    "_item": item,
    "_items": functions.items,
    "_within": within,
    "_looked_up": looked_up,
    "_is_known": is_known,
    "_checked": checked,
}

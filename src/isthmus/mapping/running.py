"""What compiled expressions call while they run."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from isthmus.canonical.money import Money
from isthmus.canonical.quantity import Quantity
from isthmus.mapping import amounts, functions, numbers, texts
from isthmus.mapping.errors import NoAnswer
from isthmus.mapping.hooks import DEEPEST, hooked
from isthmus.mapping.tables import OTHERS, Tables

#: Characters that the functions of one list may read and make together, and what an item of a list counts.
MOST_WORK, _ITEM = 1_000_000, 16
_MATH: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "_plus": numbers.plus,
    "_minus": numbers.minus,
    "_times": numbers.times,
    "_divided": numbers.divided,
    "_whole": numbers.whole_part,
    "_rest": numbers.remainder,
}


def math(name: str, one: Any, other: Any) -> Any:
    """Reckon with values whose kinds show only now. Raises `NoAnswer` for those that do not go together."""
    if isinstance(one, Money | Quantity):
        if name == "_times" and isinstance(one, Money) and isinstance(other, Decimal):
            return amounts.times(one, other)
        if name in ("_plus", "_minus"):
            return amounts.added(one, other) if name == "_plus" else amounts.less(one, other)
    if isinstance(one, str) and isinstance(other, str) and name == "_plus":
        return texts.added(one, other)
    if isinstance(one, str) or isinstance(other, str) or one is None or other is None:
        message = "not two numbers: number(...) makes one of a text, coalesce(..., 0) of nothing"
        raise NoAnswer(message)
    return _MATH[name](numbers.number_of(one), numbers.number_of(other))


def custom(fields: Mapping[str, Any] | None, name: str) -> Any:
    """Return a custom field; a whole number exactly, nothing where there is none."""
    if fields is None:
        return None
    value = fields.get(name)
    return value if type(value) is str else _plain(value)


def _plain(value: Any, depth: int = 0) -> Any:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return numbers.whole_number(value)
    if isinstance(value, Sequence) and depth < DEEPEST:
        return tuple([_plain(each, depth + 1) for each in functions.items(value)])
    message = "a custom field of a kind that cannot be reckoned with"
    raise NoAnswer(message)


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


class Meter:
    """Counts the work of a list: characters and items that are read and made."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        """Begin to count."""
        self.left = MOST_WORK


def meters() -> tuple[Meter]:
    """Return a new meter, in the form that a list goes through."""
    return (Meter(),)


def spent(meter: Meter, run: Callable[..., Any], *values: Any) -> Any:
    """Return what a function makes. Raises `NoAnswer` once a list has cost too much."""
    made = run(*values)
    cost, weight = 1 + _size(made), 1
    for each in values:
        if type(each) is texts.Pattern:
            weight = each.weight
        else:
            cost += _size(each)
    meter.left -= cost * weight
    if meter.left < 0:
        message = "too much work for one list: texts that are too long, or too many of them"
        raise NoAnswer(message)
    return made


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    return _ITEM * len(value) if isinstance(value, list | tuple) else 0  # pyright: ignore[reportUnknownArgumentType]


#: The names of compiled code.
BASE: Mapping[str, Any] = {
    **_MATH,
    "_math": math,
    "_zero": functions.ZERO,
    "_added": texts.added,
    "_glued": texts.glued,
    "_held": texts.held,
    "_custom": custom,
    "_item": item,
    "_items": functions.items,
    "_within": within,
    "_looked_up": looked_up,
    "_is_known": is_known,
    "_hooked": hooked,
    "_tuple": tuple,
    "_meters": meters,
    "_spent": spent,
}
#: What costs the same whatever its values are.
FREE = frozenset({
    "_plus", "_minus", "_times", "_divided", "_whole", "_rest", "_item", "_tuple", "_spent", "_meters",
    *(f"_f_{each}" for each in ("round", "floor", "ceiling", "abs", "empty", "money", "add_days", "weekday")),
})  # fmt: skip

"""The functions of expressions: what each takes and gives, said once for compiler, check and reference page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from isthmus.canonical.money import Money
from isthmus.canonical.quantity import Quantity
from isthmus.mapping import amounts, days, numbers, texts
from isthmus.mapping.agreeing import either
from isthmus.mapping.errors import NoAnswer
from isthmus.mapping.shapes import ANY, LIST, MONEY, NUMBER, TEXT, TRUTH, Kind, Shape
from isthmus.mapping.texts import MOST

ZERO = Decimal(0)
T, N, D, L, A = Kind.TEXT, Kind.NUMBER, Kind.DATE, Kind.LIST, Kind.ANY
#: Kinds a function takes where its sheet says another one.
TAKEN: Mapping[Kind, frozenset[Kind]] = {
    T: frozenset({T}),
    N: frozenset({N}),
    D: frozenset({D, Kind.MOMENT}),
    L: frozenset({L}),
    A: frozenset(Kind),
}


@dataclass(frozen=True, slots=True)
class Function:
    """One function. `takes` are the kinds of its arguments, the last `spare` of them may be left out.

    `fixed` are the arguments that must be written out, so that they can be looked at before anything runs. `gives` is a
    shape, or how it follows from the first argument.
    """

    run: Callable[..., Any]
    takes: tuple[Kind, ...]
    gives: Shape | Callable[[Sequence[Shape]], Shape]
    says: str
    example: str
    spare: int = 0
    fixed: tuple[int, ...] = ()
    many: bool = False


def first(values: Any) -> Any:
    """Return the first item, or nothing."""
    found = items(values)
    return found[0] if found else None


def last(values: Any) -> Any:
    """Return the last item, or nothing."""
    found = items(values)
    return found[-1] if found else None


def items(values: Any) -> Sequence[Any]:
    """Return a list as it is. Raises `NoAnswer` for what is none and for one that is too long."""
    if values is None:
        return ()
    if isinstance(values, str) or not isinstance(values, Sequence):
        message = "not a list"
        raise NoAnswer(message)
    if len(cast("Sequence[Any]", values)) > MOST:
        message = f"a list of more than {MOST} items"
        raise NoAnswer(message)
    return cast("Sequence[Any]", values)


def total(values: Any) -> Any:
    """Return the sum of numbers, amounts of one currency, or quantities of one unit; 0 of an empty list."""
    found = items(values)
    if not found:
        return ZERO
    head, whole = found[0], cast("Any", ZERO)
    if isinstance(head, Money | Quantity):
        whole = head
        for each in found[1:]:
            whole = amounts.added(whole, each)
        return whole
    for each in found:
        whole = numbers.plus(whole, each if type(each) is Decimal else numbers.number_of(each))
    return whole


def count(values: Any) -> Decimal:
    """Return how many there are."""
    return Decimal(len(items(values)))


def one(values: Any) -> bool:
    """Tell whether one of them is so."""
    return any(items(values))


def every(values: Any) -> bool:
    """Tell whether all of them are so."""
    return all(items(values))


def unique(values: Any) -> tuple[Any, ...]:
    """Return each item once, in the order first seen."""
    try:
        return tuple(dict.fromkeys(items(values)))
    except TypeError:  # such as a line, which has custom fields
        message = "these cannot be compared as a whole: name one of their fields"
        raise NoAnswer(message) from None


def coalesce(*values: Any) -> Any:
    """Return the first value that is not empty."""
    for each in values:
        if not empty(each):
            return each
    return None


def empty(value: Any) -> bool:
    """Tell whether there is nothing: no value, a text of spaces, or a list without items. Zero is something."""
    if isinstance(value, str):
        return not value or value.isspace()
    if value is None:
        return True
    return isinstance(value, Sequence) and not value


def least(*values: Any) -> Any:
    """Return the smallest."""
    return _extreme(min, values)


def most(*values: Any) -> Any:
    """Return the largest."""
    return _extreme(max, values)


def _extreme(choose: Callable[[Sequence[Any]], Any], values: Sequence[Any]) -> Any:
    found = items(values[0]) if len(values) == 1 else values
    if not found or any(each is None for each in found):
        message = "one of them is empty"
        raise NoAnswer(message)
    if any(isinstance(each, bool) for each in found):
        message = "yes and no have no order"
        raise NoAnswer(message)
    try:
        return choose(found)
    except TypeError:
        message = "they have no order: name a field, such as .amount"
        raise NoAnswer(message) from None


def money(amount: Any, currency: Any) -> Money:
    """Return an amount of a currency."""
    return amounts.made(numbers.number_of(amount), texts.read(currency))


def absolute(number: Any) -> Decimal:
    """Return a number without its sign."""
    if not isinstance(number, Decimal):
        message = "not a number"
        raise NoAnswer(message)
    return number.copy_abs()


def _inner(shapes: Sequence[Shape]) -> Shape:
    inner = shapes[0].inner if shapes and shapes[0].inner is not None else ANY
    return Shape(inner.kind, inner.inner, inner.part, optional=True, options=inner.options)


def _first_full(shapes: Sequence[Shape]) -> Shape:
    found = either(shapes)
    return Shape(found.kind, found.inner, found.part, optional=True, options=found.options)


def _extreme_of(shapes: Sequence[Shape]) -> Shape:
    found = shapes[0].inner or ANY if len(shapes) == 1 and shapes[0].kind is L else either(shapes)
    return Shape(found.kind, found.inner, found.part, options=found.options)


def _summed(shapes: Sequence[Shape]) -> Shape:
    inner = shapes[0].inner if shapes else None
    return inner if inner is not None and inner.kind is N else ANY


def _later(shapes: Sequence[Shape]) -> Shape:
    return Shape(shapes[0].kind) if shapes[0].kind in (Kind.DATE, Kind.MOMENT) else ANY


def _listed(shapes: Sequence[Shape]) -> Shape:
    return shapes[0] if shapes and shapes[0].kind is L else LIST


FUNCTIONS: Mapping[str, Function] = {
    "upper": Function(texts.upper, (T,), TEXT, "in capitals", "upper(shipping_to.city)"),
    "lower": Function(texts.lower, (T,), TEXT, "in small letters", "lower(email)"),
    "title": Function(texts.title, (T,), TEXT, "each word with a capital", "title(shipping_to.city)"),
    "trim": Function(texts.trim, (T,), TEXT, "without needless spaces", "trim(note)"),
    "plain": Function(texts.plain, (T,), TEXT, "without accents, in ASCII", "plain(shipping_to.name)"),
    "left": Function(texts.left, (T, N), TEXT, "the first characters", "left(note, 40)"),
    "right": Function(texts.right, (T, N), TEXT, "the last characters", "right(number, 4)"),
    "middle": Function(texts.middle, (T, N, N), TEXT, "characters from a position on", "middle(number, 2, 3)"),
    "length": Function(texts.length, (T,), NUMBER, "how many characters", "length(note)"),
    "replace": Function(texts.replace, (T, T, T), TEXT, "one text instead of another", 'replace(number, "#", "")'),
    "without": Function(texts.without, (T, T), TEXT, "without this beginning", 'without(number, "#")'),
    "without_end": Function(texts.without_end, (T, T), TEXT, "without this ending", 'without_end(number, "-W")'),
    "contains": Function(
        texts.contains, (T, T), TRUTH,
        "whether it is in it, capitals or not", 'contains(note, "gift")',
    ),
    "starts": Function(texts.starts, (T, T), TRUTH, "whether it begins so", 'starts(number, "#")'),
    "ends": Function(texts.ends, (T, T), TRUTH, "whether it ends so", 'ends(email, ".edu")'),
    "digits": Function(texts.digits, (T,), TEXT, "its digits", "digits(phone)"),
    "padded": Function(texts.padded, (A, N, T), TEXT, "filled up at the left", "padded(digits(number), 8)", spare=1),
    "split": Function(texts.split, (T, T), Shape(L, TEXT), "its parts", 'split(note, ";")', spare=1),
    "words": Function(texts.words, (T,), Shape(L, TEXT), "its words", "words(note)"),
    "join": Function(texts.joined, (L, T), TEXT, "a list as one text", 'join(tags, " ")', spare=1),
    "find": Function(
        texts.find, (T, T, N), TEXT, "what a pattern fits, or its group", 'find(note, "VAT:? *([A-Z]{2}[0-9]+)")',
        spare=1, fixed=(1,),
    ),
    "matches": Function(
        texts.matches, (T, T), TRUTH, "whether a pattern fits all of it", 'matches(number, "#[0-9]+")', fixed=(1,)
    ),
    "text": Function(texts.shown, (A,), TEXT, "any value as a text", "text(total)"),
    "number": Function(numbers.number_of, (A,), NUMBER, "the number a text says", 'number("12.50")'),
    "round": Function(
        numbers.rounded, (N, N), NUMBER,
        "rounded, half away from zero", "round(total.amount, 1)", spare=1,
    ),
    "floor": Function(numbers.floor, (N, N), NUMBER, "cut down", "floor(total.amount)", spare=1),
    "ceiling": Function(numbers.ceiling, (N, N), NUMBER, "raised", "ceiling(total.amount)", spare=1),
    "abs": Function(absolute, (N,), NUMBER, "without its sign", "abs(total.amount)"),
    "money": Function(money, (A, T), MONEY, "an amount of a currency", 'money("9.90", currency)'),
    "min": Function(least, (A,), _extreme_of, "the smallest", "min(total.amount, 100)", many=True),
    "max": Function(most, (A,), _extreme_of, "the largest", "max(total.amount, 0)", many=True),
    "sum": Function(total, (L,), _summed, "all together", "sum(line.quantity.value for line in lines)"),
    "count": Function(count, (L,), NUMBER, "how many", "count(lines)"),
    "first": Function(first, (L,), _inner, "the first of a list", "first(tags)"),
    "last": Function(last, (L,), _inner, "the last of a list", "last(payments).method"),
    "unique": Function(unique, (L,), _listed, "each once", "unique(line.sku for line in lines)"),
    "any": Function(one, (L,), TRUTH, "whether one is so", 'any(line.sku == "GIFT" for line in lines)'),
    "all": Function(every, (L,), TRUTH, "whether all are so", 'all(line.sku != "" for line in lines)'),
    "coalesce": Function(
        coalesce, (A,), _first_full,
        "the first that is not empty", "coalesce(phone, shipping_to.phone)", many=True,
    ),
    "empty": Function(empty, (A,), TRUTH, "whether there is nothing", "empty(note)"),
    "day": Function(
        days.day, (A, T), Shape(D, optional=True),
        "the day of a moment in a zone", 'day(placed_at, "Europe/Berlin")', spare=1, fixed=(1,),
    ),
    "moment": Function(
        days.moment, (T, T), Shape(Kind.MOMENT, optional=True),
        "the moment a text says", 'moment("2026-11-22T08:30:00Z")', spare=1, fixed=(1,),
    ),
    "add_days": Function(days.add_days, (D, N), _later, "a day later or earlier", "add_days(day(placed_at), 3)"),
    "days_between": Function(
        days.days_between, (D, D), NUMBER,
        "days from one to the other", 'days_between(day("2026-01-01"), day(placed_at))',
    ),
    "weekday": Function(days.weekday, (D,), NUMBER, "1 for Monday to 7", "weekday(day(placed_at))"),
    "written": Function(
        days.written, (D, T, T), TEXT,
        "a day or moment in a form", 'written(placed_at, "DD.MM.YYYY", "Europe/Berlin")', spare=2, fixed=(1, 2),
    ),
}  # fmt: skip

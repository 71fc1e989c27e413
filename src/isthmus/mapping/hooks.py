"""What a project's own functions take and give, read off their types; what they are handed they cannot change."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Sequence as AnySequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import MappingProxyType, NoneType
from typing import Any, cast, get_args, get_origin, get_type_hints

import msgspec

from isthmus.canonical.money import Money
from isthmus.canonical.quantity import Quantity
from isthmus.mapping import numbers, texts
from isthmus.mapping.errors import NoAnswer
from isthmus.mapping.shapes import ANY, EMPTY, Kind, Shape, shape_of
from isthmus.ports.errors import Trouble

#: How deep lists may lie in one another.
DEEPEST = 8
#: The classes of each kind; a moment is a `date` to Python, which is why days are looked at apart.
_CLASSES: Mapping[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,),
    Kind.NUMBER: (Decimal,),
    Kind.TRUTH: (bool,),
    Kind.DATE: (date,),
    Kind.MOMENT: (datetime,),
    Kind.MONEY: (Money,),
    Kind.QUANTITY: (Quantity,),
    Kind.LIST: (list, tuple),
    Kind.CUSTOM: (Mapping,),
}


@dataclass(frozen=True, slots=True)
class Signature:
    """What a hook takes and gives; only the first `least` values have to be there."""

    name: str
    takes: tuple[Shape, ...]
    least: int
    gives: Shape

    @property
    def count(self) -> str:
        """Return how many values it takes."""
        most = len(self.takes)
        return str(most) if self.least == most else f"{self.least} to {most}"


@cache
def signature(name: str, function: Callable[..., Any]) -> Signature:
    """Return what a hook takes and gives. Raises `NoAnswer` for one that does not say so."""
    if (
        not inspect.isfunction(function)
        or inspect.iscoroutinefunction(function)
        or inspect.isgeneratorfunction(function)
    ):
        message = f"hooks.{name} must be a plain function: def {name}(...)"
        raise NoAnswer(message)
    parameters = list(inspect.signature(function).parameters.values())
    if any(each.kind not in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD) for each in parameters):
        message = f"hooks.{name} takes plain values: no stars, none by name alone"
        raise NoAnswer(message)
    try:
        hints = get_type_hints(function)
    except Exception as wrong:  # noqa: BLE001 - annotations are code of the project
        message = f"the types of hooks.{name} cannot be read: {type(wrong).__name__}"
        raise NoAnswer(message) from None
    untyped = [each.name for each in parameters if each.name not in hints]
    if untyped or "return" not in hints:
        what = f"what {untyped[0]} is" if untyped else "what it gives"
        message = f"hooks.{name} does not say {what}: def {name}(text: str, amount: Decimal) -> str"
        raise NoAnswer(message)
    takes = tuple(_shape(name, hints[each.name], taken=True) for each in parameters)
    least = sum(each.default is each.empty for each in parameters)
    return Signature(name, takes, least, _shape(name, hints["return"], taken=False))


def _shape(name: str, hint: Any, *, taken: bool) -> Shape:
    if hint is NoneType:
        return EMPTY
    if hint is object:
        return ANY
    if hint is float or (taken and hint is int):
        message = f"hooks.{name}: numbers are Decimal, not {hint.__name__}"
        raise NoAnswer(message)
    if hint in (list, tuple) or get_origin(hint) in (list, AnySequence):
        inner = get_args(hint)
        return Shape(Kind.LIST, _shape(name, inner[0], taken=taken) if inner else ANY)
    try:
        return shape_of(hint)
    except (TypeError, ValueError, IndexError):
        message = f"hooks.{name}: {getattr(hint, '__name__', hint)} is no type a value of an expression has"
        raise NoAnswer(message) from None


def fitting(takes: Shape, shape: Shape) -> bool:
    """Tell whether a value may be handed over, as far as that shows before it runs."""
    if Kind.ANY in (takes.kind, shape.kind) or shape.kind is Kind.EMPTY:
        return True
    if takes.kind is not shape.kind:
        return False
    if takes.kind is Kind.PART and takes.part is not None and shape.part is not None:
        return issubclass(shape.part, takes.part)
    return (
        takes.kind is not Kind.LIST or takes.inner is None or shape.inner is None or fitting(takes.inner, shape.inner)
    )


def hooked(function: Callable[..., Any], signed: Signature, *values: Any) -> Any:
    """Return what a hook gives for these values. Raises `NoAnswer`, also for whatever it raises itself."""
    for takes, value in zip(signed.takes, values, strict=False):
        if not _is(takes, value):
            message = f"hooks.{signed.name} takes {takes} there, not {_kind_of(value)}"
            raise NoAnswer(message)
    try:
        given = function(*[frozen(each) for each in values])
    except Trouble:
        raise
    except (Exception, SystemExit) as wrong:  # noqa: BLE001 - a program of the project: whatever it raises, it has no answer
        message = f"hooks.{signed.name} failed in line {_line(wrong, function)}: {type(wrong).__name__}"
        raise NoAnswer(message) from None
    made = checked(given)
    if not (made is None or _is(signed.gives, made)):
        message = f"hooks.{signed.name} gave {_kind_of(made)}, not {signed.gives}"
        raise NoAnswer(message)
    return made


def frozen(value: Any) -> Any:
    """Return a value as nobody can change it: of records, what they hold in dictionaries and lists as well."""
    if isinstance(value, msgspec.Struct):
        changes = {name: frozen(part) for name in value.__struct_fields__ if _open(part := getattr(value, name))}
        return msgspec.structs.replace(value, **changes) if changes else value
    if isinstance(value, Mapping):
        return MappingProxyType({key: frozen(each) for key, each in cast("Mapping[Any, Any]", value).items()})
    if isinstance(value, list | tuple):
        return tuple([frozen(each) for each in cast("Sequence[Any]", value)])
    return value


def _open(part: Any) -> bool:
    return isinstance(part, Mapping | list | tuple) or (
        isinstance(part, msgspec.Struct) and not isinstance(part, Money)
    )


def checked(value: Any, depth: int = 0) -> Any:
    """Return what a hook gave. Raises `NoAnswer` for what no field can hold or what is too large."""
    if value is None or isinstance(value, bool | Money | Quantity):
        return value
    if isinstance(value, str):
        return str(texts.held(value))
    if isinstance(value, Decimal):
        return numbers.held(value)
    if isinstance(value, int):
        return numbers.whole_number(value)
    if isinstance(value, date) and (not isinstance(value, datetime) or value.tzinfo is not None):
        return value
    if isinstance(value, list | tuple) and depth < DEEPEST:
        found = cast("Sequence[Any]", value)
        if len(found) > texts.MOST:
            message = f"a list of more than {texts.MOST} items"
            raise NoAnswer(message)
        return tuple([checked(each, depth + 1) for each in found])
    message = (
        f"a hook gives texts, numbers (Decimal), days, moments with a zone or lists of them, not {_kind_of(value)}"
    )
    raise NoAnswer(message)


def _is(shape: Shape, value: Any) -> bool:
    if shape.kind is Kind.ANY or (value is None and (shape.optional or shape.kind is Kind.CUSTOM)):
        return True
    if shape.kind is Kind.PART:
        return shape.part is not None and isinstance(value, shape.part)
    if shape.kind is Kind.DATE and isinstance(value, datetime):
        return False
    return isinstance(value, _CLASSES.get(shape.kind, NoneType))


def _kind_of(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__


def _line(wrong: BaseException, function: Callable[..., Any]) -> int:
    """Return the line of the hook's own file that failed."""
    file = function.__code__.co_filename
    trace, line = wrong.__traceback__, 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line

"""Fields: what a model holds and what its values look like.

Inside, amounts and quantities are `Decimal`, times naive UTC with microseconds, links ids, references `"model,id"`.
To callers a float is a number, everything else goes out as it is and is tagged by the door.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypedDict, Unpack

from isthmus.simulators.rows import Row
from isthmus.simulators.shapes import is_list
from isthmus.simulators.tryton.errors import PythonError

ZERO = Decimal(0)
TEXTS = frozenset({"char", "text"})
NUMBERS = frozenset({"float", "numeric"})
X2MANY = frozenset({"one2many", "many2many"})
#: Prices have four decimals (`product.price_decimal`).
PRICE_DIGITS = 4
State = Callable[[Any, Row], bool]
Digits = Callable[[Any, Row], int | None] | int | None


@dataclass(frozen=True, slots=True)
class Field:
    """One field."""

    name: str
    type: str
    string: str = ""
    relation: str = ""
    inverse: str = ""  # one2many: the column on the other side, a link or a reference
    only: Callable[[Row], bool] | None = None  # one2many: which of them
    required: bool = False
    readonly: bool = False
    needed: State | None = None  # required in some states
    locked: State | None = None  # read-only in some states
    default: Any = None  # a value, or a function of the model and the row so far
    getter: str = ""  # the model's method from row to value
    setter: str = ""  # the model's method that takes (row, value)
    searcher: str = ""  # the model's method from (rest of the path, sign, value) to a domain
    through: str = ""  # "template.name": read through a link
    choices: tuple[tuple[str | None, str], ...] = ()
    targets: tuple[str, ...] = ()  # models a reference may point to
    digits: Digits = None
    size: int | None = None  # letters a one-line text keeps
    multi: bool = False  # one value per company, kept as {company: value}
    index: bool = False
    copied: bool = True
    strip: bool = True  # a one-line text loses the white space around it

    @property
    def kept(self) -> bool:
        """Whether the row itself holds the value."""
        return not self.getter and not self.through and self.type != "one2many"

    @property
    def label(self) -> str:
        """Return what people call the field."""
        return self.string or self.name.replace("_", " ").title()


class More(TypedDict, total=False):
    """What can be said of any field, see `Field`."""

    only: Callable[[Row], bool] | None
    required: bool
    readonly: bool
    needed: State | None
    locked: State | None
    default: Any
    getter: str
    setter: str
    searcher: str
    through: str
    digits: Digits
    multi: bool
    index: bool
    copied: bool
    strip: bool


def own_company(model: Any, _row: Row) -> int | None:
    """Return the company of the call: the default of most records."""
    return model.env.company


def own_today(model: Any, _row: Row) -> date:
    """Return the day of the call."""
    return model.env.today


def unit_digits(model: Any, row: Row) -> int | None:
    """Return how many decimals the record's quantity may have."""
    return model.digits(row)


def char(name: str, string: str = "", **more: Unpack[More]) -> Field:
    """Return a one-line text."""
    return Field(name, "char", string, **more)


def text(name: str, string: str = "", **more: Unpack[More]) -> Field:
    """Return a text of several lines."""
    return Field(name, "text", string, **more)


def integer(name: str, string: str = "", **more: Unpack[More]) -> Field:
    """Return a whole number."""
    return Field(name, "integer", string, **more)


def floating(name: str, string: str = "", **more: Unpack[More]) -> Field:
    """Return a quantity, a JSON number outside."""
    return Field(name, "float", string, **more)


def numeric(name: str, string: str = "", **more: Unpack[More]) -> Field:
    """Return an amount, a tagged Decimal outside."""
    return Field(name, "numeric", string, **more)


def boolean(name: str, string: str = "", **more: Unpack[More]) -> Field:
    """Return a yes or no; `null` stays `null`."""
    return Field(name, "boolean", string, **more)


def moment(name: str, string: str = "", **more: Unpack[More]) -> Field:
    """Return a time with microseconds, UTC."""
    return Field(name, "timestamp", string, **more)


def day(name: str, string: str = "", **more: Unpack[More]) -> Field:
    """Return a date."""
    return Field(name, "date", string, **more)


def span(name: str, string: str = "", **more: Unpack[More]) -> Field:
    """Return a length of time."""
    return Field(name, "timedelta", string, **more)


def selection(name: str, string: str, choices: dict[str | None, str], **more: Unpack[More]) -> Field:
    """Return one of `choices`, by key."""
    return Field(name, "selection", string, choices=tuple(choices.items()), **more)


def many2one(name: str, relation: str, string: str = "", **more: Unpack[More]) -> Field:
    """Return a link to one record."""
    return Field(name, "many2one", string, relation=relation, **more)


def one2many(name: str, relation: str, inverse: str, string: str = "", **more: Unpack[More]) -> Field:
    """Return the records that point here through their column `inverse`."""
    return Field(name, "one2many", string, relation=relation, inverse=inverse, **more)


def many2many(name: str, relation: str, string: str = "", **more: Unpack[More]) -> Field:
    """Return links to any number of records."""
    more.setdefault("default", ())
    return Field(name, "many2many", string, relation=relation, **more)


def reference(name: str, targets: tuple[str, ...], string: str = "", **more: Unpack[More]) -> Field:
    """Return a link to one record of several models, `"sale.line,9"`."""
    return Field(name, "reference", string, targets=targets, **more)


def computed(field: Callable[..., Field], name: str, *rest: Any, **more: Unpack[More]) -> Field:
    """Return a field that is worked out when read, by `get_<name>` unless told otherwise."""
    usual: More = {"getter": f"get_{name}", "readonly": True}
    return field(name, *rest, **{**usual, **more})


def accept(field: Field, value: Any) -> Any:
    """Return the inner value of what a caller sent, for any type but x2many. Raises `PythonError`."""
    if value is None:
        return None
    kind = field.type
    if kind in TEXTS:
        return _text(field, value)
    if kind in NUMBERS:
        # Python's Decimal takes a float for what it is in binary: 9.99 has fifty decimals, and the field refuses them.
        return Decimal(value) if kind == "numeric" and isinstance(value, float) else number(value)
    if kind == "boolean":
        return bool(value)
    if kind == "many2one":
        return _link(value)
    if kind == "reference":
        return _reference(value)
    if kind == "integer":
        return int(number(value))
    if kind in ("timestamp", "datetime", "date"):
        return _time(kind, value)
    return value


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        if not field.strip or field.type == "text":
            return str(value)
        message = f"'{type(value).__name__}' object has no attribute 'strip'"
        raise PythonError(message)
    return value.strip() if field.type == "char" and field.strip else value


def number(value: Any) -> Decimal:
    """Return an exact number. Raises `PythonError`."""
    try:
        return value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        message = "[<class 'decimal.ConversionSyntax'>]"
        raise PythonError(message) from None


def _link(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        message = f"int() argument must be a string, a bytes-like object or a real number, not {type(value).__name__!r}"
        raise PythonError(message)
    try:
        return int(value)
    except ValueError:
        message = f"invalid literal for int() with base 10: {value!r}"
        raise PythonError(message) from None


def _reference(value: Any) -> str | None:
    if is_list(value):
        return f"{value[0]},{value[1]}"
    if not isinstance(value, str):
        message = f"not enough values to unpack: {value!r}"
        raise PythonError(message)
    return value or None


def _time(kind: str, value: Any) -> date | datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value) if kind != "date" else date.fromisoformat(value)
        except ValueError:
            message = f"Invalid isoformat string: {value!r}"
            raise PythonError(message) from None
    if kind == "date":
        return value.date() if isinstance(value, datetime) else value
    if isinstance(value, date) and not isinstance(value, datetime):
        message = "'datetime.date' object cannot be interpreted as an integer"
        raise PythonError(message)
    if not isinstance(value, datetime):
        message = f"invalid value for {kind}: {value!r}"
        raise PythonError(message)
    return value


def show(field: Field, value: Any) -> Any:
    """Return a value as a door takes it: floats as floats, ids in lists."""
    if value is None:
        return None
    if field.type == "float":
        return float(value)
    if field.type in X2MANY:
        return list(value)
    return value


def decimals(value: Decimal) -> int:
    """Return how many decimals a number really has."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def written_decimals(value: Decimal) -> int:
    """Return how many decimals a number is written with, zeros at its end included."""
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0

"""Fields: what a model holds, under which name in which version, and what its values look like.

Inside, amounts and quantities are `Decimal` and times are naive UTC with microseconds. On the wire
they are JSON numbers and `YYYY-MM-DD HH:MM:SS`; an empty value is `false`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from isthmus.simulators.odoo.errors import WrongValue

Row = dict[str, Any]
ZERO = Decimal(0)
TEXTS = frozenset({"char", "text", "html"})
NUMBERS = frozenset({"float", "monetary"})
X2MANY = frozenset({"one2many", "many2many"})
RELATIONS = X2MANY | {"many2one"}
_SCRIPT = re.compile(r"<(script|style)\b.*?(</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
_BARE_AMPERSAND = re.compile(r"&(?!#?\w+;)")
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Field:
    """One field; `since` and `until` are the majors that know it by this name."""

    name: str
    type: str
    string: str = ""
    relation: str = ""
    inverse: str = ""  # one2many: the column on the other side
    required: bool = False
    readonly: bool = False
    stored: bool | None = None  # `None`: unless it is only seen through a link
    index: bool = False
    default: Any = None  # a value, or a function of the model
    compute: str = ""  # the model's method from row to value
    setter: str = ""  # the model's method that takes (row, value), Odoo's `inverse`
    related: str = ""  # "product_tmpl_id.name": read and written through
    choices: tuple[tuple[str, str], ...] = ()
    digits: int | None = None
    size: int | None = None  # letters a char keeps; further ones are cut without a word
    copied: bool = True
    company_dependent: bool = False
    since: int = 0
    until: int = 99
    column: str = ""  # the key in the row when a rename kept the meaning

    @property
    def key(self) -> str:
        """Return the key of this field in a row."""
        return self.column or self.name

    @property
    def shown_as_stored(self) -> bool:
        """Return what `fields_get` calls `store`; what is only seen through a link is not."""
        return self.stored is True or (self.stored is None and not self.related)

    @property
    def kept(self) -> bool:
        """Whether the row itself holds the value."""
        return not self.compute and not self.related and self.type != "one2many"


def char(name: str, string: str = "", **more: Any) -> Field:
    """Return a one-line text."""
    return Field(name, "char", string, **more)


def text(name: str, string: str = "", **more: Any) -> Field:
    """Return a text of several lines."""
    return Field(name, "text", string, **more)


def html(name: str, string: str = "", **more: Any) -> Field:
    """Return a text with tags."""
    return Field(name, "html", string, **more)


def integer(name: str, string: str = "", **more: Any) -> Field:
    """Return a whole number."""
    return Field(name, "integer", string, **_with({"default": 0}, more))


def decimal(name: str, string: str = "", **more: Any) -> Field:
    """Return what Odoo calls a float."""
    return Field(name, "float", string, **_with({"default": ZERO}, more))


def monetary(name: str, string: str = "", **more: Any) -> Field:
    """Return an amount in the record's currency."""
    return Field(name, "monetary", string, **_with({"default": ZERO}, more))


def boolean(name: str, string: str = "", **more: Any) -> Field:
    """Return a yes or no; there is no third value."""
    return Field(name, "boolean", string, **_with({"default": False}, more))


def moment(name: str, string: str = "", **more: Any) -> Field:
    """Return a date with a time, UTC."""
    return Field(name, "datetime", string, **more)


def day(name: str, string: str = "", **more: Any) -> Field:
    """Return a date."""
    return Field(name, "date", string, **more)


def selection(name: str, string: str, choices: dict[str, str], **more: Any) -> Field:
    """Return one of `choices`, by key."""
    return Field(name, "selection", string, choices=tuple(choices.items()), **more)


def many2one(name: str, relation: str, string: str = "", **more: Any) -> Field:
    """Return a link to one record."""
    return Field(name, "many2one", string, relation=relation, **more)


def one2many(name: str, relation: str, inverse: str, string: str = "", **more: Any) -> Field:
    """Return the records that link here through their column `inverse`."""
    return Field(name, "one2many", string, relation=relation, inverse=inverse, **_with({"copied": False}, more))


def many2many(name: str, relation: str, string: str = "", **more: Any) -> Field:
    """Return links to any number of records."""
    return Field(name, "many2many", string, relation=relation, **_with({"default": ()}, more))


def computed(field: Callable[..., Field], name: str, *rest: Any, **more: Any) -> Field:
    """Return a field that is worked out when read, by `_compute_<name>` unless told otherwise."""
    usual = {"compute": f"_compute_{name}", "stored": False, "readonly": True}
    return field(name, *rest, **_with(usual, more))


def _with(usual: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    return {**usual, **more}


def accept(model: str, field: Field, value: Any) -> Any:
    """Return the inner value for a wire value of any type but x2many. Raises `WrongValue`."""
    kind = field.type
    if kind in TEXTS:
        written = None if value is None or value is False else str(value)[: field.size]
        return cleaned(written) if kind == "html" and written else written
    if kind in NUMBERS:
        return rounded(number(value), field.digits)
    if kind in ("integer", "many2one_reference"):
        return int(number(value))
    if kind == "boolean":
        return bool(value)
    if kind == "many2one":
        return _link(model, field, value)
    if value is None or value is False or value == "":
        return None
    if kind == "selection":
        if value not in dict(field.choices):
            msg = f"Wrong value for {model}.{field.name}: {value!r}"
            raise WrongValue(msg)
        return value
    return to_moment(value) if kind == "datetime" else to_moment(value).date()


def cleaned(written: str) -> str:
    """Return text as an html field keeps it: in a paragraph, ampersands spelled out, scripts gone."""
    safe = _BARE_AMPERSAND.sub("&amp;", _SCRIPT.sub("", written))
    return safe if safe.lstrip().startswith("<") else f"<p>{safe}</p>"


def _link(model: str, field: Field, value: Any) -> int | None:
    if not value:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        msg = f"Wrong value for {model}.{field.name}: {value!r}"
        raise WrongValue(msg)
    return value


def number(value: Any) -> Decimal:
    """Return an exact number; `false` is zero, as in Odoo. Raises `WrongValue`."""
    if value is None or value is False:
        return ZERO
    try:
        return value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        msg = f"could not convert string to float: {value!r}"
        raise WrongValue(msg) from None


def rounded(value: Decimal, digits: int | None) -> Decimal:
    """Return `value` with at most `digits` decimals, half away from zero."""
    return value if digits is None else value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def to_moment(value: Any) -> datetime:
    """Return the naive UTC time of Odoo's text form. Raises `WrongValue`."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - naive UTC is Odoo's form
    try:
        pattern = TIME_FORMAT[: len(value) - 2] if len(value) != len("2026-03-02") else "%Y-%m-%d"
        return datetime.strptime(value, pattern)  # noqa: DTZ007 - naive UTC is Odoo's form
    except (TypeError, ValueError):
        msg = f"time data {value!r} does not match format {TIME_FORMAT!r}"
        raise WrongValue(msg) from None


def show(field: Field, value: Any) -> Any:
    """Return the wire form of an inner value of any type but a relation."""
    kind = field.type
    if kind in NUMBERS:
        return float(value or 0)
    if kind in ("integer", "many2one_reference"):
        return value or 0
    if value is None:
        return False
    if kind == "datetime":
        return value.strftime(TIME_FORMAT)  # seconds only: the microseconds stay inside
    if kind == "date":
        return value.isoformat()
    return value

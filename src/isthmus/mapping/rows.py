"""A row made ready: its expressions compiled, its value put into the form its field takes."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from isthmus.canonical.money import Money
from isthmus.canonical.order import LineKind
from isthmus.mapping import texts
from isthmus.mapping.document import Document, Row
from isthmus.mapping.errors import CannotWork, NoAnswer, Where
from isthmus.mapping.expression import FAULTS, Expression, expression
from isthmus.mapping.functions import empty
from isthmus.mapping.scope import Scope
from isthmus.mapping.shapes import TRUTH, Kind, Shape
from isthmus.mapping.tables import OTHERS, no_row
from isthmus.mapping.targets import CUSTOM, UNCHANGING, Section, fits
from isthmus.ports.errors import Trouble

Work = Callable[..., Any]
Form = Callable[[Any], Any]
Parts = tuple[Expression | None, Expression | None, Expression | None, Form | None]
#: Left as it was: what `when` says no to.
UNTOUCHED = object()


@dataclass(frozen=True, slots=True)
class Ready:
    """A row that can be worked out: `work(*records, value)` gives the field's new value, or `UNTOUCHED`."""

    section: str
    field: str
    row: Row
    where: Where
    expressions: tuple[Expression, ...]
    work: Work
    #: What it is made of, for `plans`: source, when, check, and what brings a value into form; the code table's rows.
    parts: Parts = (None, None, None, None)
    words: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])

    @property
    def head(self) -> str:
        """Return the field of the record that changes."""
        return self.field.partition(".")[0]

    @property
    def inner(self) -> str:
        """Return the name within that field, such as a custom field's; empty where it is the field itself."""
        return self.field.partition(".")[2]


def ready(document: Document, section: Section, name: str, row: Row, scope: Scope) -> Ready:
    """Compile a row. Raises `CannotRead` for what would be wrong with every record."""
    target = section.shape(name)
    assert target is not None  # noqa: S101 - the document was read with the same sections
    where = document.where(section.name, name)
    own = replace(scope, value=target)
    source = expression(row.source, own, document.where(section.name, name, "from")) if row.source else None
    when = _truth(row.when, own, document.where(section.name, name, "when"))
    check = _truth(row.check, replace(scope, value=Shape(Kind.ANY)), document.where(section.name, name, "check"))
    if source is not None:
        _fitting(section, name, row, target, source)
    elif not (row.table or row.check or row.required or row.length or row.default is not None):
        message = "does nothing: it needs from, table, default, check, required or length"
        raise where.unreadable(message)
    if row.table and row.table not in scope.tables.rows:
        message = f"there is no code table {row.table!r}: [tables.{row.table}] or tables/{row.table}.csv"
        raise where.unreadable(message)
    _check_default(row, target, where, form := _form(name, target))
    expressions = tuple(each for each in (source, when, check) if each is not None)
    settled = source is not None and _formed(source, target, row)
    parts = (source, when, check, None if settled else form)
    words = scope.tables.words(row.table)
    return Ready(section.name, name, row, where, expressions, _work(row, where, parts, words), parts, words)


def _check_default(row: Row, target: Shape, where: Where, form: Form) -> None:
    if row.default is None:
        return
    try:
        form(row.default)
    except FAULTS:
        message = f"default = {row.default!r} is no {target}"
        raise where.unreadable(message) from None


def _formed(source: Expression, target: Shape, row: Row) -> bool:
    """Tell whether a value is in the form of its field already, whatever the record."""
    made = source.shape
    if row.default is not None or row.table:
        return False
    if target.kind is Kind.ANY:
        return True
    return made.kind is target.kind in (Kind.TEXT, Kind.MONEY) and not (made.optional or made.options or target.options)


def _truth(text: str, scope: Scope, where: Where) -> Expression | None:
    if not text:
        return None
    found = expression(text, scope, where)
    if found.shape.kind not in (TRUTH.kind, Kind.ANY):
        message = f"must be true or false, and is always {found.shape}"
        raise where.unreadable(message)
    return found


def _fitting(section: Section, name: str, row: Row, target: Shape, source: Expression) -> None:
    made = source.shape
    if row.table:
        made = Shape(Kind.TEXT)
    if not fits(target, made):
        message = f"{name} takes {target}, and this is {made}"
        raise source.where.unreadable(message)
    if name == "reference" and section.name == "order" and (more := source.compiled.fields - UNCHANGING):
        message = f"may only be made of what never changes, not of {', '.join(sorted(more))}"
        raise source.where.unreadable(message)
    if target.options and made.options and (wrong := sorted(set(made.options) - set(target.options))) and not row.table:
        message = f"{name} is never {wrong[0]!r}: there are {', '.join(target.options)}"
        raise source.where.unreadable(message)


def _work(row: Row, where: Where, parts: Parts, words: Mapping[str, str]) -> Work:
    source, when, check, form = parts
    others = words.get(OTHERS)

    def work(*records: Any) -> Any:
        if when is not None and not when.compiled.run(*records):
            return UNTOUCHED
        value = source.compiled.run(*records) if source is not None else records[-1]
        if (row.table or row.default is not None) and empty(value):
            value = row.default
        elif row.table:
            word = texts.shown(value)
            value = words.get(word, others)
            if value is None:
                raise no_row(row.table, word)
        if row.required and empty(value):
            lacking(where)
        if row.length and value is not None:
            value = fitted(value, row, where)
        if form is not None:
            value = form(value)
        if check is not None:
            passing(check, row, where, *records[:-1], value)
        return value

    return work


def lacking(where: Where) -> None:
    """Say that a value is missing. Raises `CannotWork`."""
    message = "is empty and must not be"
    raise where.unworkable(message)


def fitted(value: Any, row: Row, where: Where) -> Any:
    """Return a value no longer than the row says. Raises `CannotWork`."""
    text = texts.shown(value)
    if len(text) <= row.length:
        return value
    if not row.cut:
        message = f"is longer than {row.length} characters"
        raise where.unworkable(message)
    return text[: row.length]


def passing(check: Expression, row: Row, where: Where, *records: Any) -> None:
    """Let a value pass its check. Raises `CannotWork`."""
    if not check.of(*records):
        message = f"does not pass its check: {row.check}"
        raise where.unworkable(message)


def worked(each: Ready, *records: Any) -> Any:
    """Return what a row makes. Raises `CannotWork` with its place, and `Unmapped`."""
    try:
        return each.work(*records)
    except (CannotWork, Trouble):
        raise
    except FAULTS:
        raise _blamed(each, records) from None


def _blamed(each: Ready, records: tuple[Any, ...]) -> CannotWork:
    """Return what went wrong and in which expression of the row: found by working each of them out once more."""
    for one in (each.parts[1], each.parts[0]):
        if one is None:
            continue
        try:
            one.of(*records)
        except CannotWork as wrong:
            return wrong
        except Trouble:
            continue
    return CannotWork("gives a value that this field cannot hold", each.where)


def _form(name: str, target: Shape) -> Form:
    """Return what brings a value into the form of a field. It raises `FAULTS`."""
    if name.startswith(CUSTOM):
        return _as_it_is
    if target.options:
        return lambda value: LineKind(texts.read(value))
    return _FORMS[target.kind]


def _as_it_is(value: Any) -> Any:
    return value


def _listed(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple([texts.shown(each) for each in value])


def _only(kind: type, *, never: type | tuple[type, ...] = ()) -> Form:
    def form(value: Any) -> Any:
        if value is None or (isinstance(value, kind) and not isinstance(value, never)):
            return value
        message = "not what this field holds"
        raise NoAnswer(message)

    return form


_FORMS: dict[Kind, Form] = {
    Kind.TEXT: texts.shown,
    Kind.LIST: _listed,
    Kind.DATE: _only(date, never=datetime),
    Kind.MONEY: _only(Money),
    Kind.NUMBER: _only(Decimal),
    Kind.TRUTH: _only(bool),
}

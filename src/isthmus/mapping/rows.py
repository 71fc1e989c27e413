"""A row made ready: its expressions compiled, its value put into the form its field takes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from isthmus.canonical.money import Money
from isthmus.canonical.order import LineKind
from isthmus.mapping import texts
from isthmus.mapping.document import Document, Row
from isthmus.mapping.errors import CannotWork, Where
from isthmus.mapping.expression import FAULTS, Expression, expression
from isthmus.mapping.functions import empty
from isthmus.mapping.scope import Scope
from isthmus.mapping.shapes import TRUTH, Kind, Shape
from isthmus.mapping.targets import CUSTOM, UNCHANGING, Section, fits
from isthmus.ports.errors import Trouble

Work = Callable[..., Any]
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
    expressions = tuple(each for each in (source, when, check) if each is not None)
    form = _form(name, target)
    return Ready(section.name, name, row, where, expressions, _work(row, where, (source, when, check), scope, form))


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


def _work(
    row: Row, where: Where, compiled: tuple[Expression | None, ...], scope: Scope, form: Callable[[Any], Any]
) -> Work:
    source, when, check = compiled
    run = source.compiled.run if source is not None else None
    simple = not (when or check or row.table or row.required or row.length or row.default is not None)
    if simple and run is not None:
        return lambda *records: form(run(*records))
    tables = scope.tables

    def work(*records: Any) -> Any:
        if when is not None and not when.compiled.run(*records):
            return UNTOUCHED
        value = run(*records) if run is not None else records[-1]
        if empty(value):
            value = row.default
        elif row.table:
            value = tables.must(row.table, texts.shown(value))
        if row.required and empty(value):
            message = "is empty and must not be"
            raise where.unworkable(message)
        if row.length and len(texts.shown(value)) > row.length:
            if not row.cut:
                message = f"is longer than {row.length} characters"
                raise where.unworkable(message)
            value = texts.shown(value)[: row.length]
        value = form(value)
        if check is not None and not check.compiled.run(*records[:-1], value):
            message = f"does not pass its check: {row.check}"
            raise where.unworkable(message)
        return value

    return work


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
    for one in each.expressions:
        try:
            one.of(*records)
        except CannotWork as wrong:
            return wrong
        except Trouble:
            continue
    return CannotWork("gives a value that this field cannot hold", each.where)


def _form(name: str, target: Shape) -> Callable[[Any], Any]:
    """Return what brings a value into the form of a field. It raises `ValueError` or `TypeError`."""
    if name.startswith(CUSTOM):
        return _anything
    if target.options:
        return lambda value: LineKind(texts.read(value))
    return _FORMS[target.kind]


def _anything(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownArgumentType,reportUnknownVariableType]


def _listed(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple([texts.shown(each) for each in value])


def _only(kind: type) -> Callable[[Any], Any]:
    def form(value: Any) -> Any:
        if value is None or isinstance(value, kind):
            return value
        message = "not what this field holds"
        raise TypeError(message)

    return form


_FORMS: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: texts.shown,
    Kind.LIST: _listed,
    Kind.DATE: _only(date),
    Kind.MONEY: _only(Money),
    Kind.NUMBER: _only(Decimal),
    Kind.TRUTH: _only(bool),
}

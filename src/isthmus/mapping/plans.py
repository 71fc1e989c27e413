"""The rows of one section as one function: what somebody would write by hand for this document, written by us.

A row by itself says exactly what is wrong with it, and costs several calls. So all rows of a section become the lines
of one function, made of the code of their expressions (which the compiler has checked) and of names of ours. Where that
fails, whatever the reason, the rows are worked out one by one to say which one it is.
"""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from isthmus.canonical.order import Order, OrderLine
from isthmus.canonical.party import Company
from isthmus.mapping import texts
from isthmus.mapping.expression import FAULTS, Expression
from isthmus.mapping.functions import empty
from isthmus.mapping.rows import UNTOUCHED, Ready, fitted, lacking, passing, worked
from isthmus.mapping.tables import OTHERS, no_row
from isthmus.mapping.targets import SECTIONS

NONE: Mapping[str, Any] = {}
R = TypeVar("R", bound=msgspec.Struct)
Changes = dict[str, Any]
#: Told of each row that did something: the row, what it was about, the records it read, what was there, what is now.
Told = Callable[[Ready, str, Sequence[Any], Any, Any], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows of one section, and the function that works them all out: `make(*records, record)`.

    `bare` is a record whose own custom fields stay behind.
    """

    rows: Sequence[Ready]
    make: Callable[..., Any]
    bare: bool

    def record(self, record: R, *read: Any) -> R:
        """Return a record with what the rows make of it. Raises `CannotWork` with its place, and `Unmapped`."""
        try:
            return self.make(*read, record)
        except FAULTS:
            return self.one_by_one(record, *read)  # to say which one it is

    def records(self, order: Order, own: Sequence[Any], records: Sequence[R]) -> list[R]:
        """Return several records, each with what the rows make of it; `own` are they as the source has them."""
        make = self.make
        try:
            return [make(order, was, now) for was, now in zip(own, records, strict=True)]
        except FAULTS:
            return [self.one_by_one(now, order, was) for was, now in zip(own, records, strict=True)]

    def one_by_one(self, record: R, *read: Any, told: Told | None = None, about: str = "") -> R:
        """Return the same, row by row, and tell of each of them."""
        made: Changes = {"custom": NONE} if self.bare and getattr(record, "custom", None) else {}
        for each in self.rows:
            was = None if each.head == "custom" else found(record, each)
            value = worked(each, *read, was)
            if value is not UNTOUCHED:
                if told is not None:
                    told(each, about, read, was, value)
                put(made, record, each, value)
        if made.get("sku", record.sku) != record.sku if isinstance(record, OrderLine) else False:
            made["variant_ref"] = ""
        return replace(record, **made) if made else record


def found(record: msgspec.Struct, each: Ready) -> Any:
    """Return what a record has in the field that a row fills."""
    there = getattr(record, each.head)
    if not each.inner:
        return there
    return there.get(each.inner) if each.head == "custom" else getattr(there, each.inner, "")


def put(made: Changes, record: msgspec.Struct, each: Ready, value: Any) -> None:
    """Note what a row makes of the field it fills."""
    if not each.inner:
        made[each.head] = value
    elif each.head == "custom":
        made["custom"] = {**made.get("custom", NONE), each.inner: value}
    else:
        _within(made, record, each.head, each.inner, value)


def _within(made: Changes, record: msgspec.Struct, head: str, name: str, value: Any) -> None:
    there = made.get(head, getattr(record, head))
    if there is not None:
        made[head] = replace(there, **{name: value})
    elif not empty(value):  # nobody is a company because a row found nothing
        made[head] = replace(Company(name=""), **{name: value})


def planned(rows: Sequence[Ready], *, bare: bool = False) -> Plan:
    """Return the plan of some rows of one section."""
    section = SECTIONS[rows[0].section]
    writer = _Writer(dict(_NAMES))
    made = [(writer.row(each), each) for each in rows]
    sure = dict(_sure(made, bare=bare and "custom" in section.record.__struct_fields__))
    maybe = [line for value, each in made if _maybe(each) for line in _unsettled(value, each)]
    if maybe:
        entries = ", ".join(f"{name!r}: {value}" for name, value in sure.items())
        writer.lines += [f"made = {{{entries}}}", *maybe, "return _p_replace(record, **made) if made else record"]
    else:
        entries = ", ".join(f"{name}={value}" for name, value in sure.items())
        writer.lines.append(f"return _p_replace(record, {entries})")
    text = "\n    ".join([f"def make({', '.join([*section.roots, 'record'])}):", *writer.lines])
    names: dict[str, Any] = {"__builtins__": {"str": str}, **writer.names}
    exec(compile(text, "<section>", "exec", dont_inherit=True), names)  # noqa: S102 - made here, of checked code
    return Plan(tuple(rows), names["make"], bare)


def _maybe(each: Ready) -> bool:
    """Tell whether a row may leave its field alone, or fills a part of a field."""
    return bool(each.row.when or (each.inner and each.head != "custom"))


def _sure(made: Sequence[tuple[str, Ready]], *, bare: bool) -> Iterator[tuple[str, str]]:
    """Yield the fields that are filled whatever happens, with their code."""
    sure = [(value, each) for value, each in made if not _maybe(each)]
    yield from ((each.head, value) for value, each in sure if not each.inner)
    own = [f"{each.inner!r}: {value}" for value, each in sure if each.head == "custom"]
    if bare or own:
        yield "custom", f"{{{', '.join(own)}}}" if own else "_p_none"
    for value, each in made:
        if each.section == "lines" and each.field == "sku":
            # Under another name it is another item: what the shop's own variant is bound to does not count.
            kept = f"{value} is _p_untouched or {value} == record.sku" if each.row.when else f"{value} == record.sku"
            yield "variant_ref", f"record.variant_ref if {kept} else ''"


def _unsettled(value: str, each: Ready) -> Iterator[str]:
    """Yield the lines of a row that may leave its field alone."""
    yield f"if {value} is not _p_untouched:"
    if not each.inner:
        yield f"    made[{each.head!r}] = {value}"
    elif each.head == "custom":
        yield f"    made['custom'] = {{**made.get('custom', _p_none), {each.inner!r}: {value}}}"
    else:
        yield f"    _p_within(made, record, {each.head!r}, {each.inner!r}, {value})"


@dataclass(slots=True)
class _Writer:
    """Writes the lines of rows; `names` are what they refer to."""

    names: dict[str, Any]
    lines: list[str] = field(default_factory=list[str])
    values: int = 0

    def row(self, each: Ready) -> str:
        """Write a row; return the name of its value."""
        self.values += 1
        name, row = f"v{self.values}", each.row
        (source, when, check, form), before_lines = each.parts, len(self.lines)
        if row.when or source is None or _reads_value(source):
            self.lines.append(f"value = {_standing(each)}")
        made = self.code(source) if source is not None else "value"
        self.lines.append(f"{name} = {made}")
        self._word(each, name)
        if row.required:
            self.lines += [f"if _p_empty({name}):", f"    {self.held(partial(lacking, each.where))}()"]
        if row.length:
            fit = self.held(partial(fitted, row=row, where=each.where))
            self.lines.append(
                f"if {name} is not None and ({name}.__class__ is not str or _p_len({name}) > {row.length}):"
            )
            self.lines.append(f"    {name} = {fit}({name})")
        if form is texts.shown and not row.table:
            self.lines.append(f"if {name}.__class__ is not str: {name} = _p_shown({name})")
        elif form is not None and form is not texts.shown:
            self.lines.append(f"{name} = {self.held(form)}({name})")
        if check is not None:
            read = ", ".join([*SECTIONS[each.section].roots, name])
            self.lines.append(f"{self.held(partial(passing, check, row, each.where))}({read})")
        if when is not None:
            self._only(when, name, before_lines)
        return name

    def _word(self, each: Ready, name: str) -> None:
        """Write the default of what is empty, and the counterpart of what is not."""
        row = each.row
        if not row.table and row.default is None:
            return
        # Said in the form of the field at once: a table gives texts, so that nothing is left to do after it.
        form = each.parts[3]
        standard = texts.shown(row.default) if form is texts.shown else row.default
        nothing = f"(not {name} or {name}.isspace()) if {name}.__class__ is str else _p_empty({name})"
        self.lines += [f"if {nothing}:", f"    {name} = {standard!r}"]
        if row.table:
            words = each.words
            get, others = self.held(words.get), self.held(words.get(OTHERS))
            self.lines += [
                "else:",
                f"    word = {name} if {name}.__class__ is str else _p_shown({name})",
                f"    {name} = {get}(word, {others})",
                f"    if {name} is None: raise _p_no_row({row.table!r}, word)",
            ]

    def _only(self, when: Expression, name: str, start: int) -> None:
        """Put the lines of a row under its condition."""
        value, *rest = self.lines[start:]
        self.lines[start:] = [value, f"if {self.code(when)}:", *(f"    {line}" for line in rest)]
        self.lines += ["else:", f"    {name} = _p_untouched"]

    def code(self, expression: Expression) -> str:
        """Return the text of an expression's code; its own names are the only ones there are."""
        self.names |= expression.compiled.names
        return f"({ast.unparse(expression.compiled.body)})"

    def held(self, value: Any) -> str:
        """Return a name for something made now."""
        name = f"_h{len(self.names)}"
        self.names[name] = value
        return name


def _reads_value(expression: Expression) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "value" for each in ast.walk(expression.compiled.body))


def _standing(each: Ready) -> str:
    """Return the code of what stands in the field a row fills."""
    if each.head == "custom":
        return "None"
    return f"_p_standing(record.{each.head}, {each.inner!r})" if each.inner else f"record.{each.head}"


def _standing_in(group: Any, name: str) -> Any:
    return getattr(group, name, "")


#: What the code of every section refers to, beside the names of its expressions.
_NAMES: Mapping[str, Any] = {
    "_p_untouched": UNTOUCHED,
    "_p_none": NONE,
    "_p_replace": replace,
    "_p_len": len,
    "_p_empty": empty,
    "_p_shown": texts.shown,
    "_p_no_row": no_row,
    "_p_within": _within,
    "_p_standing": _standing_in,
}

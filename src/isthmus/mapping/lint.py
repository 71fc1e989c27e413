"""What may be wrong with a mapping that can run: its rows, and what both systems say of themselves. Pure. (R-MAP-07)"""

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from isthmus.canonical.money import Money
from isthmus.canonical.quantity import Quantity
from isthmus.kit.names import nearest
from isthmus.mapping.document import Row
from isthmus.mapping.errors import Where
from isthmus.mapping.expression import FAULTS, Expression
from isthmus.mapping.findings import Found
from isthmus.mapping.order_mapping import OrderMapping
from isthmus.mapping.rows import Ready
from isthmus.mapping.shapes import Kind, fields_of
from isthmus.mapping.tables import KNOWN, Tables
from isthmus.mapping.targets import CUSTOM, SECTIONS
from isthmus.ports.probe import CustomField

#: Under which kind the other system reports the fields that a section's rows may fill.
KIND_OF: Mapping[str, str] = {"order": "order", "lines": "order_line", "customer": "customer"}
_COST = re.compile(r"(?<![a-z])(cost|costs|purchase|buy|buying|wholesale|landed)(?![a-z])")
_PRICE = re.compile(r"(?<![a-z])(price|prices|sell|selling|sale|retail|list|msrp|rrp)(?![a-z])")
#: What vendors call their kinds of fields, by what fits in. A word that is not here is not judged.
_TYPES: Mapping[str, frozenset[Kind]] = {
    **dict.fromkeys(
        ("integer", "int", "float", "double", "decimal", "numeric", "number", "monetary", "currency", "percent"),
        frozenset({Kind.NUMBER}),
    ),
    **dict.fromkeys(("boolean", "bool", "checkbox", "truth"), frozenset({Kind.TRUTH})),
    "date": frozenset({Kind.DATE}),
    **dict.fromkeys(("datetime", "timestamp", "moment"), frozenset({Kind.MOMENT, Kind.DATE})),
    **dict.fromkeys(
        ("char", "text", "string", "html", "str", "selection", "single_line_text_field", "multi_line_text_field"),
        frozenset({Kind.TEXT, Kind.NUMBER, Kind.DATE}),
    ),
}
#: Functions that make a day or a text of a moment, and the place of the zone among their arguments.
_ZONED = {"day": 1, "written": 2}


@dataclass(frozen=True, slots=True)
class Sides:
    """What is known of both systems; `fields` and `seen` are None where nothing is known."""

    source: str
    destination: str
    #: The destination's fields by kind, as its probe reports them.
    fields: Mapping[str, Sequence[CustomField]] | None = None
    #: Custom fields of the source that records had or that its own probe reports, by kind.
    seen: Mapping[str, Collection[str]] | None = None
    #: Tables of files, which may be used by other flows as well.
    shared: Collection[str] = field(default_factory=frozenset[str])


def lint(mapping: OrderMapping, sides: Sides) -> list[Found]:
    """Return what may be wrong, in the order of the document."""
    found: list[Found] = []
    for each in mapping.rows:
        found += _of_row(each, sides, mapping.tables)
    found += _required(mapping, sides)
    found += _values(mapping)
    return sorted(found, key=lambda one: (one.where.line, one.where.row))


def _of_row(each: Ready, sides: Sides, tables: Tables) -> Iterator[Found]:
    row = each.row
    if row.owner and row.owner not in (sides.source, sides.destination):
        hint = nearest(row.owner, (sides.source, sides.destination))
        says = f"owner {row.owner!r} is neither {sides.source} nor {sides.destination}{hint}"
        yield Found("unknown_owner", each.where, says)
    yield from _dead(each)
    yield from _target(each, sides, tables)
    for one in each.expressions:
        yield from _sources(one, sides)
    if source := source_of(each):
        yield from _cost_and_price(each, source)
        yield from _moment(each, source)


def source_of(each: Ready) -> Expression | None:
    """Return the expression a row's value comes from."""
    return each.expressions[0] if each.row.source else None


def _when_of(each: Ready) -> Expression | None:
    return each.expressions[1 if each.row.source else 0] if each.row.when else None


def _dead(each: Ready) -> Iterator[Found]:
    when = _when_of(each)
    if when is not None and constant(when) is False:
        yield Found("dead_row", when.where, f"its condition is never true: {each.row.when}")
    source = source_of(each)
    if source is not None and source.text == "value" and _only_source(each.row):
        yield Found("dead_row", each.where, "it fills the field with what stands there anyway")


def _only_source(row: Row) -> bool:
    return not (row.table or row.check or row.required or row.length or row.default is not None)


def constant(one: Expression) -> bool | None:
    """Return whether an expression that reads nothing is true; None where it depends on the record."""
    compiled = one.compiled
    names = {node.id for node in ast.walk(ast.parse(one.text, mode="eval")) if isinstance(node, ast.Name)}
    if (
        compiled.fields
        or compiled.hooks
        or compiled.tables
        or names & {"value", *SECTIONS, "order", "line", "customer"}
    ):
        return None
    try:
        return bool(compiled.run(*[None] * compiled.run.__code__.co_argcount))
    except FAULTS:
        return None


def _target(each: Ready, sides: Sides, tables: Tables) -> Iterator[Found]:
    kind = KIND_OF.get(each.section)
    if not each.field.startswith(CUSTOM) or sides.fields is None or kind is None or kind not in sides.fields:
        return
    name = each.field.removeprefix(CUSTOM)
    known = {one.name: one for one in sides.fields[kind]}
    there = known.get(name)
    if there is None:
        says = f"{sides.destination} reports no field {name!r} for {kind.replace('_', ' ')}{nearest(name, known)}"
        yield Found("unknown_target", each.where, says)
        return
    if not there.writable:
        yield Found("read_only_target", each.where, f"{sides.destination} fills {name} itself")
    yield from _held(each, there, tables)
    source = source_of(each)
    if source is not None:
        made = Kind.TEXT if each.row.table else source.shape.kind
        fitting = _TYPES.get(there.type.lower())
        if fitting and made not in fitting and made not in (Kind.ANY, Kind.EMPTY):
            yield Found("target_type", each.where, f"{name} is {there.type} there, and this is {source.shape}")
    may_be = source is None or source.shape.optional
    if there.required and may_be and not each.row.required and each.row.default is None:
        yield Found("may_be_empty", each.where, f"{sides.destination} insists on {name}")


def _held(each: Ready, there: CustomField, tables: Tables) -> Iterator[Found]:
    """Yield what a field cannot hold: words that are none of its own, and texts it would cut."""
    source = source_of(each)
    kind = source.shape.kind if source is not None else Kind.ANY
    said: set[str] = {str(each.row.default)} if each.row.default is not None else set()
    if each.row.table:
        said |= set(tables.rows.get(each.row.table, {}).values())
    elif source is not None:
        said |= set(source.shape.options)
    if there.options and (wrong := sorted(said - {*there.options, ""})):
        options = ", ".join(there.options[:10])
        yield Found("not_an_option", each.where, f"{there.name} is never {wrong[0]!r}: there are {options}")
    if there.size is None:
        return
    known = said if each.row.table or (source is not None and source.shape.options) else None
    longest = max((len(word) for word in said), default=0) if known is not None else 0
    open_end = known is None and kind in (Kind.TEXT, Kind.ANY) and not 0 < each.row.length <= there.size
    if open_end or longest > there.size:
        yield Found("too_long", each.where, f"{there.name} keeps {there.size} letters")


def _required(mapping: OrderMapping, sides: Sides) -> Iterator[Found]:
    if sides.fields is None:
        return
    filled = {(each.section, each.field) for each in mapping.rows}
    for section, kind in KIND_OF.items():
        for one in sides.fields.get(kind, ()):
            if one.required and (section, f"{CUSTOM}{one.name}") not in filled:
                label = f" ({one.label})" if one.label else ""
                says = f"{sides.destination} insists on {one.name}{label} for {kind.replace('_', ' ')}"
                yield Found("required_target", Where(mapping.document.name, section), says)


def _sources(one: Expression, sides: Sides) -> Iterator[Found]:
    if sides.seen is None:
        return
    for path in sorted(one.compiled.fields):
        owner, custom, name = path.rpartition(".custom.") if ".custom." in path else ("", "", "")
        if not custom:
            continue
        known = _known(owner.rpartition(".")[2], sides.seen)
        if name not in known:
            says = f"no record has a custom field {name!r}{nearest(name, known)}"
            yield Found("unknown_source", one.where, says)


def _known(owner: str, seen: Mapping[str, Collection[str]]) -> set[str]:
    """Return the names of a record's custom fields; all names where a list's item has a name of its own."""
    kinds = {"order": ("order",), "line": ("order_line",), "customer": ("customer",)}.get(owner, tuple(seen))
    return {name for kind in kinds for name in seen.get(kind, ())}


def _cost_and_price(each: Ready, source: Expression) -> Iterator[Found]:
    target = _words(each.field)
    read = _words(" ".join(source.compiled.fields))
    to_cost, to_price = bool(_COST.search(target)), bool(_PRICE.search(target)) and not _COST.search(target)
    if to_price and _COST.search(read):
        yield Found("cost_and_price", source.where, f"a cost goes into {each.field}")
    if to_cost and _PRICE.search(read) and not _COST.search(read):
        yield Found("cost_and_price", source.where, f"a price goes into {each.field}")


def _words(text: str) -> str:
    """Return names as words: `x_unitCost` and `unit-cost` both hold `cost`."""
    return re.sub(r"[^a-z]+", " ", re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower())


def _values(mapping: OrderMapping) -> Iterator[Found]:
    """Yield numbers of money and quantities that go somewhere without what they are of."""
    told: dict[str, set[str]] = {}
    for each in mapping.rows:
        if source := source_of(each):
            told.setdefault(each.section, set()).update(path.rpartition(".")[2] for path in source.compiled.fields)
    for each in mapping.rows:
        source = source_of(each)
        if source is None or source.shape.kind not in (Kind.NUMBER, Kind.TEXT):
            continue
        for path in sorted(source.compiled.fields):
            beside = told[each.section] | told.get("order", set())
            last = path.rpartition(".")[2]
            if last == "amount" and _is(path, Money) and "currency" not in beside:
                yield Found("money_without_currency", source.where, f"{path} goes into {each.field} as a bare number")
            if last == "value" and _is(path, Quantity) and "unit" not in beside:
                yield Found("quantity_without_unit", source.where, f"{path} goes into {each.field} as a bare number")


def _is(path: str, kind: type[Money | Quantity]) -> bool:
    """Tell whether a field belongs to an amount or a quantity; of an item of a list that only its name says."""
    head, *names = path.split(".")
    roots = {name: part for section in SECTIONS.values() for name, part in section.roots.items()}
    part = roots.get(head)
    for name in names[:-1]:
        shape = fields_of(part).get(name) if part is not None else None
        part = shape.part if shape is not None else None
    return part is kind or (head not in roots and len(names) > 1)


def _moment(each: Ready, source: Expression) -> Iterator[Found]:
    tree = ast.parse(source.text, mode="eval")
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
            continue
        place = _ZONED.get(node.func.id)
        if place is not None and len(node.args) <= place and _reads_moment(each, node.args[0]):
            where = source.where.at(node.col_offset + 1)
            yield Found("moment_without_zone", where, f"{node.func.id}(...) without a zone is the day in UTC")
    if source.shape.kind is Kind.MOMENT and each.field.startswith(CUSTOM):
        yield Found("moment_without_zone", source.where, f"{each.field} is told the moment in UTC")


def _reads_moment(each: Ready, node: ast.expr) -> bool:
    section = SECTIONS[each.section]
    names = ast.unparse(node).split(".")
    part = section.roots.get(names[0])
    if part is None:
        part, names = section.record, ["", *names]
    for name in names[1:]:
        shape = fields_of(part).get(name) if part is not None else None
        if shape is None:
            return False
        if shape.kind is Kind.MOMENT:
            return True
        part = shape.part
    return False


def unused(mappings: Sequence[tuple[OrderMapping, Collection[str]]], files: Mapping[str, str]) -> Iterator[Found]:
    """Yield tables nothing looks into: those of each document, and `files` (where it stands, by name)."""
    used = {name for _mapping, some in mappings for name in some}
    for mapping, own in mappings:
        for name in mapping.document.tables:
            if name not in own and name not in KNOWN:
                yield Found("unused_table", mapping.document.where("tables", name), f"nothing looks into {name}")
    for name, place in sorted(files.items()):
        if name not in used and name not in KNOWN:
            yield Found("unused_table", Where(place), f"nothing looks into {name}")


def two_owners(flows: Sequence[tuple[str, str, OrderMapping]]) -> Iterator[Found]:
    """Yield fields of one system that two flows fill with different owners; flows by name, destination and mapping.

    A row without an owner is the shop's, like one that names it.
    """
    owners: dict[tuple[str, str, str], tuple[str, str, Where]] = {}
    for name, destination, mapping in flows:
        for each in mapping.rows:
            owner = destination if each.row.owner == destination else "the shop"
            first = owners.setdefault((destination, each.section, each.field), (owner, name, each.where))
            if first[0] != owner:
                whose = f"belongs to {owner} here and to {first[0]} in {first[1]} ({first[2]})"
                says = f"{each.section}.{each.field} of {destination} {whose}"
                yield Found("two_owners", each.where, says, name)

"""What a document would make of an order that the mirror has: nothing is called, nothing written (R-MAP-06)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any, cast

import msgspec

from isthmus.canonical.order import Order
from isthmus.canonical.party import Customer
from isthmus.flows.order_parties import buyer
from isthmus.mapping.errors import MappingError, Where
from isthmus.mapping.order_mapping import ADDED, OrderMapping
from isthmus.mapping.orders import Resolved, ready
from isthmus.mapping.rows import Ready
from isthmus.mapping.tables import Tables
from isthmus.mapping.targets import SECTIONS
from isthmus.policies.totals import difference
from isthmus.ports.errors import Unmapped

#: Fields that have no place in the record: what a row of the section `order` says there is kept beside it.
BESIDE = ("reference", "warehouse")


@dataclass(frozen=True, slots=True)
class Around:
    """What a flow knows beside its document: isthmus.toml's own words, the places of the order, and the zone."""

    tables: Tables
    zone: tzinfo
    reference: str = "{number}"
    #: The other system's warehouse code where nothing says another one, and by the source's place.
    warehouse: str = ""
    warehouses: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Made:
    """One row that did something: what was there and what is there now."""

    row: Ready
    about: str
    records: Sequence[Any]
    before: Any
    after: Any

    @property
    def inputs(self) -> dict[str, Any]:
        """Return what the row's expressions read of the source, by path; lists and groups are not told as a whole."""
        roots = dict(zip(SECTIONS[self.row.section].roots, self.records, strict=False))
        paths = {path for one in self.row.expressions for path in one.compiled.fields}
        found = {path: _at(roots, path.split(".")) for path in sorted(paths) if path.partition(".")[0] in roots}
        return {path: value for path, value in found.items() if not isinstance(value, msgspec.Struct | tuple | Mapping)}


@dataclass(frozen=True, slots=True)
class Wrong:
    """A row, condition or added line that has no answer for an order; `table` and `word` where a code is missing."""

    where: Where
    says: str
    table: str = ""
    word: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """An order as it came and as the other system would be told, without the rows that have no answer."""

    source: Order
    takes: bool
    told: Order
    customer: Customer
    reference: str
    made: Sequence[Made]
    wrong: Sequence[Wrong]
    #: Why the order would be asked about although every row has an answer, such as a sum that is not the buyer's.
    because: str = ""


def preview(mapping: OrderMapping, order: Order, around: Around) -> Preview:
    """Return what the document makes of an order, and every row of it that has no answer. Pure."""
    wrong: list[Wrong] = []
    takes = True
    try:
        takes = mapping.takes(order)
    except (MappingError, Unmapped) as bad:
        wrong.append(_wrong(bad, mapping.document.where("", "when")))
    made: list[Made] = []

    def told(row: Ready, about: str, records: Sequence[Any], before: Any, after: Any) -> None:
        made.append(Made(row, about, records, before, after))

    working = replace(mapping, told=told)
    try:
        found = _all(working, order, around)
    except (MappingError, Unmapped):
        made.clear()
        working = replace(_working(mapping, order, around, wrong), told=told)
        found = _all(working, order, around)
    sold, customer, reference = found
    gap = "" if order.canceled_at or not mapping.changes_lines else difference(_sold(working, order)) or ""
    made.sort(key=lambda each: each.row.where.line)
    return Preview(order, takes, sold, customer, reference, made, wrong, gap)


def _at(value: Any, names: Sequence[str]) -> Any:
    for name in names:
        value = cast("Mapping[str, Any]", value).get(name) if isinstance(value, Mapping) else getattr(value, name, None)
    return value


def _sold(mapping: OrderMapping, order: Order) -> Order:
    """Return what is sold, as the document says, without telling anybody."""
    return replace(mapping, told=None).first(order)


def _all(mapping: OrderMapping, order: Order, around: Around) -> tuple[Order, Customer, str]:
    sold = mapping.first(order)
    customer = mapping.customer(order, buyer(sold))
    usual = mapping.warehouse(order) or around.warehouse
    found = {each.warehouse: around.warehouses.get(each.warehouse, around.warehouse) for each in order.lines}
    warehouses = {place: usual if code == around.warehouse else code for place, code in found.items()}
    prepared = ready(sold, Resolved("", "", "", {}, warehouses), around.tables, around.zone)
    reference = mapping.reference(order) or around.reference.format(number=order.number)
    return mapping.then(order, prepared), customer, reference


def _working(mapping: OrderMapping, order: Order, around: Around, wrong: list[Wrong]) -> OrderMapping:
    """Return the mapping without what has no answer for this order, which is put into `wrong`."""
    bare = replace(mapping, early={}, late={}, additions=())
    early: dict[str, list[Ready]] = {}
    late: dict[str, list[Ready]] = {}
    for kept, rows in ((early, mapping.early), (late, mapping.late)):
        for section, some in rows.items():
            for row in some:
                alone = {section: [row]}
                one = replace(bare, early=alone) if kept is early else replace(bare, late=alone)
                if _tried(one, order, around, row.where, wrong):
                    kept.setdefault(section, []).append(row)
    additions = [
        each
        for each in mapping.additions
        if _tried(
            replace(bare, additions=[each]), order, around, mapping.document.where("add", "", each.line.name), wrong
        )
    ]
    return replace(mapping, early=early, late=late, additions=additions)


def _tried(mapping: OrderMapping, order: Order, around: Around, where: Where, wrong: list[Wrong]) -> bool:
    try:
        _all(mapping, order, around)
    except (MappingError, Unmapped) as bad:
        wrong.append(_wrong(bad, where))
        return False
    return True


def _wrong(bad: MappingError | Unmapped, where: Where) -> Wrong:
    if isinstance(bad, MappingError):
        return Wrong(bad.where if str(bad.where) else where, bad.says)
    return Wrong(where, str(bad), bad.table, bad.value)


def results(found: Preview) -> dict[str, Any]:
    """Return everything the other system is told, by path: `order.custom.x`, `order.lines[0].note`, `customer.name`.

    Lines are named by their place, from 0.
    """
    flat: dict[str, Any] = {"takes": found.takes, "order.reference": found.reference}
    _flatten("order", msgspec.to_builtins(found.told), flat)
    _flatten("customer", msgspec.to_builtins(found.customer), flat)
    return flat


def filled(found: Preview) -> dict[str, Any]:
    """Return what rows and added lines of the document made, by path."""
    every = results(found)
    paths: set[str] = set()
    for each in found.made:
        paths |= {path for path in every if _made_by(each, path)}
    for place, line in enumerate(found.told.lines):
        if line.external_id.startswith(ADDED):
            paths |= {path for path in every if path.startswith(f"order.lines[{place}].")}
    return {path: every[path] for path in sorted(paths)} | {"takes": found.takes}


def _made_by(made: Made, path: str) -> bool:
    row = made.row
    plain = path.partition(".")[0] + _without_places(path.removeprefix(path.partition(".")[0]))
    if row.section == "order" and row.field == "warehouse":
        return plain == "order.lines.warehouse"
    heads = {
        "order": ("order",),
        "lines": ("order.lines",),
        "taxes": ("order.lines.taxes", "order.shipping_lines.taxes"),
        "shipping": ("order.shipping_lines",),
        "payments": ("order.payments",),
        "addresses": ("order.billing", "order.shipping_to"),
        "customer": ("customer",),
    }[row.section]
    return any(plain == f"{head}.{row.field}" or plain.startswith(f"{head}.{row.field}.") for head in heads)


def _without_places(path: str) -> str:
    return "".join(part.partition("]")[2] if "]" in part else part for part in path.split("["))


def _flatten(path: str, value: Any, into: dict[str, Any]) -> None:
    if isinstance(value, dict):
        for key, each in cast("dict[str, Any]", value).items():
            _flatten(f"{path}.{key}", each, into)
    elif isinstance(value, list | tuple):
        items = list(cast("Sequence[Any]", value))
        if items and isinstance(items[0], dict):
            for place, each in enumerate(items):
                _flatten(f"{path}[{place}]", each, into)
        elif items:
            into[path] = items
    elif value not in (None, ""):
        into[path] = value

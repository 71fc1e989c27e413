"""Which fields orders have, which of them a mapping uses, and which fields of the other system nobody fills."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import msgspec

from isthmus.admin.mapping_check import reports
from isthmus.admin.mapping_seen import seen
from isthmus.canonical.order import Order
from isthmus.engine.context import Context
from isthmus.flows.settings import OrderSettings
from isthmus.mapping.lint import KIND_OF
from isthmus.mapping.order_mapping import OrderMapping
from isthmus.mapping.targets import CUSTOM, SECTIONS

#: Where the records of each section stand in an order.
_PLACES: Mapping[str, Sequence[str]] = {
    "order": ("",),
    "lines": ("lines.",),
    "taxes": ("lines.taxes.", "shipping_lines.taxes."),
    "shipping": ("shipping_lines.",),
    "payments": ("payments.",),
    "addresses": ("billing.", "shipping_to."),
    "customer": ("customer.",),
}
#: What every sink is handed and no row may change: what is sold, to whom, and for how much.
_SOLD = (
    "number",
    "external_id",
    "status",
    "currency",
    "total",
    "placed_at",
    "prices_include_tax",
    "billing",
    "shipping_to",
    "customer.external_id",
    "customer.addresses",
    "lines.external_id",
    "lines.quantity",
    "lines.discounts",
    "lines.taxes",
    "lines.variant_ref",
    "lines.sku",
    "discounts",
    "shipping_lines.price",
    "shipping_lines.discount",
    "shipping_lines.taxes",
    "shipping_lines.method_code",
    "payments.amount",
    "payments.status",
    "payments.gateway",
    "payments.transaction_id",
    "payment_status",
    "canceled_at",
)


#: How we came to know the record, and what has a list of its own below.
_OURS = ("custom", "changed_at", "read_at", "revision", "connection")


class FieldUse(msgspec.Struct, frozen=True, kw_only=True):
    """One field of orders: in how many it stands, and what becomes of it.

    `used`: row (a row of the document reads it), handed over (as it comes), unused.
    """

    field: str
    orders: int
    used: str


class CustomUse(msgspec.Struct, frozen=True, kw_only=True):
    """One custom field of the source: how many records have it, and of which type its values are."""

    kind: str
    name: str
    records: int
    type: str
    used: bool


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One field of the other system that no row fills."""

    kind: str
    name: str
    label: str
    type: str
    required: bool


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What a mapping covers; `targets` is None where the other system was never asked for its fields."""

    flow: str
    orders: int
    fields: Sequence[FieldUse]
    custom: Sequence[CustomUse]
    targets: Sequence[Target] | None


async def coverage(context: Context, settings: OrderSettings, mapping: OrderMapping, days: int) -> Coverage:
    """Return what the orders of the last days have and what the mapping does with it; never a value of a record."""
    orders = (await seen(context, settings, days)).orders
    read = set(_read(mapping))
    counts: Counter[str] = Counter()
    for order in orders:
        counts.update(set(_paths("", msgspec.to_builtins(order))))
    said = (await reports(context)).get(settings.destination)
    filled = {(each.section, each.field) for each in mapping.rows}
    return Coverage(
        flow=settings.name,
        orders=len(orders),
        fields=[FieldUse(field=name, orders=count, used=_use(name, read)) for name, count in sorted(counts.items())],
        custom=_custom(orders, read),
        targets=None
        if said is None
        else [
            Target(kind=kind, name=one.name, label=one.label, type=one.type, required=one.required)
            for section, kind in KIND_OF.items()
            for one in said.custom_fields.get(kind, ())
            if (section, f"{CUSTOM}{one.name}") not in filled
        ],
    )


def _paths(path: str, value: Any) -> Iterator[str]:
    """Yield the paths of what is not empty; amounts, quantities and custom fields as one."""
    if isinstance(value, dict):
        parts = cast("dict[str, Any]", value)
        if path and parts.keys() <= {"amount", "currency", "value", "unit"}:
            if parts.get("value") != "0":  # none shipped, none returned: nothing is said
                yield path
            return
        for name, each in parts.items():
            if name not in _OURS:
                yield from _paths(f"{path}.{name}" if path else name, each)
    elif isinstance(value, list | tuple):
        items = cast("Sequence[Any]", value)
        for each in items:
            yield from _paths(path, each)
    elif value not in (None, ""):
        yield path


def _read(mapping: OrderMapping) -> Iterator[str]:
    """Yield what expressions read, as paths of an order; an item of a list that is gone through has no root."""
    expressions = [one for row in mapping.rows for one in row.expressions]
    expressions += [one for each in mapping.additions for one in each.parts.values()]
    expressions += [mapping.when] if mapping.when is not None else []
    roots = {section.root: name for name, section in SECTIONS.items()}
    for path in (path for one in expressions for path in one.compiled.fields):
        head, _, rest = path.partition(".")
        for place in (
            _PLACES[roots[head]] if head in roots else ("lines.", "payments.", "shipping_lines.", "lines.taxes.")
        ):
            yield f"{place}{rest}"
    for each in mapping.rows:
        if not each.row.source:
            yield from (f"{place}{each.field}" for place in _PLACES[each.section])


def _use(name: str, read: set[str]) -> str:
    if any(path == name or path.startswith(f"{name}.") for path in read):
        return "row"
    own = {
        f"{place}{field}"
        for section, places in _PLACES.items()
        for place in places
        for field in SECTIONS[section].fields
    }
    handed = name in own or any(name == each or name.startswith(f"{each}.") for each in _SOLD)
    return "handed over" if handed else "unused"


def _custom(orders: Sequence[Order], read: set[str]) -> list[CustomUse]:
    counts: Counter[tuple[str, str]] = Counter()
    types: dict[tuple[str, str], str] = {}
    for order in orders:
        records: list[tuple[str, Mapping[str, Any]]] = [("order", order.custom)]
        records += [("order_line", line.custom) for line in order.lines]
        records += [("customer", order.customer.custom)] if order.customer else []
        for kind, fields in records:
            for name, value in fields.items():
                counts[kind, name] += 1
                types.setdefault((kind, name), _type(value))
    before = {"order": "custom.", "order_line": "lines.custom.", "customer": "customer.custom."}
    return [
        CustomUse(kind=kind, name=name, records=count, type=types[kind, name], used=f"{before[kind]}{name}" in read)
        for (kind, name), count in sorted(counts.items())
    ]


def _type(value: Any) -> str:
    """Return what sort of value it is; the value itself may be somebody's."""
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, int):
        return "number"
    if isinstance(value, str):
        return "text" if value else "empty"
    return "list" if isinstance(value, Sequence) else "group"

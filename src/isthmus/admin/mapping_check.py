"""What a check of a mapping finds in the orders of the last days and in what both systems say of themselves."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from isthmus.admin.mapping_seen import around, seen
from isthmus.canonical.order import Order
from isthmus.canonical.product import Variant
from isthmus.engine.context import Context
from isthmus.flows.order_preview import Around, Preview, preview
from isthmus.flows.settings import OrderSettings
from isthmus.mapping.errors import Where
from isthmus.mapping.findings import Found
from isthmus.mapping.lint import Sides
from isthmus.mapping.order_mapping import OrderMapping
from isthmus.ports.probe import Report
from isthmus.store.base import one
from isthmus.store.statement import listed

#: So many words or SKUs are named, the most frequent first; the rest is counted.
NAMED = 20


@dataclass(frozen=True, slots=True)
class Looked:
    """What was looked at: how many orders, whether that was all, and what was found in them."""

    orders: int
    more: bool
    found: Sequence[Found]
    sides: Sides


async def reports(context: Context) -> Mapping[str, Report]:
    """Return what each system said of itself last, as far as it was asked."""
    rows = await context.store.read("connections")
    return {row["name"]: msgspec.json.decode(row["report"], type=Report) for row in rows if row["report"]}


async def look(context: Context, settings: OrderSettings, mapping: OrderMapping, days: int) -> Looked:
    """Return what the orders of the last days say about a mapping, and what is known of both sides."""
    sample = await seen(context, settings, days)
    known = await around(context, settings, sample.orders)
    previews = [preview(mapping, order, known) for order in sample.orders]
    found = [
        *_failing(previews),
        *_idle(mapping, previews),
        *_references(mapping, previews),
        *_codes(settings, mapping, sample.orders, known),
        *await _skus(context, settings, mapping, previews),
    ]
    said = await reports(context)
    sides = Sides(
        settings.source,
        settings.destination,
        said[settings.destination].custom_fields if settings.destination in said else None,
        _custom(sample.orders, said.get(settings.source)) if sample.orders or settings.source in said else None,
    )
    return Looked(len(sample.orders), sample.more, found, sides)


def _custom(orders: Sequence[Order], report: Report | None) -> Mapping[str, set[str]]:
    """Return the names of the source's custom fields: those orders had, and those its probe reports."""
    names: dict[str, set[str]] = {"order": set(), "order_line": set(), "customer": set()}
    if report is not None:
        for kind, fields in report.custom_fields.items():
            names.setdefault(kind, set()).update(one.name for one in fields)
    for order in orders:
        names["order"].update(order.custom)
        names["customer"].update(order.customer.custom if order.customer else ())
        for line in order.lines:
            names["order_line"].update(line.custom)
    return names


def _failing(previews: Sequence[Preview]) -> Iterator[Found]:
    failing: Counter[tuple[Where, str]] = Counter()
    missing: Counter[tuple[str, str, Where]] = Counter()
    example: dict[Where, str] = {}
    for each in previews:
        for wrong in each.wrong:
            example.setdefault(wrong.where, each.source.number)
            if wrong.table:
                missing[wrong.table, wrong.word, wrong.where] += 1
            else:
                failing[wrong.where, wrong.says] += 1
    for (where, says), count in failing.most_common():
        yield Found("fails_on_records", where, f"{says}: {count} of {len(previews)} orders, such as {example[where]}")
    for (table, word, where), count in missing.most_common(NAMED):
        yield Found("unmapped_code", where, f"table {table} has no row for {word!r}: {count} orders")
    if len(missing) > NAMED:
        yield Found("unmapped_code", Where(), f"and {len(missing) - NAMED} more words without a row")


def _idle(mapping: OrderMapping, previews: Sequence[Preview]) -> Iterator[Found]:
    """Yield rows that did nothing on any order seen."""
    if not previews:
        return
    busy = {(made.row.section, made.row.field) for each in previews for made in each.made}
    wrong = {wrong.where.row for each in previews for wrong in each.wrong}
    lacking = {section for section, has in _PARTS.items() if not any(has(each.source) for each in previews)}
    for each in mapping.rows:
        if each.section in lacking:
            says = f"none of {len(previews)} orders has what [{each.section}] is about"
            yield Found("no_such_record", each.where, says)
        elif each.row.when and (each.section, each.field) not in busy and each.where.row not in wrong:
            yield Found("did_nothing", each.where, f"its condition was true for none of {len(previews)} orders")


_PARTS: Mapping[str, Callable[[Order], bool]] = {
    "taxes": lambda order: any(line.taxes for line in (*order.lines, *order.shipping_lines)),
    "shipping": lambda order: bool(order.shipping_lines),
    "payments": lambda order: bool(order.payments),
    "addresses": lambda order: order.billing is not None or order.shipping_to is not None,
}


def _references(mapping: OrderMapping, previews: Sequence[Preview]) -> Iterator[Found]:
    rows = [each for each in mapping.rows if (each.section, each.field) == ("order", "reference")]
    numbers: dict[str, list[str]] = {}
    for each in previews if rows else ():
        numbers.setdefault(each.reference, []).append(each.source.number)
    for number, orders in numbers.items():
        if len(orders) > 1:
            says = f"orders {', '.join(orders[:3])} would all be {number}"
            yield Found("reference_not_unique", rows[0].where, says)
            return


def _codes(settings: OrderSettings, mapping: OrderMapping, orders: Sequence[Order], known: Around) -> Iterator[Found]:
    """Yield words that the flow looks up by itself and that have no row, in tables that are in use."""
    words: dict[str, Counter[str]] = {name: Counter() for name in ("tax", "payment", "shipping", "payment_terms")}
    for order in orders:
        charges = [tax.name for part in (*order.lines, *order.shipping_lines) for tax in part.taxes]
        words["tax"].update({name for name in charges if name})
        words["payment"].update({each.gateway for each in order.payments if each.gateway})
        words["shipping"].update({each.method_code for each in order.shipping_lines if each.method_code})
        words["payment_terms"].update([order.payment_terms] if order.payment_terms else [])
    for table, seen_words in words.items():
        rows = settings.tables.rows.get(table, {})
        lacking = [(word, count) for word, count in seen_words.most_common() if word not in rows]
        where = Where(f"tables/{table}.csv")
        if rows:
            yield from _listed(table, lacking, where)
    places = Counter(line.warehouse for order in orders for line in order.lines if line.warehouse)
    fixed = {(each.section, each.field) for each in mapping.rows} & {("order", "warehouse"), ("lines", "warehouse")}
    lacking = [(place, count) for place, count in places.most_common() if not known.warehouses.get(place)]
    if not fixed:
        yield from _listed("warehouse", lacking, Where("tables/warehouse.csv"))


def _listed(table: str, lacking: Sequence[tuple[str, int]], where: Where) -> Iterator[Found]:
    for word, count in lacking[:NAMED]:
        yield Found("unmapped_code", where, f"table {table} has no row for {word!r}: {count} orders")
    if len(lacking) > NAMED:
        yield Found("unmapped_code", where, f"and {len(lacking) - NAMED} more words without a row in {table}")


async def _skus(
    context: Context, settings: OrderSettings, mapping: OrderMapping, previews: Sequence[Preview]
) -> list[Found]:
    """Return SKUs of the orders that the other system's list does not have under any name it would be looked for."""
    stream = one(await context.store.read("stream", connection=settings.destination, kind="variant"))
    if stream is None or stream["covered_at"] is None:
        return []  # its list was not read yet, so nothing can be said
    lines = [line for each in previews for line in each.told.lines if line.sku]
    refs = sorted({line.variant_ref for line in lines if line.variant_ref})
    rows = await context.store.read(
        "counterparts", connection=settings.source, kind="variant", other=settings.destination, ids=listed(refs)
    )
    bound = {row["mine_id"] for row in rows}
    sold = Counter(settings.tables.sku(line.sku) for line in lines if line.variant_ref not in bound)
    items = await context.by_number(Variant, settings.destination, sorted(sold))
    known = {each.record.sku for each in items}
    where = Where(mapping.document.name or f"mappings/{settings.name}.toml", "lines.sku")
    lacking = [(sku, count) for sku, count in sold.most_common() if sku not in known]
    named = [
        Found("unknown_sku", where, f"{settings.destination} lists no item {sku!r}: {count} lines")
        for sku, count in lacking[:NAMED]
    ]
    if len(lacking) > NAMED:
        named.append(Found("unknown_sku", where, f"and {len(lacking) - NAMED} more SKUs"))
    return named

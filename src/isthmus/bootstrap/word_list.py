"""The words of a code table as people are shown them: what has no row first, with what it may be and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from isthmus.admin.lacking import Asked, asked
from isthmus.bootstrap.tables import Table
from isthmus.bootstrap.words_seen import PAGE, Sightings, warehouses
from isthmus.canonical.product import Variant
from isthmus.engine.context import Context
from isthmus.flows.settings import OrderSettings
from isthmus.mapping.suggestions import Names, Suggestion, best
from isthmus.mapping.tables import OTHERS, OTHERWISE
from isthmus.store.records import mirrored
from isthmus.store.statement import listed

#: More items are not gone through one by one for a barcode.
MOST_ITEMS = 50_000


@dataclass(frozen=True, slots=True)
class Word:
    """One word without a row. `jobs`: questions that wait for it; `orders`: recent ones that had it.

    `otherwise`: what happens without a row; empty where a person is asked.
    """

    flow: str
    table: str
    word: str
    jobs: int
    orders: int
    last_seen: datetime
    otherwise: str = ""
    suggestions: Sequence[Suggestion] = ()


@dataclass(frozen=True, slots=True)
class There:
    """What the mirror knows of the other system: SKUs, items by barcode, places by name."""

    skus: Names = field(default_factory=Names)
    barcodes: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    own_barcodes: Mapping[str, str] = field(default_factory=dict[str, str])
    place_names: Names = field(default_factory=Names)
    place_codes: Mapping[str, str] = field(default_factory=dict[str, str])


async def unmapped(
    context: Context, settings: OrderSettings, tables: Sequence[Table], seen: Sightings, *, suggest: bool = True
) -> list[Word]:
    """Return the words of a flow's tables that have no row, what holds back most first."""
    waiting = {(each.table, each.word): each for each in await asked(context, [settings.name])}
    named = {each.name: each for each in tables}
    keys = {key for key, one in seen.words.items() if one.mapped is None and key[0] in named} | {
        key for key in waiting if key[0] in named
    }
    there = await _there(context, settings, keys) if suggest else There()
    words = [_word(waiting.get(key), key, seen, named[key[0]], there) for key in keys]
    return sorted(words, key=lambda each: (-each.jobs, bool(each.otherwise), -each.orders, each.table, each.word))


def _word(waits: Asked | None, key: tuple[str, str], seen: Sightings, table: Table, there: There) -> Word:
    name, word = key
    sighting = seen.words.get(key)
    times = [each for each in (waits and waits.newest_at, sighting and sighting.last) if each]
    must = waits is not None or (sighting is not None and sighting.must) or name == "sku"
    return Word(
        table.flow,
        name,
        word,
        waits.jobs if waits else 0,
        sighting.count if sighting else 0,
        max(times),
        "" if must else OTHERWISE.get(name, "the row's default"),
        best(_suggested(name, word, table, seen, there), word if name == "sku" else ""),
    )


def _suggested(name: str, word: str, table: Table, seen: Sightings, there: There) -> Iterator[Suggestion]:
    if name == "sku":
        near = list(there.skus.near(word, "SKU"))
        yield from (Suggestion(other, because, sure) for other, because, sure in near if sure)
        same = there.barcodes.get(there.own_barcodes.get(word, ""), ())
        because = "the ERP has an item with the same barcode"
        yield from (Suggestion(other, because, len(same) == 1) for other in same)
        yield from (Suggestion(other, because, sure) for other, because, sure in near if not sure)
    if name == "warehouse":
        for place, because, sure in there.place_names.near(word, "place name"):
            yield Suggestion(there.place_codes[place], f"{because}: {place}", sure)
    rows = {mine: other for mine, other in table.rows.items() if mine != OTHERS}
    if name == "tax":
        rate = seen.rates.get(word)
        for mine, other in rows.items():
            if rate is not None and seen.rates.get(mine) == rate:
                yield Suggestion(other, f"same rate {(rate * 100).normalize():f} % as {mine!r}")
    for mine, because, sure in Names().add(rows).near(word, "word"):
        yield Suggestion(rows[mine], f"{because}, as the row {mine!r}", sure)


async def _there(context: Context, settings: OrderSettings, keys: set[tuple[str, str]]) -> There:
    skus = [word for table, word in keys if table == "sku"]
    names, barcodes, own = Names(), dict[str, list[str]](), dict[str, str]()
    if skus:
        items = await context.store.read("record_ids", connection=settings.destination, kind="variant")
        names.add(row["number"] for row in items)
        for start in range(0, len(skus), PAGE):
            mine = await context.by_number(Variant, settings.source, skus[start : start + PAGE])
            own |= {each.record.sku: each.record.gtin for each in mine if each.record.gtin}
        if own and len(items) <= MOST_ITEMS:
            barcodes = await _barcodes(context, settings, [row["external_id"] for row in items], set(own.values()))
    places = await warehouses(context, settings.destination) if any(table == "warehouse" for table, _ in keys) else ()
    codes = {each.name: each.code for each in places if each.active and each.code}
    return There(names, barcodes, own, Names().add(codes), codes)


async def _barcodes(
    context: Context, settings: OrderSettings, ids: Sequence[str], wanted: set[str]
) -> dict[str, list[str]]:
    """Return the SKUs of the ERP's items by those barcodes that are wanted."""
    found: dict[str, list[str]] = {}
    for start in range(0, len(ids), PAGE):
        some = listed(ids[start : start + PAGE])
        for row in await context.store.read("records", connection=settings.destination, kind="variant", ids=some):
            item = mirrored(Variant, row).record
            if item.gtin in wanted and item.sku and item.active:
                found.setdefault(item.gtin, []).append(item.sku)
    return found

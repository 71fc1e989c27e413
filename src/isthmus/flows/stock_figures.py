"""The figures behind one batch of stock jobs, and what is to be published from them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from isthmus.canonical.product import Variant
from isthmus.canonical.quantity import Quantity
from isthmus.canonical.stock import StockLevel
from isthmus.engine.context import Context
from isthmus.engine.mirror import Absorbs
from isthmus.flows.settings import StockSettings
from isthmus.kit.clock import from_micros
from isthmus.policies.availability import Pending, sellable
from isthmus.store.records import Mirrored, mirrored
from isthmus.store.statement import Row, listed


@dataclass(slots=True)
class Figures:
    """Everything known about one SKU (the ERP's spelling)."""

    sku: str
    levels: list[Mirrored[StockLevel]] = field(default_factory=list[Mirrored[StockLevel]])  # the ERP's
    variant: Variant | None = None  # the shop's
    offers: dict[str, Mirrored[StockLevel]] = field(default_factory=dict[str, Mirrored[StockLevel]])  # by shop place
    pending: dict[str, list[Pending]] = field(default_factory=dict[str, list[Pending]])  # by shop place, "" unknown
    called: str = ""  # the ERP's SKU, where only the shop calls it `sku`


@dataclass(frozen=True, slots=True)
class Target:
    """What one place of the shop should offer, and the sum it comes from."""

    place: str
    quantity: Decimal
    because: str
    sum: str


class StockFigures:
    """Reads the figures of many SKUs at once."""

    def __init__(self, context: Context, settings: StockSettings, mirror: Absorbs) -> None:
        """Serve the flow of `settings`."""
        self._context = context
        self._settings = settings
        self._mirror = mirror

    async def of(self, skus: Sequence[str], places: Mapping[str, str]) -> dict[str, Figures]:
        """Return the figures by SKU; levels older than a confirmed order are read again first.

        `places`: ERP warehouse code to shop place id.
        """
        found = {sku: Figures(sku) for sku in skus}
        await self._levels(found, skus)
        if bare := [sku for sku, figures in found.items() if not figures.levels]:
            items = await self._context.by_number(Variant, self._settings.source, bare)
            await self._levels_renamed(found, [each.record for each in items], list(places))
            await self._called(found, sorted({*bare} - {each.record.sku for each in items}))
        await self._variants(found)
        await self._offers(found, places.values())
        await self._pending(found)
        stale = [
            level.record.external_id
            for figures in found.values()
            for level in figures.levels
            if _confirmed_since(figures, level)
        ]
        if stale:
            await self.refresh(self._settings.source, stale)
            for figures in found.values():
                figures.levels.clear()
            await self._levels(found, skus)
        return found

    async def around(self, levels: Mapping[str, Sequence[Mirrored[StockLevel]]]) -> dict[str, Figures]:
        """Return the figures of the ERP's levels at hand, by SKU, without the shop's own offers."""
        found = {sku: Figures(sku, list(some)) for sku, some in levels.items()}
        await self._variants(found)
        await self._pending(found)
        return found

    async def refresh(self, connection: str, ids: Sequence[str]) -> None:
        """Read levels again from their system into the mirror."""
        read_at = self._context.now()
        source = self._context.connection(connection).source("stock_level")
        records = await source.read(ids)
        missing = set(ids) - {record.external_id for record in records}
        taken = await self._mirror.absorb(
            connection, "stock_level", list(records), read_at=read_at, gone=sorted(missing)
        )
        if taken.steps:
            await self._context.store.write(*taken.steps)

    async def _levels(self, found: Mapping[str, Figures], skus: Sequence[str]) -> None:
        for level in await self._context.by_number(StockLevel, self._settings.source, skus):
            found[level.record.sku].levels.append(level)

    async def _levels_renamed(
        self, found: Mapping[str, Figures], items: Sequence[Variant], codes: Sequence[str]
    ) -> None:
        """Read levels again that the mirror has under the name an item had before: a new name moves no goods."""
        ids = [f"{each.external_id}@{code}" for each in items for code in codes]
        if await self._read_again(self._settings.source, ids):
            await self._levels(found, sorted({each.sku for each in items}))

    async def _called(self, found: Mapping[str, Figures], skus: Sequence[str]) -> None:
        """Say what the ERP calls the items of which it has none under the shop's name."""
        if not skus:
            return
        source, shop = self._settings.source, self._settings.destination
        variants = {
            each.record.external_id: each.record.sku for each in await self._context.by_number(Variant, shop, skus)
        }
        bound = await self._context.store.read(
            "counterparts", connection=shop, kind="variant", other=source, ids=listed(variants)
        )
        for row in bound:
            found[variants[row["mine_id"]]].called = row["called"] or ""

    async def _read_again(self, connection: str, ids: Sequence[str]) -> bool:
        """Read those of `ids` again that the mirror knows; return whether there were any."""
        if not ids:
            return False
        rows = await self._context.store.read("records", connection=connection, kind="stock_level", ids=listed(ids))
        known = sorted(row["external_id"] for row in rows if row["deleted_at"] is None)
        if known:
            await self.refresh(connection, known)
        return bool(known)

    async def _variants(self, found: Mapping[str, Figures]) -> None:
        """Find the shop's variant of each SKU: by binding, else by the same SKU."""
        items = {level.record.item_ref: sku for sku, figures in found.items() for level in figures.levels}
        source, shop = self._settings.source, self._settings.destination
        bound = await self._context.store.read(
            "counterparts", connection=source, kind="variant", other=shop, ids=listed(items)
        )
        rows = await self._context.store.read(
            "records", connection=shop, kind="variant", ids=listed(row["other_id"] for row in bound)
        )
        sku_of = {row["other_id"]: items[row["mine_id"]] for row in bound}
        for row in rows:
            # One that was deleted may have been made again under the same SKU.
            if row["deleted_at"] is None:
                found[sku_of[row["external_id"]]].variant = mirrored(Variant, row).record
        shop_sku = {erp: mine for mine, erp in self._settings.tables.rows.get("sku", {}).items()}
        open_skus = {shop_sku.get(sku, sku): sku for sku, figures in found.items() if figures.variant is None}
        if open_skus:
            for each in await self._context.by_number(Variant, shop, sorted(open_skus)):
                found[open_skus[each.record.sku]].variant = each.record

    async def _offers(self, found: Mapping[str, Figures], places: Iterable[str]) -> None:
        """Find the shop's own figures by item: it may have been read under another name than its variant."""
        shop = self._settings.destination
        sold = [figures for figures in found.values() if figures.variant]
        by_item = {each.variant.stock_ref: each for each in sold if each.variant and each.variant.stock_ref}
        ids = listed(f"{ref}@{place}" for place in places for ref in by_item)
        for row in await self._context.store.read("records", connection=shop, kind="stock_level", ids=ids):
            offer = mirrored(StockLevel, row)
            if not offer.deleted and offer.record.item_ref in by_item:
                by_item[offer.record.item_ref].offers[offer.record.warehouse] = offer
        by_sku = {each.variant.sku: each for each in sold if each.variant and not each.offers}
        if not by_sku:
            return
        for offer in await self._context.by_number(StockLevel, shop, sorted(by_sku)):
            figures = by_sku[offer.record.sku]
            if figures.variant and offer.record.item_ref in (figures.variant.stock_ref, ""):
                figures.offers[offer.record.warehouse] = offer

    async def _pending(self, found: Mapping[str, Figures]) -> None:
        """Gather the orders in flight, of every shop that sells the item, whatever it was called when it was sold."""
        by_item = {level.record.item_ref: figures for figures in found.values() for level in figures.levels}
        by_name = self._by_name(found.values())
        rows = await self._context.store.read(
            "in_flight",
            source=self._settings.source,
            shop=self._settings.destination,
            items=listed(sorted(by_item)),
            skus=listed(sorted(by_name)),
        )
        counted: set[tuple[str, ...]] = set()
        for row in rows:
            for figures in _taken_from(row, by_item, by_name):
                line = (figures.sku, row["connection"], row["order_id"], row["sku"], row["place"])
                if line not in counted:
                    counted.add(line)
                    figures.pending.setdefault(row["place"], []).append(_pending(row))

    def _by_name(self, found: Iterable[Figures]) -> Mapping[str, Sequence[Figures]]:
        """Return the figures by every name the shop has for them."""
        names: defaultdict[str, list[Figures]] = defaultdict(list)
        table = self._settings.tables.rows.get("sku", {})
        for figures in found:
            own = {figures.sku, *(mine for mine, erp in table.items() if erp == figures.sku)}
            for name in own | {figures.variant.sku} if figures.variant else own:
                names[name].append(figures)
        return names


def _taken_from(
    row: Row, by_item: Mapping[str, Figures], by_name: Mapping[str, Sequence[Figures]]
) -> Sequence[Figures]:
    """Return whose stock an order's line takes: the bound item's, else that of the name it was sold under."""
    if row["bound"] in by_item:
        return [by_item[row["bound"]]]
    named = by_name.get(row["found"], ())
    # Bound to an item that has another name now: the name it was sold under has nothing to do with it any more.
    return [figures for figures in named if row["called"] in (None, figures.sku)]


def _pending(row: Row) -> Pending:
    confirmed_at = row["confirmed_at"]
    return Pending(
        Decimal(row["wanted"]),
        Decimal(row["confirmed"]),
        None if confirmed_at is None else from_micros(confirmed_at),
    )


def targets(figures: Figures, places: Mapping[str, str], settings: StockSettings) -> list[Target]:
    """Return what each shop place should offer. `places`: ERP warehouse code to shop place id.

    An order whose place is unknown or not served is counted at the first place: nothing that was
    sold is ever offered again. Raises `MappingError` and `Unmapped` where the document has no answer.
    """
    by_place: defaultdict[str, list[Mirrored[StockLevel]]] = defaultdict(list)
    for level in figures.levels:
        place = places.get(level.record.warehouse)
        if place is not None:
            by_place[place].append(level)
    served = sorted(by_place)
    strays = [each for place, pending in figures.pending.items() if place not in by_place for each in pending]
    pending = {place: figures.pending.get(place, []) + (strays if place == served[0] else []) for place in served}
    return [_target(figures, place, by_place[place], pending[place], settings) for place in served]


def _target(
    figures: Figures,
    place: str,
    levels: Sequence[Mirrored[StockLevel]],
    pending: Iterable[Pending],
    settings: StockSettings,
) -> Target:
    merged = _merged(levels)
    safety, ceiling = settings.safety, None
    if figures.variant is not None:
        mapping = settings.mapping()
        safety = mapping.safety(merged, figures.variant, safety)
        ceiling = mapping.ceiling(merged, figures.variant)
    oldest = min(level.read_at for level in levels)
    in_flight = sum((each.in_flight(oldest) for each in pending), start=Decimal(0))
    decision = sellable(merged, in_flight=in_flight, safety=safety, ceiling=ceiling)
    return Target(place, decision.value, decision.because, decision.detail)


def _merged(levels: Sequence[Mirrored[StockLevel]]) -> StockLevel:
    """Add up the warehouses that one shop place stands for."""
    first, *others = [level.record for level in levels]
    for other in others:
        first = msgspec.structs.replace(
            first,
            on_hand=_add(first.on_hand, other.on_hand),
            allocated=first.allocated + other.allocated,
            reserved=first.reserved + other.reserved,
            damaged=first.damaged + other.damaged,
            quarantined=first.quarantined + other.quarantined,
            safety_stock=first.safety_stock + other.safety_stock,
        )
    return first


def _add(one: Quantity | None, other: Quantity | None) -> Quantity | None:
    return None if one is None or other is None else one + other


def _confirmed_since(figures: Figures, level: Mirrored[StockLevel]) -> bool:
    return any(
        each.confirmed_at is not None and each.confirmed_at >= level.read_at
        for pending in figures.pending.values()
        for each in pending
    )

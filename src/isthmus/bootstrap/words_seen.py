"""Which words of a shop's recent orders have no row, how often and when last: what a person may be asked next."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from isthmus.bootstrap.config import ProjectConfig
from isthmus.bootstrap.mappings import document_of, read_hooks
from isthmus.canonical.order import Order
from isthmus.canonical.product import Variant
from isthmus.canonical.stock import Warehouse
from isthmus.engine.context import Context
from isthmus.flows.order_parties import buyer
from isthmus.flows.settings import OrderSettings
from isthmus.mapping.overheard import Overhearing
from isthmus.store.records import mirrored
from isthmus.store.statement import listed

#: Orders read at a time, and at most: the newest say what is sold.
PAGE, MOST = 200, 20_000
_LAST = 2**62


@dataclass(slots=True)
class Seen:
    """One word as orders had it; `mapped` is what its row says. `must`: without a row a person is asked."""

    count: int = 0
    last: datetime = datetime(1, 1, 1, tzinfo=UTC)
    mapped: str | None = None
    must: bool = False

    def again(self, at: datetime) -> None:
        """Count one more order."""
        self.count += 1
        self.last = max(self.last, at)


@dataclass(slots=True)
class Sightings:
    """What the orders of one flow had: words by table, the rate of each tax name, the shop's ids behind each SKU."""

    words: dict[tuple[str, str], Seen] = field(default_factory=dict[tuple[str, str], Seen])
    rates: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    variants: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    places: dict[str, Seen] = field(default_factory=dict[str, Seen])

    def table(self, name: str) -> dict[str, Seen]:
        """Return the words of one table."""
        return {word: seen for (table, word), seen in self.words.items() if table == name}


def overhearing(config: ProjectConfig, settings: OrderSettings) -> Overhearing:
    """Return what hears the words of a flow's orders. Raises `ConfigError`."""
    document = document_of(config.folder, settings.name)
    hooks = read_hooks(config.folder).functions
    return Overhearing(document, settings.tables.rows, hooks, settings.zone)


async def sightings(
    context: Context, config: ProjectConfig, settings: OrderSettings, *, days: int, most: int = MOST
) -> Sightings:
    """Return the words of the orders of the last `days`, at most so many. Raises `ConfigError`."""
    found, ears = Sightings(), overhearing(config, settings)
    async for order in _orders(context, settings, context.now() - timedelta(days=days), most):
        for one in ears.of(order, buyer(order)):
            seen = found.words.setdefault((one.table, one.word), Seen())
            seen.again(order.placed_at)
            seen.mapped, seen.must = one.other, seen.must or one.must
        for line in order.lines:
            if line.sku:
                found.variants.setdefault(line.sku, set()).add(line.variant_ref)
        for place in {line.warehouse for line in order.lines} - {""}:
            found.places.setdefault(place, Seen()).again(order.placed_at)
        for tax in (tax for charge in (*order.lines, *order.shipping_lines) for tax in charge.taxes):
            if tax.name and tax.rate is not None:
                found.rates[tax.name] = tax.rate
    await _known_items(context, settings, found)
    await _known_places(context, settings, found)
    return found


async def _orders(context: Context, settings: OrderSettings, since: datetime, most: int) -> AsyncIterator[Order]:
    before = _LAST
    while most > 0:
        wish = min(PAGE, most)
        jobs = await context.store.read("jobs_listed", flow=settings.name, before_id=before, wish=wish)
        if not jobs:
            return
        ids = listed(row["subject"] for row in jobs)
        rows = await context.store.read("records", connection=settings.source, kind="order", ids=ids)
        young = [one.record for row in rows if (one := mirrored(Order, row)).record.placed_at >= since]
        for order in young:
            yield order
        # Jobs are numbered as orders became known: a whole page of old ones has no young ones behind it.
        if not young and rows:
            return
        before, most = jobs[-1]["id"], most - len(jobs)


async def _known_items(context: Context, settings: OrderSettings, found: Sightings) -> None:
    """Forget those SKUs that need no row: the ERP has an item of that name, or the variant is bound to one."""
    open_skus = [sku for sku, seen in found.table("sku").items() if seen.mapped is None]
    for start in range(0, len(open_skus), PAGE):
        some = open_skus[start : start + PAGE]
        there = {each.record.sku for each in await context.by_number(Variant, settings.destination, some)}
        ids = {ref: sku for sku in some for ref in found.variants.get(sku, ()) if ref}
        bound = await context.store.read(
            "counterparts", connection=settings.source, kind="variant", other=settings.destination, ids=listed(ids)
        )
        there |= {ids[row["mine_id"]] for row in bound if row["called"] is not None}
        for sku in there.intersection(some):
            del found.words["sku", sku]


async def _known_places(context: Context, settings: OrderSettings, found: Sightings) -> None:
    """Add the shop's places: those of the same name on both sides need no row."""
    there = {each.name.casefold() for each in await warehouses(context, settings.destination)}
    for place, seen in found.places.items():
        mine = await context.mirrored(Warehouse, settings.source, place)
        name = mine.record.name if mine else ""
        seen.mapped = settings.tables.get("warehouse", place) or settings.tables.get("warehouse", name) or None
        if seen.mapped or name.casefold() not in there:
            found.words["warehouse", name or place] = seen


async def warehouses(context: Context, connection: str) -> Sequence[Warehouse]:
    """Return the places of a system, as the mirror has them."""
    ids = await context.store.read("record_ids", connection=connection, kind="warehouse")
    rows = await context.store.read(
        "records", connection=connection, kind="warehouse", ids=listed(row["external_id"] for row in ids)
    )
    return [mirrored(Warehouse, row).record for row in rows]

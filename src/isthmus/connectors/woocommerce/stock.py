"""WooCommerce stock figures, read as canonical stock levels. Writing them is `stock_sink.py`.

A figure is kept by a product, by a variation, or by a product for all of its variations; what keeps none has no level.
`stock_quantity` is what may still be sold: an order takes its pieces off when it is placed or paid. Orders were
seen to move the change stamp with it (9.2.5), what plugins write need not, so every round reads the whole list; that
costs one call for a hundred products, and one for a hundred variations where the shop lists those of all products
together.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#product-properties (REST v3);
class-wc-rest-variations-controller.php (`/variations`, newer versions)
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from isthmus.canonical.quantity import pieces
from isthmus.canonical.stock import StockLevel, StockStatus
from isthmus.connectors.woocommerce import wire_catalog as catalog
from isthmus.connectors.woocommerce.all_variations import LIST as VARIATIONS
from isthmus.connectors.woocommerce.all_variations import ROUTE as ALL_VARIATIONS
from isthmus.connectors.woocommerce.all_variations import AllVariations
from isthmus.connectors.woocommerce.client import Client
from isthmus.connectors.woocommerce.ids import level_id, level_ref, parts, variant_id
from isthmus.connectors.woocommerce.products import (
    ANY,
    LIST,
    ROUTE,
    has_variations,
    products_of,
    variations,
)
from isthmus.connectors.woocommerce.rounds import PAGE, Feed, changed, page
from isthmus.connectors.woocommerce.sites import PLACE
from isthmus.connectors.woocommerce.wire import utc
from isthmus.ports.errors import WireDrift
from isthmus.ports.source import Cursor, Page

FIELDS = ("_fields", ",".join(catalog.STOCK_FIELDS))
VARIATION = "variation"
STATUS = {
    "instock": StockStatus.IN_STOCK,
    "outofstock": StockStatus.OUT_OF_STOCK,
    "onbackorder": StockStatus.BACKORDERABLE,
}


@dataclass(frozen=True, slots=True)
class Keepers:
    """Products and variations as keepers of stock."""

    client: Client
    together: AllVariations

    async def of(self, refs: Iterable[str]) -> dict[str, catalog.Stocked]:
        """Return what keeps stock under these ids, as it is now; what is not there is left out."""
        wanted: defaultdict[int, list[int]] = defaultdict(list)
        for ref in refs:
            if found := parts(ref):
                wanted[found[0]].append(found[1])
        plain = sorted(product for product, some in wanted.items() if 0 in some)
        below = {product: numbers for product, some in wanted.items() if (numbers := [one for one in some if one])}
        rows = {variant_id(row.id): row for row in await products_of(self.client, plain, catalog.Stocked, FIELDS)}
        return rows | await self._below(below)

    async def below(self, products: Iterable[catalog.Stocked]) -> list[catalog.Stocked]:
        """Return the variations of some products, product by product."""
        found: list[catalog.Stocked] = []
        for product in products:
            if has_variations(product):
                rows = await variations(self.client, product.id, catalog.Stocked, FIELDS)
                found += [as_variation(row, product.id) for row in rows]
        return found

    async def _below(self, wanted: dict[int, list[int]]) -> dict[str, catalog.Stocked]:
        found: dict[str, catalog.Stocked] = {}
        if not wanted:
            return found
        if await self.together.listed():
            numbers = sorted(one for some in wanted.values() for one in some)
            for start in range(0, len(numbers), PAGE):
                some = ",".join(str(one) for one in numbers[start : start + PAGE])
                query = [("include", some), ANY, FIELDS, *page(0)]
                rows = (await self.client.get(ALL_VARIATIONS, list[catalog.Stocked], query, name=VARIATIONS)).content
                found |= {ref_of(row): row for row in map(as_variation, rows)}
            return found
        for product, numbers in wanted.items():
            rows = await variations(self.client, product, catalog.Stocked, FIELDS, numbers)
            found |= {variant_id(row.id, product): as_variation(row, product) for row in rows}
        return found


@dataclass(frozen=True, slots=True)
class Levels:
    """Every stock figure of the shop, all of them in every round."""

    client: Client
    keepers: Keepers = field(repr=False)

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[StockLevel]]:
        """Yield pages of levels; what stopped keeping stock is reported gone."""
        together = await self.keepers.together.listed()
        feeds = [Feed(ROUTE, catalog.Stocked, LIST, [ANY, FIELDS])]
        if together:
            feeds.append(Feed(ALL_VARIATIONS, catalog.Stocked, VARIATIONS, [ANY, FIELDS]))
        async for batch in changed(self.client, feeds, since, always=True):
            rows = [as_variation(row) for row in batch.rows] if batch.feed else list(batch.rows)
            if not together:
                rows += await self.keepers.below(batch.rows)
            levels = {level_id(ref_of(row)): to_level(row) for row in rows}
            kept = [level for level in levels.values() if level is not None]
            gone = [name for name, level in levels.items() if level is None]
            yield Page(kept, batch.cursor, gone=gone, last=batch.last)

    async def read(self, ids: Sequence[str]) -> Sequence[StockLevel]:
        """Return the levels of `ids` that exist; what keeps no stock has none."""
        refs = [ref for one in ids if (ref := level_ref(one))]
        rows = await self.keepers.of(refs)
        return [level for row in rows.values() if (level := to_level(row)) is not None]


def as_variation(row: catalog.Stocked, product: int = 0) -> catalog.Stocked:
    """Return a variation as one of `product`, or of the product it names. Raises `WireDrift` where there is neither."""
    parent = product or row.parent_id
    if not parent:
        message = f"variation {row.id} does not name its product"
        raise WireDrift(message, path="$[].parent_id")
    return replace(row, type=VARIATION, parent_id=parent)


def ref_of(row: catalog.Stocked) -> str:
    """Return the id stock of a row is kept under."""
    return variant_id(row.id, row.parent_id if row.type == VARIATION else 0)


def to_level(row: catalog.Stocked) -> StockLevel | None:
    """Translate the stock of one row; None where it keeps none of its own. Raises `WireDrift`."""
    if row.manage_stock is not True:
        return None
    ref = ref_of(row)
    changed_at = utc(row.date_modified_gmt) if row.date_modified_gmt else None
    try:
        available = None if row.stock_quantity is None else pieces(row.stock_quantity)
    except ValueError as wrong:
        message = f"the stock of product {ref} is no quantity"
        raise WireDrift(message, path="stock_quantity") from wrong
    return StockLevel(
        external_id=level_id(ref),
        number=row.sku or "",
        revision=changed_at.isoformat() if changed_at else "",
        changed_at=changed_at,
        sku=row.sku or "",
        warehouse=PLACE,
        item_ref=ref,
        available=available,
        status=STATUS.get(row.stock_status),
        custom={} if row.backorders == "no" else {"backorders": row.backorders},
    )

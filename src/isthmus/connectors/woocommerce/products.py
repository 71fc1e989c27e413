"""WooCommerce products and variations, read as canonical variants.

What is sold is a simple product or a variation. A product that changed is read with all of its variations, whose state
depends on it. A variation's change was seen to move its product's stamp (9.2.5, once the request that made it ends);
that every version and plugin does so is not known, so changed variations are listed as well, where the shop lists those
of all products together; elsewhere such a change comes by webhook, and at the latest with the next change of its
product. A product in the trash counts as deleted.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#products, .../#product-variations (REST v3)
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from html import unescape

from isthmus.canonical.money import Money
from isthmus.canonical.product import ProductKind, Variant
from isthmus.connectors.woocommerce import wire_catalog as catalog
from isthmus.connectors.woocommerce.all_variations import LIST as VARIATIONS
from isthmus.connectors.woocommerce.all_variations import ROUTE as ALL_VARIATIONS
from isthmus.connectors.woocommerce.all_variations import AllVariations
from isthmus.connectors.woocommerce.client import Client
from isthmus.connectors.woocommerce.ids import parts, variant_id
from isthmus.connectors.woocommerce.rounds import PAGE, Feed, changed, every, page
from isthmus.connectors.woocommerce.shop import ShopCurrency
from isthmus.connectors.woocommerce.wire import utc
from isthmus.ports.errors import NotFound, WireDrift
from isthmus.ports.source import Cursor, Page

ROUTE, LIST = "/wc/v3/products", "products.list"
FIELDS = ("_fields", ",".join(catalog.FIELDS))
ANY, TRASH = ("status", "any"), ("status", "trash")
#: The feed of what is in the trash.
TRASHED = 1
#: Nothing of its own is sold.
GROUPED = "grouped"


@dataclass(frozen=True, slots=True)
class Variants:
    """Every variant changed since a cursor; drafts and private ones are inactive, those in the trash gone."""

    client: Client
    currency: ShopCurrency
    together: AllVariations

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[Variant]]:
        """Yield pages of variants; a page of changed products may hold any number of them."""
        feeds = [Feed(ROUTE, catalog.Item, LIST, [ANY, FIELDS]), Feed(ROUTE, catalog.Item, LIST, [TRASH, FIELDS])]
        if await self.together.listed():
            feeds.append(Feed(ALL_VARIATIONS, catalog.Item, VARIATIONS, [ANY, FIELDS]))
        async for batch in changed(self.client, feeds, since):
            if batch.feed == TRASHED:
                yield Page([], batch.cursor, gone=list(sold_below(batch.rows)), last=batch.last)
            else:
                records = await (self._below(batch.rows) if batch.feed else self._variants(batch.rows))
                yield Page(records, batch.cursor, last=batch.last)

    async def read(self, ids: Sequence[str]) -> Sequence[Variant]:
        """Return the variants of `ids` that exist."""
        wanted: defaultdict[int, list[int]] = defaultdict(list)
        for one in ids:
            if found := parts(one):
                wanted[found[0]].append(found[1])
        products = await self._products(sorted(wanted))
        records: list[Variant] = []
        for product in products:
            if not has_variations(product) and 0 in wanted[product.id] and product.type != GROUPED:
                records.append(await self._variant(product, None))
            if numbers := [one for one in wanted[product.id] if one]:
                below = await variations(self.client, product.id, catalog.Item, FIELDS, numbers)
                records += [await self._variant(variation, product) for variation in below]
        return records

    async def by_number(self, number: str) -> Sequence[Variant]:
        """Return every variant with exactly this SKU. One with a comma in it cannot be asked for."""
        if not number or "," in number:
            return []
        query = [("sku", number), ANY, FIELDS, *page(0)]
        answer = await self.client.get(ROUTE, list[catalog.Item], query, name=LIST)
        rows = [row for row in answer.content if row.sku == number]
        own = [row for row in rows if not row.parent_id and row.type != GROUPED and not has_variations(row)]
        return [await self._variant(row, None) for row in own] + await self._below(rows)

    async def _variants(self, products: Iterable[catalog.Item]) -> list[Variant]:
        records: list[Variant] = []
        for product in products:
            if has_variations(product):
                below = await variations(self.client, product.id, catalog.Item, FIELDS)
                records += [await self._variant(variation, product) for variation in below]
            elif product.type != GROUPED:
                records.append(await self._variant(product, None))
        return records

    async def _below(self, rows: Iterable[catalog.Item]) -> list[Variant]:
        """Return variations of any products; one whose product is in the trash went with it."""
        below = [row for row in rows if row.parent_id]
        products = {one.id: one for one in await self._products(sorted({row.parent_id for row in below}))}
        return [await self._variant(row, products[row.parent_id]) for row in below if row.parent_id in products]

    async def _products(self, numbers: Sequence[int]) -> list[catalog.Item]:
        return await products_of(self.client, numbers, catalog.Item, FIELDS)

    async def _variant(self, row: catalog.Item, product: catalog.Item | None) -> Variant:
        currency = await self.currency.code()
        try:
            return to_variant(row, product, currency)
        except ValueError as wrong:
            message = f"the price of product {row.id} is none: {wrong}"
            raise WireDrift(message, path="price") from wrong


async def products_of(
    client: Client, numbers: Sequence[int], row: type[catalog.S], fields: tuple[str, str]
) -> list[catalog.S]:
    """Return the products of some ids that exist and are not in the trash."""
    found: list[catalog.S] = []
    for start in range(0, len(numbers), PAGE):
        some = ",".join(str(one) for one in numbers[start : start + PAGE])
        query = [("include", some), ANY, fields, *page(0)]
        found += (await client.get(ROUTE, list[row], query, name=LIST)).content
    return found


async def variations(
    client: Client, product: int, row: type[catalog.S], fields: tuple[str, str], numbers: Sequence[int] = ()
) -> list[catalog.S]:
    """Return the variations of a product, or those of `numbers`; none when the product was deleted meanwhile."""
    rows: list[catalog.S] = []
    for start in range(0, max(1, len(numbers)), PAGE):
        some = ",".join(str(one) for one in numbers[start : start + PAGE])
        query = [ANY, fields, *([("include", some)] if some else [])]
        feed = Feed(f"{ROUTE}/{product}/variations", row, VARIATIONS, query)
        try:
            rows += await every(client, feed)
        except NotFound:
            return []
    return rows


def sold_below(products: Iterable[catalog.Item]) -> Iterable[str]:
    """Return the ids of what was sold of some products."""
    for product in products:
        yield variant_id(product.id)
        yield from (variant_id(one, product.id) for one in product.variations)


def has_variations(product: catalog.Stocked) -> bool:
    """Tell whether variations are sold in a product's place; plugins have kinds of their own that do."""
    return product.type.startswith("variable") or bool(product.variations)


def to_variant(row: catalog.Item, product: catalog.Item | None, currency: str) -> Variant:
    """Translate one variation of a product, or one product. Raises `ValueError` for a price that is none."""
    whole = product or row
    ref = variant_id(row.id, product.id if product else 0)
    # The product's status and name belong to what is said here, so the later of the two times counts.
    stamps = [utc(each.date_modified_gmt) for each in (row, whole) if each.date_modified_gmt]
    changed_at = max(stamps, default=None)
    chosen = {unescape(each.name): unescape(each.option) for each in row.attributes if each.option}
    return Variant(
        external_id=ref,
        number=row.sku or "",
        revision=changed_at.isoformat() if changed_at else "",
        changed_at=changed_at,
        custom={"tracked": tracked(row), "type": whole.type, "status": str(whole.status)},
        sku=row.sku or "",
        gtin=row.global_unique_id or "",
        option_values=chosen if product else {},
        product_ref=str(whole.id),
        # Where the product keeps the stock of its variations, a figure for one of them is a figure for the product.
        stock_ref=variant_id(whole.id) if row.manage_stock == "parent" else ref,
        title=unescape(" - ".join(filter(None, (whole.name, ", ".join(chosen.values()) if product else "")))),
        kind=ProductKind.DIGITAL if row.virtual or row.downloadable else ProductKind.STOCKED,
        active=whole.status == "publish" and row.status in {"publish", True} and whole.type != "external",
        price=Money.parse(row.price, currency) if row.price else None,
    )


def tracked(row: catalog.Stocked) -> str:
    """Return who keeps the stock: the record itself, its product, or nobody."""
    return "parent" if row.manage_stock == "parent" else "yes" if row.manage_stock is True else "no"

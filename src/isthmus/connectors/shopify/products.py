"""Shopify variants, read as canonical variants.

Changes are followed through products: a product's `updatedAt` moves with its variants, its status
and its stock, so nothing is missed and some of it is noise. The first reading goes through the
variants themselves, which needs fewer calls. A deleted variant leaves no trace here: a deleted
product sends `products/delete`, and `read` of a missing id returns nothing.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/ProductVariant
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from msgspec.structs import replace

from isthmus.canonical.money import Money
from isthmus.canonical.product import ProductKind, Variant
from isthmus.connectors.shopify import operations as ask
from isthmus.connectors.shopify import wire
from isthmus.connectors.shopify import wire_catalog as catalog
from isthmus.connectors.shopify.client import Answer, Client, Sizes
from isthmus.connectors.shopify.cursors import Position, position, quoted
from isthmus.connectors.shopify.ids import gid, legacy
from isthmus.ports.errors import WireDrift
from isthmus.ports.source import Cursor, Page

#: Variants a page (or products and variants of each).
VARIANT_SIZES = ((250, 0), (100, 0), (25, 0), (5, 0), (1, 0))
PRODUCT_SIZES = ((50, 20), (20, 10), (10, 5), (5, 5), (1, 5), (1, 1))
#: An unlisted product is sold to those who know its address.
SOLD = frozenset({"ACTIVE", "UNLISTED"})
#: What Shopify calls the option of a product that has none.
NO_OPTION = ("Title", "Default Title")


@dataclass(frozen=True, slots=True)
class Variants:
    """Every variant changed since a cursor; those of archived products and drafts are inactive."""

    client: Client
    sizes: Sizes = field(default_factory=lambda: Sizes(VARIANT_SIZES))
    product_sizes: Sizes = field(default_factory=lambda: Sizes(PRODUCT_SIZES))

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[Variant]]:
        """Yield pages of variants; pages of changed products may hold any number of them."""
        at = position(since)
        while True:
            found, records, at = await (self._changed(at) if at.since else self._all(at))
            if not found.has_next_page:
                yield Page(records, at.done(), last=True)
                return
            yield Page(records, at.cursor())

    async def read(self, ids: Sequence[str]) -> Sequence[Variant]:
        """Return the variants of `ids` that exist."""
        wanted = [gid("ProductVariant", number) for number in ids]
        records: list[Variant] = []
        while wanted:

            async def some(first: int, _unused: int) -> tuple[int, Answer[catalog.VariantsByIdAnswer]]:
                variables = {"ids": wanted[:first]}
                return first, await self.client.query(ask.VARIANTS_BY_ID, variables, catalog.VariantsByIdAnswer)

            taken, answer = await self.sizes.fit(some)
            currency = answer.content.shop.currency_code
            records += [to_variant(node, node.product, currency) for node in answer.content.nodes if node]
            del wanted[:taken]
        return records

    async def by_number(self, number: str) -> Sequence[Variant]:
        """Return every variant with exactly this SKU; Shopify lets a shop repeat one."""
        records: list[Variant] = []
        at = Position()
        while True:
            answer = await self._variants(at, f"sku:{quoted(number)}")
            found = answer.content.product_variants
            # The search also finds SKUs that merely begin like this one.
            records += [
                to_variant(node, node.product, answer.content.shop.currency_code)
                for node in found.nodes
                if node.sku == number
            ]
            if not found.page_info.has_next_page:
                return records
            at = Position(after=found.page_info.end_cursor)

    async def _all(self, at: Position) -> tuple[wire.PageInfo, list[Variant], Position]:
        answer = await self._variants(at, None)
        found = answer.content.product_variants
        currency = answer.content.shop.currency_code
        records = [to_variant(node, node.product, currency) for node in found.nodes]
        # An unfiltered list has no end but its own, so its page cursor is enough.
        at = replace(at.began(answer.server_time), after=found.page_info.end_cursor)
        return found.page_info, records, at

    async def _changed(self, at: Position) -> tuple[wire.PageInfo, list[Variant], Position]:
        answer = await self._products(at)
        found = answer.content.products
        currency = answer.content.shop.currency_code
        records: list[Variant] = []
        for product in found.nodes:
            variants = await self.client.rest(
                ask.PRODUCT_VARIANTS, product.id, product.variants, wire.RestAnswer[catalog.OwnVariant]
            )
            records += [to_variant(node, product, currency) for node in variants]
        at = at.began(answer.server_time)
        return found.page_info, records, at.onward(found.page_info, [product.updated_at for product in found.nodes])

    async def _variants(self, at: Position, query: str | None) -> Answer[catalog.VariantsAnswer]:
        async def some(first: int, _unused: int) -> Answer[catalog.VariantsAnswer]:
            variables = {"q": query, "after": at.after, "first": first}
            return await self.client.query(ask.VARIANTS, variables, catalog.VariantsAnswer)

        return await self.sizes.fit(some)

    async def _products(self, at: Position) -> Answer[catalog.ProductsAnswer]:
        async def some(first: int, variants: int) -> Answer[catalog.ProductsAnswer]:
            variables = {"q": at.filter, "after": at.after, "first": first, "variants": variants}
            return await self.client.query(ask.PRODUCTS, variables, catalog.ProductsAnswer)

        return await self.product_sizes.fit(some)


def to_variant(variant: catalog.OwnVariant, product: catalog.Product, currency: str) -> Variant:
    """Translate one variant; a missing SKU stays missing."""
    # The product's status belongs to what is said here, so the later of the two times counts.
    changed_at = max(variant.updated_at, product.updated_at)
    return Variant(
        external_id=legacy(variant.id),
        number=variant.sku or "",
        revision=changed_at.isoformat(),
        changed_at=changed_at,
        custom={"tracked": variant.inventory_item.tracked, "product_status": product.status},
        sku=variant.sku or "",
        gtin=variant.barcode or "",
        option_values={
            option.name: option.value for option in variant.selected_options if (option.name, option.value) != NO_OPTION
        },
        product_ref=legacy(product.id),
        stock_ref=legacy(variant.inventory_item.id),
        title=variant.display_name,
        kind=kind_of(variant, product),
        active=product.status in SOLD,
        price=_price(variant.price, currency),
    )


def _price(amount: Decimal, currency: str) -> Money:
    try:
        return Money(amount, currency)
    except ValueError as wrong:
        message = f"a price of Shopify is none: {wrong}"
        raise WireDrift(message, path="price") from wrong


def kind_of(variant: catalog.OwnVariant, product: catalog.Product) -> ProductKind:
    """Return what the variant is; what is not shipped is digital."""
    if product.is_gift_card:
        return ProductKind.GIFT_CARD
    return ProductKind.STOCKED if variant.inventory_item.requires_shipping else ProductKind.DIGITAL

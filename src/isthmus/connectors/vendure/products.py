"""Variants of Vendure, read as canonical variants.

`updatedAt` of a variant does not move when its product is switched off, and a deleted variant vanishes from lists
without a trace, so every round reads all of them. Neither slug nor SKU is unique.
Source: https://docs.vendure.io/reference/graphql-api/admin/object-types#productvariant (3.5)
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import msgspec

from isthmus.canonical.product import Variant
from isthmus.connectors.vendure import operations as ask
from isthmus.connectors.vendure import wire
from isthmus.connectors.vendure import wire_catalog as catalog
from isthmus.connectors.vendure.client import Client
from isthmus.connectors.vendure.failures import read_row
from isthmus.connectors.vendure.features import Shop
from isthmus.connectors.vendure.lists import AS_MADE, PAGE, Rest, by_ids, from_the_end, page, rest, sort_rows
from isthmus.connectors.vendure.money import Purse
from isthmus.ports.errors import WireDrift
from isthmus.ports.source import Cursor, Page


@dataclass(frozen=True, slots=True)
class Variants:
    """Every variant of the channel, those that are switched off included."""

    client: Client
    shop: Shop

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[Variant]]:
        """Yield all variants; there is no list that names every change."""
        shop = await self.shop.known()
        async for batch in from_the_end(self.client, ask.VARIANTS, {"sort": AS_MADE}, rest(since).left):
            found = sort_rows(batch.rows, catalog.Variant, lambda row: [to_variant(row, shop)])
            yield Page(found.records, Rest(left=batch.left or None).cursor(), bad=found.bad, last=not batch.left)

    async def read(self, ids: Sequence[str]) -> Sequence[Variant]:
        """Return the variants of `ids` that exist."""
        return await self._translated(await by_ids(self.client, ask.VARIANTS, ids, {}))

    async def by_number(self, number: str) -> Sequence[Variant]:
        """Return every variant with exactly this SKU; some databases compare without case, so it is looked at again."""
        if not number:
            return []
        options = {"filter": {"sku": {"eq": number}}, "sort": AS_MADE}
        found, _at = await page(self.client, ask.VARIANTS, options, 0, PAGE)
        return [one for one in await self._translated(found.items) if one.sku == number]

    async def _translated(self, rows: Sequence[msgspec.Raw]) -> list[Variant]:
        shop = await self.shop.known()
        return [to_variant(read_row(raw, catalog.Variant), shop) for raw in rows]


def to_variant(row: catalog.Variant, shop: wire.ShopAnswer) -> Variant:
    """Translate one variant; an empty SKU stays empty. Raises `WireDrift` for a price that is none."""
    purse = Purse(row.currency_code, shop.global_settings.server_config.money_strategy_precision)
    try:
        # Both are told; the one that was not computed is the shop's own.
        price = purse.money(row.price_with_tax if shop.active_channel.prices_include_tax else row.price)
    except (ValueError, ArithmeticError) as wrong:
        message = f"a variant of Vendure has a price that is none: {wrong}"
        raise WireDrift(message, path="price") from wrong
    # The product's switch belongs to what is said here, so the later of the two times counts.
    changed_at = max(row.updated_at, row.product.updated_at)
    return Variant(
        external_id=row.id,
        number=row.sku,
        revision=changed_at.isoformat(),
        changed_at=changed_at,
        custom={"track_inventory": row.track_inventory},
        sku=row.sku,
        option_values={one.group.name: one.name for one in row.options},
        product_ref=row.product.id,
        stock_ref=row.id,
        title=row.name,
        active=row.enabled and row.product.enabled,
        price=price,
    )

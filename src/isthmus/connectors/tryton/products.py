"""Variants, read from `product.product`: the SKU is the product's code.

The code is the template's and the variant's suffix together, and Tryton lets several products have the same. Names,
prices and units are the template's unless the variant has its own, so a change of the template is one of its variants.
Source: product/product.py, stock/product.py (8.2).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from isthmus.canonical.money import Money
from isthmus.canonical.product import ProductKind, Variant
from isthmus.canonical.quantity import PIECE
from isthmus.connectors.tryton import wire
from isthmus.connectors.tryton.dialect import Dialect
from isthmus.connectors.tryton.ids import numbers
from isthmus.connectors.tryton.lookups import Lookups
from isthmus.connectors.tryton.rounds import Feed, changed
from isthmus.ports.errors import WireDrift
from isthmus.ports.source import Cursor, Page

MODEL = "product.product"
PARTS = {"template.": "product.template", "identifiers.": "product.identifier"}
FEED = Feed(MODEL, wire.Variant, parts=PARTS)
#: Kinds of identifier that are a GTIN (product/product.py, `_get_types`).
GTIN = ("ean", "ean13", "ean8", "upc")


@dataclass(frozen=True, slots=True)
class Variants:
    """Every variant, deactivated ones included."""

    dialect: Dialect
    lookups: Lookups

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[Variant]]:
        """Yield variants changed since a cursor, themselves, by their template or by their identifiers."""
        async for batch in changed(self.dialect, [FEED], since):
            yield Page(await self._variants(batch.rows, batch.read_at), batch.cursor, last=batch.last)

    async def read(self, ids: Sequence[str]) -> Sequence[Variant]:
        """Return the variants of `ids` that exist."""
        read_at = self.dialect.client.clock.now()
        return await self._variants(await self.dialect.read(MODEL, wire.Variant, numbers(ids)), read_at)

    async def by_number(self, number: str) -> Sequence[Variant]:
        """Return every variant with exactly this SKU, deactivated ones too; Tryton allows several."""
        if not number:
            return []
        read_at = self.dialect.client.clock.now()
        rows = await self.dialect.search(MODEL, wire.Variant, [["code", "=", number]])
        return await self._variants(rows, read_at)

    async def _variants(self, rows: Sequence[wire.Variant], read_at: datetime) -> list[Variant]:
        units, company = await self.lookups.codes(), await self.lookups.company()
        return [to_variant(row, units, company.currency, read_at) for row in rows]


def to_variant(row: wire.Variant, units: Mapping[int, str], currency: str, read_at: datetime) -> Variant:
    """Translate one variant. A product without a code has an empty SKU: that is reported, never invented."""
    price = row.list_price_used if row.list_price_used is not None else row.list_price
    return Variant(
        external_id=str(row.id),
        number=row.code,
        revision=row.revision,
        changed_at=row.changed_at,
        read_at=read_at,
        custom={"type": row.type} if row.type else {},
        sku=row.code,
        erp_item_code=row.code,
        gtin=next((one.code for one in row.identifiers_ if one.type in GTIN), ""),
        product_ref=str(row.template) if row.template else "",
        title=row.name,
        kind=ProductKind.STOCKED if is_stocked(row) else ProductKind.SERVICE,
        active=row.active,
        unit=unit_of(row.default_uom, units),
        price=_price(price, currency) if currency and price is not None else None,
    )


def is_stocked(row: wire.Variant) -> bool:
    """Tell whether Tryton counts it: goods that are not used up without asking for stock."""
    return row.type == "goods" and not row.consumable


def unit_of(unit: int | None, units: Mapping[int, str]) -> str:
    """Return the UN/ECE code of a unit, the merchant's name for one of their own, and pieces for none."""
    return (units.get(unit) if unit else None) or PIECE


def _price(amount: Decimal, currency: str) -> Money:
    try:
        return Money(amount, currency).rounded()
    except (ValueError, ArithmeticError) as wrong:
        message = f"a price of Tryton is none: {wrong}"
        raise WireDrift(message, path="list_price") from wrong

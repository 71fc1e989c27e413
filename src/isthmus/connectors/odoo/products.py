"""Variants, read from `product.product`: the SKU is the internal reference (`default_code`).

Source: product/models/product_product.py, stock/models/product.py (17.0, 19.0).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from isthmus.canonical.money import Money
from isthmus.canonical.product import ProductKind, Variant
from isthmus.canonical.quantity import PIECE
from isthmus.connectors.odoo import wire
from isthmus.connectors.odoo.client import utc
from isthmus.connectors.odoo.dialect import Dialect
from isthmus.connectors.odoo.lookups import Lookups
from isthmus.connectors.odoo.rounds import Feed, changed
from isthmus.ports.errors import WireDrift
from isthmus.ports.source import Cursor, Page

MODEL = "product.product"
#: Up to 15 a change of the template leaves the variant's own date alone.
FEED = Feed(MODEL, wire.Variant, dates=("write_date", "product_tmpl_id.write_date"))


@dataclass(frozen=True, slots=True)
class Variants:
    """Every variant, archived ones included."""

    dialect: Dialect
    lookups: Lookups

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[Variant]]:
        """Yield variants changed since a cursor, themselves or by their template."""
        async for batch in changed(self.dialect, [FEED], since):
            yield Page(await self._variants(batch.rows, batch.read_at), batch.cursor, last=batch.last)

    async def read(self, ids: Sequence[str]) -> Sequence[Variant]:
        """Return the variants of `ids` that exist."""
        read_at = self.dialect.client.clock.now()
        wanted = [int(one) for one in ids if one.isdigit()]
        return await self._variants(await self.dialect.read(MODEL, wire.Variant, wanted), read_at)

    async def by_number(self, number: str) -> Sequence[Variant]:
        """Return every variant with exactly this SKU, archived ones too; Odoo allows several."""
        if not number:
            return []
        read_at = self.dialect.client.clock.now()
        domain = [["default_code", "=", number]]
        return await self._variants(await self.dialect.search(MODEL, wire.Variant, domain), read_at)

    async def _variants(self, rows: Sequence[wire.Variant], read_at: datetime) -> list[Variant]:
        units, company = await self.lookups.units(), await self.lookups.company()
        currency = company.currency_id[1] if company.currency_id else ""
        return [to_variant(row, units, currency, read_at) for row in rows]


def to_variant(row: wire.Variant, units: Mapping[int, str], currency: str, read_at: datetime) -> Variant:
    """Translate one variant. An empty reference stays an empty SKU: that is reported, never invented."""
    return Variant(
        external_id=str(row.id),
        number=row.default_code,
        revision=row.write_date,
        changed_at=utc(row.write_date) if row.write_date else None,
        read_at=read_at,
        custom={"type": row.type} if row.type else {},
        sku=row.default_code,
        erp_item_code=row.default_code,
        gtin=row.barcode,
        product_ref=str(row.product_tmpl_id[0]) if row.product_tmpl_id else "",
        title=row.name,
        kind=ProductKind.STOCKED if is_stocked(row) else ProductKind.SERVICE,
        active=row.active,
        unit=unit_of(row.uom_id, units),
        price=_price(row.lst_price, currency) if currency else None,
    )


def _price(amount: Decimal, currency: str) -> Money:
    try:
        return Money(amount, currency).rounded()
    except ValueError as wrong:
        message = f"a price of Odoo is none: {wrong}"
        raise WireDrift(message, path="lst_price") from wrong


def is_stocked(row: wire.Variant) -> bool:
    """Tell whether Odoo counts it: `is_storable` since 18, type `product` before; consumables are never counted."""
    return row.is_storable if row.is_storable is not None else row.type == "product"


def unit_of(ref: wire.Ref | None, units: Mapping[int, str]) -> str:
    """Return the UN/ECE code of a unit, the merchant's name for one of their own, and pieces for none."""
    return (units.get(ref[0]) or ref[1]) if ref else PIECE

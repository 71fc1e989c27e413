"""Stock levels, one per stored product and warehouse.

The quantities are computed when asked and leave no trace on the product, so what to ask for is found by quants and by
stock moves: a reservation touches only the quant, and a quant that reaches zero is deleted, which only the move tells.
Source: stock/models/product.py (`_compute_quantities_dict`), stock_quant.py, stock_move.py (17.0, 19.0).
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from isthmus.canonical.quantity import Quantity
from isthmus.canonical.stock import StockLevel
from isthmus.connectors.odoo import wire
from isthmus.connectors.odoo.dialect import Dialect, in_warehouse
from isthmus.connectors.odoo.lookups import Lookups
from isthmus.connectors.odoo.products import unit_of
from isthmus.connectors.odoo.rounds import Feed, changed
from isthmus.craft.rounds import parse
from isthmus.ports.source import Cursor, Page

PRODUCT = "product.product"
TOUCHED = (
    Feed("stock.quant", wire.Touched, domain=[["location_id.usage", "=", "internal"]]),
    Feed("stock.move", wire.Touched, domain=[["state", "not in", ["draft"]]]),
)


@dataclass(frozen=True, slots=True)
class Stock:
    """What lies where, and how much of it is still free."""

    dialect: Dialect
    lookups: Lookups

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[StockLevel]]:
        """Yield levels of the products moved or reserved since a cursor; None: of every stored product."""
        if parse(since).since is None:
            stored: Feed[wire.Touched] = Feed(PRODUCT, wire.Touched, domain=await self._stored())
            async for batch in changed(self.dialect, [stored], since):
                levels = await self._levels([row.id for row in batch.rows])
                yield Page(levels, batch.cursor, last=batch.last)
            return
        async for batch in changed(self.dialect, TOUCHED, since):
            products = {row.product_id[0] for row in batch.rows if row.product_id}
            yield Page(await self._levels(products), batch.cursor, last=batch.last)

    async def read(self, ids: Sequence[str]) -> Sequence[StockLevel]:
        """Return the levels of `ids` (`<product id>@<warehouse code>`) that exist."""
        products = {int(one.partition("@")[0]) for one in ids if one.partition("@")[0].isdigit()}
        wanted = set(ids)
        return [level for level in await self._levels(products) if level.external_id in wanted]

    async def _levels(self, products: Iterable[int]) -> list[StockLevel]:
        asked = sorted(set(products))
        if not asked:
            return []
        units = await self.lookups.units()
        domain = [["id", "in", asked], *await self._stored()]
        levels: list[StockLevel] = []
        for warehouse in await self.lookups.warehouses():
            if warehouse.active:
                read_at = self.dialect.client.clock.now()
                found = await self.dialect.search(PRODUCT, wire.Figures, domain, context=in_warehouse(warehouse.id))
                levels += [to_level(row, warehouse, units, read_at) for row in found]
        return levels

    async def _stored(self) -> list[Any]:
        if await self.dialect.knows(PRODUCT, "is_storable"):
            return [["is_storable", "=", True]]
        return [["type", "=", "product"]]


def to_level(row: wire.Figures, warehouse: wire.Warehouse, units: Mapping[int, str], read_at: datetime) -> StockLevel:
    """Translate the figures of one product in one warehouse; a missing quant counts as zero in Odoo's own sum."""
    unit = unit_of(row.uom_id, units)
    return StockLevel(
        external_id=f"{row.id}@{warehouse.code}",
        number=row.default_code,
        read_at=read_at,
        sku=row.default_code,
        warehouse=warehouse.code,
        item_ref=str(row.id),
        on_hand=Quantity(wire.exact(row.qty_available), unit),
        allocated=Quantity(wire.exact(row.qty_available - row.free_qty), unit),
        incoming=Quantity(wire.exact(row.incoming_qty), unit),
    )

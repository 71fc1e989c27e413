"""Warehouses, for the mapping of places and for stock.

Source: stock/models/stock_warehouse.py (17.0, 19.0).
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from isthmus.canonical.stock import Warehouse
from isthmus.connectors.odoo import wire
from isthmus.connectors.odoo.client import utc
from isthmus.connectors.odoo.dialect import Dialect
from isthmus.connectors.odoo.rounds import Feed, changed
from isthmus.ports.source import Cursor, Page

MODEL = "stock.warehouse"


@dataclass(frozen=True, slots=True)
class Warehouses:
    """Every warehouse of the company, archived ones included."""

    dialect: Dialect

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[Warehouse]]:
        """Yield warehouses changed since a cursor."""
        company = (await self.dialect.client.identity()).company
        feed = Feed(MODEL, wire.Warehouse, domain=[["company_id", "=", company]])
        async for batch in changed(self.dialect, [feed], since):
            yield Page([to_warehouse(row, batch.read_at) for row in batch.rows], batch.cursor, last=batch.last)

    async def read(self, ids: Sequence[str]) -> Sequence[Warehouse]:
        """Return the warehouses of `ids` that exist."""
        read_at = self.dialect.client.clock.now()
        wanted = [int(one) for one in ids if one.isdigit()]
        return [to_warehouse(row, read_at) for row in await self.dialect.read(MODEL, wire.Warehouse, wanted)]


def to_warehouse(row: wire.Warehouse, read_at: datetime) -> Warehouse:
    """Translate one warehouse; its code (at most five characters) is what stock levels name."""
    return Warehouse(
        external_id=str(row.id),
        number=row.code,
        revision=row.write_date,
        changed_at=utc(row.write_date) if row.write_date else None,
        read_at=read_at,
        code=row.code,
        name=row.name,
        active=row.active,
    )

"""Warehouses, for the mapping of places and for stock.

Source: stock/location.py (8.2).
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from isthmus.canonical.stock import Warehouse
from isthmus.connectors.tryton import wire
from isthmus.connectors.tryton.dialect import Dialect
from isthmus.connectors.tryton.ids import numbers
from isthmus.connectors.tryton.lookups import code_of
from isthmus.connectors.tryton.rounds import Feed, changed
from isthmus.ports.source import Cursor, Page

MODEL = "stock.location"
FEED = Feed(MODEL, wire.Location, domain=[["type", "=", "warehouse"]])


@dataclass(frozen=True, slots=True)
class Warehouses:
    """Every warehouse, deactivated ones included. Locations belong to no company in Tryton."""

    dialect: Dialect

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[Warehouse]]:
        """Yield warehouses changed since a cursor."""
        async for batch in changed(self.dialect, [FEED], since):
            yield Page([to_warehouse(row, batch.read_at) for row in batch.rows], batch.cursor, last=batch.last)

    async def read(self, ids: Sequence[str]) -> Sequence[Warehouse]:
        """Return the warehouses of `ids` that exist."""
        read_at = self.dialect.client.clock.now()
        domain = [["id", "in", numbers(ids)], ["type", "=", "warehouse"]]
        return [to_warehouse(row, read_at) for row in await self.dialect.search(MODEL, wire.Location, domain)]


def to_warehouse(row: wire.Location, read_at: datetime) -> Warehouse:
    """Translate one warehouse; its code is what stock levels name."""
    return Warehouse(
        external_id=str(row.id),
        number=code_of(row),
        revision=row.revision,
        changed_at=row.changed_at,
        read_at=read_at,
        code=code_of(row),
        name=row.name,
        active=row.active,
    )

"""Stock locations of Vendure, read as canonical warehouses.

A shop has a few, so every round reads all of them. They have a name and no code or address, and are never out of use.
Source: https://docs.vendure.io/reference/graphql-api/admin/object-types#stocklocation (3.5)
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from isthmus.canonical.stock import Warehouse
from isthmus.connectors.vendure import operations as ask
from isthmus.connectors.vendure import wire_catalog as catalog
from isthmus.connectors.vendure.client import Client
from isthmus.connectors.vendure.failures import read_row
from isthmus.connectors.vendure.lists import AS_MADE, Rest, by_ids, from_the_end, rest, sort_rows
from isthmus.ports.source import Cursor, Page


@dataclass(frozen=True, slots=True)
class Locations:
    """Every stock location of the channel."""

    client: Client

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[Warehouse]]:
        """Yield all locations; there is no list of changes."""
        async for batch in from_the_end(self.client, ask.PLACES, {"sort": AS_MADE}, rest(since).left):
            found = sort_rows(batch.rows, catalog.Place, lambda row: [to_warehouse(row)])
            yield Page(found.records, Rest(left=batch.left or None).cursor(), bad=found.bad, last=not batch.left)

    async def read(self, ids: Sequence[str]) -> Sequence[Warehouse]:
        """Return the locations of `ids` that exist."""
        rows = await by_ids(self.client, ask.PLACES, ids, {})
        return [to_warehouse(read_row(raw, catalog.Place)) for raw in rows]


def to_warehouse(row: catalog.Place) -> Warehouse:
    """Translate one location."""
    return Warehouse(
        external_id=row.id,
        number=row.name,
        revision=row.updated_at.isoformat(),
        changed_at=row.updated_at,
        name=row.name,
        custom={"description": row.description} if row.description else {},
    )

"""Stock levels of Vendure, read as canonical stock levels. Writing them is `stock_sink.py`.

A level is a variant at a stock location: what is there, and what orders have set aside of it. What may be sold is the
difference; a threshold of the shop's own is taken off that for shoppers, or added where it is below zero. Sales move no
change stamp (seen on 3.5.5), so every round reads all levels.

Source: https://docs.vendure.io/guides/core-concepts/stock-control/ (3.5)
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from isthmus.canonical.quantity import pieces
from isthmus.canonical.stock import StockLevel
from isthmus.connectors.vendure import operations as ask
from isthmus.connectors.vendure import wire_catalog as catalog
from isthmus.connectors.vendure.client import Client
from isthmus.connectors.vendure.failures import read_row
from isthmus.connectors.vendure.lists import AS_MADE, Rest, by_ids, from_the_end, rest, sort_rows
from isthmus.ports.source import Cursor, Page


@dataclass(frozen=True, slots=True)
class Levels:
    """Every stock level of the channel, all of them in every round."""

    client: Client

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[StockLevel]]:
        """Yield pages of levels; a variant that has never been at a location has none there."""
        async for batch in from_the_end(self.client, ask.LEVELS, {"sort": AS_MADE}, rest(since).left):
            found = sort_rows(batch.rows, catalog.Stocked, to_levels)
            yield Page(found.records, Rest(left=batch.left or None).cursor(), bad=found.bad, last=not batch.left)

    async def read(self, ids: Sequence[str]) -> Sequence[StockLevel]:
        """Return the levels of `ids` that exist."""
        wanted = set(ids)
        rows = await stocked(self.client, (level_parts(one)[0] for one in ids))
        return [level for row in rows for level in to_levels(row) if level.external_id in wanted]


async def stocked(client: Client, variants: Iterable[str]) -> list[catalog.Stocked]:
    """Return the stock of some variants as it is now; what is not there is left out."""
    rows = await by_ids(client, ask.LEVELS, list(variants), {})
    return [read_row(raw, catalog.Stocked) for raw in rows]


def to_levels(row: catalog.Stocked) -> list[StockLevel]:
    """Translate the stock of one variant, a level for each location."""
    return [
        StockLevel(
            external_id=level_id(row.id, level.stock_location_id),
            number=row.sku,
            sku=row.sku,
            warehouse=level.stock_location_id,
            item_ref=row.id,
            on_hand=pieces(level.stock_on_hand),
            allocated=pieces(level.stock_allocated),
            available=pieces(level.stock_on_hand - level.stock_allocated),
        )
        for level in row.stock_levels
    ]


def level_id(variant: str, location: str) -> str:
    """Return the key of a level."""
    return f"{variant}@{location}"


def level_parts(external_id: str) -> tuple[str, str]:
    """Return variant and location of a level's key."""
    variant, _, location = external_id.partition("@")
    return variant, location

"""Stock levels, one per stored product and warehouse.

Tryton keeps no balances: `quantity` is summed up from done moves when asked, at the locations of the context, and is 0
without them. What is still to leave or to arrive are the open moves that cross the warehouse's border; on hand less
what leaves plus what arrives is Tryton's own `forecast_quantity`, which alone would count a late delivery as there.
Moves leave no trace on the product, so what to ask for is found by them.
Source: stock/product.py (`get_quantity`, `products_by_location`), stock/move.py (`compute_quantities_query`) (8.2).
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from isthmus.canonical.quantity import Quantity
from isthmus.canonical.stock import StockLevel
from isthmus.connectors.tryton import wire
from isthmus.connectors.tryton.dialect import Dialect
from isthmus.connectors.tryton.ids import numbers
from isthmus.connectors.tryton.lookups import Lookups, code_of
from isthmus.connectors.tryton.products import unit_of
from isthmus.connectors.tryton.rounds import Feed, changed, parse
from isthmus.ports.source import Cursor, Page

PRODUCT, MOVE = "product.product", "stock.move"
STORED: Sequence[Any] = (["type", "=", "goods"], ["consumable", "=", False])
GOODS: Feed[wire.Touched] = Feed(PRODUCT, wire.Touched, domain=STORED)
MOVED = Feed(MOVE, wire.Touched)
OPEN = ["draft", "assigned"]
#: Open moves asked for at a time.
MOVES = 1000


@dataclass(frozen=True, slots=True)
class Planned:
    """What open moves take out of a warehouse and bring into it, by product."""

    leaving: Mapping[int, Decimal]
    coming: Mapping[int, Decimal]


@dataclass(frozen=True, slots=True)
class Stock:
    """What lies where, and what of it is spoken for."""

    dialect: Dialect
    lookups: Lookups

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[StockLevel]]:
        """Yield levels of the products moved, or to be moved, since a cursor; None: of every stored product."""
        if parse(since).since is None:
            async for batch in changed(self.dialect, [GOODS], since):
                levels = await self._levels([row.id for row in batch.rows])
                yield Page(levels, batch.cursor, last=batch.last)
            return
        async for batch in changed(self.dialect, [MOVED], since):
            products = {row.product for row in batch.rows if row.product}
            yield Page(await self._levels(products), batch.cursor, last=batch.last)

    async def read(self, ids: Sequence[str]) -> Sequence[StockLevel]:
        """Return the levels of `ids` (`<product id>@<warehouse code>`) that exist."""
        wanted = set(ids)
        products = numbers(one.partition("@")[0] for one in ids)
        return [level for level in await self._levels(products) if level.external_id in wanted]

    async def _levels(self, products: Iterable[int]) -> list[StockLevel]:
        asked = sorted(set(products))
        if not asked:
            return []
        units = await self.lookups.codes()
        domain = [["id", "in", asked], *STORED]
        levels: list[StockLevel] = []
        for warehouse in await self.lookups.warehouses():
            if warehouse.active:
                read_at = self.dialect.client.clock.now()
                # What is planned is read first: goods that leave in between count twice for a moment, never not at all.
                leaving = await self._planned(asked, "from_location", "to_location", warehouse.id)
                coming = await self._planned(asked, "to_location", "from_location", warehouse.id)
                open_moves = Planned(leaving, coming)
                there = {"locations": [warehouse.id]}
                found = await self.dialect.search(PRODUCT, wire.Figures, domain, context=there)
                levels += [to_level(row, warehouse, open_moves, units, read_at) for row in found]
        return levels

    async def _planned(self, products: Sequence[int], inside: str, outside: str, warehouse: int) -> dict[int, Decimal]:
        """Return how much of each product open moves take across the border of a warehouse."""
        sums: dict[int, Decimal] = {}
        after = 0
        while True:
            terms = [
                ["id", ">", after],
                ["product", "in", list(products)],
                ["state", "in", OPEN],
                [inside, "child_of", [warehouse], "parent"],
                [outside, "not child_of", [warehouse], "parent"],
            ]
            moves = await self.dialect.search(MOVE, wire.Move, terms, limit=MOVES)
            for move in moves:
                if move.product:
                    sums[move.product] = sums.get(move.product, wire.NONE) + move.internal_quantity
            if len(moves) < MOVES:
                return sums
            after = moves[-1].id


def to_level(
    row: wire.Figures,
    warehouse: wire.Location,
    planned: Planned,
    units: Mapping[int, str],
    read_at: datetime,
) -> StockLevel:
    """Translate the figures of one product in one warehouse; no move at all is zero."""
    unit = unit_of(row.default_uom, units)
    return StockLevel(
        external_id=f"{row.id}@{code_of(warehouse)}",
        number=row.code,
        read_at=read_at,
        sku=row.code,
        warehouse=code_of(warehouse),
        item_ref=str(row.id),
        on_hand=Quantity(wire.exact(row.quantity), unit),
        allocated=Quantity(wire.exact(planned.leaving.get(row.id, wire.NONE)), unit),
        incoming=Quantity(wire.exact(planned.coming.get(row.id, wire.NONE)), unit),
    )

"""Shopify inventory levels, read as canonical stock levels. Writing them is `stock_sink.py`.

A level is an inventory item at a location. Changes are listed per location; quantities follow
https://shopify.dev/docs/apps/build/orders-fulfillment/inventory-management-apps (available may be
negative, on_hand = available + committed + reserved + damaged + safety_stock + quality_control).

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/InventoryLevel
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from isthmus.canonical.quantity import NOTHING, pieces
from isthmus.canonical.stock import StockLevel
from isthmus.connectors.shopify import operations as ask
from isthmus.connectors.shopify import wire_catalog as catalog
from isthmus.connectors.shopify.client import Answer, Client, Sizes
from isthmus.connectors.shopify.cursors import WINDOW, Position, position
from isthmus.connectors.shopify.ids import gid, legacy, level_id, level_parts
from isthmus.connectors.shopify.locations import listed
from isthmus.ports.source import Cursor, Page

SIZES = ((250, 0), (100, 0), (50, 0), (10, 0), (1, 0))


@dataclass(frozen=True, slots=True)
class Levels:
    """Every level changed since a cursor, one active location after the other."""

    client: Client
    sizes: Sizes = field(default_factory=lambda: Sizes(SIZES))

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[StockLevel]]:
        """Yield pages of levels. A level of a deactivated location is no change; the location is one."""
        at = position(since)
        places = await self._places(at.place)
        if not places:
            yield Page([], at.cursor(), last=True)
            return
        if at.place != places[0]:
            at = at.at_place(places[0], since=at.since)
        while True:
            answer = await self._page(at)
            at = at.began(answer.server_time)
            location = answer.content.location
            records = (
                [to_level(node, node.item, at.place) for node in location.inventory_levels.nodes] if location else []
            )
            following = next_position(at, location, places)
            if following is None:
                yield Page(records, at.done(), last=True)
                return
            at = following
            yield Page(records, at.cursor())

    async def read(self, ids: Sequence[str]) -> Sequence[StockLevel]:
        """Return the levels of `ids` that exist; an item not stocked at the location has none."""
        by_place: dict[str, list[str]] = defaultdict(list)
        for external_id in ids:
            item, place = level_parts(external_id)
            by_place[place].append(gid("InventoryItem", item))
        records: list[StockLevel] = []
        for place, items in by_place.items():
            records += await self._at(place, items)
        return records

    async def _at(self, place: str, items: list[str]) -> list[StockLevel]:
        records: list[StockLevel] = []
        while items:

            async def some(first: int, _unused: int) -> tuple[int, Answer[catalog.LevelsByItemAnswer]]:
                variables = {"ids": items[:first], "location": gid("Location", place)}
                return first, await self.client.query(ask.LEVELS_BY_ITEM, variables, catalog.LevelsByItemAnswer)

            taken, answer = await self.sizes.fit(some)
            records += [
                to_level(item.inventory_level, item, place)
                for item in answer.content.nodes
                if item and item.inventory_level
            ]
            del items[:taken]
        return records

    async def _places(self, start: str) -> list[str]:
        """Return the active locations from `start` on, in the order they are read."""
        active = [legacy(location.id) for location in await listed(self.client) if location.is_active]
        return [place for place in sorted(active, key=int) if not start or int(place) >= int(start)]

    async def _page(self, at: Position) -> Answer[catalog.LevelsAnswer]:
        async def some(first: int, _unused: int) -> Answer[catalog.LevelsAnswer]:
            variables = {
                "location": gid("Location", at.place),
                "q": at.filter or None,
                "after": at.after,
                "first": first,
            }
            return await self.client.query(ask.LEVELS, variables, catalog.LevelsAnswer)

        return await self.sizes.fit(some)


def next_position(at: Position, location: catalog.LocationLevels | None, places: Sequence[str]) -> Position | None:
    """Return where to read on: this location's next page, the next location, or nowhere."""
    page = location.inventory_levels.page_info if location else None
    if location and page and page.has_next_page:
        seen = at.seen + len(location.inventory_levels.nodes)
        if at.since and seen >= WINDOW:
            # A filtered list may end early and these cannot be sorted by time: read this place whole.
            return at.at_place(at.place, since=None)
        return replace(at, after=page.end_cursor, seen=seen)
    following = places.index(at.place) + 1
    if following == len(places):
        return None
    return at.at_place(places[following], since=at.since)


def to_level(level: catalog.Level, item: catalog.LevelItem, location: str) -> StockLevel:
    """Translate one level; a quantity Shopify did not name stays unknown."""
    said = {entry.name: pieces(entry.quantity) for entry in level.quantities}
    number = legacy(item.id)
    return StockLevel(
        external_id=level_id(number, location),
        number=item.sku or "",
        revision=level.updated_at.isoformat(),
        changed_at=level.updated_at,
        sku=item.sku or "",
        warehouse=location,
        item_ref=number,
        available=said.get("available"),
        on_hand=said.get("on_hand"),
        allocated=said.get("committed", NOTHING),
        reserved=said.get("reserved", NOTHING),
        damaged=said.get("damaged", NOTHING),
        quarantined=said.get("quality_control", NOTHING),
        incoming=said.get("incoming", NOTHING),
        safety_stock=said.get("safety_stock", NOTHING),
    )

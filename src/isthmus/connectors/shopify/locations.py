"""Shopify locations, read as canonical warehouses.

A shop has at most some hundred, so every round reads all of them, deactivated ones included.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/Location
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from isthmus.canonical.party import Address, AddressRole
from isthmus.canonical.stock import Warehouse
from isthmus.connectors.shopify import operations as ask
from isthmus.connectors.shopify import wire_catalog as catalog
from isthmus.connectors.shopify.client import Client, every
from isthmus.connectors.shopify.cursors import Position
from isthmus.connectors.shopify.ids import legacy
from isthmus.ports.source import Cursor, Page


@dataclass(frozen=True, slots=True)
class Locations:
    """Every location of the shop."""

    client: Client

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[Warehouse]]:
        """Yield all locations as one page; there is no list of changes."""
        del since
        records = [to_warehouse(location) for location in await listed(self.client)]
        yield Page(records, Position().cursor(), last=True)

    async def read(self, ids: Sequence[str]) -> Sequence[Warehouse]:
        """Return the locations of `ids` that exist."""
        wanted = set(ids)
        return [to_warehouse(found) for found in await listed(self.client) if legacy(found.id) in wanted]


async def listed(client: Client) -> Sequence[catalog.Location]:
    """Return every location of the shop."""
    return await every(client, ask.LOCATIONS, catalog.LocationsAnswer, lambda answer: answer.locations)


def to_warehouse(location: catalog.Location) -> Warehouse:
    """Translate one location; Shopify gives it a name and no code."""
    said = location.address
    return Warehouse(
        external_id=legacy(location.id),
        number=location.name,
        revision=location.updated_at.isoformat(),
        changed_at=location.updated_at,
        name=location.name,
        active=location.is_active,
        address=Address(
            role=AddressRole.SHIPPING,
            name=location.name,
            lines=tuple(line for line in (said.address1, said.address2) if line),
            city=said.city or "",
            region=said.province_code or "",
            postal_code=said.zip or "",
            country=said.country_code or "",
            phone=said.phone or "",
        ),
        custom={
            "fulfills_online_orders": location.fulfills_online_orders,
            "ships_inventory": location.ships_inventory,
            "is_fulfillment_service": location.is_fulfillment_service,
        },
    )

"""Who bought in a span: the shop's customers as reconciliation needs them, guests included.

A guest is a customer as well (`order_parties.py`). Nothing about a person is read but the id.
Source: https://docs.vendure.io/reference/graphql-api/admin/queries#customers (3.5)
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from isthmus.canonical.order import Order
from isthmus.canonical.party import Customer
from isthmus.connectors.vendure import operations as ask
from isthmus.connectors.vendure import wire
from isthmus.connectors.vendure.client import Client
from isthmus.connectors.vendure.failures import read_row
from isthmus.connectors.vendure.lists import by_ids
from isthmus.connectors.vendure.order_listing import OrderListing
from isthmus.connectors.vendure.order_parties import GUEST
from isthmus.ports.listing import Keyed, ListPage, Span
from isthmus.ports.source import Cursor


@dataclass(frozen=True, slots=True)
class BuyerListing:
    """One entry for each order, under its buyer's key."""

    client: Client
    orders: OrderListing

    async def listed(
        self, span: Span, *, ours: str = "", after: Cursor | None = None
    ) -> AsyncIterator[ListPage[Customer]]:
        """Yield the buyers of the orders of a span; who bought twice is there twice, once for each order."""
        async for page in self.orders.listed(span, ours=ours, after=after):
            buyers = [(entry.record, entry.record.customer) for entry in page.entries]
            entries = [Keyed(who.external_id, to_buyer(order, who)) for order, who in buyers if who is not None]
            yield ListPage(entries, page.cursor, page.bad, page.last)

    async def named(self, keys: Sequence[str]) -> Sequence[Keyed[Customer]]:
        """Return which of these customers the shop has; a buyer known by an order is there as long as that is."""
        guests = [key.removeprefix(GUEST) for key in keys if key.startswith(GUEST)]
        there = {entry.key for entry in await self.orders.named(guests)}
        found = [f"{GUEST}{one}" for one in guests if one in there]
        rows = await by_ids(self.client, ask.CUSTOMERS, [key for key in keys if not key.startswith(GUEST)], {})
        found += [read_row(raw, wire.Ref).id for raw in rows]
        return [Keyed(key, Customer(external_id=key)) for key in found]


def to_buyer(order: Order, who: Customer) -> Customer:
    """Return the buyer of an order: an id, and which order it is known from."""
    return Customer(external_id=who.external_id, number=order.number, custom={"order": order.external_id})

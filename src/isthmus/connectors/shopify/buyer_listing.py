"""Who bought in a span: the shop's customers as reconciliation needs them, guests included.

A guest has no customer record and is known by the order alone (`order_parties.py`). Nothing about a person is read but
the id.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/Customer
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from isthmus.canonical.order import Order
from isthmus.canonical.party import Customer
from isthmus.connectors.shopify import operations as ask
from isthmus.connectors.shopify import wire_listing as listing
from isthmus.connectors.shopify.client import Client
from isthmus.connectors.shopify.ids import gid, legacy
from isthmus.connectors.shopify.order_listing import OrderListing
from isthmus.ports.listing import Keyed, ListPage, Span
from isthmus.ports.source import Cursor

#: Ids of one call; by id each costs one point.
BY_ID = 100
GUEST = "guest:"


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
        """Return which of these customers the shop has; a guest is there as long as the order is."""
        guests = [key.removeprefix(GUEST) for key in keys if key.startswith(GUEST)]
        people = [key for key in keys if key.isdigit()]
        there = {entry.key for entry in await self.orders.named([one for one in guests if one.isdigit()])}
        found = [f"{GUEST}{one}" for one in guests if one in there]
        for start in range(0, len(people), BY_ID):
            ids = [gid("Customer", one) for one in people[start : start + BY_ID]]
            answer = await self.client.query(ask.CUSTOMERS_BY_ID, {"ids": ids}, listing.NamedAnswer)
            found += [legacy(node.id) for node in answer.content.nodes if node]
        return [Keyed(key, Customer(external_id=key)) for key in found]


def to_buyer(order: Order, who: Customer) -> Customer:
    """Return the buyer of an order: an id, and which order it is known from."""
    return Customer(external_id=who.external_id, number=order.number, custom={"order": order.external_id})

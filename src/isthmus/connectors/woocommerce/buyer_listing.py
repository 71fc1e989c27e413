"""Who bought in a span: the shop's customers as reconciliation needs them, guests included.

A guest has no customer record and is known by the order alone. Nothing about a person is kept but the id.
Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#list-all-customers (REST v3; there is no list of
changed customers)
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from isthmus.canonical.order import Order
from isthmus.canonical.party import Customer
from isthmus.connectors.woocommerce import wire_shop as shop
from isthmus.connectors.woocommerce.client import Client
from isthmus.connectors.woocommerce.ids import is_number
from isthmus.connectors.woocommerce.order_listing import OrderListing
from isthmus.connectors.woocommerce.order_parties import GUEST
from isthmus.connectors.woocommerce.rounds import PAGE
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
        """Return which of these customers the shop has; a guest is there as long as the order is."""
        guests = [key.removeprefix(GUEST) for key in keys if key.startswith(GUEST)]
        people = [key for key in keys if is_number(key) and int(key)]
        there = {entry.key for entry in await self.orders.named(guests)}
        found = [f"{GUEST}{one}" for one in guests if one in there]
        for start in range(0, len(people), PAGE):
            some = people[start : start + PAGE]
            # Whoever bought may have become a shop manager or an author since.
            query = [("include", ",".join(some)), ("role", "all"), ("per_page", str(PAGE)), ("_fields", "id")]
            answer = await self.client.get("/wc/v3/customers", list[shop.Person], query, name="customers.list")
            found += [str(person.id) for person in answer.content]
        return [Keyed(key, Customer(external_id=key)) for key in found]


def to_buyer(order: Order, who: Customer) -> Customer:
    """Return the buyer of an order: an id, and which order it is known from."""
    return Customer(external_id=who.external_id, number=order.number, custom={"order": order.external_id})

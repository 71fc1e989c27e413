"""Who bought in a span: a shop's customers as reconciliation needs them, guests included.

A shop lists its orders by time, not those who bought; and a guest has no record and is known by the order alone, under
a key that names it. Nothing about a person is kept but the id.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from isthmus.canonical.order import Order
from isthmus.canonical.party import Customer
from isthmus.ports.listing import Keyed, Listing, ListPage, Span
from isthmus.ports.source import Cursor

#: Stands before the id of a guest's order.
GUEST = "guest:"


@dataclass(frozen=True, slots=True)
class BuyerListing:
    """A listing of customers (`ports/listing.py`): one entry for each order, under its buyer's key."""

    orders: Listing[Order]
    #: Returns which of these customers there are.
    there: Callable[[Sequence[str]], Awaitable[Iterable[str]]]
    #: Tells what can be an id there, of a customer or an order; nothing else is asked for.
    is_id: Callable[[str], bool]

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
        known = {entry.key for entry in await self.orders.named([one for one in guests if self.is_id(one)])}
        found = [f"{GUEST}{one}" for one in guests if one in known]
        found += await self.there([key for key in keys if self.is_id(key)])
        return [Keyed(key, Customer(external_id=key)) for key in found]


def to_buyer(order: Order, who: Customer) -> Customer:
    """Return the buyer of an order: an id, and which order it is known from."""
    return Customer(external_id=who.external_id, number=order.number, custom={"order": order.external_id})

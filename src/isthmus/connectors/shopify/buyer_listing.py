"""Which customers Shopify has; who bought in a span is read from the orders (`craft/buyers.py`).

A guest has no customer record and is known by the order alone (`order_parties.py`). Nothing about a person is read but
the id.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/Customer
"""

from collections.abc import Sequence
from functools import partial

from isthmus.connectors.shopify import operations as ask
from isthmus.connectors.shopify import wire_listing as listing
from isthmus.connectors.shopify.client import Client
from isthmus.connectors.shopify.ids import gid, legacy
from isthmus.connectors.shopify.order_listing import OrderListing
from isthmus.craft.buyers import BuyerListing

#: Ids of one call; by id each costs one point.
BY_ID = 100


def buyers(client: Client, orders: OrderListing) -> BuyerListing:
    """Return the listing of those who bought."""
    return BuyerListing(orders, partial(there, client), is_id=str.isdigit)


async def there(client: Client, people: Sequence[str]) -> Sequence[str]:
    """Return which of these customers the shop has."""
    found: list[str] = []
    for start in range(0, len(people), BY_ID):
        ids = [gid("Customer", one) for one in people[start : start + BY_ID]]
        answer = await client.query(ask.CUSTOMERS_BY_ID, {"ids": ids}, listing.NamedAnswer)
        found += [legacy(node.id) for node in answer.content.nodes if node]
    return found

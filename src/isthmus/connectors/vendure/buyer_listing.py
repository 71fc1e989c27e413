"""Which customers Vendure has; who bought in a span is read from the orders (`craft/buyers.py`).

A guest is a customer as well (`order_parties.py`). Nothing about a person is read but the id.
Source: https://docs.vendure.io/reference/graphql-api/admin/queries#customers (3.5)
"""

from collections.abc import Sequence
from functools import partial

from isthmus.connectors.vendure import operations as ask
from isthmus.connectors.vendure import wire
from isthmus.connectors.vendure.client import Client
from isthmus.connectors.vendure.failures import read_row
from isthmus.connectors.vendure.lists import by_ids, is_id
from isthmus.connectors.vendure.order_listing import OrderListing
from isthmus.craft.buyers import BuyerListing


def buyers(client: Client, orders: OrderListing) -> BuyerListing:
    """Return the listing of those who bought."""
    return BuyerListing(orders, partial(there, client), is_id=is_id)


async def there(client: Client, people: Sequence[str]) -> Sequence[str]:
    """Return which of these customers the shop has."""
    rows = await by_ids(client, ask.CUSTOMERS, people, {})
    return [read_row(raw, wire.Ref).id for raw in rows]

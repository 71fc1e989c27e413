"""Which customers WooCommerce has; who bought in a span is read from the orders (`craft/buyers.py`).

A guest has no customer record and is known by the order alone. Nothing about a person is kept but the id.
Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#list-all-customers (REST v3; there is no list of
changed customers)
"""

from collections.abc import Sequence
from functools import partial

from isthmus.connectors.woocommerce import wire_shop as shop
from isthmus.connectors.woocommerce.client import Client
from isthmus.connectors.woocommerce.ids import is_number
from isthmus.connectors.woocommerce.order_listing import OrderListing
from isthmus.connectors.woocommerce.rounds import PAGE
from isthmus.craft.buyers import BuyerListing


def buyers(client: Client, orders: OrderListing) -> BuyerListing:
    """Return the listing of those who bought."""
    return BuyerListing(orders, partial(there, client), is_id=lambda key: is_number(key) and int(key) > 0)


async def there(client: Client, people: Sequence[str]) -> Sequence[str]:
    """Return which of these customers the shop has."""
    found: list[str] = []
    for start in range(0, len(people), PAGE):
        some = people[start : start + PAGE]
        # Whoever bought may have become a shop manager or an author since.
        query = [("include", ",".join(some)), ("role", "all"), ("per_page", str(PAGE)), ("_fields", "id")]
        answer = await client.get("/wc/v3/customers", list[shop.Person], query, name="customers.list")
        found += [str(person.id) for person in answer.content]
    return found

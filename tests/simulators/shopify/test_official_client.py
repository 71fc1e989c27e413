"""Shopify's own Python client, used as its documentation shows, gets on with the simulator."""

import asyncio
import json
import warnings
from typing import Any
from urllib.parse import urlsplit


def drive(port: int) -> dict[str, Any]:
    """Run the client the way a script does; it blocks, so this runs in a thread."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the client's own
        import shopify  # noqa: PLC0415 - it warns while it is imported

        # The client makes "<shop>.<domain>:<port>" of its settings; this spells 127.0.0.1.
        shopify.Session.setup(myshopify_domain="0.0.1", protocol="http", port=port)
        session = shopify.Session("127.0.0.1", "2026-07", "demo-token")
        shopify.ShopifyResource.activate_session(session)
        try:
            client = shopify.GraphQL()
            answers = {
                "shop": json.loads(client.execute("{ shop { name myshopifyDomain } }")),
                "orders": json.loads(
                    client.execute(
                        "query Some($n: Int!) { orders(first: $n) { nodes { name } } }",
                        variables={"n": 2},
                        operation_name="Some",
                    )
                ),
            }
        finally:
            shopify.ShopifyResource.clear_session()
            shopify.Session.setup(myshopify_domain="myshopify.com", protocol="https", port=None)
    return answers


async def test_the_official_client_reads_shop_and_orders(shop: Any) -> None:
    names = await shop.world.place_orders(2, seed=1)
    answers = await asyncio.to_thread(drive, urlsplit(shop.base).port)
    assert answers["shop"]["data"]["shop"]["myshopifyDomain"] == "demo-shop.myshopify.com"
    assert [order["name"] for order in answers["orders"]["data"]["orders"]["nodes"]] == names

"""Vendure: orders, variants, stock locations and stock levels over the Admin API (GraphQL), 3.5.

Source: https://docs.vendure.io/reference/graphql-api/admin/. The Shop API, which shoppers use, is not used. Vendure
sends no webhooks: a plugin of ours does, where a merchant has added it to the shop.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from isthmus.connectors.vendure.auth import Auth
from isthmus.connectors.vendure.buyer_listing import buyers
from isthmus.connectors.vendure.client import Client
from isthmus.connectors.vendure.features import Shop
from isthmus.connectors.vendure.locations import Locations
from isthmus.connectors.vendure.order_listing import OrderListing
from isthmus.connectors.vendure.order_states import states
from isthmus.connectors.vendure.orders import Orders
from isthmus.connectors.vendure.probe import ShopProbe, host
from isthmus.connectors.vendure.products import Variants
from isthmus.connectors.vendure.stock import Levels
from isthmus.connectors.vendure.stock_sink import LevelSink
from isthmus.connectors.vendure.webhooks import Deliveries
from isthmus.ports.connector import Connector, Manifest, Session, Tools

MANIFEST = Manifest.load(__name__)
#: `apiOptions.adminApiPath` unless the shop set another.
PATH = "/admin-api"


def open_session(settings: Mapping[str, str], tools: Tools) -> Session:
    """Open one shop; the first call signs in. Raises `Misconfigured` for a setting that cannot be."""
    hooks = (settings.get("webhook_secret", ""), settings.get("previous_webhook_secret", ""))
    auth = Auth(settings["login"], settings["password"])
    endpoint = address(settings["url"])
    client = Client(
        endpoint, settings.get("channel_token", ""), tools.http, tools.clock, tools.pace, auth, hidden=hooks
    )
    known = states(settings.get("states", ""))
    shop = Shop(client)
    orders = Orders(client, shop, host(endpoint), known)
    listed = OrderListing(client, orders)
    return Session(
        probe=ShopProbe(client, shop, MANIFEST, known),
        sources={
            "order": orders,
            "variant": Variants(client, shop),
            "warehouse": Locations(client),
            "stock_level": Levels(client),
        },
        sinks={"stock_level": LevelSink(client, shop)},
        receiver=Deliveries(hooks),
        listings={"order": listed, "customer": buyers(client, listed)},
    )


def address(entered: str) -> str:
    """Return the API's address from what a person entered: the shop's, or the API's own where its path is another."""
    plain = entered.strip().rstrip("/")
    parts = urlsplit(plain if "://" in plain else f"https://{plain}")
    return f"{parts.scheme}://{parts.netloc}{parts.path or PATH}"


CONNECTOR = Connector(manifest=MANIFEST, open=open_session)

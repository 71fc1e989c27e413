"""Shopify: orders, variants, locations and stock levels over the Admin GraphQL API 2026-07.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07. REST Admin is legacy and not used; webhook
bodies, which still have its form, are read for ids only.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from isthmus.connectors.shopify.auth import Auth
from isthmus.connectors.shopify.buyer_listing import buyers
from isthmus.connectors.shopify.client import Client
from isthmus.connectors.shopify.fields import wanted
from isthmus.connectors.shopify.locations import Locations
from isthmus.connectors.shopify.operations import order_questions
from isthmus.connectors.shopify.order_listing import OrderListing
from isthmus.connectors.shopify.orders import Orders
from isthmus.connectors.shopify.probe import ShopProbe
from isthmus.connectors.shopify.products import Variants
from isthmus.connectors.shopify.stock import Levels
from isthmus.connectors.shopify.stock_sink import LevelSink
from isthmus.connectors.shopify.subscriptions import Topics
from isthmus.connectors.shopify.webhooks import Deliveries
from isthmus.ports.connector import Connector, Manifest, Session, Tools

MANIFEST = Manifest.load(__name__)


def open_session(settings: Mapping[str, str], tools: Tools) -> Session:
    """Open one shop; the first call signs in. Raises `Misconfigured` for a setting that cannot be."""
    url = address(settings["url"])
    auth = Auth(
        url=url,
        http=tools.http,
        clock=tools.clock,
        fixed=settings.get("access_token", ""),
        client_id=settings.get("client_id", ""),
        client_secret=settings.get("client_secret", ""),
    )
    version = settings.get("api_version") or MANIFEST.api_version
    client = Client(url, version, tools.http, tools.clock, tools.pace, auth)
    orders = Orders(client, asked=order_questions(wanted(settings.get("customer_metafields", ""))))
    listed = OrderListing(client, orders)
    secrets = (settings.get("client_secret", ""), settings.get("previous_client_secret", ""))
    return Session(
        probe=ShopProbe(client, MANIFEST),
        sources={
            "order": orders,
            "variant": Variants(client),
            "warehouse": Locations(client),
            "stock_level": Levels(client),
        },
        sinks={"stock_level": LevelSink(client)},
        receiver=Deliveries(secrets, shop=shop_of(url)),
        subscriptions=Topics(client, MANIFEST.topics),
        listings={"order": listed, "customer": buyers(client, listed)},
    )


def address(entered: str) -> str:
    """Return the shop's address as entered by a person, without a path, with a scheme."""
    plain = entered.strip().rstrip("/")
    parts = urlsplit(plain if "://" in plain else f"https://{plain}")
    return f"{parts.scheme}://{parts.netloc}"


def shop_of(url: str) -> str:
    """Return the shop's myshopify.com domain, empty for an address that is none."""
    host = urlsplit(url).hostname or ""
    return host if host.endswith(".myshopify.com") else ""


CONNECTOR = Connector(manifest=MANIFEST, open=open_session)

"""WooCommerce: orders, variants, the store and its stock over REST `wc/v3`.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/ (REST v3; in use with WooCommerce 8 to 11). The older
versions and the Store API are not used; where orders are kept (HPOS or posts) makes no difference here.
"""

from collections.abc import Mapping

from isthmus.connectors.woocommerce.all_variations import AllVariations
from isthmus.connectors.woocommerce.buyer_listing import buyers
from isthmus.connectors.woocommerce.client import Client
from isthmus.connectors.woocommerce.fields import Wanted
from isthmus.connectors.woocommerce.order_listing import OrderListing
from isthmus.connectors.woocommerce.order_states import statuses
from isthmus.connectors.woocommerce.orders import Orders, Terms
from isthmus.connectors.woocommerce.probe import ShopProbe
from isthmus.connectors.woocommerce.products import Variants
from isthmus.connectors.woocommerce.shop import Places, ShopCurrency
from isthmus.connectors.woocommerce.signing import Signer
from isthmus.connectors.woocommerce.sites import site
from isthmus.connectors.woocommerce.stock import Keepers, Levels
from isthmus.connectors.woocommerce.stock_sink import LevelSink
from isthmus.connectors.woocommerce.subscriptions import Topics
from isthmus.connectors.woocommerce.webhooks import Deliveries
from isthmus.craft.attributes import names
from isthmus.ports.connector import Connector, Manifest, Session, Tools
from isthmus.ports.errors import Misconfigured

MANIFEST = Manifest.load(__name__)
#: WordPress keeps a webhook's secret with these written as entities, and signs with that.
SPOILT = frozenset("&<>\"'")


def open_session(settings: Mapping[str, str], tools: Tools) -> Session:
    """Open one shop. Raises `Misconfigured` for a setting that cannot be."""
    secret = settings.get("webhook_secret", "")
    check_secret(secret)
    sign_in = settings.get("sign_in", "")
    if sign_in not in {"", "header", "query"}:
        message = f"sign_in: {sign_in!r} is neither 'header' nor 'query'"
        raise Misconfigured(message)
    signer = Signer(settings.get("consumer_key", ""), settings.get("consumer_secret", ""), sign_in == "query")
    where = site(settings["url"], settings.get("permalinks", ""))
    hooks = (secret, settings.get("previous_webhook_secret", ""))
    client = Client(where, tools.http, tools.clock, tools.pace, signer, (signer.key, signer.secret, *hooks))
    field = settings.get("tax_number_field") or Terms().tax_number_field
    wanted = Wanted(names(settings.get("hidden_fields", "")), names(settings.get("customer_fields", "")))
    orders = Orders(client, Terms(statuses(settings.get("statuses", "")), field, wanted))
    listed = OrderListing(client, orders)
    together = AllVariations(client)
    keepers = Keepers(client, together)
    return Session(
        probe=ShopProbe(client, MANIFEST, wanted),
        sources={
            "order": orders,
            "variant": Variants(client, ShopCurrency(client), together),
            "warehouse": Places(client),
            "stock_level": Levels(client, keepers),
        },
        sinks={"stock_level": LevelSink(client, keepers)},
        receiver=Deliveries(hooks),
        subscriptions=Topics(client, MANIFEST.topics, secret),
        listings={"order": listed, "customer": buyers(client, listed)},
    )


def check_secret(secret: str) -> None:
    """Raise `Misconfigured` for a secret WordPress would not keep as it is."""
    if SPOILT & set(secret):
        message = "webhook_secret: the characters & < > \" ' are not kept as they are by WordPress; choose letters"
        raise Misconfigured(message)


CONNECTOR = Connector(manifest=MANIFEST, open=open_session)

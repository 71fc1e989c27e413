"""Opening a connection: which parts there are and what they are made of. No call is made here."""

from collections.abc import Mapping

from isthmus.connectors.odoo.client import Client
from isthmus.connectors.odoo.contact_listing import ContactListing
from isthmus.connectors.odoo.custom import OwnFields
from isthmus.connectors.odoo.customers import Customers
from isthmus.connectors.odoo.dialect import Dialect
from isthmus.connectors.odoo.lookups import Lookups
from isthmus.connectors.odoo.order_listing import OrderListing
from isthmus.connectors.odoo.order_status import OrderStatuses
from isthmus.connectors.odoo.order_vals import Translator
from isthmus.connectors.odoo.orders import Orders
from isthmus.connectors.odoo.probe import Probe
from isthmus.connectors.odoo.products import Variants
from isthmus.connectors.odoo.settings import Settings
from isthmus.connectors.odoo.stock import Stock
from isthmus.connectors.odoo.warehouses import Warehouses
from isthmus.ports.connector import Session, Tools


def open_session(form: Mapping[str, str], tools: Tools) -> Session:
    """Wire one session. Raises `Misconfigured` for a setting that cannot be understood."""
    settings = Settings.read(form)
    client = Client(
        url=settings.url,
        database=settings.database,
        login=settings.login,
        api_key=form["api_key"],
        http=tools.http,
        clock=tools.clock,
        pace=tools.pace,
        protocol=settings.protocol,
        company=settings.company,
    )
    dialect = Dialect(client)
    lookups = Lookups(dialect)
    own = OwnFields(dialect, lookups)
    translator = Translator(dialect, lookups, settings.services, own)
    return Session(
        probe=Probe(dialect, lookups, settings.services),
        sources={
            "variant": Variants(dialect, lookups),
            "warehouse": Warehouses(dialect),
            "stock_level": Stock(dialect, lookups),
            "order": OrderStatuses(dialect),
        },
        sinks={
            "order": Orders(translator, settings.services.rounding, settings.rounding_tolerance),
            "customer": Customers(dialect, lookups, own),
        },
        listings={
            "order": OrderListing(dialect, settings.services),
            "customer": ContactListing(dialect),
        },
    )

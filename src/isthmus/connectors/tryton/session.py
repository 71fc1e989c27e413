"""Opening a connection: which parts there are and what they are made of. No call is made here."""

from collections.abc import Mapping

from isthmus.connectors.tryton.client import Client
from isthmus.connectors.tryton.contact_listing import ContactListing
from isthmus.connectors.tryton.custom import OwnFields
from isthmus.connectors.tryton.customers import Customers
from isthmus.connectors.tryton.dialect import Dialect
from isthmus.connectors.tryton.lookups import Lookups
from isthmus.connectors.tryton.order_listing import OrderListing
from isthmus.connectors.tryton.order_status import OrderStatuses
from isthmus.connectors.tryton.order_vals import Translator
from isthmus.connectors.tryton.orders import Orders
from isthmus.connectors.tryton.probe import Probe
from isthmus.connectors.tryton.processing import Processing
from isthmus.connectors.tryton.products import Variants
from isthmus.connectors.tryton.settings import Settings
from isthmus.connectors.tryton.stock import Stock
from isthmus.connectors.tryton.warehouses import Warehouses
from isthmus.connectors.tryton.withdrawal import Withdrawal
from isthmus.ports.connector import Session, Tools


def open_session(form: Mapping[str, str], tools: Tools) -> Session:
    """Wire one session. Raises `Misconfigured` for a setting that cannot be understood."""
    settings = Settings.read(form)
    client = Client(
        url=settings.url,
        database=settings.database,
        login=settings.login,
        password=form["password"],
        http=tools.http,
        clock=tools.clock,
        pace=tools.pace,
        company=settings.company,
        accepted_warnings=settings.accepted_warnings,
    )
    dialect = Dialect(client)
    lookups = Lookups(dialect)
    own = OwnFields(dialect, lookups)
    translator = Translator(dialect, lookups, settings.services, own)
    orders = Orders(
        translator=translator,
        withdrawal=Withdrawal(dialect),
        processing=Processing(dialect),
        rounding_code=settings.services.rounding,
        tolerance=settings.rounding_tolerance,
    )
    return Session(
        probe=Probe(dialect, lookups, settings.services),
        sources={
            "variant": Variants(dialect, lookups),
            "warehouse": Warehouses(dialect),
            "stock_level": Stock(dialect, lookups),
            "order": OrderStatuses(dialect),
        },
        sinks={"order": orders, "customer": Customers(dialect, lookups, own)},
        listings={
            "order": OrderListing(dialect, settings.services),
            "customer": ContactListing(dialect),
        },
    )

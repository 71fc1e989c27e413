"""The state of one shop: every record by its number, its clock, and whom it tells what happened."""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from isthmus.simulators.vendure.catalog import (
    DEFAULT_CODE,
    Channel,
    Country,
    Method,
    Option,
    OptionGroup,
    Product,
    Promotion,
    Record,
    StockLocation,
    TaxCategory,
    TaxRate,
    Variant,
    Zone,
)
from isthmus.simulators.vendure.jobs import CORE, Job
from isthmus.simulators.vendure.orders import Fulfillment, Order, Payment, Refund
from isthmus.simulators.vendure.people import Address, Administrator, Customer, Group, Note
from isthmus.simulators.vendure.settings import Settings

if TYPE_CHECKING:
    from isthmus.simulators.vendure.lines import Line

LOGIN, PASSWORD = "demo", "demo-password"
#: may read and write what an integration needs
INTEGRATION = (
    "Authenticated", "ReadOrder", "UpdateOrder", "ReadCatalog", "UpdateCatalog", "CreateCatalog", "ReadCustomer",
    "UpdateCustomer", "CreateCustomer", "ReadStockLocation", "ReadSettings",
)  # fmt: skip
#: may look and nothing else
READER, READS = "reader", ("Authenticated", "ReadOrder", "ReadCatalog", "ReadCustomer", "ReadStockLocation")
#: may do everything
OWNER, EVERYTHING = "superadmin", ("Authenticated", "SuperAdmin")
DEFAULT_TOKEN = "demo-channel"  # noqa: S105 - the simulator's, known to all
#: letters and digits of an order code
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CODE_LENGTH = 16
#: a topic and what else the plugin puts into the body
Told = Callable[[str, Mapping[str, Any]], None]


def utc_now() -> datetime:
    """Return this machine's time."""
    return datetime.now(UTC)


def nobody(_topic: str, _facts: Mapping[str, Any]) -> None:
    """Tell nobody."""


class Shop:
    """One shop's records. Not safe for threads; one event loop uses it."""

    def __init__(self, settings: Settings, now: Callable[[], datetime] = utc_now) -> None:
        """Open a shop with a channel, an administrator of each kind and nothing to sell."""
        self.settings = settings
        self._clock = now
        self.tell: Told = nobody
        self._numbers: dict[str, int] = defaultdict(int)
        self._codes = random.Random(20264)  # noqa: S311 - repeatable chance, not secrecy
        self.countries: dict[int, Country] = {}
        self.zones: dict[int, Zone] = {}
        self.tax_categories: dict[int, TaxCategory] = {}
        self.tax_rates: dict[int, TaxRate] = {}
        self.channels: dict[int, Channel] = {}
        self.locations: dict[int, StockLocation] = {}
        self.groups: dict[int, OptionGroup] = {}
        self.options: dict[int, Option] = {}
        self.products: dict[int, Product] = {}
        self.variants: dict[int, Variant] = {}
        self.customers: dict[int, Customer] = {}
        self.customer_groups: dict[int, Group] = {}
        self.addresses: dict[int, Address] = {}
        self.administrators: dict[int, Administrator] = {}
        self.shipping_methods: dict[int, Method] = {}
        self.payment_methods: dict[int, Method] = {}
        self.promotions: dict[int, Promotion] = {}
        self.orders: dict[int, Order] = {}
        self.lines: dict[int, Line] = {}
        self.payments: dict[int, Payment] = {}
        self.refunds: dict[int, Refund] = {}
        self.fulfillments: dict[int, Fulfillment] = {}
        self.notes: dict[int, Note] = {}
        self.jobs: dict[int, Job] = {}
        #: names of the queues the worker has
        self.queues: list[str] = list(CORE)
        self.opened_at = self.now()

    def now(self) -> datetime:
        """Return the time, to the millisecond as JavaScript has it."""
        now = self._clock()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def stamp(self) -> datetime:
        """Return what the database writes into `createdAt` and `updatedAt`."""
        return self.now().replace(microsecond=0) if self.settings.whole_seconds else self.now()

    def new(self, kind: str) -> dict[str, Any]:
        """Return number and times of a new record of a kind."""
        self._numbers[kind] += 1
        at = self.stamp()
        return {"id": self._numbers[kind], "created_at": at, "updated_at": at}

    def touch(self, record: Record) -> None:
        """Note that a record's own content changed just now."""
        record.updated_at = self.stamp()

    def tell_order(self, topic: str, order: Order) -> None:
        """Tell of an order, if it is placed: carts change all the time, and the plugin tells nobody of those."""
        if order.order_placed_at is not None:
            self.tell(topic, {"orderIds": [str(order.id)]})

    def code(self) -> str:
        """Return the code of a new order."""
        return "".join(self._codes.choices(_ALPHABET, k=_CODE_LENGTH))

    @property
    def default_channel(self) -> Channel:
        """Return the channel that sees everything."""
        return next(one for one in self.channels.values() if one.code == DEFAULT_CODE)

    def rate(self, category: TaxCategory, channel: Channel) -> TaxRate | None:
        """Return the rate of a category in the channel's zone."""
        found = (one for one in self.tax_rates.values() if one.category is category and one.enabled)
        return next((one for one in found if one.zone is channel.default_tax_zone), None)

    def price(self, variant: Variant, channel: Channel, currency: str | None = None) -> int | None:
        """Return what a variant costs in a channel, in minor units as the channel lists prices."""
        return variant.amounts.get((channel.id, currency or channel.default_currency_code))

    def order(self, reference: str) -> Order | None:
        """Return the order with a code."""
        return next((one for one in self.orders.values() if one.code == reference), None)

    def variant(self, sku: str) -> Variant | None:
        """Return the first variant with a SKU that is not deleted."""
        return next((one for one in self.variants.values() if one.sku == sku and not one.gone), None)

    def location(self, name: str) -> StockLocation | None:
        """Return the location with a name."""
        return next((one for one in self.locations.values() if one.name == name), None)

    def country(self, code: str) -> Country | None:
        """Return the country with a code."""
        return next((one for one in self.countries.values() if one.code == code), None)

    def customer(self, email: str) -> Customer | None:
        """Return the customer with an address; letters are small since it was taken down."""
        wanted = email.strip().lower()
        found = (one for one in self.customers.values() if one.email_address == wanted)
        return next((one for one in found if one.deleted_at is None), None)


def number_of(text: object) -> int:
    """Return the number in an id; -1, which nothing has, for what is none (`AutoIncrementIdStrategy`)."""
    shown = str(text)
    return int(shown) if shown.isascii() and shown.isdigit() else -1

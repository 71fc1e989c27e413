"""The state of one shop: every record by its id, and the one way to change a time stamp.

Times have whole seconds, as Shopify's have. Whoever changes a record says so through `touch`, which
moves `updated_at` and tells the webhook sender.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Protocol
from zoneinfo import ZoneInfo

from isthmus.simulators.shopify.catalog import InventoryItem, InventoryLevel, Location, Product, Variant
from isthmus.simulators.shopify.money import Currencies
from isthmus.simulators.shopify.orders import Order
from isthmus.simulators.shopify.parties import Company, CompanyLocation, Customer

if TYPE_CHECKING:
    from isthmus.simulators.shopify.fulfillment import FulfillmentOrder
    from isthmus.simulators.shopify.metafields import Definition, Metafield

PREFIX = "gid://shopify/"
FIRST_ORDER_NUMBER = 1001
TIME_ZONE = ZoneInfo("Europe/Berlin")
#: where the numbers of each type start, so that no two types can be mixed up unnoticed
_BASES = {"Order": 5_600_000_000_000, "LineItem": 14_100_000_000_000, "Product": 8_200_000_000_000}
_BASE = 44_000_000_000
_STEP = 32768  # numbers of a real shop are sparse


@dataclass(frozen=True, slots=True)
class DeletionEvent:
    """The trace a deleted product leaves."""

    id: str
    subject_id: str
    subject_type: str
    occurred_at: datetime


@dataclass(slots=True)
class Subscription:
    """A wish to be told about a topic."""

    TYPENAME: ClassVar[str] = "WebhookSubscription"

    id: str
    legacy_resource_id: int
    topic: str  # enum form, ORDERS_CREATE
    uri: str
    created_at: datetime
    updated_at: datetime
    format: str = "JSON"
    filter: str | None = None
    name: str | None = None
    include_fields: list[str] = field(default_factory=list[str])
    metafield_namespaces: list[str] = field(default_factory=list[str])
    #: one declared with the app is not removed when its receiver stays away
    by_api: bool = True

    @property
    def callback_url(self) -> str:
        """Return the address under its old name."""
        return self.uri


class Touchable(Protocol):
    """A record with a type and a time of last change."""

    TYPENAME: ClassVar[str]
    updated_at: datetime


def utc_now() -> datetime:
    """Return the time in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def untold(_topic: str, _subject: object) -> None:
    """Tell nobody."""


class Shop:
    """Everything the shop knows. Not safe for threads; one event loop uses it."""

    name = "Demonstration shop"
    myshopify_domain = "demo-shop.myshopify.com"
    currency_code = "EUR"
    taxes_included = True

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        """Open an empty shop."""
        self.now = now
        #: called with a topic such as `orders/create` and the record it is about
        self.tell: Callable[[str, object], None] = untold
        self.opened_at = now()
        self.locations: dict[str, Location] = {}
        self.products: dict[str, Product] = {}
        self.variants: dict[str, Variant] = {}
        self.items: dict[str, InventoryItem] = {}
        self.levels: dict[str, InventoryLevel] = {}
        self.customers: dict[str, Customer] = {}
        self.companies: dict[str, Company] = {}
        self.company_locations: dict[str, CompanyLocation] = {}
        self.orders: dict[str, Order] = {}
        self.fulfillment_orders: dict[str, FulfillmentOrder] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.definitions: dict[str, Definition] = {}
        self.metafields: dict[str, dict[tuple[str, str], Metafield]] = defaultdict(dict)
        self.deletions: dict[str, DeletionEvent] = {}
        self.sku_variants: dict[str, list[Variant]] = defaultdict(list)
        #: counts changes per type, so that sorted listings know when they are stale
        self.revisions: dict[str, int] = defaultdict(int)
        self._counters: dict[str, int] = {}
        self._tables: dict[str, dict[str, Any]] = {}
        self._last_order_number = FIRST_ORDER_NUMBER - 1

    def new_id(self, kind: str) -> tuple[str, int]:
        """Return the next id of a type, as text and as its number."""
        number = self._counters.get(kind, _BASES.get(kind, _BASE)) + _STEP
        self._counters[kind] = number
        return f"{PREFIX}{kind}/{number}", number

    def gid(self, kind: str) -> str:
        """Return the next id of a type."""
        return self.new_id(kind)[0]

    def next_order_number(self) -> int:
        """Return the number after the last order's."""
        self._last_order_number += 1
        return self._last_order_number

    def table(self, kind: str) -> dict[str, Any]:
        """Return the records of a GraphQL type by id; empty for a type without records."""
        if not self._tables:
            self._tables = {
                "Location": self.locations, "Product": self.products, "ProductVariant": self.variants,
                "InventoryItem": self.items, "InventoryLevel": self.levels, "Customer": self.customers,
                "Company": self.companies, "CompanyLocation": self.company_locations, "Order": self.orders,
                "FulfillmentOrder": self.fulfillment_orders, "WebhookSubscription": self.subscriptions,
                "MetafieldDefinition": self.definitions,
            }  # fmt: skip
        return self._tables.get(kind, {})

    def find(self, gid: str, kind: str | None = None) -> Any:
        """Return the record with this id, if there is one and it is of `kind`."""
        if not gid.startswith(PREFIX):
            return None
        actual = gid[len(PREFIX) :].split("/", 1)[0]
        if kind is not None and actual != kind:
            return None
        return self.table(actual).get(gid)

    def order(self, reference: str) -> Order | None:
        """Return the order people call `#1001` or `1001`."""
        name = reference if reference.startswith("#") else f"#{reference}"
        return next((order for order in self.orders.values() if order.name == name), None)

    def variant(self, sku: str) -> Variant | None:
        """Return the first variant with this SKU; SKUs may repeat."""
        return next(iter(self.sku_variants.get(sku, ())), None)

    def location(self, name: str) -> Location | None:
        """Return the location with this name."""
        return next((place for place in self.locations.values() if place.name == name), None)

    def touch(self, record: Touchable, topic: str | None = None) -> None:
        """Note that `record` changed just now, and tell subscribers of `topic`."""
        record.updated_at = self.now()
        self.changed(record.TYPENAME)
        if topic is not None:
            self.tell(topic, record)

    def changed(self, kind: str) -> None:
        """Note that some record of a type changed or appeared."""
        self.revisions[kind] += 1

    def currencies(self) -> Currencies:
        """Return the usual case: the buyer pays in the shop's currency."""
        return Currencies(self.currency_code, self.currency_code)

    def spend(self, customer: Customer, amount: Decimal) -> None:
        """Add to what a customer has bought."""
        money = customer.amount_spent
        customer.amount_spent = type(money)(money.amount + amount, money.currency_code)
        customer.number_of_orders += 1

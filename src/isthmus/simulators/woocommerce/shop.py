"""The state of one shop: every record by its id, and the one way to change a time stamp.

Times have whole seconds. Posts share one row of numbers, orders and refunds included, HPOS or not.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal, Protocol

from isthmus.simulators.woocommerce.catalog import Product, Term
from isthmus.simulators.woocommerce.orders import Order
from isthmus.simulators.woocommerce.people import Customer, Key, Rate, Webhook
from isthmus.simulators.woocommerce.settings import Settings

#: where each row of numbers starts, so that no two kinds are mixed up unnoticed
_FIRST = {"post": 1000, "item": 30, "meta": 13000, "user": 2, "webhook": 1, "rate": 1, "term": 15, "comment": 280}
# All 40 digits, as WooCommerce makes them; good for nothing but this simulator.
CONSUMER_KEY = "ck_" + "de0000000000000000000000000000000000a001"
CONSUMER_SECRET = "cs_" + "de0000000000000000000000000000000000a002"
READ_ONLY = Key("ck_" + "de0000000000000000000000000000000000b001", CONSUMER_SECRET, "read")
WRITE_ONLY = Key("ck_" + "de0000000000000000000000000000000000c001", CONSUMER_SECRET, "write")
#: right credentials of somebody who manages nothing
POWERLESS = Key("ck_" + "de0000000000000000000000000000000000d001", CONSUMER_SECRET, manager=False)
WEBHOOK_SECRET = "demo-secret"  # noqa: S105 - the simulator's, known to all

Topic = Literal[
    "order.created", "order.updated", "order.deleted", "order.restored",
    "product.created", "product.updated", "product.deleted", "product.restored",
    "customer.created", "customer.updated", "customer.deleted",
]  # fmt: skip


class Dated(Protocol):
    """A record with a time of last change."""

    id: int
    modified_at: datetime


def utc_now() -> datetime:
    """Return the time in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def nobody(_topic: Topic, _record_id: int) -> None:
    """Tell nobody."""


async def unheard(_webhook: Webhook) -> bool:
    """Greet nobody."""
    return False


class Shop:
    """One shop's records."""

    def __init__(self, settings: Settings, now: Callable[[], datetime] = utc_now) -> None:
        """Open an empty shop."""
        self.settings = settings
        self.now = now
        self.opened_at = now()
        self.tell: Callable[[Topic, int], None] = nobody
        #: greets a new webhook and tells whether it answered
        self.ping: Callable[[Webhook], Awaitable[bool]] = unheard
        #: the site's address; the first request shows what it is
        self.home = "http://127.0.0.1"
        self.keys = {key.consumer_key: key for key in (self._owner(), READ_ONLY, WRITE_ONLY, POWERLESS)}
        self.products: dict[int, Product] = {}
        self.orders: dict[int, Order] = {}
        self.customers: dict[int, Customer] = {}
        self.webhooks: dict[int, Webhook] = {}
        self.rates: dict[int, Rate] = {}
        self.tax_classes = {"standard": "Standard rate", "reduced-rate": "Reduced rate", "zero-rate": "Zero rate"}
        self.categories: dict[int, Term] = {}
        self.attributes: dict[int, Term] = {}
        self.attribute_terms: dict[int, dict[int, Term]] = defaultdict(dict)
        #: coupons by code, with the percentage they take off
        self.coupons = {"welcome10": Decimal(10), "spring5": Decimal(5)}
        #: who has a SKU; trash keeps it
        self.skus: dict[str, int] = {}
        #: SKUs somebody else is inserting at this moment
        self.busy_skus: set[str] = set()
        #: counts changes per kind, so that sorted lists know when they are stale
        self.revisions: dict[str, int] = defaultdict(int)
        self._numbers = dict(_FIRST)

    @staticmethod
    def _owner() -> Key:
        return Key(CONSUMER_KEY, CONSUMER_SECRET)

    def new_id(self, row: str = "post") -> int:
        """Return the next number of a row."""
        self._numbers[row] += 1
        return self._numbers[row]

    def order_number(self, number: int) -> str:
        """Return what people call an order: its id, unless a plugin numbers them."""
        return f"{self.settings.number_prefix}{number}"

    def product(self, sku: str) -> Product | None:
        """Return the product or variation with a SKU; letter case does not matter to the database."""
        found = self.skus.get(sku.casefold())
        return self.products.get(found) if found is not None else None

    def order(self, reference: str) -> Order | None:
        """Return the order people call `1234` or `#1234`."""
        number = reference.removeprefix("#")
        known = self.orders.get(int(number)) if number.isdigit() else None
        if known is not None and known.number == number:
            return known
        return next((one for one in self.orders.values() if one.number == number), None)

    def touch(self, record: Dated, topic: Topic) -> None:
        """Note that a record changed just now, and tell whoever wants to know."""
        record.modified_at = self.now()
        self.changed(topic.split(".", 1)[0])
        self.tell(topic, record.id)

    def changed(self, kind: str) -> None:
        """Note that some record of a kind changed or appeared."""
        self.revisions[kind] += 1

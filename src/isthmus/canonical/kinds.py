"""The kinds of record by name, as the store, the ports and `isthmus schema` know them."""

from typing import Any

import msgspec

from isthmus.canonical.document import Document
from isthmus.canonical.fulfillment import Shipment
from isthmus.canonical.order import Order
from isthmus.canonical.party import AccountStatus, Customer, CustomerSummary
from isthmus.canonical.price import Price
from isthmus.canonical.product import Bundle, Category, Media, Product, Variant
from isthmus.canonical.record import Record
from isthmus.canonical.refund import Refund, Return
from isthmus.canonical.stock import StockLevel, Warehouse

KINDS: dict[str, type[Record]] = {
    "order": Order,
    "customer": Customer,
    "customer_summary": CustomerSummary,
    "account_status": AccountStatus,
    "product": Product,
    "variant": Variant,
    "bundle": Bundle,
    "category": Category,
    "media": Media,
    "stock_level": StockLevel,
    "warehouse": Warehouse,
    "price": Price,
    "shipment": Shipment,
    "return": Return,
    "refund": Refund,
    "document": Document,
}


def kind_of(record: Record) -> str:
    """Return the kind's name of a record."""
    return _NAMES[type(record)]


def schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind. Raises `KeyError` for an unknown one."""
    return msgspec.json.schema(KINDS[kind])


_NAMES = {cls: name for name, cls in KINDS.items()}

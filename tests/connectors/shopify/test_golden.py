"""One payload of each kind and exactly what it becomes.

After a wanted change run with ISTHMUS_GOLDEN=write and read the difference.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from isthmus.canonical.kinds import KINDS
from isthmus.canonical.money import Money
from isthmus.canonical.order import Order
from isthmus.canonical.record import Record, dump, load
from isthmus.connectors.shopify import wire_catalog, wire_orders
from isthmus.connectors.shopify.locations import to_warehouse
from isthmus.connectors.shopify.order_lines import Details
from isthmus.connectors.shopify.orders import to_order
from isthmus.connectors.shopify.products import to_variant
from isthmus.connectors.shopify.stock import to_level

GOLDEN = Path(__file__).parent / "golden"
DETAILS = Details(places={"gid://shopify/LineItem/901": "5", "gid://shopify/LineItem/902": "5"})


def order(body: bytes) -> Record:
    return to_order(msgspec.json.decode(body, type=wire_orders.Order), DETAILS, store="demo.myshopify.com")


def variant(body: bytes) -> Record:
    node = msgspec.json.decode(body, type=wire_catalog.Variant)
    return to_variant(node, node.product, "EUR")


def warehouse(body: bytes) -> Record:
    return to_warehouse(msgspec.json.decode(body, type=wire_catalog.Location))


def stock_level(body: bytes) -> Record:
    node = msgspec.json.decode(body, type=wire_catalog.LocationLevel)
    return to_level(node, node.item, "5")


KIND_OF = {"order": order, "variant": variant, "warehouse": warehouse, "stock_level": stock_level}


@pytest.mark.parametrize(("kind", "translate"), KIND_OF.items(), ids=KIND_OF)
def test_a_payload_becomes_exactly_this(kind: str, translate: Callable[[bytes], Record]) -> None:
    record = translate((GOLDEN / f"{kind}.json").read_bytes())
    expected = GOLDEN / f"{kind}.canonical.json"
    if os.environ.get("ISTHMUS_GOLDEN") == "write":
        expected.write_text(json.dumps(json.loads(dump(record)), indent=1) + "\n", "utf-8")
    assert json.loads(dump(record)) == json.loads(expected.read_text("utf-8"))
    assert load(KINDS[kind], dump(record)) == record


def test_the_golden_order_adds_up() -> None:
    record = order((GOLDEN / "order.json").read_bytes())
    assert isinstance(record, Order)
    parts = [line.net_of_discount for line in record.lines] + [charge.charged for charge in record.shipping_lines]
    assert Money.total(parts, "EUR") == record.total
    taxes = [line.tax for line in record.lines] + [charge.tax for charge in record.shipping_lines]
    assert Money.total(taxes, "EUR") == record.tax
    assert Money.total((one.amount for one in record.discounts), "EUR") == record.discount

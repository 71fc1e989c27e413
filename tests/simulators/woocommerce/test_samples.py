"""Every field of the vendor's own samples is there, of the same kind, and what is beyond them is named here.

The samples are of 2024; fields that came later are listed by what the vendor's current pages and sources say.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.simulators.woocommerce.conftest import Caller

SPECS = Path(os.environ.get("ISTHMUS_SPECS") or Path(__file__).parents[3] / "../shared/specs") / "woocommerce"
#: fields the documentation's samples do not have yet, by kind
LATER = {
    "order": {"payment_url", "is_editable", "needs_payment", "needs_processing", "currency_symbol"},
    "line_items": {"global_unique_id", "image", "parent_name"},
    "tax_lines": {"rate_percent"},
    "shipping_lines": {"instance_id", "tax_status"},
    "product": {"global_unique_id", "low_stock_amount"},
    "product-variation": {"type", "global_unique_id", "low_stock_amount", "name", "parent_id"},
    "order-refund": {"tax_lines", "shipping_lines", "fee_lines"},
}
#: the sample itself is at odds with what shops answer (a status of true), or shows an empty PHP list
SHAPES_DIFFER = {("product-variation", "status"), ("product-category", "image")}


def sample(kind: str, which: str) -> dict[str, Any]:
    path = SPECS / f"{kind}.json"
    if not path.exists():
        pytest.skip(f"no {path.name}: set ISTHMUS_SPECS to the folder of vendor descriptions")
    return json.loads(path.read_text("utf-8"))[which]


def compare(kind: str, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert set(theirs) <= set(ours), kind
    assert set(ours) - set(theirs) <= LATER.get(kind, set()), kind
    for name, value in theirs.items():
        mine = ours.get(name)
        if value is not None and mine is not None and (kind, name) not in SHAPES_DIFFER:
            assert kind_of(mine) == kind_of(value), f"{kind}.{name}: {mine!r} is not like {value!r}"


def kind_of(value: Any) -> str:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


async def test_an_order_has_the_fields_of_the_sample(shop: Caller) -> None:
    product = (await shop.get("/products", sku="MUG-0020"))[0]
    made = await shop.post(
        "/orders",
        status="processing",
        set_paid=True,
        billing={"country": "DE"},
        line_items=[{"product_id": product["id"], "quantity": 2}],
        shipping_lines=[{"method_id": "flat_rate", "method_title": "Flat", "total": "5.00"}],
    )
    theirs = sample("order", "Retrieve an order")
    compare("order", made, theirs)
    compare("billing", made["billing"], theirs["billing"])
    for name in ("line_items", "tax_lines", "shipping_lines"):
        compare(name, made[name][0], theirs[name][0])
    assert set(theirs["line_items"][0]["taxes"][0]) == set(made["line_items"][0]["taxes"][0])
    refund = await shop.post(f"/orders/{made['id']}/refunds", amount="1.00", api_refund=False)
    compare("order-refund", refund, sample("order-refund", "Retrieve a refund"))
    note = (await shop.get(f"/orders/{made['id']}/notes"))[0]
    compare("order-note", note, sample("order-note", "Retrieve an order note"))


async def test_goods_have_the_fields_of_the_samples(shop: Caller) -> None:
    [variation] = await shop.get("/products", type="variation", sku="LAMP-0001", per_page=1)
    parent = variation["parent_id"]
    compare("product", await shop.get(f"/products/{parent}"), sample("product", "Retrieve a product"))
    row = await shop.get(f"/products/{parent}/variations/{variation['id']}")
    compare("product-variation", row, sample("product-variation", "Retrieve a product variation"))
    category = (await shop.get("/products/categories"))[0]
    compare("product-category", category, sample("product-category", "Retrieve a product category"))
    attribute = await shop.post("/products/attributes", name="Colour")
    assert attribute["slug"] == "pa_colour"
    compare("product-attribute", attribute, sample("product-attribute", "Retrieve a product attribute"))


async def test_the_others_have_the_fields_of_the_samples(shop: Caller) -> None:
    customer = await shop.post("/customers", email="one@example.com")
    compare("customer", customer, sample("customer", "Retrieve a customer"))
    webhook = await shop.post("/webhooks", topic="order.created", delivery_url="http://127.0.0.1:9/here")
    compare("webhook", webhook, sample("webhook", "Retrieve a webhook"))
    rate = (await shop.get("/taxes"))[0]
    compare("tax-rate", rate, sample("tax-rate", "Retrieve a tax rate"))

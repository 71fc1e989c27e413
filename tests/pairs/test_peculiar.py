"""A merchant's peculiar case, done in the document alone: every part of it is found right in the ERP."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.pairs.town import Town, standing

pytestmark = pytest.mark.slow

FLOWS = '[flows.orders]\nfrom = "shop"\nto = "erp"\n'
DOCUMENT = """
[order]
reference = 'f"WEB-{number}"'
warehouse = { from = "shipping_to.country", table = "region" }
"custom.x_cost_center" = { from = 'custom["{word}.Cost center"]', length = 12, example = "4711" }

[lines]
"custom.x_engraving" = 'custom["{word}.Engraving"]'

[customer]
"company.tax_id" = 'find(order.note, "VAT:? *([A-Z]{2}[0-9A-Z]{8,12})")'

[[add]]
name = "gift-wrap"
when = 'custom["{word}.gift_wrap"] == "yes"'
sku = '"TIP"'
title = '"Gift wrap"'
"""
#: The ERP's own words for what has to have the fields.
FIELDS = {
    "odoo": (("sale.order", "x_cost_center"), ("sale.order.line", "x_engraving")),
    "tryton": (("sale.sale", "x_cost_center"), ("sale.line", "x_engraving")),
}
#: What each shop's fields of the buyer's begin with.
WORDS = {"shopify": "attributes", "woocommerce": "meta"}
VAT = "DE136695976"


def write(folder: Path, path: str, text: str) -> None:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


def peculiar(sku: str) -> dict[str, Any]:
    return {
        "lines": [{"sku": sku, "quantity": 2, "attributes": {"Engraving": "For you"}}],
        "note": f"Please ring twice. VAT: {VAT}",
        "attributes": [{"key": "gift_wrap", "value": "yes"}, {"key": "Cost center", "value": "4711"}],
        "seed": 11,
    }


async def some_sku(town: Town) -> str:
    return min((await town.state("shop"))["stock"])


async def booked(town: Town, reference: str) -> Mapping[str, Any]:
    orders = await town.orders("erp")
    assert reference in orders, (orders.keys(), await town.app.context.store.read("parked_jobs", flow="", wish=9))
    return orders[reference]


@pytest.mark.parametrize("erp", ["odoo", "tryton"])
@pytest.mark.parametrize("shop", ["shopify", "woocommerce"])
async def test_all_of_it_arrives(tmp_path: Path, shop: str, erp: str) -> None:
    write(tmp_path, "mappings/orders.toml", DOCUMENT.replace("{word}", WORDS[shop]))
    write(tmp_path, "tables/region.csv", "from,to,note\n*,WH,everybody else\n")
    async with standing(tmp_path, {"shop": shop, "erp": erp}, FLOWS) as town:
        for model, name in FIELDS[erp]:
            await town.do("erp", "field", model=model, name=name, type="char")
        sku = await some_sku(town)
        placed = await town.do("shop", "order", **peculiar(sku))
        await town.sync()
        assert await town.questions() == []
        order = await booked(town, f"WEB-{placed['reference']}")
        sold = (await town.orders("shop"))[placed["reference"]]
        assert Decimal(order["total"]) == Decimal(sold["total"])
        (line,) = [each for each in order["lines"] if each["sku"] == sku]
        assert (order["custom"]["x_cost_center"], line["custom"]["x_engraving"]) == ("4711", "For you")
        assert [each["sku"] for each in order["extra_lines"] if each.get("sku") == "TIP"] == ["TIP"]
        assert [each["tax_id"] for each in (await town.state("erp"))["partners"]] == [VAT]
        assert [(row.number, row.because) for row in await town.open_rows()] == []


async def test_the_document_is_followed_while_it_runs(tmp_path: Path) -> None:
    write(tmp_path, "mappings/orders.toml", "[order]\nreference = 'f\"OLD-{number}\"'\n")
    async with standing(tmp_path, {"shop": "shopify", "erp": "odoo"}, FLOWS) as town:
        sku = await some_sku(town)
        first = await town.do("shop", "order", lines=[{"sku": sku}], seed=1)
        await town.sync()
        await booked(town, f"OLD-{first['reference']}")
        write(tmp_path, "mappings/orders.toml", "[order]\nreference = 'f\"NEW-{number}\"'\n")
        await asyncio.sleep(1.1)
        second = await town.do("shop", "order", lines=[{"sku": sku}], seed=2)
        await town.sync()
        await booked(town, f"NEW-{second['reference']}")
        # What cannot be used changes nothing: the document before it goes on.
        write(tmp_path, "mappings/orders.toml", '[order]\nreference = "nonsense"\n')
        await asyncio.sleep(1.1)
        third = await town.do("shop", "order", lines=[{"sku": sku}], seed=3)
        await town.sync()
        await booked(town, f"NEW-{third['reference']}")


async def test_what_a_row_has_no_answer_for_is_asked(tmp_path: Path) -> None:
    write(tmp_path, "mappings/orders.toml", '[order]\n"custom.x_a" = { from = "note", required = true }\n')
    async with standing(tmp_path, {"shop": "shopify", "erp": "odoo"}, FLOWS) as town:
        await town.do("erp", "field", model="sale.order", name="x_a", type="char")
        placed = await town.do("shop", "order", lines=[{"sku": await some_sku(town)}], seed=1)
        await town.sync()
        assert [code for _flow, _number, code in await town.questions()] == ["mapping_failed"]
        assert await town.orders("erp") == {}
        (asked,) = await town.app.context.store.read("parked_jobs", flow="", wish=9)
        assert "mappings/orders.toml line 2, order.custom.x_a: is empty and must not be" in asked["because"]
        assert placed["reference"] == asked["number"]


async def test_an_order_a_document_does_not_take_is_asked_about_once(tmp_path: Path) -> None:
    write(tmp_path, "mappings/orders.toml", 'when = \'custom["attributes.b2b"] == "yes"\'\n')
    async with standing(tmp_path, {"shop": "shopify", "erp": "odoo"}, FLOWS) as town:
        sku = await some_sku(town)
        mine = await town.do("shop", "order", lines=[{"sku": sku}], attributes={"b2b": "yes"}, seed=1)
        other = await town.do("shop", "order", lines=[{"sku": sku}], seed=2)
        await town.sync()
        assert list(await town.orders("erp")) == [mine["reference"]]
        assert await town.questions() == [("orders", other["reference"], "no_route")]

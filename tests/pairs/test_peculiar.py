"""A merchant's peculiar case, done in the document alone: every part of it is found right in the ERP."""

import asyncio
import os
import uuid
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from tests.pairs.town import ODOO, Town, standing

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
when = 'custom.{word}.gift_wrap == "yes"'
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


@pytest.mark.real
@pytest.mark.skipif(
    not all(ODOO.values()), reason="no real Odoo given: set ISTHMUS_TEST_ODOO_URL, _DB, _LOGIN and _KEY"
)
async def test_all_of_it_arrives_in_a_real_odoo(tmp_path: Path) -> None:
    """Needs, beside what the connector's real tests need, the service TIP and the two fields as texts (Studio)."""
    mark = uuid.uuid4().hex[:8]
    document = DOCUMENT.replace("{word}", "attributes").replace('f"WEB-{number}"', f'f"{mark}-{{number}}"')
    write(tmp_path, "mappings/orders.toml", document)
    write(tmp_path, "tables/region.csv", "from,to,note\n*,WH,everybody else\n")
    sku = os.environ.get("ISTHMUS_TEST_ODOO_SKU", "DEMO-0001")
    async with standing(tmp_path, {"shop": "shopify"}, FLOWS, odoo="erp") as town:
        ours = await some_sku(town)
        write(tmp_path, "tables/sku.csv", f"from,to,note\n{ours},{sku},an alias\n")
        await asyncio.sleep(1.1)
        placed = await town.do("shop", "order", **peculiar(ours))
        await town.sync()
        assert await town.questions() == []
        sold = (await town.orders("shop"))[placed["reference"]]
        odoo = Asked(town.http)
        (order,) = await odoo.search(
            "sale.order",
            [["client_order_ref", "=", f"{mark}-{placed['reference']}"]],
            ["state", "amount_total", "x_cost_center", "partner_id", "warehouse_id", "order_line"],
        )
        assert (order["state"], order["x_cost_center"]) == ("sale", "4711")
        assert Decimal(str(order["amount_total"])) == Decimal(sold["total"])
        lines = await odoo.search(
            "sale.order.line",
            [["id", "in", order["order_line"]]],
            ["product_id", "product_uom_qty", "x_engraving", "price_total"],
        )
        engraved = [each["x_engraving"] for each in lines if sku in each["product_id"][1]]
        assert engraved == ["For you"]
        assert [each["price_total"] for each in lines if "TIP" in each["product_id"][1]] == [0.0]
        (partner,) = await odoo.search("res.partner", [["id", "=", order["partner_id"][0]]], ["vat"])
        assert partner["vat"] == VAT
        assert [(row.number, row.because) for row in await town.open_rows() if row.number == placed["reference"]] == []


class Asked:
    """A real Odoo's own answers, not through the connector (its external API: JSON-RPC, `execute_kw`)."""

    def __init__(self, http: ClientSession) -> None:
        self.http = http

    async def search(self, model: str, domain: list[Any], fields: list[str]) -> list[dict[str, Any]]:
        user = await self._call("common", "login", ODOO["database"], ODOO["login"], ODOO["api_key"])
        who = (ODOO["database"], user, ODOO["api_key"])
        return await self._call("object", "execute_kw", *who, model, "search_read", [domain], {"fields": fields})

    async def _call(self, service: str, method: str, *words: Any) -> Any:
        asked = {"jsonrpc": "2.0", "method": "call", "params": {"service": service, "method": method, "args": words}}
        async with self.http.post(f"{ODOO['url']}/jsonrpc", json=asked) as answer:
            said = await answer.json()
        assert "result" in said, said
        return said["result"]


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

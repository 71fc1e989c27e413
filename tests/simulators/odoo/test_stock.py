"""Counting stock, and what the controls and faults of the stage do to this Odoo."""

import aiohttp
import pytest

from tests.simulators.odoo.caller import Caller, Refused
from tests.simulators.odoo.conftest import Start

COUNTING = {"inventory_mode": True}


async def test_a_count_waits_until_it_is_applied(odoo: Caller) -> None:
    lamp, stock = await odoo.sku("LAMP-0001"), await odoo.one("stock.location", ["complete_name", "=", "WH/Stock"])
    known = await odoo.one("stock.quant", ["product_id", "=", lamp], ["location_id", "=", stock])
    values = {"product_id": lamp, "location_id": stock, "inventory_quantity": 12}
    counted = await odoo.kw("stock.quant", "create", values, context=COUNTING)
    assert counted == known
    assert await odoo.free(lamp) != 12
    assert await odoo.kw("stock.quant", "action_apply_inventory", [counted]) is None
    assert await odoo.free(lamp) == 12
    await odoo.kw("stock.quant", "write", [counted], {"inventory_quantity_auto_apply": 9}, context=COUNTING)
    assert await odoo.free(lamp) == 9


async def test_14_applies_a_count_at_once(start: Start) -> None:
    odoo = await start("demo@14")
    lamp = await odoo.sku("LAMP-0001")
    place = await odoo.one("stock.location", ["complete_name", "=", "WH/Stock"])
    values = {"product_id": lamp, "location_id": place, "inventory_quantity": 12}
    await odoo.kw("stock.quant", "create", values, context=COUNTING)
    assert await odoo.free(lamp) == 12


async def test_in_inventory_mode_a_quant_stays_where_it_is(odoo: Caller) -> None:
    quant = await odoo.one("stock.quant")
    with pytest.raises(Refused, match="Quant's editing is restricted"):
        await odoo.kw("stock.quant", "write", [quant], {"product_id": 1}, context=COUNTING)


async def test_a_count_below_the_promises_frees_the_newest_of_them(odoo: Caller) -> None:
    lamp = await odoo.sku("LAMP-0001")
    orders = [await odoo.order({"product_id": lamp, "product_uom_qty": 10}) for _ in range(2)]
    await odoo.kw("sale.order", "action_confirm", orders)
    odoo.world.set_stock("LAMP-0001", "WH", 14)
    moves = await odoo.kw("stock.move", "search_read", [["product_id", "=", lamp]], ["state", "quantity"], order="id")
    assert [(move["state"], move["quantity"]) for move in moves] == [("assigned", 10), ("partially_available", 4)]
    assert await odoo.free(lamp) == 0


async def test_stock_is_polled_by_quants_of_internal_places(odoo: Caller) -> None:
    domain = [["location_id.usage", "=", "internal"], ["write_date", ">=", "2020-01-01 00:00:00"]]
    fields = ["product_id", "location_id", "quantity", "available_quantity"]
    rows = await odoo.kw("stock.quant", "search_read", domain, fields, order="write_date asc, id asc")
    assert len(rows) == 400
    assert {row["location_id"][1] for row in rows} == {"WH/Stock", "EAST/Stock"}


async def test_an_unknown_warehouse_makes_products_vanish_when_quantities_are_asked(odoo: Caller) -> None:
    lamp = await odoo.sku("LAMP-0001")
    context = {"warehouse_id": 999}
    assert await odoo.kw("product.product", "read", [lamp], ["free_qty"], context=context) == []
    assert len(await odoo.kw("product.product", "read", [lamp], ["default_code"], context=context)) == 1


async def test_stock_can_be_set_from_outside(odoo: Caller) -> None:
    wish = {"sku": "LAMP-0001", "place": "EAST", "quantity": 12}
    assert (await odoo.client.post("/__sim/stock", json=wish)).status == 200
    state = await (await odoo.client.get("/__sim/state")).json()
    assert state["stock"]["LAMP-0001"]["EAST"] == 12
    assert (await odoo.client.post("/__sim/stock", json={**wish, "place": "MARS"})).status == 400
    assert (await odoo.client.post("/__sim/stock", json={})).status == 400


async def test_a_recount_finds_another_figure_everywhere(start: Start) -> None:
    odoo = await start("skus:30")
    before = odoo.world.truth()["stock"]
    assert len(before) == 30
    counted = await (await odoo.client.post("/__sim/recount", json={"seed": 1})).json()
    after = odoo.world.truth()["stock"]
    assert counted == {"counted": 60}
    assert all(after[sku][place] != before[sku][place] for sku in before for place in before[sku])
    assert (await odoo.client.post("/__sim/recount", json={"seed": "x"})).status == 400


async def test_staff_sell_without_a_reference_and_the_same_again_for_a_seed(odoo: Caller) -> None:
    placed = await (await odoo.client.post("/__sim/orders", json={"count": 3, "seed": 5})).json()
    first = odoo.world.truth()
    assert placed["references"] == ["S00001", "S00002", "S00003"]
    assert {(order["reference"], order["status"]) for order in first["orders"]} == {("", "sale")}
    await odoo.client.post("/__sim/reset")
    assert odoo.world.truth()["orders"] == []
    await odoo.client.post("/__sim/orders", json={"count": 3, "seed": 5})
    assert odoo.world.truth() == first


async def test_truth_tells_goods_from_services(odoo: Caller) -> None:
    lamp, shipping = await odoo.sku("LAMP-0001"), await odoo.sku("SHIPPING")
    note = {"display_type": "line_note", "name": "Leave at the door"}
    goods = {"product_id": lamp, "product_uom_qty": 2, "price_unit": 10.005, "tax_ids": []}
    await odoo.order(goods, {"product_id": shipping, "price_unit": 4.9}, note, client_order_ref="WEB-1")
    (order,) = odoo.world.truth()["orders"]
    assert order["lines"] == [{"sku": "LAMP-0001", "quantity": 2, "unit_price": "10.005"}]
    assert order["extra_lines"] == [{"sku": "SHIPPING", "quantity": 1, "unit_price": "4.90"}]
    assert (order["reference"], order["total"], order["currency"]) == ("WEB-1", "24.91", "EUR")


async def test_the_history_tells_in_which_order_an_order_was_written(odoo: Caller) -> None:
    lamp = await odoo.sku("LAMP-0001")
    order = await odoo.order({"product_id": lamp, "product_uom_qty": 2}, client_order_ref="WEB-1")
    (line,) = (await odoo.read("sale.order", order, "order_line"))["order_line"]
    await odoo.kw("sale.order", "write", [order], {"order_line": [[1, line, {"product_uom_qty": 3}]]})
    await odoo.kw("sale.order", "action_confirm", [order])
    with pytest.raises(Refused):
        await odoo.kw("sale.order", "write", [order], {"order_line": [[1, line, {"product_id": 999}]]})
    (told,) = (await (await odoo.client.get("/__sim/history")).json())["orders"]
    assert (told["reference"], told["moments"]) == (
        "WEB-1",
        [
            {"status": "draft", "lines": {"LAMP-0001": 2}},
            {"status": "draft", "lines": {"LAMP-0001": 3}},
            {"status": "sale", "lines": {"LAMP-0001": 3}},
        ],
    )
    await odoo.client.post("/__sim/reset")
    assert (await (await odoo.client.get("/__sim/history")).json())["orders"] == []


async def test_an_answer_lost_after_the_commit_keeps_the_order(odoo: Caller) -> None:
    buyer = await odoo.buyer()
    await odoo.client.post("/__sim/fault", json={"kind": "commit_then_drop", "count": 1, "match": "sale.order.create"})
    with pytest.raises(aiohttp.ClientError):
        await odoo.kw("sale.order", "create", {"partner_id": buyer, "client_order_ref": "WEB-9"})
    assert await odoo.kw("sale.order", "search_count", [["client_order_ref", "=", "WEB-9"]]) == 1


async def test_the_proxy_says_no_with_and_without_a_hint(odoo: Caller) -> None:
    for kind, hint in (("throttle", "1"), ("throttle_no_hint", None)):
        await odoo.client.post("/__sim/fault", json={"kind": kind, "count": 1, "match": "res.users.context_get"})
        answer = await odoo.json2("res.users", "context_get")
        assert (answer.status, answer.headers.get("Retry-After"), answer.content_type) == (429, hint, "text/html")
    assert odoo.world.meter()["throttled"] == 2


async def test_operations_have_one_name_in_every_protocol(odoo: Caller) -> None:
    await odoo.rpc("common", "authenticate", "demo", "demo", "demo-key", {})
    await odoo.kw("res.partner", "search_read", [], ["name"])
    await odoo.json2("res.partner", "search_read", {"domain": []})
    call = "<methodCall><methodName>version</methodName><params/></methodCall>"
    await odoo.client.post("/xmlrpc/2/common", data=call, headers={"Content-Type": "text/xml"})
    state = await (await odoo.client.get("/__sim/state")).json()
    assert state["calls"] == {"common.authenticate": 1, "res.partner.search_read": 2, "common.version": 1}

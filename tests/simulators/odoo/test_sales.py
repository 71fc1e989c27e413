"""Orders: totals as Odoo rounds them, confirmation, reservation, shipment, cancellation."""

from typing import Any

import pytest

from tests.simulators.odoo.caller import Caller, Refused
from tests.simulators.odoo.conftest import Start

Line = tuple[float, float, str]


async def totals(odoo: Caller, lines: list[Line], **more: Any) -> tuple[list[tuple[float, ...]], tuple[float, ...]]:
    """Create an order from (quantity, price, tax names) and return the lines' and the order's amounts."""
    lamp = await odoo.sku("LAMP-0001")
    names = await odoo.kw("account.tax", "search_read", [], ["name"])
    taxes = {row["name"]: row["id"] for row in names}
    field = "tax_ids" if odoo.world.version == 19 else "tax_id"
    values = [
        {
            "product_id": lamp,
            "product_uom_qty": q,
            "price_unit": p,
            field: [[6, 0, [taxes[n] for n in t.split("+") if n]]],
        }
        for q, p, t in lines
    ]
    order = await odoo.order(*values, **more)
    head = await odoo.read("sale.order", order, "amount_untaxed", "amount_tax", "amount_total", "order_line")
    rows = await odoo.kw("sale.order.line", "read", head["order_line"], ["price_subtotal", "price_tax", "price_total"])
    shown = [tuple(row[k] for k in ("price_subtotal", "price_tax", "price_total")) for row in rows]
    return shown, tuple(head[k] for k in ("amount_untaxed", "amount_tax", "amount_total"))


# Each row was also put to a running Odoo 19, which gave the same figures.
@pytest.mark.parametrize(
    ("lines", "shown", "total"),
    [
        pytest.param(
            [(2, 25.0, "20%"), (1, 24.0, "20% incl"), (1, 5.0, ""), (1, -3.0, "20%"), (1, 0.01, "")],
            [(50, 10, 60), (20, 4, 24), (5, 0, 5), (-3, -0.6, -3.6), (0.01, 0, 0.01)],
            (72.01, 13.4, 85.41),
            id="mixed",
        ),
        pytest.param(
            [(3, 19.99, "20% incl"), (1, 10.005, "20%")],
            [(49.98, 10.0, 59.98), (10.01, 2.0, 12.01)],
            (59.98, 12.0, 71.98),
            id="lines-do-not-add-up",
        ),
        pytest.param(
            [(1, 21.53, "20% incl"), (1, 21.53, "20% incl")],
            [(17.94, 3.59, 21.53), (17.94, 3.59, 21.53)],
            (35.88, 7.18, 43.06),
            id="included-stays-whole",
        ),
        pytest.param([(3, 19.99, "")], [(59.97, 0, 59.97)], (59.97, 0, 59.97), id="untaxed"),
    ],
)
async def test_totals_round_per_tax_in_19(
    odoo: Caller, lines: list[Line], shown: list[tuple[float, ...]], total: tuple[float, ...]
) -> None:
    assert await totals(odoo, lines) == (shown, total)


async def test_totals_round_per_line_until_18(start: Start) -> None:
    odoo = await start("demo@17")
    shown, total = await totals(odoo, [(3, 19.99, "20% incl"), (1, 10.005, "20%")])
    assert shown == [(49.97, 10.0, 59.97), (10.01, 2.0, 12.01)]
    assert total == (59.98, 12.0, 71.98)


async def test_yen_has_no_decimals(odoo: Caller) -> None:
    japan = await odoo.one("product.pricelist", ["name", "=", "Japan"])
    shown, total = await totals(odoo, [(3, 1500.4, "20%"), (1, 1500, "20%")], pricelist_id=japan)
    assert shown == [(4501, 900, 5401), (1500, 300, 1800)]
    assert total == (6001, 1200, 7201)
    assert odoo.world.truth()["orders"][0]["total"] == "7201"
    assert odoo.world.truth()["orders"][0]["currency"] == "JPY"


async def test_what_is_not_sent_comes_from_product_and_customer(odoo: Caller) -> None:
    term = await odoo.one("account.payment.term", ["name", "=", "30 Days"])
    children = [[0, 0, {"type": "invoice", "name": "Billing"}], [0, 0, {"type": "delivery", "name": "Dock 2"}]]
    buyer = await odoo.buyer(is_company=True, property_payment_term_id=term, child_ids=children)
    order = await odoo.order({"product_id": await odoo.sku("LAMP-0001"), "product_uom_qty": 2}, partner_id=buyer)
    head = await odoo.read("sale.order", order)
    assert (head["partner_invoice_id"][1], head["partner_shipping_id"][1]) == ("Buyer 17, Billing", "Buyer 17, Dock 2")
    assert (head["payment_term_id"][0], head["currency_id"][1], head["state"]) == (term, "EUR", "draft")
    assert (head["name"], head["warehouse_id"][1]) == ("S00001", "Main warehouse")
    line = await odoo.read("sale.order.line", head["order_line"][0])
    product = await odoo.read("product.product", line["product_id"][0], "lst_price", "taxes_id")
    assert (line["price_unit"], line["tax_ids"]) == (product["lst_price"], product["taxes_id"])
    assert line["name"] == "[LAMP-0001] Lamp 1"


async def test_the_pricelist_decides_the_price(odoo: Caller) -> None:
    lamp = await odoo.sku("LAMP-0001")
    listed = (await odoo.read("product.product", lamp, "lst_price"))["lst_price"]
    items = [
        {"compute_price": "percentage", "percent_price": 10},
        {"applied_on": "0_product_variant", "product_id": lamp, "min_quantity": 5, "fixed_price": 9.5},
    ]
    wanted = {"name": "Trade", "item_ids": [[0, 0, item] for item in items]}
    trade = await odoo.kw("product.pricelist", "create", wanted)
    for quantity, price in ((1, round(listed * 0.9, 2)), (5, 9.5)):
        order = await odoo.order({"product_id": lamp, "product_uom_qty": quantity}, pricelist_id=trade)
        (line,) = await odoo.kw("sale.order.line", "search_read", [["order_id", "=", order]], ["price_unit"])
        assert line["price_unit"] == pytest.approx(price, abs=0.005)


async def test_discounts_and_quantities_keep_two_decimals(odoo: Caller) -> None:
    line = {
        "product_id": await odoo.sku("LAMP-0001"),
        "product_uom_qty": 1.333,
        "price_unit": 3.333,
        "discount": 12.345,
    }
    order = await odoo.order({**line, "tax_ids": []})
    (row,) = await odoo.kw("sale.order.line", "search_read", [["order_id", "=", order]], [])
    assert (row["product_uom_qty"], row["discount"], row["price_unit"]) == (1.33, 12.35, 3.333)


async def test_the_customers_reference_is_not_unique_and_not_copied(odoo: Caller) -> None:
    first, second = await odoo.order(client_order_ref="WEB-1"), await odoo.order(client_order_ref="WEB-1")
    assert set(await odoo.kw("sale.order", "search", [["client_order_ref", "=", "WEB-1"]])) == {first, second}
    copied = await odoo.kw("sale.order", "copy", [first])
    assert (await odoo.read("sale.order", copied[0], "client_order_ref"))["client_order_ref"] is False


async def test_confirming_ships_and_reserves(odoo: Caller) -> None:
    lamp, shipping = await odoo.sku("LAMP-0001"), await odoo.sku("SHIPPING")
    free = await odoo.free(lamp)
    order = await odoo.order(
        {"product_id": lamp, "product_uom_qty": 3},
        {"product_id": shipping, "price_unit": 4.9},
        date_order="2026-03-02 09:58:12",
    )
    assert await odoo.kw("sale.order", "action_confirm", [order]) is True
    head = await odoo.read(
        "sale.order", order, "state", "picking_ids", "date_order", "delivery_status", "invoice_status"
    )
    assert (head["state"], head["delivery_status"], head["invoice_status"]) == ("sale", "pending", "to invoice")
    assert head["date_order"] != "2026-03-02 09:58:12"
    picking = await odoo.read("stock.picking", head["picking_ids"][0], "name", "state", "origin", "sale_id", "move_ids")
    assert (picking["name"], picking["state"], picking["origin"]) == ("WH/OUT/00001", "assigned", "S00001")
    assert len(picking["move_ids"]) == 1
    assert await odoo.free(lamp) == free - 3


async def test_beyond_the_stock_only_a_part_is_reserved_and_the_rest_follows_a_count(odoo: Caller) -> None:
    lamp, stock = await odoo.sku("LAMP-0001"), await odoo.one("stock.location", ["complete_name", "=", "WH/Stock"])
    on_hand = await odoo.free(lamp)
    order = await odoo.order({"product_id": lamp, "product_uom_qty": on_hand + 10})
    await odoo.kw("sale.order", "action_confirm", [order])
    (move,) = await odoo.kw("stock.move", "search_read", [["sale_line_id.order_id", "=", order]], ["state", "quantity"])
    assert (move["state"], move["quantity"], await odoo.free(lamp)) == ("partially_available", on_hand, 0)
    odoo.world.set_stock("LAMP-0001", "WH", on_hand + 25)
    assert (await odoo.read("stock.move", move["id"], "state"))["state"] == "assigned"
    assert await odoo.free(lamp) == 15
    (quant,) = await odoo.kw(
        "stock.quant", "search_read", [["product_id", "=", lamp], ["location_id", "=", stock]], ["reserved_quantity"]
    )
    assert quant["reserved_quantity"] == on_hand + 10


async def test_cancelling_frees_the_stock_and_a_second_time_is_quiet(odoo: Caller) -> None:
    lamp = await odoo.sku("LAMP-0001")
    free = await odoo.free(lamp)
    order = await odoo.order({"product_id": lamp, "product_uom_qty": 3})
    await odoo.kw("sale.order", "action_confirm", [order])
    assert await odoo.kw("sale.order", "action_cancel", [order]) is True
    assert await odoo.kw("sale.order", "action_cancel", [order]) is True
    assert await odoo.free(lamp) == free
    await odoo.kw("sale.order", "action_draft", [order])
    assert await odoo.kw("sale.order", "action_confirm", [order]) is True
    assert await odoo.free(lamp) == free - 3
    await odoo.kw("sale.order", "action_cancel", [order])
    assert await odoo.kw("sale.order", "unlink", [order]) is True
    assert await odoo.kw("stock.picking", "search_count", [["sale_id", "=", False]]) == 2


async def test_a_confirmed_line_stays_but_its_quantity_may_change(odoo: Caller) -> None:
    lamp = await odoo.sku("LAMP-0001")
    free = await odoo.free(lamp)
    order = await odoo.order({"product_id": lamp, "product_uom_qty": 5})
    await odoo.kw("sale.order", "action_confirm", [order])
    (line,) = (await odoo.read("sale.order", order, "order_line"))["order_line"]
    with pytest.raises(Refused, match="Once a sales order is confirmed") as kept:
        await odoo.kw("sale.order.line", "unlink", [line])
    assert kept.value.name == "odoo.exceptions.UserError"
    for quantity in (2, 7, 0):
        await odoo.kw("sale.order.line", "write", [line], {"product_uom_qty": quantity})
        assert await odoo.free(lamp) == free - quantity
    await odoo.kw("sale.order", "write", [order], {"order_line": [[0, 0, {"product_id": lamp, "product_uom_qty": 1}]]})
    assert await odoo.free(lamp) == free - 1
    with pytest.raises(Refused, match="You can not delete a sent quotation or a confirmed sales order"):
        await odoo.kw("sale.order", "unlink", [order])


async def test_shipping_a_part_asks_about_the_rest(odoo: Caller) -> None:
    order = await odoo.order({"product_id": await odoo.sku("LAMP-0001"), "product_uom_qty": 4})
    await odoo.kw("sale.order", "action_confirm", [order])
    (picking,) = (await odoo.read("sale.order", order, "picking_ids"))["picking_ids"]
    moves = await odoo.kw("stock.move", "search", [["picking_id", "=", picking]])
    await odoo.kw("stock.move", "write", moves, {"quantity": 1, "picked": True})
    question = await odoo.kw("stock.picking", "button_validate", [picking])
    assert question["res_model"] == "stock.backorder.confirmation"
    wizard = await odoo.kw("stock.backorder.confirmation", "create", {}, context=question["context"])
    answer = await odoo.kw("stock.backorder.confirmation", "process", [wizard], context=question["context"])
    assert answer is True
    rows = await odoo.kw(
        "stock.picking", "search_read", [["sale_id", "=", order]], ["state", "backorder_id"], order="id"
    )
    assert [(row["state"], bool(row["backorder_id"])) for row in rows] == [("done", False), ("assigned", True)]
    head = await odoo.read("sale.order", order, "delivery_status", "order_line")
    assert head["delivery_status"] == "partial"
    assert (await odoo.read("sale.order.line", head["order_line"][0], "qty_delivered"))["qty_delivered"] == 1.0
    await odoo.kw("stock.picking", "button_validate", [rows[1]["id"]])
    assert (await odoo.read("sale.order", order, "delivery_status"))["delivery_status"] == "full"


async def test_the_rest_can_be_given_up(odoo: Caller) -> None:
    lamp = await odoo.sku("LAMP-0001")
    free = await odoo.free(lamp)
    order = await odoo.order({"product_id": lamp, "product_uom_qty": 4})
    await odoo.kw("sale.order", "action_confirm", [order])
    (picking,) = (await odoo.read("sale.order", order, "picking_ids"))["picking_ids"]
    moves = await odoo.kw("stock.move", "search", [["picking_id", "=", picking]])
    await odoo.kw("stock.move", "write", moves, {"quantity": 1, "picked": True})
    context = {"skip_backorder": True, "picking_ids_not_to_backorder": [picking]}
    assert await odoo.kw("stock.picking", "button_validate", [picking], context=context) is True
    assert await odoo.kw("stock.picking", "search_count", [["sale_id", "=", order]]) == 1
    assert await odoo.free(lamp) == free - 1


async def test_until_16_nothing_typed_means_a_question(start: Start) -> None:
    odoo = await start("demo@16")
    order = await odoo.order({"product_id": await odoo.sku("LAMP-0001"), "product_uom_qty": 2})
    await odoo.kw("sale.order", "action_confirm", [order])
    (picking,) = (await odoo.read("sale.order", order, "picking_ids"))["picking_ids"]
    question = await odoo.kw("stock.picking", "button_validate", [picking])
    assert question["res_model"] == "stock.immediate.transfer"
    wizard = await odoo.kw("stock.immediate.transfer", "create", {}, context=question["context"])
    assert await odoo.kw("stock.immediate.transfer", "process", [wizard], context=question["context"]) is True
    assert (await odoo.read("stock.picking", picking, "state"))["state"] == "done"


async def test_a_locked_order_cannot_be_cancelled_or_changed(odoo: Caller) -> None:
    order = await odoo.order({"product_id": await odoo.sku("LAMP-0001")})
    await odoo.kw("sale.order", "action_confirm", [order])
    await odoo.kw("sale.order", "action_lock", [order])
    with pytest.raises(Refused, match="You cannot cancel a locked order"):
        await odoo.kw("sale.order", "action_cancel", [order])
    (line,) = (await odoo.read("sale.order", order, "order_line"))["order_line"]
    with pytest.raises(Refused, match="It is forbidden to modify the following fields in a locked order:\nUnit Price"):
        await odoo.kw("sale.order.line", "write", [line], {"price_unit": 1})

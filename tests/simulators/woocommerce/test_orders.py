"""Orders: taxes and totals, statuses and stock, edits and their trap, refunds, notes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from isthmus.simulators.woocommerce import totals
from tests.simulators.woocommerce.conftest import FAST, V3, Caller, Opener


async def mug(shop: Caller, **more: Any) -> dict[str, Any]:
    wish = {"name": "Cup", "sku": "CUP", "regular_price": "12.00", "manage_stock": True, "stock_quantity": 10}
    return await shop.post("/products", **{**wish, **more})


async def order_of(shop: Caller, quantity: int = 2, **more: Any) -> dict[str, Any]:
    """Order a cup that costs 12.00, tax of 20% included."""
    product = (await shop.get("/products", sku="CUP") or [await mug(shop)])[0]
    lines = [{"product_id": product["id"], "quantity": quantity}]
    return await shop.post(
        "/orders", **{"status": "processing", "payment_method": "stripe", "line_items": lines, **more}
    )


async def stock_of(shop: Caller, sku: str = "CUP") -> int:
    return (await shop.get("/products", sku=sku))[0]["stock_quantity"]


def sums(order: dict[str, Any]) -> tuple[str, ...]:
    return tuple(order[name] for name in ("discount_total", "shipping_total", "cart_tax", "shipping_tax", "total"))


# --- Totals -----------------------------------------------------------------------------------------------------------


async def test_lines_are_net_whatever_prices_include(shop: Caller) -> None:
    order = await order_of(shop)
    [line] = order["line_items"]
    assert order["prices_include_tax"] is True
    assert (line["subtotal"], line["total"], line["total_tax"], line["price"]) == ("20.00", "20.00", "4.00", 10)
    assert line["taxes"] == [{"id": order["tax_lines"][0]["rate_id"], "total": "4", "subtotal": "4"}]
    assert sums(order) == ("0.00", "0.00", "4.00", "0.00", "24.00")


async def test_prices_may_be_net(open_shop: Opener) -> None:
    shop = await open_shop(settings=replace(FAST, prices_include_tax=False))
    order = await order_of(shop)
    assert (order["line_items"][0]["total"], order["total"]) == ("24.00", "28.80")
    assert (await shop.get("/settings/tax/woocommerce_prices_include_tax"))["value"] == "no"


async def test_a_discount_is_the_gap_between_subtotal_and_total(shop: Caller) -> None:
    product = await mug(shop)
    line = {"product_id": product["id"], "quantity": 2, "subtotal": "20.00", "total": "15.00"}
    order = await order_of(shop, line_items=[line])
    assert sums(order) == ("5.00", "0.00", "3.00", "0.00", "18.00")
    assert order["discount_tax"] == "1.00"
    assert order["line_items"][0]["price"] == 7.5


async def test_a_coupon_is_named_and_spread_over_the_lines(shop: Caller) -> None:
    await mug(shop)
    other = await shop.post("/products", name="Plate", regular_price="6.00")
    cup = (await shop.get("/products", sku="CUP"))[0]
    lines = [{"product_id": cup["id"], "quantity": 1}, {"product_id": other["id"], "quantity": 1}]
    order = await order_of(shop, line_items=lines, coupon_lines=[{"code": "WELCOME10"}])
    assert [row["total"] for row in order["line_items"]] == ["9.00", "4.50"]
    assert [(row["code"], row["discount"]) for row in order["coupon_lines"]] == [("welcome10", "1.50")]
    assert sums(order) == ("1.50", "0.00", "2.70", "0.00", "16.20")
    body = {"coupon_lines": [{"code": "nosuch"}]}
    assert await shop.refused("POST", "/orders", json=body) == (400, "woocommerce_rest_invalid_coupon")


async def test_coupons_sent_replace_those_there_are(shop: Caller) -> None:
    order = await order_of(shop, coupon_lines=[{"code": "welcome10"}])
    path = f"/orders/{order['id']}"
    body = {"coupon_lines": [{"id": order["coupon_lines"][0]["id"], "code": "spring5"}]}
    assert await shop.refused("PUT", path, json=body) == (400, "woocommerce_rest_coupon_item_id_readonly")
    changed = await shop.put(path, coupon_lines=[{"code": "spring5"}])
    assert [row["code"] for row in changed["coupon_lines"]] == ["spring5"]
    assert (changed["line_items"][0]["total"], changed["total"]) == ("19.00", "22.80")
    assert (await shop.put(path, coupon_lines=[]))["total"] == "24.00"


async def test_shipping_and_fees_bear_tax_and_a_fee_may_be_negative(shop: Caller) -> None:
    order = await order_of(
        shop,
        shipping_lines=[{"method_id": "flat_rate", "method_title": "Flat", "total": "5.00"}],
        fee_lines=[{"name": "Gift wrap", "total": "2.00"}, {"name": "Loyalty", "total": "-1.00", "tax_status": "none"}],
    )
    assert sums(order) == ("0.00", "5.00", "4.40", "1.00", "31.40")
    assert [(row["name"], row["total"], row["total_tax"]) for row in order["fee_lines"]] == [
        ("Gift wrap", "2.00", "0.40"),
        ("Loyalty", "-1.00", "0.00"),
    ]
    assert (order["tax_lines"][0]["tax_total"], order["tax_lines"][0]["shipping_tax_total"]) == ("4.40", "1.00")


async def test_more_decimals_can_be_asked_for(shop: Caller) -> None:
    product = await mug(shop, regular_price="9.99", sku="ODD")
    order = await order_of(shop, line_items=[{"product_id": product["id"], "quantity": 1}])
    assert order["line_items"][0]["total"] == "8.33"
    assert order["total"] == "9.99"
    exact = await shop.get(f"/orders/{order['id']}", dp=4)
    assert (exact["line_items"][0]["total"], exact["total"]) == ("8.3250", "9.9900")


async def test_every_random_order_adds_up(busy_shop: Caller) -> None:
    special = busy_shop.world.seeded.specials
    rows = [row for page in range(1, 6) for row in await busy_shop.get("/orders", per_page=100, page=page)]
    assert len(rows) == 500
    for row in rows:
        amounts = [line["total"] for name in ("line_items", "shipping_lines", "fee_lines") for line in row[name]]
        added = sum((Decimal(amount) for amount in amounts), Decimal(row["total_tax"]))
        assert (added == Decimal(row["total"])) == (row["number"] != special.wrong_total)


# --- Creating ---------------------------------------------------------------------------------------------------------


async def test_guests_have_no_number(shop: Caller) -> None:
    order = await order_of(shop)
    assert (order["customer_id"], order["created_via"], order["number"]) == (0, "rest-api", str(order["id"]))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"customer_id": 999}, "woocommerce_rest_invalid_customer_id"),
        ({"line_items": [{"quantity": 1}]}, "woocommerce_rest_required_product_reference"),
        ({"line_items": [{"product_id": 1001, "quantity": 1, "total": 5}]}, "rest_invalid_param"),
        ({"status": "sent"}, "rest_invalid_param"),
        ({"billing": {"email": "nobody"}}, "rest_invalid_param"),
        ({"line_items": "two cups"}, "rest_invalid_param"),
    ],
)
async def test_what_makes_no_sense_is_refused(shop: Caller, body: dict[str, Any], code: str) -> None:
    assert await shop.refused("POST", "/orders", json=body) == (400, code)
    assert shop.world.shop.orders == {}


async def test_broken_json_is_refused(shop: Caller) -> None:
    headers = {"Content-Type": "application/json"}
    assert await shop.refused("POST", "/orders", data=b"{", headers=headers) == (400, "rest_invalid_json")


async def test_totals_and_numbers_cannot_be_set(shop: Caller) -> None:
    order = await order_of(shop, total="1.00", number="77")
    assert (order["total"], order["number"]) == ("24.00", str(order["id"]))
    assert shop.world.meter()["ignored"] == {"orders.create: total": 1, "orders.create: number": 1}


async def test_the_same_order_sent_twice_is_two_orders(shop: Caller) -> None:
    assert (await order_of(shop))["id"] != (await order_of(shop))["id"]
    assert len(shop.world.shop.orders) == 2


async def test_paid_at_once(shop: Caller) -> None:
    order = await order_of(shop, status="pending", set_paid=True, transaction_id="T-1")
    assert (order["status"], order["transaction_id"]) == ("processing", "T-1")
    assert order["date_paid_gmt"]


# --- Changing ---------------------------------------------------------------------------------------------------------


async def test_a_free_field_alone_leaves_the_totals_alone(shop: Caller) -> None:
    order = await order_of(shop)
    rate = next(iter(shop.world.shop.rates.values()))
    shop.world.shop.rates[rate.id] = replace(rate, percent=Decimal(25))
    path = f"/orders/{order['id']}"
    marked = await shop.put(path, meta_data=[{"key": "_erp_order_id", "value": "SO-1"}])
    assert marked["total"] == "24.00"
    # Sending an address, even the same one, works everything out anew with the rates of today.
    assert (await shop.put(path, billing={"first_name": "G"}))["total"] == "25.00"


async def test_a_quantity_alone_leaves_the_lines_totals(shop: Caller) -> None:
    order = await order_of(shop)
    line = order["line_items"][0]["id"]
    path = f"/orders/{order['id']}"
    changed = await shop.put(path, line_items=[{"id": line, "quantity": 1}])
    assert (changed["line_items"][0]["quantity"], changed["line_items"][0]["total"]) == (1, "20.00")
    changed = await shop.put(path, line_items=[{"id": line, "total": "10.00", "subtotal": "10.00"}])
    assert changed["total"] == "12.00"
    assert (await shop.put(path, line_items=[{"id": line, "quantity": 0}]))["line_items"] == []
    gone = await shop.refused("PUT", path, json={"line_items": [{"id": line, "quantity": 1}]})
    assert gone == (400, "woocommerce_rest_invalid_item_id")


async def test_a_line_shows_the_sku_of_today(shop: Caller) -> None:
    order = await order_of(shop)
    path = f"/orders/{order['id']}"
    await shop.sim("rename", sku="CUP", name="CUP-2")
    assert (await shop.get(path))["line_items"][0]["sku"] == "CUP-2"
    await shop.sim("remove", sku="CUP-2")
    line = (await shop.get(path))["line_items"][0]
    assert (line["sku"], line["name"]) == (None, "Cup")


async def test_orders_are_batched_too(shop: Caller) -> None:
    one, two = await order_of(shop), await order_of(shop)
    answer = await shop.post(
        "/orders/batch",
        update=[{"id": one["id"], "status": "completed"}, {"id": 9, "status": "completed"}],
        delete=[two["id"]],
    )
    assert answer["update"][0]["status"] == "completed"
    assert answer["update"][1]["error"]["code"] == "woocommerce_rest_shop_order_invalid_id"
    assert two["id"] not in shop.world.shop.orders


# --- Statuses and stock -----------------------------------------------------------------------------------------------


async def test_stock_follows_the_status(shop: Caller) -> None:
    order = await order_of(shop, quantity=3, status="pending")
    path = f"/orders/{order['id']}"
    seen = [await stock_of(shop)]
    for status in ("processing", "completed", "cancelled", "cancelled", "on-hold", "failed"):
        await shop.put(path, status=status)
        seen.append(await stock_of(shop))
    assert seen == [10, 7, 7, 10, 10, 7, 7]
    assert (await shop.get(path))["date_completed_gmt"]


async def test_orders_drive_stock_below_zero(shop: Caller) -> None:
    await order_of(shop, quantity=43)
    [row] = await shop.get("/products", sku="CUP")
    assert (row["stock_quantity"], row["stock_status"]) == (-33, "outofstock")


@pytest.mark.parametrize("moves", [False, True])
async def test_a_sale_may_move_the_products_date(open_shop: Opener, *, moves: bool) -> None:
    times = [datetime(2026, 7, 1, 12, tzinfo=UTC)]
    shop = await open_shop(settings=replace(FAST, sales_touch_products=moves), now=lambda: times[0])
    product = await mug(shop)
    times[0] += timedelta(minutes=1)
    await order_of(shop)
    after = (await shop.get("/products", sku="CUP"))[0]
    assert (after["date_modified_gmt"] != product["date_modified_gmt"]) == moves


async def test_a_variation_sells_from_its_parents_stock(shop: Caller) -> None:
    parent = await shop.post(
        "/products", name="Shirt", type="variable", sku="SHIRT", manage_stock=True, stock_quantity=5
    )
    variation = await shop.post(f"/products/{parent['id']}/variations", regular_price="12.00")
    await order_of(shop, line_items=[{"product_id": parent["id"], "variation_id": variation["id"], "quantity": 2}])
    assert (await shop.get(f"/products/{parent['id']}"))["stock_quantity"] == 3


async def test_trash_keeps_the_goods_and_deleting_leaves_nothing(shop: Caller) -> None:
    order = await order_of(shop)
    path = f"{V3}/orders/{order['id']}"
    assert (await shop.send("DELETE", path)).body["status"] == "trash"
    assert await stock_of(shop) == 8
    assert (await shop.send("GET", path)).body["status"] == "trash"
    assert (await shop.send("DELETE", f"{path}?force=true")).status == 200
    assert (await shop.send("GET", path)).status == 404


# --- Refunds and notes ------------------------------------------------------------------------------------------------


async def test_a_refund_names_lines_units_and_tax(shop: Caller) -> None:
    order = await order_of(shop, quantity=3)
    line = order["line_items"][0]
    rate = line["taxes"][0]["id"]
    made = await shop.post(
        f"/orders/{order['id']}/refunds",
        amount="12.00",
        reason="CM-1",
        api_refund=False,
        line_items=[
            {"id": line["id"], "quantity": 1, "refund_total": 10.0, "refund_tax": [{"id": rate, "refund_total": 2.0}]}
        ],
        meta_data=[{"key": "_erp_credit_memo", "value": "CM-1"}],
    )
    assert (made["amount"], made["reason"], made["refunded_payment"]) == ("12.00", "CM-1", False)
    [row] = made["line_items"]
    assert (row["quantity"], row["total"], row["total_tax"]) == (-1, "-10.00", "-2.00")
    assert await stock_of(shop) == 8
    read = await shop.get(f"/orders/{order['id']}")
    assert read["refunds"] == [{"id": made["id"], "reason": "CM-1", "total": "-12.00"}]
    assert (read["status"], read["total"]) == ("processing", "36.00")
    [listed] = await shop.get("/refunds")
    assert (listed["id"], listed["parent_id"]) == (made["id"], order["id"])


async def test_a_repeated_refund_refunds_again_until_nothing_is_left(shop: Caller) -> None:
    order = await order_of(shop)
    path = f"/orders/{order['id']}/refunds"
    for _ in range(2):
        await shop.post(path, amount="12.00", api_refund=False)
    answer = await shop.send("POST", V3 + path, json={"amount": "0.01", "api_refund": False})
    assert answer.status == 500
    assert answer.body == {
        "code": "woocommerce_rest_cannot_create_order_refund",
        "message": "Invalid refund amount.",
        "data": 500,
    }
    assert (await shop.get(f"/orders/{order['id']}"))["status"] == "refunded"
    assert len(await shop.get(path)) == 2


async def test_money_goes_back_unless_told_otherwise(shop: Caller) -> None:
    card, transfer = await order_of(shop), await order_of(shop, payment_method="bacs")
    assert (await shop.post(f"/orders/{card['id']}/refunds", amount="1.00"))["refunded_payment"] is True
    # What is no boolean counts as yes.
    made = await shop.post(f"/orders/{card['id']}/refunds", amount="1.00", api_refund="false")
    assert made["refunded_payment"] is True
    answer = await shop.send("POST", f"{V3}/orders/{transfer['id']}/refunds", json={"amount": "1.00"})
    assert (answer.status, answer.body["data"]) == (500, 500)
    assert await shop.get(f"/orders/{transfer['id']}/refunds") == []


async def test_an_amount_is_added_up_from_lines_and_a_line_without_id_spoils_them(shop: Caller) -> None:
    order = await order_of(shop)
    path, line = f"/orders/{order['id']}/refunds", order["line_items"][0]["id"]
    made = await shop.post(path, api_refund=False, line_items=[{"id": line, "quantity": 1, "refund_total": 3}])
    assert made["amount"] == "3.00"
    rows = [{"id": line, "quantity": 1, "refund_total": 3}, {"quantity": 1, "refund_total": 3}]
    made = await shop.post(path, amount="6.00", api_refund=False, line_items=rows)
    assert (made["amount"], made["line_items"]) == ("6.00", [])


async def test_goods_can_stay_out_of_stock(shop: Caller) -> None:
    order = await order_of(shop)
    rows = [{"id": order["line_items"][0]["id"], "quantity": 2, "refund_total": 20}]
    await shop.post(f"/orders/{order['id']}/refunds", api_refund=False, api_restock=False, line_items=rows)
    assert await stock_of(shop) == 8


async def test_a_status_of_refunded_refunds_the_rest(shop: Caller) -> None:
    order = await order_of(shop)
    await shop.post(f"/orders/{order['id']}/refunds", amount="4.00", api_refund=False)
    read = await shop.put(f"/orders/{order['id']}", status="refunded")
    assert [row["total"] for row in read["refunds"]] == ["-4.00", "-20.00"]


async def test_notes_are_kept_and_the_shop_writes_its_own(shop: Caller) -> None:
    order = await order_of(shop)
    path = f"/orders/{order['id']}/notes"
    made = await shop.post(path, note="ERP SO-1", customer_note=False)
    await shop.post(path, note="On its way", customer_note=True)
    assert [row["note"] for row in await shop.get(path, type="customer")] == ["On its way"]
    texts = [row["note"] for row in await shop.get(path)]
    assert "ERP SO-1" in texts
    assert any(text.startswith("Stock levels reduced: Cup (CUP) 10&rarr;8") for text in texts)
    assert (await shop.get(f"{path}/{made['id']}"))["note"] == "ERP SO-1"
    assert await shop.refused("POST", path, json={}) == (400, "rest_missing_callback_param")
    assert await shop.refused("GET", "/orders/9/notes") == (404, "woocommerce_rest_order_invalid_id")


async def test_refunds_are_read_listed_and_deleted(shop: Caller) -> None:
    order = await order_of(shop)
    path = f"/orders/{order['id']}/refunds"
    made = await shop.post(path, amount="5.00", reason="CM-1", api_refund=False)
    assert await shop.get(f"{path}/{made['id']}") == made
    assert [row["id"] for row in await shop.get(path, modified_after="2020-01-01T00:00:00")] == [made["id"]]
    assert await shop.get("/refunds", modified_after="2099-01-01T00:00:00") == []
    assert await shop.refused("DELETE", f"{path}/{made['id']}") == (501, "woocommerce_rest_trash_not_supported")
    assert (await shop.send("DELETE", f"{V3}{path}/{made['id']}?force=true")).status == 200
    assert await shop.refused("GET", f"{path}/{made['id']}") == (404, "woocommerce_rest_shop_order_refund_invalid_id")
    assert (await shop.get(f"/orders/{order['id']}"))["refunds"] == []


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/orders/9/refunds", {"amount": "1.00"}, ("woocommerce_rest_invalid_order_id", 404)),
        ("own", {"amount": "-1.00"}, ("woocommerce_rest_invalid_order_refund", 400)),
        ("own", {"amount": "25.00", "api_refund": False}, ("woocommerce_rest_cannot_create_order_refund", 500)),
    ],
)
async def test_a_refused_refund_is_500_whatever_it_says_itself(
    shop: Caller, path: str, body: dict[str, Any], expected: tuple[str, int]
) -> None:
    order = await order_of(shop)
    answer = await shop.send("POST", V3 + (path if path != "own" else f"/orders/{order['id']}/refunds"), json=body)
    assert answer.status == 500
    assert (answer.body["code"], answer.body["data"]) == expected


async def test_an_order_without_a_gateway_cannot_send_money_back(shop: Caller) -> None:
    order = await order_of(shop, payment_method="barter")
    answer = await shop.send("POST", f"{V3}/orders/{order['id']}/refunds", json={"amount": "1.00"})
    assert answer.body["message"] == "The payment gateway for this order does not exist."


async def test_a_note_can_be_removed(shop: Caller) -> None:
    order = await order_of(shop)
    path = f"/orders/{order['id']}/notes"
    made = await shop.post(path, note="Oops")
    assert await shop.refused("DELETE", f"{path}/{made['id']}") == (501, "woocommerce_rest_trash_not_supported")
    assert (await shop.send("DELETE", f"{V3}{path}/{made['id']}?force=true")).status == 200
    assert await shop.refused("GET", f"{path}/{made['id']}") == (404, "woocommerce_rest_invalid_id")


async def test_an_order_goes_to_the_trash_once_and_comes_back(shop: Caller) -> None:
    order = await order_of(shop)
    path = f"/orders/{order['id']}"
    assert (await shop.send("DELETE", V3 + path)).status == 200
    assert await shop.refused("DELETE", path) == (410, "woocommerce_rest_already_trashed")
    assert await shop.sim("status", reference=order["number"], status="processing") == {"done": True}
    assert (await shop.get(path))["status"] == "processing"


async def test_lines_may_name_a_sku_another_product_or_none(shop: Caller) -> None:
    await mug(shop)
    plate = await shop.post("/products", name="Plate", regular_price="6.00", tax_class="reduced-rate")
    order = await order_of(shop, line_items=[{"sku": "CUP", "quantity": 1}])
    line = order["line_items"][0]["id"]
    path = f"/orders/{order['id']}"
    changed = await shop.put(path, line_items=[{"id": line, "product_id": plate["id"]}])
    assert (changed["line_items"][0]["name"], changed["line_items"][0]["tax_class"]) == ("Plate", "reduced-rate")
    assert changed["line_items"][0]["total"] == "10.00"  # what it cost before
    gone = await shop.put(path, line_items=[{"id": line, "product_id": None}])
    assert gone["line_items"] == []
    assert await shop.refused("PUT", path, json={"coupon_lines": [{}]}) == (400, "woocommerce_rest_invalid_coupon")


async def test_a_rate_that_is_gone_stays_on_the_orders_that_bore_it(shop: Caller) -> None:
    order = await order_of(shop)
    rate = order["tax_lines"][0]["rate_id"]
    del shop.world.shop.rates[rate]
    totals.retotal(shop.world.shop, shop.world.shop.orders[order["id"]])
    read = await shop.get(f"/orders/{order['id']}")
    assert [(row["rate_id"], row["tax_total"], row["label"]) for row in read["tax_lines"]] == [(rate, "4.00", "VAT")]


async def test_shops_may_bear_no_tax(open_shop: Opener) -> None:
    shop = await open_shop(settings=replace(FAST, taxes=False))
    order = await order_of(shop)
    assert (order["total"], order["tax_lines"], order["total_tax"]) == ("24.00", [], "0.00")
    assert (await shop.get("/settings/general/woocommerce_calc_taxes"))["value"] == "no"


async def test_filters_of_orders(shop: Caller) -> None:
    customer = await shop.post("/customers", email="one@example.com")
    mine = await order_of(shop, customer_id=customer["id"])
    plate = await shop.post("/products", name="Plate", regular_price="6.00")
    other = await order_of(shop, line_items=[{"product_id": plate["id"], "quantity": 1}], created_via="pos")
    wishes = (
        ({"customer": customer["id"]}, mine),
        ({"product": plate["id"]}, other),
        ({"created_via": "pos"}, other),
        ({"exclude": mine["id"]}, other),
        ({"include": mine["id"], "orderby": "include"}, mine),
    )
    for wish, order in wishes:
        assert [row["id"] for row in await shop.get("/orders", **wish)] == [order["id"]], wish
    both = f"{other['id']},{mine['id']}"
    asked = await shop.get("/orders", include=both, orderby="include", order="asc")
    assert [row["id"] for row in asked] == [other["id"], mine["id"]]
    assert [row["id"] for row in await shop.get("/orders", orderby="title", order="asc", offset=1)] == [other["id"]]

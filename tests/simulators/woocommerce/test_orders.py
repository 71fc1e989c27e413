"""Orders: taxes and totals, statuses and stock, edits and their trap, filters."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from isthmus.simulators.woocommerce import totals
from tests.simulators.woocommerce.conftest import FAST, V3, Caller, Opener
from tests.simulators.woocommerce.cups import mug, order_of, stock_of, sums

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


async def test_a_line_takes_its_units_once_even_if_they_could_not_be_put_back(shop: Caller) -> None:
    order = await order_of(shop, quantity=3)
    path, product = f"/orders/{order['id']}", f"/products/{order['line_items'][0]['product_id']}"
    await shop.put(product, manage_stock=False)
    await shop.put(path, status="cancelled")
    await shop.put(product, manage_stock=True, stock_quantity=10)
    await shop.put(path, status="processing")
    assert await stock_of(shop) == 10


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

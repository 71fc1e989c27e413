"""What a person, a test or bad luck does to the shop from the inside, and what its truth says then."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from isthmus.simulators.demo_shop import SKUS, assortment
from isthmus.simulators.woocommerce import SIMULATOR, WooCommerceWorld
from isthmus.simulators.woocommerce.seeds import OUT_OF_STEP, SHOP_ONLY_SKU
from isthmus.simulators.woocommerce.settings import Settings
from tests.simulators.woocommerce.conftest import FAST, V3, Caller, Opener


def shown(shop: Caller, number: str) -> dict[str, Any]:
    [row] = [one for one in shop.world.truth()["orders"] if one["reference"] == number]
    return row


# --- Seeds ------------------------------------------------------------------------------------------------------------


async def test_the_demonstration_is_the_same_each_time() -> None:
    one, two = (SIMULATOR.build("demo", None).truth() for _ in range(2))
    assert one == two
    assert len(one["orders"]) == 500
    assert len(one["specials"]) == 9


async def test_the_same_seed_places_the_same_orders(open_shop: Opener) -> None:
    seen: list[Any] = []
    for _ in range(2):
        shop = await open_shop()
        answer = await shop.sim("orders", count=30, seed=4)
        assert answer["placed"] == 30
        seen.append([{**row, "id": 0} for row in shop.world.truth()["orders"]])
    assert seen[0] == seen[1]


def test_some_stock_disagrees_with_the_erp_at_the_start() -> None:
    world = WooCommerceWorld("demo", None, FAST)
    sold: dict[str, int] = {}
    for order in world.shop.orders.values():
        for line in order.goods if order.stock_reduced else ():
            sku = world.shop.products[line.variation_id or line.product_id].sku
            sold[sku] = sold.get(sku, 0) + line.quantity
    there = {sku: one["shop"] + sold.get(sku, 0) for sku, one in world.truth()["stock"].items()}
    expected = {item.sku: sum(item.stock.values()) for item in assortment(SKUS)}
    wrong = [sku for sku in expected if there[sku] != expected[sku]]
    assert len(wrong) == OUT_OF_STEP
    assert there[SHOP_ONLY_SKU] == 100


async def test_special_orders_are_what_they_are_called(busy_shop: Caller) -> None:
    names = busy_shop.world.seeded.specials.names()
    assert shown(busy_shop, names["yen"])["currency"] == "JPY"
    assert SHOP_ONLY_SKU in [line["sku"] for line in shown(busy_shop, names["unknown_sku"])["lines"]]
    assert shown(busy_shop, names["cancelled"])["status"] == "cancelled"
    assert shown(busy_shop, names["abandoned"])["test"] is True
    assert shown(busy_shop, names["edited"])["lines"][0]["quantity"] == 1


async def test_orders_meet_every_field(busy_shop: Caller) -> None:
    rows = [row for page in range(1, 6) for row in await busy_shop.get("/orders", per_page=100, page=page)]
    assert {row["prices_include_tax"] for row in rows} == {True, False}
    assert {row["status"] for row in rows} >= {"processing", "on-hold", "pending", "cancelled"}
    assert {row["customer_id"] == 0 for row in rows} == {True, False}
    for name in ("coupon_lines", "fee_lines", "shipping_lines", "customer_note"):
        assert any(row[name] for row in rows), name
    keys = {one["key"] for row in rows for one in row["meta_data"]}
    assert keys >= {"_billing_vat", "_po_number", "gift_message"}
    assert any(Decimal(fee["total"]) < 0 for row in rows for fee in row["fee_lines"])
    assert any(line["variation_id"] for row in rows for line in row["line_items"])
    assert any(line["subtotal"] != line["total"] for row in rows for line in row["line_items"])


async def test_many_skus_can_be_asked_for() -> None:
    world = WooCommerceWorld("skus:300", None, FAST)
    assert len(world.truth()["stock"]) == 300
    assert world.truth()["orders"] == []


@pytest.mark.parametrize("seed", ["nothing", "skus:many"])
def test_a_seed_nobody_knows_is_refused(seed: str) -> None:
    with pytest.raises(ValueError, match=r"unknown seed|invalid literal"):
        WooCommerceWorld(seed, None, FAST)


# --- People -----------------------------------------------------------------------------------------------------------


async def test_an_edit_moves_lines_totals_and_stock(shop: Caller) -> None:
    [number] = await shop.world.place_orders(1, seed=1)
    before = shown(shop, number)
    sku, quantity = before["lines"][0]["sku"], before["lines"][0]["quantity"]
    left = shop.world.truth()["stock"][sku]["shop"]
    assert await shop.sim("edit", reference=number, sku=sku, quantity=quantity + 2) == {"done": True}
    after = shown(shop, number)
    assert after["lines"][0]["quantity"] == quantity + 2
    assert Decimal(after["total"]) > Decimal(before["total"])
    assert shop.world.truth()["stock"][sku]["shop"] == left - 2
    assert await shop.sim("cancel", reference=number) == {"done": True}
    assert shop.world.truth()["stock"][sku]["shop"] == left + quantity


@pytest.mark.parametrize(
    ("control", "wish"),
    [
        ("edit", {"reference": "999999", "sku": "X", "quantity": 1}),
        ("edit", {"reference": "999999"}),
        ("cancel", {"reference": "999999"}),
        ("stock", {"sku": "X", "quantity": 1}),
        ("rename", {"sku": "X", "name": "Y"}),
        ("remove", {"sku": "X"}),
        ("webhook", {"reference": "999999", "topic": "order.created"}),
        ("settings", {"colour": "red"}),
        ("host", {"trouble": "flood"}),
        ("damage", {"kind": "flood"}),
        ("damage", {"kind": "miscount", "sku": "X", "by": 1}),
        ("damage", {"kind": "lose_order", "reference": "999999"}),
    ],
)
async def test_a_control_that_cannot_be_followed_says_so(shop: Caller, control: str, wish: dict[str, Any]) -> None:
    answer = await shop.send("POST", f"/__sim/{control}", auth=None, json=wish)
    assert answer.status == 400
    assert answer.body["error"]


async def test_a_cancelled_order_cannot_be_cancelled_or_edited_again(shop: Caller) -> None:
    [number] = await shop.world.place_orders(1, seed=1)
    sku = shown(shop, number)["lines"][0]["sku"]
    assert await shop.sim("cancel", reference=number) == {"done": True}
    assert "already" in (await shop.sim("cancel", reference=number))["error"]
    assert "cannot" in (await shop.sim("edit", reference=number, sku=sku, quantity=1))["error"]


async def test_a_person_moves_an_order_on_and_gives_money_back(shop: Caller) -> None:
    [number] = await shop.world.place_orders(1, seed=1)
    assert await shop.sim("status", reference=number, status="completed") == {"done": True}
    line = shown(shop, number)["lines"][0]
    left = shop.world.truth()["stock"][line["sku"]]["shop"]
    assert await shop.sim("refund", reference=number, sku=line["sku"], quantity=1) == {"done": True}
    assert shop.world.truth()["stock"][line["sku"]]["shop"] == left + 1
    [refund] = await shop.get(f"/orders/{number}/refunds")
    assert (refund["refunded_payment"], refund["line_items"][0]["quantity"]) == (False, -1)
    assert Decimal(refund["amount"]) == -sum(Decimal(refund["line_items"][0][name]) for name in ("total", "total_tax"))
    assert await shop.sim("refund", reference=number, amount="0.10") == {"done": True}
    assert Decimal(shown(shop, number)["refunded"]) == Decimal(refund["amount"]) + Decimal("0.10")
    assert "Invalid refund amount" in (await shop.sim("refund", reference=number, amount="99999.00"))["error"]
    assert "has no X" in (await shop.sim("refund", reference=number, sku="X"))["error"]
    assert "no status" in (await shop.sim("status", reference=number, status="sent"))["error"]


async def test_stock_counted_and_goods_added_and_removed(shop: Caller) -> None:
    assert await shop.sim("stock", sku="MUG-0020", quantity=77) == {"done": True}
    assert shop.world.truth()["stock"]["MUG-0020"] == {"shop": 77}
    assert await shop.sim("product", sku="NEW-1", title="New thing", price="5.00") == {"done": True}
    [row] = await shop.get("/products", sku="NEW-1")
    assert (row["name"], row["price"], row["stock_quantity"]) == ("New thing", "5.00", 0)
    assert await shop.sim("remove", sku="NEW-1") == {"done": True}
    assert await shop.get("/products", sku="NEW-1") == []


async def test_the_set_up_can_change_while_it_runs(shop: Caller) -> None:
    [number] = await shop.world.place_orders(1, seed=1)
    path = f"/orders/{number}/fulfillments"
    assert await shop.refused("GET", path) == (404, "rest_no_route")
    assert await shop.sim("settings", fulfillments=True, currency="USD") == {"done": True}
    assert await shop.get(path) == []
    status = await shop.get("/system_status")
    assert status["settings"]["currency"] == "USD"
    assert status["settings"]["enabled_features"] == ["order_fulfillments"]
    await shop.sim("reset")
    assert (await shop.get("/system_status"))["settings"]["currency"] == "EUR"


async def test_nobody_buys_what_was_removed_and_strangers_buy_too(shop: Caller) -> None:
    await shop.post("/customers", email="new@example.com", last_name="New", billing={"company": "Company 99"})
    await shop.world.place_orders(1, seed=1)
    kept = list(shop.world.truth()["stock"])[-3:]
    for sku in list(shop.world.truth()["stock"])[:-3]:
        await shop.sim("remove", sku=sku)
    numbers = await shop.world.place_orders(20, seed=2)
    bought = {line["sku"] for number in numbers for line in shown(shop, number)["lines"]}
    assert bought == {*kept}


async def test_the_shop_says_how_it_is_set_up(open_shop: Opener) -> None:
    shop = await open_shop(settings=replace(FAST, hpos=False, decimals=3, time_zone="America/New_York"))
    status = await shop.get("/system_status")
    assert status["environment"]["version"] == "11.0.1"
    assert status["settings"]["order_datastore"] == "WC_Order_Data_Store_CPT"
    general = {row["id"]: row["value"] for row in await shop.get("/settings/general")}
    assert (general["woocommerce_currency"], general["woocommerce_price_num_decimals"]) == ("EUR", "3")
    assert (await shop.get("/settings/tax/woocommerce_prices_include_tax"))["value"] == "yes"
    rates = await shop.get("/taxes", **{"class": "standard"})
    assert [(row["rate"], row["name"]) for row in rates] == [("20.0000", "VAT")]
    assert [row["slug"] for row in await shop.get("/taxes/classes")] == ["standard", "reduced-rate", "zero-rate"]
    assert await shop.refused("GET", "/settings/nothing") == (404, "rest_setting_setting_group_invalid")
    assert await shop.refused("GET", "/settings/tax/nothing") == (404, "rest_setting_setting_invalid")
    [order] = [await shop.post("/orders", fee_lines=[{"name": "Fee", "total": "1.0004"}])]
    assert order["fee_lines"][0]["total"] == "1.000"


async def test_settings_come_from_the_environment() -> None:
    prefix = "ISTHMUS_SIM_WOOCOMMERCE_"
    made = Settings.from_environment(
        {f"{prefix}HPOS": "no", f"{prefix}CRON_S": "2.5", f"{prefix}DECIMALS": "3", f"{prefix}CURRENCY": "USD"}
    )
    assert (made.hpos, made.cron_s, made.decimals, made.currency) == (False, 2.5, 3, "USD")
    with pytest.raises(ValueError, match="must be yes or no"):
        Settings.from_environment({f"{prefix}HPOS": "perhaps"})


# --- Damage -----------------------------------------------------------------------------------------------------------


async def test_damage_leaves_no_trace(shop: Caller) -> None:
    kept, lost = await shop.world.place_orders(2, seed=1)
    before = await shop.get(f"/orders/{kept}")
    hooks = shop.world.sender.waiting()
    assert await shop.sim("damage", kind="alter_order", reference=kept, by=2) == {"done": True}
    after = await shop.get(f"/orders/{kept}")
    assert after["date_modified_gmt"] == before["date_modified_gmt"]
    assert after["line_items"][0]["quantity"] == before["line_items"][0]["quantity"] + 2
    assert await shop.sim("damage", kind="lose_order", reference=lost) == {"done": True}
    assert (await shop.send("GET", f"{V3}/orders/{lost}")).status == 404
    assert await shop.sim("damage", kind="miscount", sku="MUG-0020", by=-5) == {"done": True}
    expected = sum(next(item for item in assortment(SKUS) if item.sku == "MUG-0020").stock.values()) - 5
    assert shop.world.truth()["stock"]["MUG-0020"]["shop"] == expected
    assert shop.world.sender.waiting() == hooks


async def test_an_order_may_appear_late(shop: Caller) -> None:
    [number] = await shop.world.place_orders(1, seed=1)
    assert await shop.sim("damage", kind="quiet_order", minutes=90, seed=3) == {"done": True}
    rows = await shop.get("/orders", orderby="date", order="asc")
    assert rows[1]["number"] == number
    assert rows[0]["id"] > rows[1]["id"]


# --- Customers --------------------------------------------------------------------------------------------------------


async def test_customers_are_made_changed_and_removed(shop: Caller) -> None:
    made = await shop.post("/customers", email="one@example.com", first_name="One", billing={"city": "Berlin"})
    path = f"/customers/{made['id']}"
    assert (made["username"], made["role"], made["billing"]["city"]) == ("one", "customer", "Berlin")
    body = {"email": "ONE@example.com"}
    assert await shop.refused("POST", "/customers", json=body) == (400, "registration-error-email-exists")
    assert (await shop.post("/customers", email="one@example.org"))["username"] == "one-2"
    assert (await shop.put(path, last_name="Two", meta_data=[{"key": "_erp_id", "value": "C1"}]))["last_name"] == "Two"
    assert [row["id"] for row in await shop.get("/customers", email="one@example.com", role="all")] == [made["id"]]
    order = await shop.post("/orders", customer_id=made["id"], status="processing")
    assert (await shop.get(path))["is_paying_customer"] is True
    assert await shop.refused("DELETE", path) == (501, "woocommerce_rest_trash_not_supported")
    assert (await shop.send("DELETE", f"{V3}{path}?force=true")).status == 200
    assert (await shop.get(f"/orders/{order['id']}"))["customer_id"] == 0
    assert await shop.refused("PUT", path, json={"username": "three"}) == (400, "woocommerce_rest_invalid_id")


async def test_a_username_stays(shop: Caller) -> None:
    made = await shop.post("/customers", email="one@example.com")
    refused = await shop.refused("PUT", f"/customers/{made['id']}", json={"username": "two"})
    assert refused == (400, "woocommerce_rest_customer_invalid_argument")


async def test_customers_are_sorted_and_kept_apart(shop: Caller) -> None:
    for name in ("Carla", "Anton", "Berta"):
        await shop.post("/customers", email=f"{name.lower()}@example.com", first_name=name)
    by_name = [row["first_name"] for row in await shop.get("/customers")]
    by_time = [row["first_name"] for row in await shop.get("/customers", orderby="registered_date", order="desc")]
    assert (by_name, by_time) == (["Anton", "Berta", "Carla"], ["Berta", "Anton", "Carla"])
    assert [row["first_name"] for row in await shop.get("/customers", orderby="id")] == ["Carla", "Anton", "Berta"]
    assert [row["first_name"] for row in await shop.get("/customers", search="bert")] == ["Berta"]
    first, second, _third = await shop.get("/customers", orderby="id")
    body = {"email": second["email"]}
    refused = await shop.refused("PUT", f"/customers/{first['id']}", json=body)
    assert refused == (400, "woocommerce_rest_customer_invalid_email")
    body = {"email": "new@example.com", "username": first["username"]}
    assert await shop.refused("POST", "/customers", json=body) == (400, "registration-error-username-exists")


# --- Discovery --------------------------------------------------------------------------------------------------------


async def test_the_shop_describes_its_routes_to_anybody(shop: Caller) -> None:
    index = await shop.send("GET", V3, auth=None)
    assert index.body["namespace"] == "wc/v3"
    routes = index.body["routes"]
    assert set(routes["/wc/v3/orders"]["methods"]) == {"GET", "POST"}
    assert "/wc/v3/orders/(?P<id>[\\d]+)" in routes
    options = await shop.send("OPTIONS", f"{V3}/orders/7", auth=None)
    assert options.headers["Allow"] == "GET, POST, PUT, PATCH, DELETE"
    listed = await shop.send("OPTIONS", f"{V3}/orders", auth=None)
    [arguments] = [one["args"] for one in listed.body["endpoints"] if one["methods"] == ["GET"]]
    assert arguments["per_page"] == {"type": "integer", "required": False, "minimum": 1, "maximum": 100, "default": 10}
    assert arguments["modified_after"]["format"] == "date-time"
    assert "modified" in arguments["orderby"]["enum"]
    nowhere = await shop.send("OPTIONS", f"{V3}/nowhere", auth=None)
    assert (nowhere.status, nowhere.body["code"]) == (404, "rest_no_route")


async def test_fields_and_statuses_are_counted(shop: Caller) -> None:
    await shop.post(
        "/products", name="Mug", meta_data=[{"key": "origin", "value": "PT"}, {"key": "_erp", "value": "1"}]
    )
    assert await shop.get("/products/custom-fields/names") == ["origin"]
    await shop.post("/orders", status="on-hold")
    counts = {row["slug"]: row["total"] for row in await shop.get("/reports/orders/totals")}
    assert (counts["on-hold"], counts["processing"]) == (1, 0)
    names = [row["id"] for row in await shop.get("/payment_gateways")]
    assert "bacs" in names
    assert (await shop.get("/payment_gateways/bacs"))["title"] == "Direct bank transfer"
    assert (await shop.refused("GET", "/payment_gateways/barter"))[0] == 404
    [rate, _reduced] = await shop.get("/taxes")
    assert await shop.get(f"/taxes/{rate['id']}") == rate
    assert await shop.refused("GET", "/taxes/99") == (404, "woocommerce_rest_invalid_id")
    assert [row["id"] for row in await shop.get("/settings")] == ["general", "products", "tax"]


async def test_terms_of_an_attribute_are_kept_below_it(shop: Caller) -> None:
    colour = await shop.post("/products/attributes", name="Colour")
    path = f"/products/attributes/{colour['id']}/terms"
    red = await shop.post(path, name="Red")
    assert await shop.refused("POST", path, json={"name": "red"}) == (400, "term_exists")
    assert (await shop.put(f"{path}/{red['id']}", name="Crimson"))["name"] == "Crimson"
    made = await shop.post("/products", name="Mug", attributes=[{"id": colour["id"], "options": ["Crimson"]}])
    assert (made["attributes"][0]["name"], made["attributes"][0]["slug"]) == ("Colour", "pa_colour")
    assert await shop.refused("DELETE", f"{path}/{red['id']}") == (501, "woocommerce_rest_trash_not_supported")
    assert (await shop.send("DELETE", f"{V3}{path}/{red['id']}?force=true")).status == 200
    assert await shop.get(path) == []
    assert await shop.refused("GET", "/products/attributes/99/terms") == (404, "woocommerce_rest_taxonomy_invalid")
    body = {"name": "Mug", "categories": [{"id": 99}]}
    refused = await shop.refused("POST", "/products", json=body)
    assert refused == (400, "woocommerce_rest_invalid_product_category_id")

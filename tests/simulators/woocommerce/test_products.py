"""Products and variations: what is kept, derived, merged and refused; stock; batches."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from isthmus.simulators.demo_shop import SKUS, assortment
from tests.simulators.woocommerce.conftest import FAST, V3, Caller, Opener


async def colours(shop: Caller, **parent: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Make a shirt in two colours."""
    attributes = [{"name": "Colour", "variation": True, "visible": True, "options": ["Red", "Blue"]}]
    shirt = await shop.post("/products", name="Shirt", type="variable", sku="SHIRT", attributes=attributes, **parent)
    made = [
        await shop.post(
            f"/products/{shirt['id']}/variations",
            sku=f"SHIRT-{colour[0]}",
            regular_price=price,
            attributes=[{"name": "Colour", "option": colour}],
        )
        for colour, price in (("Red", "15.00"), ("Blue", "12.00"))
    ]
    return shirt, made


async def test_a_product_is_created_with_its_address(shop: Caller) -> None:
    body = {"name": "Mug", "regular_price": "12.50", "sku": "CUP", "manage_stock": True, "stock_quantity": 7}
    answer = await shop.send("POST", f"{V3}/products", json=body)
    assert answer.status == 201
    assert answer.headers["Location"] == f"{shop.base}{V3}/products/{answer.body['id']}"
    assert (await shop.send("GET", answer.headers["Location"].removeprefix(shop.base))).body == answer.body
    assert {name: answer.body[name] for name in ("type", "status", "price", "stock_status", "parent_id")} == {
        "type": "simple",
        "status": "publish",
        "price": "12.50",
        "stock_status": "instock",
        "parent_id": 0,
    }


async def test_prices_are_texts(shop: Caller) -> None:
    answer = await shop.send("POST", f"{V3}/products", json={"name": "Mug", "regular_price": 12.5})
    assert (answer.status, answer.body["code"]) == (400, "rest_invalid_param")
    assert answer.body["data"]["params"] == {"regular_price": "regular_price is not of type string."}
    assert answer.body["data"]["details"]["regular_price"]["code"] == "rest_invalid_type"


async def test_a_sku_is_one_products_only_even_in_the_trash(shop: Caller) -> None:
    first = await shop.post("/products", name="One", sku="CUP")
    taken = await shop.send("POST", f"{V3}/products", json={"name": "Two", "sku": "cup"})
    assert (taken.status, taken.body["code"]) == (400, "product_invalid_sku")
    assert taken.body["data"]["resource_id"] == first["id"]
    assert (await shop.send("DELETE", f"{V3}/products/{first['id']}")).body["status"] == "trash"
    assert await shop.refused("POST", "/products", json={"name": "Two", "sku": "CUP"}) == (400, "product_invalid_sku")
    again = await shop.refused("DELETE", f"/products/{first['id']}")
    assert again == (410, "woocommerce_rest_already_trashed")
    assert (await shop.send("DELETE", f"{V3}/products/{first['id']}?force=true")).status == 200
    assert (await shop.send("POST", f"{V3}/products", json={"name": "Two", "sku": "CUP"})).status == 201


async def test_a_barcode_is_one_products_only(shop: Caller) -> None:
    await shop.post("/products", name="One", global_unique_id="4006381333931")
    body = {"name": "Two", "global_unique_id": "4006381333931"}
    assert await shop.refused("POST", "/products", json=body) == (400, "product_invalid_global_unique_id")


@pytest.mark.parametrize(
    ("method", "path", "refusal"),
    [
        ("GET", "/products/9", (404, "woocommerce_rest_product_invalid_id")),
        ("PUT", "/products/9", (400, "woocommerce_rest_product_invalid_id")),
        ("DELETE", "/products/9", (404, "woocommerce_rest_product_invalid_id")),
        ("GET", "/orders/9", (404, "woocommerce_rest_shop_order_invalid_id")),
        ("PUT", "/orders/9", (400, "woocommerce_rest_shop_order_invalid_id")),
        ("DELETE", "/orders/9", (404, "woocommerce_rest_shop_order_invalid_id")),
        ("PUT", "/customers/9", (400, "woocommerce_rest_invalid_id")),
        ("GET", "/products/categories/9", (404, "woocommerce_rest_term_invalid")),
    ],
)
async def test_an_unknown_id_is_400_for_writers_and_404_for_others(
    shop: Caller, method: str, path: str, refusal: tuple[int, str]
) -> None:
    assert await shop.refused(method, path, json={} if method == "PUT" else None) == refusal


async def test_an_update_changes_what_is_sent_and_merges_free_fields(shop: Caller) -> None:
    made = await shop.post(
        "/products",
        name="Mug",
        regular_price="9.00",
        meta_data=[{"key": "_erp_id", "value": "P1"}, {"key": "origin", "value": {"country": "PT"}}],
    )
    path = f"/products/{made['id']}"
    changed = await shop.put(
        path,
        regular_price="10.00",
        meta_data=[
            {"key": "_erp_id", "value": "P2"},
            {"key": "origin", "value": None},
            {"key": "new", "value": 1},
            {"key": "on", "value": True},
        ],
    )
    assert (changed["name"], changed["price"]) == ("Mug", "10.00")
    assert [(one["key"], one["value"]) for one in changed["meta_data"]] == [
        ("_erp_id", "P2"),
        ("new", "1"),  # the database makes texts of numbers
        ("on", "1"),
    ]
    assert changed["meta_data"][0]["id"] == made["meta_data"][0]["id"]


async def test_lists_replace(shop: Caller) -> None:
    one, two = [(await shop.post("/products/categories", name=name))["id"] for name in ("Cups", "Gifts")]
    made = await shop.post("/products", name="Mug", categories=[{"id": one}])
    changed = await shop.put(f"/products/{made['id']}", categories=[{"id": two}])
    assert [row["id"] for row in changed["categories"]] == [two]
    twice = await shop.send("POST", f"{V3}/products/categories", json={"name": "Gifts"})
    assert (twice.status, twice.body["code"], twice.body["data"]["resource_id"]) == (400, "term_exists", two)


async def test_a_sale_counts_between_its_dates_and_only_if_it_is_one(open_shop: Opener) -> None:
    now = datetime(2026, 12, 1, 12, tzinfo=UTC)
    times = [now]
    shop = await open_shop(now=lambda: times[0])
    made = await shop.post(
        "/products", name="Mug", regular_price="12.00", sale_price="9.90", date_on_sale_from_gmt="2026-12-02T00:00:00"
    )
    path = f"/products/{made['id']}"
    assert (made["price"], made["on_sale"]) == ("12.00", False)
    times[0] = now + timedelta(days=1)
    on_sale = await shop.get(path)
    assert (on_sale["price"], on_sale["on_sale"], on_sale["date_on_sale_from"]) == ("9.90", True, "2026-12-02T01:00:00")
    assert (await shop.put(path, sale_price=""))["price"] == "12.00"
    assert (await shop.put(path, sale_price="12.00"))["sale_price"] == ""


async def test_a_variable_product_costs_what_its_cheapest_variation_does(shop: Caller) -> None:
    shirt, (red, blue) = await colours(shop)
    read = await shop.get(f"/products/{shirt['id']}")
    assert (read["price"], read["regular_price"], read["variations"]) == ("12.00", "", [red["id"], blue["id"]])
    assert [row["sku"] for row in await shop.get(f"/products/{shirt['id']}/variations", orderby="id", order="asc")] == [
        "SHIRT-R",
        "SHIRT-B",
    ]
    assert (await shop.get(f"/products/{shirt['id']}/variations/{red['id']}"))["attributes"] == [
        {"id": 0, "name": "Colour", "slug": "Colour", "option": "Red"}
    ]


async def test_only_a_look_by_sku_finds_variations_among_products(shop: Caller) -> None:
    _shirt, (red, _blue) = await colours(shop)
    [found] = await shop.get("/products", sku="SHIRT-R,NOBODY")
    assert (found["id"], found["type"], found["parent_id"]) == (red["id"], "variation", red["parent_id"])
    everything = await shop.get("/products", search="Shirt", per_page=100)
    assert [row["type"] for row in everything] == ["variable"]
    assert len(await shop.get("/variations", parent=red["parent_id"])) == 2


async def test_a_variation_belongs_to_its_parent(shop: Caller) -> None:
    _shirt, (red, _blue) = await colours(shop)
    other = await shop.post("/products", name="Other", type="variable")
    path = f"/products/{other['id']}/variations/{red['id']}"
    assert await shop.refused("GET", path) == (404, "woocommerce_rest_product_variation_invalid_id")
    assert await shop.refused("PUT", path, json={}) == (400, "woocommerce_rest_product_variation_invalid_id")


async def test_stock_may_be_the_variations_own_or_its_parents(shop: Caller) -> None:
    shirt, (red, blue) = await colours(shop, manage_stock=True, stock_quantity=30)
    path = f"/products/{shirt['id']}/variations"
    read = await shop.get(f"{path}/{red['id']}")
    assert (read["manage_stock"], read["stock_quantity"]) == ("parent", 30)
    own = await shop.put(f"{path}/{red['id']}", manage_stock=True, stock_quantity=4)
    assert (own["manage_stock"], own["stock_quantity"]) == (True, 4)
    assert (await shop.get(f"{path}/{blue['id']}"))["stock_quantity"] == 30
    lost = await shop.put(f"{path}/{blue['id']}", stock_quantity=9)  # it manages none itself: not kept
    assert lost["stock_quantity"] == 30
    back = await shop.put(f"{path}/{red['id']}", manage_stock="parent")
    assert (back["manage_stock"], back["stock_quantity"]) == ("parent", 30)


@pytest.mark.parametrize(
    ("quantity", "backorders", "status"),
    [(5, "no", "instock"), (0, "no", "outofstock"), (0, "notify", "onbackorder"), (-3, "yes", "onbackorder")],
)
async def test_the_status_follows_managed_stock(shop: Caller, quantity: int, backorders: str, status: str) -> None:
    made = await shop.post(
        "/products",
        name="Mug",
        manage_stock=True,
        stock_quantity=quantity,
        backorders=backorders,
        stock_status="instock" if status != "instock" else "outofstock",
    )
    assert (made["stock_quantity"], made["stock_status"]) == (quantity, status)


async def test_without_management_only_the_status_counts(shop: Caller) -> None:
    made = await shop.post("/products", name="Mug", stock_quantity=5, stock_status="outofstock")
    assert (made["manage_stock"], made["stock_quantity"], made["stock_status"]) == (False, None, "outofstock")


async def test_a_shop_may_manage_no_stock_at_all(open_shop: Opener) -> None:
    shop = await open_shop(settings=replace(FAST, stock_management=False))
    made = await shop.post("/products", name="Mug", sku="CUP", manage_stock=True, stock_quantity=5)
    assert made["manage_stock"] is False
    assert (await shop.get("/settings/products/woocommerce_manage_stock"))["value"] == "no"


async def test_a_batch_says_at_each_place_what_became_of_it(shop: Caller) -> None:
    kept = await shop.post("/products", name="Kept", sku="CUP")
    gone = await shop.post("/products", name="Gone")
    answer = await shop.post(
        "/products/batch",
        create=[{"name": "New", "sku": "NEW"}, {"name": "Twin", "sku": "CUP"}],
        update=[{"id": kept["id"], "name": "Renamed"}, {"id": 9, "name": "Nobody"}, {"id": kept["id"], "sku": 7}],
        delete=[gone["id"], 9],
    )
    assert answer["create"][0]["sku"] == "NEW"
    assert answer["create"][1]["id"] == 0
    assert answer["create"][1]["error"]["code"] == "product_invalid_sku"
    assert answer["create"][1]["error"]["data"]["status"] == 400
    assert answer["update"][0]["name"] == "Renamed"
    assert (answer["update"][1]["id"], answer["update"][1]["error"]["code"]) == (
        9,
        "woocommerce_rest_product_invalid_id",
    )
    assert answer["update"][2]["error"]["code"] == "rest_invalid_param"
    assert [row["id"] for row in answer["delete"]] == [gone["id"], 9]
    assert gone["id"] not in shop.world.shop.products  # a batch uses no trash


async def test_a_batch_has_its_limit(shop: Caller) -> None:
    rows = [{"name": f"P{number}"} for number in range(100)]
    refused = await shop.refused("POST", "/products/batch", json={"create": rows, "delete": [1]})
    assert refused == (413, "woocommerce_rest_request_entity_too_large")
    before = len(shop.world.shop.products)
    assert len((await shop.post("/products/batch", create=rows))["create"]) == 100
    assert len(shop.world.shop.products) == before + 100


async def test_variations_are_batched_below_their_parent(shop: Caller) -> None:
    shirt, (red, blue) = await colours(shop)
    rows = [{"id": one["id"], "manage_stock": True, "stock_quantity": 3} for one in (red, blue)]
    stranger = await shop.post("/products", name="Mug")
    answer = await shop.post(
        f"/products/{shirt['id']}/variations/batch", update=[*rows, {"id": stranger["id"], "stock_quantity": 1}]
    )
    assert [row.get("stock_quantity") for row in answer["update"]] == [3, 3, None]
    assert answer["update"][2]["error"]["code"] == "woocommerce_rest_product_variation_invalid_id"


async def test_the_demonstrations_goods_are_on_the_shelves(shop: Caller) -> None:
    stock = shop.world.truth()["stock"]
    assert stock == {item.sku: {"shop": sum(item.stock.values())} for item in assortment(SKUS)}
    first = assortment(1)[0]
    [row] = await shop.get("/products", sku=first.sku)
    assert (row["price"], row["global_unique_id"], row["type"]) == (str(first.price), first.barcode, "variation")
    kinds = [row["type"] for page in (1, 2) for row in await shop.get("/products", per_page=100, page=page)]
    assert (kinds.count("variable"), kinds.count("simple")) == (5, SKUS - 15)


async def test_filters_of_products(shop: Caller) -> None:
    made = await shop.post("/products", name="Mug", sku="ODD", regular_price="7.00", sale_price="5.00", slug="odd-mug")
    for wish in ({"slug": "odd-mug"}, {"on_sale": "true"}, {"search_sku": "od"}, {"max_price": "5.00"}):
        assert [row["id"] for row in await shop.get("/products", **wish)] == [made["id"]], wish
    draft = await shop.post("/products", name="Draft", status="draft")
    assert [row["id"] for row in await shop.get("/products", status="draft")] == [draft["id"]]
    assert await shop.get("/products", type="external") == []


async def test_deleting_a_variable_product_for_good_takes_its_variations_along(shop: Caller) -> None:
    shirt, variations = await colours(shop)
    assert (await shop.send("DELETE", f"{V3}/products/{shirt['id']}?force=true")).status == 200
    assert not {shirt["id"], *(one["id"] for one in variations)} & {*shop.world.shop.products}
    assert await shop.get("/products", sku="SHIRT-R") == []


@pytest.mark.parametrize(
    ("sent", "kept"), [("12.5", "12.5"), ("12,50", "12.50"), ("1.234,50", "1234.50"), ("€ 9", "9"), ("free", "")]
)
async def test_a_price_is_kept_as_a_number(shop: Caller, sent: str, kept: str) -> None:
    assert (await shop.post("/products", name="Mug", regular_price=sent))["regular_price"] == kept


async def test_a_name_is_kept_as_html(shop: Caller) -> None:
    made = await shop.post("/products", name="Salt & pepper &ndash; set", regular_price="3.00", sku="SALT")
    assert made["name"] == "Salt &amp; pepper &ndash; set"
    order = await shop.post("/orders", line_items=[{"sku": "SALT", "quantity": 1}])
    assert order["line_items"][0]["name"] == made["name"]


async def test_a_sku_may_be_in_somebody_elses_hands(shop: Caller) -> None:
    await shop.sim("busy", sku="CUP")
    body = {"name": "Cup", "sku": "CUP"}
    assert await shop.refused("POST", "/products", json=body) == (400, "woocommerce_rest_product_not_created")
    assert (await shop.send("POST", f"{V3}/products", json=body)).status == 201


async def test_an_image_nobody_could_fetch_fails_the_call(shop: Caller) -> None:
    made = await shop.post("/products", name="Mug", images=[{"src": "http://example.com/mug.png", "alt": "A mug"}])
    assert (made["images"][0]["src"], made["images"][0]["alt"]) == ("http://example.com/mug.png", "A mug")
    refused = await shop.refused("POST", "/products", json={"name": "Mug", "images": [{"src": "mug.png"}]})
    assert refused == (400, "woocommerce_product_image_upload_error")


async def test_orders_of_sorting(shop: Caller) -> None:
    for name, price, place in (("Zinc", "1.00", 2), ("Amber", "3.00", 1)):
        await shop.post("/products", name=name, slug=f"odd-{name.lower()}", regular_price=price, menu_order=place)
    asked = {"search": "", "include": ",".join(str(one) for one in list(shop.world.shop.products)[-2:]), "order": "asc"}
    found = {
        by: [row["name"] for row in await shop.get("/products", orderby=by, **asked)]
        for by in ("title", "price", "menu_order", "id", "popularity")
    }
    assert found["title"] == found["menu_order"] == ["Amber", "Zinc"]
    assert found["price"] == found["id"] == found["popularity"] == ["Zinc", "Amber"]


async def test_a_variation_goes_by_itself(shop: Caller) -> None:
    shirt, (red, blue) = await colours(shop)
    path = f"/products/{shirt['id']}/variations"
    assert (await shop.send("DELETE", f"{V3}{path}/{red['id']}?force=true")).body["sku"] == "SHIRT-R"
    assert (await shop.get(f"/products/{shirt['id']}"))["variations"] == [blue["id"]]
    body = {"regular_price": "1.00"}
    missing = await shop.refused("POST", "/products/9/variations", json=body)
    assert missing == (400, "woocommerce_rest_product_invalid_id")


async def test_fields_that_are_only_kept_come_back(shop: Caller) -> None:
    wish = {"description": "<p>Fine</p>", "short_description": "Fine", "featured": True, "sold_individually": True}
    made = await shop.post("/products", name="Mug", dimensions={"length": "3", "width": "4"}, type="external", **wish)
    assert {name: made[name] for name in wish} == wish
    assert made["dimensions"] == {"length": "3", "width": "4", "height": ""}
    assert made["type"] == "external"
    assert (await shop.put(f"/products/{made['id']}", sku="CUP", type="simple"))["type"] == "simple"
    assert (await shop.put(f"/products/{made['id']}", sku=""))["sku"] == ""
    assert await shop.get("/products", sku="CUP") == []


async def test_a_batch_of_nothing_is_answered_with_a_list(shop: Caller) -> None:
    """Seen on 9.2.5: PHP prints an array without keys as one."""
    assert await shop.post("/products/batch", update=[]) == []


async def test_a_variation_is_written_below_its_product_only(shop: Caller) -> None:
    [variation] = await shop.get("/products", type="variation", sku="LAMP-0001", per_page=1)
    told = await shop.post("/products/batch", update=[{"id": variation["id"], "stock_quantity": 3}])
    [row] = told["update"]
    assert (row["error"]["code"], row["error"]["data"]) == ("woocommerce_rest_invalid_product_id", {"status": 404})


async def test_a_product_that_is_not_there_has_no_variations(shop: Caller) -> None:
    assert await shop.get("/products/99999999/variations") == []

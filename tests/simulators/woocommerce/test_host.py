"""What stands before WordPress, and the faults every simulator shows."""

import json
from dataclasses import replace

import aiohttp
import pytest

from tests.simulators.woocommerce.conftest import FAST, V3, Caller, Opener


@pytest.mark.parametrize("trouble", ["notice", "bom"])
async def test_something_stands_before_the_json(shop: Caller, trouble: str) -> None:
    await shop.sim("host", trouble=trouble, count=1, match="products.list")
    async with shop.http.get(f"{shop.base}{V3}/orders", headers=basic()) as untouched:
        assert json.loads(await untouched.read()) == []
    async with shop.http.get(f"{shop.base}{V3}/products?per_page=1", headers=basic()) as answer:
        raw = await answer.read()
        assert answer.content_type == "application/json"
    assert raw[:1] not in {b"[", b"{"}
    assert len(json.loads(raw[raw.index(b"[") :])) == 1
    assert len(await shop.get("/products", per_page=1)) == 1  # once was ordered


def basic() -> dict[str, str]:
    from isthmus.simulators.woocommerce import CONSUMER_KEY, CONSUMER_SECRET  # noqa: PLC0415

    return {"Authorization": aiohttp.encode_basic_auth(CONSUMER_KEY, CONSUMER_SECRET)}


@pytest.mark.parametrize(("trouble", "status"), [("wall", 403), ("mod_security", 406), ("limit", 508)])
async def test_a_wall_answers_with_a_page_and_lets_nothing_through(shop: Caller, trouble: str, status: int) -> None:
    await shop.sim("host", trouble=trouble, count=1, match="orders.create")
    answer = await shop.send("POST", f"{V3}/orders", json={})
    assert (answer.status, answer.body) == (status, None)
    assert answer.text.startswith("<!DOCTYPE html>")
    assert shop.world.shop.orders == {}


@pytest.mark.parametrize(("trouble", "status"), [("gateway_timeout", 504), ("critical", 500)])
async def test_the_work_may_be_done_and_the_answer_lost(shop: Caller, trouble: str, status: int) -> None:
    await shop.sim("host", trouble=trouble, count=1)
    answer = await shop.send("POST", f"{V3}/orders", json={})
    assert answer.status == status
    assert len(shop.world.shop.orders) == 1
    if trouble == "critical":
        assert answer.body["code"] == "internal_server_error"


async def test_the_canonical_host_is_elsewhere(shop: Caller) -> None:
    await shop.sim("host", trouble="redirect", count=1)
    answer = await shop.send("POST", f"{V3}/orders", json={})
    assert answer.status == 301
    assert answer.headers["Location"].startswith("http://www.127.0.0.1:")
    assert shop.world.shop.orders == {}


async def test_a_server_may_eat_the_authorization(shop: Caller) -> None:
    await shop.sim("host", trouble="stripped", count=2)
    assert await shop.refused("GET", "/orders") == (401, "woocommerce_rest_cannot_view")
    key = next(iter(shop.world.shop.keys.values()))
    query = {"consumer_key": key.consumer_key, "consumer_secret": key.consumer_secret}
    assert (await shop.send("GET", f"{V3}/orders", params=query)).status == 200


async def test_a_cache_shows_what_was(shop: Caller) -> None:
    assert await shop.get("/orders") == []
    await shop.world.place_orders(1, seed=1)
    await shop.sim("host", trouble="stale", count=3, match="orders.list")
    assert await shop.get("/orders") == []
    assert len(await shop.get("/orders", _="1")) == 1
    fresh = await shop.send("GET", f"{V3}/orders", headers={"Cache-Control": "no-cache"})
    assert len(fresh.body) == 1


@pytest.mark.parametrize("hint", [True, False])
async def test_too_fast_is_said_with_a_page(shop: Caller, *, hint: bool) -> None:
    await shop.sim("fault", kind="throttle" if hint else "throttle_no_hint", count=1, match="products.list")
    answer = await shop.send("GET", f"{V3}/products")
    assert (answer.status, answer.body, "Retry-After" in answer.headers) == (429, None, hint)
    assert shop.world.meter()["throttled"] == 1
    assert len(await shop.get("/products")) == 10


async def test_faults_match_what_a_request_does(shop: Caller) -> None:
    await shop.sim("fault", kind="status_503", count=1, match="variations.batch")
    parent = next(one for one in shop.world.shop.products.values() if one.variations)
    path = f"/products/{parent.id}/variations/batch"
    assert (await shop.send("POST", V3 + path, json={})).status == 503
    assert (await shop.send("POST", V3 + path, json={})).status == 200
    state = await shop.send("GET", "/__sim/state", auth=None)
    assert state.body["calls"] == {"variations.batch": 2}
    assert state.body["faults"] == {"status_503": 1}


async def test_a_write_may_be_kept_and_the_line_cut(shop: Caller) -> None:
    await shop.sim("fault", kind="commit_then_drop", count=1, match="orders.create")
    with pytest.raises(aiohttp.ClientError):
        await shop.send("POST", f"{V3}/orders", json={})
    assert len(shop.world.shop.orders) == 1


async def test_keys_do_not_expire(shop: Caller) -> None:
    await shop.sim("fault", kind="expire_auth", count=1)
    assert await shop.get("/orders") == []


async def test_a_method_can_be_said_in_the_query(shop: Caller) -> None:
    made = await shop.post("/products", name="Cup")
    path = f"{V3}/products/{made['id']}"
    assert (await shop.send("POST", f"{path}?_method=DELETE&force=true")).status == 200
    assert made["id"] not in shop.world.shop.products
    other = await shop.post("/products", name="Cup")
    headers = {"X-HTTP-Method-Override": "DELETE"}
    answer = await shop.send("POST", f"{V3}/products/{other['id']}", headers=headers)
    assert answer.body["status"] == "trash"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST"])
async def test_an_update_goes_by_three_methods(shop: Caller, method: str) -> None:
    made = await shop.post("/products", name="Cup")
    answer = await shop.send(method, f"{V3}/products/{made['id']}", json={"name": "Mug"})
    assert (answer.status, answer.body["name"]) == (200, "Mug")


async def test_a_form_is_understood_as_well(shop: Caller) -> None:
    answer = await shop.send("POST", f"{V3}/products", data={"name": "Cup", "manage_stock": "true"})
    assert (answer.status, answer.body["manage_stock"]) == (201, True)


async def test_a_shop_in_posts_answers_alike(open_shop: Opener) -> None:
    shapes: list[set[str]] = []
    for hpos in (True, False):
        shop = await open_shop(settings=replace(FAST, hpos=hpos))
        await shop.world.place_orders(1, seed=1)
        [row] = await shop.get("/orders")
        shapes.append(set(row))
    assert shapes[0] == shapes[1]


async def test_a_batch_may_be_done_by_half(shop: Caller) -> None:
    rows = [{"name": f"P{number}"} for number in range(5)]
    before = len(shop.world.shop.products)
    await shop.sim("host", trouble="half_done", count=1, match="products.batch")
    answer = await shop.send("POST", f"{V3}/products/batch", json={"create": rows, "delete": [1]})
    assert (answer.status, answer.body) == (504, None)
    assert len(shop.world.shop.products) == before + 2
    again = await shop.post("/products/batch", create=rows)
    assert len(again["create"]) == 5


async def test_messages_are_in_the_sites_language_and_codes_are_not(open_shop: Opener) -> None:
    shop = await open_shop(settings=replace(FAST, language="de_DE"))
    answer = await shop.send("GET", f"{V3}/orders/9")
    assert answer.body["code"] == "woocommerce_rest_shop_order_invalid_id"
    assert answer.body["message"] == "[de_DE]"


@pytest.mark.parametrize(
    ("version", "newest"), [("8.9.3", 0), ("9.0.0", 1), ("9.2.1", 2), ("10.0.4", 2), ("10.1.0", 3), ("11.0.1", 3)]
)
async def test_older_shops_have_fewer_paths(open_shop: Opener, version: str, newest: int) -> None:
    shop = await open_shop(settings=replace(FAST, version=version, fulfillments=True))
    [number] = await shop.world.place_orders(1, seed=1)
    paths = ("/refunds", "/products/custom-fields/names", f"/orders/{number}/fulfillments")
    there = [(await shop.send("GET", V3 + path)).status == 200 for path in paths]
    assert there == [place < newest for place in range(3)]

"""Parcels by extension and by core: both switched off until somebody switches them on."""

from dataclasses import replace
from typing import Any

import pytest

from tests.simulators.woocommerce.conftest import FAST, V3, Caller, Opener

TRACKINGS = "/wp-json/wc-shipment-tracking/v3/orders"


@pytest.fixture
async def sending(open_shop: Opener) -> Caller:
    return await open_shop(settings=replace(FAST, fulfillments=True, shipment_tracking=True))


async def ordered(shop: Caller, quantity: int = 3) -> dict[str, Any]:
    product = await shop.post("/products", name="Cup", regular_price="12.00")
    return await shop.post(
        "/orders", status="processing", line_items=[{"product_id": product["id"], "quantity": quantity}]
    )


def parcel(order: dict[str, Any], units: int, number: str = "1Z9") -> dict[str, Any]:
    items = [{"item_id": order["line_items"][0]["id"], "qty": units}]
    return {
        "status": "fulfilled",
        "is_fulfilled": True,
        "meta_data": [
            {"id": 0, "key": "_items", "value": items},
            {"id": 0, "key": "_tracking_number", "value": number},
            {"id": 0, "key": "_shipment_provider", "value": "ups"},
        ],
    }


def state(order: dict[str, Any]) -> Any:
    return next((one["value"] for one in order["meta_data"] if one["key"] == "_fulfillment_status"), None)


async def test_what_is_off_is_no_route(shop: Caller) -> None:
    order = await ordered(shop)
    tracking = await shop.send("GET", f"{TRACKINGS}/{order['id']}/shipment-trackings")
    assert (tracking.status, tracking.body["code"]) == (404, "rest_no_route")
    refused = await shop.refused("POST", f"/orders/{order['id']}/fulfillments", json=parcel(order, 1))
    assert refused == (404, "rest_no_route")


async def test_a_tracking_is_made_listed_and_removed(sending: Caller) -> None:
    order = await ordered(sending)
    path = f"{TRACKINGS}/{order['id']}/shipment-trackings"
    body = {"tracking_provider": "usps", "tracking_number": "9400", "date_shipped": "2026-11-20"}
    made = await sending.send("POST", path, json=body)
    assert made.status == 201
    assert made.body == {
        "tracking_id": made.body["tracking_id"],
        "tracking_provider": "USPS",
        "tracking_link": "https://usps.example.com/9400",
        "tracking_number": "9400",
        "date_shipped": "2026-11-20",
    }
    own = {"custom_tracking_provider": "Own van", "custom_tracking_link": "https://van.example.com/%1$s"}
    second = await sending.send("POST", path, json={**own, "tracking_number": "7"})
    assert second.body["tracking_link"] == "https://van.example.com/7"
    assert [row["tracking_number"] for row in (await sending.send("GET", path)).body] == ["9400", "7"]
    one = f"{path}/{made.body['tracking_id']}"
    assert (await sending.send("DELETE", one)).body["tracking_number"] == "9400"
    assert (await sending.send("GET", one)).status == 404
    assert "USPS" in (await sending.send("GET", f"{path}/providers")).body["United States"]
    assert (await sending.send("POST", path, json={"tracking_number": "7"})).status == 400


async def test_several_fulfillments_are_a_partial_shipment(sending: Caller) -> None:
    order = await ordered(sending, quantity=3)
    path = f"/orders/{order['id']}"
    first = await sending.post(f"{path}/fulfillments", **parcel(order, 1))
    assert (first["entity_type"], first["entity_id"]) == ("WC_Order", str(order["id"]))
    read = await sending.get(path)
    assert (read["status"], state(read)) == ("processing", "partially_fulfilled")
    await sending.post(f"{path}/fulfillments", **parcel(order, 2, "1Z10"))
    assert state(await sending.get(path)) == "fulfilled"
    refused = await sending.refused("POST", f"{path}/fulfillments", json=parcel(order, 1))
    assert refused[0] == 400
    assert (await sending.send("DELETE", f"{V3}{path}/fulfillments/{first['id']}")).status == 200
    assert len(await sending.get(f"{path}/fulfillments")) == 1
    assert state(await sending.get(path)) == "partially_fulfilled"


async def test_a_changed_fulfillment_keeps_only_what_is_sent(sending: Caller) -> None:
    order = await ordered(sending)
    path = f"/orders/{order['id']}/fulfillments"
    made = await sending.post(path, **parcel(order, 1))
    wish = parcel(order, 1)
    changed = await sending.put(f"{path}/{made['id']}", **{**wish, "meta_data": wish["meta_data"][:2]})
    assert [one["key"] for one in changed["meta_data"]] == ["_items", "_tracking_number"]
    assert changed == await sending.get(f"{path}/{made['id']}")


async def test_a_parcel_has_something_of_the_order_in_it(sending: Caller) -> None:
    order = await ordered(sending)
    path = f"/orders/{order['id']}/fulfillments"
    assert await sending.refused("POST", path, json={"is_fulfilled": True}) == (400, "rest_missing_callback_param")
    assert (await sending.refused("POST", path, json={"meta_data": []}))[0] == 400
    stranger = {"line_items": [{"id": 999999}]}
    assert (await sending.refused("POST", path, json=parcel(stranger, 1)))[0] == 400
    assert await sending.refused("GET", f"{path}/9") == (404, "woocommerce_rest_fulfillment_invalid_id")

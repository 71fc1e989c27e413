"""One order as somebody outside the shop wants it, at every simulated shop."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from isthmus.simulators.shopify import SIMULATOR as SHOPIFY
from isthmus.simulators.stage import Simulator, serve, stage
from isthmus.simulators.vendure import SIMULATOR as VENDURE
from isthmus.simulators.woocommerce import SIMULATOR as WOOCOMMERCE

SHOPS = pytest.mark.parametrize("shop", [SHOPIFY, WOOCOMMERCE, VENDURE], ids=lambda shop: shop.slug)
MUGS = {"sku": "MUG-0010", "quantity": 2}


@asynccontextmanager
async def opened(shop: Simulator) -> AsyncGenerator[Any]:
    world = shop.build(None, None)
    runner = await serve(stage(world), 0)
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def place(**wish: Any) -> tuple[int, dict[str, Any]]:
        async with http.post(f"{base}/__sim/order", json=wish) as told:
            return told.status, await told.json()

    try:
        async with aiohttp.ClientSession() as http:
            yield world, place
    finally:
        await runner.cleanup()


@SHOPS
async def test_just_what_is_wished_is_bought(shop: Simulator) -> None:
    async with opened(shop) as (world, place):
        status, told = await place(lines=[MUGS, {"sku": "LAMP-0011"}], note="Ring twice", seed=3)
        assert (status, told["done"]) == (200, True)
        (order,) = [one for one in world.truth()["orders"] if one["reference"] == told["reference"]]
    assert [(one["sku"], one["quantity"]) for one in order["lines"]] == [("MUG-0010", 2), ("LAMP-0011", 1)]
    assert order["status"] == "open"
    assert not order["test"]


@SHOPS
async def test_somebody_with_an_account_buys(shop: Simulator) -> None:
    async with opened(shop) as (world, place):
        _status, told = await place(lines=[MUGS], email="buyer7@example.com")
        order = world.shop.order(told["reference"])
        buyer = order.billing["email"] if shop is WOOCOMMERCE else getattr(order, "email", None)
        assert (buyer or order.customer.email_address) == "buyer7@example.com"


@SHOPS
@pytest.mark.parametrize(
    ("wish", "error"),
    [
        ({}, "needs lines"),
        ({"lines": [{"sku": "NONE"}]}, "no SKU NONE"),
        ({"lines": [{"sku": "MUG-0010", "quantity": 0}]}, "quantity of 0"),
        ({"lines": [MUGS], "notes": "x"}, "an order has no notes"),
        ({"lines": [{**MUGS, "colour": "red"}]}, "a line has no colour"),
        ({"lines": [MUGS], "email": "nobody@example.com"}, "no customer nobody@example.com"),
    ],
)
async def test_what_cannot_be_bought_is_refused_with_the_reason(
    shop: Simulator, wish: dict[str, Any], error: str
) -> None:
    async with opened(shop) as (world, place):
        before = len(world.truth()["orders"])
        status, told = await place(**wish)
        assert status == 400
        assert error in told["error"]
        assert len(world.truth()["orders"]) == before


@pytest.mark.parametrize(
    ("shop", "wish", "error"),
    [
        (SHOPIFY, {"fees": [{"name": "Gift wrap", "amount": "2"}]}, "charges no fees"),
        (VENDURE, {"attributes": {"gift": "yes"}}, "Order in this shop has no gift"),
        (VENDURE, {"lines": [MUGS, MUGS]}, "one line"),
        (VENDURE, {"lines": [{"sku": "MUG-0010", "quantity": 100_000}]}, "insufficient stock"),
    ],
)
async def test_what_a_system_has_no_place_for_is_refused(shop: Simulator, wish: dict[str, Any], error: str) -> None:
    async with opened(shop) as (_world, place):
        status, told = await place(**{"lines": [MUGS], **wish})
        assert (status, error in told["error"]) == (400, True)


async def test_attributes_may_be_told_as_an_object_or_as_a_list_under_either_name() -> None:
    async with opened(WOOCOMMERCE) as (world, place):
        line = {**MUGS, "attributes": {"Engraving": "For you"}, "meta_data": [{"key": "Engraving", "value": "A"}]}
        _status, told = await place(lines=[line], attributes={"gift": True}, meta_data=[{"key": "gift", "value": [1]}])
        order = world.shop.order(told["reference"])
    assert [(one["key"], one["value"]) for one in order.meta if one["key"] == "gift"] == [("gift", "1"), ("gift", [1])]
    said = [one["value"] for one in order.lines[0].meta if one["key"] == "Engraving"]
    assert said == ["For you", "A"]


async def test_a_note_to_vendure_goes_into_the_orders_history() -> None:
    async with opened(VENDURE) as (world, place):
        _status, told = await place(lines=[MUGS], note="Ring twice", attributes={"erpRef": "SO-1"})
        order = world.shop.order(told["reference"])
    assert order.custom_fields == {"erpRef": "SO-1"}
    assert [one.data for one in order.entries if one.type == "ORDER_NOTE"] == [{"note": "Ring twice"}]

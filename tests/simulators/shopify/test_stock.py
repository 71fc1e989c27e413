"""Stock writes: all or nothing, compared, and once per key."""

import asyncio
from typing import Any

import pytest

from isthmus.simulators.demo_shop import PLACES
from isthmus.simulators.shopify.settings import Settings

SET = """mutation($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id reason changes { name delta quantityAfterChange location { id } } }
    userErrors { code field message } } }"""
SET_WITHOUT_KEY = """mutation($input: InventorySetQuantitiesInput!) {
  inventorySetQuantities(input: $input) { userErrors { code field message } } }"""


def row(shop: Any, quantity: int, sku: int = 0, **more: Any) -> dict[str, Any]:
    item = list(shop.world.shop.items)[sku]
    place = next(iter(shop.world.shop.locations))
    return {"inventoryItemId": item, "locationId": place, "quantity": quantity, "changeFromQuantity": None, **more}


def wish(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "available", "reason": "correction", "quantities": list(rows), **more}


def available(shop: Any, sku: int = 0) -> int:
    item = list(shop.world.shop.items.values())[sku]
    return next(iter(item.levels.values())).available


async def put(shop: Any, input: dict[str, Any], key: str = "k1") -> dict[str, Any]:  # noqa: A002 - the API's name
    return (await shop.data(SET, input=input, key=key))["inventorySetQuantities"]


async def test_setting_changes_available_and_on_hand_together(shop: Any) -> None:
    before = available(shop)
    answer = await put(shop, wish(row(shop, before + 5)))
    assert answer["userErrors"] == []
    changes = answer["inventoryAdjustmentGroup"]["changes"]
    assert [(one["name"], one["delta"]) for one in changes] == [("available", 5), ("on_hand", 5)]
    assert available(shop) == before + 5


async def test_setting_on_hand_leaves_what_is_committed_committed(shop: Any) -> None:
    await shop.world.place_orders(30, seed=2)
    index, item = next(
        (index, item)
        for index, item in enumerate(shop.world.shop.items.values())
        if next(iter(item.levels.values())).committed
    )
    level = next(iter(item.levels.values()))
    answer = await put(shop, wish(row(shop, level.committed + 10, index), name="on_hand"))
    assert answer["userErrors"] == []
    assert level.available == 10
    assert level.on_hand == level.committed + 10


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        pytest.param({"changeFromQuantity": -99}, "CHANGE_FROM_QUANTITY_STALE", "changeFromQuantity", id="stale"),
        pytest.param({"inventoryItemId": "gid://shopify/InventoryItem/1"}, "INVALID_INVENTORY_ITEM", "inventoryItemId", id="item"),  # noqa: E501
        pytest.param({"locationId": "gid://shopify/Location/1"}, "INVALID_LOCATION", "locationId", id="location"),
        pytest.param({"quantity": -1}, "INVALID_QUANTITY_NEGATIVE", "quantity", id="negative"),
        pytest.param({"quantity": 1_000_000_001}, "INVALID_QUANTITY_TOO_HIGH", "quantity", id="too-high"),
    ],
)  # fmt: skip
async def test_one_bad_row_rejects_all_and_is_named(shop: Any, change: dict[str, Any], code: str, field: str) -> None:
    before = available(shop)
    answer = await put(shop, wish(row(shop, before + 1), row(shop, 5, 1) | change))
    assert answer["inventoryAdjustmentGroup"] is None
    [error] = answer["userErrors"]
    assert (error["code"], error["field"]) == (code, ["input", "quantities", "1", field])
    assert available(shop) == before


async def test_comparison_that_holds_is_written(shop: Any) -> None:
    answer = await put(shop, wish(row(shop, 1, changeFromQuantity=available(shop))))
    assert answer["userErrors"] == []
    assert available(shop) == 1


async def test_the_head_of_the_input_is_checked(shop: Any) -> None:
    answer = await put(shop, wish(row(shop, 1), name="reserved", reason="because", referenceDocumentUri="x"))
    assert [error["code"] for error in answer["userErrors"]] == [
        "INVALID_NAME", "INVALID_REASON", "INVALID_REFERENCE_DOCUMENT",
    ]  # fmt: skip


async def test_a_pair_may_come_once(shop: Any) -> None:
    answer = await put(shop, wish(row(shop, 1), row(shop, 2)))
    assert answer["userErrors"][0]["code"] == "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"


async def test_an_item_must_be_activated_where_it_is_to_lie(shop: Any) -> None:
    place = next(iter(shop.world.shop.locations.values()))
    item = next(iter(shop.world.shop.items.values()))
    del item.levels[place.id], place.levels[item.id]
    answer = await put(shop, wish(row(shop, 1)))
    assert answer["userErrors"][0]["code"] == "ITEM_NOT_STOCKED_AT_LOCATION"
    activate = """mutation($i: ID!, $l: ID!) { inventoryActivate(inventoryItemId: $i, locationId: $l)
      @idempotent(key: "a") { inventoryLevel { id } userErrors { field message } } }"""
    assert (await shop.data(activate, i=item.id, l=place.id))["inventoryActivate"]["inventoryLevel"]
    assert (await put(shop, wish(row(shop, 1)), "k2"))["userErrors"] == []


async def test_250_rows_and_no_more(shop: Any) -> None:
    body = await shop.ask(SET, input=wish(*[row(shop, 1) for _ in range(251)]), key="k")
    assert body["errors"][0]["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"


async def test_since_2026_04_the_key_and_the_comparison_must_be_there(shop: Any) -> None:
    body = await shop.ask(SET_WITHOUT_KEY, input=wish(row(shop, 1)))
    assert body["data"] == {"inventorySetQuantities": None}
    [error] = body["errors"]
    assert error["message"] == "The @idempotent directive is required for this mutation but was not provided."
    assert (error["extensions"], error["path"]) == ({"code": "BAD_REQUEST"}, ["inventorySetQuantities"])

    bare = row(shop, 1)
    del bare["changeFromQuantity"]
    [error] = (await shop.ask(SET, input=wish(bare), key="k"))["errors"]
    assert error["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"
    assert "InventoryQuantityInput must include the following argument: changeFromQuantity" in error["message"]


async def test_before_2026_04_neither_was_needed(shop: Any) -> None:
    bare = row(shop, 3)
    del bare["changeFromQuantity"]
    body = await shop.ask(SET_WITHOUT_KEY, version="2026-01", input=wish(bare))
    assert body["data"]["inventorySetQuantities"]["userErrors"] == []


async def test_the_same_key_answers_as_before_and_does_nothing(shop: Any) -> None:
    first = await put(shop, wish(row(shop, 7)))
    shop.world.set_stock(next(iter(shop.world.shop.items.values())).sku, PLACES[0][1], 99)
    again = await put(shop, wish(row(shop, 7)))
    assert again == first
    assert available(shop) == 99


async def test_the_same_key_with_other_input_is_refused(shop: Any) -> None:
    await put(shop, wish(row(shop, 7)))
    answer = await put(shop, wish(row(shop, 8)))
    assert answer["userErrors"][0]["code"] == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"


async def test_a_key_whose_write_failed_is_spent(shop: Any) -> None:
    stale = wish(row(shop, 7, changeFromQuantity=-5))
    assert (await put(shop, stale))["userErrors"][0]["code"] == "CHANGE_FROM_QUANTITY_STALE"
    assert (await put(shop, stale))["userErrors"][0]["code"] == "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"


async def test_a_key_still_being_worked_on_says_so(open_shop: Any) -> None:
    shop = await open_shop(settings=Settings(write_s=0.2))
    first = asyncio.create_task(put(shop, wish(row(shop, 7))))
    await asyncio.sleep(0.05)
    body = await put(shop, wish(row(shop, 7)))
    assert body["userErrors"][0]["code"] == "IDEMPOTENCY_CONCURRENT_REQUEST"
    assert (await first)["userErrors"] == []


async def test_a_blank_key_is_no_key(shop: Any) -> None:
    body = await shop.ask(SET, input=wish(row(shop, 1)), key=" ")
    assert body["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_adjusting_adds(shop: Any) -> None:
    before = available(shop)
    adjust = """mutation($input: InventoryAdjustQuantitiesInput!) { inventoryAdjustQuantities(input: $input)
      @idempotent(key: "a") { userErrors { code } inventoryAdjustmentGroup { changes { delta } } } }"""
    change = row(shop, 0)
    del change["quantity"]
    await shop.data(adjust, input={"name": "available", "reason": "received", "changes": [change | {"delta": 4}]})
    assert available(shop) == before + 4


async def test_an_order_moves_stock_from_available_to_committed_and_cancelling_brings_it_back(shop: Any) -> None:
    before = shop.world.truth()["stock"]
    [name] = await shop.world.place_orders(1, seed=5)
    order = shop.world.shop.order(name)
    place = order.fulfillment_orders[0].assigned_location.name
    for line in order.line_items:
        if line.sku:
            assert shop.world.truth()["stock"][line.sku][place] == before[line.sku][place] - line.quantity
    shop.world.cancel(name)
    assert shop.world.truth()["stock"] == before

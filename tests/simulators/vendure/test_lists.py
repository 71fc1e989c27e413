"""Lists: what can be asked for, in which order, how much of it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.simulators.vendure.conftest import Caller, Opener

ORDERS = "query($o:OrderListOptions){orders(options:$o){totalItems items{id code state active orderPlacedAt}}}"


async def codes(shop: Caller, **options: Any) -> list[str]:
    return [one["code"] for one in (await shop.one(ORDERS, o=options))["items"]]


async def test_pages_miss_and_repeat_nothing(busy_shop: Caller) -> None:
    seen: list[str] = []
    while True:
        page = await busy_shop.one(ORDERS, o={"sort": {"orderPlacedAt": "ASC"}, "skip": len(seen), "take": 100})
        seen += [one["code"] for one in page["items"]]
        if len(seen) >= page["totalItems"]:
            break
    assert len(seen) == len(set(seen)) == 500


async def test_a_page_has_a_limit_and_none_is_everything(busy_shop: Caller) -> None:
    assert await busy_shop.refused(ORDERS, o={"take": 1001}) == (200, "USER_INPUT_ERROR")
    assert len(await codes(busy_shop, take=1000)) == len(await codes(busy_shop)) == len(await codes(busy_shop, take=0))
    assert len(await codes(busy_shop, take=7, skip=495)) == 5


async def test_new_orders_are_found_by_the_time_they_were_placed(busy_shop: Caller) -> None:
    rows = (await busy_shop.one(ORDERS, o={"sort": {"orderPlacedAt": "ASC"}}))["items"]
    placed = [one for one in rows if one["orderPlacedAt"]]
    middle = placed[200]["orderPlacedAt"]
    flt = {"orderPlacedAt": {"after": middle}, "active": {"eq": False}, "state": {"notIn": ["Draft"]}}
    found = await codes(busy_shop, filter=flt, sort={"orderPlacedAt": "ASC"})
    assert found == [one["code"] for one in placed[201:]]
    between = {"orderPlacedAt": {"between": {"start": middle, "end": placed[203]["orderPlacedAt"]}}}
    assert len(await codes(busy_shop, filter=between)) == 4
    assert len(await codes(busy_shop, filter={"orderPlacedAt": {"before": middle}})) == 200
    assert await codes(busy_shop, filter={"orderPlacedAt": {"isNull": True}}) == [busy_shop.world.seeded.specials.draft]


async def test_operators_nest_and_combine(busy_shop: Caller) -> None:
    every = {one.code: one for one in busy_shop.world.shop.orders.values()}
    cancelled = busy_shop.world.seeded.specials.cancelled
    either = {"_or": [{"state": {"eq": "Cancelled"}}, {"state": {"in": ["Draft"]}}]}
    assert set(await codes(busy_shop, filter=either)) == {cancelled, busy_shop.world.seeded.specials.draft}
    both = {"_and": [{"state": {"eq": "Cancelled"}}, {"state": {"notEq": "Cancelled"}}]}
    assert await codes(busy_shop, filter=both) == []
    loose = {"code": {"eq": cancelled}, "state": {"eq": "Draft"}}
    assert len(await codes(busy_shop, filter=loose)) == 0
    assert len(await codes(busy_shop, filter=loose, filterOperator="OR")) == 2
    assert await codes(busy_shop, filter={"code": {"contains": cancelled[3:9].lower()}}) == [cancelled]
    assert cancelled not in await codes(busy_shop, filter={"code": {"notContains": cancelled[3:9]}})
    assert await codes(busy_shop, filter={"code": {"regex": f"^{cancelled}$"}}) == [cancelled]
    dear = {code for code, one in every.items() if 20_000 <= one.total_with_tax < 40_000}
    assert set(await codes(busy_shop, filter={"totalWithTax": {"gte": 20_000, "lt": 40_000}})) == dear
    assert set(await codes(busy_shop, filter={"totalWithTax": {"between": {"start": 20_000, "end": 39_999}}})) == dear
    ids = await busy_shop.one(ORDERS, o={"filter": {"id": {"in": ["3", "5"]}}, "sort": {"id": "DESC"}})
    assert [one["id"] for one in ids["items"]] == ["5", "3"]


async def test_orders_are_found_by_buyer_transaction_and_custom_field(busy_shop: Caller) -> None:
    order = next(one for one in busy_shop.world.shop.orders.values() if one.payments)
    assert order.customer is not None
    assert order.code in await codes(busy_shop, filter={"customerLastName": {"eq": order.customer.last_name}})
    assert await codes(busy_shop, filter={"transactionId": {"eq": order.payments[0].transaction_id}}) == [order.code]
    wish = {"id": str(order.id), "customFields": {"erpRef": "SO-1"}}
    await busy_shop.ask("mutation($i:UpdateOrderInput!){setOrderCustomFields(input:$i){id}}", i=wish)
    assert await codes(busy_shop, filter={"erpRef": {"eq": "SO-1"}}) == [order.code]
    assert len(await codes(busy_shop, filter={"erpRef": {"isNull": True}})) == 499


async def test_what_is_deleted_is_gone_from_lists_and_stays_in_orders(busy_shop: Caller) -> None:
    order = next(iter(busy_shop.world.shop.orders.values()))
    variant = order.lines[0].product_variant
    count = "{productVariants{totalItems}}"
    before = (await busy_shop.one(count))["totalItems"]
    gone = await busy_shop.one("mutation($i:ID!){deleteProductVariant(id:$i){result message}}", i=str(variant.id))
    assert gone == {"result": "DELETED", "message": None}
    assert (await busy_shop.one(count))["totalItems"] == before - 1
    assert await busy_shop.one("query($i:ID!){productVariant(id:$i){id}}", i=str(variant.id)) is None
    lines = await busy_shop.one("query($i:ID!){order(id:$i){lines{productVariant{sku}}}}", i=str(order.id))
    assert variant.sku in [one["productVariant"]["sku"] for one in lines["lines"]]


@pytest.mark.parametrize("number", ["99999", "x", ""])
async def test_what_is_not_there_is_null(shop: Caller, number: str) -> None:
    query = "query($i:ID!){order(id:$i){id} productVariant(id:$i){id} product(id:$i){id} customer(id:$i){id}}"
    assert set((await shop.ask(query, i=number)).values()) == {None}


async def test_times_have_milliseconds_or_whole_seconds_by_the_database(open_shop: Opener) -> None:
    at = datetime(2026, 3, 2, 10, 0, 0, 123456, tzinfo=UTC)
    for whole, shown in ((True, "2026-03-02T10:00:00.000Z"), (False, "2026-03-02T10:00:00.123Z")):
        settings = replace((await open_shop()).world.settings, whole_seconds=whole)
        shop = await open_shop(settings=settings, now=lambda: at)
        await shop.sign_in("superadmin")
        [code] = await shop.world.place_orders(1, 1)
        told = await shop.one("{orders{items{code createdAt updatedAt orderPlacedAt}}}")
        [row] = told["items"]
        assert row == {
            "code": code,
            "createdAt": shown,
            "updatedAt": shown,
            "orderPlacedAt": "2026-03-02T10:00:00.123Z",
        }


async def test_a_look_that_lags_does_not_see_what_is_new(shop: Caller) -> None:
    await shop.world.place_orders(1, 1)
    await shop.sim("fault", kind="lagging_look", count=1, seconds=60)
    assert await codes(shop) == []
    assert len(await codes(shop)) == 1


async def test_texts_come_in_the_language_that_is_asked_for(shop: Caller) -> None:
    told = [
        {"languageCode": "en", "name": "Mug", "slug": "mug"},
        {"languageCode": "de", "name": "Becher", "slug": "becher"},
    ]
    made = await shop.one("mutation($i:CreateProductInput!){createProduct(input:$i){id}}", i={"translations": told})
    query = {"query": "query($i:ID!){product(id:$i){name languageCode slug}}", "variables": {"i": made["id"]}}
    german = (await shop.post(query, "/admin-api?languageCode=de")).body["data"]["product"]
    assert german == {"name": "Becher", "languageCode": "de", "slug": "becher"}
    assert (await shop.post(query)).body["data"]["product"]["name"] == "Mug"

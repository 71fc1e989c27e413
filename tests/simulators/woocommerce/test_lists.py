"""Lists: pages by number, exclusive bounds, site time, orders of sorting, fields, refusals."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from isthmus.simulators.woocommerce import amendments
from tests.simulators.woocommerce.conftest import FAST, V3, Caller, Opener

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


class Clock:
    """Time that moves only by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def three(open_shop: Opener, clock: Clock) -> Caller:
    """Return a shop with three orders, a minute apart, the first at noon UTC (2 pm in Berlin)."""
    shop = await open_shop(now=clock)
    for _ in range(3):
        await shop.world.place_orders(1, seed=1)
        clock.now += timedelta(minutes=1)
    return shop


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [row["id"] for row in rows]


@pytest.mark.parametrize(("count", "pages"), [(0, 0), (1, 1), (9, 1), (10, 1), (11, 2), (20, 2)])
async def test_pages_are_counted(shop: Caller, count: int, pages: int) -> None:
    await shop.world.place_orders(count, seed=1)
    answer = await shop.send("GET", f"{V3}/orders")
    assert (answer.headers["X-WP-Total"], answer.headers["X-WP-TotalPages"]) == (str(count), str(pages))
    assert len(answer.body) == min(count, 10)
    assert ('rel="next"' in answer.headers.get("Link", "")) == (pages > 1)
    beyond = await shop.send("GET", f"{V3}/orders?page={pages + 1}")
    assert (beyond.status, beyond.body) == (200, [])


async def test_the_link_leads_to_the_next_page_and_back(shop: Caller) -> None:
    await shop.world.place_orders(25, seed=1)
    answer = await shop.send("GET", f"{V3}/orders?page=2&orderby=id")
    links = dict(part[1:].split('>; rel="') for part in answer.headers["Link"].split(", "))
    found = {name.rstrip('"'): url.removeprefix(shop.base) for url, name in links.items()}
    assert set(found) == {"prev", "next"}
    rows = [ids((await shop.send("GET", found[name])).body) for name in ("prev", "next")]
    assert sorted([*rows[0], *ids(answer.body), *rows[1]]) == sorted(shop.world.shop.orders)


async def test_bounds_are_exclusive_and_in_site_time_unless_told(three: Caller) -> None:
    first, second, third = sorted(three.world.shop.orders)
    gmt = {"dates_are_gmt": "true", "orderby": "id", "order": "asc"}
    assert ids(await three.get("/orders", after="2026-07-01T12:00:00", **gmt)) == [second, third]
    assert ids(await three.get("/orders", before="2026-07-01T12:02:00", **gmt)) == [first, second]
    # The site is two hours ahead of UTC.
    assert ids(await three.get("/orders", after="2026-07-01T14:00:00", orderby="id")) == [third, second]
    assert ids(await three.get("/orders", after="2026-07-01T14:01:30Z", orderby="id")) == []


async def test_a_change_moves_the_date_of_change_and_not_of_creation(three: Caller, clock: Clock) -> None:
    first, second, third = sorted(three.world.shop.orders)
    await three.put(f"/orders/{first}", customer_note="Ring twice")
    asked = {"dates_are_gmt": "true", "orderby": "modified", "order": "asc"}
    assert ids(await three.get("/orders", modified_after="2026-07-01T12:00:30", **asked)) == [second, third, first]
    assert ids(await three.get("/orders", after="2026-07-01T12:00:30", **asked)) == [second, third]
    row = await three.get(f"/orders/{first}")
    assert (row["date_modified"], row["date_modified_gmt"]) == ("2026-07-01T14:03:00", "2026-07-01T12:03:00")
    assert clock.now == NOON + timedelta(minutes=3)


async def test_times_are_whole_seconds_without_a_zone(shop: Caller) -> None:
    await shop.world.place_orders(1, seed=1)
    [row] = await shop.get("/orders")
    for name in ("date_created", "date_created_gmt", "date_modified", "date_modified_gmt"):
        assert datetime.fromisoformat(row[name]).tzinfo is None
        assert len(row[name]) == len("2026-07-01T12:00:00")


async def test_records_of_one_second_come_in_no_promised_order(open_shop: Opener, clock: Clock) -> None:
    shop = await open_shop(now=clock)
    await shop.world.place_orders(20, seed=1)
    rows = ids(await shop.get("/orders", orderby="modified", order="asc", per_page=100))
    assert rows != sorted(rows)
    assert sorted(rows) == sorted(shop.world.shop.orders)
    pages = [
        ids(await shop.get("/orders", orderby="modified", order="asc", per_page=5, page=one)) for one in range(1, 5)
    ]
    assert [one for page in pages for one in page] == rows


async def test_any_status_leaves_out_the_trash(three: Caller) -> None:
    first, *others = sorted(three.world.shop.orders)
    assert (await three.send("DELETE", f"{V3}/orders/{first}")).body["status"] == "trash"
    assert sorted(ids(await three.get("/orders", status="any"))) == others
    assert ids(await three.get("/orders", status="trash")) == [first]
    assert sorted(ids(await three.get("/orders", status="any,trash"))) == others  # `any` wins
    assert sorted(ids(await three.get("/orders", status="trash,processing,on-hold"))) == [first, *others]


async def test_drafts_of_the_checkout_are_hidden_among_the_posts(open_shop: Opener) -> None:
    found: list[int] = []
    for hpos in (True, False):
        shop = await open_shop(settings=replace(FAST, hpos=hpos))
        await shop.post("/orders", status="checkout-draft")
        found.append(len(await shop.get("/orders")))
    assert found == [1, 0]


async def test_fields_trim_an_answer(three: Caller) -> None:
    rows = await three.get("/orders", _fields="id,billing.email,line_items")
    assert {*rows[0]} == {"id", "billing", "line_items"}
    assert {*rows[0]["billing"]} == {"email"}
    assert "sku" in rows[0]["line_items"][0]


async def test_search_looks_at_fewer_fields_in_tables_of_its_own(open_shop: Opener) -> None:
    found: list[int] = []
    for hpos in (True, False):
        shop = await open_shop(settings=replace(FAST, hpos=hpos))
        made = await shop.post("/orders", billing={"address_1": "7 Hidden Lane", "email": "g@example.com"})
        assert ids(await shop.get("/orders", search="g@example.com")) == [made["id"]]
        found.append(len(await shop.get("/orders", search="Hidden Lane")))
    assert found == [0, 1]


async def test_free_fields_cannot_be_searched(shop: Caller) -> None:
    await shop.post("/orders", meta_data=[{"key": "_erp_order_id", "value": "SO-77"}])
    assert await shop.get("/orders", search="SO-77") == []
    assert len(await shop.get("/orders", meta_key="_erp_order_id", meta_value="SO-99")) == 1  # ignored, as it is there
    ignored = shop.world.meter()["ignored"]
    assert ignored == {"orders.list: meta_key": 1, "orders.list: meta_value": 1}


@pytest.mark.parametrize(
    ("query", "name", "why"),
    [
        ("per_page=101", "per_page", "per_page must be between 1 (inclusive) and 100 (inclusive)"),
        ("per_page=0", "per_page", "per_page must be between 1 (inclusive) and 100 (inclusive)"),
        ("page=0", "page", "page must be greater than or equal to 1"),
        ("page=first", "page", "page is not of type integer."),
        ("order=up", "order", "order is not one of asc, and desc."),
        ("status=sent", "status", "status[0] is not one of"),
        ("modified_after=yesterday", "modified_after", "Invalid date."),
        ("modified_after=2026-02-30T00:00:00", "modified_after", "Invalid date."),
        ("dates_are_gmt=perhaps", "dates_are_gmt", "dates_are_gmt is not of type boolean."),
    ],
)
async def test_a_wrong_value_is_refused_by_name(shop: Caller, query: str, name: str, why: str) -> None:
    answer = await shop.send("GET", f"{V3}/orders?{query}")
    assert (answer.status, answer.body["code"]) == (400, "rest_invalid_param")
    assert list(answer.body["data"]["params"]) == [name]
    assert answer.body["data"]["params"][name].startswith(why)


async def test_some_shops_show_nothing_without_a_date(open_shop: Opener) -> None:
    shop = await open_shop(settings=replace(FAST, undated_orders_empty=True))
    await shop.world.place_orders(1, seed=1)
    assert await shop.get("/orders") == []
    assert len(await shop.get("/orders", modified_after="2020-01-01T00:00:00")) == 1


@pytest.mark.parametrize("path", ["/order", "/orders/one", "/orders/1/parcels", "/orders/1/fulfillments"])
async def test_nobody_serves_other_paths(shop: Caller, path: str) -> None:
    assert await shop.refused("GET", path) == (404, "rest_no_route")


async def test_pages_of_the_site_are_no_json(shop: Caller) -> None:
    answer = await shop.send("GET", "/shop/cart")
    assert (answer.status, answer.body) == (404, None)
    assert answer.text.startswith("<!DOCTYPE html>")


async def test_customers_have_no_filter_on_changes(busy_shop: Caller) -> None:
    everybody = await busy_shop.get("/customers", per_page=100, modified_after="2099-01-01T00:00:00")
    assert len(everybody) == 68
    assert await busy_shop.refused("GET", "/customers?orderby=modified") == (400, "rest_invalid_param")
    emails = {row["email"] for row in everybody}
    assert not any(email.startswith("guest") for email in emails)


async def test_the_same_answer_is_put_in_php_json(shop: Caller) -> None:
    answer = await shop.send("GET", f"{V3}/products?per_page=1")
    assert "http:\\/\\/" in answer.text
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"


async def test_a_cancelled_order_is_a_change(three: Caller, clock: Clock) -> None:
    first = min(three.world.shop.orders)
    clock.now += timedelta(minutes=5)
    amendments.cancel(three.world.shop, three.world.shop.orders[first])
    asked = {"modified_after": "2026-07-01T12:05:00", "dates_are_gmt": "true"}
    [row] = await three.get("/orders", **asked)
    assert (row["id"], row["status"]) == (first, "cancelled")


async def test_a_look_may_lag_behind(shop: Caller) -> None:
    await shop.world.place_orders(1, seed=1)
    await shop.sim("fault", kind="lagging_look", count=1, match="orders.list", seconds=60)
    assert await shop.get("/orders") == []
    assert len(await shop.get("/orders")) == 1


async def test_a_plugin_may_number_orders(open_shop: Opener) -> None:
    shop = await open_shop(settings=replace(FAST, number_prefix="W-"))
    [number] = await shop.world.place_orders(1, seed=1)
    [row] = await shop.get("/orders", search=number)
    assert row["number"] == number == f"W-{row['id']}"
    assert await shop.sim("cancel", reference=number) == {"done": True}

"""Listings: pages without gaps, and a search language with its traps."""

from typing import Any

import pytest

from isthmus.simulators.shopify.search import Group, Term, parse

PAGE = """query($first: Int, $after: String, $q: String, $reverse: Boolean) {
  orders(first: $first, after: $after, query: $q, sortKey: UPDATED_AT, reverse: $reverse) {
    nodes { id name updatedAt } pageInfo { hasNextPage endCursor } } }"""


async def every(shop: Any, first: int, q: str = "", *, reverse: bool = False) -> list[list[dict[str, Any]]]:
    pages, after = [], None
    while True:
        orders = (await shop.data(PAGE, first=first, after=after, q=q, reverse=reverse))["orders"]
        pages.append(orders["nodes"])
        if not orders["pageInfo"]["hasNextPage"]:
            return pages
        after = orders["pageInfo"]["endCursor"]


@pytest.mark.parametrize(
    ("placed", "first", "sizes"),
    [
        pytest.param(0, 3, [0], id="none"),
        pytest.param(1, 3, [1], id="one"),
        pytest.param(6, 3, [3, 3], id="exact-multiple"),
        pytest.param(7, 3, [3, 3, 1], id="remainder"),
    ],
)
async def test_pages_have_no_gap_and_no_repeat(shop: Any, placed: int, first: int, sizes: list[int]) -> None:
    names = await shop.world.place_orders(placed, seed=1)
    pages = await every(shop, first)
    assert [len(page) for page in pages] == sizes
    assert sorted(order["name"] for page in pages for order in page) == sorted(names)


@pytest.mark.parametrize("reverse", [False, True])
async def test_delta_is_sorted_by_change_in_either_direction(busy_shop: Any, *, reverse: bool) -> None:
    pages = await every(busy_shop, 100, reverse=reverse)
    times = [order["updatedAt"] for page in pages for order in page]
    assert len(times) == 500
    assert times == sorted(times, reverse=reverse)
    assert times[0].endswith("Z")


async def test_an_order_changed_between_pages_moves_to_the_end_and_is_not_lost(busy_shop: Any) -> None:
    first = (await busy_shop.data(PAGE, first=100))["orders"]
    moved = first["nodes"][0]["name"]
    late = (await busy_shop.data(PAGE, first=250, after=first["pageInfo"]["endCursor"]))["orders"]["nodes"][-1]["name"]
    busy_shop.world.edit(late, busy_shop.world.shop.order(late).line_items[0].sku, 9)
    pages = await every(busy_shop, 100)
    names = [order["name"] for page in pages for order in page]
    assert len(set(names)) == 500
    assert names[-1] == late
    assert moved in names


async def test_updated_at_is_inclusive_to_the_second(busy_shop: Any) -> None:
    when = (await busy_shop.data(PAGE, first=250))["orders"]["nodes"][200]["updatedAt"]
    at = [order["updatedAt"] for page in await every(busy_shop, 250, f"updated_at:>='{when}'") for order in page]
    after = [order["updatedAt"] for page in await every(busy_shop, 250, f"updated_at:>'{when}'") for order in page]
    assert min(at) == when
    assert min(after) > when
    assert len(at) > len(after)


@pytest.mark.parametrize(
    ("q", "count"),
    [
        pytest.param("name:#1001", 1, id="name"),
        pytest.param("name:1001 OR name:1002", 2, id="or"),
        pytest.param("status:cancelled", 1, id="status"),
        pytest.param("-status:cancelled", 499, id="not"),
        pytest.param("NOT status:cancelled", 499, id="not-word"),
        pytest.param("test:true", 1, id="flag"),
        pytest.param("(name:1001 OR name:1002) AND name:1002", 1, id="brackets"),
        pytest.param('name:"#1003"', 1, id="double-quotes"),
    ],
)
async def test_filters(busy_shop: Any, q: str, count: int) -> None:
    assert (await busy_shop.data("query($q: String) { ordersCount(query: $q) { count } }", q=q)) == {
        "ordersCount": {"count": count}
    }


async def test_an_unknown_filter_is_ignored_with_a_warning(busy_shop: Any) -> None:
    body = await busy_shop.ask('{ orders(first: 5, query: "colour:red") { nodes { id } } }')
    assert len(body["data"]["orders"]["nodes"]) == 5
    [search] = body["extensions"]["search"]
    assert search["path"] == ["orders"]
    assert search["warnings"] == [
        {"field": "colour", "message": "Invalid search field for this query.", "code": "invalid_field"}
    ]


async def test_a_time_without_quotes_breaks_at_its_colons(busy_shop: Any) -> None:
    body = await busy_shop.ask('{ orders(first: 5, query: "updated_at:>=2020-01-01T00:00:00Z") { nodes { id } } }')
    [search] = body["extensions"]["search"]
    assert [warning["field"] for warning in search["warnings"]] == ["00"]
    quoted = await busy_shop.ask(
        """{ orders(first: 5, query: "updated_at:>='2020-01-01T00:00:00Z'") { nodes { id } } }"""
    )
    assert "search" not in quoted["extensions"]


def test_values_are_unquoted_and_unescaped() -> None:
    assert parse(r"sku:'a \'b\' c'") == Term("sku", "", "a 'b' c")
    assert parse("a:1 b:>=2") == Group("and", (Term("a", "", "1"), Term("b", ">=", "2")))
    assert parse("  ") is None


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("", "BAD_REQUEST"),
        ("(first: 1, last: 1)", "BAD_REQUEST"),
        ("(first: 251)", "BAD_REQUEST"),
        ('(first: 1, after: "rubbish")', "BAD_REQUEST"),
    ],
)
async def test_pages_that_cannot_be_had(shop: Any, arguments: str, code: str) -> None:
    body = await shop.ask(f"{{ orders{arguments} {{ nodes {{ id }} }} }}")
    assert body["data"] is None
    assert body["errors"][0]["extensions"]["code"] == code


async def test_last_reads_from_the_end(busy_shop: Any) -> None:
    query = "{ orders(last: 2, sortKey: ID) { nodes { name } pageInfo { hasPreviousPage hasNextPage } } }"
    orders = (await busy_shop.data(query))["orders"]
    assert [order["name"] for order in orders["nodes"]] == ["#1499", "#1500"]
    assert orders["pageInfo"] == {"hasPreviousPage": True, "hasNextPage": False}


async def test_inner_connections_page_too(busy_shop: Any) -> None:
    order = max(busy_shop.world.shop.orders.values(), key=lambda one: len(one.line_items))
    query = """query($id: ID!, $after: String) { order(id: $id) {
      lineItems(first: 2, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } }"""
    seen, after = [], None
    while True:
        lines = (await busy_shop.data(query, id=order.id, after=after))["order"]["lineItems"]
        seen += [line["id"] for line in lines["nodes"]]
        if not lines["pageInfo"]["hasNextPage"]:
            break
        after = lines["pageInfo"]["endCursor"]
    assert seen == [line.id for line in order.line_items]


async def test_a_location_pages_through_its_levels(shop: Any) -> None:
    query = """query($id: ID!, $after: String) { location(id: $id) { inventoryLevels(first: 90, after: $after) {
      nodes { id item { sku } quantities(names: ["available", "on_hand"]) { name quantity } }
      pageInfo { hasNextPage endCursor } } } }"""
    place = next(iter(shop.world.shop.locations))
    skus, after = [], None
    while True:
        levels = (await shop.data(query, id=place, after=after))["location"]["inventoryLevels"]
        skus += [level["item"]["sku"] for level in levels["nodes"]]
        if not levels["pageInfo"]["hasNextPage"]:
            break
        after = levels["pageInfo"]["endCursor"]
    assert len(skus) == len(set(skus)) == 200

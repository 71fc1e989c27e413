"""Metering: what a query costs, and what happens to those who ask too much."""

from typing import Any

import pytest

from isthmus.simulators.shopify.bucket import Bucket
from isthmus.simulators.shopify.settings import Settings


@pytest.mark.parametrize(
    ("query", "requested", "actual"),
    [
        # The figures of the first two come from live shops (sources in cost.py).
        pytest.param('{ product(id: "gid://shopify/Product/1") { variants(first: 250) { nodes { inventoryItem { id tracked } } } } }', 25, 1, id="nested-connection"),  # noqa: E501 - the query of the source
        pytest.param("{ products(first: 1) { edges { node { title } } } }", 3, 3, id="one-product"),
        pytest.param("{ shop { name currencyCode } }", 1, 1, id="scalars-are-free"),
        pytest.param("{ orders(first: 250) { nodes { id } pageInfo { hasNextPage } } }", 13, 2, id="nothing-found"),
    ],
)  # fmt: skip
async def test_cost_before_and_after(shop: Any, query: str, requested: int, actual: int) -> None:
    cost = (await shop.ask(query))["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (requested, actual)
    assert set(cost["throttleStatus"]) == {"maximumAvailable", "currentlyAvailable", "restoreRate"}


async def test_a_mutation_costs_ten(shop: Any) -> None:
    body = await shop.ask(
        'mutation { tagsAdd(id: "gid://shopify/Order/1", tags: ["a"]) { userErrors { field message } } }'
    )
    assert body["extensions"]["cost"]["requestedQueryCost"] == 10


async def test_one_query_may_not_cost_over_a_thousand(shop: Any) -> None:
    deep = "{ orders(first: 250) { nodes { lineItems(first: 250) { nodes { variant { product { variants(first: 250) { nodes { id } } } } } } } } }"  # noqa: E501
    body = await shop.ask(deep)
    assert "data" not in body
    assert body["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert body["errors"][0]["extensions"]["maxCost"] == 1000
    assert body["errors"][0]["message"].startswith("Query cost is ")


async def test_an_empty_bucket_throttles_at_200_and_runs_nothing(open_shop: Any) -> None:
    shop = await open_shop(settings=Settings(restore_per_s=0.001, bucket_size=15))
    mutation = 'mutation { tagsAdd(id: "gid://shopify/Order/1", tags: ["a"]) { userErrors { message } } }'
    assert "data" in await shop.ask(mutation)
    body = await shop.ask(mutation)
    assert "data" not in body
    assert body["errors"] == [
        {
            "message": "Throttled",
            "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"},
        }
    ]
    cost = body["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (10, None)
    assert cost["throttleStatus"]["currentlyAvailable"] == 5
    assert shop.world.meter()["throttled"] == 1


def test_the_bucket_refills_with_time_and_takes_back_what_was_not_used() -> None:
    now = [0.0]
    bucket = Bucket(100.0, 2000.0, clock=lambda: now[0])
    assert bucket.take(1500)
    assert not bucket.take(501)
    bucket.give_back(300)
    assert bucket.available == 800
    now[0] = 5.0
    assert bucket.available == 1300
    now[0] = 100.0
    assert bucket.available == 2000


async def test_another_plan_meters_from_now_on(shop: Any) -> None:
    mutation = 'mutation { tagsAdd(id: "gid://shopify/Order/1", tags: ["a"]) { userErrors { message } } }'
    assert await shop.sim("plan", restore=0.001, bucket=25) == {"done": True}
    status = (await shop.ask(mutation))["extensions"]["cost"]["throttleStatus"]
    assert status == {"maximumAvailable": 25, "currentlyAvailable": 15, "restoreRate": 0.001}
    assert (await shop.sim("plan", restore=0, bucket=25))["error"].endswith("let nothing through")
    answer = await shop.http.get(f"{shop.base}/__sim/meter")
    assert (await answer.json())["points"] == {"tagsAdd": 10}


async def test_the_injected_throttle_comes_with_and_without_a_hint(shop: Any) -> None:
    await shop.sim("fault", kind="throttle", count=1)
    body = await shop.ask("{ shop { name } }")
    assert body["errors"][0]["extensions"]["code"] == "THROTTLED"
    await shop.sim("fault", kind="throttle_no_hint", count=1)
    bare = await shop.post("/admin/api/2026-07/graphql.json", json={"query": "{ shop { name } }"})
    assert bare.status == 429
    assert "Retry-After" not in bare.headers

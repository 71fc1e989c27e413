"""Faults on the wire: before the effect nothing happened, after it everything did."""

from typing import Any

import aiohttp
import pytest

from isthmus.simulators.faults import BadFault, Faults

TAG = 'mutation($id: ID!) { tagsAdd(id: $id, tags: ["seen"]) { userErrors { message } } }'


async def order(shop: Any) -> Any:
    [name] = await shop.world.place_orders(1, seed=1)
    found = shop.world.shop.order(name)
    found.tags = []
    return found


@pytest.mark.parametrize("kind", ["commit_then_drop", "truncate"])
async def test_the_effect_stays_when_only_the_answer_is_lost(shop: Any, kind: str) -> None:
    placed = await order(shop)
    await shop.sim("fault", kind=kind, count=1, match="tagsAdd")
    with pytest.raises(aiohttp.ClientError):
        await shop.ask(TAG, id=placed.id)
    assert placed.tags == ["seen"]


@pytest.mark.parametrize("kind", ["reset", "status_500", "status_503", "html", "wrong_type"])
async def test_nothing_happened_when_it_failed_before(shop: Any, kind: str) -> None:
    placed = await order(shop)
    await shop.sim("fault", kind=kind, count=1, match="tagsAdd")
    try:
        answer = await shop.post("/admin/api/2026-07/graphql.json", json={"query": TAG, "variables": {"id": placed.id}})
        assert answer.status in {200, 500, 503}
    except aiohttp.ClientError:
        assert kind == "reset"
    assert placed.tags == []


async def test_a_fault_strikes_only_what_it_matches(shop: Any) -> None:
    await shop.sim("fault", kind="status_500", count=1, match="inventorySetQuantities")
    assert "data" in await shop.ask("{ shop { name } }")


async def test_calls_are_counted_by_root_field(shop: Any) -> None:
    await shop.ask("query Anything { a: shop { name } locations(first: 1) { nodes { id } } }")
    async with shop.http.get(f"{shop.base}/__sim/state") as answer:
        state = await answer.json()
    assert state["calls"] == {"shop+locations": 1}


def test_with_the_same_seed_a_rate_strikes_the_same_calls() -> None:
    faults = Faults()

    def struck(seed: int) -> list[int]:
        faults.set({"kind": "reset", "rate": 0.5, "seed": seed})
        return [number for number in range(20) if faults.draw("orders")]

    first = struck(3)
    assert struck(4) != first
    assert struck(3) == first
    with pytest.raises(BadFault, match="'seed' must be a whole number"):
        faults.set({"kind": "reset", "rate": 0.5, "seed": "three"})

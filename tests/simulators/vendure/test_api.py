"""The double does what the vendor's pages say; nobody here knows our connector."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from isthmus.simulators.stage import serve, stage
from isthmus.simulators.vendure import SIMULATOR, VendureWorld

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@dataclass
class Caller:
    """Somebody with a token, and the hands of this system's clock."""

    base: str
    http: aiohttp.ClientSession
    world: VendureWorld

    async def ask(self, path: str, token: str = "demo-token", **asked: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.http.get(f"{self.base}/api/v1/{path}", params=asked, headers=headers) as answer:
            return answer.status, await answer.json()

    async def sim(self, path: str, **wish: Any) -> tuple[int, Any]:
        async with self.http.post(f"{self.base}/__sim/{path}", json=wish) as answer:
            return answer.status, await answer.json() if answer.content_type == "application/json" else {}


class Hands:
    """A clock a test sets."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def count(self) -> float:
        return self.seconds


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
async def caller(hands: Hands) -> AsyncIterator[Caller]:
    world = VendureWorld("demo", now=lambda: NOW, seconds=hands.count)
    runner = await serve(stage(world), 0)
    async with aiohttp.ClientSession() as http:
        yield Caller(f"http://127.0.0.1:{runner.addresses[0][1]}", http, world)
    await runner.cleanup()


async def test_the_account_is_told_to_whom_has_a_token_only(caller: Caller) -> None:
    assert (await caller.ask("account"))[1]["currency"] == "EUR"
    for token in ("", "guess"):
        status, body = await caller.ask("account", token=token)
        assert (status, body["error"]["code"]) == (401, "unauthorized")


async def test_the_list_is_cut_in_pages_that_miss_and_repeat_nothing(caller: Caller) -> None:
    seen: list[int] = []
    asked: dict[str, str] = {"limit": "7"}
    while True:
        _, body = await caller.ask("variants", **asked)
        seen += [one["id"] for one in body["variants"]]
        if body["next"] is None:
            break
        asked["after"] = body["next"]
    assert seen == list(range(1, 31))
    assert (await caller.ask("variants", limit="30"))[1]["next"] is None


async def test_a_deleted_item_is_shown_to_whom_asks_for_changes(caller: Caller) -> None:
    assert (await caller.sim("remove", sku="ITEM-0003"))[0] == 200
    since = NOW.isoformat()
    _, everything = await caller.ask("variants", limit="100")
    _, changed = await caller.ask("variants", limit="100", updated_since=since)
    assert 3 not in [one["id"] for one in everything["variants"]]
    assert [one["id"] for one in changed["variants"] if one["deleted_at"]] == [3]


async def test_items_are_named_by_id_and_by_sku(caller: Caller) -> None:
    _, by_id = await caller.ask("variants", ids="3,5,999")
    _, by_sku = await caller.ask("variants", sku="ITEM-0004")
    assert [one["id"] for one in by_id["variants"]] == [3, 5]
    assert [one["id"] for one in by_sku["variants"]] == [4]


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "ten"},
        {"after": "x"},
        {"updated_since": "yesterday"},
        {"updated_since": "2026-03-02T10:00:00"},
        {"ids": ",".join(map(str, range(101)))},
        {"page": "2"},
    ],
    ids=str,
)
async def test_what_the_pages_do_not_offer_is_refused(caller: Caller, asked: dict[str, str]) -> None:
    status, body = await caller.ask("variants", **asked)
    assert (status, body["error"]["code"]) == (400, "bad_request")


async def test_who_calls_too_often_is_told_when_to_come_back(caller: Caller, hands: Hands) -> None:
    told = [(await caller.ask("account"))[0] for _ in range(41)]
    assert told == [200] * 40 + [429]
    assert caller.world.meter() == {"throttled": 1}
    hands.seconds = 0.1
    assert (await caller.ask("account"))[0] == 200


async def test_a_token_that_expires_is_refused_once_and_a_revoked_one_for_good(caller: Caller) -> None:
    await caller.sim("fault", kind="expire_auth", count=1)
    assert [(await caller.ask("account"))[0] for _ in range(2)] == [401, 200]
    caller.world.gateway.revoke()
    assert [(await caller.ask("account"))[0] for _ in range(2)] == [401, 401]


async def test_people_make_change_and_remove_items(caller: Caller) -> None:
    await caller.sim("variant", sku="NEW", name="New", price="1.00")
    await caller.sim("variant", sku="NEW", name="Newer", price="2.00")
    _, body = await caller.ask("variants", sku="NEW")
    assert [(one["name"], one["price"]) for one in body["variants"]] == [("Newer", "2.00")]
    assert caller.world.truth()["variants"][-1]["sku"] == "NEW"
    assert (await caller.sim("remove", sku="NOBODY"))[0] == 400
    await caller.sim("reset")
    assert len(caller.world.truth()["variants"]) == 30


async def test_damage_leaves_no_trace(caller: Caller) -> None:
    await caller.sim("damage", kind="alter_price", sku="ITEM-0001", price="9.99")
    await caller.sim("damage", kind="lose_variant", sku="ITEM-0002")
    one, two = await caller.ask("variants", sku="ITEM-0001"), await caller.ask("variants", sku="ITEM-0002")
    assert (one[1]["variants"][0]["price"], two[1]["variants"]) == ("9.99", [])
    assert (await caller.sim("damage", kind="lose_variant", sku="ITEM-0002"))[0] == 400
    assert (await caller.sim("damage", kind="fire"))[0] == 400


async def test_a_list_that_lags_does_not_show_what_is_new(caller: Caller) -> None:
    await caller.sim("fault", kind="lagging_look", count=1, seconds=5)
    assert (await caller.ask("variants"))[1]["variants"] == []
    assert (await caller.ask("variants"))[1]["variants"] != []


async def test_orders_are_refused_and_not_forgotten(caller: Caller) -> None:
    assert (await caller.sim("orders", count=3))[0] == 501


def test_an_unknown_seed_is_refused() -> None:
    assert SIMULATOR.build(None, "http://127.0.0.1:1").truth()["variants"]
    with pytest.raises(ValueError, match="unknown seed"):
        SIMULATOR.build("forest", None)

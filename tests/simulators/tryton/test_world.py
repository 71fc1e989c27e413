"""What a test can do to the simulated Tryton from outside, and what it is told."""

from typing import Any

import pytest
from aiohttp import ClientConnectionError

from isthmus.simulators.tryton import SIMULATOR, TrytonWorld
from tests.simulators.tryton.caller import Caller, Refused, Turned


async def control(tryton: Caller, name: str, body: Any = None) -> Any:
    """Ask or tell the stage something."""
    verb = "GET" if body is None else "POST"
    return await (await tryton.session.request(verb, f"{tryton.root}/__sim/{name}", json=body)).json()


async def test_the_demonstration_sells_what_the_shop_does() -> None:
    stock = SIMULATOR.build("demo", None).truth()["stock"]
    assert (len(stock), stock["LAMP-0001"].keys()) == (200, {"WH", "EAST"})
    with pytest.raises(ValueError, match="unknown seed"):
        SIMULATOR.build("zork", None)


async def test_calls_are_named_counted_and_can_be_made_to_fail(tryton: Caller) -> None:
    await tryton.enter()
    await control(tryton, "fault", {"kind": "status_503", "count": 1, "match": "party.party.search_read"})
    with pytest.raises(Turned) as down:
        await tryton.find("party.party", [])
    assert down.value.status == 503
    assert await tryton.find("party.party", [])
    meter = await control(tryton, "meter")
    assert (meter["calls"]["party.party.search_read"], meter["calls"]["common.db.login"]) == (2, 1)
    assert meter["faults"] == {"status_503": 1}


async def test_expired_sessions_make_callers_log_in_again(tryton: Caller) -> None:
    await tryton.enter()
    await control(tryton, "fault", {"kind": "expire_auth", "count": 1})
    with pytest.raises(Turned) as expired:
        await tryton.find("party.party", [])
    assert expired.value.status == 401
    await tryton.enter()
    assert await tryton.find("party.party", [])


async def test_a_look_up_that_lags_does_not_show_what_is_new(tryton: Caller) -> None:
    await tryton.make("party.party", name="New", code="NEW")
    lag = {"kind": "lagging_look", "count": 1, "match": "search", "seconds": 60}
    await control(tryton, "fault", lag)
    assert await tryton("model.party.party.search", [["code", "=", "NEW"]], 0, None, None) == []
    assert len(await tryton("model.party.party.search", [["code", "=", "NEW"]], 0, None, None)) == 1


async def test_what_is_committed_stays_although_the_answer_is_lost(tryton: Caller) -> None:
    await tryton.enter()
    await control(tryton, "fault", {"kind": "commit_then_drop", "count": 1, "match": "party.party.create"})
    with pytest.raises(ClientConnectionError):
        await tryton.make("party.party", name="New", code="NEW")
    assert len(await tryton.find("party.party", [["code", "=", "NEW"]])) == 1


async def test_staff_sell_counts_and_a_reset(tryton: Caller, world: TrytonWorld) -> None:
    placed = await control(tryton, "orders", {"count": 3, "seed": 1})
    assert (placed["placed"], placed["references"]) == (3, ["1", "2", "3"])
    state = await control(tryton, "state")
    assert [order["status"] for order in state["orders"]] == ["processing"] * 3
    assert await control(tryton, "stock", {"sku": "LAMP-0001", "place": "WH", "quantity": 12})
    before = world.truth()["stock"]
    assert (await control(tryton, "recount", {"seed": 1}))["counted"] == 20
    after = world.truth()["stock"]
    assert all(after[sku][place] != before[sku][place] for sku in before for place in before[sku])
    assert "error" in await control(tryton, "stock", {"sku": "ZORK", "place": "WH", "quantity": 12})
    await control(tryton, "reset", {})
    assert (await control(tryton, "state"))["orders"] == []
    with pytest.raises(Turned):  # its session went with it
        await tryton.rpc({"id": 1, "method": "x.y.z", "params": [{}]}, Authorization="Session YTozOmI=")


async def test_the_history_shows_what_a_sale_held_after_each_write(tryton: Caller) -> None:
    sale = await tryton.sale(await tryton.line("LAMP-0001", 3, "10"), reference="WEB-1")
    await tryton.sold(sale)
    (told,) = (await control(tryton, "history"))["orders"]
    assert (told["reference"], [moment["status"] for moment in told["moments"]]) == (
        "WEB-1",
        ["draft", "quotation", "processing"],
    )
    assert told["moments"][0]["lines"] == {"LAMP-0001": 3}


async def test_damage_leaves_no_trace(tryton: Caller, world: TrytonWorld) -> None:
    buyer = await tryton.buyer(code="C-1", name="Buyer 1")
    sale = await tryton.sale(await tryton.line("LAMP-0001", 3, "10"), reference="WEB-1", party=buyer)
    await tryton.sold(sale)
    written = (await tryton.read("sale.sale", sale, "last_modified_at"))["last_modified_at"]
    stock = world.truth()["stock"]["LAMP-0001"]["WH"]

    async def order(reference: str) -> list[dict[str, Any]]:
        return [one for one in world.truth()["orders"] if one["reference"] == reference]

    await control(tryton, "damage", {"kind": "alter_order", "reference": "WEB-1"})
    assert ((await order("WEB-1"))[0]["lines"][0]["quantity"], (await order("WEB-1"))[0]["total"]) == (4, "40.00")
    await control(tryton, "damage", {"kind": "alter_order", "reference": "WEB-1", "what": "state"})
    assert (await order("WEB-1"))[0]["status"] == "cancelled"
    assert (await tryton.read("sale.sale", sale, "last_modified_at"))["last_modified_at"] == written
    await control(tryton, "damage", {"kind": "double_order", "reference": "WEB-1"})
    await control(tryton, "damage", {"kind": "strange_order", "reference": "WEB-1", "as": "X-9", "origin": "elsewhere"})
    assert (len(await order("WEB-1")), len(await order("X-9"))) == (2, 1)
    for _ in range(2):
        await control(tryton, "damage", {"kind": "lose_order", "reference": "WEB-1"})
    assert await order("WEB-1") == []
    await control(tryton, "damage", {"kind": "miscount", "sku": "LAMP-0001", "place": "WH", "by": 5})
    assert world.truth()["stock"]["LAMP-0001"]["WH"] == stock + 5
    await control(tryton, "damage", {"kind": "double_contact", "ref": "C-1"})
    await control(tryton, "damage", {"kind": "strange_contact", "ref": "C-1", "as": "C-9"})
    found = await tryton.find("party.party", [["code", "in", ["C-1", "C-9"]]], "code")
    assert [one["code"] for one in found] == ["C-1", "C-1", "C-9"]
    await control(tryton, "damage", {"kind": "lose_contact", "ref": "C-9"})
    assert await tryton.find("party.party", [["code", "=", "C-9"]]) == []
    for wish in (
        {"kind": "zork"},
        {"kind": "lose_order", "reference": "ZORK"},
        {"kind": "lose_contact", "ref": "ZORK"},
    ):
        assert "error" in await control(tryton, "damage", wish)


async def test_a_proxy_in_front_throttles(tryton: Caller) -> None:
    await tryton.enter()
    await control(tryton, "fault", {"kind": "throttle", "count": 1})
    with pytest.raises(Turned) as fast:
        await tryton.find("party.party", [])
    assert (fast.value.status, (await control(tryton, "meter"))["throttled"]) == (429, 1)
    with pytest.raises(Refused):
        await tryton.read("party.party", 999, "name")


async def test_fields_of_a_module_can_be_added(tryton: Caller) -> None:
    await tryton.enter()
    level = {"model": "party.party", "name": "x_level", "type": "selection", "selection": {"g": "Gold"}}
    code = {"model": "party.party", "name": "x_code", "type": "char", "size": 3}
    score = {"model": "party.party", "name": "x_score", "type": "numeric", "digits": 2}
    link = {"model": "party.party", "name": "x_land", "type": "many2one", "relation": "country.country"}
    for wish in (level, code, score, link):
        assert (await control(tryton, "field", wish))["name"] == wish["name"]
    told = await tryton("model.party.party.fields_get", ["x_level", "x_code", "x_score"])
    assert told["x_level"]["selection"] == [[None, ""], ["g", "Gold"]]
    assert (told["x_code"]["size"], told["x_score"]["digits"]) == (3, "[null, 2]")
    party = await tryton.make("party.party", name="Ann", x_level="g", x_code="abc")
    held = {"id": party, "name": "Ann", "custom": {"x_level": "g", "x_code": "abc"}}
    assert (await control(tryton, "state"))["partners"] == [held]
    with pytest.raises(Refused, match=r"is too long \(4 > 3\)"):
        await tryton.make("party.party", name="Bob", x_code="abcd")
    with pytest.raises(Refused, match="not one of the allowed options"):
        await tryton.make("party.party", name="Bob", x_level="silver")
    lost = {**link, "name": "x_lost", "relation": "no.such"}
    for wrong in (level, {"model": "no.such", "name": "x"}, {"model": "party.party"}, lost, {**lost, "type": "dict"}):
        assert "error" in await control(tryton, "field", wrong)

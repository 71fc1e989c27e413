"""Who may do what: keys, rights, expiry and the pause after wrong tries."""

import pytest

from isthmus.simulators.odoo.accounts import COOLDOWN_AFTER, COOLDOWN_SECONDS, FULL, Accounts
from isthmus.simulators.odoo.errors import AccessDenied
from tests.simulators.odoo.caller import Caller, Refused
from tests.simulators.odoo.conftest import Start


async def test_a_wrong_key_is_access_denied_and_an_unknown_user_is_missing(odoo: Caller) -> None:
    odoo.key = "wrong"
    with pytest.raises(Refused) as denied:
        await odoo.kw("res.partner", "search", [])
    assert (denied.value.name, denied.value.message) == ("odoo.exceptions.AccessDenied", "Access Denied")
    told = await odoo.rpc("object", "execute_kw", "demo", 9999, "demo-key", "res.partner", "search", [[]])
    assert told["error"]["data"]["name"] == "odoo.exceptions.MissingError"


async def test_the_limited_user_reads_but_cannot_order(start: Start) -> None:
    odoo = await start("demo", login="limited", key="limited-key")
    partner = await odoo.buyer()
    assert await odoo.kw("sale.order", "search_count", []) == 0
    with pytest.raises(Refused) as forbidden:
        await odoo.kw("sale.order", "create", {"partner_id": partner})
    assert forbidden.value.name == "odoo.exceptions.AccessError"
    assert "You are not allowed to create 'Sales Order' (sale.order) records." in forbidden.value.message
    assert await odoo.kw("sale.order", "has_access", [], "create") is False
    assert await odoo.kw("sale.order", "check_access_rights", "create", raise_exception=False) is False
    with pytest.raises(Refused):
        await odoo.kw("ir.model.data", "search", [])


async def test_an_expired_key_is_refused_once(odoo: Caller) -> None:
    await odoo.client.post("/__sim/fault", json={"kind": "expire_auth", "count": 1, "match": "res.partner.search"})
    with pytest.raises(Refused) as denied:
        await odoo.kw("res.partner", "search", [])
    assert denied.value.name == "odoo.exceptions.AccessDenied"
    assert await odoo.kw("res.partner", "search", [])


async def test_an_expired_bearer_key_is_a_401(odoo: Caller) -> None:
    odoo.world.expire_auth()
    assert (await odoo.json2("res.users", "context_get")).status == 401
    assert (await odoo.json2("res.users", "context_get")).status == 200


def test_too_many_wrong_tries_start_a_pause() -> None:
    now = [0.0]
    accounts = Accounts((FULL,), clock=lambda: now[0])
    for _ in range(COOLDOWN_AFTER):
        assert accounts.login("demo", "wrong", "10.0.0.1") is None
    assert accounts.login("demo", "demo-key", "10.0.0.1") is None
    assert accounts.login("demo", "demo-key", "10.0.0.2") == FULL.uid
    with pytest.raises(AccessDenied, match="Too many login failures"):
        accounts.check(FULL.uid, "demo-key", "10.0.0.1")
    now[0] = COOLDOWN_SECONDS
    assert accounts.login("demo", "demo-key", "10.0.0.1") == FULL.uid


@pytest.mark.parametrize(("seed", "uid"), [("empty@15", False), ("empty@19", 2)])
async def test_wrong_tries_over_rpc_count_only_in_old_versions(start: Start, seed: str, uid: object) -> None:
    odoo = await start(seed)
    for _ in range(COOLDOWN_AFTER):
        await odoo.rpc("common", "authenticate", "demo", "demo", "wrong", {})
    assert (await odoo.rpc("common", "authenticate", "demo", "demo", "demo-key", {}))["result"] == uid

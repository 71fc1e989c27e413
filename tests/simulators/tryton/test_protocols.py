"""The doors: what is answered, how errors look, and what a careless caller would trip over."""

import asyncio
import base64
import json
import xmlrpc.client
from decimal import Decimal
from typing import Any

import pytest

from isthmus.simulators.tryton import TrytonWorld
from isthmus.simulators.tryton.accounts import LOCK_SECONDS, MOST_WRONG, SESSION_SECONDS, Account, Accounts, Refusal
from tests.simulators.tryton.caller import Caller, Refused, Turned, decimal
from tests.simulators.tryton.conftest import Start

SEARCH = {"id": 1, "method": "model.party.party.search", "params": [[], 0, 1, None, {}]}


async def test_version_and_databases_need_no_login(tryton: Caller) -> None:
    version = {"id": 0, "method": "common.server.version", "params": []}
    assert await tryton.rpc(version, "/rpc/") == {"id": 0, "result": "8.2"}
    assert await tryton.rpc({"id": 0, "method": "common.db.list", "params": []}, "/rpc/") == {
        "id": 0,
        "result": ["demo"],
    }
    assert (await tryton.rpc({"id": 0, "method": "nope", "params": []}, "/rpc/"))["error"] == ["'nope'", ""]


async def test_a_login_gives_a_session_and_leaving_ends_it(tryton: Caller) -> None:
    uid, token, bus = await tryton.enter()
    assert (uid, len(token), bus) == (3, 64, None)
    assert (await tryton.rpc(SEARCH))["result"]
    await tryton.rpc({"id": 1, "method": "common.db.logout", "params": []})
    with pytest.raises(Turned) as out:
        await tryton.rpc(SEARCH)
    assert (out.value.status, out.value.text) == (401, "")


async def test_a_session_is_refused_without_a_page(tryton: Caller) -> None:
    answer = await tryton.post("/demo/rpc/", SEARCH, Authorization="Session bm9wZTozOmFi")
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="Tryton"')
    assert answer.content_type == "text/plain"


async def test_a_wrong_password_is_a_page_and_a_missing_one_a_question(tryton: Caller) -> None:
    login: dict[str, Any] = {"id": 0, "method": "common.db.login", "params": ["demo", {"password": "no"}, "en"]}
    wrong = await tryton.post("/demo/rpc/", login)
    assert (wrong.status, wrong.content_type) == (401, "text/html")
    asked = await tryton.rpc({**login, "params": ["demo", {}, "en"]})
    assert asked["error"] == ["LoginException", ["password", "Password for demo", "password"]]


async def test_the_seventh_wrong_password_locks_the_right_one_out_too(tryton: Caller) -> None:
    await tryton.enter()
    bad = {"id": 0, "method": "common.db.login", "params": ["demo", {"password": "no"}, "en"]}
    statuses = [(await tryton.post("/demo/rpc/", bad)).status for _ in range(7)]
    assert statuses == [401] * 6 + [429]
    good = {**bad, "params": ["demo", {"password": "demo-password"}, "en"]}
    locked = await tryton.post("/demo/rpc/", good)
    assert (locked.status, "Retry-After" in locked.headers) == (429, False)
    assert (await tryton.rpc(SEARCH))["result"]  # sessions that run go on


def test_the_lock_ends_and_a_session_ages_and_knows_its_address() -> None:
    now = [0.0]
    accounts = Accounts((Account(3, "demo", "right"),), lambda: now[0])
    for _ in range(MOST_WRONG + 1):
        assert accounts.check("demo", "wrong") is Refusal.WRONG
    assert accounts.check("demo", "right") is Refusal.LOCKED
    now[0] += LOCK_SECONDS
    assert accounts.check("demo", "right") == Account(3, "demo", "right")
    token = accounts.open(3, "10.0.0.1")
    assert accounts.user_of(3, token, "10.0.0.2") is None
    assert accounts.user_of(2, token, "10.0.0.1") is None
    assert accounts.user_of(3, token, "10.0.0.1") == 3
    now[0] += SESSION_SECONDS
    assert accounts.user_of(3, token, "10.0.0.1") is None


async def test_the_context_comes_last_and_is_missed(tryton: Caller) -> None:
    await tryton.enter()
    for params in ([[], 0, 1, None], [], [[]]):
        with pytest.raises(Turned) as missing:
            await tryton.rpc({**SEARCH, "params": params})
        assert (missing.value.status, "Missing context argument" in missing.value.text) == (422, True)


async def test_a_body_with_other_keys_gets_the_bare_result_and_real_statuses(tryton: Caller) -> None:
    await tryton.enter()
    assert await tryton.rpc({"method": "model.party.party.search", "params": [[], 0, 1, None, {}]}) == [1]
    taken = {"method": "model.party.party.create", "params": [[{"name": "x", "code": "1"}], {}]}
    for body, status, text in (
        (taken, 400, "The code on party must be unique. - "),
        ({"jsonrpc": "2.0", "id": 1, **taken}, 400, "The code on party must be unique. - "),
        ({"method": "model.nope.search", "params": [[], {}]}, 500, "&#39;nope&#39;"),
    ):
        with pytest.raises(Turned) as refused:
            await tryton.rpc(body)
        assert (refused.value.status, f"<p>{text}</p>" in refused.value.text) == (status, True)


async def test_bad_bodies_never_reach_a_method(tryton: Caller) -> None:
    await tryton.enter()
    headers = {"Authorization": tryton.authorization or "", "Content-Type": "application/json"}
    for body, sentence in ((b"nope", "Unable to get RPC method"), (b"[]", "Unable to get RPC method")):
        answer = await tryton.session.post(f"{tryton.root}/demo/rpc/", data=body, headers=headers)
        assert (answer.status, sentence in await answer.text()) == (400, True)
    plain = await tryton.post("/demo/rpc/", SEARCH, **{"Content-Type": "text/plain"})
    assert (plain.status, "Not a RPC request" in await plain.text()) == (400, True)
    assert (await tryton.session.get(f"{tryton.root}/demo/rpc/")).status == 405
    half = {"__class__": "datetime", "year": 2026, "month": 1, "day": 1}
    answer = await tryton.post(
        "/demo/rpc/", {**SEARCH, "params": [[["create_date", ">", half]], 0, 1, None, {}]}, **headers
    )
    assert answer.status == 400


async def test_an_unknown_database_looks_like_an_outage(tryton: Caller) -> None:
    await tryton.enter()
    login = {"id": 0, "method": "common.db.login", "params": ["demo", {"password": "demo-password"}, "en"]}
    assert (await tryton.post("/other/rpc/", login)).status == 404
    assert (await tryton.post("/other/rpc/", SEARCH, Authorization=tryton.authorization or "")).status == 503
    assert (await tryton.post("/other/rpc/", SEARCH)).status == 401


async def test_a_long_answer_says_gzip_even_when_it_is_not(tryton: Caller, world: TrytonWorld) -> None:
    await tryton.enter()
    world.env()["party.party"].make({"name": f"Party {number}"} for number in range(40))
    wanted = {**SEARCH, "method": "model.party.party.search_read", "params": [[], 0, None, None, ["name", "code"], {}]}
    headers = {"Authorization": tryton.authorization or ""}
    packed = await tryton.post("/demo/rpc/", wanted, **headers)
    assert (packed.headers["Content-Encoding"], (await packed.read())[:2]) == ("gzip", b"\x1f\x8b")
    plain = await tryton.post("/demo/rpc/", wanted, **headers, **{"Accept-Encoding": "identity"})
    assert (plain.headers["Content-Encoding"], (await plain.read())[:1]) == ("gzip", b"{")
    short = await tryton.post("/demo/rpc/", SEARCH, **headers)
    assert "Content-Encoding" not in short.headers


async def test_unknown_things_are_told_apart(tryton: Caller) -> None:
    with pytest.raises(Refused) as model:
        await tryton("model.nope.nope.search", [], 0, None, None)
    assert (model.value.name, model.value.told) == ("'nope.nope'", "")
    for method in ("model.party.party.nope", "model.product.product.get_sale_price"):
        with pytest.raises(Turned) as forbidden:
            await tryton(method, [1])
        assert forbidden.value.status == 403
    with pytest.raises(Refused) as arguments:
        await tryton("model.party.party.read", [1])
    assert "missing" in arguments.value.name


async def test_listing_methods_names_what_may_be_called(tryton: Caller) -> None:
    await tryton.enter()
    told = (await tryton.rpc({"id": 1, "method": "system.listMethods", "params": []}))["result"]
    assert {"model.sale.sale.quote", "wizard.sale.return_sale.create", "model.party.party.search_read"} <= set(told)
    assert not [name for name in told if name.endswith((".make", ".put", ".change"))]


async def test_who_may_only_write_parties_reads_the_rest(start: Start) -> None:
    limited = await start(login="limited", password="limited-password")
    assert await limited.make("party.party", name="Buyer")
    assert await limited.find("product.product", [["code", "=", "LAMP-0001"]], "code")
    for call in (("create", [{"party": 1}]), ("write", [1], {"comment": "x"}), ("delete", [1]), ("quote", [1])):
        with pytest.raises(Refused) as denied:
            await limited(f"model.sale.sale.{call[0]}", *call[1:])
        assert denied.value.message == 'You are not allowed to access "Sale".'


async def test_xml_rpc_gives_results_and_numbered_faults(tryton: Caller) -> None:
    url = tryton.root.replace("http://", "http://demo:demo-password@") + "/demo/rpc/"

    def talk() -> dict[str, Any]:
        seen: dict[str, Any] = {}
        with xmlrpc.client.ServerProxy(url, allow_none=True, use_builtin_types=True) as server:
            product = server.model.product.product
            seen["price"] = product.search_read(
                [["code", "=", "LAMP-0001"]], 0, 1, None, ["list_price_used"], {"company": 1}
            )
            seen["context"] = server.model.res.user.get_preferences(1, {})
            with pytest.raises(xmlrpc.client.Fault) as user:
                server.model.party.party.create([{"code": "1"}], {})
            with pytest.raises(xmlrpc.client.Fault) as python:
                server.model.party.party.read([1], ["nope"], {})
            seen["codes"] = (user.value.faultCode, python.value.faultCode)
        return seen

    seen = await asyncio.to_thread(talk)
    assert isinstance(seen["price"][0]["list_price_used"], Decimal)
    assert (seen["context"]["company"], seen["codes"]) == (1, (1, 255))
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><methodCall><methodName>&a;</methodName></methodCall>'
    answer = await tryton.session.post(f"{tryton.root}/demo/rpc/", data=bomb, headers={"Content-Type": "text/xml"})
    assert answer.status == 400


# REST


async def rest(tryton: Caller, verb: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Any]:
    """Call the REST door with a key and return status, content and headers."""
    key = (await tryton.find("res.user.application", [], "key") or [{"key": None}])[0]["key"]
    if key is None:
        key = (await tryton.read("res.user.application", await key_for(tryton), "key"))["key"]
    sent = {"Authorization": f"bearer {key}", "X-Tryton-Context": encoded({"company": 1}), **headers}
    url = f"{tryton.root}/demo/rest/model/{path}"
    answer = await tryton.session.request(verb, url, json=body, headers=sent)
    raw = await answer.read()
    return answer.status, json.loads(raw) if answer.content_type == "application/json" else raw.decode(), answer.headers


async def key_for(tryton: Caller) -> int:
    return await tryton.make("res.user.application", application="rest", user=3)


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


async def test_rest_reads_pages_and_says_how_many(tryton: Caller) -> None:
    order, lamp = encoded([["code", "ASC"]]), encoded([["code", "=", "LAMP-0001"]])
    status, found, headers = await rest(tryton, "GET", f"product.product?f=code&f=template.name&d={lamp}")
    assert (status, headers["Content-Language"]) == (200, "en")
    assert [(one["__name__"], one["code"], one["template"]["name"]) for one in found] == [
        ("product.product", "LAMP-0001", "Lamp 1")
    ]
    _, page, _ = await rest(tryton, "GET", f"product.product?f=code&o={order}&s=2&p=1")
    _, whole, headers = await rest(tryton, "GET", f"product.product?f=code&o={order}", Range="records=0-3")
    assert [one["code"] for one in page] == [one["code"] for one in whole[1:]]
    assert headers["Content-Range"] == "records 0-3/14"
    assert (await rest(tryton, "GET", "product.product", Range="records=900-901"))[0] == 416
    _, bare, _ = await rest(tryton, "GET", "party.party/1")
    assert bare == {"id": 1, "__name__": "party.party", "rec_name": "Demo Company"}


async def test_rest_writes_and_says_no_in_json(tryton: Caller) -> None:
    status, made, _ = await rest(tryton, "POST", "party.party?f=name&f=code", {"name": "Rest", "code": "R-1"})
    assert (status, made["name"], made["code"]) == (200, "Rest", "R-1")
    path = f"party.party/{made['id']}"
    assert (await rest(tryton, "PUT", f"{path}?f=name", {"name": "Rest 2"}))[1]["name"] == "Rest 2"
    status, told, _ = await rest(tryton, "POST", "party.party", {"name": "Rest", "code": "R-1"})
    assert (status, told) == (400, {"status": 400, "message": "The code on party must be unique.", "description": ""})
    assert (await rest(tryton, "DELETE", path))[0] == 204
    assert [(await rest(tryton, verb, path))[0] for verb in ("GET", "DELETE")] == [404, 404]
    assert (await rest(tryton, "GET", "party.party/1?f=nope"))[0] == 500
    assert (await rest(tryton, "GET", "nope.nope/1"))[0] == 500
    assert (await rest(tryton, "POST", "party.party/nope", {}))[0] == 403


async def test_rest_presses_buttons_and_a_warning_is_a_dead_end(tryton: Caller) -> None:
    sale = await tryton.sale(await tryton.line("LAMP-0001", 1, "10"))
    assert (await rest(tryton, "POST", f"sale.sale/{sale}/quote?f=state", {}))[1]["state"] == "quotation"
    status, told, _ = await rest(tryton, "POST", f"sale.sale/{sale}/quote", {})
    assert (status, told["message"].startswith('You can not call "quote"')) == (400, True)
    await rest(tryton, "POST", f"sale.sale/{sale}/confirm", {})
    (shipment,) = (await tryton.read("sale.sale", sale, "shipments"))["shipments"]
    for step in ("assign_try", "pick"):
        assert (await rest(tryton, "POST", f"stock.shipment.out/{shipment}/{step}", {}))[0] == 200
    status, told, _ = await rest(tryton, "POST", f"stock.shipment.out/{shipment}/pack", {})
    assert (status, sorted(told), "carrier" in told["message"]) == (400, ["description", "message", "status"], True)


async def test_rest_wants_a_valid_key_and_a_key_opens_nothing_else(tryton: Caller) -> None:
    key = (await tryton.read("res.user.application", await key_for(tryton), "key"))["key"]
    assert len(key) == 128
    basic = base64.b64encode(f"anybody:{key}".encode()).decode()
    assert (await rest(tryton, "GET", "party.party/1", Authorization=f"Basic {basic}"))[0] == 200
    for wrong in ("bearer nope", "Basic ???", tryton.authorization or ""):
        assert (await rest(tryton, "GET", "party.party/1", Authorization=wrong))[0] == 401
    assert (await tryton.post("/demo/rpc/", SEARCH, Authorization=f"bearer {key}")).status == 401


async def test_a_key_can_be_asked_for_and_has_to_be_allowed(tryton: Caller) -> None:
    wish = {"user": "demo", "application": "rest"}
    moved = await tryton.session.post(f"{tryton.root}/demo/user/application/", json=wish, allow_redirects=False)
    assert (moved.status, moved.headers["Location"].endswith("/demo/r/user/application/")) == (308, True)
    key = json.loads(await (await tryton.post("/demo/r/user/application/", wish)).read())
    second = json.loads(await (await tryton.post("/demo/r/user/application/", wish)).read())
    assert (await rest(tryton, "GET", "party.party/1", Authorization=f"bearer {key}"))[0] == 401
    waiting = await tryton.find("res.user.application", [["state", "=", "requested"]], "key")
    assert [one["key"] for one in waiting] == [key]  # the second answer was a key as well, and worth nothing
    assert second != key
    await tryton("model.res.user.application.validate", [waiting[0]["id"]])
    assert (await rest(tryton, "GET", "party.party/1", Authorization=f"bearer {key}"))[0] == 200


async def test_tags_go_both_ways(tryton: Caller) -> None:
    day = {"__class__": "date", "year": 2026, "month": 12, "day": 24}
    sale = await tryton.sale(await tryton.line("LAMP-0001", 2, "10.1250"), shipping_date=day)
    told = await tryton.read("sale.sale", sale, "shipping_date", "total_amount", "create_date")
    assert told["shipping_date"] == day
    assert decimal(told["total_amount"]) == Decimal("20.25")
    assert sorted(told["create_date"]) == [
        "__class__",
        "day",
        "hour",
        "microsecond",
        "minute",
        "month",
        "second",
        "year",
    ]

"""The doors: what is answered, how errors look, and what a careless caller would trip over."""

import asyncio
import xmlrpc.client
from typing import Any

import odoorpc
import pytest

from tests.simulators.odoo.caller import Caller, Refused
from tests.simulators.odoo.conftest import Start


async def test_version_and_login_over_json_rpc(odoo: Caller) -> None:
    assert (await odoo.rpc("common", "version"))["result"]["server_version_info"] == [19, 0, 0, "final", 0, ""]
    assert (await odoo.rpc("common", "authenticate", "demo", "demo", "demo-key", {}))["result"] == 2
    assert (await odoo.rpc("common", "login", "demo", "demo", "demo-key"))["result"] == 2
    assert (await odoo.rpc("common", "authenticate", "demo", "demo", "wrong", {}))["result"] is False
    assert (await odoo.rpc("db", "list"))["result"] == ["demo"]


async def test_unknown_database_service_and_method_are_errors_in_a_200(odoo: Caller) -> None:
    wrong = await odoo.rpc("common", "authenticate", "nodb", "demo", "demo-key", {})
    assert wrong["error"]["data"]["name"] == "psycopg2.OperationalError"
    assert (await odoo.rpc("zork", "x"))["error"]["data"]["name"] == "builtins.KeyError"
    with pytest.raises(Refused) as private:
        await odoo.kw("sale.order", "_action_cancel", [1])
    assert private.value.name == "odoo.exceptions.AccessError"
    with pytest.raises(Refused) as unknown:
        await odoo.kw("sale.order", "zork", [1])
    assert unknown.value.name == "builtins.AttributeError"
    with pytest.raises(Refused) as model:
        await odoo.kw("zork.zork", "read", [1])
    assert (model.value.name, model.value.message) == ("odoo.exceptions.UserError", "Object zork.zork doesn't exist")


async def test_an_error_has_name_message_arguments_context_and_debug(odoo: Caller) -> None:
    order = await odoo.order({"product_id": await odoo.sku("LAMP-0001")})
    await odoo.kw("sale.order", "action_confirm", [order])
    with pytest.raises(Refused) as twice:
        await odoo.kw("sale.order", "action_confirm", [order])
    told = twice.value.data
    assert told["name"] == "odoo.exceptions.UserError"
    assert told["arguments"] == [told["message"]]
    assert told["context"] == {}
    assert told["debug"].splitlines()[-1] == f"odoo.exceptions.UserError: {told['message']}"


@pytest.mark.parametrize(("seed", "code"), [("demo@14", 200), ("demo@18", 200), ("demo@19", 0)])
async def test_the_error_code_says_the_version_and_nothing_else(start: Start, seed: str, code: int) -> None:
    odoo = await start(seed)
    with pytest.raises(Refused) as wrong:
        await odoo.kw("sale.order", "search", [["zork", "=", 1]])
    assert wrong.value.code == code


async def test_a_method_that_returns_nothing_has_no_result_key(odoo: Caller) -> None:
    order = await odoo.order()
    told = await odoo.rpc("object", "execute_kw", "demo", 2, "demo-key", "sale.order", "action_lock", [[order]])
    assert told == {"jsonrpc": "2.0", "id": 7}


async def test_bad_bodies_never_reach_a_method(odoo: Caller) -> None:
    bad = await odoo.client.post("/jsonrpc", data="nope", headers={"Content-Type": "application/json"})
    assert (bad.status, "Invalid JSON data" in await bad.text()) == (400, True)
    assert (await odoo.client.post("/jsonrpc", data="{}", headers={"Content-Type": "text/plain"})).status == 415
    assert (await odoo.client.get("/jsonrpc")).status == 400


async def test_json2_answers_bare_values(odoo: Caller) -> None:
    made = await odoo.json2("res.partner", "create", {"vals_list": {"name": "Buyer 18"}})
    assert (made.status, made.content_type) == (200, "application/json")
    ids = await made.json()
    assert len(ids) == 1
    read = await odoo.json2("res.partner", "read", {"ids": ids, "fields": ["name"]})
    assert await read.json() == [{"id": ids[0], "name": "Buyer 18"}]
    lock = await odoo.json2("sale.order", "action_lock", {"ids": [await odoo.order()]})
    assert await lock.json() is None


@pytest.mark.parametrize(
    ("model", "method", "body", "status", "name"),
    [
        ("sale.order", "search", {}, 422, "werkzeug.exceptions.UnprocessableEntity"),
        ("sale.order", "search", {"domain": [], "ids": [1]}, 422, "werkzeug.exceptions.UnprocessableEntity"),
        ("sale.order", "create", {"vals": {}}, 422, "werkzeug.exceptions.UnprocessableEntity"),
        ("sale.order", "create", {"vals_list": [{}]}, 422, "odoo.exceptions.ValidationError"),
        ("sale.order", "search", {"domain": [["zork", "=", 1]]}, 500, "builtins.ValueError"),
        ("sale.order", "write", {"ids": [99], "vals": {"origin": "x"}}, 404, "odoo.exceptions.MissingError"),
        ("sale.order", "zork", {}, 404, "werkzeug.exceptions.NotFound"),
        ("zork.zork", "read", {}, 404, "werkzeug.exceptions.NotFound"),
        ("sale.order", "_zork", {}, 403, "odoo.exceptions.AccessError"),
    ],
)
async def test_json2_statuses(  # noqa: PLR0917 - one column of the table each
    odoo: Caller, model: str, method: str, body: Any, status: int, name: str
) -> None:
    answer = await odoo.json2(model, method, body)
    told = await answer.json()
    assert (answer.status, told["name"]) == (status, name)
    assert sorted(told) == ["arguments", "context", "debug", "message", "name"]


async def test_json2_wants_a_bearer_key_and_a_known_database(odoo: Caller) -> None:
    bad = await odoo.json2("res.users", "context_get", Authorization="bearer nope")
    assert (bad.status, bad.headers["WWW-Authenticate"].strip()) == (401, "Bearer")
    told = await bad.json()
    assert (told["name"], told["arguments"]) == ("werkzeug.exceptions.Unauthorized", ["Invalid apikey", 401])
    assert (await odoo.json2("res.users", "context_get", Authorization="Basic x")).status == 401
    lost = await odoo.json2("res.users", "context_get", **{"X-Odoo-Database": "nodb"})
    assert (lost.status, lost.content_type) == (404, "text/html")
    headers = {"Authorization": "bearer demo-key"}
    assert (await odoo.client.post("/json/2/res.users/context_get", data="x", headers=headers)).status == 415
    headers["Content-Type"] = "application/json"
    assert (await odoo.client.post("/json/2/res.users/context_get", data="{x", headers=headers)).status == 400
    assert (await odoo.client.get("/json/2/res.users/context_get")).status == 404


async def test_json2_begins_with_19(start: Start) -> None:
    old = await start("empty@18")
    assert (await old.json2("res.users", "context_get")).status == 404
    assert (await old.client.get("/json/version")).status == 404
    new = await start("empty")
    assert (await (await new.client.get("/web/version")).json())["version"] == "19.0"


async def test_xml_rpc_results_and_numbered_faults(odoo: Caller) -> None:
    root = str(odoo.client.make_url("/xmlrpc/2/"))
    buyer = await odoo.buyer(name="Buyer\x07 17")  # XML cannot carry a bell; Odoo drops it on the way out

    def talk() -> dict[str, Any]:
        seen: dict[str, Any] = {}
        with xmlrpc.client.ServerProxy(f"{root}common") as common, xmlrpc.client.ServerProxy(f"{root}object") as models:
            seen["uid"] = common.authenticate("demo", "demo", "demo-key", {})
            seen["read"] = models.execute_kw("demo", 2, "demo-key", "res.partner", "read", [[buyer], ["name"]])
            for case, key, call in (
                ("denied", "no", ("res.partner", "read", [[1]])),
                ("value", "demo-key", ("res.partner", "read", [[1], ["zork"]])),
                ("missing", "demo-key", ("res.partner", "write", [[999], {"name": "x"}])),
                ("private", "demo-key", ("res.partner", "_zork", [[1]])),
            ):
                with pytest.raises(xmlrpc.client.Fault) as fault:
                    models.execute_kw("demo", 2, key, *call)
                seen[case] = fault.value.faultCode
        return seen

    seen = await asyncio.to_thread(talk)
    assert seen["uid"] == 2
    assert seen["read"] == [{"id": buyer, "name": "Buyer 17"}]
    assert {case: seen[case] for case in ("denied", "value", "missing", "private")} == {
        "denied": 3,
        "value": 1,
        "missing": 2,
        "private": 4,
    }


async def test_xml_rpc_cannot_say_nothing_although_it_was_done(odoo: Caller) -> None:
    order = await odoo.order()
    root = str(odoo.client.make_url("/xmlrpc/2/object"))

    def lock() -> xmlrpc.client.Fault:
        with xmlrpc.client.ServerProxy(root) as models, pytest.raises(xmlrpc.client.Fault) as fault:
            models.execute_kw("demo", 2, "demo-key", "sale.order", "action_lock", [[order]])
        return fault.value

    fault = await asyncio.to_thread(lock)
    assert (fault.faultCode, "cannot marshal None" in fault.faultString) == (1, True)
    assert (await odoo.read("sale.order", order, "locked"))["locked"] is True


async def test_xml_with_a_document_type_is_refused(odoo: Caller) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><methodCall><methodName>&a;</methodName></methodCall>'
    assert (await odoo.client.post("/xmlrpc/2/common", data=bomb)).status == 400


async def test_the_web_clients_session(odoo: Caller) -> None:
    async def post(path: str, **params: Any) -> dict[str, Any]:
        return await (await odoo.client.post(path, json={"jsonrpc": "2.0", "id": 1, "params": params})).json()

    lost = await post("/web/session/get_session_info")
    assert (lost["error"]["code"], lost["error"]["data"]["name"]) == (100, "odoo.http.SessionExpiredException")
    wrong = await post("/web/session/authenticate", db="demo", login="demo", password="no")
    assert wrong["error"]["data"]["name"] == "odoo.exceptions.AccessDenied"
    about = await post("/web/session/authenticate", db="demo", login="demo", password="demo-key")
    assert (about["result"]["uid"], about["result"]["db"]) == (2, "demo")
    found = await post("/web/dataset/call_kw", model="res.partner", method="search_count", args=[[]], kwargs={})
    assert found["result"] > 0


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("seed", ["demo@14", "demo@17", "demo@19"])
async def test_odoorpc_drives_it(start: Start, seed: str) -> None:
    odoo = await start(seed)
    server = odoo.client.server

    def drive() -> tuple[Any, ...]:
        client = odoorpc.ODOO(server.host, port=server.port)
        assert client.db.list() == ["demo"]
        client.login("demo", "demo", "demo-key")
        partner = client.env["res.partner"].create({"name": "Buyer 17"})
        product = client.env["product.product"].search([["default_code", "=", "LAMP-0001"]])[0]
        line = [0, 0, {"product_id": product, "product_uom_qty": 2, "price_unit": 19.99}]
        orders = client.env["sale.order"]
        made = orders.create({"partner_id": partner, "client_order_ref": "WEB-1", "order_line": [line]})
        order = orders.browse(made)
        shown = (order.name, order.partner_id.name, order.amount_total, order.order_line[0].product_uom_qty)
        assert client.execute("sale.order", "search", [["client_order_ref", "=", "WEB-1"]]) == [made]
        return (*shown, order.action_confirm(), orders.read([made], ["state"])[0]["state"])

    assert await asyncio.to_thread(drive) == ("S00001", "Buyer 17", 47.98, 2.0, True, "sale")

"""Every failure lands where the right one acts: engine, person, record's owner, developer, or nobody yet."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from isthmus.connectors.odoo import wire
from isthmus.connectors.odoo.client import Client
from isthmus.connectors.odoo.creation import create_once
from isthmus.ports.errors import (
    AuthExpired,
    Contended,
    Forbidden,
    Gone,
    InDoubt,
    Invalid,
    Misconfigured,
    Throttled,
    Trouble,
    Unreachable,
    WireDrift,
)
from tests.connectors.erp import HandClock, OpenPace
from tests.connectors.odoo.stand import connected, serving, standing

CANARY = "canary-7f3a"


class Answers:
    """A server that lets us in and then gives one prepared answer."""

    def __init__(self, *, json2: bool) -> None:
        self.json2 = json2
        self.answer = web.Response()
        self.seen: list[web.Request] = []
        self.entering: dict[str, Any] = {
            "version": {"server_version_info": [17, 0, 0, "final", 0, ""]},
            "authenticate": 7,
            "context_get": {"uid": 7, "lang": "en_US", "tz": "UTC"},
            "search_read": [{"id": 7, "company_id": [1, "Demo"]}],
        }

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.serve)
        return app

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        if request.path == "/json/version":
            if self.json2:
                return web.json_response({"version_info": [19, 0, 0, "final", 0, ""], "version": "19.0"})
            return web.Response(status=404, text="<html>", content_type="text/html")
        body = await request.json()
        method = request.path.rpartition("/")[2] if self.json2 else _method(body)
        if method in self.entering:
            result = self.entering[method]
            return web.json_response(result if self.json2 else {"jsonrpc": "2.0", "id": 1, "result": result})
        if self.answer is DROP:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return self.answer


DROP = web.Response(status=599)


def _method(body: Mapping[str, Any]) -> str:
    params = body["params"]
    return params["args"][4] if params["method"] == "execute_kw" else params["method"]


@asynccontextmanager
async def facing(*, json2: bool) -> Any:
    answers = Answers(json2=json2)
    async with serving(answers.app()) as url, connected(url, api_key=CANARY) as (session, clock, pace):
        yield answers, session.sinks["order"].translator.dialect.client, clock, pace  # type: ignore[attr-defined]


def rpc_error(name: str, code: int = 200, message: str = "Nein") -> web.Response:
    error = {"code": code, "message": "Odoo Server Error", "data": {"name": name, "message": message}}
    return web.json_response({"jsonrpc": "2.0", "id": 1, "error": error})


def json2_error(name: str, status: int) -> web.Response:
    return web.json_response({"name": name, "message": "Nein", "arguments": ["Nein"]}, status=status)


async def trouble(client: Client, *, writes: str | None = None, method: str = "name_get") -> Trouble:
    with pytest.raises(Trouble) as caught:
        await client.call("res.partner", method, ids=[1], writes=writes)
    assert CANARY not in str(caught.value)
    return caught.value


NAMES: list[tuple[str, int, type[Trouble]]] = [
    ("odoo.exceptions.AccessDenied", 403, AuthExpired),
    ("werkzeug.exceptions.Unauthorized", 401, AuthExpired),
    ("odoo.exceptions.AccessError", 403, Forbidden),
    ("odoo.exceptions.MissingError", 404, Gone),
    ("odoo.exceptions.UserError", 422, Invalid),
    ("odoo.exceptions.ValidationError", 422, Invalid),
    ("odoo.exceptions.LockError", 409, Contended),
    ("psycopg2.errors.SerializationFailure", 500, Contended),
    ("psycopg2.OperationalError", 500, Unreachable),
    ("werkzeug.exceptions.NotFound", 404, Misconfigured),
    ("builtins.ValueError", 500, WireDrift),
    ("builtins.KeyError", 500, WireDrift),
    ("psycopg2.errors.UndefinedColumn", 500, WireDrift),
]


@pytest.mark.parametrize(("name", "status", "error"), NAMES, ids=[name for name, *_rest in NAMES])
async def test_a_failure_is_sorted_by_the_name_of_its_exception(name: str, status: int, error: type[Trouble]) -> None:
    async with facing(json2=False) as (answers, client, _clock, _pace):
        answers.answer = rpc_error(name)
        assert type(await trouble(client)) is error
        answers.answer = rpc_error(name, code=0)  # 19 says 0 where others say 200
        assert type(await trouble(client)) is error
    async with facing(json2=True) as (answers, client, _clock, _pace):
        answers.answer = json2_error(name, status)
        assert type(await trouble(client)) is error


async def test_a_refusal_of_a_write_is_known_to_have_done_nothing() -> None:
    async with facing(json2=False) as (answers, client, _clock, _pace):
        answers.answer = rpc_error("odoo.exceptions.UserError")
        assert type(await trouble(client, writes="k")) is Invalid


async def test_a_dead_reference_in_a_write_is_about_the_values() -> None:
    async with facing(json2=True) as (answers, client, _clock, _pace):
        answers.answer = json2_error("odoo.exceptions.MissingError", 404)
        assert type(await trouble(client, writes="k", method="action_confirm")) is Gone
        answers.answer = json2_error("odoo.exceptions.MissingError", 404)
        assert type(await trouble(client, writes="k", method="write")) is Invalid


async def test_an_expired_session_is_the_operators() -> None:
    async with facing(json2=False) as (answers, client, _clock, _pace):
        answers.answer = rpc_error("odoo.http.Whatever", code=100)
        assert type(await trouble(client)) is AuthExpired


async def test_no_result_at_all_is_none() -> None:
    async with facing(json2=False) as (answers, client, _clock, _pace):
        answers.answer = web.json_response({"jsonrpc": "2.0", "id": 1})
        assert await client.call("stock.quant", "action_apply_inventory", ids=[1]) is None


UNKNOWN: list[tuple[str, web.Response, type[Trouble]]] = [
    ("dropped", DROP, Unreachable),
    ("bad-gateway", web.Response(status=502, text="<html>", content_type="text/html"), Unreachable),
    ("time-out", web.Response(status=504), Unreachable),
    ("page", web.Response(text="<html>Maintenance</html>", content_type="text/html"), Unreachable),
    ("half", web.Response(text='{"jsonrpc": "2.0", "id": 1, "resu', content_type="application/json"), Unreachable),
]


@pytest.mark.parametrize("json2", [False, True], ids=["jsonrpc", "json2"])
@pytest.mark.parametrize(("case", "answer", "error"), UNKNOWN, ids=[case for case, *_rest in UNKNOWN])
async def test_an_unknown_outcome_of_a_write_is_in_doubt_and_of_a_read_is_not(
    case: str, answer: web.Response, error: type[Trouble], *, json2: bool
) -> None:
    del case
    async with facing(json2=json2) as (answers, client, _clock, _pace):
        answers.answer = _again(answer)
        assert type(await trouble(client)) is error
        answers.answer = _again(answer)
        doubt = await trouble(client, writes="shop:1")
        assert isinstance(doubt, InDoubt)
        assert doubt.key == "shop:1"


def _again(answer: web.Response) -> web.Response:
    if answer is DROP:
        return DROP
    return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)


async def test_a_server_that_is_down_has_seen_nothing() -> None:
    async with connected("http://127.0.0.1:9") as (session, _clock, _pace):
        with pytest.raises(Unreachable):
            await session.sinks["order"].find(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("json2", [False, True], ids=["jsonrpc", "json2"])
@pytest.mark.parametrize(
    ("hint", "seconds"),
    [({"Retry-After": "30"}, 30), ({}, 5), ({"Retry-After": "nonsense"}, 5)],
    ids=["told", "not-told", "nonsense"],
)
async def test_a_pause_asked_for_is_kept(*, json2: bool, hint: dict[str, str], seconds: int) -> None:
    async with facing(json2=json2) as (answers, client, clock, pace):
        assert isinstance(clock, HandClock)
        assert isinstance(pace, OpenPace)
        answers.answer = web.Response(status=429, headers=hint)
        pause = await trouble(client, writes="k")
        assert isinstance(pause, Throttled)
        assert pause.retry_at == clock.now() + timedelta(seconds=seconds)
        assert pace.pauses == [seconds]


async def test_a_pause_may_be_told_as_a_date() -> None:
    async with facing(json2=True) as (answers, client, _clock, _pace):
        answers.answer = web.Response(status=429, headers={"Retry-After": "Mon, 02 Mar 2026 10:00:00 GMT"})
        pause = await trouble(client)
        assert isinstance(pause, Throttled)
        assert pause.retry_at.isoformat() == "2026-03-02T10:00:00+00:00"


STATUSES: list[tuple[int, type[Trouble]]] = [
    (301, Misconfigured), (404, Misconfigured), (401, Forbidden), (403, Forbidden), (415, WireDrift), (400, WireDrift),
    (408, Unreachable),
]  # fmt: skip


@pytest.mark.parametrize(("status", "error"), STATUSES)
async def test_a_status_from_in_front_of_odoo_is_sorted_too(status: int, error: type[Trouble]) -> None:
    for json2 in (False, True):
        async with facing(json2=json2) as (answers, client, _clock, _pace):
            answers.answer = web.Response(status=status, text="<html>", content_type="text/html")
            assert type(await trouble(client)) is error


async def test_a_gateway_that_refuses_in_json_is_not_taken_for_odoo() -> None:
    async with facing(json2=True) as (answers, client, _clock, _pace):
        answers.answer = web.json_response({"error": "blocked by policy"}, status=403)
        assert type(await trouble(client)) is Forbidden


async def test_a_clock_that_cannot_be_read_changes_nothing() -> None:
    async with facing(json2=True) as (answers, client, clock, _pace):
        answers.answer = web.json_response([], headers={"Date": "yesterday"})
        await client.identity()
        before = client.skew
        assert await client.call("res.partner", "name_get", ids=[1]) == []
        assert client.skew == before
        assert client.server_now() == clock.now() + before


@pytest.mark.parametrize(
    ("step", "answer", "error", "json2"),
    [
        ("context_get", "unexpected", WireDrift, True),
        ("context_get", "unexpected", WireDrift, False),
        ("search_read", [], Misconfigured, True),
        ("search_read", [{"id": 7, "company_id": False}], Misconfigured, False),
        ("authenticate", "admin", WireDrift, False),
        ("authenticate", False, AuthExpired, False),
        ("version", None, WireDrift, False),
    ],
)
async def test_who_cannot_be_made_out_is_told_before_anything_is_asked(
    step: str, answer: Any, error: type[Trouble], *, json2: bool
) -> None:
    async with facing(json2=json2) as (answers, client, _clock, _pace):
        answers.entering[step] = answer
        assert type(await trouble(client)) is error


@pytest.mark.parametrize("json2", [False, True], ids=["jsonrpc", "json2"])
async def test_an_answer_of_another_shape_is_drift_to_read_and_doubt_to_write(*, json2: bool) -> None:
    async with facing(json2=json2) as (answers, client, _clock, _pace):
        answers.answer = web.json_response("unexpected")
        with pytest.raises(WireDrift):
            wire.rows(wire.Row, await client.call("sale.order", "read_group"), {})
        answers.answer = web.json_response("unexpected")
        with pytest.raises(InDoubt):
            await create_once(client, "sale.order", {"isthmus.order_1": {}}, writes="k")


@pytest.mark.parametrize("version", [17, 19])
async def test_a_wrong_database_is_told_as_a_setting(version: int) -> None:
    async with standing(version, database="nodb") as erp:
        with pytest.raises(Misconfigured, match="Database"):
            await erp.session.probe.probe()


@pytest.mark.parametrize("version", [14, 17, 19])
async def test_a_wrong_key_is_the_operators(version: int) -> None:
    async with standing(version, api_key="wrong") as erp:
        with pytest.raises(AuthExpired):
            await erp.session.probe.probe()


async def test_numbers_travel_with_every_digit() -> None:
    async with facing(json2=True) as (answers, client, _clock, _pace):
        answers.answer = web.json_response(data=True)
        await client.call("sale.order", "write", ids=[1], vals={"price": Decimal("19.990")}, writes="k")
        body = json.loads(await answers.seen[-1].read(), parse_float=str)
        assert body["vals"]["price"] == "19.990"


async def test_a_page_in_place_of_the_version_is_asked_past() -> None:
    async with standing(17) as erp:
        await erp.fault(kind="html", count=1, match="json.version")
        assert (await erp.dialect.client.identity()).version.major == 17


async def test_calls_that_begin_together_come_in_once() -> None:
    async with standing(17) as erp:
        asked = [erp.session.probe.ping() for _call in range(4)]
        await asyncio.gather(*asked)
        calls = (await erp.state())["calls"]
        assert (calls["common.authenticate"], calls["res.users.context_get"]) == (1, 5)


@pytest.mark.parametrize("version", [17, 19])
async def test_a_session_that_has_not_begun_yet_sees_that_nobody_is_there(version: int) -> None:
    async with standing(version) as stand:
        await stand.fault(kind="status_503", rate=1)
        for _ in range(3):
            with pytest.raises(Unreachable):
                await stand.dialect.client.identity()
        assert stand.pace.well == 0  # or the breaker would take every other call for a sign of life

"""Who gets in, how, and what everybody else is told."""

from dataclasses import replace
from typing import Any

import pytest

from isthmus.simulators.vendure import PASSWORD
from isthmus.simulators.vendure.registry import make_channel
from isthmus.simulators.vendure.sessions import cookie, token_in
from tests.simulators.vendure.conftest import FAST, SIGN_IN, Caller, Opener

ME = "{me{id identifier channels{code permissions}}}"
FORBIDDEN = (200, "FORBIDDEN")
HEADER = "vendure-auth-token"
INVALID = "GRAPHQL_VALIDATION_FAILED"
SINCE = "query($d:DateTime!){orders(options:{filter:{createdAt:{after:$d}}}){totalItems}}"


class Hands:
    """A clock a test sets."""

    seconds = 0.0

    def count(self) -> float:
        return self.seconds


async def test_the_right_password_gets_a_token_and_a_wrong_one_a_result(open_shop: Opener) -> None:
    shop = await open_shop()
    wrong = await shop.sign_in(password="guess")
    assert wrong.status == 200
    assert wrong.body["data"]["login"]["errorCode"] == "INVALID_CREDENTIALS_ERROR"
    assert HEADER not in wrong.headers
    right = await shop.sign_in()
    assert len(right.headers[HEADER]) == 64
    me = await shop.one(ME)
    assert (me["identifier"], me["channels"][0]["permissions"][0]) == ("demo", "Authenticated")


async def test_strangers_unknown_tokens_and_missing_permissions_look_alike(open_shop: Opener) -> None:
    shop = await open_shop()
    assert await shop.refused("{orders{totalItems}}") == FORBIDDEN
    shop.token = "nobody"
    answer = await shop.send("{orders{totalItems}}")
    assert (answer.headers[HEADER], answer.body["data"]) == ("", None)
    await shop.sign_in("reader")
    assert (await shop.one("{orders{totalItems}}")) == {"totalItems": 0}
    assert await shop.refused("mutation{createDraftOrder{id}}") == FORBIDDEN
    await shop.sign_in("demo")
    assert await shop.refused('mutation{createStockLocation(input:{name:"x"}){id}}') == FORBIDDEN


async def test_a_token_alone_does_not_mean_that_somebody_is_signed_in(open_shop: Opener) -> None:
    shop = await open_shop()
    answer = await shop.send(ME)
    assert answer.body["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    shop.token = answer.headers[HEADER]
    assert shop.token
    assert await shop.refused(ME) == FORBIDDEN


async def test_a_session_lives_on_by_use_and_ends_by_rest_or_logout(open_shop: Opener) -> None:
    hands = Hands()
    shop = await open_shop(settings=replace(FAST, session_s=20.0), clock=hands.count)
    await shop.sign_in()
    for hands.seconds in (15.0, 30.0, 45.0):
        await shop.ask(ME)
    hands.seconds = 66.0
    assert await shop.refused(ME) == FORBIDDEN
    await shop.sign_in()
    assert await shop.one("mutation{logout{success}}") == {"success": True}
    assert await shop.refused(ME) == FORBIDDEN


async def test_a_shop_may_know_cookies_only(open_shop: Opener) -> None:
    shop = await open_shop(settings=replace(FAST, token_method="cookie"))
    answer = await shop.sign_in()
    assert HEADER not in answer.headers
    jar = {one.split("=", 1)[0]: one.split("=", 1)[1].split(";")[0] for one in answer.headers.getall("Set-Cookie")}
    both = "; ".join(f"{name}={value}" for name, value in jar.items())
    body = {"query": ME}
    assert (await shop.post(body, Cookie=both)).body["data"]["me"]["identifier"] == "demo"
    for spoiled in (f"session={jar['session']}", both + "x", both.replace("session=", "session=x", 1)):
        assert (await shop.post(body, Cookie=spoiled)).body["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_shop_may_know_tokens_only(open_shop: Opener) -> None:
    shop = await open_shop(settings=replace(FAST, token_method="bearer", token_header="x-token"))
    answer = await shop.send(SIGN_IN, u="demo", p=PASSWORD)
    assert answer.headers["x-token"]
    assert "Set-Cookie" not in answer.headers


def test_a_cookie_is_read_back_only_with_its_signature() -> None:
    value, signature = cookie("abc")
    assert token_in(value, signature) == "abc"
    assert token_in(value, "x") == token_in("", "") == ""


async def test_expired_sessions_are_opened_again_and_revoked_accounts_are_not(shop: Caller) -> None:
    await shop.sim("fault", kind="expire_auth", count=1)
    assert await shop.refused(ME) == FORBIDDEN
    await shop.sign_in("superadmin")
    await shop.ask(ME)
    assert await shop.sim("revoke") == {"done": True}
    assert await shop.refused(ME) == FORBIDDEN
    assert (await shop.sign_in()).body["data"]["login"]["__typename"] == "InvalidCredentialsError"


async def test_a_channel_token_narrows_and_an_unknown_one_is_refused(shop: Caller) -> None:
    shop.headers["vendure-token"] = "anything"
    assert (await shop.one("{activeChannel{code}}"))["code"] == "__default_channel__"  # there is only one
    wish = {"code": "net", "token": "net-token", "defaultLanguageCode": "en", "pricesIncludeTax": False}
    make_channel(
        shop.world.shop, {**wish, "defaultCurrencyCode": "USD", "defaultTaxZoneId": "1", "defaultShippingZoneId": "1"}
    )
    assert await shop.refused("{activeChannel{code}}") == (200, "CHANNEL_NOT_FOUND")
    shop.headers["vendure-token"] = "net-token"
    assert (await shop.one("{activeChannel{code}}"))["code"] == "net"
    assert await shop.one("{productVariants{totalItems}}") == {"totalItems": 0}


async def test_health_is_told_to_anybody_and_other_paths_are_not_there(open_shop: Opener) -> None:
    shop = await open_shop()
    async with shop.http.get(f"{shop.base}/health") as answer:
        assert (await answer.json())["status"] == "ok"
    async with shop.http.get(f"{shop.base}/nowhere") as answer:
        assert (answer.status, (await answer.json())["message"]) == (404, "Cannot GET /nowhere")


async def test_introspection_needs_no_account_and_can_be_switched_off(open_shop: Opener) -> None:
    shop = await open_shop()
    query = '{__type(name:"OrderCustomFields"){fields{name type{name kind}}}}'
    assert (await shop.one(query))["fields"] == [{"name": "erpRef", "type": {"name": "String", "kind": "SCALAR"}}]
    assert await shop.sim("settings", introspection=False) == {"done": True}
    assert await shop.refused(query) == (400, "GRAPHQL_VALIDATION_FAILED")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"query": "{orders{nope}}"}, 400, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "{orders{"}, 400, "GRAPHQL_PARSE_FAILED"),
        ({"query": ""}, 400, "BAD_REQUEST"),
        ({}, 400, "BAD_REQUEST"),
        ([], 400, "BAD_REQUEST"),
        ({"query": "{me{id}}", "variables": "x"}, 400, "BAD_REQUEST"),
        ({"query": "query A{me{id}} query B{me{id}}"}, 400, "OPERATION_RESOLUTION_FAILURE"),
        ({"query": "query A{me{id}}", "operationName": "C"}, 400, "OPERATION_RESOLUTION_FAILURE"),
        ({"query": SINCE}, 200, "BAD_USER_INPUT"),
        ({"query": SINCE, "variables": {"d": "2026-01-01"}}, 200, "BAD_USER_INPUT"),
        ({"query": SINCE.replace("$d}", '"2026-01-01"}').replace("query($d:DateTime!)", "")}, 400, INVALID),
    ],
    ids=str,
)  # fmt: skip
async def test_what_cannot_be_run_is_refused_in_apollos_words(shop: Caller, body: Any, status: int, code: str) -> None:
    answer = await shop.post(body)
    assert (answer.status, answer.body["errors"][0]["extensions"]["code"]) == (status, code)
    assert "data" not in answer.body


async def test_a_long_body_and_one_that_is_no_json_are_not_graphqls_affair(shop: Caller) -> None:
    long = await shop.post({"query": "{me{id}}", "padding": "x" * 110_000})
    assert (long.status, long.body["statusCode"], long.body["message"]) == (500, 500, "")
    broken = await shop.post('{"query', **{"Content-Type": "application/json"})
    assert (broken.status, broken.body["statusCode"]) == (400, 400)

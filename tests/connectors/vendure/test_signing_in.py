"""A session is begun once, kept while it is taken, and begun anew when it ended."""

import asyncio

import pytest
from multidict import CIMultiDict

from isthmus.kit.http import Response
from isthmus.ports.errors import AuthExpired, Forbidden, Misconfigured
from tests.connectors.vendure.builders import Content, listed
from tests.connectors.vendure.harness import SIGNED_IN, Desk, failed, opened, said, signed_in

WHO = {"me": {"id": "2", "channels": []}}


async def test_one_session_serves_many_calls() -> None:
    desk = Desk().on("Who", WHO)
    session = opened(desk)

    await asyncio.gather(*(session.probe.ping() for _ in range(5)))

    assert desk.names() == ["Login", *["Who"] * 5]
    assert {one.headers.get("Authorization") for one in desk.requests[1:]} == {"Bearer token-one"}


async def test_calls_that_meet_the_same_end_begin_one_new_session() -> None:
    desk = Desk().on("Login", signed_in("one"), signed_in("two"))
    session = opened(desk)

    def ended(_variables: Content) -> Response | Content:
        known = desk.requests[-1].headers["Authorization"] == "Bearer two"
        return WHO if known else failed("FORBIDDEN")

    desk.on("Who", ended)
    await asyncio.gather(*(session.probe.ping() for _ in range(3)))

    assert desk.names().count("Login") == 2
    assert desk.names().count("Who") == 6


async def test_what_stays_forbidden_is_a_permission() -> None:
    desk = Desk().on("Places", failed("FORBIDDEN"))

    with pytest.raises(Forbidden) as refused:
        await opened(desk).sources["warehouse"].read(["1"])

    assert refused.value.missing == "ReadStockLocation"
    assert desk.names() == ["Login", "Places", "Login", "Places"]


async def test_cookies_are_carried_where_there_is_no_token() -> None:
    headers = CIMultiDict({"Set-Cookie": "session=abc; path=/; httponly"})
    headers.add("Set-Cookie", "session.sig=def; path=/; httponly")
    desk = Desk().on("Login", Response(200, headers, said(SIGNED_IN).body)).on("Who", WHO)

    await opened(desk).probe.ping()

    assert desk.requests[-1].headers["Cookie"] == "session=abc; session.sig=def"
    assert "Authorization" not in desk.requests[-1].headers


async def test_a_shop_that_gives_neither_is_misconfigured() -> None:
    with pytest.raises(Misconfigured, match="tokenMethod"):
        await opened(Desk().on("Login", SIGNED_IN).on("Who", failed("FORBIDDEN"))).probe.ping()


async def test_a_wrong_password_is_told() -> None:
    wrong = {"login": {"__typename": "InvalidCredentialsError", "errorCode": "INVALID_CREDENTIALS_ERROR"}}

    with pytest.raises(AuthExpired, match="check the settings Login and Password"):
        await opened(Desk().on("Login", wrong)).probe.ping()


async def test_a_shop_that_lets_nobody_sign_in_is_told() -> None:
    with pytest.raises(AuthExpired, match="lets nobody sign in"):
        await opened(Desk().on("Login", failed("FORBIDDEN"))).probe.ping()


async def test_nobody_after_signing_in_is_told() -> None:
    with pytest.raises(AuthExpired, match="does not know who we are"):
        await opened(Desk().on("Who", {"me": None})).probe.ping()


async def test_the_channel_goes_along_where_one_is_entered() -> None:
    desk = Desk().on("Places", listed())
    await opened(desk, channel_token="gross-token").sources["warehouse"].read(["1"])
    await opened(desk).sources["warehouse"].read(["1"])

    assert [one.headers.get("vendure-token") for one in desk.requests] == ["gross-token"] * 2 + [None] * 2


@pytest.mark.parametrize(
    ("entered", "asked"),
    [
        ("shop.example.com", "https://shop.example.com/admin-api"),
        (" http://127.0.0.1:3000/ ", "http://127.0.0.1:3000/admin-api"),
        ("https://shop.example.com/api/admin", "https://shop.example.com/api/admin"),
    ],
)
async def test_the_address_is_taken_as_people_enter_it(entered: str, asked: str) -> None:
    desk = Desk().on("Who", WHO)
    await opened(desk, url=entered).probe.ping()

    assert {one.url for one in desk.requests} == {asked}

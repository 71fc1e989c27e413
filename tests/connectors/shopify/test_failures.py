"""Every way an answer can go wrong ends in the right kind of trouble."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from isthmus.canonical.quantity import pieces
from isthmus.canonical.stock import StockLevel
from isthmus.connectors.shopify import operations as ask
from isthmus.connectors.shopify import wire
from isthmus.connectors.shopify.client import Client
from isthmus.connectors.shopify.failures import TooCostly
from isthmus.ports.connector import Session
from isthmus.ports.errors import (
    AuthExpired,
    ContractBroken,
    Forbidden,
    InDoubt,
    Misconfigured,
    Throttled,
    Trouble,
    Unreachable,
    WireDrift,
)
from isthmus.ports.sink import Key
from tests.connectors.shopify.harness import (
    NOW,
    Endpoint,
    Paper,
    Script,
    answered,
    cost,
    dropped,
    failed,
    opened,
    raw,
    scripted,
)

NO_LOCATIONS = {"locations": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}
PAGE = "<html><body>Down for maintenance</body></html>"


def the_client(session: Session) -> Client:
    client: Client = session.sources["warehouse"].client  # type: ignore[attr-defined]
    return client


async def reading(session: Session) -> None:
    async for _ in session.sources["warehouse"].changes(None):
        pass


async def writing(session: Session) -> None:
    level = StockLevel(
        external_id="1@5", sku="A", warehouse="5", item_ref="1", available=pieces(7), revision="r", connection="c"
    )
    await session.sinks["stock_level"].put(level, key=Key("shop:1@5"))


async def creating(session: Session) -> None:
    """A write Shopify does not make safe to repeat, such as any create without a key."""
    await the_client(session).mutate(ask.SUBSCRIBE, {}, wire.SubscribeAnswer, key="order 1")


STATUSES = [
    pytest.param(raw("", 401), AuthExpired, id="401"),
    pytest.param(raw("", 402), Misconfigured, id="402-frozen"),
    pytest.param(raw("", 403), Forbidden, id="403"),
    pytest.param(raw('{"errors":"Not Found"}', 404), Misconfigured, id="404-no-shop"),
    pytest.param(raw("", 423), Misconfigured, id="423-locked"),
    pytest.param(raw("", 301), Misconfigured, id="301-elsewhere"),
    pytest.param(raw('{"errors":"bad"}', 400), ContractBroken, id="400"),
    pytest.param(raw("", 406), ContractBroken, id="406"),
    pytest.param(raw("", 415), ContractBroken, id="415"),
    pytest.param(raw("", 429), Throttled, id="429"),
    pytest.param(failed("THROTTLED"), Throttled, id="throttled"),
    pytest.param(failed("ACCESS_DENIED", requiredAccess="`read_orders` access scope."), Forbidden, id="denied"),
    pytest.param(failed("SHOP_INACTIVE"), Misconfigured, id="inactive"),
    pytest.param(failed("MAX_COST_EXCEEDED"), TooCostly, id="too-costly"),
    pytest.param(failed("MAX_INPUT_SIZE_EXCEEDED"), ContractBroken, id="too-large"),
    pytest.param(failed("undefinedField"), ContractBroken, id="undefined-field"),
    pytest.param(failed("BAD_REQUEST", "The @idempotent directive is required"), ContractBroken, id="bad-request"),
    pytest.param(raw('{"errors":"odd"}'), ContractBroken, id="errors-as-text"),
]


@pytest.mark.parametrize(("script", "expected"), STATUSES)
@pytest.mark.parametrize("act", [reading, writing, creating])
async def test_a_refusal_is_the_same_for_reads_and_writes(script: Script, expected: type[Trouble], act: Any) -> None:
    async with scripted(Endpoint([script])) as session:
        with pytest.raises(expected):
            await act(session)


LOST = [
    pytest.param(raw("", 500), id="500"),
    pytest.param(raw("Service Unavailable", 503, "text/plain"), id="503"),
    pytest.param(failed("INTERNAL_SERVER_ERROR"), id="internal"),
    pytest.param(failed("TIMEOUT"), id="timeout"),
    pytest.param(raw(PAGE, content_type="text/html"), id="page"),
    pytest.param(raw('{"data":{"loca'), id="cut-json"),
    pytest.param(raw(""), id="empty"),
    pytest.param(dropped, id="dropped"),
]


@pytest.mark.parametrize("script", LOST)
@pytest.mark.parametrize(
    ("act", "expected"),
    [
        pytest.param(reading, Unreachable, id="read"),
        pytest.param(writing, Unreachable, id="keyed-write"),
        pytest.param(creating, InDoubt, id="bare-write"),
    ],
)
async def test_a_lost_answer_is_in_doubt_only_where_repeating_would_hurt(
    script: Script, act: Any, expected: type[Trouble]
) -> None:
    async with scripted(Endpoint([script])) as session:
        with pytest.raises(expected) as caught:
            await act(session)
    if isinstance(caught.value, InDoubt):
        assert caught.value.key == "order 1"


DRIFTED = [
    pytest.param(raw('"unexpected"'), "$", id="no-object"),
    pytest.param(answered({"locations": None}), "$.locations", id="null"),
    pytest.param(answered({"locations": {"nodes": [{}], "pageInfo": {}}}), "$.locations.nodes[0]", id="field-gone"),
    pytest.param(raw("{}"), "$", id="no-data"),
]


@pytest.mark.parametrize(("script", "path"), DRIFTED)
async def test_another_shape_is_drift_and_says_where(script: Script, path: str) -> None:
    async with scripted(Endpoint([script])) as session:
        with pytest.raises(WireDrift) as caught:
            await reading(session)
    assert caught.value.path == path


@pytest.mark.parametrize("script", [raw('"unexpected"'), answered({"webhookSubscriptionCreate": 1})])
async def test_another_shape_after_a_bare_write_is_in_doubt(script: Script) -> None:
    async with scripted(Endpoint([script])) as session:
        with pytest.raises(InDoubt):
            await creating(session)


async def test_nothing_is_in_doubt_when_nobody_listened() -> None:
    async with opened("http://127.0.0.1:9") as session:
        with pytest.raises(Unreachable):
            await creating(session)


async def test_throttling_waits_as_long_as_the_bucket_needs() -> None:
    pace = Paper()
    body = json.dumps(
        {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}], "extensions": cost(752, 666)}
    )
    async with scripted(Endpoint([raw(body)]), pace) as session:
        with pytest.raises(Throttled) as caught:
            await reading(session)
    assert pace.backed_off == [pytest.approx(0.86)]
    assert caught.value.retry_at == NOW + timedelta(seconds=0.86)


@pytest.mark.parametrize(
    ("hint", "seconds"),
    [
        pytest.param("7.5", 7.5, id="seconds"),
        pytest.param("Fri, 20 Nov 2026 10:00:30 GMT", 30.0, id="date"),
        pytest.param("Fri, 20 Nov 2026 09:00:00 GMT", 0.0, id="date-passed"),
        pytest.param("soon", 2.0, id="nonsense"),
        pytest.param(None, 2.0, id="no-hint"),
    ],
)
async def test_retry_after_is_obeyed(hint: str | None, seconds: float) -> None:
    pace = Paper()
    headers = {"Retry-After": hint} if hint else {}
    async with scripted(Endpoint([raw("", 429, **headers)]), pace) as session:
        with pytest.raises(Throttled) as caught:
            await reading(session)
    assert caught.value.retry_at == NOW + timedelta(seconds=seconds)
    assert pace.backed_off == [seconds]


async def test_the_pace_learns_from_every_answer_and_asks_for_the_known_cost() -> None:
    pace = Paper()
    endpoint = Endpoint([answered(NO_LOCATIONS, extensions=cost(11, 1990, capacity=20000.0, restore=1000.0))])
    async with scripted(endpoint, pace) as session:
        await reading(session)
        await reading(session)
    assert pace.taken == [ask.LOCATIONS.estimate, 11.0]
    assert pace.learned[0] == {"available": 1990.0, "capacity": 20000.0, "per_second": 1000.0}


async def test_an_ignored_filter_is_not_taken_for_an_answer() -> None:
    search = [{"path": ["orders"], "query": "updatd_at:1", "warnings": [{"field": "updatd_at", "message": "unknown"}]}]
    async with scripted(Endpoint([answered(NO_LOCATIONS, extensions={"search": search})])) as session:
        with pytest.raises(ContractBroken, match="ignored a filter"):
            await reading(session)


async def test_the_missing_scope_is_named() -> None:
    async with scripted(Endpoint([failed("ACCESS_DENIED", requiredAccess="read_locations")])) as session:
        with pytest.raises(Forbidden) as caught:
            await reading(session)
    assert caught.value.missing == "read_locations"


def granted(token: str = "fresh") -> web.Response:
    return web.json_response({"access_token": token, "scope": "read_orders", "expires_in": 86399})


APP = {"access_token": "", "client_id": "app", "client_secret": "hush"}


async def test_an_expired_token_is_renewed_once_and_the_call_repeated() -> None:
    endpoint = Endpoint([answered(NO_LOCATIONS), raw("", 401), answered(NO_LOCATIONS)])
    endpoint.grants = [lambda: granted("first"), lambda: granted("second")]
    async with scripted(endpoint, **APP) as session:
        await reading(session)
        await reading(session)
    assert endpoint.tokens == ["first", "first", "second"]
    assert endpoint.forms[0] == {"grant_type": "client_credentials", "client_id": "app", "client_secret": "hush"}


async def test_many_calls_that_meet_one_expiry_fetch_one_token() -> None:
    def by_token(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        good = request.headers["X-Shopify-Access-Token"] == "second"
        return (answered(NO_LOCATIONS) if good else raw("", 401))(request, body)

    endpoint = Endpoint([by_token], grants=[lambda: granted("first"), lambda: granted("second")])
    async with scripted(endpoint, **APP) as session:
        await asyncio.gather(*(reading(session) for _ in range(5)))
    assert len(endpoint.forms) == 2


async def test_a_cost_without_a_bucket_teaches_only_the_cost() -> None:
    pace = Paper()
    endpoint = Endpoint([answered(NO_LOCATIONS, extensions={"cost": {"requestedQueryCost": 0}})])
    async with scripted(endpoint, pace) as session:
        await reading(session)
        await reading(session)
    assert pace.taken == [ask.LOCATIONS.estimate] * 2
    assert pace.learned == []


async def test_short_lists_are_read_to_their_end() -> None:
    more = {"locations": {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": "c1"}}}
    endpoint = Endpoint([answered(more), answered(NO_LOCATIONS)])
    async with scripted(endpoint) as session:
        await reading(session)
    assert [variables["after"] for variables in endpoint.variables] == [None, "c1"]


async def test_a_revoked_app_is_not_asked_for_ever() -> None:
    endpoint = Endpoint([raw("", 401)], grants=[granted])
    async with scripted(endpoint, **APP) as session:
        with pytest.raises(AuthExpired):
            await reading(session)
    assert len(endpoint.asked) == 2


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(lambda: web.json_response({"error": "invalid_request"}, status=400), AuthExpired, id="400"),
        pytest.param(lambda: web.Response(text="Oauth error shop_not_permitted", status=400), AuthExpired, id="text"),
        pytest.param(lambda: web.Response(text=PAGE, status=404), AuthExpired, id="page"),
        pytest.param(lambda: web.Response(status=429, headers={"Retry-After": "3"}), Throttled, id="429"),
        pytest.param(lambda: web.Response(status=503), Unreachable, id="503"),
        pytest.param(lambda: web.Response(text=PAGE), Unreachable, id="200-page"),
        pytest.param(lambda: web.json_response({"token": "x"}), WireDrift, id="200-other"),
    ],
)
async def test_why_there_is_no_token(answer: Any, expected: type[Trouble]) -> None:
    async with scripted(Endpoint(grants=[answer]), **APP) as session:
        with pytest.raises(expected) as caught:
            await writing(session)
    assert "hush" not in str(caught.value)


async def test_nothing_to_sign_in_with() -> None:
    async with scripted(Endpoint(), access_token="", client_secret="") as session:
        with pytest.raises(Misconfigured):
            await reading(session)


async def test_the_token_endpoint_cannot_be_reached() -> None:
    async with opened("http://127.0.0.1:9", **APP) as session:
        with pytest.raises(Unreachable):
            await reading(session)


async def test_no_secret_is_in_any_message() -> None:
    async with scripted(Endpoint([raw("", 401)]), access_token="shpat_canary") as session:
        with pytest.raises(AuthExpired) as caught:
            await reading(session)
    assert "canary" not in str(caught.value)

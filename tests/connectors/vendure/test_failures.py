"""Every way an answer can go wrong ends in the right kind of trouble."""

from datetime import timedelta

import pytest

from isthmus.canonical.quantity import pieces
from isthmus.canonical.stock import StockLevel
from isthmus.connectors.vendure import operations as ask
from isthmus.connectors.vendure import wire
from isthmus.connectors.vendure.failures import Intent, lost
from isthmus.kit.http import AnswerLost, NotSent, Response
from isthmus.ports.connector import Session
from isthmus.ports.errors import (
    AuthExpired,
    ContractBroken,
    Forbidden,
    InDoubt,
    Invalid,
    Misconfigured,
    NotFound,
    Throttled,
    Trouble,
    Unreachable,
    WireDrift,
)
from isthmus.ports.sink import Key
from isthmus.testing.pace import OpenPace
from tests.connectors.vendure.builders import a_stocked, listed
from tests.connectors.vendure.harness import NOW, Answer, Desk, client_of, failed, opened, raw

PAGE = "<html><body>Down for maintenance</body></html>"


async def reading(session: Session) -> None:
    async for _ in session.sources["warehouse"].changes(None):
        pass


async def writing(session: Session) -> None:
    level = StockLevel(external_id="1@1", sku="A", warehouse="1", item_ref="1", available=pieces(7))
    await session.sinks["stock_level"].put(level, key=Key("shop:1@1"))


def shop(answer: Answer) -> Desk:
    return Desk().on("Places", answer).on("Levels", listed(a_stocked())).on("SetStock", answer)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(raw(PAGE), Unreachable, id="a-page"),
        pytest.param(raw("[]"), WireDrift, id="a-list"),
        pytest.param(raw('{"data":{}}'), WireDrift, id="nothing"),
        pytest.param(raw('{"data":null}'), WireDrift, id="null"),
        pytest.param(raw(PAGE, 301), Misconfigured, id="moved"),
        pytest.param(raw(PAGE, 400), ContractBroken, id="malformed"),
        pytest.param(raw(PAGE, 401), AuthExpired, id="a-proxy-asks"),
        pytest.param(raw(PAGE, 403), Forbidden, id="a-proxy-refuses"),
        pytest.param(raw(PAGE, 404), Misconfigured, id="another-address"),
        pytest.param(raw(PAGE, 408), Unreachable, id="too-slow"),
        pytest.param(raw(PAGE, 500), Unreachable, id="broken"),
        pytest.param(raw('{"statusCode":500,"message":""}', 500), Unreachable, id="too-large-or-broken"),
        pytest.param(failed("CHANNEL_NOT_FOUND"), Misconfigured, id="channel"),
        pytest.param(failed("GRAPHQL_VALIDATION_FAILED", status=400), ContractBroken, id="unknown-field"),
        pytest.param(failed("BAD_USER_INPUT", status=400), ContractBroken, id="bad-variable"),
        pytest.param(failed("INTERNAL_SERVER_ERROR"), Unreachable, id="internal"),
        pytest.param(failed("", "SqliteError: database is locked"), Unreachable, id="database"),
        pytest.param(AnswerLost("reset"), Unreachable, id="lost"),
        pytest.param(NotSent("refused"), Unreachable, id="never-sent"),
    ],
)
@pytest.mark.parametrize("deed", [reading, writing])
async def test_an_answer_is_sorted(answer: Answer, kind: type[Trouble], deed: object) -> None:
    # After a write that may be sent again, an answer nobody understands is as good as none.
    with pytest.raises(Unreachable if kind is WireDrift and deed is writing else kind):
        await deed(opened(shop(answer)))  # type: ignore[operator]


async def test_a_question_that_is_refused_is_our_mistake() -> None:
    with pytest.raises(ContractBroken, match="more than 1000"):
        await reading(opened(shop(failed("USER_INPUT_ERROR", "Cannot take more than 1000 results"))))


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (failed("USER_INPUT_ERROR"), Invalid),
        (failed("ILLEGAL_OPERATION"), Invalid),
        (failed("ENTITY_NOT_FOUND"), NotFound),
        (failed("", "SqliteError: FOREIGN KEY constraint failed"), Invalid),
        (failed("", 'insert or update violates foreign key constraint "FK_1"'), Invalid),
    ],
)
async def test_a_record_that_is_refused_is_its_owners(answer: Response, kind: type[Trouble]) -> None:
    with pytest.raises(kind):
        await writing(opened(shop(answer)))


async def test_a_write_that_must_not_be_repeated_is_in_doubt() -> None:
    client = client_of(opened(Desk().on("SetStock", AnswerLost("reset"), raw("[]"), raw('{"data":{}}'))))
    for _ in range(3):
        with pytest.raises(InDoubt) as doubt:
            await client.mutate(ask.SET_STOCK, {"input": []}, wire.Listed, key="k")
        assert doubt.value.key == "k"
    assert isinstance(lost(Intent("k", repeatable=True), "x"), Unreachable)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("7", 7),
        ("-5", 0),
        ("Fri, 20 Nov 2026 10:00:30 GMT", 30),
        ("Fri, 20 Nov 2026 09:00:00 GMT", 0),
        ("soon", 2),
        ("", 2),
    ],
)
async def test_a_proxy_that_says_slower_is_obeyed(header: str, wait: int) -> None:
    pace = OpenPace()

    with pytest.raises(Throttled) as told:
        await reading(opened(shop(raw(PAGE, 429, **{"Retry-After": header})), pace))

    assert told.value.retry_at == NOW + timedelta(seconds=wait)


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 20 Nov 9999 10:00:00 GMT"])
async def test_a_clock_that_cannot_be_is_not_taken(date: str) -> None:
    answer = raw('{"data":{"page":{"items":[],"totalItems":0}}}')
    answer = Response(200, {"Date": date} if date else {}, answer.body)
    client = client_of(opened(shop(answer)))

    assert (await client.query(ask.PLACES, {}, wire.Listed)).server_time == NOW


async def test_no_secret_is_quoted() -> None:
    quoting = failed("ENTITY_NOT_FOUND", "no demo-password, token-one or demo-webhook-secret here")
    with pytest.raises(NotFound) as trouble:
        await reading(opened(shop(quoting)))

    assert not [one for one in ("demo-password", "token-one", "demo-webhook-secret") if one in str(trouble.value)]

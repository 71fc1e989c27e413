"""Every way an answer can go wrong ends in the right kind of trouble."""

from datetime import timedelta

import pytest

from isthmus.connectors.vendure.wire import Account
from isthmus.kit.http import AnswerLost, NotSent, Response
from isthmus.ports.errors import (
    AuthExpired,
    ContractBroken,
    Forbidden,
    InDoubt,
    Invalid,
    Misconfigured,
    Throttled,
    Trouble,
    Unreachable,
    WireDrift,
)
from tests.connectors.vendure.stand import TOKEN, Said, Stand, ok, said


async def reading(stand: Stand) -> None:
    await stand.client.get("account.get", "account", Account)


async def writing(stand: Stand) -> None:
    await stand.client.post("account.put", "account", Account, {"name": "x"}, key="shop:1")


def refused(status: int, body: bytes = b'{"error":{"code":"no","message":"no"}}', **headers: str) -> Response:
    return Response(status, headers, body)


REFUSALS = [
    pytest.param(refused(301), Misconfigured, id="301-elsewhere"),
    pytest.param(refused(400), ContractBroken, id="400"),
    pytest.param(refused(401), AuthExpired, id="401"),
    pytest.param(refused(403), Forbidden, id="403"),
    pytest.param(refused(404), Misconfigured, id="404-no-api-here"),
    pytest.param(refused(405), ContractBroken, id="405"),
    pytest.param(refused(408), Unreachable, id="408-not-arrived"),
    pytest.param(refused(422), Invalid, id="422"),
    pytest.param(refused(429), Throttled, id="429"),
    pytest.param(NotSent("no connection"), Unreachable, id="not-sent"),
]


@pytest.mark.parametrize(("answer", "expected"), REFUSALS)
@pytest.mark.parametrize("act", [reading, writing])
async def test_what_was_certainly_not_done_is_the_same_for_reads_and_writes(
    answer: Said, expected: type[Trouble], act: object
) -> None:
    assert callable(act)
    with pytest.raises(expected):
        await act(said(answer))


LOST = [
    pytest.param(refused(500), Unreachable, id="500"),
    pytest.param(refused(503), Unreachable, id="503"),
    pytest.param(AnswerLost("reset"), Unreachable, id="lost"),
    pytest.param(ok(b"<html>Down for maintenance</html>"), Unreachable, id="page"),
    pytest.param(ok(b'{"id": 70'), Unreachable, id="cut"),
    pytest.param(ok(b'"unexpected"'), WireDrift, id="another-form"),
]


@pytest.mark.parametrize(("answer", "expected"), LOST)
async def test_an_answer_that_is_lost_leaves_a_write_in_doubt_about_its_key(
    answer: Said, expected: type[Trouble]
) -> None:
    with pytest.raises(expected):
        await reading(said(answer))
    with pytest.raises(InDoubt) as doubt:
        await writing(said(answer))
    assert doubt.value.key == "shop:1"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({"Retry-After": "7"}, 7, id="seconds"),
        pytest.param({"Retry-After": "-7"}, 0, id="never-before-now"),
        pytest.param({"Retry-After": "Mon, 02 Mar 2026 10:00:09 GMT"}, 9, id="date"),
        pytest.param({"Retry-After": "Mon, 02 Mar 2026 09:00:00 GMT"}, 0, id="date-gone-by"),
        pytest.param({"Retry-After": "soon"}, 2, id="unknown-words"),
        pytest.param({}, 2, id="no-hint"),
    ],
)
async def test_a_429_says_when_to_come_back_and_holds_everybody_up(headers: dict[str, str], seconds: int) -> None:
    stand = said(refused(429, **headers))
    with pytest.raises(Throttled) as told:
        await reading(stand)
    assert told.value.retry_at == stand.clock.now() + timedelta(seconds=seconds)
    assert stand.pace.pauses == [seconds]


async def test_what_is_sent_carries_the_token_and_holds_a_slot_of_the_pace() -> None:
    stand = said(refused(422))
    with pytest.raises(Invalid):
        await writing(stand)
    (request,) = stand.http.asked
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert (request.method, request.body) == ("POST", b'{"name":"x"}')
    assert stand.pace.taken == [1.0]


async def test_a_refusal_quotes_neither_a_page_nor_the_token() -> None:
    with pytest.raises(Invalid) as page:
        await reading(said(refused(422, b"<html>a long page</html>")))
    assert "a web page" in str(page.value)
    with pytest.raises(Invalid) as quoting:
        await reading(said(refused(422, f"you sent {TOKEN}".encode())))
    assert TOKEN not in str(quoting.value)
    assert TOKEN not in repr(said(ok(b"{}")).client)


async def test_a_drift_says_where() -> None:
    with pytest.raises(WireDrift) as drift:
        await reading(said(ok(b'{"id": "seven"}')))
    assert drift.value.path == "$.id"

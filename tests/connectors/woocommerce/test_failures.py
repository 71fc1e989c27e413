"""Whatever a shop, its host or its plugins answer ends in the error of whoever acts next."""

from datetime import timedelta
from typing import Any

import pytest

from isthmus.connectors.woocommerce.client import Call, Client, beginnings, counted
from isthmus.connectors.woocommerce.failures import READ, Intent, NoRoute, TooLarge, retry_at, row_refusal
from isthmus.connectors.woocommerce.signing import Signer
from isthmus.connectors.woocommerce.sites import Site
from isthmus.connectors.woocommerce.wire import Problem, Row
from isthmus.kit.http import AnswerLost, NotSent, Response
from isthmus.ports.errors import (
    AuthExpired,
    ContractBroken,
    Duplicate,
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
from isthmus.testing.clock import HandClock
from isthmus.testing.pace import OpenPace
from tests.connectors.woocommerce.harness import KEY, NOW, SECRET, URL, Desk, answer, refused

WRITE, REPEATABLE = Intent("key-1"), Intent("key-1", repeatable=True)


async def asked(reply: Response | Exception, intent: Intent = READ, into: Any = list[Row]) -> Any:
    desk = Desk(lambda _asked: reply)
    client = Client(Site(URL), desk, HandClock(NOW), OpenPace(), Signer(KEY, SECRET), (KEY, SECRET))
    return (await client.ask(Call("GET", "/wc/v3/orders", "orders.list"), into, intent)).content


@pytest.mark.parametrize(
    ("reply", "intent", "expected"),
    [
        pytest.param(refused(401, "woocommerce_rest_authentication_error"), READ, AuthExpired, id="wrong-key"),
        pytest.param(refused(401, "woocommerce_rest_cannot_view"), READ, AuthExpired, id="taken-for-nobody"),
        pytest.param(refused(403, "woocommerce_rest_cannot_view"), READ, Forbidden, id="weak-user"),
        pytest.param(Response(403, {}, b"<html>challenge</html>"), READ, Forbidden, id="firewall"),
        pytest.param(Response(406, {}, b"Not Acceptable"), READ, Forbidden, id="mod-security"),
        pytest.param(refused(404, "rest_no_route"), READ, NoRoute, id="no-route"),
        pytest.param(refused(404, "woocommerce_rest_shop_order_invalid_id"), READ, NotFound, id="unknown-id-read"),
        pytest.param(refused(400, "woocommerce_rest_product_invalid_id"), WRITE, NotFound, id="unknown-id-written"),
        pytest.param(refused(400, "rest_invalid_param"), READ, ContractBroken, id="our-question"),
        pytest.param(refused(400, "rest_invalid_param"), WRITE, Invalid, id="their-record"),
        pytest.param(refused(400, "product_invalid_sku", resource_id=93), WRITE, Duplicate, id="duplicate"),
        pytest.param(refused(413, "woocommerce_rest_request_entity_too_large"), WRITE, TooLarge, id="batch"),
        pytest.param(Response(413, {}, b"too large"), WRITE, TooLarge, id="body"),
        pytest.param(refused(405, "rest_no_method"), WRITE, ContractBroken, id="method"),
        pytest.param(Response(418, {}, b""), READ, ContractBroken, id="odd"),
        pytest.param(Response(404, {}, b"<html>"), READ, Misconfigured, id="no-wordpress"),
        pytest.param(Response(401, {}, b"Authorization required"), READ, AuthExpired, id="login-of-the-host"),
        pytest.param(Response(301, {"Location": "https://www.x.example/a"}, b""), WRITE, Misconfigured, id="redirect"),
        pytest.param(Response(302, {"Location": "http://["}, b""), READ, Misconfigured, id="odd-redirect"),
        pytest.param(Response(408, {}, b""), WRITE, Unreachable, id="not-received"),
        pytest.param(Response(429, {"Retry-After": "7"}, b""), WRITE, Throttled, id="slow-down"),
        pytest.param(refused(500, "internal_server_error"), READ, Unreachable, id="read-500"),
        pytest.param(refused(500, "internal_server_error"), WRITE, InDoubt, id="write-500"),
        pytest.param(Response(504, {}, b"<html>"), WRITE, InDoubt, id="write-504"),
        pytest.param(Response(504, {}, b"<html>"), REPEATABLE, Unreachable, id="repeatable-504"),
        pytest.param(Response(501, {}, b"Method Not Implemented"), WRITE, InDoubt, id="write-501"),
        pytest.param(Response(200, {}, b"<html>{}</html>"), READ, Unreachable, id="read-page"),
        pytest.param(Response(200, {}, b"<html>{}</html>"), WRITE, InDoubt, id="write-page"),
        pytest.param(Response(200, {}, b'"what"'), READ, WireDrift, id="read-other"),
        pytest.param(Response(200, {}, b'"what"'), WRITE, InDoubt, id="write-other"),
        pytest.param(Response(200, {}, b'[{"id":"x"}]'), REPEATABLE, WireDrift, id="repeatable-other"),
        pytest.param(AnswerLost("reset"), READ, Unreachable, id="read-lost"),
        pytest.param(AnswerLost("reset"), WRITE, InDoubt, id="write-lost"),
        pytest.param(NotSent("refused"), WRITE, Unreachable, id="not-sent"),
    ],
)
async def test_every_answer_has_somebody_who_acts(
    reply: Response | Exception, intent: Intent, expected: type[Trouble]
) -> None:
    with pytest.raises(expected) as met:
        await asked(reply, intent)
    assert type(met.value) is expected
    if isinstance(met.value, InDoubt):
        assert met.value.key == "key-1"


async def test_a_refusal_keeps_what_a_person_needs() -> None:
    with pytest.raises(Duplicate) as twin:
        await asked(refused(400, "product_invalid_sku", resource_id=93), WRITE)
    assert twin.value.external_ids == ("93",)
    with pytest.raises(Invalid) as bad:
        await asked(refused(400, "rest_invalid_param", params={"stock_quantity": "is not a number"}), WRITE)
    assert bad.value.fields == {"stock_quantity": "is not a number"}
    with pytest.raises(Misconfigured, match=r"to www\.x\.example ") as moved:
        await asked(Response(301, {"Location": "https://user:pw@www.x.example/a?b=c"}, b""))
    assert "pw" not in str(moved.value)
    with pytest.raises(WireDrift) as drift:
        await asked(Response(200, {}, b'[{"id":1},{"id":"x"}]'))
    assert drift.value.path == "$[1].id"


async def test_no_secret_and_no_person_is_quoted() -> None:
    said = f"{KEY} {SECRET} ada@example.com"
    for reply in (
        answer({"code": f"odd_{KEY}", "message": said}, 400),
        Response(400, {}, said.encode()),
        Response(500, {}, said.encode()),
    ):
        with pytest.raises(Trouble) as met:
            await asked(reply, WRITE)
        assert not any(each in f"{met.value}{vars(met.value)}" for each in (KEY, SECRET, "ada@"))


@pytest.mark.parametrize(
    "body",
    [
        b'[{"id":1}]',
        b'\xef\xbb\xbf[{"id":1}]',
        b'<br />\n<b>Notice</b>:  Undefined index [x] in {main}\n[{"id":1}]',
        b'Deprecated: array{0: int} in file.php on line 3\n [{"id":1}]',
    ],
)
async def test_what_a_plugin_prints_before_an_answer_is_passed_over(body: bytes) -> None:
    assert await asked(Response(200, {}, body)) == [Row(id=1)]


def test_a_page_full_of_brackets_is_not_searched_for_ever() -> None:
    assert len(beginnings(b"{" * 100_000)) == 20


@pytest.mark.parametrize(
    ("said", "expected"), [("250", 250), ("", None), ("many", None), ("9" * 40, None), ("-1", None)]
)
def test_how_many_there_are(said: str, expected: int | None) -> None:
    assert counted(Response(200, {"X-WP-Total": said}, b"")) == expected


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("7", 7), ("-5", 0), ("", 10), ("soon", 10), ("9e99", 10), ("inf", 10), ("nan", 10), ("86400", 3600),
     ("Fri, 20 Nov 2026 10:00:30 GMT", 30), ("Fri, 20 Nov 2020 10:00:30 GMT", 0),
     ("Fri, 20 Nov 2099 10:00:30 GMT", 3600)],
)  # fmt: skip
def test_when_a_host_listens_again(said: str, seconds: int) -> None:
    assert retry_at(Response(429, {"Retry-After": said}, b""), NOW) - NOW == timedelta(seconds=seconds)


async def test_being_told_to_slow_down_quiets_the_whole_connection() -> None:
    pace = OpenPace()
    desk = Desk(lambda _asked: Response(429, {"Retry-After": "7"}, b""))
    client = Client(Site(URL), desk, HandClock(NOW), pace, Signer(KEY, SECRET))
    with pytest.raises(Throttled):
        await client.get("/wc/v3/orders", list[Row], name="orders.list")
    assert (pace.pauses, pace.held) == ([7.0], 0)


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("woocommerce_rest_product_invalid_id", 400, NotFound),
        ("woocommerce_rest_invalid_product_id", 404, NotFound),
        ("woocommerce_rest_cannot_edit", 401, Forbidden),
        ("rest_invalid_param", 400, Invalid),
        ("product_invalid_sku", 400, Duplicate),
    ],
)
def test_a_row_of_a_batch_is_sorted_alone(code: str, status: int, expected: type[Trouble]) -> None:
    found = row_refusal(Problem(code=code, message=f"no {SECRET}", data={"status": status}), "93", (SECRET,))
    assert type(found) is expected
    assert SECRET not in str(found)


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 20 Nov 1999 10:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -1200"])
async def test_a_clock_that_cannot_be_read_is_ours(date: str) -> None:
    desk = Desk(lambda _asked: Response(200, {"Date": date}, b"[]"))
    client = Client(Site(URL), desk, HandClock(NOW), OpenPace(), Signer(KEY, SECRET))
    assert (await client.get("/wc/v3/orders", list[Row], name="orders.list")).server_time == NOW

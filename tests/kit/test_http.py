"""The two failures matter more than the success: was it not sent, or is the answer lost?"""

import asyncio
import socket
from decimal import Decimal

import pytest

from isthmus.kit import http as kit_http
from isthmus.kit.http import AnswerLost, Http, HttpFailure, NotSent, Request, Response, recorded

Server = tuple[str, list[str]]


def post(url: str, body: bytes = b"{}", timeout_s: float = 5.0) -> Request:
    return Request("POST", url, "test", {"X-Mark": "here"}, body, timeout_s)


async def test_an_answer_of_any_status_is_an_answer(http: Http, server: Server) -> None:
    url, _ = server
    answer = await http.send(post(f"{url}/echo", b"hello"))
    assert (answer.status, answer.json()) == (201, {"body": "hello", "x": "here"})
    assert (await http.send(post(f"{url}/nowhere"))).status == 404


async def test_a_refused_connection_was_not_sent(http: Http) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        port = taken.getsockname()[1]
        with pytest.raises(NotSent):
            await http.send(post(f"http://127.0.0.1:{port}/"))


@pytest.mark.parametrize(
    "url", ["", "nonsense", "http://", "ftp://127.0.0.1/", "http://[::1", "http://127.0.0.1:99999/"]
)
async def test_an_address_that_is_none_was_not_sent(http: Http, url: str) -> None:
    with pytest.raises(NotSent):
        await http.send(post(url))


@pytest.mark.parametrize("path", ["/reset", "/truncated"])
async def test_a_cut_connection_has_lost_the_answer(http: Http, server: Server, path: str) -> None:
    with pytest.raises(AnswerLost):
        await http.send(post(server[0] + path))


async def test_a_server_that_says_nothing_in_time_has_lost_the_answer(http: Http, server: Server) -> None:
    url, received = server
    with pytest.raises(AnswerLost):
        await http.send(post(f"{url}/hang", timeout_s=0.2))
    assert received == ["/hang"]


async def test_a_write_whose_answer_is_lost_is_never_sent_again_by_itself(http: Http, server: Server) -> None:
    url, received = server
    await http.send(post(f"{url}/echo"))  # so that the next one finds an open connection to reuse
    for method in ("POST", "PATCH"):
        with pytest.raises(AnswerLost):
            await http.send(Request(method, f"{url}/reset", "test", {}, b"{}", 5.0))
    assert received == ["/echo", "/reset", "/reset"]


async def test_a_redirect_is_shown_and_not_followed(http: Http, server: Server) -> None:
    url, received = server
    answer = await http.send(post(f"{url}/elsewhere"))
    assert (answer.status, received) == (307, ["/elsewhere"])


async def test_an_answer_too_large_to_be_one_is_lost(
    http: Http, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kit_http, "MAX_ANSWER_BYTES", 10_000)
    with pytest.raises(AnswerLost, match="larger than 10000 bytes"):
        await http.send(post(f"{server[0]}/large"))


async def test_no_connection_remembers_cookies_for_another(http: Http, server: Server) -> None:
    await http.send(post(f"{server[0]}/cookie"))
    assert (await http.send(post(f"{server[0]}/cookie"))).json() == {"cookie": ""}


async def test_every_exchange_of_a_block_is_recorded_failures_too(http: Http, server: Server) -> None:
    with recorded() as log:
        await http.send(post(f"{server[0]}/echo"))
        with pytest.raises(HttpFailure):
            await http.send(post(f"{server[0]}/reset"))
    await http.send(post(f"{server[0]}/echo"))
    assert [each.response.status if each.response else each.failure.split(":")[0] for each in log if each] == [
        201,
        "AnswerLost",
    ]
    assert all(each.elapsed_ms >= 0 for each in log)


async def test_blocks_that_run_side_by_side_record_their_own(http: Http, server: Server) -> None:
    async def one(count: int) -> int:
        with recorded() as log:
            for _ in range(count):
                await http.send(post(f"{server[0]}/echo"))
            return len(log)

    assert await asyncio.gather(one(1), one(3), one(2)) == [1, 3, 2]


async def test_a_pool_can_be_used_again_after_closing(server: Server) -> None:
    http = Http()
    await http.send(post(f"{server[0]}/echo"))
    await http.close()
    assert (await http.send(post(f"{server[0]}/echo"))).status == 201
    await http.close()


def test_decimals_in_an_answer_stay_exact() -> None:
    found = Response(200, {}, b'{"price": 10.10, "rate": 0.30000000000000004}').json()
    assert found == {"price": Decimal("10.10"), "rate": Decimal("0.30000000000000004")}
    assert str(found["price"]) == "10.10"


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a":', b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Response(200, {}, body).json()

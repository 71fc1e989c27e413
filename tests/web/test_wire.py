"""What a stranger may send, byte by byte: everything ends, nothing grows, and nobody else has to wait for it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from isthmus.web.admission import Limits
from isthmus.web.ingress import MAX_BODY_BYTES
from isthmus.web.wire import AHEAD, HEAD_BYTES
from tests.web.deliveries import BODY, deliver, head, kept, until, whole, wire
from tests.web.stand import Stand, standing

#: Nothing is patient here, but nothing else is small.
HASTY = Limits(arrival_s=0.2, idle_s=0.3)


@pytest.fixture
async def hasty() -> AsyncIterator[Stand]:
    async with standing(limits=HASTY) as made:
        yield made


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"POST /hooks/shop HTTP/1.1\r\nHost:", id="half-a-head"),
        pytest.param(head(len(BODY)), id="a-head"),
        pytest.param(head(len(BODY)) + BODY[:-1], id="all-but-one-byte"),
        pytest.param(head(**{"Transfer-Encoding": "chunked"}) + b"5\r\nhello\r\n", id="chunks-without-an-end"),
        pytest.param(b"POST /retry HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n", id="a-slow-form"),
    ],
)
async def test_who_does_not_finish_is_told_and_cut_off(hasty: Stand, said: bytes) -> None:
    async with wire(hasty) as line:
        await line.say(said)
        assert await line.answer() == (408, "too_slow")
        assert await line.ended() == b""
    assert hasty.ingress.admission.held_bytes == 0
    assert await kept(hasty) == 0


async def test_who_hangs_up_in_a_form_leaves_no_trace_in_the_log(
    hasty: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    async with wire(hasty) as line:
        await line.say(b"POST /retry HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nflow")
        line.writer.write_eof()
        await line.ended()
    await deliver(hasty)
    assert [each.message for each in caplog.records if each.levelname == "ERROR"] == []


async def test_dribbling_does_not_buy_time(hasty: Stand) -> None:
    async with wire(hasty) as line:
        await line.say(head(1000))

        async def dribble() -> None:
            while True:
                await line.say(b"x")
                await asyncio.sleep(0.02)

        dribbling = asyncio.create_task(dribble())
        assert await line.answer() == (408, "too_slow")
        dribbling.cancel()


@pytest.mark.parametrize("more", [b"", b"\r\n"], ids=["silent", "empty-lines"])
async def test_a_connection_without_requests_is_closed_without_a_word(hasty: Stand, more: bytes) -> None:
    async with wire(hasty) as line:
        await line.say(whole())
        assert await line.answer() == (202, "")
        await line.say(more)
        assert await line.ended() == b""


async def test_slow_senders_hold_no_place() -> None:
    async with standing(limits=Limits(arrived=1, storing=1)) as stand, AsyncExitStack() as stack:
        for number in range(20):
            line = await stack.enter_async_context(wire(stand))
            await line.say(head(len(BODY), delivery=f"slow-{number}"), BODY[:-1])
        await until(lambda: stand.ingress.admission.held_bytes == 20 * (len(BODY) - 1))
        assert (await deliver(stand))[0] == 202


async def test_bodies_in_memory_are_bounded_whatever_their_heads_said() -> None:
    async with standing(limits=Limits(held_bytes=1000)) as stand, wire(stand) as first, wire(stand) as second:
        admission = stand.ingress.admission
        await first.say(head(5000), b"x" * 900)
        await until(lambda: admission.held_bytes == 900)
        assert (await deliver(stand))[0] == 202
        await first.say(b"x" * 200)
        assert await first.answer() == (503, "busy")
        assert admission.held_bytes == 0
        await second.say(head(5000), b"x" * 900)
        await until(lambda: admission.held_bytes == 900)
        second.writer.close()
        await until(lambda: admission.held_bytes == 0)


async def test_when_connections_are_taken_the_one_that_waits_longest_makes_room() -> None:
    limits = Limits(connections=2, spare_s=0.0)
    async with standing(limits=limits) as stand, wire(stand) as first, wire(stand) as second, wire(stand) as third:
        await third.say(whole())
        assert await third.answer() == (202, "")
        assert await first.ended() == b""
        await second.say(whole("d-2"))
        assert await second.answer() == (202, "")


async def test_a_crowd_of_newcomers_does_not_go_beyond_the_bound() -> None:
    async with standing(limits=Limits(connections=3, spare_s=0.0)) as stand, AsyncExitStack() as stack:
        lines = await asyncio.gather(*(stack.enter_async_context(wire(stand)) for _ in range(30)))
        ends = [asyncio.create_task(line.ended()) for line in lines]
        await until(lambda: sum(each.done() for each in ends) == 27)
        for each in ends:
            each.cancel()


async def test_when_none_can_make_room_a_newcomer_is_told_to_come_back() -> None:
    limits = Limits(connections=1, spare_s=60.0)
    async with standing(limits=limits) as stand, wire(stand) as first, wire(stand) as second:
        assert await second.answer() == (503, "too_many_connections")
        assert await second.ended() == b""
        await first.say(whole())
        assert await first.answer() == (202, "")


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(head(5, **{f"X-{number}": "x" for number in range(200)}), id="many-headers"),
        pytest.param(head(5, **{"X-Long": "x" * HEAD_BYTES}), id="a-long-header"),
        pytest.param(b"GET /hooks/" + b"x" * HEAD_BYTES + b" HTTP/1.1\r\nHost: x\r\n\r\n", id="a-long-address"),
        pytest.param(b"POST /hooks/shop HTTP/1.1\r\nHost: " + b"x" * 2 * HEAD_BYTES, id="a-header-without-an-end"),
        pytest.param(b"POST /hooks/" + b"x" * 2 * HEAD_BYTES, id="an-address-without-an-end"),
    ],
)
async def test_a_head_has_an_end(stand: Stand, said: bytes) -> None:
    async with wire(stand) as line:
        await line.say(said)
        assert await line.answer() == (431, "head_too_large")


async def test_a_large_body_in_one_piece_with_its_head_is_no_large_head(stand: Stand) -> None:
    body = json.dumps({"id": 1, "note": "x" * 4 * HEAD_BYTES}).encode()
    async with wire(stand) as line:
        await line.say(whole(body=body))
        assert await line.answer() == (202, "")


async def test_headers_after_a_body_have_an_end_too(stand: Stand) -> None:
    async with wire(stand) as line:
        await line.say(head(**{"Transfer-Encoding": "chunked"}), b"1\r\nx\r\n0\r\n", b"X: y\r\n" * 500)
        assert await line.answer() == (431, "head_too_large")


async def test_requests_may_be_sent_ahead_and_are_answered_in_turn(stand: Stand) -> None:
    async with wire(stand) as line:
        await line.say(
            b"".join(whole(f"d-{number}") for number in range(5)) + head(1, body=b"x") + b"y" + whole("last")
        )
        assert [(await line.answer())[0] for _ in range(7)] == [202] * 5 + [401, 202]
    assert await kept(stand) == 6


async def test_not_any_number_of_requests_is_read_ahead(stand: Stand) -> None:
    async with wire(stand) as line:
        await line.say(b"".join(whole(f"d-{number}") for number in range(AHEAD * 3)))
        told = await line.ended()
    await until(lambda: stand.ingress.admission.storing == 0)
    assert told.count(b"HTTP/1.1 202") <= await kept(stand) <= AHEAD + 1


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(head(len(BODY) - 5) + BODY, [(400, "not_http")], id="more-than-declared"),
        pytest.param(
            head(len(BODY), **{"Transfer-Encoding": "chunked"}) + BODY, [(400, "not_http")], id="length-and-chunks"
        ),
        pytest.param(
            head(len(BODY)).replace(b"Content-Length: ", b"Content-Length: -"), [(400, "not_http")], id="less"
        ),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00", [(400, "not_http")], id="tls-on-a-plain-port"),
        pytest.param(head(**{"Transfer-Encoding": "chunked"}) + b"zz\r\n", [(400, "not_http")], id="no-chunk"),
        pytest.param(
            head(len(BODY), **{"Content-Encoding": "gzip"}) + BODY, [(415, "unsupported_encoding")], id="compressed"
        ),
        pytest.param(head(MAX_BODY_BYTES + 1), [(413, "too_large")], id="declared-too-large"),
    ],
)
async def test_what_cannot_be_right_is_refused(stand: Stand, said: bytes, expected: list[tuple[int, str]]) -> None:
    async with wire(stand) as line:
        await line.say(said)
        assert [await line.answer() for _ in expected] == expected
    assert await kept(stand) == 0


async def test_a_delivery_in_chunks_is_as_good(stand: Stand) -> None:
    chunks = b"".join(b"1\r\n" + bytes([each]) + b"\r\n" for each in BODY)
    async with wire(stand) as line:
        await line.say(head(**{"Transfer-Encoding": "chunked"}), chunks + b"0\r\n\r\n")
        assert await line.answer() == (202, "")
    assert stand.ingress.admission.held_bytes == 0


async def test_chunks_of_one_byte_do_not_go_on_for_ever(stand: Stand) -> None:
    async with wire(stand) as line:
        await line.say(head(**{"Transfer-Encoding": "chunked"}))
        many = b"1\r\nx\r\n" * 10_000

        async def go_on() -> None:
            while True:
                await line.say(many)

        going_on = asyncio.create_task(go_on())
        with contextlib.suppress(ConnectionResetError):  # the answer may be lost with what was still on its way
            assert await line.answer() == (413, "too_large")
        await asyncio.wait([going_on])
        assert isinstance(going_on.exception(), ConnectionError)
    assert stand.ingress.admission.held_bytes == 0


async def test_who_asks_first_is_told_to_go_on(stand: Stand) -> None:
    async with wire(stand) as line:
        await line.say(head(len(BODY), Expect="100-continue"))
        assert await line.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await line.say(BODY)
        assert await line.answer() == (202, "")
        await line.say(whole("d-2"))
        assert await line.answer() == (202, "")


async def test_who_asks_first_may_be_told_no_and_then_hears_nothing_more(stand: Stand) -> None:
    async with wire(stand) as line:
        await line.say(head(MAX_BODY_BYTES + 1, Expect="100-continue"))
        assert await line.answer() == (413, "too_large")
        assert await line.ended() == b""


async def test_a_refused_body_is_read_over(stand: Stand) -> None:
    async with wire(stand) as line:
        await line.say(head(300_000, **{"Content-Encoding": "gzip"}), b"x" * 300_000, whole())
        assert await line.answer() == (415, "unsupported_encoding")
        assert await line.answer() == (202, "")
    assert stand.ingress.admission.held_bytes == 0


async def test_who_is_refused_for_want_of_room_and_comes_back_at_once_is_read_later() -> None:
    async with standing(limits=Limits(storing=0, pause_s=0.2)) as stand, wire(stand) as line:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for _ in range(3):
            await line.say(whole())
            assert await line.answer() == (503, "busy")
        assert loop.time() - began >= 2 * 0.2 * 0.5


async def test_an_answer_to_head_has_no_body(stand: Stand) -> None:
    async with wire(stand) as line:
        await line.say(b"HEAD /hooks/shop HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        told = await line.ended()
    assert told.startswith(b"HTTP/1.1 405")
    assert b"\r\nallow: POST\r\n" in told
    assert told.endswith(b"\r\n\r\n")


async def test_who_wants_another_protocol_gets_this_one(stand: Stand) -> None:
    async with wire(stand) as line:
        await line.say(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert (await line.reader.readline()).startswith(b"HTTP/1.1 200")

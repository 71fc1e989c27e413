"""Deliveries: proven, on disk, then answered; anything else is refused in a way the sender understands."""

import asyncio
import io
import json
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from isthmus.web.ingress import MAX_BODY_BYTES
from tests.web.deliveries import BODY, deliver, headers, kept
from tests.web.stand import Stand


async def test_a_202_means_it_is_on_disk(stand: Stand) -> None:
    assert (await deliver(stand))[:2] == (202, "")
    [row] = await stand.store.read("deliveries_of", connection="shop", kind="order", external_id="5600000032768")
    assert (row["topic"], row["delivery_id"]) == ("orders/create", "d-1")


async def test_the_same_delivery_twice_is_stored_once_and_welcomed_twice(stand: Stand) -> None:
    assert [(await deliver(stand))[0] for _ in range(2)] == [202, 202]
    assert await kept(stand) == 1


async def test_many_at_once_are_all_stored(stand: Stand) -> None:
    answers = await asyncio.gather(*(deliver(stand, headers=headers(delivery=f"d-{n}")) for n in range(100)))
    assert {status for status, _code, _headers in answers} == {202}
    assert await kept(stand) == 100


@pytest.mark.parametrize(
    ("body", "told", "expected"),
    [
        pytest.param(BODY, {"X-Shopify-Hmac-Sha256": ""}, (401, "bad_signature"), id="unsigned"),
        pytest.param(BODY, headers(b"{}"), (401, "bad_signature"), id="signed-for-another-body"),
        pytest.param(BODY, headers(age=timedelta(hours=6)), (401, "stale"), id="too-old"),
        pytest.param(b"<html>", headers(b"<html>"), (400, "not_json"), id="not-json"),
        pytest.param(BODY[:-1], headers(BODY[:-1]), (400, "not_json"), id="cut-short-by-the-sender"),
        pytest.param(BODY, headers() | {"X-Shopify-Topic": ""}, (400, "missing_header"), id="without-a-topic"),
    ],
)
async def test_what_cannot_be_proven_is_refused_and_not_kept(
    stand: Stand, body: bytes, told: dict[str, str], expected: tuple[int, str]
) -> None:
    assert (await deliver(stand, body, headers=told))[:2] == expected
    assert await kept(stand) == 0


async def test_a_connection_that_takes_no_deliveries_is_unknown(stand: Stand) -> None:
    assert (await deliver(stand, connection="nobody"))[:2] == (404, "unknown_connection")
    assert (await deliver(stand, connection="erp"))[:2] == (404, "unknown_connection")


async def test_a_body_above_the_limit_is_refused_before_it_is_read(stand: Stand) -> None:
    large = io.BytesIO(b"x" * (MAX_BODY_BYTES + 1))
    assert (await deliver(stand, large, headers=headers()))[:2] == (413, "too_large")


async def test_a_body_above_the_limit_without_a_length_is_refused_too(stand: Stand) -> None:
    async def pieces() -> Any:
        for _ in range(3):
            yield b"x" * (1024 * 1024)

    url = f"{stand.url}/hooks/shop"
    try:
        async with stand.client.post(url, data=pieces(), headers=headers()) as answer:
            assert answer.status == 413
    except aiohttp.ClientConnectionError:
        pass  # refused while we were still sending
    assert await kept(stand) == 0


async def test_a_delivery_that_breaks_off_is_not_kept(stand: Stand) -> None:
    host, port = stand.url.removeprefix("http://").split(":")
    _reader, writer = await asyncio.open_connection(host, int(port))
    told = "".join(f"{name}: {value}\r\n" for name, value in headers().items())
    writer.write(f"POST /hooks/shop HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n{told}\r\n".encode() + BODY)
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert await kept(stand) == 0


async def test_a_delivery_needs_neither_our_host_nor_a_page(stand: Stand) -> None:
    foreign = {"Host": "tunnel.example.com", "Origin": "https://elsewhere.example.com"}
    assert (await deliver(stand, headers=headers() | foreign))[0] == 202


async def test_reading_a_hook_address_is_refused_in_the_language_of_programs(stand: Stand) -> None:
    assert json.loads(await stand.get("/hooks/shop", 405))["error"] == "method_not_allowed"


async def test_health_answers_whoever_asks(stand: Stand) -> None:
    assert json.loads(await stand.get("/health/live", headers={"Host": "10.1.2.3"})) == {"live": True}
    assert json.loads(await stand.get("/health/ready")) == {"ready": True}

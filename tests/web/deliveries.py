"""Deliveries as a shop sends them, through a client or byte by byte."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from isthmus.connectors.shopify.webhooks import sign
from tests.web.stand import SECRET, Stand

BODY = json.dumps({"id": 5600000032768, "name": "#1001"}).encode()


def headers(body: bytes = BODY, *, delivery: str = "d-1", age: timedelta = timedelta(), **said: str) -> dict[str, str]:
    return {
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Webhook-Id": delivery,
        "X-Shopify-Shop-Domain": "demo-shop.myshopify.com",
        "X-Shopify-Triggered-At": (datetime.now(UTC) - age).isoformat(),
        "X-Shopify-Hmac-Sha256": sign(body, SECRET).decode(),
    } | said


async def deliver(stand: Stand, body: Any = BODY, connection: str = "shop", **said: Any) -> tuple[int, str, Any]:
    told = said.pop("headers", None) or headers(body)
    async with stand.client.post(f"{stand.url}/hooks/{connection}", data=body, headers=told, **said) as answer:
        text = await answer.text()
        return answer.status, json.loads(text)["error"] if text else "", answer.headers


async def kept(stand: Stand) -> int:
    [row] = await stand.store.read("inbox_waiting")
    return row["deliveries"]


def head(length: int | None = None, *, delivery: str = "d-1", body: bytes = BODY, **said: str) -> bytes:
    """Return the head of a delivery as it goes over the wire; without a length it says nothing about its body."""
    sized = {} if length is None else {"Content-Length": str(length)}
    told = {"Host": "x", **sized, **headers(body, delivery=delivery), **said}
    lines = ["POST /hooks/shop HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def whole(delivery: str = "d-1", body: bytes = BODY) -> bytes:
    """Return a delivery as it goes over the wire."""
    return head(len(body), delivery=delivery, body=body) + body


@dataclass(slots=True)
class Wire:
    """One connection, spoken by hand."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()

    async def answer(self) -> tuple[int, str]:
        """Return status and code of the next answer."""
        async with asyncio.timeout(20):
            told = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(told.partition("content-length: ")[2].partition("\r\n")[0])
            body = await self.reader.readexactly(length)
        return int(told[9:12]), json.loads(body)["error"] if body else ""

    async def ended(self) -> bytes:
        """Return what else came before the other side hung up."""
        async with asyncio.timeout(20):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""


@asynccontextmanager
async def wire(stand: Stand) -> AsyncIterator[Wire]:
    host, port = stand.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield Wire(reader, writer)
    finally:
        writer.transport.abort()


async def until(holds: Any) -> None:
    """Return once it holds; the test's own time limit is the end of patience."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what is counted tells nobody
            await asyncio.sleep(0.005)

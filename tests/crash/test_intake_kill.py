"""A delivery that was answered 2xx is on disk, however the server ends in the middle of a burst."""

import asyncio
import itertools
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.web.deliveries import whole

pytestmark = pytest.mark.crash
SENDERS = 40
#: How many have to be accepted before the server is told to go.
ENOUGH = 300
PROJECT = """
[isthmus]
listen = "127.0.0.1:{port}"
[connections.shop]
connector = "shopify"
url = "http://127.0.0.1:9"
allow_private = true
[connections.erp]
connector = "odoo"
url = "http://127.0.0.1:9"
allow_private = true
database = "demo"
login = "demo"
[flows.orders]
from = "shop"
to = "erp"
"""
SECRETS = "ISTHMUS_SHOP_ACCESS_TOKEN=t\nISTHMUS_SHOP_CLIENT_SECRET=demo-secret\nISTHMUS_ERP_API_KEY=k\n"


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@asynccontextmanager
async def served(folder: Path, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    (folder / "isthmus.toml").write_text(PROJECT.format(port=port), "utf-8")
    (folder / ".env").write_text(SECRETS, "utf-8")
    command = [sys.executable, "-m", "isthmus", "up", "-C", str(folder)]
    silent = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdout=silent, stderr=silent)
    try:
        async with asyncio.timeout(60):
            while True:
                try:
                    _reader, writer = await asyncio.open_connection("127.0.0.1", port)
                except ConnectionError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    break
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


class Burst:
    """Senders that go on until nobody answers, and what each of them heard."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.accepted: set[str] = set()
        self.enough = asyncio.Event()
        self._numbers: Iterator[int] = itertools.count()

    async def send(self) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except ConnectionError:
                return  # it listens no more
            try:
                while await self._one(reader, writer):
                    pass
            except (ConnectionError, asyncio.IncompleteReadError):
                pass  # cut off without an answer: sent again later
            finally:
                writer.transport.abort()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        name = f"d-{next(self._numbers)}"
        writer.write(whole(name))
        told = await reader.readuntil(b"\r\n\r\n")
        if not told.startswith(b"HTTP/1.1 202"):
            assert told.startswith(b"HTTP/1.1 503"), told
            return False
        self.accepted.add(name)
        if len(self.accepted) >= ENOUGH:
            self.enough.set()
        return True


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL], ids=["asked", "killed"])
async def test_what_was_answered_is_on_disk_however_the_server_ends(tmp_path: Path, end: signal.Signals) -> None:
    burst = Burst(free_port())
    async with served(tmp_path, burst.port) as process, asyncio.timeout(120):
        senders = [asyncio.create_task(burst.send()) for _ in range(SENDERS)]
        await burst.enough.wait()
        process.send_signal(end)
        assert await process.wait() == (0 if end == signal.SIGTERM else -signal.SIGKILL)
        await asyncio.gather(*senders)
    with sqlite3.connect(tmp_path / "isthmus.db") as database:
        on_disk = {name for (name,) in database.execute("SELECT delivery_id FROM inbox")}
    database.close()
    assert len(burst.accepted) >= ENOUGH
    assert burst.accepted - on_disk == set()

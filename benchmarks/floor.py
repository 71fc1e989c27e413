"""What the benchmarks share: processes of their own for the other side, and one JSON object at the end."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

SECRET = "demo-secret"  # noqa: S105 - of the simulators, public
#: An ordinary order is announced with about so much.
BODY_BYTES = 1900


def announcement(order_id: int) -> bytes:
    """Return the body of a webhook about an order, as long as an ordinary one."""
    order = {"id": order_id, "updated_at": "2026-11-20T05:02:40-05:00", "note": "x" * BODY_BYTES}
    return json.dumps(order).encode()


def signed(body: bytes, topic: str) -> dict[str, str]:
    """Return the headers Shopify sends with a body, but for the delivery's own id, which it does not sign."""
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": "bench.myshopify.com",
        "X-Shopify-API-Version": "2026-07",
        "X-Shopify-Hmac-Sha256": base64.b64encode(signature).decode(),
    }


def say(text: str) -> None:
    """Tell on standard error what is being done."""
    print(text, file=sys.stderr, flush=True)


def result(**figures: Any) -> None:
    """Print the one JSON object a benchmark ends with."""
    print(json.dumps(figures))


def percentile(values: Sequence[float], hundredths: int) -> float:
    """Return the value that so many of a hundred do not exceed, 0 for no values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * hundredths // 100)] if ordered else 0.0


def median(values: Sequence[float]) -> float:
    """Return the middle one: the machine is not always equally busy."""
    return statistics.median(values)


def free_port() -> int:
    """Return a port nobody uses."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@contextmanager
def simulator(slug: str, port: int, *more: str, points_per_s: float = 1_000_000) -> Generator[None]:
    """Run a simulator in a process of its own until the block ends; what it is stocked with may take a while.

    A simulated shop restores `points_per_s`: usually more than anybody can spend.
    """
    environment = {**os.environ, "ISTHMUS_SIM_SHOPIFY_RESTORE": str(points_per_s)}
    command = [sys.executable, "-m", "isthmus", "sim", slug, "--port", str(port), *more]
    with program(command, environment):
        until_answers(port, "/__sim/meter", 300.0)
        yield


def isthmus(*arguments: str | Path) -> list[str]:
    """Return the command line of Isthmus itself."""
    return [sys.executable, "-m", "isthmus", *map(str, arguments)]


@contextmanager
def empty_database() -> Generator[str]:
    """Make a PostgreSQL database and drop it when the block ends.

    `ISTHMUS_BENCH_POSTGRES` is the address of an account that may do that; without it, this machine's own server.
    """
    server = os.environ.get("ISTHMUS_BENCH_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
    name = f"isthmus_bench_{os.getpid()}"
    asyncio.run(_tell(server, f'CREATE DATABASE "{name}"'))
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        asyncio.run(_tell(server, f'DROP DATABASE "{name}" WITH (FORCE)'))


async def _tell(server: str, command: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(command)
    finally:
        await connection.close()


@contextmanager
def program(command: Sequence[str], environment: dict[str, str] | None = None) -> Generator[int]:
    """Run a program until the block ends, yield its process number; what it says goes nowhere."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - our own
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until_answers(port: int, path: str, seconds: float = 30.0) -> None:
    """Return once a server answers on this port."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def control(port: int, what: str, **wish: Any) -> Any:
    """Use a simulator's control; without a wish, read its state."""
    url = f"http://127.0.0.1:{port}/__sim/{what}"
    body = json.dumps(wish).encode() if wish else None
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - our own simulator
        return json.load(answer)

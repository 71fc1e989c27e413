"""The two simulated systems of the demonstration, each in a process of its own."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import msgspec

from isthmus.cli.demo_project import Ports
from isthmus.kit.http import Http, HttpFailure, Request

START_S = 30.0


class DemoFailed(Exception):
    """A simulator did not come up; the message says why."""


@contextmanager
def simulators(ports: Ports) -> Generator[None]:
    """Run both simulators until the block ends."""
    callback = f"http://127.0.0.1:{ports.isthmus}"
    shop = _simulator("shopify", ports.shop, "--callback", callback)
    erp = _simulator("odoo", ports.erp)
    try:
        yield
    finally:
        for process in (shop, erp):
            process.terminate()
        for process in (shop, erp):
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def _simulator(slug: str, port: int, *more: str) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "isthmus",
        "sim",
        slug,
        "--port",
        str(port),
        "--seed",
        "demo",
        "--with-parent",
        *more,
    ]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, stdin=subprocess.PIPE)  # noqa: S603 - our own command


def free_ports() -> Ports:
    """Return three ports nobody uses."""
    found: list[int] = []
    held: list[socket.socket] = []
    for _ in range(3):
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        held.append(sock)
        found.append(sock.getsockname()[1])
    for sock in held:
        sock.close()
    return Ports(*found)


class Controls:
    """The `/__sim` controls of both simulators."""

    def __init__(self, http: Http, ports: Ports) -> None:
        """Talk to the simulators on these ports."""
        self._http = http
        self._ports = {"shop": ports.shop, "erp": ports.erp}

    async def state(self, side: str) -> dict[str, Any]:
        """Return what `side` (shop or erp) holds."""
        return await self._call(side, "GET", "state", None)

    async def do(self, side: str, what: str, **wish: Any) -> dict[str, Any]:
        """Use a control, such as `do("shop", "cancel", reference="#1001")`."""
        return await self._call(side, "POST", what, msgspec.json.encode(wish))

    async def ready(self) -> None:
        """Return once both answer. Raises `DemoFailed`."""
        for side in self._ports:
            deadline = asyncio.get_running_loop().time() + START_S
            while True:
                try:
                    await self.state(side)
                    break
                except HttpFailure as failure:
                    if asyncio.get_running_loop().time() > deadline:
                        message = f"the {side}'s simulator does not start: {failure}"
                        raise DemoFailed(message) from failure
                    await asyncio.sleep(0.1)

    async def _call(self, side: str, method: str, what: str, body: bytes | None) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self._ports[side]}/__sim/{what}"
        answer = await self._http.send(Request(method, url, f"sim.{what}", body=body))
        return answer.json()

"""A simulated shop and a simulated ERP, and their controls."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec

from isthmus.kit.http import Http, HttpFailure, Request
from isthmus.testing.lives import Life, Program, free_port

START_S = 60.0
CONTROL_S = 60.0
#: The simulated ERP takes so long for every call: what a drain cannot be quicker than is reckoned from it.
ERP_MS = 4.0
#: Nothing is held up by the shop's limit: the campaign is about faults, `benchmarks/limit_use.py` about limits.
_SHOP = {
    "ISTHMUS_SIM_SHOPIFY_RESTORE": "1000000",
    "ISTHMUS_SIM_SHOPIFY_WEBHOOK_GAPS": "0.5,1,2,4,8,16",
}


class CannotPlay(Exception):
    """The stage could not be set; the message says why."""


class Pair:
    """Both systems, on ports of their own, used by one run after the other."""

    def __init__(self, folder: Path, http: Http) -> None:
        """Start nothing yet."""
        self.ports = {"shop": free_port(), "erp": free_port()}
        #: Where Isthmus is to listen: webhooks go there.
        self.isthmus = free_port()
        self._folder = folder
        self._http = http
        self._lives: dict[str, Life] = {}

    async def begin(self) -> None:
        """Start what does not run and put both back to the beginning. Raises `CannotPlay`."""
        for side, slug, more in (
            ("shop", "shopify", ("--callback", f"http://127.0.0.1:{self.isthmus}")),
            ("erp", "odoo", ("--latency-ms", str(ERP_MS))),
        ):
            if side not in self._lives or not self._lives[side].alive:
                words = ["sim", slug, "--port", str(self.ports[side]), *more]
                self._lives[side] = Life(Program(words, self._folder / f"{side}.log", _SHOP))
        for side in self.ports:
            await self._there(side)
            await self.do(side, "reset")

    async def close(self) -> None:
        """End both."""
        for life in self._lives.values():
            await life.kill()

    def url(self, side: str) -> str:
        """Return the address of `shop` or `erp`."""
        return f"http://127.0.0.1:{self.ports[side]}"

    async def state(self, side: str) -> dict[str, Any]:
        """Return what a system holds: the truth."""
        return await self._call(side, "GET", "state", None)

    async def meter(self, side: str) -> dict[str, Any]:
        """Return what a system has counted."""
        return await self._call(side, "GET", "meter", None)

    async def do(self, side: str, what: str, /, **wish: Any) -> dict[str, Any]:
        """Use a control, such as `do("shop", "orders", count=3)`. Raises `CannotPlay` when it is refused."""
        answer = await self._call(side, "POST", what, msgspec.json.encode(wish))
        if "error" in answer:
            message = f"the {side} refuses {what}: {answer['error']}"
            raise CannotPlay(message)
        return answer

    async def _there(self, side: str) -> None:
        until = asyncio.get_running_loop().time() + START_S
        while True:
            try:
                await self.meter(side)
            except HttpFailure as failure:
                if not self._lives[side].alive or asyncio.get_running_loop().time() > until:
                    message = f"the simulated {side} does not start: {failure}; see {side}.log"
                    raise CannotPlay(message) from failure
                await asyncio.sleep(0.03)
            else:
                return

    async def _call(self, side: str, method: str, what: str, body: bytes | None) -> dict[str, Any]:
        request = Request(method, f"{self.url(side)}/__sim/{what}", f"sim.{what}", body=body, timeout_s=CONTROL_S)
        return (await self._http.send(request)).json()

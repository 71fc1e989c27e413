"""The simulated system as its stage sees it, with the controls of its own."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from isthmus.simulators.faults import Faults
from isthmus.simulators.stage import answer, body_of
from isthmus.simulators.vendure.catalog import Catalog, sow
from isthmus.simulators.vendure.damage import damage
from isthmus.simulators.vendure.gateway import OPERATIONS, PREFIX, Gateway, shown
from isthmus.simulators.vendure.limits import BURST, PER_SECOND, Bucket


def utc_now() -> datetime:
    """Return this machine's time."""
    return datetime.now(UTC)


class VendureWorld:
    """One account; everything is lost when it ends."""

    def __init__(
        self,
        seed: str = "demo",
        limit: tuple[float, float] = (PER_SECOND, BURST),
        now: Callable[[], datetime] = utc_now,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """Fill the account. `limit` is calls a second and saved up; `now` and `seconds` are its clock."""
        self.faults = Faults()
        self.seed, self._limit, self._now, self._seconds = seed, limit, now, seconds
        self.gateway = self._fresh()

    def _fresh(self) -> Gateway:
        catalog = Catalog(self._now)
        sow(catalog, self.seed)
        return Gateway(catalog, Bucket(*self._limit, self._seconds), self._now)

    @property
    def catalog(self) -> Catalog:
        """Return what this account holds."""
        return self.gateway.catalog

    def routes(self) -> list[web.RouteDef]:
        """Return the system's own paths and the controls this double adds."""

        # A reset makes a new gateway, so the paths may not be tied to this one.
        async def account(request: web.Request) -> web.Response:
            return await self.gateway.account(request)

        async def variants(request: web.Request) -> web.Response:
            return await self.gateway.variants(request)

        return [
            web.get(f"{PREFIX}/account", account),
            web.get(f"{PREFIX}/variants", variants),
            web.post("/__sim/variant", _control(lambda w: self.keep(str(w["sku"]), str(w["name"]), str(w["price"])))),
            web.post("/__sim/remove", _control(lambda w: self.remove(str(w["sku"])))),
            web.post("/__sim/damage", _control(lambda w: damage(self.catalog, w))),
        ]

    async def operation(self, request: web.Request) -> str:
        """Name a request for faults and counters."""
        return OPERATIONS.get(request.path, request.path)

    def throttled(self, *, hint: bool) -> web.StreamResponse:
        """Return this system's own answer to a caller that is too fast."""
        return self.gateway.too_fast(hint=hint)

    def expire_auth(self) -> None:
        """Refuse the next request that brings a token."""
        self.gateway.expire()

    async def place_orders(self, count: int, seed: int) -> list[str]:
        """Refuse: this part of the API holds items alone, and a list of none would look like success."""
        raise web.HTTPNotImplemented(text=f"there are no orders here: {count} (seed {seed}) were not placed")

    def truth(self) -> dict[str, Any]:
        """Return what this account holds."""
        return {"orders": [], "stock": {}, "variants": [shown(one) for one in self.catalog.there()]}

    def meter(self) -> dict[str, Any]:
        """Return how often this system said that it is too much."""
        return {"throttled": self.gateway.throttled}

    def keep(self, sku: str, name: str, price: str) -> None:
        """Make an item, or change the one with this SKU, as a person would."""
        found = self.catalog.find(sku)
        if found is None:
            self.catalog.add(sku, name, price)
            return
        found.name, found.price = name, price
        self.catalog.touch(found)

    def remove(self, sku: str) -> None:
        """Delete an item, as a person would. Raises `LookupError`."""
        found = self.catalog.find(sku)
        if found is None:
            message = f"no item {sku!r}"
            raise LookupError(message)
        self.catalog.remove(found)

    async def reset(self) -> None:
        """Go back to the state right after the start."""
        self.gateway = self._fresh()

    async def start(self) -> None:
        """Nothing runs in the background."""

    async def stop(self) -> None:
        """Nothing runs in the background."""


def build(seed: str | None, callback: str | None) -> VendureWorld:
    """Return a world for `demo` or `empty`. Raises `ValueError` for anything else.

    `callback` is for systems that send webhooks; this one is polled.
    """
    del callback
    return VendureWorld(seed or "demo")


def _control(act: Callable[[dict[str, Any]], object]) -> Callable[[web.Request], Any]:
    async def handle(request: web.Request) -> web.Response:
        try:
            act(await body_of(request))
        except (LookupError, ValueError) as wrong:
            return answer({"error": str(wrong)}, status=400)
        return answer({"done": True})

    return handle

"""The shops whose orders are let flow into a real ERP: how to start one, what to write into the project, what it holds.

A shop is described once and every scene of `test_shop_to_tryton.py` plays with it. A simulated one is a row of `SHOPS`;
a real one brings an `Opened` of its own (`place`, `edit`, `cancel`, `drop`, `state`) and a row.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from aiohttp import ClientError, ClientSession, ClientTimeout

from isthmus.simulators.demo_shop import PLACES
from isthmus.simulators.woocommerce import CONSUMER_KEY, CONSUMER_SECRET
from isthmus.testing.lives import Life, Program, free_port
from tests.real.vendure import LOGIN, PACKAGES_AT, PASSWORD, SECRET
from tests.real.vendure_shopping import selling

START_S = 60.0
CALL_S = 60.0


class Opened(Protocol):
    """A shop that runs.

    `state()` is its own truth, in the form of `/__sim/state`: `orders`, each with `reference` (the number people see),
    `status` (`open`, `closed` or `cancelled`), `test` (nobody should import it), `total` (text, gross) and `lines`
    (`sku`, `quantity`); and `stock`, by SKU and name of the place, as what is offered.
    """

    url: str

    async def place(self, count: int, seed: int) -> Sequence[str]:
        """Let customers place so many orders; return their numbers."""
        ...

    async def edit(self, reference: str, sku: str, quantity: int) -> None:
        """Set the quantity of a line of an order."""
        ...

    async def cancel(self, reference: str) -> None:
        """Cancel an order."""
        ...

    async def drop(self, rate: float) -> None:
        """Lose this part of the webhooks from now on; 0 ends it."""
        ...

    async def state(self) -> Mapping[str, Any]:
        """Return what the shop holds."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """How to have a shop. `places` are the ERP's warehouse codes and the shop's place for each."""

    slug: str
    #: Run it in a folder until the block ends; its webhooks go to the address given, of Isthmus.
    started: Callable[[Path, str], AbstractAsyncContextManager[Opened]]
    #: Lines for its connection in `isthmus.toml`, beside `connector`, `url` and `allow_private`.
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])
    places: Mapping[str, str]
    #: What has to be named in the environment for a real one.
    needs: Sequence[str] = ()

    @property
    def missing(self) -> str:
        """Return why it cannot be had here, empty when it can."""
        absent = [name for name in self.needs if not os.environ.get(name)]
        return f"no real {self.slug} given: `make test-real` starts one" if absent else ""


class Simulated:
    """A simulator in a process of its own, used by its controls."""

    def __init__(self, url: str, http: ClientSession) -> None:
        self.url, self._http = url, http

    async def place(self, count: int, seed: int) -> Sequence[str]:
        return (await self._do("orders", count=count, seed=seed))["references"]

    async def edit(self, reference: str, sku: str, quantity: int) -> None:
        await self._do("edit", reference=reference, sku=sku, quantity=quantity)

    async def cancel(self, reference: str) -> None:
        await self._do("cancel", reference=reference)

    async def drop(self, rate: float) -> None:
        await self._do("fault", kind="drop_webhook", rate=rate, seed=7)

    async def state(self) -> Mapping[str, Any]:
        async with self._http.get(f"{self.url}/__sim/state") as answer:
            return await answer.json()

    async def meter(self) -> Mapping[str, Any]:
        async with self._http.get(f"{self.url}/__sim/meter") as answer:
            return await answer.json()

    async def _do(self, what: str, **wish: Any) -> Any:
        async with self._http.post(f"{self.url}/__sim/{what}", json=wish) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()


def simulated(slug: str, **environment: str) -> Callable[[Path, str], AbstractAsyncContextManager[Simulated]]:
    """Return how a simulator is started."""

    @asynccontextmanager
    async def started(folder: Path, isthmus: str) -> AsyncIterator[Simulated]:
        url = f"http://127.0.0.1:{free_port()}"
        words = ["sim", slug, "--port", url.rpartition(":")[2], "--callback", isthmus]
        life = Life(Program(words, folder / "shop.log", environment))
        try:
            async with ClientSession(timeout=ClientTimeout(CALL_S)) as http:
                shop = Simulated(url, http)
                await _there(shop, life)
                yield shop
        finally:
            await life.kill()

    return started


async def _there(shop: Simulated, life: Life) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + START_S
    while True:
        try:
            await shop.meter()
        except (OSError, ClientError):
            assert life.alive, "the simulated shop has ended"
            assert loop.time() < until, "the simulated shop does not start"
            await asyncio.sleep(0.1)
        else:
            return


SHOPIFY = Shop(
    slug="shopify",
    # Its limit is measured elsewhere; here it would only be waited for.
    started=simulated("shopify", ISTHMUS_SIM_SHOPIFY_RESTORE="100000"),
    settings={"client_id": "demo-client"},
    secrets={"client_secret": "demo-secret"},
    places=dict(PLACES),
)
WOOCOMMERCE = Shop(
    slug="woocommerce",
    started=simulated("woocommerce"),
    secrets={"consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET, "webhook_secret": "demo-secret"},
    # One pool of stock, behind it every warehouse.
    places={code: "store" for code, _name in PLACES},
)
#: The only one here that others wrote: a real one, so that neither end is ours.
VENDURE = Shop(
    slug="vendure",
    started=selling,
    settings={"login": LOGIN},
    secrets={"password": PASSWORD, "webhook_secret": SECRET},
    places={code: code for code, _name in PLACES},
    needs=(PACKAGES_AT,),
)
SHOPS = (WOOCOMMERCE, SHOPIFY, VENDURE)

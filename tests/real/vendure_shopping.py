"""A real Vendure as the shop of a scene: shoppers check out at random, staff edit and cancel, webhooks get lost.

What it holds is read over the Admin API as staff, not by the connector. Its webhooks run over a line of ours, on which
a part of them can be lost without the shop's noticing.
"""

import asyncio
import os
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from tests.real.vendure import PACKAGES_AT, STAFF, STAFF_PASSWORD, bare, furnish
from tests.real.vendure_day import Merchant, check_out, register
from tests.real.vendure_seed import GROSS, signed_in

#: Rates (percent) that the company in Tryton has taxes of.
RATES = (20, 10)
COUPON, PERCENT = "AUTUMN", 15
RETURNING = tuple(f"returning{number}@example.com" for number in range(3))
SHOPPER_PASSWORD = "shopper-demo-password"
ENDED: Mapping[str, str] = {"Cancelled": "cancelled", "Shipped": "closed", "Delivered": "closed"}
PASS_S = 10.0


class Line:
    """What the plugin sends over; `rate` of it is answered for and goes no further."""

    def __init__(self, onward: str, http: ClientSession) -> None:
        self.rate, self.lost = 1.0, 0
        self.answers: Counter[int] = Counter()
        self._onward, self._http = onward, http
        self._chance = random.Random(7)  # noqa: S311 - repeatable chance, not secrecy

    async def take(self, delivery: web.Request) -> web.Response:
        """Pass one on and return what Isthmus said; 502 where it does not run, and the shop tries again."""
        body = await delivery.read()
        if self._chance.random() < self.rate:
            self.lost += 1
            return web.Response(status=202)
        kept = {
            name: value
            for name, value in delivery.headers.items()
            if name.lower().startswith(("webhook-", "content-type"))
        }
        try:
            async with self._http.post(self._onward, data=body, headers=kept) as answer:
                said = answer.status
        except (ClientError, TimeoutError, OSError):
            said = HTTPStatus.BAD_GATEWAY
        self.answers[said] += 1
        return web.Response(status=said)

    @property
    def refused(self) -> dict[int, int]:
        """Return how many Isthmus did not believe, by status: it may be away, never in doubt about the sender."""
        return {status: count for status, count in self.answers.items() if 300 <= status < 500}


class Selling:
    """A shop that runs, and who buys there. Its APIs are called in threads: meanwhile deliveries come in."""

    def __init__(self, url: str, merchant: Merchant, line: Line) -> None:
        self.url, self.line, self._merchant = url, line, merchant

    async def place(self, count: int, seed: int) -> Sequence[str]:
        """Let customers place so many orders; return their numbers."""
        chance = random.Random(seed)  # noqa: S311 - repeatable chance, not secrecy
        return [await asyncio.to_thread(self._bought, chance) for _ in range(count)]

    def _bought(self, chance: random.Random) -> str:
        """Buy one to three things: one in three as a returning customer, one in three at prices with tax."""
        skus = chance.sample(sorted(self._merchant.variants), chance.randint(1, 3))
        back = chance.random() < 1 / 3
        return check_out(
            self._merchant,
            {sku: chance.randint(1, 4) for sku in skus},
            # Some guests come again too, and stay guests.
            email=chance.choice(RETURNING) if back else f"guest{chance.randrange(20)}@example.com",
            password=SHOPPER_PASSWORD if back else "",
            channel=GROSS if chance.random() < 1 / 3 else "",
            coupons=[COUPON] if chance.random() < 1 / 4 else (),
        )

    async def edit(self, reference: str, sku: str, quantity: int) -> None:
        """Set the quantity of a line of an order."""
        await asyncio.to_thread(self._merchant.edit, reference, sku, quantity)

    async def cancel(self, reference: str) -> None:
        """Cancel an order."""
        await asyncio.to_thread(self._merchant.cancel, reference)

    async def drop(self, rate: float) -> None:
        """Lose this part of the webhooks from now on; 0 ends it."""
        self.line.rate = rate

    async def state(self) -> Mapping[str, Any]:
        """Return what the shop holds."""
        orders = await asyncio.to_thread(self._merchant.orders)
        return {"orders": [_told(one) for one in orders], "stock": await asyncio.to_thread(self._merchant.offered)}


def _told(order: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "reference": order["code"],
        "status": ENDED.get(order["state"], "open"),
        "test": False,
        "total": str(Decimal(order["totalWithTax"]) / 100),
        "lines": [{"sku": one["productVariant"]["sku"], "quantity": one["quantity"]} for one in order["lines"]],
    }


@asynccontextmanager
async def selling(folder: Path, isthmus: str) -> AsyncIterator[Selling]:
    """Run a shop with the demo assortment in a folder; its plugin tells the project at the address given."""
    async with ClientSession(timeout=ClientTimeout(PASS_S)) as http:
        line = Line(f"{isthmus}/hooks/shop", http)
        hooks = web.Application()
        hooks.router.add_post("/hooks/shop", line.take)
        runner = web.AppRunner(hooks, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            told_to = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/shop"
            with ExitStack() as stack:
                url = await asyncio.to_thread(stack.enter_context, bare(Path(os.environ[PACKAGES_AT]), folder, told_to))
                merchant = await asyncio.to_thread(_opened, url)
                line.rate = 0.0
                yield Selling(url, merchant, line)
                assert not line.refused, line.refused
                sys.stderr.write(f"webhooks of Vendure: {line.lost} lost, answered {dict(line.answers)}\n")
        finally:
            await runner.cleanup()


def _opened(url: str) -> Merchant:
    furnish(url, RATES)
    merchant = Merchant(signed_in(url, STAFF, STAFF_PASSWORD))
    merchant.find()
    merchant.coupon(COUPON, PERCENT)
    for email in RETURNING:
        register(url, email, SHOPPER_PASSWORD)
    return merchant

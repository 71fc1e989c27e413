"""The simulated shop as its stage sees it, with the controls of its own."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from aiohttp import web

from isthmus.simulators.faults import Faults
from isthmus.simulators.storefront import Unknown, control, hook_address, wished
from isthmus.simulators.vendure import amendments, checkout, merchant, seeds, stock
from isthmus.simulators.vendure.assortment import CENTS
from isthmus.simulators.vendure.catalog import StockLocation, Variant
from isthmus.simulators.vendure.clientele import Clientele
from isthmus.simulators.vendure.damage import damage
from isthmus.simulators.vendure.gateway import PATH, Gateway
from isthmus.simulators.vendure.lines import Line
from isthmus.simulators.vendure.orders import Order
from isthmus.simulators.vendure.orders_book import OrdersBook
from isthmus.simulators.vendure.sender import Sender
from isthmus.simulators.vendure.settings import Settings
from isthmus.simulators.vendure.shop import Shop, utc_now

WEBHOOK_SECRET = "demo-secret"  # noqa: S105 - the simulator's, known to all
#: what the plugin tells of an order
ORDER_TOPICS = (
    "order.placed", "order.state", "order.updated", "payment.state", "refund.created", "refund.state",
    "fulfillment.state",
)  # fmt: skip
#: orders placed between two turns of the event loop
_BATCH = 50


class VendureWorld:
    """One shop, its API and its event plugin."""

    def __init__(
        self,
        seed: str | None = None,
        callback: str | None = None,
        settings: Settings | None = None,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Fill the shop; the plugin tells `callback`, if there is one. Sends nothing before `start`."""
        self.faults = Faults()
        self._at_start = settings or Settings.from_environment()
        self._seed, self._callback, self._now, self._clock = seed, callback, now, clock
        self._announcing: asyncio.Task[None] | None = None
        self._open()

    def _open(self) -> None:
        self.settings = self._at_start
        self.shop = Shop(self.settings, self._now)
        self.seeded = seeds.sow(self.shop, self._seed)
        address = hook_address(self._callback) if self._callback else None
        self.sender = Sender(self.shop, self.faults, address, WEBHOOK_SECRET)
        self.shop.tell = self.sender.tell
        self.gateway = Gateway(self.shop, self._clock)
        self._book: OrdersBook | None = None

    def routes(self) -> list[web.RouteDef]:
        """Return the shop's own paths and the controls this double adds."""
        acts: dict[str, Callable[[dict[str, Any]], object]] = {
            "order": lambda w: {"reference": self.place(w)},
            "edit": lambda w: self.edit(w["reference"], w["sku"], int(w["quantity"])),
            "cancel": lambda w: self.cancel(w["reference"]),
            "status": lambda w: self.set_state(w["reference"], w["status"]),
            "ship": lambda w: self.ship(w["reference"], w.get("sku"), w.get("quantity")),
            "deliver": lambda w: self.deliver(w["reference"]),
            "return": lambda w: self.take_back(w["reference"], w["sku"], int(w.get("quantity", 1))),
            "refund": lambda w: self.refund(w["reference"], w.get("amount"), w.get("sku"), int(w.get("quantity", 1))),
            "stock": lambda w: self.set_stock(w["sku"], w.get("place"), int(w["quantity"])),
            "webhook": lambda w: self.resend(w["reference"], w["topic"]),
            "product": lambda w: self.create_product(w["sku"], w["title"], w["price"]),
            "price": lambda w: self.reprice(w["sku"], w["price"]),
            "rename": lambda w: self.rename(w["sku"], w["name"]),
            "remove": lambda w: self.remove_product(w["sku"]),
            "damage": lambda w: self.damage(**w),
            "settings": lambda w: self.change_settings(**w),
            "revoke": lambda _w: self.revoke(),
            "announce": lambda _w: self.announce(),
        }
        return [*self._paths(), *(web.post(f"/__sim/{name}", control(act)) for name, act in acts.items())]

    def _paths(self) -> list[web.RouteDef]:
        # A reset opens a new gateway, so the paths may not be tied to this one.
        async def graphql(request: web.Request) -> web.Response:
            return await self.gateway.graphql(request)

        async def health(request: web.Request) -> web.Response:
            return await self.gateway.health(request)

        async def nowhere(request: web.Request) -> web.Response:
            return self.gateway.nowhere(request)

        return [
            web.post(PATH, graphql),
            web.get("/health", health),
            web.route("*", "/{path:(?!__sim).*}", nowhere),
        ]

    async def operation(self, request: web.Request) -> str:
        """Name a request by the root fields of its GraphQL, joined by `+`."""
        return await self.gateway.operation(request)

    def throttled(self, *, hint: bool) -> web.StreamResponse:
        """Return what a proxy in front of the shop answers; Vendure itself has no limit."""
        return self.gateway.refusal(hint=hint)

    def expire_auth(self) -> None:
        """End every session; who has the password signs in again."""
        self.gateway.sessions.clear()

    def revoke(self) -> None:
        """Let nobody in any more."""
        self.shop.administrators.clear()
        self.gateway.sessions.clear()

    def change_settings(self, **wish: Any) -> None:
        """Change how the shop is set up while it runs. Raises `TypeError` for a setting there is not."""
        self.settings = self.shop.settings = replace(self.settings, **wish)

    async def place_orders(self, count: int, seed: int) -> list[str]:
        """Place `count` random importable orders now and return their codes."""
        chance = random.Random(seed)  # noqa: S311 - repeatable chance, not secrecy
        book = self._opened_book()
        codes: list[str] = []
        for position in range(count):
            codes.append(checkout.place(self.shop, book.basket(chance)).code)
            if position % _BATCH == _BATCH - 1:
                await asyncio.sleep(0)
        return codes

    def _opened_book(self) -> OrdersBook:
        self._book = self._book or OrdersBook(self.shop, Clientele(self.shop))
        return self._book

    def place(self, wish: Mapping[str, Any]) -> str:
        """Place one order as wished (`storefront.py`) and return its code. Raises `Unknown`, `ValueError`."""
        basket = self._opened_book().wished(wished(wish, "customFields"))
        try:
            return checkout.place(self.shop, basket).code
        except checkout.CannotPlace as refused:
            raise ValueError(str(refused)) from refused

    def edit(self, reference: str, sku: str, quantity: int) -> None:
        """Set the units of a line, with the money to match. Raises `Unknown`, or `CannotAmend`."""
        amendments.edit(self.shop, self._order(reference), sku, quantity)

    def cancel(self, reference: str) -> None:
        """Cancel an order; its goods go back. Raises `Unknown`, or `CannotAmend`."""
        amendments.cancel(self.shop, self._order(reference))

    def set_state(self, reference: str, state: str) -> None:
        """Take an order to a state. Raises `Unknown`, or `CannotAmend`."""
        amendments.move(self.shop, self._order(reference), state)

    def ship(self, reference: str, sku: str | None = None, quantity: int | None = None) -> None:
        """Send what is left of an order, or some units of a SKU. Raises `Unknown`, or `CannotAmend`."""
        amendments.ship(self.shop, self._order(reference), sku, quantity)

    def deliver(self, reference: str) -> None:
        """Let everything on its way arrive. Raises `Unknown`."""
        amendments.deliver(self.shop, self._order(reference))

    def take_back(self, reference: str, sku: str, quantity: int = 1) -> None:
        """Cancel some units of a line. Raises `Unknown`, or `CannotAmend`."""
        amendments.take_back(self.shop, self._order(reference), sku, quantity)

    def refund(self, reference: str, amount: str | None = None, sku: str | None = None, quantity: int = 1) -> None:
        """Refund an amount, or some units of a SKU. Raises `Unknown`, or `CannotAmend`."""
        cents = int(Decimal(str(amount)) * CENTS) if amount is not None else None
        amendments.give_back(self.shop, self._order(reference), cents, sku, quantity)

    def damage(self, **wish: Any) -> str:
        """Spoil something without a trace; see `damage.py`. Raises `NotThere`."""
        return damage(self.shop, wish)

    def set_stock(self, sku: str, place: str | None, quantity: int) -> None:
        """Set what is to be had of a SKU at a location, by its name; the first without one. Raises `Unknown`."""
        merchant.count(self.shop, self._variant(sku), self._place(place), quantity)

    def create_product(self, sku: str, title: str, price: str) -> None:
        """Add a product with no stock."""
        merchant.create_product(self.shop, sku, title, Decimal(price))

    def reprice(self, sku: str, price: str) -> None:
        """Give a SKU another price. Raises `Unknown`."""
        merchant.reprice(self.shop, self._variant(sku), Decimal(price))

    def rename(self, sku: str, name: str) -> None:
        """Give a variant another SKU. Raises `Unknown`."""
        merchant.rename(self.shop, self._variant(sku), name)

    def remove_product(self, sku: str) -> None:
        """Delete the product of a SKU. Raises `Unknown`."""
        merchant.remove_product(self.shop, self._variant(sku).product)

    def resend(self, reference: str, topic: str) -> None:
        """Tell of one order again. Raises `Unknown`."""
        self._tell(self._order(reference), topic)

    def _tell(self, order: Order, topic: str) -> None:
        if topic not in ORDER_TOPICS:
            message = f"no topic {topic!r} of an order: {', '.join(ORDER_TOPICS)}"
            raise Unknown(message)
        self.sender.tell(topic, {"orderIds": [str(order.id)]})

    def announce(self) -> None:
        """Tell of the seeded orders once more, spread over `announce_s`."""
        if self._announcing is not None:
            self._announcing.cancel()
        self._announcing = asyncio.get_running_loop().create_task(self._announce())

    async def _announce(self) -> None:
        pause_s = self.settings.announce_s / max(1, len(self.seeded.orders))
        special = {code: kind for kind, code in self.seeded.specials.names().items()}
        for number in self.seeded.orders:
            order = self.shop.orders.get(number)
            if order is not None:
                for topic in _topics(special.get(order.code)):
                    self._tell(order, topic)
            await asyncio.sleep(pause_s)

    def truth(self) -> dict[str, Any]:
        """Return the orders as they stand, what is to be had where, and what was sent."""
        counts = self.sender.counts
        sent = {name: counts[name] for name in ("sent", "failed", "dropped", "lost")}
        return {
            "orders": [_shown(order) for order in self.shop.orders.values()],
            "stock": stock.by_sku(self.shop),
            "webhooks": {**sent, "waiting": self.sender.waiting()},
            "specials": self.seeded.specials.names(),
        }

    def meter(self) -> dict[str, Any]:
        """Return what a proxy refused and how many sessions there are: each sign-in makes one."""
        return {"throttled": self.gateway.throttled, "sessions": len(self.gateway.sessions)}

    async def reset(self) -> None:
        """Open the same shop anew; nobody is signed in."""
        running = self._announcing is not None
        await self.stop()
        self._open()
        await self.sender.start()
        if running:
            self.announce()

    async def start(self) -> None:
        """Begin to send events, those of the seeded orders first when somebody listens."""
        await self.sender.start()
        if self._callback and self.seeded.orders:
            self.announce()

    async def stop(self) -> None:
        """End every delivery."""
        if self._announcing is not None:
            self._announcing.cancel()
            await asyncio.gather(self._announcing, return_exceptions=True)
            self._announcing = None
        await self.sender.stop()

    def _order(self, reference: str) -> Order:
        order = self.shop.order(reference)
        if order is None:
            message = f"no order {reference}"
            raise Unknown(message)
        return order

    def _variant(self, sku: str) -> Variant:
        variant = self.shop.variant(sku)
        if variant is None:
            message = f"no SKU {sku}"
            raise Unknown(message)
        return variant

    def _place(self, name: str | None) -> StockLocation:
        found = self.shop.location(name) if name else self.shop.locations[min(self.shop.locations)]
        if found is None:
            message = f"no location {name}"
            raise Unknown(message)
        return found


def _topics(special: str | None) -> tuple[str, ...]:
    match special:
        case "never_told" | "draft":
            return ()
        case "state_first":
            return ("order.state", "order.placed")
        case "told_twice":
            return ("order.placed", "order.placed")
        case "cancelled" | "edited":
            return ("order.placed", "order.state")
        case _:
            return ("order.placed",)


def major(minor: int) -> str:
    """Return an amount in whole units of its currency."""
    return format(Decimal(minor) / CENTS, "f")


def _shown(order: Order) -> dict[str, Any]:
    status = "cancelled" if order.state == "Cancelled" else "closed" if order.state == "Delivered" else "open"
    return {
        "reference": order.code,
        "id": order.id,
        "status": status,
        "vendure_state": order.state,
        # A cart or a draft: not to be imported.
        "test": order.order_placed_at is None,
        "lines": [_line(one) for one in order.lines],
        "tip": "0",
        "total": major(order.total_with_tax),
        "refunded": major(sum(one.refunded for one in order.payments)),
        "currency": order.currency_code,
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "sku": line.product_variant.sku,
        "quantity": line.quantity,
        "ordered": line.order_placed_quantity or line.quantity,
        # As the channel lists prices: with tax or without, before discounts.
        "unit_price": major(line.list_price),
        "total": major(line.prorated_line_price_with_tax),
    }

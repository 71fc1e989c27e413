"""The simulated shop as its stage sees it, with the controls of its own."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from aiohttp import web

from isthmus.simulators.faults import Faults
from isthmus.simulators.storefront import Unknown, control, hook_address, wished
from isthmus.simulators.woocommerce import amendments, checkout, merchant, seeds, shipment_routes, stock
from isthmus.simulators.woocommerce.bodies import body_of as told
from isthmus.simulators.woocommerce.catalog import Product
from isthmus.simulators.woocommerce.clientele import Clientele
from isthmus.simulators.woocommerce.damage import damage
from isthmus.simulators.woocommerce.gateway import Gateway
from isthmus.simulators.woocommerce.host import Host
from isthmus.simulators.woocommerce.money import ZERO, shown
from isthmus.simulators.woocommerce.orders import Order
from isthmus.simulators.woocommerce.orders_book import OrdersBook
from isthmus.simulators.woocommerce.people import Webhook
from isthmus.simulators.woocommerce.routes import ROUTES, Routes
from isthmus.simulators.woocommerce.sender import Sender
from isthmus.simulators.woocommerce.settings import Settings
from isthmus.simulators.woocommerce.shop import WEBHOOK_SECRET, Shop, utc_now

TOPICS = (
    "order.created", "order.updated", "order.deleted", "product.created", "product.updated", "product.deleted",
    "customer.created", "customer.updated", "customer.deleted",
)  # fmt: skip
#: orders placed between two turns of the event loop
_BATCH = 50


class WooCommerceWorld:
    """One shop, its API and its webhooks."""

    def __init__(
        self,
        seed: str | None = None,
        callback: str | None = None,
        settings: Settings | None = None,
        now: Callable[[], datetime] = utc_now,
        seconds: Callable[[], float] = time.time,
    ) -> None:
        """Fill the shop; with a `callback`, subscribe it to every topic. Sends nothing before `start`."""
        self.faults = Faults()
        self._at_start = settings or Settings.from_environment()
        self.throttles = 0
        self._seed = seed
        self._callback = callback
        self._now = now
        self._seconds = seconds
        self._announcing: asyncio.Task[None] | None = None
        self._open()

    def _open(self) -> None:
        self.settings = self._at_start
        self.shop = Shop(self.settings, self._now)
        self.seeded = seeds.sow(self.shop, self._seed)
        self.sender = Sender(self.shop, self.faults, lambda kind, number: told(self.shop, kind, number))
        self.gateway = Gateway(self.shop, self._routes(), self._seconds)
        self.host = Host()
        if self._callback:
            for topic in TOPICS:
                self._subscribe(topic, hook_address(self._callback))
        self.shop.tell, self.shop.ping = self.sender.tell, self.sender.ping
        self.throttles = 0
        self._book: OrdersBook | None = None

    def _routes(self) -> Routes:
        return Routes([*ROUTES, *shipment_routes.routes(self.shop)], self.settings.version)

    def _subscribe(self, topic: str, address: str) -> None:
        now, number = self.shop.now(), self.shop.new_id("webhook")
        self.shop.webhooks[number] = Webhook(
            id=number,
            name=topic,
            topic=topic,
            delivery_url=address,
            secret=WEBHOOK_SECRET,
            created_at=now,
            modified_at=now,
        )

    def routes(self) -> list[web.RouteDef]:
        """Return the site's paths and the controls this shop adds."""
        acts: dict[str, Callable[[dict[str, Any]], object]] = {
            "order": lambda w: {"reference": self.place(w)},
            "edit": lambda w: self.edit(w["reference"], w["sku"], int(w["quantity"])),
            "cancel": lambda w: self.cancel(w["reference"]),
            "status": lambda w: self.set_status(w["reference"], w["status"]),
            "refund": lambda w: self.refund(w["reference"], w.get("amount"), w.get("sku"), int(w.get("quantity", 1))),
            "stock": lambda w: self.set_stock(w["sku"], int(w["quantity"])),
            "webhook": lambda w: self.resend(w["reference"], w["topic"]),
            "product": lambda w: self.create_product(w["sku"], w["title"], w["price"]),
            "rename": lambda w: self.rename(w["sku"], w["name"]),
            "remove": lambda w: self.remove_product(w["sku"]),
            "damage": lambda w: self.damage(**w),
            "busy": lambda w: self.shop.busy_skus.add(str(w["sku"]).casefold()),
            "host": lambda w: self.host.order(**w),
            "settings": lambda w: self.change_settings(**w),
            "revoke": lambda _w: self.revoke(),
            "announce": lambda _w: self.announce(),
        }

        # A reset opens a new gateway, so the path may not be tied to this one.
        async def anything(request: web.Request) -> web.StreamResponse:
            return await self.host.answer(request, self.gateway.operation(request), self.gateway.answer)

        return [
            *(web.post(f"/__sim/{name}", control(act)) for name, act in acts.items()),
            web.route("*", "/{path:(?!__sim).*}", anything),
        ]

    async def operation(self, request: web.Request) -> str:
        """Name a request by its route, such as `orders.list`."""
        return self.gateway.operation(request)

    def throttled(self, *, hint: bool) -> web.StreamResponse:
        """Return what a security wall in front of the shop answers; WooCommerce itself has no limit."""
        self.throttles += 1
        page = "<html><head><title>429 Too Many Requests</title></head><body>Too Many Requests</body></html>"
        headers = {"Retry-After": "1"} if hint else {}
        return web.Response(status=HTTPStatus.TOO_MANY_REQUESTS, text=page, content_type="text/html", headers=headers)

    def expire_auth(self) -> None:
        """Do nothing: keys never expire here. A person takes them away (`revoke`)."""

    def revoke(self) -> None:
        """Take every key away; an unknown key is anonymous from then on."""
        self.shop.keys.clear()

    def change_settings(self, **wish: Any) -> None:
        """Change how the shop is set up while it runs. Raises `TypeError` for a setting there is not."""
        self.settings = self.shop.settings = replace(self.settings, **wish)
        self.gateway.serve(self._routes())

    async def place_orders(self, count: int, seed: int) -> list[str]:
        """Place `count` random importable orders now and return their numbers."""
        chance = random.Random(seed)  # noqa: S311 - repeatable chance, not secrecy
        book = self._opened_book()
        numbers: list[str] = []
        for position in range(count):
            numbers.append(checkout.place(self.shop, book.cart(chance)).number)
            if position % _BATCH == _BATCH - 1:
                await asyncio.sleep(0)
        return numbers

    def _opened_book(self) -> OrdersBook:
        self._book = self._book or OrdersBook(self.shop, Clientele(self.shop))
        return self._book

    def place(self, wish: Mapping[str, Any]) -> str:
        """Place one order as wished (`storefront.py`) and return its number. Raises `Unknown`, `ValueError`."""
        return checkout.place(self.shop, self._opened_book().wished(wished(wish, "meta_data"))).number

    def edit(self, reference: str, sku: str, quantity: int) -> None:
        """Set the quantity of a line. Raises `Unknown`, or `CannotAmend`."""
        amendments.edit(self.shop, self._order(reference), sku, quantity)

    def cancel(self, reference: str) -> None:
        """Cancel an order; its goods go back. Raises `Unknown`, or `CannotAmend`."""
        amendments.cancel(self.shop, self._order(reference))

    def set_status(self, reference: str, status: str) -> None:
        """Move an order to a status, as a person does. Raises `Unknown`, or `CannotAmend`."""
        amendments.move(self.shop, self._order(reference), status)

    def refund(self, reference: str, amount: str | None = None, sku: str | None = None, quantity: int = 1) -> None:
        """Refund an amount, or some units of a SKU with their tax, by hand. Raises `Unknown`, or `CannotAmend`."""
        amendments.give_back(self.shop, self._order(reference), amount, sku, quantity)

    def damage(self, **wish: Any) -> str:
        """Spoil something without a trace; see `damage.py`. Raises `NotThere`."""
        return damage(self.shop, wish)

    def set_stock(self, sku: str, quantity: int) -> None:
        """Set the stock of a SKU, as a person would. Raises `Unknown`."""
        holder = self._product(sku).stock_holder
        if holder is None:
            message = f"no stock is kept of {sku}"
            raise Unknown(message)
        merchant.count(self.shop, holder, quantity)

    def create_product(self, sku: str, title: str, price: str) -> None:
        """Add a product with no stock."""
        merchant.create_product(self.shop, sku, title, Decimal(price))

    def rename(self, sku: str, name: str) -> None:
        """Give a product another SKU. Raises `Unknown`."""
        merchant.rename(self.shop, self._product(sku), name)

    def remove_product(self, sku: str) -> None:
        """Delete a product for good, with all variations of it. Raises `Unknown`."""
        product = self._product(sku)
        merchant.remove_product(self.shop, product.parent or product)

    def resend(self, reference: str, topic: str) -> None:
        """Send one order's webhook again. Raises `Unknown`."""
        self.sender.tell(topic, self._order(reference).id)

    def announce(self) -> None:
        """Send the webhooks of the seeded orders once more, spread over `announce_s`."""
        if self._announcing is not None:
            self._announcing.cancel()
        self._announcing = asyncio.get_running_loop().create_task(self._announce())

    async def _announce(self) -> None:
        pause_s = self.settings.announce_s / max(1, len(self.seeded.orders))
        special = {number: kind for kind, number in self.seeded.specials.names().items()}
        for number in self.seeded.orders:
            order = self.shop.orders.get(number)
            for topic in _topics(special.get(order.number)) if order else ():
                self.sender.tell(topic, number)
            await asyncio.sleep(pause_s)

    def truth(self) -> dict[str, Any]:
        """Return the orders as they stand, what is in stock, and what was sent."""
        counts = self.sender.counts
        names = ("sent", "failed", "dropped", "merged", "disabled", "pings")
        return {
            "orders": [_shown(self.shop, order) for order in self.shop.orders.values()],
            "stock": stock.by_sku(self.shop),
            "webhooks": {name: counts[name] for name in names} | {"waiting": self.sender.waiting()},
            "specials": self.seeded.specials.names(),
        }

    def meter(self) -> dict[str, Any]:
        """Return what a wall refused, and which parameters nobody here knows, by operation."""
        return {"throttled": self.throttles, "ignored": dict(self.gateway.ignored)}

    async def reset(self) -> None:
        """Open the same shop anew; whoever subscribed by API is forgotten."""
        running = self._announcing is not None
        await self.stop()
        self._open()
        await self.sender.start()
        if running:
            self.announce()

    async def start(self) -> None:
        """Begin to send webhooks, those of the seeded orders first when somebody listens."""
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

    def _product(self, sku: str) -> Product:
        product = self.shop.product(sku)
        if product is None:
            message = f"no SKU {sku}"
            raise Unknown(message)
        return product


def _topics(special: str | None) -> tuple[str, ...]:
    match special:
        case "never_told" | "abandoned":
            return ()
        case "updated_first":
            return ("order.updated", "order.created")
        case "told_twice":
            return ("order.created", "order.created")
        case _:
            return ("order.created", "order.updated")


def _shown(shop: Shop, order: Order) -> dict[str, Any]:
    places = shop.settings.decimals
    return {
        "reference": order.number,
        "id": order.id,
        "status": _OUTCOMES.get(order.status, "open"),
        "woocommerce_status": order.status,
        # Never paid for, or never finished: not to be imported.
        "test": order.status in _UNFINISHED,
        "lines": [
            {
                "sku": product.sku if (product := shop.products.get(line.variation_id or line.product_id)) else "",
                "quantity": line.quantity,
                "ordered": line.quantity,
                # Before discounts, without tax, as far as the API's decimals show it.
                "unit_price": shown(line.subtotal / line.quantity, places) if line.quantity else "0",
                "total": shown(line.total, places),
            }
            for line in order.goods
        ],
        "tip": shown(ZERO, places),
        "total": shown(order.total, places),
        "refunded": shown(order.refunded, places),
        "currency": order.currency,
    }


_OUTCOMES = {
    "cancelled": "cancelled",
    "trash": "cancelled",
    "failed": "cancelled",
    "refunded": "closed",
    "completed": "closed",
}
_UNFINISHED = frozenset({"pending", "checkout-draft", "failed"})

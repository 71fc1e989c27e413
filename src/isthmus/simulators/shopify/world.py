"""The simulated shop as its stage sees it, with the controls of its own."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from aiohttp import web

from isthmus.simulators.faults import Faults
from isthmus.simulators.shopify import amendments, checkout, merchant, seeds, stock
from isthmus.simulators.shopify.bucket import RESTORE_PER_S
from isthmus.simulators.shopify.clientele import Clientele
from isthmus.simulators.shopify.damage import damage
from isthmus.simulators.shopify.gateway import SECRET, Gateway
from isthmus.simulators.shopify.hook_writes import subscribe
from isthmus.simulators.shopify.orders import Order
from isthmus.simulators.shopify.orders_book import OrdersBook
from isthmus.simulators.shopify.settings import PLUS_PER_S, Settings
from isthmus.simulators.shopify.shop import Shop, utc_now
from isthmus.simulators.shopify.webhooks import Sender
from isthmus.simulators.storefront import Unknown, control, hook_address, wished

TOPICS = (
    "orders/create", "orders/updated", "orders/cancelled", "products/create", "products/update",
    "products/delete", "inventory_levels/update", "app/uninstalled",
)  # fmt: skip
#: orders placed between two turns of the event loop
_BATCH = 50


class ShopifyWorld:
    """One shop, its API and its webhooks."""

    def __init__(
        self,
        seed: str | None = None,
        callback: str | None = None,
        settings: Settings | None = None,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Fill the shop; with a `callback`, subscribe it to every topic. Sends nothing before `start`."""
        self.faults = Faults()
        self.settings = settings or Settings.from_environment(
            usual_restore_per_s=PLUS_PER_S if seed == "demo" else RESTORE_PER_S
        )
        self._seed = seed
        self._callback = callback
        self._now = now
        self._clock = clock
        self._announcing: asyncio.Task[None] | None = None
        self._open()

    def _open(self) -> None:
        self.shop = Shop(self._now)
        self.seeded = seeds.sow(self.shop, self._seed)
        self.gateway = Gateway(self.shop, self.settings, self._clock)
        self.sender = Sender(
            self.shop, self.faults, SECRET, self.settings.webhook_gaps_s, self.settings.webhook_answer_s
        )
        if self._callback:
            for topic in TOPICS:
                enum = topic.upper().replace("/", "_")
                subscribe(self.shop, enum, hook_address(self._callback), by_api=False)
        self.shop.tell = self.sender.tell
        self._book: OrdersBook | None = None

    def routes(self) -> list[web.RouteDef]:
        """Return Shopify's paths and the controls this shop adds."""
        return [
            *self._paths(),
            web.post("/__sim/order", control(lambda w: {"reference": self.place(w)})),
            web.post("/__sim/edit", control(lambda w: self.edit(w["reference"], w["sku"], int(w["quantity"])))),
            web.post("/__sim/cancel", control(lambda w: self.cancel(w["reference"]))),
            web.post("/__sim/stock", control(lambda w: self.set_stock(w["sku"], w["place"], int(w["quantity"])))),
            web.post("/__sim/webhook", control(lambda w: self.resend(w["reference"], w["topic"]))),
            web.post("/__sim/product", control(lambda w: self.create_product(w["sku"], w["title"], w["price"]))),
            web.post("/__sim/rename", control(lambda w: self.rename(w["sku"], w["name"]))),
            web.post("/__sim/remove", control(lambda w: self.remove_product(w["sku"]))),
            web.post(
                "/__sim/plan",
                control(lambda w: self.change_plan(float(w["restore"]), float(w["bucket"]))),
            ),
            web.post("/__sim/damage", control(lambda w: self.damage(**w))),
            web.post("/__sim/scopes", control(lambda w: self.grant(w["scopes"]))),
            web.post("/__sim/unsubscribe", control(lambda w: self.unsubscribe(w["topic"]))),
            web.post("/__sim/uninstall", control(lambda _w: self.uninstall())),
            web.post("/__sim/announce", control(lambda _w: self.announce())),
        ]

    def _paths(self) -> list[web.RouteDef]:
        async def token(request: web.Request) -> web.Response:
            return await self.gateway.access_token(request)

        async def graphql(request: web.Request) -> web.Response:
            return await self.gateway.graphql(request)

        # A reset opens a new gateway, so the paths may not be tied to this one.
        return [
            web.post("/admin/oauth/access_token", token),
            web.post("/admin/api/{version}/graphql.json", graphql),
        ]

    async def operation(self, request: web.Request) -> str:
        """Name a request by the root fields of its GraphQL, joined by `+`."""
        return await self.gateway.operation(request)

    def throttled(self, *, hint: bool) -> web.StreamResponse:
        """Return Shopify's own answer to a caller that is too fast."""
        return self.gateway.refusal(hint=hint)

    def expire_auth(self) -> None:
        """Make every issued token invalid; `demo-token` is a static one and stays."""
        self.gateway.expire_tokens()

    async def place_orders(self, count: int, seed: int) -> list[str]:
        """Place `count` random importable orders now and return their names."""
        chance = random.Random(seed)  # noqa: S311 - repeatable chance, not secrecy
        book = self._opened_book()
        names: list[str] = []
        for number in range(count):
            names.append(checkout.place(self.shop, book.cart(chance)).name)
            if number % _BATCH == _BATCH - 1:
                await asyncio.sleep(0)
        return names

    def _opened_book(self) -> OrdersBook:
        self._book = self._book or OrdersBook(self.shop, Clientele(self.shop))
        return self._book

    def place(self, wish: Mapping[str, Any]) -> str:
        """Place one order as wished (`storefront.py`) and return its name. Raises `Unknown`, `ValueError`."""
        return checkout.place(self.shop, self._opened_book().wished(wished(wish, "customAttributes"))).name

    def edit(self, reference: str, sku: str, quantity: int) -> None:
        """Set the quantity of a line. Raises `Unknown`, or `CannotAmend`."""
        amendments.edit(self.shop, self._order(reference), sku, quantity)

    def cancel(self, reference: str) -> None:
        """Cancel an order with restock and refund. Raises `Unknown`, or `CannotAmend`."""
        amendments.cancel(self.shop, self._order(reference))

    def damage(self, **wish: Any) -> str:
        """Spoil something without a trace; see `damage.py`. Raises `NotThere`."""
        return damage(self.shop, wish)

    def set_stock(self, sku: str, place: str, quantity: int) -> None:
        """Set what is available of a SKU at a location, by its name, as a person would. Raises `Unknown`."""
        variant, location = self.shop.variant(sku), self.shop.location(place)
        if variant is None or location is None:
            message = f"no SKU {sku} or no location {place}"
            raise Unknown(message)
        stock.set_available(self.shop, stock.stocked(self.shop, variant.inventory_item, location), quantity)

    def create_product(self, sku: str, title: str, price: str) -> None:
        """Add a product with one variant and no stock."""
        merchant.create_product(self.shop, sku, title, Decimal(price))

    def rename(self, sku: str, name: str) -> None:
        """Give a SKU another name. Raises `Unknown`."""
        variant = self.shop.variant(sku)
        if variant is None:
            message = f"no SKU {sku}"
            raise Unknown(message)
        merchant.rename(self.shop, variant, name)

    def remove_product(self, sku: str) -> None:
        """Delete the product of a SKU for good. Raises `Unknown`."""
        variant = self.shop.variant(sku)
        if variant is None:
            message = f"no SKU {sku}"
            raise Unknown(message)
        merchant.remove_product(self.shop, variant.product)

    def uninstall(self) -> None:
        """Uninstall the app: a last webhook, then no token and no subscription is left."""
        self.sender.tell("app/uninstalled", self.shop)
        self.shop.subscriptions.clear()
        self.gateway.uninstall()

    def grant(self, scopes: Sequence[str]) -> None:
        """Let the app hold these scopes and no others."""
        self.gateway.scopes = tuple(str(scope) for scope in scopes)

    def unsubscribe(self, topic: str) -> None:
        """Delete every subscription of a topic, as Shopify does after deliveries that failed. Raises `Unknown`."""
        gone = [gid for gid, one in self.shop.subscriptions.items() if one.topic == topic]
        if not gone:
            message = f"nobody is subscribed to {topic}"
            raise Unknown(message)
        for gid in gone:
            del self.shop.subscriptions[gid]

    def resend(self, reference: str, topic: str) -> None:
        """Send one order's webhook again, as it looks now. Raises `Unknown`."""
        self.sender.tell(topic, self._order(reference))

    def announce(self) -> None:
        """Send the webhooks of the seeded orders once more, spread over `announce_s`."""
        if self._announcing is not None:
            self._announcing.cancel()
        self._announcing = asyncio.get_running_loop().create_task(self._announce())

    async def _announce(self) -> None:
        pause_s = self.settings.announce_s / max(1, len(self.seeded.orders))
        for gid in self.seeded.orders:
            for topic in self._topics(self.shop.orders[gid]):
                self.sender.tell(topic, self.shop.orders[gid])
            await asyncio.sleep(pause_s)

    def _topics(self, order: Order) -> tuple[str, ...]:
        special = {name: kind for kind, name in self.seeded.specials.names().items()}.get(order.name)
        match special:
            case "told_twice":
                return ("orders/create", "orders/create")
            case "never_told":
                return ()
            case "updated_first":
                return ("orders/updated", "orders/create")
            case "edited":
                return ("orders/create", "orders/updated")
            case "cancelled":
                return ("orders/create", "orders/cancelled", "orders/updated")
            case _:
                return ("orders/create",)

    def truth(self) -> dict[str, Any]:
        """Return the orders as they stand, what is available where, and what was sent."""
        counts = self.sender.counts
        return {
            "orders": [_shown(order) for order in self.shop.orders.values()],
            "stock": stock.by_sku(self.shop),
            "webhooks": {name: counts[name] for name in ("sent", "failed", "dropped", "removed")},
            "specials": self.seeded.specials.names(),
        }

    def meter(self) -> dict[str, Any]:
        """Return what was refused, what each operation has cost, and what is in the bucket."""
        return {
            "throttled": self.gateway.throttled,
            "points": dict(self.gateway.points),
            "bucket": self.gateway.bucket.status(),
        }

    def change_plan(self, restore_per_s: float, bucket: float) -> None:
        """Meter by another plan from now on. Raises `ValueError` for one under which nothing could be asked."""
        if not (restore_per_s > 0 and bucket > 0):
            message = f"{restore_per_s} points a second and a bucket of {bucket} let nothing through"
            raise ValueError(message)
        self.gateway.bucket.change(restore_per_s, bucket)

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


def _shown(order: Order) -> dict[str, Any]:
    status = "cancelled" if order.cancelled_at else "closed" if order.closed_at else "open"
    return {
        "reference": order.name,
        "id": order.id,
        "status": status,
        "test": order.test,
        "lines": [
            {
                "sku": line.sku,
                "quantity": line.current_quantity,
                "ordered": line.quantity,
                "unit_price": format(line.original_unit_price_set.shop_money.amount, "f"),
            }
            for line in order.line_items
            if not line.is_tip
        ],
        "tip": format(order.standing.tip.shop_money.amount, "f"),
        "total": format(order.standing.total.shop_money.amount, "f"),
        "currency": order.currency_code,
    }

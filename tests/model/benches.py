"""The listings cursors walk along, each in its simulator: what a connector reads changes by."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from isthmus.connectors.odoo import CONNECTOR as ODOO
from isthmus.connectors.shopify import CONNECTOR as SHOPIFY
from isthmus.ports.connector import Connector, Tools
from isthmus.ports.source import Source
from isthmus.simulators.odoo.models.product import Template
from isthmus.simulators.odoo.models.quant import Quant
from isthmus.simulators.odoo.world import OdooWorld
from isthmus.simulators.shopify import stock
from isthmus.simulators.shopify.settings import Settings
from isthmus.simulators.shopify.world import ShopifyWorld
from isthmus.simulators.stage import stage
from isthmus.testing.clock import HandClock
from isthmus.testing.indoors import Indoors, Side
from isthmus.testing.pace import OpenPace
from tests.model.reading import Clocks

_ZERO = Decimal(0)


class _Bench:
    """What both systems' benches share: a wire, and a fresh session for every reader."""

    connector: Connector
    form: dict[str, str]
    kind: str

    def __init__(self, hands: HandClock, clocks: Clocks, app: Any) -> None:
        self.hands, self.clocks = hands, clocks
        self.line = Indoors({"there": Side(stage(app), clocks.answer)}, hands)

    def source(self) -> Source[Any]:
        defaults = {each.key: each.default for each in self.connector.manifest.settings}
        form = {**defaults, "url": "http://there", **self.form}
        session = self.connector.open(form, Tools("there", self.line, self.hands, OpenPace()))
        return session.sources[self.kind]


class _Odoo(_Bench):
    connector = ODOO
    form = {"database": "demo", "login": "demo", "api_key": "demo-key"}  # noqa: RUF012 - never changed

    def __init__(self, hands: HandClock, clocks: Clocks, size: int) -> None:
        self.world = OdooWorld(f"skus:{size}", now=clocks.stamp)
        super().__init__(hands, clocks, self.world)
        env = self.world.env()
        rows = env.table("product.product").rows
        self.products = [each for each, row in rows.items() if row["barcode"]]
        self.place_of = {str(each): place for place, each in enumerate(self.products)}
        self.size = len(self.products)


class OdooStock(_Odoo):
    """Figures, found by quants and moves; a figure that becomes zero takes its quant away."""

    name, kind = "odoo stock", "stock_level"

    def __init__(self, hands: HandClock, clocks: Clocks, size: int) -> None:
        super().__init__(hands, clocks, size)
        [self.here] = [
            row["lot_stock_id"]
            for row in self.world.env().table("stock.warehouse").rows.values()
            if row["code"] == "WH"
        ]

    def change(self, place: int, number: int, stamp: datetime, chance: random.Random) -> None:
        """Count so many; once in a while it is counted to nothing first, and the quant is gone for a moment."""
        with self.world.service.database.store.transaction():
            quants = self.world.env(stamp).of(Quant)
            if chance.random() < 0.05:
                quants.count(self.products[place], self.here, _ZERO)
            quants.count(self.products[place], self.here, Decimal(number))

    def said(self, record: Any) -> tuple[int, int]:
        """Return the figure; that of the other warehouse says nothing."""
        place = self.place_of[record.item_ref]
        return place, int(record.on_hand.value) if record.warehouse == "WH" else 0


class OdooVariants(_Odoo):
    """Products: priced, archived and taken back."""

    name, kind = "odoo variants", "variant"

    def change(self, place: int, number: int, stamp: datetime, chance: random.Random) -> None:
        """Put the number into the price; a part of them is archived by it."""
        with self.world.service.database.store.transaction():
            env = self.world.env(stamp)
            product = self.products[place]
            template = env.table("product.product").rows[product]["product_tmpl_id"]
            env.of(Template).change([template], list_price=Decimal(number))
            env["product.product"].change([product], active=chance.random() < 0.8)

    def said(self, record: Any) -> tuple[int, int]:
        """Return the price of our own products."""
        place = self.place_of.get(record.external_id)
        return (0, 0) if place is None else (place, int(record.price.amount))


class _Shopify(_Bench):
    connector = SHOPIFY
    form = {"access_token": "demo-token", "client_secret": "demo-secret"}  # noqa: RUF012 - never changed

    def __init__(self, hands: HandClock, clocks: Clocks, size: int) -> None:
        self.stamped: datetime | None = None
        settings = Settings(restore_per_s=1_000_000.0)
        self.world = ShopifyWorld(f"skus:{size}", None, settings, now=self._now, clock=hands.seconds)
        super().__init__(hands, clocks, self.world)
        self.clocks = clocks
        self.size = size

    def _now(self) -> datetime:
        return (self.stamped or self.clocks_now()).astimezone(UTC).replace(microsecond=0)

    def clocks_now(self) -> datetime:
        """Return the clock that stamps; it is asked for while the shop is opened, too."""
        return self.clocks.stamp() if hasattr(self, "clocks") else datetime(2026, 1, 1, tzinfo=UTC)

    def at(self, stamp: datetime, act: Callable[[], None]) -> None:
        """Do something as a transaction that began at `stamp`."""
        self.stamped = stamp
        try:
            act()
        finally:
            self.stamped = None


class ShopifyStock(_Shopify):
    """Inventory levels, location after location."""

    name, kind = "shopify stock", "stock_level"

    def __init__(self, hands: HandClock, clocks: Clocks, size: int) -> None:
        super().__init__(hands, clocks, size)
        shop = self.world.shop
        home = shop.location("Main warehouse")
        self.levels = [each for each in shop.levels.values() if each.location is home]
        self.place_of = {str(each.item.legacy_resource_id): place for place, each in enumerate(self.levels)}
        self.home = str(home.legacy_resource_id) if home else ""
        self.size = len(self.levels)

    def change(self, place: int, number: int, stamp: datetime, chance: random.Random) -> None:
        """Make so many available."""
        del chance
        self.at(stamp, lambda: stock.set_available(self.world.shop, self.levels[place], number))

    def said(self, record: Any) -> tuple[int, int]:
        """Return what is available at the one place."""
        return self.place_of[record.item_ref], int(record.available.value) if record.warehouse == self.home else 0


class ShopifyVariants(_Shopify):
    """Variants, followed through their products; some are archived by the change."""

    name, kind = "shopify variants", "variant"

    def __init__(self, hands: HandClock, clocks: Clocks, size: int) -> None:
        super().__init__(hands, clocks, size)
        self.variants = list(self.world.shop.variants.values())
        self.place_of = {str(each.legacy_resource_id): place for place, each in enumerate(self.variants)}
        self.size = len(self.variants)

    def change(self, place: int, number: int, stamp: datetime, chance: random.Random) -> None:
        """Put the number into the price."""
        shop, variant = self.world.shop, self.variants[place]

        def act() -> None:
            variant.price = Decimal(number)
            variant.product.status = "ACTIVE" if chance.random() < 0.8 else "ARCHIVED"
            shop.touch(variant)
            shop.touch(variant.product)

        self.at(stamp, act)

    def said(self, record: Any) -> tuple[int, int]:
        """Return the price."""
        return self.place_of[record.external_id], int(record.price.amount)


class ShopifyOrders(_Shopify):
    """Orders: a note is changed, which moves nothing but the stamp."""

    name, kind = "shopify orders", "order"

    def __init__(self, hands: HandClock, clocks: Clocks, size: int) -> None:
        super().__init__(hands, clocks, 5)
        self.orders: list[Any] = []
        self.size = size
        self.place_of: dict[str, int] = {}

    async def open(self) -> None:
        """Place the orders there are."""
        for name in await self.world.place_orders(self.size, 1):
            order = self.world.shop.order(name)
            self.place_of[name] = len(self.orders)
            self.orders.append(order)

    def change(self, place: int, number: int, stamp: datetime, chance: random.Random) -> None:
        """Write the number into the note."""
        del chance

        def act() -> None:
            self.orders[place].note = str(number)
            self.world.shop.touch(self.orders[place])

        self.at(stamp, act)

    def said(self, record: Any) -> tuple[int, int]:
        """Return the note's number."""
        note = record.note
        return self.place_of[record.number], int(note) if note.isdigit() else 0


BENCHES = {each.name: each for each in (OdooStock, OdooVariants, ShopifyStock, ShopifyVariants, ShopifyOrders)}

"""How a shop is filled at the start.

No seed: assortment and stock, no orders. `demo`: 500 orders as well, some of them special, and some stock that
disagrees with the ERP. `skus:50000`: that many products and nothing else, for measurements.
"""

import random
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from isthmus.simulators.demo_shop import PLACES, SKUS, Item, assortment
from isthmus.simulators.woocommerce import amendments, checkout, stock
from isthmus.simulators.woocommerce.assortment import add_product, open_books, stock_up
from isthmus.simulators.woocommerce.cart import Cart, CartLine
from isthmus.simulators.woocommerce.clientele import Clientele
from isthmus.simulators.woocommerce.orders_book import OrdersBook
from isthmus.simulators.woocommerce.shop import Shop

ORDERS = 500
SEED = 20263
#: SKUs whose stock in the shop disagrees with the ERP at the start
OUT_OF_STEP = 20
SHOP_ONLY_SKU = "SHOP-ONLY-0001"
YEN_PER_EUR = Decimal(160)
#: the seeded orders were placed over this time
SPAN = timedelta(hours=48)


@dataclass(slots=True)
class Specials:
    """Numbers of the orders that are special, by what is special; the abandoned one was never paid."""

    yen: str = ""
    unknown_sku: str = ""
    wrong_total: str = ""
    told_twice: str = ""
    never_told: str = ""
    updated_first: str = ""
    edited: str = ""
    cancelled: str = ""
    abandoned: str = ""

    def names(self) -> dict[str, str]:
        """Return order number by speciality."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if getattr(self, name)}


@dataclass(slots=True)
class Seeded:
    """What was made, for whoever announces it."""

    orders: list[int] = field(default_factory=list[int])  # ids, oldest first
    specials: Specials = field(default_factory=Specials)


#: position among the seeded orders -> speciality
_AT = {
    31: "yen", 93: "unknown_sku", 124: "wrong_total", 155: "told_twice", 186: "never_told", 217: "updated_first",
    248: "edited", 279: "cancelled", 310: "abandoned",
}  # fmt: skip


def sow(shop: Shop, seed: str | None) -> Seeded:
    """Fill an empty shop. Raises `ValueError` for a seed nobody knows."""
    open_books(shop)
    if seed is not None and seed.startswith("skus:"):
        stock_up(shop, assortment(int(seed.removeprefix("skus:"))))
        return Seeded()
    if seed not in {None, "demo"}:
        message = f"unknown seed {seed!r}: use none, 'demo' or 'skus:<count>'"
        raise ValueError(message)
    stock_up(shop, assortment(SKUS))
    return _demo(shop) if seed == "demo" else Seeded()


def _demo(shop: Shop) -> Seeded:
    _disagree(shop)
    add_product(shop, "Shop only", [_unknown_item()])
    chance = random.Random(SEED)  # noqa: S311 - repeatable chance, not secrecy
    book = OrdersBook(shop, Clientele(shop))
    seeded = Seeded()
    start = shop.now() - SPAN
    for position in range(ORDERS):
        special = _AT.get(position)
        cart = _bent(shop, special, book.cart(chance))
        at = start + SPAN * position / ORDERS
        order = checkout.place(shop, cart, at.replace(microsecond=0), tell=False)
        seeded.orders.append(order.id)
        if special:
            setattr(seeded.specials, special, order.number)
        if special == "edited":
            amendments.edit(shop, order, cart.lines[0].product.sku, 1)
        if special == "cancelled":
            amendments.cancel(shop, order)
    return seeded


def _bent(shop: Shop, special: str | None, cart: Cart) -> Cart:
    """Make a cart what its order is to be special for."""
    match special:
        case "yen":
            cart.currency, cart.factor = "JPY", YEN_PER_EUR
        case "unknown_sku":
            product = shop.product(SHOP_ONLY_SKU)
            if product is not None:
                cart.lines = [CartLine(product, 1), *cart.lines[1:]]
        case "wrong_total":
            cart.skew = Decimal("3.00")
        case "edited":
            cart.lines = [CartLine(cart.lines[0].product, 3), *cart.lines[1:]]
            cart.payment = "stripe"
        case "cancelled":
            cart.payment = "stripe"
        case "abandoned":
            cart.abandoned = True
        case _:
            pass
    return cart


def _unknown_item() -> Item:
    """Return something the ERP has never heard of."""
    return Item(
        sku=SHOP_ONLY_SKU,
        title="Shop only",
        shade="red",
        price=Decimal("24.90"),
        cost=Decimal("11.00"),
        weight_g=300,
        barcode="2009999999994",
        stock={code: 50 for code, _name in PLACES},
    )


def _disagree(shop: Shop) -> None:
    """Let the stock of some SKUs be wrong, so that a sync has something to put right."""
    chance = random.Random(SEED + 1)  # noqa: S311 - repeatable chance, not secrecy
    goods = [one for one in shop.products.values() if one.sku and one.manage_stock]
    for product in chance.sample(goods, OUT_OF_STEP):
        stock.change(shop, product, max(-(product.stock_quantity or 0), chance.choice((-40, -7, 5, 25))))

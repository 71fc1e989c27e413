"""How a shop is filled at the start.

No seed: assortment and stock, no orders. `demo`: 500 orders as well, some of them special, and some stock that
disagrees with the ERP. `skus:50000`: that many products and nothing else, for measurements.
"""

import random
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from isthmus.simulators.demo_shop import PLACES, SKUS, Item, assortment
from isthmus.simulators.vendure import amendments, checkout, stock
from isthmus.simulators.vendure.assortment import add_product, open_shop, stock_up
from isthmus.simulators.vendure.checkout import Basket, Wanted
from isthmus.simulators.vendure.clientele import Clientele
from isthmus.simulators.vendure.orders_book import OrdersBook
from isthmus.simulators.vendure.shop import Shop, nobody

ORDERS = 500
SEED = 20264
#: SKUs whose stock in the shop disagrees with the ERP at the start
OUT_OF_STEP = 20
SHOP_ONLY_SKU = "SHOP-ONLY-0001"
#: the seeded orders were placed over this time
SPAN = timedelta(hours=48)


@dataclass(slots=True)
class Specials:
    """Codes of the orders that are special, by what is special; the draft was never placed."""

    yen: str = ""
    unknown_sku: str = ""
    wrong_total: str = ""
    told_twice: str = ""
    never_told: str = ""
    state_first: str = ""
    edited: str = ""
    cancelled: str = ""
    draft: str = ""

    def names(self) -> dict[str, str]:
        """Return order code by speciality."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if getattr(self, name)}


@dataclass(slots=True)
class Seeded:
    """What was made, for whoever announces it."""

    orders: list[int] = field(default_factory=list[int])  # ids, oldest first
    specials: Specials = field(default_factory=Specials)


#: position among the seeded orders -> speciality
_AT = {
    31: "yen", 93: "unknown_sku", 124: "wrong_total", 155: "told_twice", 186: "never_told", 217: "state_first",
    248: "edited", 279: "cancelled", 310: "draft",
}  # fmt: skip


def sow(shop: Shop, seed: str | None) -> Seeded:
    """Fill an empty shop; nobody is told. Raises `ValueError` for a seed nobody knows."""
    shop.tell = nobody
    open_shop(shop)
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
        basket = _bent(shop, special, book.basket(chance))
        at = start + SPAN * position / ORDERS
        order = checkout.place(shop, basket, at.replace(microsecond=at.microsecond // 1000 * 1000), tell=False)
        seeded.orders.append(order.id)
        if special:
            setattr(seeded.specials, special, order.code)
        if special == "edited":
            amendments.edit(shop, order, order.lines[0].product_variant.sku, 1)
        if special == "cancelled":
            amendments.cancel(shop, order)
    return seeded


def _bent(shop: Shop, special: str | None, basket: Basket) -> Basket:
    """Make a basket what its order is to be special for."""
    match special:
        case "yen":
            basket.currency, basket.charges, basket.coupon = "JPY", [], ""
            basket.shipping = next(one for one in shop.shipping_methods.values() if one.code == "free")
            basket.lines = [Wanted(one.variant, one.quantity) for one in basket.lines]
        case "unknown_sku":
            variant = shop.variant(SHOP_ONLY_SKU)
            if variant is not None:
                basket.lines = [Wanted(variant, 1), *basket.lines[1:]]
        case "wrong_total":
            basket.skew = 300
        case "edited":
            basket.lines = [Wanted(basket.lines[0].variant, 3), *basket.lines[1:]]
            basket.payment = next(one for one in shop.payment_methods.values() if one.settles)
        case "cancelled":
            basket.payment = next(one for one in shop.payment_methods.values() if one.settles)
        case "draft":
            basket.draft = True
        case _:
            pass
    return basket


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
    place = shop.locations[min(shop.locations)]
    for variant in chance.sample(list(shop.variants.values()), OUT_OF_STEP):
        found = stock.level(shop, variant, place)
        found.stock_on_hand = max(0, found.stock_on_hand + chance.choice((-40, -7, 5, 25)))

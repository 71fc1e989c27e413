"""What goes wrong in a shop behind everybody's back: a plugin, a restored backup, a lost event.

None of it moves `updatedAt` and nobody is told.
"""

import random
from collections.abc import Mapping
from datetime import timedelta

from isthmus.simulators.damage import Deed, NotThere, Wish, done
from isthmus.simulators.vendure import checkout, stock
from isthmus.simulators.vendure.amounts import recalculate
from isthmus.simulators.vendure.clientele import Clientele
from isthmus.simulators.vendure.orders import Order
from isthmus.simulators.vendure.orders_book import OrdersBook
from isthmus.simulators.vendure.shop import Shop


def damage(shop: Shop, wish: Wish) -> str:
    """Do one `kind` of damage and return what people call the record. Raises `NotThere`."""
    return done(KINDS, shop, wish)


def lose_order(shop: Shop, wish: Wish) -> str:
    """Forget an order as if it had never been; its goods stay promised."""
    order = _order(shop, wish)
    del shop.orders[order.id]
    return order.code


def quiet_order(shop: Shop, wish: Wish) -> str:
    """Take an order nobody is told of, dated `minutes` ago: late to appear in the list."""
    chance = random.Random(int(wish.get("seed", 0)))  # noqa: S311 - repeatable chance, not secrecy
    at = shop.now() - timedelta(minutes=float(wish.get("minutes", 60)))
    basket = OrdersBook(shop, Clientele(shop)).basket(chance)
    return checkout.place(shop, basket, at, tell=False).code


def alter_order(shop: Shop, wish: Wish) -> str:
    """Let an order have `by` more units on its first line, without a trace."""
    order = _order(shop, wish)
    order.lines[0].quantity += int(wish.get("by", 1))
    recalculate(order)
    return order.code


def miscount(shop: Shop, wish: Wish) -> str:
    """Let the shop have `by` more (or fewer) of a SKU than before, at its first location."""
    variant = shop.variant(str(wish["sku"]))
    if variant is None:
        message = f"no stock of {wish['sku']!r}"
        raise NotThere(message)
    place = shop.locations[min(shop.locations)]
    stock.level(shop, variant, place).stock_on_hand += int(wish["by"])
    return variant.sku


KINDS: Mapping[str, Deed[Shop]] = {
    "lose_order": lose_order,
    "quiet_order": quiet_order,
    "alter_order": alter_order,
    "miscount": miscount,
}


def _order(shop: Shop, wish: Wish) -> Order:
    order = shop.order(str(wish["reference"]))
    if order is None:
        message = f"no order {wish['reference']!r}"
        raise NotThere(message)
    return order

"""What goes wrong in a shop behind everybody's back: a plugin, a restored backup, a lost message.

None of it moves `date_modified` and nobody is told, so nothing that follows changes ever hears of it.
"""

import random
from collections.abc import Mapping
from datetime import timedelta

from isthmus.simulators.damage import Deed, NotThere, Wish, done
from isthmus.simulators.woocommerce import checkout, stock, totals
from isthmus.simulators.woocommerce.clientele import Clientele
from isthmus.simulators.woocommerce.money import exact
from isthmus.simulators.woocommerce.orders import Order
from isthmus.simulators.woocommerce.orders_book import OrdersBook
from isthmus.simulators.woocommerce.shop import Shop


def damage(shop: Shop, wish: Wish) -> str:
    """Do one `kind` of damage and return what people call the record. Raises `NotThere`."""
    return done(KINDS, shop, wish)


def lose_order(shop: Shop, wish: Wish) -> str:
    """Forget an order as if it had never been; its goods stay out of stock."""
    order = _order(shop, wish)
    del shop.orders[order.id]
    shop.changed("order")
    return order.number


def quiet_order(shop: Shop, wish: Wish) -> str:
    """Take an order nobody is told of, dated `minutes` ago: late to appear in the list, and never again as a change."""
    chance = random.Random(int(wish.get("seed", 0)))  # noqa: S311 - repeatable chance, not secrecy
    at = shop.now() - timedelta(minutes=float(wish.get("minutes", 60)))
    cart = OrdersBook(shop, Clientele(shop)).cart(chance)
    return checkout.place(shop, cart, at, tell=False).number


def alter_order(shop: Shop, wish: Wish) -> str:
    """Let an order have `by` more units on its first line of goods, without a trace."""
    order = _order(shop, wish)
    line = order.goods[0]
    units = line.quantity + int(wish.get("by", 1))
    line.subtotal = exact(line.subtotal / line.quantity * units)
    line.total = exact(line.total / line.quantity * units)
    line.quantity = units
    totals.recalculate(shop, order)
    shop.changed("order")
    return order.number


def miscount(shop: Shop, wish: Wish) -> str:
    """Let the shop have `by` more (or fewer) of a SKU than before."""
    product = shop.product(str(wish["sku"]))
    holder = product.stock_holder if product else None
    if holder is None:
        message = f"no stock of {wish['sku']!r}"
        raise NotThere(message)
    stock.change(shop, holder, int(wish["by"]))
    return str(wish["sku"])


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

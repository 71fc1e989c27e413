"""What goes wrong in a shop behind everybody's back: an app in the admin, a restored backup, a lost message.

None of it moves `updatedAt` and nobody is told, so nothing that follows changes ever hears of it.
"""

import random
from collections.abc import Mapping
from datetime import timedelta

from isthmus.simulators.damage import Deed, NotThere, Wish, done
from isthmus.simulators.shopify import checkout
from isthmus.simulators.shopify.clientele import Clientele
from isthmus.simulators.shopify.orders import Order
from isthmus.simulators.shopify.orders_book import OrdersBook
from isthmus.simulators.shopify.shop import Shop


def damage(shop: Shop, wish: Wish) -> str:
    """Do one `kind` of damage and return what people call the record. Raises `NotThere`."""
    return done(KINDS, shop, wish)


def lose_order(shop: Shop, wish: Wish) -> str:
    """Forget an order as if it had never been; its stock stays set aside."""
    order = _order(shop, wish)
    del shop.orders[order.id]
    shop.changed("Order")
    return order.name


def quiet_order(shop: Shop, wish: Wish) -> str:
    """Take an order nobody is told of, dated `minutes` ago: late to appear in the list, and never again as a change.

    With `lines` it has at least so many.
    """
    chance = random.Random(int(wish.get("seed", 0)))  # noqa: S311 - repeatable chance, not secrecy
    at = shop.now() - timedelta(minutes=float(wish.get("minutes", 60)))
    book = OrdersBook(shop, Clientele(shop))
    cart = book.cart(chance)
    while len(cart.lines) < int(wish.get("lines", 1)):
        cart.lines += book.cart(chance).lines
    cart.test = bool(wish.get("test", False))
    return checkout.place(shop, cart, at, tell=False).name


def alter_order(shop: Shop, wish: Wish) -> str:
    """Let an order have `by` more units on its first line of goods, without a trace."""
    order = _order(shop, wish)
    line = next(one for one in order.line_items if not one.is_tip)
    line.quantity += int(wish.get("by", 1))
    line.current_quantity += int(wish.get("by", 1))
    line.charge_tax()
    order.retotal()
    shop.changed("Order")
    return order.name


def miscount(shop: Shop, wish: Wish) -> str:
    """Let a location offer `by` more (or fewer) of a SKU than before."""
    variant, place = shop.variant(str(wish["sku"])), shop.location(str(wish["place"]))
    level = variant.inventory_item.levels.get(place.id) if variant and place else None
    if level is None:
        message = f"no {wish['sku']!r} at {wish['place']!r}"
        raise NotThere(message)
    level.available += int(wish["by"])
    shop.changed("InventoryLevel")
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

"""What a person in the shop does to an order afterwards: edits it, cancels it, refunds it.

Source: https://woocommerce.com/document/managing-orders/ (edit order lines, refunds, statuses)
"""

from isthmus.simulators.woocommerce import lifecycle, meta, stock, totals
from isthmus.simulators.woocommerce.money import exact
from isthmus.simulators.woocommerce.orders import Order
from isthmus.simulators.woocommerce.shop import Shop

_OVER = frozenset({"cancelled", "refunded", "failed", "trash"})


class CannotAmend(ValueError):
    """The order does not allow this change; the message says why."""


def edit(shop: Shop, order: Order, sku: str, quantity: int) -> None:
    """Make the quantity of a line what it is said to be, with prices and stock to match; 0 takes it away.

    Raises `CannotAmend` when there is no such line, the order is over or the quantity negative.
    """
    found = shop.product(sku)
    line = next((one for one in order.goods if found and found.id in {one.variation_id, one.product_id}), None)
    if line is None or order.status in _OVER or quantity < 0:
        message = f"order {order.number}: cannot set {sku} to {quantity}"
        raise CannotAmend(message)
    holder = stock.sold(shop, line)
    if holder is not None and order.stock_reduced:
        stock.change(shop, holder, line.quantity - quantity)
        meta.put(line.meta, stock.REDUCED, str(quantity), shop.new_id)
    if quantity == 0:
        order.lines.remove(line)
    else:
        line.subtotal = exact(line.subtotal / line.quantity * quantity)
        line.total = exact(line.total / line.quantity * quantity)
        line.quantity = quantity
    totals.recalculate(shop, order)
    shop.touch(order, "order.updated")


def cancel(shop: Shop, order: Order) -> None:
    """Cancel; the goods go back into stock. Raises `CannotAmend` when it is cancelled already."""
    if order.status == "cancelled":
        message = f"order {order.number} is cancelled already"
        raise CannotAmend(message)
    lifecycle.set_status(shop, order, "cancelled")
    shop.touch(order, "order.updated")

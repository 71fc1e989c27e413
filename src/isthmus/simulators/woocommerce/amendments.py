"""What a person in the shop does to an order afterwards: edits it, cancels it, refunds it.

Source: https://woocommerce.com/document/managing-orders/ (edit order lines, refunds, statuses)
"""

from typing import Any

from isthmus.simulators.woocommerce import lifecycle, meta, refund_routes, stock, totals
from isthmus.simulators.woocommerce.errors import Refused
from isthmus.simulators.woocommerce.money import exact, rounded
from isthmus.simulators.woocommerce.orders import STATUSES, Line, Order
from isthmus.simulators.woocommerce.shop import Shop

_OVER = frozenset({"cancelled", "refunded", "failed", "trash"})


class CannotAmend(ValueError):
    """The order does not allow this change; the message says why."""


def edit(shop: Shop, order: Order, sku: str, quantity: int) -> None:
    """Make the quantity of a line what it is said to be, with prices and stock to match; 0 takes it away.

    Raises `CannotAmend` when there is no such line, the order is over or the quantity negative.
    """
    line = _line(shop, order, sku)
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


def move(shop: Shop, order: Order, status: str) -> None:
    """Move an order to a status, out of the trash too. Raises `CannotAmend` for a status nobody knows."""
    if status not in STATUSES:
        message = f"order {order.number}: no status {status!r}"
        raise CannotAmend(message)
    if order.status == "trash":
        lifecycle.restore(shop, order)
    lifecycle.set_status(shop, order, status)
    shop.touch(order, "order.updated")


def give_back(shop: Shop, order: Order, amount: str | None, sku: str | None, quantity: int) -> None:
    """Refund an amount without naming lines, or some units of a SKU with their tax; no gateway sends anything.

    Raises `CannotAmend` when there is no such line or more than was paid is asked for.
    """
    fields: dict[str, Any] = {"api_refund": False, "reason": "Returned"}
    if sku is not None:
        line = _line(shop, order, sku)
        if line is None:
            message = f"order {order.number} has no {sku}"
            raise CannotAmend(message)
        fields["line_items"] = [_share(shop, line, quantity)]
    if amount is not None:
        fields["amount"] = amount
    try:
        refund_routes.refund(shop, order, fields)
    except Refused as refused:
        message = f"order {order.number}: {refused.message}"
        raise CannotAmend(message) from refused


def _share(shop: Shop, line: Line, quantity: int) -> dict[str, Any]:
    """Return what so many units of a line cost, as the admin's form fills it in."""
    places = shop.settings.decimals
    return {
        "id": line.id,
        "quantity": quantity,
        "refund_total": rounded(line.total / line.quantity * quantity, places),
        "refund_tax": [
            {"id": rate, "refund_total": rounded(tax.total / line.quantity * quantity, places)}
            for rate, tax in line.taxes.items()
        ],
    }


def _line(shop: Shop, order: Order, sku: str) -> Line | None:
    found = shop.product(sku)
    return next((one for one in order.goods if found and found.id in {one.variation_id, one.product_id}), None)

"""What happens to an order afterwards: edited, cancelled.

Removing units keeps `quantity` and lowers `currentQuantity`; adding units raises both.
Source: https://shopify.dev/docs/apps/build/orders-fulfillment/order-management-apps/edit-orders
"""

from dataclasses import dataclass

from isthmus.simulators.shopify import stock
from isthmus.simulators.shopify.lines import LineItem
from isthmus.simulators.shopify.orders import Cancellation, Order
from isthmus.simulators.shopify.payments import Refund, RefundLineItem, Transaction
from isthmus.simulators.shopify.shop import Shop


@dataclass(frozen=True, slots=True)
class OrderEdit:
    """One change of one line, as `orders/edited` tells it."""

    id: str
    order: Order
    line: LineItem
    delta: int


class CannotAmend(ValueError):
    """The order does not allow this change; the message says why."""


def edit(shop: Shop, order: Order, sku: str, quantity: int) -> None:
    """Make the quantity of a line what it is said to be, as a person does in the admin.

    Raises `CannotAmend` when there is no such line, the order is cancelled or the quantity negative.
    """
    line = next((one for one in order.line_items if one.sku == sku), None)
    if line is None or order.cancelled_at or quantity < 0:
        message = f"{order.name}: cannot set {sku} to {quantity}"
        raise CannotAmend(message)
    change = quantity - line.current_quantity
    if change > 0:
        line.quantity += change
    line.current_quantity = quantity
    if change > 0:
        line.charge_tax()
    _move(shop, order, line, change)
    order.edited = True
    order.retotal()
    if order.total_received_set and order.total_outstanding_set.shop_money.amount > 0:
        order.display_financial_status = "PARTIALLY_PAID"
    shop.touch(order)
    shop.tell("orders/edited", OrderEdit(shop.gid("OrderEdit"), order, line, change))
    shop.tell("orders/updated", order)


def cancel(shop: Shop, order: Order, reason: str = "CUSTOMER") -> None:
    """Cancel with restock and refund. Raises `CannotAmend` when it is cancelled already."""
    if order.cancelled_at:
        message = f"{order.name} is cancelled already"
        raise CannotAmend(message)
    now = shop.now()
    received = order.total_received_set
    refund = _refund(shop, order) if received else None
    for line in order.line_items:
        _move(shop, order, line, -line.current_quantity)
        line.current_quantity = 0
    for shipping in order.shipping_lines:
        shipping.refunded = True
    for work in order.fulfillment_orders:
        work.status = "CLOSED"
        shop.touch(work)
    order.cancelled_at = order.closed_at = now
    order.cancel_reason = reason
    order.cancellation = Cancellation(None)
    if refund:
        order.refunds.append(refund)
        order.display_financial_status = "REFUNDED"
    else:
        _void(shop, order)
        order.display_financial_status = "VOIDED"
    order.retotal()
    shop.touch(order, "orders/cancelled")
    shop.tell("orders/updated", order)


def _move(shop: Shop, order: Order, line: LineItem, change: int) -> None:
    if line.variant is None or not order.fulfillment_orders:
        return
    item = line.variant.inventory_item
    if item.tracked:
        place = order.fulfillment_orders[0].assigned_location.location
        stock.commit(shop, stock.stocked(shop, item, place), change)


def _refund(shop: Shop, order: Order) -> Refund:
    gid, number = shop.new_id("Refund")
    paid = [one for one in order.transactions if one.kind == "SALE" and one.status == "SUCCESS"]
    return Refund(
        id=gid,
        legacy_resource_id=number,
        order=order,
        created_at=shop.now(),
        total_refunded_set=order.total_received_set,
        refund_line_items=[
            RefundLineItem(shop.gid("RefundLineItem"), line, line.current_quantity, line.net_now, line.tax_now, None)
            for line in order.line_items
            if line.current_quantity and not line.is_tip
        ],
        transactions=[_back(shop, order, one, "REFUND") for one in paid],
    )


def _void(shop: Shop, order: Order) -> None:
    for held in [one for one in order.transactions if one.manually_capturable]:
        held.settled = True
        _back(shop, order, held, "VOID")


def _back(shop: Shop, order: Order, paid: Transaction, kind: str) -> Transaction:
    back = Transaction(
        id=shop.gid("OrderTransaction"),
        order=order,
        kind=kind,
        status="SUCCESS",
        gateway=paid.gateway,
        amount_set=paid.amount_set,
        processed_at=shop.now(),
        payment_id=paid.payment_id,
        parent_transaction=paid,
        test=order.test,
    )
    order.transactions.append(back)
    return back

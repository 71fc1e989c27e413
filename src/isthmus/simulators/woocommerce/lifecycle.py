"""What happens to an order: its status, its payment, its way to the trash and back.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#orders (REST v3) and
https://woocommerce.com/document/managing-orders/order-statuses/
"""

from isthmus.simulators.woocommerce import stock
from isthmus.simulators.woocommerce.money import ZERO
from isthmus.simulators.woocommerce.orders import PAID, Note, Order, Refund
from isthmus.simulators.woocommerce.shop import Shop


def open_order(shop: Shop, order: Order, *, tell: bool = True) -> None:
    """Put a new order on the books. Making one saves it more than once, so `order.updated` is told as well."""
    shop.orders[order.id] = order
    shop.changed("order")
    arrive(shop, order)
    if tell:
        shop.tell("order.created", order.id)
        shop.tell("order.updated", order.id)


def set_status(shop: Shop, order: Order, status: str) -> None:
    """Move an order to a status, with what follows from it."""
    if status == order.status:
        return
    note(shop, order, f"Order status changed from {order.status} to {status}.")
    order.status = status
    arrive(shop, order)
    if status == "refunded" and order.refunded < order.total:
        _refund_the_rest(shop, order)


def arrive(shop: Shop, order: Order) -> None:
    """Do what the status an order is in brings with it."""
    now = shop.now()
    if order.status in PAID and order.paid_at is None:
        order.paid_at = now
    if order.status == "completed" and order.completed_at is None:
        order.completed_at = now
    if order.status in PAID and order.customer_id in shop.customers:
        shop.customers[order.customer_id].paying = True
    stock.follow(shop, order, order.status)


def pay(shop: Shop, order: Order, transaction_id: str = "") -> None:
    """Note that the money has come."""
    order.transaction_id = transaction_id or order.transaction_id
    order.paid_at = shop.now()
    set_status(shop, order, "processing")


def trash(shop: Shop, order: Order) -> None:
    """Put an order in the trash; its goods stay where they are."""
    order.trashed_from, order.status = order.status, "trash"
    shop.touch(order, "order.deleted")


def restore(shop: Shop, order: Order) -> None:
    """Take an order out of the trash."""
    order.status, order.trashed_from = order.trashed_from or "pending", None
    shop.touch(order, "order.restored")


def delete(shop: Shop, order: Order) -> None:
    """Remove an order for good; nothing is left of it but the webhook."""
    del shop.orders[order.id]
    shop.changed("order")
    shop.tell("order.deleted", order.id)


def note(shop: Shop, order: Order, text: str, *, for_customer: bool = False) -> Note:
    """Add a note to an order."""
    made = Note(shop.new_id("comment"), shop.now(), text, for_customer)
    order.notes.append(made)
    return made


def _refund_the_rest(shop: Shop, order: Order) -> None:
    """Refund what is left, in the books only: a status sends no money and names no lines."""
    now = shop.now()
    order.refunds.append(
        Refund(
            id=shop.new_id(),
            order_id=order.id,
            created_at=now,
            modified_at=now,
            amount=max(ZERO, order.total - order.refunded),
            reason="Order fully refunded.",
        )
    )

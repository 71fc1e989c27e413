"""Where an order stands and what was paid: WooCommerce has one status for both.

Source: https://woocommerce.com/document/managing-orders/order-statuses/ (REST v3 shows them without `wc-`; plugins add
their own)
"""

from collections.abc import Mapping
from decimal import Decimal

from isthmus.canonical.money import Money
from isthmus.canonical.order import OrderStatus, Payment, PaymentStatus
from isthmus.connectors.woocommerce import wire_orders as orders
from isthmus.connectors.woocommerce.order_sums import NONE, checked
from isthmus.connectors.woocommerce.wire import utc
from isthmus.ports.errors import Misconfigured, Unmapped

#: An order nobody has bought yet is kept back with its reason; one on hold waits for a bank transfer and is a sale.
STATES: Mapping[str, tuple[OrderStatus, str]] = {
    "checkout-draft": (OrderStatus.ON_HOLD, "the checkout is not finished"),
    "pending": (OrderStatus.ON_HOLD, "the buyer has not paid or chosen how to pay"),
    "failed": (OrderStatus.ON_HOLD, "the payment failed"),
    "on-hold": (OrderStatus.RECEIVED, ""),
    "processing": (OrderStatus.RECEIVED, ""),
    "completed": (OrderStatus.SHIPPED, ""),
    "cancelled": (OrderStatus.CANCELED, ""),
    "trash": (OrderStatus.CANCELED, ""),
}
REFUNDED = "refunded"
TABLE = "order_status"
Statuses = Mapping[str, str]


def statuses(entered: str) -> Statuses:
    """Read `theirs = ours, ...`: which status of WooCommerce each status of a plugin stands for.

    Raises `Misconfigured`.
    """
    found: dict[str, str] = {}
    for each in filter(None, (part.strip() for part in entered.split(","))):
        theirs, equals, known = (part.strip().removeprefix("wc-") for part in each.partition("="))
        if not (theirs and equals and known in {*STATES, REFUNDED}):
            message = f"statuses: {each!r} is not of the form 'awaiting-pickup = processing'"
            raise Misconfigured(message)
        found[theirs] = known
    return found


def state_of(order: orders.Order, known: Statuses) -> tuple[OrderStatus, str]:
    """Return the status and why the order is held, if it is. Raises `Unmapped` for a status some plugin added."""
    status = known.get(order.status, order.status)
    if status == REFUNDED:
        # All of the money went back: what was sent is over, what was not sent is not to be sent any more.
        return (OrderStatus.CLOSED if order.date_completed_gmt else OrderStatus.CANCELED), ""
    if status not in STATES:
        way = f"enter it under 'Statuses of plugins' of this connection, such as: {order.status} = processing"
        raise Unmapped(TABLE, order.status, f"WooCommerce itself has no status {order.status!r}: {way}")
    return STATES[status]


def refunds_of(order: orders.Order) -> Decimal:
    """Return what was paid back."""
    return -sum((checked(refund.total) for refund in order.refunds), start=NONE)


def paid(order: orders.Order) -> PaymentStatus:
    """Return what became of the payment; there is a date once it was made."""
    back = refunds_of(order)
    if order.date_paid_gmt is None and order.status != REFUNDED:
        return {"failed": PaymentStatus.FAILED, "cancelled": PaymentStatus.VOIDED}.get(
            order.status, PaymentStatus.PENDING
        )
    if order.status == REFUNDED or (back and back >= order.total):
        return PaymentStatus.REFUNDED
    return PaymentStatus.PARTLY_REFUNDED if back else PaymentStatus.PAID


def to_payments(order: orders.Order) -> tuple[Payment, ...]:
    """Translate the one payment an order can have; an order that costs nothing has none."""
    if not order.total or not (order.payment_method or order.date_paid_gmt):
        return ()
    made = order.date_paid_gmt
    status = paid(order)
    return (
        Payment(
            transaction_id=order.transaction_id or str(order.id),
            amount=Money(order.total, order.currency),
            # What went back is told by the order; the payment itself was made all the same.
            status=PaymentStatus.PAID if made else status,
            method=order.payment_method_title or "",
            gateway=order.payment_method or "",
            captured_at=utc(made) if made else None,
        ),
    )

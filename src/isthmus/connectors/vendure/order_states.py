"""Where an order stands and what was paid.

Source: https://docs.vendure.io/guides/core-concepts/orders/ and .../payment/ (3.5, the default processes); a shop may
have states of its own, which a merchant translates.
"""

from collections.abc import Mapping
from decimal import Decimal

from isthmus.canonical.order import OrderStatus, Payment, PaymentStatus
from isthmus.connectors.vendure import wire_orders as orders
from isthmus.connectors.vendure.money import NONE, Purse
from isthmus.ports.errors import Misconfigured, Unmapped

#: The states of the default process a placed order can be in; "shipped" is told by the quantities.
STATES: Mapping[str, tuple[OrderStatus, str]] = {
    "ArrangingPayment": (OrderStatus.ON_HOLD, "the buyer has not paid or chosen how to pay"),
    "PaymentAuthorized": (OrderStatus.RECEIVED, ""),
    "PaymentSettled": (OrderStatus.RECEIVED, ""),
    "PartiallyShipped": (OrderStatus.PARTLY_SHIPPED, ""),
    "Shipped": (OrderStatus.SHIPPED, ""),
    "PartiallyDelivered": (OrderStatus.PARTLY_SHIPPED, ""),
    "Delivered": (OrderStatus.SHIPPED, ""),
    "Modifying": (OrderStatus.ON_HOLD, "the shop is changing this order"),
    "ArrangingAdditionalPayment": (OrderStatus.ON_HOLD, "the order was changed and the rest is not paid yet"),
    "Cancelled": (OrderStatus.CANCELED, ""),
}
TABLE = "order_status"
#: Fulfillments in these states have left; others have not, or never will.
SENT = frozenset({"Shipped", "Delivered"})
PAYMENT: Mapping[str, PaymentStatus] = {
    "Created": PaymentStatus.PENDING,
    "Authorized": PaymentStatus.AUTHORIZED,
    "Settled": PaymentStatus.PAID,
    "Declined": PaymentStatus.FAILED,
    "Error": PaymentStatus.FAILED,
    "Cancelled": PaymentStatus.VOIDED,
}
#: A refund that is pending has been promised, and not been made yet.
REFUNDED = "Settled"
States = Mapping[str, str]


def states(entered: str) -> States:
    """Read `theirs = ours, ...`: which of Vendure's own states each of a shop's stands for. Raises `Misconfigured`."""
    found: dict[str, str] = {}
    for one in filter(None, (part.strip() for part in entered.split(","))):
        theirs, equals, known = (part.strip() for part in one.partition("="))
        if not (theirs and equals and known in STATES):
            message = f"states: {one!r} is not of the form 'AwaitingPickup = PaymentSettled'"
            raise Misconfigured(message)
        found[theirs] = known
    return found


def state_of(order: orders.Order, known: States, sent: Mapping[str, int]) -> tuple[OrderStatus, str]:
    """Return the status and why the order is held, if it is. Raises `Unmapped` for a state some shop added.

    `sent` is how many pieces of each line have left: a partly delivered order may have been sent whole, and one whose
    payment is only authorized stays in that state when it is sent.
    """
    state = known.get(order.state, order.state)
    if state not in STATES:
        way = f"enter it under 'States of this shop' of this connection, such as: {order.state} = PaymentSettled"
        raise Unmapped(TABLE, order.state, f"Vendure itself has no order state {order.state!r}: {way}")
    status, hold = STATES[state]
    lines = [line for line in order.lines if line.quantity > 0]
    if status not in (OrderStatus.RECEIVED, OrderStatus.PARTLY_SHIPPED) or not any(sent.values()) or not lines:
        return status, hold
    whole = all(sent.get(one.id, 0) >= one.quantity for one in lines)
    return (OrderStatus.SHIPPED if whole else OrderStatus.PARTLY_SHIPPED), hold


def sent_of(order: orders.Order) -> dict[str, int]:
    """Return how many pieces of each line have left."""
    sent: dict[str, int] = {}
    for fulfillment in order.fulfillments or ():
        if fulfillment.state in SENT:
            for line in fulfillment.lines:
                sent[line.order_line_id] = sent.get(line.order_line_id, 0) + line.quantity
    return sent


def to_payments(order: orders.Order, purse: Purse) -> tuple[Payment, ...]:
    """Translate the payments, those that failed included."""
    return tuple(
        Payment(
            transaction_id=one.transaction_id or one.id,
            amount=purse.money(one.amount),
            status=PAYMENT.get(one.state, PaymentStatus.PENDING),
            method=one.method,
            gateway=one.method,
            captured_at=one.updated_at if one.state == "Settled" else None,
        )
        for one in order.payments or ()
    )


def paid_of(order: orders.Order) -> Decimal:
    """Return what was received."""
    return sum((one.amount for one in order.payments or () if one.state == "Settled"), start=NONE)


def refunded_of(order: orders.Order) -> Decimal:
    """Return what was paid back."""
    refunds = [refund for one in order.payments or () for refund in one.refunds]
    return sum((one.total for one in refunds if one.state == REFUNDED), start=NONE)


def paid(order: orders.Order) -> PaymentStatus:
    """Return what became of all payments together."""
    received, back = paid_of(order), refunded_of(order)
    if back:
        return PaymentStatus.REFUNDED if back >= received else PaymentStatus.PARTLY_REFUNDED
    if received:
        return PaymentStatus.PAID if received >= order.total_with_tax else PaymentStatus.PARTLY_PAID
    kinds = {PAYMENT.get(one.state, PaymentStatus.PENDING) for one in order.payments or ()}
    if not order.total_with_tax and order.state not in ("ArrangingPayment", "Cancelled"):
        return PaymentStatus.PAID  # nothing was to be paid
    for status in (PaymentStatus.AUTHORIZED, PaymentStatus.PENDING, PaymentStatus.FAILED, PaymentStatus.VOIDED):
        if status in kinds:
            return status
    return PaymentStatus.PENDING

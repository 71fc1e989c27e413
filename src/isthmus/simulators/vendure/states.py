"""The state machines: what may follow what, and what follows by itself.

Source: https://docs.vendure.io/guides/core-concepts/orders/#the-order-process (3.5), defaultOrderProcess,
defaultFulfillmentProcess, defaultPaymentProcess, defaultRefundProcess of @vendure/core 3.5.5. `updatedAt` of an order
does not move with any of it (seen on SQLite and PostgreSQL).
"""

from collections.abc import Callable, Mapping

from isthmus.simulators.vendure import stock
from isthmus.simulators.vendure.errors import Failed, failed, refuse_step
from isthmus.simulators.vendure.orders import Fulfillment, Order, Payment, Refund
from isthmus.simulators.vendure.people import Note
from isthmus.simulators.vendure.shop import Shop

Steps = Mapping[str, tuple[str, ...]]
ORDER: Steps = {
    "Created": ("AddingItems", "Draft"),
    "Draft": ("Cancelled", "ArrangingPayment"),
    "AddingItems": ("ArrangingPayment", "Cancelled"),
    "ArrangingPayment": ("PaymentAuthorized", "PaymentSettled", "AddingItems", "Cancelled"),
    "PaymentAuthorized": ("PaymentSettled", "Cancelled", "Modifying", "ArrangingAdditionalPayment"),
    "PaymentSettled": (
        "PartiallyDelivered", "Delivered", "PartiallyShipped", "Shipped", "Cancelled", "Modifying",
        "ArrangingAdditionalPayment",
    ),
    "PartiallyShipped": ("Shipped", "PartiallyDelivered", "Cancelled", "Modifying"),
    "Shipped": ("PartiallyDelivered", "Delivered", "Cancelled", "Modifying"),
    "PartiallyDelivered": ("Delivered", "Cancelled", "Modifying"),
    "Delivered": ("Cancelled",),
    "Modifying": (
        "PaymentAuthorized", "PaymentSettled", "PartiallyShipped", "Shipped", "PartiallyDelivered",
        "ArrangingAdditionalPayment",
    ),
    "ArrangingAdditionalPayment": (
        "PaymentAuthorized", "PaymentSettled", "PartiallyShipped", "Shipped", "PartiallyDelivered", "Cancelled",
    ),
    "Cancelled": (),
}  # fmt: skip
FULFILLMENT: Steps = {
    "Created": ("Pending",),
    "Pending": ("Shipped", "Delivered", "Cancelled"),
    "Shipped": ("Delivered", "Cancelled"),
    "Delivered": ("Cancelled",),
    "Cancelled": (),
}
PAYMENT: Steps = {
    "Created": ("Authorized", "Settled", "Declined", "Error", "Cancelled"),
    "Authorized": ("Settled", "Error", "Cancelled"),
    "Settled": ("Cancelled",),
    "Declined": ("Cancelled",),
    "Error": ("Cancelled",),
    "Cancelled": (),
}
REFUND: Steps = {"Pending": ("Settled", "Failed"), "Settled": (), "Failed": ()}
_PAID = ("PaymentAuthorized", "PaymentSettled")


def following(state: str) -> tuple[str, ...]:
    """Return where an order may go from a state, be it let or not; nowhere from a state of the shop's own."""
    return ORDER.get(state, ())


def note(shop: Shop, order: Order, kind: str, facts: dict[str, object], *, public: bool = True) -> Note:
    """Write a line into an order's history."""
    made = Note(**shop.new("HistoryEntry"), type=kind, data=facts, is_public=public)
    order.entries.append(made)
    shop.notes[made.id] = made
    return made


def move_order(shop: Shop, order: Order, state: str) -> Failed | None:
    """Take an order to a state, with all that happens then; returns what hinders it."""
    before = order.state
    told = f'Cannot transition Order from "{before}" to "{state}"'
    hindrance = told if state not in following(before) else _hindrance(shop, order, state)
    if hindrance:
        return failed("OrderStateTransitionError", told, transition_error=hindrance, from_state=before, to_state=state)
    order.state = state
    shop.tell_order("order.state", order)
    channel = shop.default_channel
    if order.active and before == "ArrangingPayment" and state in _PAID:
        order.active, order.order_placed_at = False, shop.now()
        for line in order.lines:
            line.order_placed_quantity = line.quantity
        shop.tell("order.placed", {"orderIds": [str(order.id)]})
    if before == "ArrangingPayment" and state in _PAID:
        stock.allocate(shop, channel, [(line, line.quantity) for line in order.lines])
    if state == "Cancelled":
        order.active = False
    if before == "Draft" and state == "ArrangingPayment":
        order.active = True
    note(shop, order, "ORDER_STATE_TRANSITION", {"from": before, "to": state})
    return None


def _hindrance(shop: Shop, order: Order, state: str) -> str:
    before = order.state
    if before == "Modifying":
        unsettled = [one for one in order.modifications if not one.is_settled]
        if state == "ArrangingAdditionalPayment":
            return "no additional payments are needed" if order.modifications and not unsettled else ""
        if unsettled:
            return 'Can only transition to the "ArrangingAdditionalPayment" state'
    if before == "ArrangingAdditionalPayment" and state != "Cancelled" and order.covered() < order.total_with_tax:
        return 'Cannot leave "ArrangingAdditionalPayment" unless the total is covered by payments'
    if state == "Cancelled" and before not in {"AddingItems", "ArrangingPayment"} and order.total_quantity:
        return 'Cannot transition Order to the "Cancelled" state unless all OrderItems are cancelled'
    missing = _UNMET[state](shop, order) if state in _UNMET else False
    return f'Cannot transition Order to the "{state}" state: {_WANTED[state]}' if missing else ""


def _not_ready(shop: Shop, order: Order) -> bool:
    channel = shop.default_channel
    short = any(line.quantity > stock.sellable(line.product_variant, channel) for line in order.lines)
    return not order.lines or order.customer is None or not order.shipping_lines or short


def _not_authorized(_shop: Shop, order: Order) -> bool:
    authorized = any(one.state == "Authorized" for one in order.payments)
    return not authorized or order.covered("Authorized", "Settled") < order.total_with_tax


def _parcels(order: Order) -> list[str]:
    """Return the states of all parcels of lines with units left; a line without one counts as none."""
    states: list[str] = []
    for line in order.lines:
        if line.quantity:
            found = [one.fulfillment.state for one in line.fulfillment_lines]
            states += found if line.fulfilled else [""]
    return states


def _left(order: Order) -> bool:
    return any(0 < line.fulfilled < line.quantity for line in order.lines)


def _whole(state: str) -> Callable[[Shop, Order], bool]:
    def unmet(_shop: Shop, order: Order) -> bool:
        return _left(order) or not all(one == state for one in _parcels(order))

    return unmet


def _part(state: str) -> Callable[[Shop, Order], bool]:
    def unmet(_shop: Shop, order: Order) -> bool:
        states = _parcels(order)
        return state not in states or (all(one == state for one in states) and not _left(order))

    return unmet


_UNMET: Mapping[str, Callable[[Shop, Order], bool]] = {
    "ArrangingPayment": _not_ready,
    "PaymentAuthorized": _not_authorized,
    "PaymentSettled": lambda _shop, order: order.covered("Settled") < order.total_with_tax,
    "Shipped": _whole("Shipped"),
    "PartiallyShipped": _part("Shipped"),
    "Delivered": _whole("Delivered"),
    "PartiallyDelivered": _part("Delivered"),
}
_WANTED = {
    "ArrangingPayment": "lines in stock, a customer and a shipping method are needed",
    "PaymentAuthorized": "authorized payments must cover the total",
    "PaymentSettled": "settled payments must cover the total",
    "Shipped": "everything must be shipped",
    "PartiallyShipped": "something must be shipped, and not everything",
    "Delivered": "everything must be delivered",
    "PartiallyDelivered": "something must be delivered, and not everything",
}


def move_payment(shop: Shop, payment: Payment, state: str) -> Failed | None:
    """Take a payment to a state; the order follows when it is covered."""
    before, order = payment.state, payment.order
    if before == state:
        return None
    if state not in PAYMENT[before]:
        told = f'Cannot transition Payment from "{before}" to "{state}"'
        return failed("PaymentStateTransitionError", told, transition_error=told, from_state=before, to_state=state)
    payment.state = state
    shop.touch(payment)
    shop.tell_order("payment.state", order)
    note(shop, order, "ORDER_PAYMENT_TRANSITION", {"paymentId": payment.id, "from": before, "to": state})
    for wanted, counted in (("PaymentSettled", ("Settled",)), ("PaymentAuthorized", ("Authorized", "Settled"))):
        covered = order.covered(*counted) >= order.total_with_tax
        if covered and order.state not in {wanted, "ArrangingAdditionalPayment"}:
            move_order(shop, order, wanted)
            break
    return None


def move_fulfillment(shop: Shop, fulfillment: Fulfillment, state: str) -> Failed | None:
    """Take a fulfillment to a state; stock and orders follow."""
    before = fulfillment.state
    if state not in FULFILLMENT[before]:
        told = f'Cannot transition Fulfillment from "{before}" to "{state}"'
        return failed("FulfillmentStateTransitionError", transition_error=told, from_state=before, to_state=state)
    fulfillment.state = state
    shop.touch(fulfillment)
    shop.tell("fulfillment.state", {"orderIds": [str(one.id) for one in fulfillment.orders]})
    channel, units = shop.default_channel, [(one.order_line, one.quantity) for one in fulfillment.lines]
    if state == "Cancelled":
        stock.take_back(shop, channel, units)
        stock.allocate(shop, channel, units)
    if before == "Created":
        stock.sell(shop, channel, units)
    for order in fulfillment.orders:
        facts: dict[str, object] = {"fulfillmentId": fulfillment.id, "from": before, "to": state}
        note(shop, order, "ORDER_FULFILLMENT_TRANSITION", facts)
        if state in {"Shipped", "Delivered"}:
            reached = f"Partially{state}" if _UNMET[state](shop, order) else state
            if reached in following(order.state):
                move_order(shop, order, reached)
    return None


def move_refund(shop: Shop, refund: Refund, state: str) -> None:
    """Take a refund to a state. Raises `Refused`."""
    before = refund.state
    if state not in REFUND[before]:
        refuse_step(f'Cannot transition Refund from "{before}" to "{state}"')
    refund.state = state
    shop.touch(refund)
    shop.tell_order("refund.state", refund.payment.order)
    facts: dict[str, object] = {"refundId": refund.id, "from": before, "to": state, "reason": refund.reason}
    note(shop, refund.payment.order, "ORDER_REFUND_TRANSITION", facts)

"""What a person in the shop does to an order afterwards: edits it, ships it, refunds it, cancels it.

Each is done with the same steps as over the API, so that amounts, stock and events are Vendure's.
"""

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from isthmus.simulators.vendure import fulfilling, modifying, payments, states
from isthmus.simulators.vendure.errors import Failed, Refused
from isthmus.simulators.vendure.lines import Line
from isthmus.simulators.vendure.orders import Fulfillment, Order
from isthmus.simulators.vendure.shop import Shop

T = TypeVar("T")


class CannotAmend(ValueError):
    """The order does not allow this change; the message says why."""


def edit(shop: Shop, order: Order, sku: str, quantity: int) -> None:
    """Set the units of a line, with the money to match: given back, or paid by hand. Raises `CannotAmend`."""
    line, before = line_of(order, sku), order.state
    wish: dict[str, Any] = {"orderId": order.id, "dryRun": False, "note": "Changed by hand"}
    wish["adjustOrderLines"] = [{"orderLineId": line.id, "quantity": quantity}]
    if order.payments:
        wish["refund"] = {"paymentId": order.payments[0].id, "reason": "Changed by hand"}
    with_money = before in {"PaymentSettled", "PartiallyShipped", "Shipped", "PartiallyDelivered"}
    if not with_money:
        wish["refund"] = {**wish.get("refund", {}), "amount": 0}
    _done(order, states.move_order(shop, order, "Modifying"))
    result = _tried(order, lambda: modifying.modify(shop, wish))
    if isinstance(result, Failed):
        states.move_order(shop, order, before)
        _done(order, result)
    if any(not one.is_settled for one in order.modifications):
        _done(order, states.move_order(shop, order, "ArrangingAdditionalPayment"))
        _tried(order, lambda: payments.pay_by_hand(shop, order, {"method": "cash", "transactionId": "counter"}))
    _done(order, states.move_order(shop, order, before))


def cancel(shop: Shop, order: Order) -> None:
    """Cancel what is left of an order, delivery too; no money goes back by that. Raises `CannotAmend`."""
    wish = {"orderId": order.id, "cancelShipping": True, "reason": "Canceled by hand"}
    _done(order, _tried(order, lambda: fulfilling.cancel(shop, wish)))


def ship(shop: Shop, order: Order, sku: str | None = None, quantity: int | None = None) -> Fulfillment:
    """Send everything that is left, or some units of a SKU. Raises `CannotAmend`."""
    lines = order.lines if sku is None else [line_of(order, sku)]
    rows = [{"orderLineId": one.id, "quantity": quantity or one.quantity - one.fulfilled} for one in lines]
    told = [{"name": "method", "value": "Courier"}, {"name": "trackingCode", "value": f"TRACK-{order.id}"}]
    wish = {
        "lines": [row for row in rows if row["quantity"]],
        "handler": {"code": fulfilling.HANDLER, "arguments": told},
    }
    made = _tried(order, lambda: fulfilling.fulfill(shop, wish))
    if isinstance(made, Failed):
        _cannot(order, made.told())
    _done(order, states.move_fulfillment(shop, made, "Shipped"))
    return made


def deliver(shop: Shop, order: Order) -> None:
    """Let everything that is on its way arrive. Raises `CannotAmend`."""
    for one in order.fulfillments:
        if one.state == "Shipped":
            _done(order, states.move_fulfillment(shop, one, "Delivered"))


def give_back(shop: Shop, order: Order, amount: int | None, sku: str | None, quantity: int) -> None:
    """Refund an amount in minor units, or some units of a SKU, and settle it. Raises `CannotAmend`."""
    if not order.payments:
        _cannot(order, "is not paid")
    wish: dict[str, Any] = {"paymentId": order.payments[0].id, "shipping": 0, "adjustment": 0, "reason": "Returned"}
    if amount is not None:
        wish["amount"] = amount
    if sku is not None:
        wish["lines"] = [{"orderLineId": line_of(order, sku).id, "quantity": quantity}]
    made = _tried(order, lambda: payments.refund(shop, wish))
    if isinstance(made, Failed):
        _cannot(order, made.told())
    payments.settle_refund(shop, made.id, f"refund-{made.id}")


def take_back(shop: Shop, order: Order, sku: str, quantity: int) -> None:
    """Cancel some units of a line: after delivery that is the return. Raises `CannotAmend`."""
    wish = {"orderId": order.id, "lines": [{"orderLineId": line_of(order, sku).id, "quantity": quantity}]}
    _done(order, _tried(order, lambda: fulfilling.cancel(shop, wish)))


def move(shop: Shop, order: Order, state: str) -> None:
    """Take an order to a state. Raises `CannotAmend`."""
    if state not in states.ORDER:
        _cannot(order, f"no state {state!r}")
    _done(order, states.move_order(shop, order, state))


def line_of(order: Order, sku: str) -> Line:
    """Return the line of a SKU. Raises `CannotAmend`."""
    found = next((one for one in order.lines if one.product_variant.sku == sku), None)
    if found is None:
        _cannot(order, f"has no {sku}")
    return found


def _cannot(order: Order, why: str) -> NoReturn:
    message = f"order {order.code}: {why}"
    raise CannotAmend(message)


def _tried(order: Order, act: Callable[[], T]) -> T:
    try:
        return act()
    except Refused as refused:
        _cannot(order, refused.message)


def _done(order: Order, result: object) -> None:
    if isinstance(result, Failed):
        _cannot(order, str(result.details.get("transition_error") or result.told()))

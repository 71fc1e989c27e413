"""Parcels, and what is cancelled.

Source: https://docs.vendure.io/guides/core-concepts/shipping/#fulfillments (3.5), order.service and order-modifier of
@vendure/core 3.5.5; answers as a running 3.5.5 gave them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from isthmus.simulators.vendure import states, stock
from isthmus.simulators.vendure.amounts import cancel_shipping, recalculate
from isthmus.simulators.vendure.errors import Failed, failed, refuse_missing, refuse_null
from isthmus.simulators.vendure.lines import Line
from isthmus.simulators.vendure.orders import Fulfillment, FulfillmentLine, Order
from isthmus.simulators.vendure.shop import Shop, number_of

Wish = Mapping[str, Any]
HANDLER = "manual-fulfillment"
_NONE_CHOSEN = ("EmptyOrderLineSelectionError", "At least one OrderLine must be specified")


def find_order(shop: Shop, number: object) -> Order:
    """Return an order. Raises `Refused`."""
    found = shop.orders.get(number_of(number))
    if found is None:
        refuse_missing("Order", number)
    return found


def find_fulfillment(shop: Shop, number: object) -> Fulfillment:
    """Return a fulfillment. Raises `Refused`."""
    found = shop.fulfillments.get(number_of(number))
    if found is None:
        refuse_missing("Fulfillment", number)
    return found


def fulfill(shop: Shop, wish: Wish) -> Fulfillment | Failed:
    """Make a parcel; its units leave the shelves at once. Raises `Refused`."""
    wanted = wish["lines"]
    if not sum(one["quantity"] for one in wanted):
        return failed(*_NONE_CHOSEN)
    units: list[tuple[Line, int]] = []
    for one in wanted:
        line = _line(shop, one["orderLineId"])
        if line.quantity - line.fulfilled < one["quantity"]:
            return failed("ItemsAlreadyFulfilledError", "One or more OrderItems are already part of a Fulfillment")
        units.append((line, one["quantity"]))
    for line, quantity in units:
        if stock.fulfillable(line.product_variant, shop.default_channel) < quantity:
            return _too_little(shop, line)
    handler = wish["handler"]
    if handler["code"] != HANDLER:
        return failed("InvalidFulfillmentHandlerError")
    told = {one["name"]: one["value"] for one in handler["arguments"]}
    if "method" not in told:
        refuse_null("fulfillment", "method", postgres=shop.settings.postgres)
    return _parcel(shop, units, told["method"], told.get("trackingCode", ""))


def _parcel(shop: Shop, units: Sequence[tuple[Line, int]], method: str, tracking: str) -> Fulfillment:
    orders = list({line.order.id: line.order for line, _quantity in units}.values())
    made = Fulfillment(
        **shop.new("Fulfillment"), orders=orders, method=method, tracking_code=tracking, handler_code=HANDLER
    )
    made.lines = [FulfillmentLine(order_line=line, quantity=units, fulfillment=made) for line, units in units]
    shop.fulfillments[made.id] = made
    for order in orders:
        order.fulfillments.append(made)
        states.note(shop, order, "ORDER_FULFILLMENT", {"fulfillmentId": made.id})
    states.move_fulfillment(shop, made, "Pending")
    return made


def _too_little(shop: Shop, line: Line) -> Failed:
    variant = line.product_variant
    there = stock.on_hand(variant, shop.default_channel)
    name = next(iter(variant.translations.values()))["name"]
    told = f'Cannot create a Fulfillment as "{name}" has insufficient stockOnHand ({there})'
    details = {"product_variant_id": variant.id, "product_variant_name": name, "stock_on_hand": there}
    return failed("InsufficientStockOnHandError", told, **details)


def cancel(shop: Shop, wish: Wish) -> Order | Failed:
    """Cancel an order or some units. No money moves; what was sold goes back to the shelves. Raises `Refused`."""
    order = find_order(shop, wish["orderId"])
    if wish.get("lines") is None and order.active:
        return states.move_order(shop, order, "Cancelled") or order
    if wish.get("lines") is None:
        units = [(line, line.quantity) for line in order.lines]
    else:
        units = [(_line(shop, one["orderLineId"]), one["quantity"]) for one in wish["lines"]]
    hindrance = cancel_units(shop, order, units, wish)
    if hindrance is not None:
        return hindrance
    if not order.total_quantity:
        return states.move_order(shop, order, "Cancelled") or order
    return order


def cancel_units(shop: Shop, order: Order, units: Sequence[tuple[Line, int]], wish: Wish) -> Failed | None:
    """Take units off an order's lines and put right what they held in stock."""
    if not sum(quantity for _line, quantity in units):
        return failed(*_NONE_CHOSEN)
    if any(line.order is not order for line, _quantity in units):
        return failed("MultipleOrderError")
    if order.active:
        told = f'Cannot cancel OrderLines from an Order in the "{order.state}" state'
        return failed("CancelActiveOrderError", told, order_state=order.state)
    if any(line.quantity < quantity for line, quantity in units):
        told = "The specified quantity is greater than the available OrderItems"
        return failed("QuantityTooGreatError", told)
    _put_right(shop, units)
    for line, quantity in units:
        line.quantity -= quantity
        shop.tell_order("order.updated", order)
    if wish.get("cancelShipping"):
        for shipping in order.shipping_lines:
            cancel_shipping(shipping)
    recalculate(order)
    shop.touch(order)
    lines = [{"orderLineId": line.id, "quantity": quantity} for line, quantity in units]
    facts: dict[str, object] = {"lines": lines, "shippingCancelled": bool(wish.get("cancelShipping"))}
    states.note(shop, order, "ORDER_CANCELLATION", {**facts, "reason": wish.get("reason")})
    return None


def _put_right(shop: Shop, units: Sequence[tuple[Line, int]]) -> None:
    sold: list[tuple[Line, int]] = []
    promised: list[tuple[Line, int]] = []
    for line, quantity in units:
        # Sales count below nothing, so that this is what is promised and not sold.
        held = stock.total(line, "ALLOCATION") + stock.total(line, "SALE") - stock.total(line, "RELEASE")
        # Vendure counts the parcels that were cancelled, too.
        parcels = [one for parcel in line.order.fulfillments for one in parcel.lines if one.order_line is line]
        gone = sum(one.quantity for one in parcels) - stock.total(line, "CANCELLATION")
        if held > 0:
            promised.append((line, min(held, quantity)))
        if gone > 0:
            sold.append((line, min(gone, quantity)))
    stock.take_back(shop, shop.default_channel, sold)
    stock.release(shop, shop.default_channel, promised)


def _line(shop: Shop, number: object) -> Line:
    found = shop.lines.get(number_of(number))
    if found is None:
        refuse_missing("OrderLine", number)
    return found

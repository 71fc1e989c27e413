"""Draft orders: what somebody in the shop, or a connected system, puts together for a buyer.

Source: https://docs.vendure.io/guides/core-concepts/orders/#draft-orders (3.5), draft-order.resolver of @vendure/core
3.5.5
"""

from collections.abc import Mapping
from typing import Any

from isthmus.simulators.vendure import cart, states
from isthmus.simulators.vendure.amounts import recalculate
from isthmus.simulators.vendure.catalog import Channel, Method
from isthmus.simulators.vendure.errors import Failed, failed, refuse_input, refuse_missing
from isthmus.simulators.vendure.fulfilling import find_order
from isthmus.simulators.vendure.orders import Order
from isthmus.simulators.vendure.people import Customer
from isthmus.simulators.vendure.shop import Shop, number_of

Wish = Mapping[str, Any]


def begin(shop: Shop, channel: Channel) -> Order:
    """Begin a draft."""
    order = cart.open_order(shop, channel, "Draft")
    states.note(shop, order, "ORDER_STATE_TRANSITION", {"from": "Created", "to": "Draft"})
    return order


def drop(shop: Shop, number: object) -> dict[str, Any]:
    """Throw a draft away for good. Raises `Refused`."""
    order = find_order(shop, number)
    if order.state != "Draft":
        return {"result": "NOT_DELETED", "message": f"Order is not in the Draft state: {order.state}"}
    del shop.orders[order.id]
    return {"result": "DELETED", "message": None}


def add(shop: Shop, number: object, wish: Wish) -> Order | Failed:
    """Put units of a variant in. Raises `Refused`."""
    order = find_order(shop, number)
    variant = shop.variants.get(number_of(wish["productVariantId"]))
    if variant is None or variant.gone:
        refuse_missing("ProductVariant", wish["productVariantId"])
    result = _closed(order) or cart.add(shop, order, variant, wish["quantity"])
    line = next((one for one in order.lines if one.product_variant is variant), None)
    if line is not None:
        line.custom_fields.update(wish.get("customFields") or {})
    return result


def adjust(shop: Shop, number: object, wish: Wish) -> Order | Failed:
    """Make a line's units what is wished. Raises `Refused`."""
    order = find_order(shop, number)
    line = next((one for one in order.lines if one.id == number_of(wish["orderLineId"])), None)
    if line is None:
        refuse_input(f"This order does not contain an OrderLine with the id {wish['orderLineId']}")
    if wish["quantity"] < 0:
        return failed("NegativeQuantityError", "The quantity for an OrderItem cannot be negative")
    line.custom_fields.update(wish.get("customFields") or {})
    if wish["quantity"] > line.quantity:
        return _closed(order) or cart.add(shop, order, line.product_variant, wish["quantity"] - line.quantity)
    line.quantity = wish["quantity"]
    if line.quantity == 0:
        order.lines.remove(line)
    recalculate(order)
    shop.touch(order)
    return order


def _closed(order: Order) -> Failed | None:
    if order.state in {"Draft", "AddingItems"}:
        return None
    return failed("OrderModificationError", 'Order contents may only be modified when in the "AddingItems" state')


def give_to(shop: Shop, number: object, customer_id: object, wish: Wish | None) -> Order | Failed:
    """Say who buys: a known customer or a new one. Raises `Refused`."""
    order = find_order(shop, number)
    if customer_id is not None:
        order.customer = find_customer(shop, customer_id)
    elif wish is not None:
        order.customer = cart.buyer(shop, wish)
    else:
        refuse_input("Either customerId or input must be given")
    shop.touch(order)
    shop.tell_order("order.updated", order)
    return order


def find_customer(shop: Shop, number: object) -> Customer:
    """Return a customer. Raises `Refused`."""
    found = shop.customers.get(number_of(number))
    if found is None or found.deleted_at is not None:
        refuse_missing("Customer", number)
    return found


def ship_to(shop: Shop, number: object, wish: Wish) -> Order:
    """Say where it goes. Raises `Refused`."""
    order = find_order(shop, number)
    order.shipping_address = cart.address_of(shop, wish)
    shop.touch(order)
    return order


def bill_to(shop: Shop, number: object, wish: Wish) -> Order:
    """Say who gets the bill. Raises `Refused`."""
    order = find_order(shop, number)
    order.billing_address = cart.address_of(shop, wish)
    shop.touch(order)
    return order


def deliver(shop: Shop, number: object, method_id: object) -> Order | Failed:
    """Choose how it is delivered. Raises `Refused`."""
    order = find_order(shop, number)
    method = shop.shipping_methods.get(number_of(method_id))
    if method is None:
        return failed("IneligibleShippingMethodError", "This Order is not eligible for the selected ShippingMethod")
    cart.deliver_by(shop, order, method)
    return order


def quotes(shop: Shop, number: object) -> list[dict[str, Any]]:
    """Return every way to deliver with its price. Raises `Refused`."""
    find_order(shop, number)
    return [_quote(one) for one in shop.shipping_methods.values() if one.enabled]


def _quote(method: Method) -> dict[str, Any]:
    tax = 1 + method.rate / 100
    net, gross = (method.price / tax, method.price) if method.includes_tax else (method.price, method.price * tax)
    told = method.translations["en"]
    rest: dict[str, Any] = {"name": told["name"], "description": told.get("description", ""), "metadata": {}}
    return {"id": method.id, "price": round(net), "price_with_tax": round(gross), "code": method.code, **rest}


def set_custom_fields(shop: Shop, wish: Wish) -> Order:
    """Write an order's custom fields, which moves `updatedAt`. Raises `Refused`."""
    order = find_order(shop, wish["id"])
    order.custom_fields.update(wish.get("customFields") or {})
    shop.touch(order)
    shop.tell_order("order.updated", order)
    return order

"""Changing an order that is placed: more, less, something else to pay for.

Source: https://docs.vendure.io/guides/core-concepts/orders/#modifying-an-order (3.5), order-modifier of @vendure/core
3.5.5; answers as a running 3.5.5 gave them.
"""

from collections.abc import Mapping
from typing import Any

from isthmus.simulators.vendure import fulfilling, payments, states, stock
from isthmus.simulators.vendure.amounts import recalculate
from isthmus.simulators.vendure.cart import add_units, address_of, line_of
from isthmus.simulators.vendure.errors import Failed, failed, refuse_input, refuse_inside
from isthmus.simulators.vendure.lines import Line, Surcharge, TaxLine
from isthmus.simulators.vendure.orders import Modification, ModificationLine, Order
from isthmus.simulators.vendure.shop import Shop, number_of

Wish = Mapping[str, Any]
_CHANGES = (
    "addItems", "adjustOrderLines", "surcharges", "updateShippingAddress", "updateBillingAddress", "shippingMethodIds",
    "customFields",
)  # fmt: skip


def modify(shop: Shop, wish: Wish) -> Order | Failed:
    """Change an order in the state `Modifying`. Raises `Refused`.

    A try (`dryRun`) is refused: it would have to take everything back, and nobody here needs one.
    """
    order = fulfilling.find_order(shop, wish["orderId"])
    if order.state != "Modifying":
        return failed("OrderModificationStateError")
    if not any(wish.get(name) for name in _CHANGES):
        return failed("NoChangesSpecifiedError")
    if wish["dryRun"]:
        refuse_input("this double does not play dryRun")
    before = order.total_with_tax
    hindrance = _hindrance(shop, order, wish)
    if hindrance is not None:
        return hindrance
    made = Modification(**shop.new("OrderModification"), note=wish.get("note") or "")
    for one in wish.get("addItems") or ():
        line = line_of(shop, order, shop.variants[number_of(one["productVariantId"])])
        _more(shop, made, line, one["quantity"])
    for one in wish.get("adjustOrderLines") or ():
        _adjust(shop, made, _own(order, one["orderLineId"]), one["quantity"])
    for one in wish.get("surcharges") or ():
        _charge(shop, order, made, one)
    _addresses(shop, order, wish)
    order.custom_fields.update(wish.get("customFields") or {})
    recalculate(order)
    made.price_change = order.total_with_tax - before
    if made.price_change < 0:
        _give_back(shop, made, wish)
    order.modifications.append(made)
    shop.touch(order)
    shop.tell_order("order.updated", order)
    states.note(shop, order, "ORDER_MODIFIED", {"modificationId": made.id})
    return order


def _hindrance(shop: Shop, order: Order, wish: Wish) -> Failed | None:
    """Return what forbids the change, before anything is changed."""
    rows = [*(wish.get("addItems") or ()), *(wish.get("adjustOrderLines") or ())]
    if any(one["quantity"] < 0 for one in rows):
        return failed("NegativeQuantityError", "The quantity for an OrderItem cannot be negative")
    less = 0
    for one in wish.get("adjustOrderLines") or ():
        line = _own(order, one["orderLineId"])
        more = one["quantity"] - line.quantity
        less += min(0, more) * line.prorated_unit_price_with_tax
        free = stock.sellable(line.product_variant, shop.default_channel)
        if more > max(0, free):
            return _too_little(line.quantity + max(0, free), order)
    less += sum(one["price"] for one in wish.get("surcharges") or () if one["price"] < 0)
    if less < 0 and not (wish.get("refund") or wish.get("refunds")):
        return failed("RefundPaymentIdMissingError")
    for one in wish.get("addItems") or ():
        variant = shop.variants.get(number_of(one["productVariantId"]))
        free = stock.sellable(variant, shop.default_channel) if variant else 0
        if one["quantity"] > max(0, free):
            return _too_little(max(0, free), order)
    return None


def _too_little(available: int, order: Order) -> Failed:
    told = f"Only {available} items were added to the order due to insufficient stock"
    return failed("InsufficientStockError", told, quantity_available=available, order=order)


def _own(order: Order, number: object) -> Line:
    found = next((one for one in order.lines if one.id == number_of(number)), None)
    if found is None:
        refuse_input(f"This order does not contain an OrderLine with the id {number}")
    return found


def _adjust(shop: Shop, made: Modification, line: Line, quantity: int) -> None:
    if quantity < line.quantity:
        less = line.quantity - quantity
        fulfilling.cancel_units(shop, line.order, [(line, less)], {})
        made.lines.append(ModificationLine(order_line=line, quantity=-less, modification=made))
    elif quantity > line.quantity:
        _more(shop, made, line, quantity - line.quantity)


def _more(shop: Shop, made: Modification, line: Line, units: int) -> None:
    add_units(shop, line, units)
    stock.allocate(shop, shop.default_channel, [(line, units)])
    made.lines.append(ModificationLine(order_line=line, quantity=units, modification=made))


def _charge(shop: Shop, order: Order, made: Modification, wish: Wish) -> None:
    taxes = [TaxLine(wish.get("taxDescription") or "", wish["taxRate"])] if wish.get("taxRate") is not None else []
    charge = Surcharge(
        **shop.new("Surcharge"),
        description=wish["description"],
        sku=wish.get("sku") or "",
        list_price=wish["price"],
        includes_tax=wish["priceIncludesTax"],
        tax_lines=taxes,
    )
    order.surcharges.append(charge)
    made.surcharges.append(charge)


def _addresses(shop: Shop, order: Order, wish: Wish) -> None:
    if wish.get("updateShippingAddress"):
        order.shipping_address |= address_of(shop, wish["updateShippingAddress"])
    if wish.get("updateBillingAddress"):
        order.billing_address |= address_of(shop, wish["updateBillingAddress"])


def _give_back(shop: Shop, made: Modification, wish: Wish) -> None:
    wishes = wish.get("refunds") or [wish["refund"]]
    for one in wishes:
        amount = one["amount"] if one.get("amount") is not None else -made.price_change
        asked = {**one, "amount": amount, "shipping": 0, "adjustment": 0, "reason": one.get("reason") or made.note}
        payment = payments.find_payment(shop, one["paymentId"])
        if amount > payment.amount - payment.refunded:
            refuse_inside("The amount specified exceeds the refundable amount for this payment")
        if amount:
            found = payments.refund(shop, asked)
            if isinstance(found, Failed):
                refuse_inside(found.told())
            made.refund = made.refund or found
    if made.refund is None:  # Vendure keeps a refund of nothing
        payment = payments.find_payment(shop, wishes[0]["paymentId"])
        made.refund = payments.refund_nothing(shop, payment, made.note)

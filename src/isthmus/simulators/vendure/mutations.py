"""The fields a mutation starts from."""

from collections.abc import Callable
from typing import Any

from isthmus.simulators.vendure import drafting, fulfilling, modifying, payments, registry, states, stocking
from isthmus.simulators.vendure.call import Fields, Info, Resolver
from isthmus.simulators.vendure.errors import failed, refuse_missing
from isthmus.simulators.vendure.shop import Shop, number_of


def _taking(act: Callable[[Shop, Any], Any]) -> Resolver:
    """Return a resolver that hands on its input."""

    def resolve(_root: Any, info: Info, input: Any) -> Any:  # noqa: A002 - the API's name
        return act(info.context.shop, input)

    return resolve


def _here(act: Callable[[Shop, Any, Any], Any]) -> Resolver:
    """Return a resolver that hands on its input, with the channel it was asked through."""

    def resolve(_root: Any, info: Info, input: Any) -> Any:  # noqa: A002 - the API's name
        call = info.context
        return act(call.shop, call.channel, input)

    return resolve


def _by_id(act: Callable[[Shop, str], Any], name: str = "id") -> Resolver:
    """Return a resolver that hands on the only id."""

    def resolve(_root: Any, info: Info, **arguments: Any) -> Any:
        return act(info.context.shop, arguments[name])

    return resolve


def _login(_root: Any, info: Info, username: str, password: str, rememberMe: bool | None = None) -> Any:  # noqa: N803, FBT001 - the API's
    """Sign in. How long it lasts does not depend on being remembered, but in a browser."""
    del rememberMe
    call = info.context
    for one in call.shop.administrators.values():
        if (one.user.identifier, one.password) == (username, password):
            one.user.last_login = call.shop.now()
            call.token = call.tell_token = call.sessions.open(one)
            return one
    return failed("InvalidCredentialsError", "The provided credentials are invalid", authentication_error="")


def _logout(_root: Any, info: Info) -> dict[str, Any]:
    call = info.context
    call.sessions.close(call.token)
    call.tell_token = ""
    return {"success": True}


def _move_order(_root: Any, info: Info, id: str, state: str) -> Any:  # noqa: A002 - the API's name
    order = fulfilling.find_order(info.context.shop, id)
    return states.move_order(info.context.shop, order, state) or order


def _move_fulfillment(_root: Any, info: Info, id: str, state: str) -> Any:  # noqa: A002 - the API's name
    found = fulfilling.find_fulfillment(info.context.shop, id)
    return states.move_fulfillment(info.context.shop, found, state) or found


def _move_payment(_root: Any, info: Info, id: str, state: str) -> Any:  # noqa: A002 - the API's name
    found = payments.find_payment(info.context.shop, id)
    return states.move_payment(info.context.shop, found, state) or found


def _note(shop: Shop, wish: dict[str, Any]) -> Any:
    order = fulfilling.find_order(shop, wish["id"])
    states.note(shop, order, "ORDER_NOTE", {"note": wish["note"]}, public=wish["isPublic"])
    return order


def _change_note(shop: Shop, wish: dict[str, Any]) -> Any:
    found = shop.notes.get(number_of(wish["noteId"]))
    if found is None:
        refuse_missing("HistoryEntry", wish["noteId"])
    if wish.get("note") is not None:
        found.data = {"note": wish["note"]}
    found.is_public = found.is_public if wish.get("isPublic") is None else wish["isPublic"]
    shop.touch(found)
    return found


def _drop_note(shop: Shop, number: str) -> dict[str, Any]:
    found = shop.notes.pop(number_of(number), None)
    for order in shop.orders.values():
        order.entries = [one for one in order.entries if one is not found]
    return {"result": "DELETED" if found else "NOT_DELETED", "message": None}


def _set_customer(shop: Shop, wish: dict[str, Any]) -> Any:
    return drafting.give_to(shop, wish["orderId"], wish["customerId"], None)


def _customer(_root: Any, info: Info, input: dict[str, Any], password: str | None = None) -> Any:  # noqa: A002
    del password
    return registry.make_customer(info.context.shop, input)


def _customer_address(_root: Any, info: Info, customerId: str, input: dict[str, Any]) -> Any:  # noqa: A002, N803
    return registry.make_address(info.context.shop, customerId, input)


def _draft(act: Callable[[Shop, str, Any], Any]) -> Resolver:
    def resolve(_root: Any, info: Info, orderId: str, input: Any) -> Any:  # noqa: A002, N803 - the API's names
        return act(info.context.shop, orderId, input)

    return resolve


def _drop_line(_root: Any, info: Info, orderId: str, orderLineId: str) -> Any:  # noqa: N803 - the API's names
    return drafting.adjust(info.context.shop, orderId, {"orderLineId": orderLineId, "quantity": 0})


def _draft_customer(
    _root: Any,
    info: Info,
    orderId: str,  # noqa: N803 - the API's name
    customerId: str | None = None,  # noqa: N803 - likewise
    input: dict[str, Any] | None = None,  # noqa: A002 - likewise
) -> Any:
    return drafting.give_to(info.context.shop, orderId, customerId, input)


def _draft_method(_root: Any, info: Info, orderId: str, shippingMethodId: str) -> Any:  # noqa: N803 - the API's names
    return drafting.deliver(info.context.shop, orderId, shippingMethodId)


def _begin(_root: Any, info: Info) -> Any:
    return drafting.begin(info.context.shop, info.context.channel)


def _variant(shop: Shop, channel: Any, wish: dict[str, Any]) -> Any:
    return stocking.change_variants(shop, channel, [wish])[0]


def _option(shop: Shop, wish: dict[str, Any]) -> Any:
    group = shop.groups.get(number_of(wish["productOptionGroupId"]))
    if group is None:
        refuse_missing("ProductOptionGroup", wish["productOptionGroupId"])
    return stocking.make_option(shop, group, wish)


def _give_group(_root: Any, info: Info, productId: str, optionGroupId: str) -> Any:  # noqa: N803 - the API's names
    shop = info.context.shop
    product, group = stocking.find_product(shop, productId), shop.groups.get(number_of(optionGroupId))
    if group is None:
        refuse_missing("ProductOptionGroup", optionGroupId)
    product.option_groups.append(group)
    return product


def _pay_by_hand(shop: Shop, wish: dict[str, Any]) -> Any:
    return payments.pay_by_hand(shop, fulfilling.find_order(shop, wish["orderId"]), wish)


TABLE: Fields = {
    "login": _login,
    "logout": _logout,
    "createChannel": _taking(registry.make_channel),
    "updateChannel": _taking(registry.change_channel),
    "createCustomer": _customer,
    "updateCustomer": _taking(registry.change_customer),
    "deleteCustomer": _by_id(registry.remove_customer),
    "createCustomerAddress": _customer_address,
    "updateCustomerAddress": _taking(registry.change_address),
    "deleteCustomerAddress": _by_id(registry.remove_address),
    "addNoteToCustomer": _taking(registry.note_customer),
    "settlePayment": _by_id(lambda shop, number: payments.settle(shop, payments.find_payment(shop, number))),
    "cancelPayment": _by_id(lambda shop, number: payments.cancel(shop, payments.find_payment(shop, number))),
    "addFulfillmentToOrder": _taking(fulfilling.fulfill),
    "cancelOrder": _taking(fulfilling.cancel),
    "refundOrder": _taking(payments.refund),
    "settleRefund": _taking(lambda shop, wish: payments.settle_refund(shop, wish["id"], wish["transactionId"])),
    "addNoteToOrder": _taking(_note),
    "updateOrderNote": _taking(_change_note),
    "deleteOrderNote": _by_id(_drop_note),
    "transitionOrderToState": _move_order,
    "transitionFulfillmentToState": _move_fulfillment,
    "transitionPaymentToState": _move_payment,
    "setOrderCustomFields": _taking(drafting.set_custom_fields),
    "setOrderCustomer": _taking(_set_customer),
    "modifyOrder": _taking(modifying.modify),
    "addManualPaymentToOrder": _taking(_pay_by_hand),
    "createDraftOrder": _begin,
    "deleteDraftOrder": _by_id(drafting.drop, "orderId"),
    "addItemToDraftOrder": _draft(drafting.add),
    "adjustDraftOrderLine": _draft(drafting.adjust),
    "removeDraftOrderLine": _drop_line,
    "setCustomerForDraftOrder": _draft_customer,
    "setDraftOrderShippingAddress": _draft(drafting.ship_to),
    "setDraftOrderBillingAddress": _draft(drafting.bill_to),
    "setDraftOrderCustomFields": _draft(
        lambda shop, number, wish: drafting.set_custom_fields(shop, {**wish, "id": number})
    ),
    "setDraftOrderShippingMethod": _draft_method,
    "createProductOptionGroup": _taking(stocking.make_group),
    "createProductOption": _taking(_option),
    "createProduct": _here(stocking.make_product),
    "updateProduct": _taking(stocking.change_product),
    "deleteProduct": _by_id(stocking.remove_product),
    "addOptionGroupToProduct": _give_group,
    "createProductVariants": _here(stocking.make_variants),
    "updateProductVariants": _here(stocking.change_variants),
    "updateProductVariant": _here(_variant),
    "deleteProductVariant": _by_id(lambda shop, number: stocking.remove_variants(shop, [number])),
    "deleteProductVariants": _by_id(
        lambda shop, numbers: [stocking.remove_variants(shop, [one]) for one in numbers], "ids"
    ),
    "assignProductVariantsToChannel": _taking(stocking.assign),
    "removeProductVariantsFromChannel": _taking(stocking.withdraw),
    "createStockLocation": _here(registry.make_location),
    "updateStockLocation": _taking(registry.change_location),
    "deleteStockLocation": _taking(registry.remove_location),
    "assignStockLocationsToChannel": _taking(registry.assign_locations),
}

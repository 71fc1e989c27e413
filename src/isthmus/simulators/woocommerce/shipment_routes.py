"""Parcels, in the two ways shops have them: the extension Shipment Tracking, and core's order fulfillments.

Both are switched off at the start; a path of what is off is no route at all. The codes of refused fulfillments are
unconfirmed.
Sources: https://woocommerce.com/document/shipment-tracking/ (REST); https://developer.woocommerce.com "Order
fulfillments" and OrderFulfillmentsRestController.php
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC
from http import HTTPStatus
from typing import Any, cast

from isthmus.simulators.woocommerce import meta, order_params, stamps
from isthmus.simulators.woocommerce.call import Call, Reply, Route, View, created
from isthmus.simulators.woocommerce.errors import Refused, bad
from isthmus.simulators.woocommerce.orders import Order
from isthmus.simulators.woocommerce.shop import Shop

PROVIDERS = {
    "Germany": {"DHL": "https://dhl.example.com/%1$s", "Hermes": "https://hermes.example.com/%1$s"},
    "United States": {"USPS": "https://usps.example.com/%1$s", "UPS": "https://ups.example.com/%1$s"},
}
_TRACKING = "/wc-shipment-tracking/v3/orders/#/shipment-trackings"
_CORE = "/wc/v3/orders/#/fulfillments"
#: the state of an order's parcels, as plugins and screens read it
STATE = "_fulfillment_status"
Fields = Mapping[str, Any]


def routes(shop: Shop) -> list[Route]:
    """Return what is switched on."""
    return [
        *(TRACKINGS if shop.settings.shipment_tracking else ()),
        *(FULFILLMENTS if shop.settings.fulfillments else ()),
    ]


def _order(call: Call) -> Order:
    order = call.shop.orders.get(int(call.ids[0]))
    if order is None:
        raise Refused(HTTPStatus.NOT_FOUND, "woocommerce_rest_order_invalid_id", "Invalid order ID.")
    return order


def _trackings(call: Call) -> Reply:
    return Reply(_order(call).trackings)


def _tracking(call: Call) -> Reply:
    return Reply(_parcel(call))


def _parcel(call: Call) -> View:
    found = next((one for one in _order(call).trackings if one["tracking_id"] == str(call.ids[-1])), None)
    if found is None:
        code = "woocommerce_rest_order_shipment_tracking_invalid_id"
        raise Refused(HTTPStatus.NOT_FOUND, code, "Invalid shipment tracking ID.")
    return found


def _track(call: Call) -> Reply:
    order, params = _order(call), call.params
    number, own = params["tracking_number"], params.get("custom_tracking_provider", "")
    listed = {name.lower(): (name, link) for rows in PROVIDERS.values() for name, link in rows.items()}
    name, link = listed.get(params.get("tracking_provider", "").lower(), (own, params.get("custom_tracking_link", "")))
    if not name:
        raise bad(code="rest_missing_callback_param", message="Missing parameter(s): tracking_provider")
    number_of_parcel = f"{order.id}-{len(order.trackings)}-{number}-{call.shop.new_id('meta')}"
    parcel = {
        "tracking_id": hashlib.md5(number_of_parcel.encode()).hexdigest(),  # noqa: S324 - theirs
        "tracking_provider": name,
        "tracking_link": link.replace("%1$s", number),
        "tracking_number": number,
        "date_shipped": params.get("date_shipped") or call.shop.now().date().isoformat(),
    }
    order.trackings.append(parcel)
    reply = created(call, {"id": parcel["tracking_id"], **parcel})
    reply.content = parcel
    return reply


def _untrack(call: Call) -> Reply:
    parcel = _parcel(call)
    _order(call).trackings.remove(parcel)
    return Reply(parcel)


def _providers(_call: Call) -> Reply:
    return Reply(PROVIDERS)


def _fulfillments(call: Call) -> Reply:
    return Reply([one for one in _order(call).fulfillments if one["date_deleted"] is None])


def _fulfillment(call: Call) -> View:
    found = next((one for one in _order(call).fulfillments if one["id"] == call.id and not one["date_deleted"]), None)
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, "woocommerce_rest_fulfillment_invalid_id", "Invalid fulfillment ID.")
    return found


def _get_fulfillment(call: Call) -> Reply:
    return Reply(_fulfillment(call))


def _fulfill(call: Call) -> Reply:
    order = _order(call)
    made: View = {
        "id": call.shop.new_id(),
        "entity_type": "WC_Order",
        "entity_id": str(order.id),
        "status": "unfulfilled",
        "is_fulfilled": False,
        "date_updated": None,
        "date_deleted": None,
        "meta_data": [],
    }
    _apply(call.shop, order, made, call.params)
    order.fulfillments.append(made)
    _mirror(call.shop, order)
    return created(call, made)


def _change(call: Call) -> Reply:
    order, known = _order(call), _fulfillment(call)
    _apply(call.shop, order, known, call.params)
    _mirror(call.shop, order)
    return Reply(known)


def _unfulfill(call: Call) -> Reply:
    order, known = _order(call), _fulfillment(call)
    known["date_deleted"] = stamps.written(call.shop.now(), UTC)
    _mirror(call.shop, order)
    return Reply({"message": "Fulfillment deleted successfully."})


def _apply(shop: Shop, order: Order, made: View, fields: Fields) -> None:
    """Write a fulfillment; free fields that are not sent again are gone."""
    rows = [
        {"id": shop.new_id("meta"), **{key: row.get(key) for key in ("key", "value")}} for row in fields["meta_data"]
    ]
    _check_items(order, made, rows)
    made["meta_data"] = rows
    made["is_fulfilled"] = fields.get("is_fulfilled", made["is_fulfilled"])
    made["status"] = fields.get("status", "fulfilled" if made["is_fulfilled"] else made["status"])
    made["date_updated"] = stamps.written(shop.now(), UTC)


def _check_items(order: Order, made: View, rows: list[View]) -> None:
    """Refuse parcels with nothing in them, or with more than was ordered."""
    packed = _items(rows)
    if not packed:
        raise bad(code="woocommerce_rest_fulfillment_invalid_items", message="The fulfillment should contain items.")
    elsewhere = [
        row
        for one in order.fulfillments
        if one is not made and not one["date_deleted"]
        for row in _items(one["meta_data"])
    ]
    for line in order.goods:
        units = sum(int(row["qty"]) for row in (*packed, *elsewhere) if int(row["item_id"]) == line.id)
        if units > line.quantity:
            text = "The fulfillment contains more items than the order has."
            raise bad(code="woocommerce_rest_fulfillment_invalid_items", message=text)
    if {int(row["item_id"]) for row in packed} - {line.id for line in order.goods}:
        raise bad(code="woocommerce_rest_fulfillment_invalid_items", message="The order has no such item.")


def _items(rows: list[View]) -> list[View]:
    return cast("list[View]", meta.value(rows, "_items") or [])


def _mirror(shop: Shop, order: Order) -> None:
    """Say in the order how far its parcels are; its status stays as it is."""
    done = [one for one in order.fulfillments if one["date_deleted"] is None and one["is_fulfilled"]]
    sent = sum(int(row["qty"]) for one in done for row in _items(one["meta_data"]))
    whole = sent >= sum(line.quantity for line in order.goods)
    state = ("fulfilled" if whole else "partially_fulfilled") if done else "unfulfilled"
    meta.put(order.meta, STATE, state, shop.new_id)
    shop.touch(order, "order.updated")


TRACKINGS = [
    Route("GET", _TRACKING, "trackings.list", _trackings, right="list"),
    Route("POST", _TRACKING, "trackings.create", _track, order_params.TRACKING, "create"),
    Route("GET", f"{_TRACKING}/providers", "trackings.providers", _providers, right="list"),
    Route("GET", f"{_TRACKING}/*", "trackings.get", _tracking),
    Route("DELETE", f"{_TRACKING}/*", "trackings.delete", _untrack, order_params.FORCE, "delete"),
]
FULFILLMENTS = [
    Route("GET", _CORE, "fulfillments.list", _fulfillments, right="list"),
    Route("POST", _CORE, "fulfillments.create", _fulfill, order_params.NEW_FULFILLMENT, "create"),
    Route("GET", f"{_CORE}/#", "fulfillments.get", _get_fulfillment),
    Route("PUT", f"{_CORE}/#", "fulfillments.update", _change, order_params.NEW_FULFILLMENT, "edit"),
    Route("DELETE", f"{_CORE}/#", "fulfillments.delete", _unfulfill, order_params.FORCE, "delete"),
]

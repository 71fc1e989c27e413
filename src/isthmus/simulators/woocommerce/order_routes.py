"""`/orders`: lists, single orders, and everything that writes one.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#orders (REST v3)
"""

from collections.abc import Mapping
from typing import Any

from isthmus.simulators.woocommerce import lifecycle, listing, meta, order_params, totals
from isthmus.simulators.woocommerce.call import Call, Reply, Route, View
from isthmus.simulators.woocommerce.errors import bad, unknown
from isthmus.simulators.woocommerce.order_lines import KINDS, order_key, put_coupons, put_lines
from isthmus.simulators.woocommerce.order_views import order_view
from isthmus.simulators.woocommerce.orders import Order
from isthmus.simulators.woocommerce.resources import Resource, already_trashed
from isthmus.simulators.woocommerce.shop import Shop

_KIND = "shop_order"
_PLAIN = ("customer_note", "payment_method", "payment_method_title", "transaction_id", "currency")
#: whoever sends one of these has all totals worked out anew
_RECALCULATING = ("billing", "shipping", "coupon_lines", *KINDS)
Fields = Mapping[str, Any]


def find(shop: Shop, number: int, *, writing: bool = False) -> Order:
    """Return an order. Raises `Refused`."""
    order = shop.orders.get(number)
    if order is None:
        raise unknown(kind=_KIND, writing=writing)
    return order


def _list(call: Call) -> Reply:
    shop, params = call.shop, call.params
    if shop.settings.undated_orders_empty and not any(name in params for name in listing.DATES):
        return listing.page(call, list[Order](), lambda one: order_view(shop, one))
    rows = [one for one in listing.selected(call, shop.orders.values()) if _wanted(call, one)]
    places = params.get("dp")
    return listing.page(
        call, listing.in_order(call, rows, lambda one: one.number), lambda one: order_view(shop, one, places)
    )


def _wanted(call: Call, order: Order) -> bool:
    params = call.params
    statuses = set(params["status"])
    if "any" in statuses:
        # `any` wins over whatever stands beside it. Among the posts it leaves out drafts of the checkout, too
        # (unconfirmed for HPOS).
        if order.status in ({"trash"} if call.shop.settings.hpos else {"trash", "checkout-draft"}):
            return False
    elif order.status not in statuses:
        return False
    if "customer" in params and order.customer_id != params["customer"]:
        return False
    if "product" in params and all(params["product"] not in {one.product_id, one.variation_id} for one in order.goods):
        return False
    if "created_via" in params and order.created_via not in params["created_via"]:
        return False
    return "search" not in params or _matches(call.shop, order, params["search"].lower())


def _matches(shop: Shop, order: Order, words: str) -> bool:
    """Tell whether a search finds an order: HPOS looks at fewer fields than the posts do. Never at free fields."""
    fields = [order.number, order.billing["email"], *(line.name for line in order.goods)]
    names = (order.billing, order.shipping)
    fields += [f"{one['first_name']} {one['last_name']}" for one in names]
    if not shop.settings.hpos:
        fields += [" ".join(one.values()) for one in names]
    return any(words in field.lower() for field in fields)


def _get(call: Call) -> Reply:
    return Reply(order_view(call.shop, find(call.shop, call.id), call.params.get("dp")))


def _create(call: Call, fields: Fields) -> View:
    shop, now = call.shop, call.shop.now()
    _check(shop, fields)
    number = shop.new_id()
    order = Order(
        id=number,
        number=shop.order_number(number),
        key=order_key(),
        created_at=now,
        modified_at=now,
        currency=shop.settings.currency,
        prices_include_tax=shop.settings.prices_include_tax,
        created_via=fields.get("created_via", "rest-api"),
    )
    _apply(shop, order, fields)
    totals.recalculate(shop, order)
    order.status = fields.get("status", "pending")
    lifecycle.open_order(shop, order)
    if fields.get("set_paid"):
        lifecycle.pay(shop, order)
    return order_view(shop, order)


def _update(call: Call, number: int, fields: Fields) -> View:
    shop = call.shop
    order = find(shop, number, writing=True)
    _check(shop, fields)
    _apply(shop, order, fields)
    if any(name in fields for name in _RECALCULATING):
        totals.recalculate(shop, order)
    if "status" in fields:
        lifecycle.set_status(shop, order, fields["status"])
    if fields.get("set_paid") and order.needs_payment:
        lifecycle.pay(shop, order)
    shop.touch(order, "order.updated")
    return order_view(shop, order)


def _check(shop: Shop, fields: Fields) -> None:
    customer = fields.get("customer_id", 0)
    if customer and customer not in shop.customers:
        raise bad(code="woocommerce_rest_invalid_customer_id", message="Customer ID is invalid.")


def _apply(shop: Shop, order: Order, fields: Fields) -> None:
    for name in _PLAIN:
        if name in fields:
            setattr(order, name, fields[name])
    order.customer_id = fields.get("customer_id", order.customer_id)
    for name, address in (("billing", order.billing), ("shipping", order.shipping)):
        sent = fields.get(name, {})
        address.update({key: sent[key] for key in address if sent.get(key) is not None})
    for name, kind in KINDS.items():
        if name in fields:
            put_lines(shop, order, kind, fields[name])
    if "coupon_lines" in fields:
        put_coupons(shop, order, fields["coupon_lines"])
    meta.merge(order.meta, fields.get("meta_data", ()), shop.new_id)


def _delete(call: Call, number: int, force: bool) -> View:  # noqa: FBT001 - as the API has it
    shop = call.shop
    order = find(shop, number)
    before = order_view(shop, order)
    if force:
        lifecycle.delete(shop, order)
        return before
    if order.status == "trash":
        raise already_trashed(kind="shop_order")
    lifecycle.trash(shop, order)
    return order_view(shop, order)


ORDERS = Resource("/wc/v3/orders", "orders", order_params.CREATE, order_params.UPDATE, _create, _update, _delete)
ROUTES = [
    Route("GET", "/wc/v3/orders", "orders.list", _list, order_params.LIST, "list"),
    Route("GET", "/wc/v3/orders/#", "orders.get", _get, order_params.ONE, "view"),
    *ORDERS.routes(),
]

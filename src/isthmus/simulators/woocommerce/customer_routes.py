"""`/customers`: people with an account. There is no filter on changes, and guests are never here.

Sources: https://woocommerce.github.io/woocommerce-rest-api-docs/#customers (REST v3) and
class-wc-rest-customers-v1-controller.php
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from isthmus.simulators.woocommerce import listing, meta, order_params
from isthmus.simulators.woocommerce.call import Call, Reply, Route, View
from isthmus.simulators.woocommerce.errors import Refused, bad
from isthmus.simulators.woocommerce.people import Customer
from isthmus.simulators.woocommerce.product_views import customer_view
from isthmus.simulators.woocommerce.resources import Resource, no_trash
from isthmus.simulators.woocommerce.shop import Shop

_PATH = "/wc/v3/customers"
Fields = Mapping[str, Any]


def _find(shop: Shop, number: int, *, writing: bool = False) -> Customer:
    customer = shop.customers.get(number)
    if customer is None:
        status = HTTPStatus.BAD_REQUEST if writing else HTTPStatus.NOT_FOUND
        raise Refused(status, "woocommerce_rest_invalid_id", "Invalid resource ID.")
    return customer


def _list(call: Call) -> Reply:
    params = call.params
    words = params.get("search", "").lower()
    rows = [
        one
        for one in listing.selected(call, call.shop.customers.values())
        if params["role"] in {"all", one.role}
        and params.get("email", one.email).lower() == one.email.lower()
        and words in f"{one.email} {one.username} {one.first_name} {one.last_name}".lower()
    ]
    backwards = params["order"] == "desc"
    match params["orderby"]:
        case "name":
            rows.sort(key=lambda one: (f"{one.first_name} {one.last_name}", one.id), reverse=backwards)
        case "registered_date":
            rows.sort(key=lambda one: (one.created_at, one.id), reverse=backwards)
        case _:
            listing.in_order(call, rows, lambda one: one.email)
    return listing.page(call, rows, lambda one: customer_view(call.shop, one))


def _get(call: Call) -> Reply:
    return Reply(customer_view(call.shop, _find(call.shop, call.id)))


def _create(call: Call, fields: Fields) -> View:
    shop, now, email = call.shop, call.shop.now(), str(fields["email"])
    if _holder(shop, email) is not None:
        text = "An account is already registered with your email address. Please log in."
        raise bad(code="registration-error-email-exists", message=text)
    username = fields.get("username") or _username(shop, email)
    if any(one.username == username for one in shop.customers.values()):
        text = "An account is already registered with that username. Please choose another."
        raise bad(code="registration-error-username-exists", message=text)
    customer = Customer(id=shop.new_id("user"), email=email, username=username, created_at=now, modified_at=now)
    _apply(shop, customer, fields)
    shop.customers[customer.id] = customer
    shop.changed("customer")
    shop.tell("customer.created", customer.id)
    return customer_view(shop, customer)


def _update(call: Call, number: int, fields: Fields) -> View:
    shop = call.shop
    customer = _find(shop, number, writing=True)
    if "email" in fields and _holder(shop, fields["email"]) not in {None, customer.id}:
        raise bad(code="woocommerce_rest_customer_invalid_email", message="Email address is invalid.")
    if fields.get("username", customer.username) != customer.username:
        raise bad(code="woocommerce_rest_customer_invalid_argument", message="Username isn't editable.")
    customer.email = fields.get("email", customer.email)
    _apply(shop, customer, fields)
    shop.touch(customer, "customer.updated")
    return customer_view(shop, customer)


def _delete(call: Call, number: int, force: bool) -> View:  # noqa: FBT001 - as the API has it
    shop = call.shop
    if not force:
        raise no_trash(label="Customers")
    customer = _find(shop, number)
    del shop.customers[number]
    # What they bought stays, and belongs to nobody.
    for order in shop.orders.values():
        if order.customer_id == number:
            order.customer_id = 0
    shop.changed("customer")
    shop.changed("order")
    shop.tell("customer.deleted", number)
    return customer_view(shop, customer)


def _holder(shop: Shop, email: str) -> int | None:
    return next((one.id for one in shop.customers.values() if one.email.lower() == email.lower()), None)


def _username(shop: Shop, email: str) -> str:
    taken = {one.username for one in shop.customers.values()}
    wanted = name = email.split("@", 1)[0].lower()
    number = 1
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name


def _apply(shop: Shop, customer: Customer, fields: Fields) -> None:
    customer.first_name = fields.get("first_name", customer.first_name)
    customer.last_name = fields.get("last_name", customer.last_name)
    for name, address in (("billing", customer.billing), ("shipping", customer.shipping)):
        sent = fields.get(name, {})
        address.update({key: sent[key] for key in address if sent.get(key) is not None})
    meta.merge(customer.meta, fields.get("meta_data", ()), shop.new_id)


CUSTOMERS = Resource(
    _PATH,
    "customers",
    order_params.NEW_CUSTOMER,
    {"id": order_params.ID, **order_params.CUSTOMER},
    _create,
    _update,
    _delete,
)
ROUTES = [
    Route("GET", _PATH, "customers.list", _list, order_params.CUSTOMERS, "list"),
    Route("GET", f"{_PATH}/#", "customers.get", _get),
    *CUSTOMERS.routes(),
]

"""`/webhooks`: who wants to be told of what.

A new webhook is greeted at once, with a form and no signature. What it answers changes nothing here: the API ignores it
(class-wc-rest-webhooks-v1-controller.php), though the admin's own form reports anything but 200.
Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks (REST v3)
"""

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from isthmus.simulators.woocommerce import listing, order_params
from isthmus.simulators.woocommerce.call import Call, Reply, Route, View, created
from isthmus.simulators.woocommerce.errors import bad, unknown
from isthmus.simulators.woocommerce.people import Webhook
from isthmus.simulators.woocommerce.product_views import webhook_view
from isthmus.simulators.woocommerce.resources import BATCH, Resource, no_trash
from isthmus.simulators.woocommerce.shop import Shop

_PATH, _KIND = "/wc/v3/webhooks", "shop_webhook"
_RESOURCES, _EVENTS = ("order", "product", "customer", "coupon"), ("created", "updated", "deleted", "restored")
STATUSES = ("active", "paused", "disabled")
Fields = Mapping[str, Any]


def _find(shop: Shop, number: int, *, writing: bool = False) -> Webhook:
    webhook = shop.webhooks.get(number)
    if webhook is None:
        raise unknown(kind=_KIND, writing=writing)
    return webhook


def _list(call: Call) -> Reply:
    wanted, words = call.params["status"], call.params.get("search", "").lower()
    rows = [
        one
        for one in listing.selected(call, call.shop.webhooks.values())
        if wanted in {"all", one.status} and words in one.name.lower()
    ]
    rows = listing.in_order(call, rows, lambda one: one.name)
    return listing.page(call, rows, lambda one: webhook_view(call.shop, one))


def _get(call: Call) -> Reply:
    return Reply(webhook_view(call.shop, _find(call.shop, call.id)))


def _made(call: Call, fields: Fields) -> Webhook:
    shop, now = call.shop, call.shop.now()
    _check(fields)
    webhook = Webhook(
        id=shop.new_id("webhook"),
        name=fields.get("name") or f"Webhook created on {now:%b %d, %Y @ %I:%M %p}",
        topic=fields["topic"].lower(),
        delivery_url=fields["delivery_url"],
        # Without one of their own they get one nobody knows.
        secret=fields.get("secret") or secrets.token_hex(25),
        created_at=now,
        modified_at=now,
        status=fields.get("status", "active"),
    )
    shop.webhooks[webhook.id] = webhook
    return webhook


async def _create(call: Call) -> Reply:
    webhook = _made(call, call.params)
    await call.shop.ping(webhook)
    return created(call, webhook_view(call.shop, webhook))


def _update(call: Call, number: int, fields: Fields) -> View:
    webhook = _find(call.shop, number, writing=True)
    _check(fields)
    for name in ("name", "topic", "delivery_url", "status"):
        setattr(webhook, name, fields.get(name, getattr(webhook, name)))
    webhook.secret = fields.get("secret") or webhook.secret
    webhook.modified_at = call.shop.now()
    return webhook_view(call.shop, webhook)


def _delete(call: Call, number: int, force: bool) -> View:  # noqa: FBT001 - as the API has it
    if not force:
        raise no_trash(label="Webhooks")
    webhook = _find(call.shop, number)
    del call.shop.webhooks[number]
    return webhook_view(call.shop, webhook)


def _check(fields: Fields) -> None:
    topic = fields.get("topic")
    if topic is not None and not _is_topic(topic.lower()):
        text = "Webhook topic is required and must be valid."
        raise bad(code=f"woocommerce_rest_{_KIND}_invalid_topic", message=text)
    url = urlsplit(str(fields.get("delivery_url", "http://x")))
    if url.scheme not in {"http", "https"} or not url.netloc:
        text = "Webhook delivery URL must be a valid URL starting with http:// or https://."
        raise bad(code=f"woocommerce_rest_{_KIND}_invalid_delivery_url", message=text)
    if fields.get("status", "active") not in STATUSES:
        raise bad(code=f"woocommerce_rest_{_KIND}_invalid_status", message="Webhook status must be valid.")


def _is_topic(topic: str) -> bool:
    resource, _, event = topic.partition(".")
    return (resource == "action" and bool(event)) or (resource in _RESOURCES and event in _EVENTS)


def _row(call: Call, fields: Fields) -> View:
    return webhook_view(call.shop, _made(call, fields))


async def _batch(call: Call) -> Reply:
    reply = HOOKS.batch(call)
    for row in reply.content.get("create", ()):
        if "error" not in row:
            await call.shop.ping(call.shop.webhooks[row["id"]])
    return reply


HOOKS = Resource(_PATH, "webhooks", order_params.NEW_WEBHOOK, order_params.WEBHOOK, _row, _update, _delete)
ROUTES = [
    Route("GET", _PATH, "webhooks.list", _list, order_params.WEBHOOKS, "list"),
    Route("GET", f"{_PATH}/#", "webhooks.get", _get),
    *HOOKS.routes(),
    # These take the places of those above: they greet.
    Route("POST", _PATH, "webhooks.create", _create, order_params.NEW_WEBHOOK, "create"),
    *(Route(method, f"{_PATH}/batch", "webhooks.batch", _batch, BATCH, "batch") for method in ("POST", "PUT", "PATCH")),
]

"""Mutations on webhook subscriptions.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/webhookSubscriptionCreate
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from isthmus.simulators.shopify.call import Fields, Info
from isthmus.simulators.shopify.payloads import RecordPayload, UserError
from isthmus.simulators.shopify.shop import Shop, Subscription

_URI = ["webhookSubscription", "callbackUrl"]
_CHANGEABLE = (
    ("format", "format"),
    ("filter", "filter"),
    ("name", "name"),
    ("includeFields", "include_fields"),
    ("metafieldNamespaces", "metafield_namespaces"),
)
Arguments = dict[str, Any]


def subscribe(shop: Shop, topic: str, uri: str, *, by_api: bool = True) -> Subscription:
    """Make a subscription; `topic` in its enum form."""
    gid, number = shop.new_id("WebhookSubscription")
    now = shop.now()
    made = Subscription(gid, number, topic, uri, now, now, by_api=by_api)
    shop.subscriptions[gid] = made
    return made


def _create(_root: Any, info: Info, topic: str, webhookSubscription: Arguments) -> RecordPayload:  # noqa: N803 - the API's name
    shop = info.context.shop
    uri = webhookSubscription.get("uri") or webhookSubscription.get("callbackUrl")
    error = _wrong(shop, topic, uri, None)
    if error or uri is None:
        return RecordPayload(None, [error or UserError(_URI, "Address can't be blank")])
    made = subscribe(shop, topic, uri)
    _change(made, webhookSubscription)
    return RecordPayload(made)


def _update(_root: Any, info: Info, id: str, webhookSubscription: Arguments) -> RecordPayload:  # noqa: A002, N803 - the API's names
    shop = info.context.shop
    known = shop.subscriptions.get(id)
    if known is None:
        return RecordPayload(None, [UserError(["id"], "Webhook subscription does not exist")])
    uri = webhookSubscription.get("uri") or webhookSubscription.get("callbackUrl") or known.uri
    error = _wrong(shop, known.topic, uri, known)
    if error:
        return RecordPayload(None, [error])
    known.uri = uri
    _change(known, webhookSubscription)
    known.updated_at = shop.now()
    return RecordPayload(known)


def _delete(_root: Any, info: Info, id: str) -> RecordPayload:  # noqa: A002 - the API's name
    if info.context.shop.subscriptions.pop(id, None) is None:
        return RecordPayload(None, [UserError(["id"], "Webhook subscription does not exist")])
    return RecordPayload(id)


def _change(subscription: Subscription, wish: Mapping[str, Any]) -> None:
    for name, attribute in _CHANGEABLE:
        if wish.get(name) is not None:
            setattr(subscription, attribute, wish[name])


def _wrong(shop: Shop, topic: str, uri: str | None, own: Subscription | None) -> UserError | None:
    """Return what is wrong with an address. Plain HTTP is let through: the receiver is on this machine."""
    parts = urlsplit(uri or "")
    if parts.scheme not in {"https", "http"} or not parts.netloc:
        return UserError(_URI, "Address is invalid")
    if any(one.uri == uri and one.topic == topic and one is not own for one in shop.subscriptions.values()):
        return UserError(_URI, "Address for this topic has already been taken")
    return None


TABLE: Fields = {
    "webhookSubscriptionCreate": _create,
    "webhookSubscriptionUpdate": _update,
    "webhookSubscriptionDelete": _delete,
}

"""Deliveries from Shopify: prove the sender, then name what changed.

Bodies are read for ids only; the record itself is read back, because deliveries repeat, come late
and in any order. Headers are not signed, so age and shop are a second line of defence.

Source: https://shopify.dev/docs/apps/build/webhooks/subscribe/https, .../webhooks/delivery-structure (2026-07)
"""

import base64
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from isthmus.canonical.quantity import pieces
from isthmus.connectors.shopify.ids import level_id
from isthmus.ports.receiver import Accepted, Delivery, Notice, Refused

#: Shopify tries for four hours and repeats the first triggered-at each time.
OLDEST = timedelta(hours=5)
NEWEST = timedelta(minutes=10)
Body = Mapping[str, Any]
#: Shopify's quantities are 32-bit integers.
LARGEST = 2**31


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The receiving end for one shop. `secrets` are the app's client secret and the one before it."""

    secrets: Sequence[str] = field(repr=False)
    shop: str = ""  # the myshopify.com domain; empty when the address is none, as with a simulator

    def verify(self, delivery: Delivery, now: datetime) -> Accepted:
        """Check signature, age and shape, in this order. Raises `Refused`."""
        if code := self._doubt(delivery, now):
            status, message = REASONS[code]
            raise Refused(message, status=status, code=code)
        headers = delivery.headers
        return Accepted(delivery_id=headers["x-shopify-webhook-id"], topic=headers["x-shopify-topic"])

    def _doubt(self, delivery: Delivery, now: datetime) -> str:
        """Return the code of the first reason against a delivery, empty when there is none."""
        headers = delivery.headers
        if not self._signed(delivery.body, headers.get("x-shopify-hmac-sha256", "")):
            return "bad_signature"
        if not fresh(headers.get("x-shopify-triggered-at", ""), now):
            return "stale"
        if self.shop and headers.get("x-shopify-shop-domain", "").lower() != self.shop:
            return "wrong_shop"
        if read(delivery.body) is None:
            return "not_json"
        complete = headers.get("x-shopify-topic") and headers.get("x-shopify-webhook-id")
        return "" if complete else "missing_header"

    def notices(self, topic: str, body: bytes) -> Sequence[Notice]:
        """Name what changed. An unknown topic, or a body without the ids, names nothing."""
        name = NAMERS.get(topic)
        content = read(body)
        return name(content) if name and content is not None else ()

    def _signed(self, body: bytes, signature: str) -> bool:
        # Every secret is tried, so that the time taken does not tell which one matched.
        matches = [hmac.compare_digest(sign(body, secret), signature.encode()) for secret in self.secrets if secret]
        return any(matches)


REASONS = {
    "bad_signature": (401, "the signature does not match"),
    "stale": (401, "the delivery is too old or has no time"),
    "wrong_shop": (401, "the delivery is for another shop"),
    "not_json": (400, "the body is not a JSON object"),
    "missing_header": (400, "topic or webhook id is missing"),
}


def sign(body: bytes, secret: str) -> bytes:
    """Return the signature of a body as it stands in `X-Shopify-Hmac-Sha256`."""
    return base64.b64encode(hmac.new(secret.encode(), body, sha256).digest())


def fresh(triggered_at: str, now: datetime) -> bool:
    """Tell whether a delivery's event is recent; RFC 3339 with any offset.

    The header is outside the signature, so it proves nothing when it is absent and nothing more
    when it is there; it only keeps honest old deliveries out. Replays are known by their delivery id.
    """
    if not triggered_at:
        return True
    try:
        moment = datetime.fromisoformat(triggered_at)
    except ValueError:
        return False
    if moment.tzinfo is None:
        return False
    return now - OLDEST <= moment <= now + NEWEST  # compared as it stands: the first and last hours have no UTC


def read(body: bytes) -> Body | None:
    """Return the JSON object in a body, None when it is none."""
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def number(value: Any) -> str:
    """Return a numeric id as text, empty for anything else."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def of(kind: str, field: str, *, deleted: bool = False) -> Callable[[Body], Sequence[Notice]]:
    """Return how to name the record whose id stands in `field`."""

    def name(body: Body) -> Sequence[Notice]:
        found = number(body.get(field))
        stamp = moment(body.get("updated_at")) if field == "id" else None
        return (Notice(kind, found, deleted=deleted, changed_at=stamp),) if found else ()

    return name


def moment(value: Any) -> datetime | None:
    """Return an RFC 3339 time, None for anything else."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return found.astimezone(UTC) if found is not None and found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def variants(body: Body) -> Sequence[Notice]:
    """Name every variant of a product; their status and price may have changed with it."""
    try:
        rows = msgspec.convert(body.get("variants"), list[dict[str, Any]])
    except msgspec.ValidationError:
        return ()
    return tuple(Notice("variant", found) for row in rows if (found := number(row.get("id"))))


def level(body: Body) -> Sequence[Notice]:
    """Name a stock level; the body has no SKU and one quantity of eight, so it is not taken as the record."""
    item, location = number(body.get("inventory_item_id")), number(body.get("location_id"))
    if not (item and location):
        return ()
    count = body.get("available")
    says: dict[str, Any] = {}
    if isinstance(count, int) and not isinstance(count, bool) and abs(count) < LARGEST:
        says["available"] = pieces(count)
    return (Notice("stock_level", level_id(item, location), says=says),)


def uninstalled(_body: Body) -> Sequence[Notice]:
    """Say that the merchant removed the app: the token is void from now on."""
    return (Notice("connection", "uninstalled"),)


def edited(body: Body) -> Sequence[Notice]:
    """Name the order of an order edit, which is wrapped."""
    try:
        return of("order", "order_id")(msgspec.convert(body.get("order_edit"), dict[str, Any]))
    except msgspec.ValidationError:
        return ()


NAMERS: dict[str, Callable[[Body], Sequence[Notice]]] = {
    "orders/create": of("order", "id"),
    "orders/updated": of("order", "id"),
    "orders/cancelled": of("order", "id"),
    "orders/paid": of("order", "id"),
    "orders/fulfilled": of("order", "id"),
    "orders/partially_fulfilled": of("order", "id"),
    "orders/edited": edited,
    "orders/delete": of("order", "id", deleted=True),
    "refunds/create": of("order", "order_id"),
    "order_transactions/create": of("order", "order_id"),
    "fulfillments/create": of("order", "order_id"),
    "fulfillments/update": of("order", "order_id"),
    "products/create": variants,
    "products/update": variants,
    # Only the product's id is left; its variants are known by their `product_ref`.
    "products/delete": of("product", "id", deleted=True),
    "inventory_levels/update": level,
    "locations/create": of("warehouse", "id"),
    "locations/update": of("warehouse", "id"),
    "locations/activate": of("warehouse", "id"),
    "locations/deactivate": of("warehouse", "id"),
    "locations/delete": of("warehouse", "id", deleted=True),
    "app/uninstalled": uninstalled,
}

"""Deliveries from WooCommerce: prove the sender, then name what changed.

A body is the record as it was when it was sent, which may be long after the change, and it has fewer decimals than we
read; so it is read for ids and stamps, and the record is read back. A new webhook first sends a ping that nobody has
signed: a form with its number, to be answered with 200 and nothing else. WooCommerce never repeats a delivery and tells
no time of sending; two deliveries of one webhook in one second have the same delivery id.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks (REST v3);
woocommerce/includes/class-wc-webhook.php (`deliver`, `deliver_ping`, `generate_signature`)
"""

import base64
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b, sha256
from typing import Any

import msgspec

from isthmus.canonical.quantity import Quantity
from isthmus.connectors.woocommerce.ids import level_id, variant_id
from isthmus.ports.receiver import Accepted, Delivery, Notice, Refused

Body = Mapping[str, Any]
PING = re.compile(rb"webhook_id=\d{1,19}")
FORM = "application/x-www-form-urlencoded"
#: Ids of WordPress are 64-bit.
LARGEST = 2**63
#: No shop has so many of anything.
MOST = 10**15


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The receiving end for one shop. `secrets` are the webhook secret and the one before it."""

    secrets: Sequence[str] = field(repr=False)

    def verify(self, delivery: Delivery, now: datetime) -> Accepted:
        """Check signature and shape, in this order. Raises `Refused`; a ping is refused with 200, for it is no work."""
        del now  # nothing in a delivery says when it was sent
        if is_ping(delivery):
            message = "a ping"
            raise Refused(message, status=200, code="ping")
        if code := self._doubt(delivery):
            status, message = REASONS[code]
            raise Refused(message, status=status, code=code)
        headers = delivery.headers
        return Accepted(delivery_id=delivery_id(headers, delivery.body), topic=headers["x-wc-webhook-topic"])

    def _doubt(self, delivery: Delivery) -> str:
        """Return the code of the first reason against a delivery, empty when there is none."""
        headers = delivery.headers
        if not self._signed(delivery.body, headers.get("x-wc-webhook-signature", "")):
            return "bad_signature"
        if read(delivery.body) is None:
            return "not_json"
        return "" if headers.get("x-wc-webhook-topic") else "missing_header"

    def notices(self, topic: str, body: bytes) -> Sequence[Notice]:
        """Name what changed. An unknown topic, or a body without the ids, names nothing."""
        resource, _, event = topic.partition(".")
        name = NAMERS.get(resource)
        content = read(body)
        if name is None or content is None or event not in EVENTS:
            return ()
        return name(content, event == "deleted")

    def _signed(self, body: bytes, signature: str) -> bool:
        # Every secret is tried, so that the time taken does not tell which one matched.
        sent = signature.encode("utf-8", "surrogateescape")
        matches = [hmac.compare_digest(sign(body, secret), sent) for secret in self.secrets if secret]
        return any(matches)


EVENTS = frozenset({"created", "updated", "deleted", "restored"})
REASONS = {
    "bad_signature": (401, "the signature does not match"),
    "not_json": (400, "the body is not a JSON object"),
    "missing_header": (400, "the topic is missing"),
}


def is_ping(delivery: Delivery) -> bool:
    """Tell whether a delivery is the unsigned form a webhook sends when it is made or switched on."""
    headers = delivery.headers
    form = headers.get("content-type", "").partition(";")[0].strip().lower() == FORM
    unsigned = not any(name.startswith("x-wc-webhook") for name in headers)
    return form and unsigned and PING.fullmatch(delivery.body) is not None


def sign(body: bytes, secret: str) -> bytes:
    """Return the signature of a body as it stands in `X-WC-Webhook-Signature`."""
    return base64.b64encode(hmac.new(secret.encode(), body, sha256).digest())


def delivery_id(headers: Mapping[str, str], body: bytes) -> str:
    """Return what tells a delivery from another one: its own id is shared by all of one second."""
    said = (headers.get("x-wc-webhook-delivery-id", "")[:100], headers.get("x-wc-webhook-topic", ""))
    text = "\0".join(said).encode("utf-8", "surrogateescape")
    return blake2b(text + b"\0" + body, digest_size=16).hexdigest()


def read(body: bytes) -> Body | None:
    """Return the JSON object in a body, None when it is none."""
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def number(value: Any) -> int:
    """Return an id, 0 for anything that is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < LARGEST else 0


def ids_of(value: Any) -> Sequence[int]:
    """Return the ids in a list; what is none is left out."""
    try:
        listed = msgspec.convert(value, list[Any])
    except msgspec.ValidationError:
        return ()
    return [found for each in listed if (found := number(each))]


def order(body: Body, gone: bool) -> Sequence[Notice]:  # noqa: FBT001 - one of a table of functions
    """Name an order; a deleted one says its id and no more."""
    found = variant_id(number(body.get("id")))
    return (Notice("order", found, deleted=gone, changed_at=moment(body)),) if found else ()


def product(body: Body, gone: bool) -> Sequence[Notice]:  # noqa: FBT001 - one of a table of functions
    """Name what is sold: a product, a variation, or every variation of a product; and its stock."""
    found = number(body.get("id"))
    if not found:
        return ()
    below = ids_of(body.get("variations"))
    if below and not gone:
        told = [Notice("variant", variant_id(one, found)) for one in below]
        return (*told, Notice("stock_level", level_id(str(found))))
    parent = number(body.get("parent_id"))
    ref = variant_id(found, parent)
    # A variation is as new as the newer of itself and its product, and only one of the stamps is here.
    stamp = None if parent or gone else moment(body)
    keeper = str(parent) if body.get("manage_stock") == "parent" else ref
    level = Notice("stock_level", level_id(keeper), deleted=gone, says={} if keeper != ref else stock_said(body))
    return Notice("variant", ref, deleted=gone, changed_at=stamp), level


def stock_said(body: Body) -> dict[str, Any]:
    """Return the figure a body tells, if the record keeps one."""
    figure = body.get("stock_quantity")
    if body.get("manage_stock") is not True or not isinstance(figure, int) or isinstance(figure, bool):
        return {}
    return {"available": Quantity(Decimal(figure))} if abs(figure) < MOST else {}


def moment(body: Body) -> datetime | None:
    """Return the change stamp of a body, None where there is none."""
    value = body.get("date_modified_gmt")
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else None


NAMERS: dict[str, Callable[[Body, bool], Sequence[Notice]]] = {"order": order, "product": product}
_DECODER = msgspec.json.Decoder(dict[str, Any])

"""Deliveries from a shop's event plugin: prove the sender, then name what changed.

Vendure itself sends nothing; the plugin is ours (docs/connectors/vendure-webhook.js) and a merchant adds it. It signs
as Standard Webhooks do (https://www.standardwebhooks.com, 1.0.0): HMAC-SHA256 over `id.timestamp.body`, in base64,
after `v1,`; several signatures may stand in the header, apart by spaces. Bodies name ids only; the record itself is
read, because deliveries repeat, come late and in any order.
"""

import base64
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from isthmus.connectors.vendure.lists import is_id
from isthmus.connectors.vendure.stock import level_id
from isthmus.ports.receiver import Accepted, Delivery, Notice, Refused

#: The plugin signs with the time of each sending, so a delivery tried again is as fresh as a new one.
WINDOW = timedelta(minutes=5)
#: A shop names as many records as one of its requests has changed.
MOST = 1_000
_LONGEST_ID = 200


class Body(msgspec.Struct, frozen=True, rename="camel"):
    """What the plugin sends; which ids there are depends on the topic."""

    topic: str = ""
    event_id: str = ""
    order_ids: tuple[str, ...] = ()
    variant_ids: tuple[str, ...] = ()
    levels: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The receiving end for one shop. `secrets` are the plugin's and the one before it."""

    secrets: Sequence[str] = field(repr=False)

    def verify(self, delivery: Delivery, now: datetime) -> Accepted:
        """Check signature, age and shape, in this order. Raises `Refused`."""
        if code := self._doubt(delivery, now):
            status, message = REASONS[code]
            raise Refused(message, status=status, code=code)
        found = read(delivery.body) or Body()
        return Accepted(delivery_id=delivery.headers["webhook-id"], topic=found.topic)

    def notices(self, topic: str, body: bytes) -> Sequence[Notice]:
        """Name what changed. An unknown topic, or a body without ids, names nothing."""
        name = NAMERS.get(topic)
        content = read(body)
        return name(content) if name and content is not None else ()

    def _doubt(self, delivery: Delivery, now: datetime) -> str:
        """Return the code of the first reason against a delivery, empty when there is none."""
        headers = delivery.headers
        name, time = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not self._signed(name, time, delivery.body, headers.get("webhook-signature", "")):
            return "bad_signature"
        if not fresh(time, now):
            return "stale"
        found = read(delivery.body)
        if found is None:
            return "not_json"
        # The id in the header is signed as well; the same stands in the body.
        complete = 0 < len(name) <= _LONGEST_ID and found.topic and found.event_id == name
        return "" if complete else "incomplete"

    def _signed(self, name: str, time: str, body: bytes, header: str) -> bool:
        given = [one.removeprefix("v1,").encode() for one in header.split(" ") if one.startswith("v1,")]
        # Every secret is tried with every signature, so that the time taken does not tell which one matched.
        matches = [
            hmac.compare_digest(sign(name, time, body, secret), one)
            for secret in self.secrets
            if secret
            for one in given
        ]
        return any(matches)


REASONS = {
    "bad_signature": (401, "the signature does not match"),
    "stale": (401, "the delivery is too old or has no time"),
    "not_json": (400, "the body is not what the plugin sends"),
    "incomplete": (400, "topic or id is missing"),
}


def sign(name: str, time: str, body: bytes, secret: str) -> bytes:
    """Return the signature of a delivery as it stands behind `v1,`."""
    signed = f"{name}.{time}.".encode() + body
    return base64.b64encode(hmac.new(secret.encode(), signed, sha256).digest())


def fresh(time: str, now: datetime) -> bool:
    """Tell whether a delivery was sent just now; whole seconds since 1970."""
    if not (time.isascii() and time.isdecimal() and len(time) <= 12):  # noqa: PLR2004 - far beyond any year of ours
        return False
    try:
        sent = datetime.fromtimestamp(int(time), UTC)
    except (ValueError, OverflowError, OSError):
        return False
    return abs(now - sent) <= WINDOW


def read(body: bytes) -> Body | None:
    """Return what a body says, None when it is none of the plugin's."""
    try:
        return msgspec.json.decode(body, type=Body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def told(kind: str, ids: Sequence[str], *, deleted: bool = False) -> Sequence[Notice]:
    """Name some records, each once."""
    return tuple(Notice(kind, one, deleted=deleted) for one in dict.fromkeys(ids[:MOST]) if is_id(one))


def orders(body: Body) -> Sequence[Notice]:
    """Name orders."""
    return told("order", body.order_ids)


def variants(body: Body) -> Sequence[Notice]:
    """Name variants."""
    return told("variant", body.variant_ids)


def deleted_variants(body: Body) -> Sequence[Notice]:
    """Name variants that are gone."""
    return told("variant", body.variant_ids, deleted=True)


def levels(body: Body) -> Sequence[Notice]:
    """Name stock levels; how much is there has to be read."""
    named = [(str(one.get("variantId", "")), str(one.get("stockLocationId", ""))) for one in body.levels[:MOST]]
    known = dict.fromkeys(level_id(*pair) for pair in named if all(map(is_id, pair)))
    return tuple(Notice("stock_level", one) for one in known)


NAMERS: dict[str, Callable[[Body], Sequence[Notice]]] = {
    "order.placed": orders,
    "order.state": orders,
    "order.updated": orders,
    "payment.state": orders,
    "refund.created": orders,
    "refund.state": orders,
    "fulfillment.state": orders,
    "stock.moved": levels,
    "variant.created": variants,
    "variant.updated": variants,
    "variant.deleted": deleted_variants,
}

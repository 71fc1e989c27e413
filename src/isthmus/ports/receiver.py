"""Being told: verify a delivery, then name what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from isthmus.canonical.record import Record
from isthmus.ports.probe import Finding


@dataclass(frozen=True, slots=True)
class Delivery:
    """One HTTP delivery; header names in lower case."""

    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A delivery whose sender is proven; `delivery_id` repeats when the delivery does."""

    delivery_id: str
    topic: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something changed. `record` only when the signed payload is complete and can be trusted.

    `changed_at` is the record's own change stamp after the change, by the source's clock. `says`
    names fields of the record and their new values. With either, a notice of what the mirror
    knows already (a repeat, an echo of our own write) costs no call.
    """

    kind: str
    external_id: str
    record: Record | None = None
    deleted: bool = False
    changed_at: datetime | None = None
    says: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Refused(Exception):
    """A delivery that must not become work; `status` is the HTTP answer."""

    def __init__(self, message: str, *, status: int, code: str) -> None:
        """Say why, in words that give an attacker nothing."""
        super().__init__(message)
        self.status = status
        self.code = code


class Receiver(Protocol):
    """A system that sends deliveries."""

    def verify(self, delivery: Delivery, now: datetime) -> Accepted:
        """Check signature (constant time), age and shape. Raises `Refused`."""
        ...

    def notices(self, topic: str, body: bytes) -> Sequence[Notice]:
        """Name what a verified delivery says changed; an unknown topic names nothing."""
        ...


class Subscriptions(Protocol):
    """The other side's list of where it sends deliveries, kept right by us and never by hand."""

    async def ensure(self, url: str) -> Sequence[Finding]:
        """Create what is missing for `url` and report what was found wrong. Safe to repeat."""
        ...

    async def look(self, url: str) -> Sequence[Finding]:
        """Report what is wrong or missing for `url`, and change nothing."""
        ...

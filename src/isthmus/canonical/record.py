"""What every canonical record has, and how records become text and back."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any, TypeVar

import msgspec

R = TypeVar("R", bound="Record")
#: Not part of what a record says, only of how we came to know it.
_READING = frozenset({"read_at", "revision", "changed_at", "last_pushed_at"})


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A piece of a record with no identity of its own, such as an address."""


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One thing as one system knows it. Times are aware UTC."""

    external_id: str  # the other system's own key, never ours
    connection: str = ""
    number: str = ""  # what people call it: order number, SKU
    revision: str = ""  # tells an edit from a repeat, as the source does
    changed_at: datetime | None = None  # by the source's clock
    read_at: datetime | None = None  # when the read that brought it began, our clock
    deleted_at: datetime | None = None  # a tombstone: the source no longer has it
    custom: Mapping[str, Any] = msgspec.field(default_factory=dict[str, Any])  # what has no field of its own

    def __post_init__(self) -> None:
        """Refuse an empty key and times without a zone. Raises `ValueError`."""
        if not self.external_id:
            message = "external_id must not be empty"
            raise ValueError(message)
        for name in ("changed_at", "read_at", "deleted_at"):
            moment = getattr(self, name)
            if moment is not None and moment.tzinfo is None:
                message = f"{name} has no time zone"
                raise ValueError(message)


def dump(record: Record | Part) -> bytes:
    """Return the record as JSON; amounts and times keep every digit."""
    return _ENCODER.encode(record)


def load(kind: type[R], body: bytes | str) -> R:
    """Read a record back. Raises `ValueError` naming the path of the bad field, such as `$.lines[0].quantity`."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as wrong:
        raise ValueError(str(wrong)) from wrong


def fingerprint(record: Record) -> str:
    """Return a short digest of what the record says; equal means there is nothing to do."""
    said = {name: getattr(record, name) for name in record.__struct_fields__ if name not in _READING}
    return blake2b(_ENCODER.encode(said), digest_size=16).hexdigest()


_ENCODER = msgspec.json.Encoder(order="deterministic")

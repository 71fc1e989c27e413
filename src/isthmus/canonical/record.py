"""What every canonical record has, and how records become text and back."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Any, TypeVar, dataclass_transform, get_args, get_type_hints

import msgspec

R = TypeVar("R", bound="Record")
#: Not part of what a record says, only of how we came to know it.
_NEVER_READ = {"read_at": None, "revision": "", "changed_at": None, "last_pushed_at": None}


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A piece of a record with no identity of its own, such as an address."""


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One thing as one system knows it. Times are aware UTC."""

    external_id: str  # the other system's own key, never ours
    connection: str = ""
    number: str = ""  # what people call it: order number, SKU
    revision: str = ""  # tells an edit from a repeat, as the source does
    changed_at: datetime | None = None  # by the source's clock
    read_at: datetime | None = None  # when the read that brought it began, our clock
    deleted_at: datetime | None = None  # a tombstone: the source no longer has it
    #: What has no field of its own, by the name its system gives it: texts, truths, whole numbers, and lists of these.
    #: A number with decimals is its text, because JSON would read it back as a binary float.
    custom: Mapping[str, Any] = msgspec.field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        """Refuse an empty key and times without a zone. Raises `ValueError`."""
        if not self.external_id:
            message = "external_id must not be empty"
            raise ValueError(message)
        for name in _times(type(self)):
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
    # Fields left at their default are not written, so that a field of a later release changes nothing.
    return blake2b(_ENCODER.encode(_said(record)), digest_size=16).hexdigest()


def _said(record: Record) -> Record:
    reading, inner = _parts(type(record))
    changes = dict(reading)
    for name in inner:
        if (part := getattr(record, name)) is not None:
            changes[name] = _said(part)
    return msgspec.structs.replace(record, **changes)


@cache
def _parts(kind: type[Record]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the fields of a kind that fingerprints leave out, emptied, and those that hold another record."""
    hints = get_type_hints(kind)
    return (
        {name: _NEVER_READ[name] for name in hints if name in _NEVER_READ},
        tuple(name for name, hint in hints.items() if any(map(_is_record, (hint, *get_args(hint))))),
    )


def _is_record(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Record)


@cache
def _times(kind: type[Record]) -> tuple[str, ...]:
    """Return the fields of a kind that hold a moment."""
    return tuple(name for name, hint in get_type_hints(kind).items() if datetime in (hint, *get_args(hint)))


_ENCODER = msgspec.json.Encoder(order="deterministic")

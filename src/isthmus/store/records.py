"""Canonical records as rows of the mirror, and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from isthmus.canonical.kinds import KINDS
from isthmus.canonical.record import Record, dump, fingerprint, load
from isthmus.kit.clock import from_micros, to_micros
from isthmus.store.statement import Row

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Mirrored(Generic[R]):
    """A record as the mirror holds it."""

    record: R
    fingerprint: str
    read_at: datetime
    deleted: bool


def record_values(connection: str, kind: str, record: Record, read_at: datetime) -> Mapping[str, Any]:
    """Return what `store_record` takes."""
    return {
        "connection": connection,
        "kind": kind,
        "external_id": record.external_id,
        "number": record.number,
        "revision": record.revision,
        "changed_at": None if record.changed_at is None else to_micros(record.changed_at),
        "read_at": to_micros(read_at),
        "deleted_at": None if record.deleted_at is None else to_micros(record.deleted_at),
        "fingerprint": fingerprint(record),
        "body": dump(record).decode(),
    }


def mirrored(kind: type[R], row: Row) -> Mirrored[R]:
    """Read a row of the mirror."""
    return Mirrored(
        record=load(kind, row["body"]),
        fingerprint=row["fingerprint"],
        read_at=from_micros(row["read_at"]),
        deleted=row["deleted_at"] is not None,
    )


def kind_class(kind: str) -> type[Record]:
    """Return the record class of a kind's name."""
    return KINDS[kind]

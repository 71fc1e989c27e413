"""Canonical records as rows of the mirror, and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import msgspec

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


@dataclass(frozen=True, slots=True)
class Held:
    """What the other system holds of a record, as the last yes from there said."""

    external_id: str
    number: str
    fingerprint: str  # of the record that was written
    refs: Mapping[str, str]
    said_at: datetime  # when it said so last
    lost: bool = False  # its own list has it no more
    born: str = ""  # when it made it, as it said itself


#: What a binding's state is then.
LOST = "lost"
#: What a person decided to leave as it is settles after this moment: never.
LEFT_FROM = datetime(8000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A create that got no answer, or not yet: what it made can be found after it has settled.

    `made` is what a further try under the same key made, while it is watched whether the first one made something too.
    """

    intent_id: str
    settles_at: datetime
    made: str = ""

    @property
    def left(self) -> bool:
        """Tell whether a person decided that nothing more is to be done about it."""
        return self.settles_at >= LEFT_FROM


@dataclass(frozen=True, slots=True)
class Standing(Mirrored[R]):
    """A record of the mirror and how it stands with another system."""

    held: Held | None
    unanswered: Unanswered | None


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


def standing(kind: type[R], row: Row) -> Standing[R]:
    """Read a row of the statement `standing`."""
    held = unanswered = None
    if row["held_id"] is not None:
        refs = msgspec.json.decode(row["held_refs"], type=dict[str, str])
        said_at = from_micros(row["held_at"] or 0)
        lost = row["held_state"] == LOST
        held = Held(row["held_id"], row["held_number"], row["held_fingerprint"], refs, said_at, lost, row["held_born"])
    if row["intent_id"] is not None:
        unanswered = Unanswered(row["intent_id"], from_micros(row["settles_at"]), row["intent_made"])
    return Standing(
        record=load(kind, row["body"]),
        fingerprint=row["fingerprint"],
        read_at=from_micros(row["read_at"]),
        deleted=row["deleted_at"] is not None,
        held=held,
        unanswered=unanswered,
    )


def kind_class(kind: str) -> type[Record]:
    """Return the record class of a kind's name."""
    return KINDS[kind]

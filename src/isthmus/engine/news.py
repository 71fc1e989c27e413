"""Is a notice news? What the mirror knows already costs no call.

Shops announce one order several times within a second, and announce our own writes back to us.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from isthmus.canonical.record import load
from isthmus.engine.context import Context
from isthmus.kit.clock import from_micros
from isthmus.ports.receiver import Notice
from isthmus.store.records import kind_class
from isthmus.store.statement import Row, listed

#: Change stamps have whole seconds and clocks differ: a reading this much later than the stamp has
#: seen everything that bears it.
SURE = timedelta(seconds=90)


async def news_of(context: Context, connection: str, kind: str, hints: Mapping[str, Sequence[Notice]]) -> list[str]:
    """Return the ids of records that must be read at their source."""
    if not hints:
        return []
    rows = await context.store.read("records", connection=connection, kind=kind, ids=listed(hints))
    known = {row["external_id"]: row for row in rows if row["deleted_at"] is None}
    return [each for each, notices in hints.items() if not (each in known and told_already(kind, known[each], notices))]


def told_already(kind: str, row: Row, notices: Sequence[Notice]) -> bool:
    """Tell whether a record of the mirror holds all that these notices say."""
    return all(_stamped(row, notice) or _said(kind, row, notice) for notice in notices)


def _stamped(row: Row, notice: Notice) -> bool:
    if notice.deleted or notice.changed_at is None or row["changed_at"] is None:
        return False
    changed_at = from_micros(row["changed_at"])
    if changed_at > notice.changed_at:
        return True
    return changed_at == notice.changed_at and from_micros(row["read_at"]) >= changed_at + SURE


def _said(kind: str, row: Row, notice: Notice) -> bool:
    if notice.deleted or not notice.says:
        return False
    record: Any = load(kind_class(kind), row["body"])
    return all(getattr(record, name) == value for name, value in notice.says.items())

"""The mirror: take in what was read, and say which jobs it concerns.

Everything that learns of a change (a delivery, a poll, a person) comes through here, so a record
read twice marks nothing and a record that changed marks each job once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from isthmus.canonical.record import Record, load
from isthmus.engine.context import Context
from isthmus.engine.flow import Change, Flow, Mark, Reading
from isthmus.kit.clock import to_micros
from isthmus.store.records import kind_class, record_values
from isthmus.store.statement import Many, Row, Step, listed

#: What `bury_record` writes instead of a fingerprint.
BURIED = "deleted"
#: A reading takes no longer than this from its beginning to its answer, waiting for its turn to call included.
OVERLAP = timedelta(seconds=120)


@dataclass(slots=True)
class Absorbed:
    """The steps that take a reading in, to be written as one unit with whatever caused it."""

    steps: list[Step] = field(default_factory=list[Step])
    read: int = 0
    changed: int = 0


class Absorbs(Protocol):
    """Whoever takes readings in."""

    async def absorb(
        self,
        connection: str,
        kind: str,
        records: Sequence[Record],
        *,
        read_at: datetime,
        gone: Sequence[str] = (),
    ) -> Absorbed:
        """See `Mirror.absorb`."""
        ...


def outdated(row: Row, record: Record | None, read_at: datetime) -> bool:
    """Tell whether the mirror's `row` is newer than a reading that began at `read_at` (None: it was not there).

    A reading says how the record was at some moment after it began. So of two that may have overlapped, the source's
    own stamp tells which is newer, where it has one. `store_record` decides alike.
    """
    began = row["read_at"] > to_micros(read_at)
    if record is None or record.changed_at is None or row["changed_at"] is None or row["deleted_at"] is not None:
        return began
    stamp = to_micros(record.changed_at)
    if stamp == row["changed_at"]:
        return began
    return stamp < row["changed_at"] and to_micros(read_at - OVERLAP) < row["read_at"]


class Mirror:
    """Knows the flows that want to hear of changes."""

    def __init__(self, context: Context, flows: Sequence[Flow]) -> None:
        """Serve `flows`."""
        self._context = context
        self._flows = flows

    async def absorb(
        self,
        connection: str,
        kind: str,
        records: Sequence[Record],
        *,
        read_at: datetime,
        gone: Sequence[str] = (),
    ) -> Absorbed:
        """Compare records (read from `read_at` on) with the mirror; `gone` are ids the source no longer has."""
        newest = {record.external_id: record for record in records}
        result = Absorbed(read=len(newest) + len(gone))
        mirrored = await self._mirrored(connection, kind, [*newest, *gone])
        # What is older than the mirror's own reading says nothing about now, least of all what orders take.
        late = {each for each, row in mirrored.items() if outdated(row, newest.get(each), read_at)}
        known = {each: row for each, row in mirrored.items() if row["deleted_at"] is None and each not in late}
        rows: list[Any] = []
        seen: list[Any] = []
        changes: list[Change] = []
        for external_id, record in newest.items():
            if external_id in late:
                continue
            values = record_values(connection, kind, record, read_at)
            before = known.get(external_id)
            if before is not None and before["fingerprint"] == values["fingerprint"]:
                evidence = {"read_at": values["read_at"], "fingerprint": values["fingerprint"]}
                seen.append({**_key(connection, kind, external_id), **evidence})
            else:
                rows.append(values)
                reading = Reading(values["read_at"], values["fingerprint"])
                changes.append(Change(connection, kind, record, reading, deleted=record.deleted_at is not None))
        changes += await self._buried(connection, kind, [each for each in gone if each in known], result, read_at)
        result.changed = len(changes)
        if rows:
            result.steps.append(Many("store_record", rows))
        if seen:
            result.steps.append(Many("record_seen", seen))
        self._react(changes, result)
        return result

    async def _mirrored(self, connection: str, kind: str, ids: Sequence[str]) -> dict[str, Row]:
        if not ids:
            return {}
        rows = await self._context.store.read("fingerprints", connection=connection, kind=kind, ids=listed(ids))
        return {row["external_id"]: row for row in rows}

    async def _buried(
        self, connection: str, kind: str, ids: Sequence[str], result: Absorbed, read_at: datetime
    ) -> list[Change]:
        if not ids:
            return []
        now = self._context.micros()
        result.steps.append(
            Many(
                "bury_record",
                [{**_key(connection, kind, each), "now": now, "read_at": to_micros(read_at)} for each in ids],
            )
        )
        rows = await self._context.store.read("records", connection=connection, kind=kind, ids=listed(ids))
        reading = Reading(to_micros(read_at), BURIED)
        return [Change(connection, kind, load(kind_class(kind), row["body"]), reading, deleted=True) for row in rows]

    def _react(self, changes: Sequence[Change], result: Absorbed) -> None:
        marks: dict[tuple[str, str], Mark] = {}
        for change in changes:
            for flow in self._flows:
                reaction = flow.react(change)
                result.steps.extend(reaction.facts)
                marks.update({(mark.flow, mark.subject): mark for mark in reaction.marks})
        if marks:
            result.steps.append(mark_jobs(list(marks.values()), self._context.micros()))


#: The lanes inside a flow.
HOT, USUAL = 0, 1


def mark_jobs(marks: Sequence[Mark], now: int) -> Step:
    """Return the step that marks jobs; sorted, so that two units never wait for each other's rows in a circle."""
    ordered = sorted(marks, key=lambda mark: (mark.flow, mark.subject))
    return Many(
        "mark_job",
        [
            {
                "flow": mark.flow,
                "subject": mark.subject,
                "number": mark.number,
                "now": now,
                "lane": HOT if mark.hot else USUAL,
            }
            for mark in ordered
        ],
    )


def _key(connection: str, kind: str, external_id: str) -> dict[str, Any]:
    return {"connection": connection, "kind": kind, "external_id": external_id}

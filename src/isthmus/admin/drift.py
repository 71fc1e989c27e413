"""What is different about the answers of other systems, and what a person takes for right. (R-SYS-38)"""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from isthmus.engine.context import Context
from isthmus.kit.clock import from_micros
from isthmus.policies.drift import Drift
from isthmus.store.base import one
from isthmus.store.statement import Row, listed, say

#: More differences than a person will read.
MOST = 1_000
#: What each kind of difference means to a job, in one sentence.
MEANING = {
    Drift.NEW_FIELD: "A field that no answer had before; nothing of ours reads it.",
    Drift.FIELD_MISSING: "A field that was always there was not in several answers in a row.",
    Drift.TYPE_CHANGED: "A field holds a value of another type than it always did.",
    Drift.NEW_ENUM_VALUE: "A field that always named one of a few states names another one.",
    Drift.NULL_WHERE_NEVER: "A field that was never empty is empty.",
    Drift.NOT_WATCHED: "Looking at these answers failed inside Isthmus; calls go on. Please report it.",
}


class DriftView(msgspec.Struct, frozen=True, kw_only=True):
    """One difference. `breaking`: a job may fail over it; `answers`: in how many it was seen."""

    id: int
    connection: str
    operation: str
    kind: str
    path: str
    before: str
    after: str
    breaking: bool
    meaning: str
    first_at: datetime
    last_at: datetime
    answers: int
    accepted_at: datetime | None
    accepted_by: str


class ShapeView(msgspec.Struct, frozen=True, kw_only=True):
    """What was learned of one operation. `question` tells questions for other fields apart."""

    connection: str
    operation: str
    question: str
    fingerprint: str
    answers: int
    since: datetime
    seen_at: datetime


class DriftReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything there is to say; `breaking` counts what is open and may break a job."""

    breaking: int
    drifts: Sequence[DriftView]
    shapes: Sequence[ShapeView]


class NoSuchDrift(Exception):
    """There is no open difference of this id; the message says which there are."""


async def drift(context: Context, *, accepted: bool = False) -> DriftReport:
    """Return what is open (with `accepted`, also what was accepted), and what was learned."""
    rows = await context.store.read("drifts", most=MOST)
    return DriftReport(
        breaking=await breaking(context),
        drifts=[_view(row) for row in rows if accepted or row["accepted_at"] is None],
        shapes=[_shape(row) for row in await context.store.read("shapes")],
    )


async def breaking(context: Context) -> int:
    """Return how many differences are open that may break a job."""
    row = one(await context.store.read("drift_open"))
    return row["drifts"] if row else 0


async def accept(context: Context, wanted: Collection[int], *, by: str, because: str = "") -> int:
    """Take open differences for right from now on (none named: all of them); return how many. Raises `NoSuchDrift`."""
    there = {row["id"]: row for row in await context.store.read("drifts", most=MOST) if row["accepted_at"] is None}
    for each in wanted:
        if each not in there:
            known = ", ".join(map(str, there)) or "none"
            message = f"there is no open difference {each}; open are: {known}"
            raise NoSuchDrift(message)
    chosen = sorted(wanted) or list(there)
    if not chosen:
        return 0
    now = context.micros()
    audit = [
        say(
            "add_audit",
            now=now,
            who=by,
            action="accept drift",
            target=f"{there[each]['connection']} {there[each]['operation']} {there[each]['path']}",
            before=there[each]["was"],
            after=f"{there[each]['kind']}: {there[each]['found']}",
            why=because,
        )
        for each in chosen
    ]
    rows = await context.store.write(say("accept_drift", now=now, who=by, ids=listed(map(str, chosen))), *audit)
    return len(rows[0])


def _view(row: Row) -> DriftView:
    kind = Drift(row["kind"])
    return DriftView(
        id=row["id"],
        connection=row["connection"],
        operation=row["operation"],
        kind=kind,
        path=row["path"],
        before=row["was"],
        after=row["found"],
        breaking=bool(row["breaking"]),
        meaning=MEANING[kind],
        first_at=from_micros(row["first_at"]),
        last_at=from_micros(row["last_at"]),
        answers=row["answers"],
        accepted_at=None if row["accepted_at"] is None else from_micros(row["accepted_at"]),
        accepted_by=row["who"],
    )


def _shape(row: Row) -> ShapeView:
    return ShapeView(
        connection=row["connection"],
        operation=row["operation"],
        question=row["question"],
        fingerprint=row["fingerprint"],
        answers=row["answers"],
        since=from_micros(row["since"]),
        seen_at=from_micros(row["seen_at"]),
    )

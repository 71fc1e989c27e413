"""The answers to an operator's questions, as plain values both faces can show."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

#: Figures are counted up to here and one further, which says "more": a long queue makes no page slow.
COUNTED = 10_000


def counted(number: int) -> str:
    """Return a figure as people read it: `9,999`, or `10,000+` beyond what is counted."""
    return f"{number:,}" if number <= COUNTED else f"{COUNTED:,}+"


class HoldView(msgspec.Struct, frozen=True, kw_only=True):
    """Why something waits. `why`: paused (by a person), window (planned maintenance), down (it does not answer).

    `until` is None while nobody knows; `next_look` is when it is asked again whether it is there.
    """

    what: str
    why: str
    because: str
    since: datetime
    until: datetime | None = None
    next_look: datetime | None = None


class ProcessView(msgspec.Struct, frozen=True, kw_only=True):
    """One process at work. `state`: working, or stopping (finishes what it has and takes nothing new)."""

    role: str
    host: str
    pid: int
    version: str
    flows: Sequence[str]  # empty: all
    state: str
    started_at: datetime
    seen_at: datetime


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """When what waits for a flow will be done at the speed of its last runs; None where that is not known."""

    empty_at: datetime | None
    because: str


class PulseView(msgspec.Struct, frozen=True, kw_only=True):
    """The last look at a shop's own list of orders. Counts are of the orders taken since the look before.

    `unheard` came without a message, `unread` had not reached us by then, `stuck` are due and nobody works at them.
    """

    flow: str
    looked_at: datetime
    listed: int
    unheard: int
    unread: int
    stuck: int
    newest: str
    newest_at: datetime | None
    code: str
    because: str
    since: datetime | None


class FlowStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One flow at a glance. Counts are exact up to `COUNTED`; a greater one means "more than that".

    `state`: fresh (nothing late), late, held (paused, or in a window), stopped (a system it needs does not answer).
    """

    flow: str
    source: str
    destination: str
    state: str
    because: str
    waiting: int  # due now or running
    snoozed: int  # will be tried again by itself
    parked: int  # a person is asked
    done_today: int
    oldest_waiting_at: datetime | None
    last_done_at: datetime | None
    hold: HoldView | None = None
    paused: bool = False  # itself: `hold` may also be that of the system it goes to
    forecast: Forecast | None = None
    pulse: PulseView | None = None


class StreamStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One stream: what is read from whom."""

    connection: str
    kind: str
    every_s: int
    finished_at: datetime | None
    next_at: datetime | None
    failures: int
    because: str
    read: int
    changed: int


class ConnectionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One connection: does it answer, and what to do when it does not."""

    name: str
    connector: str
    state: str
    code: str
    because: str
    since: datetime | None
    account: str = ""
    version: str = ""
    api_version: str = ""
    last_delivery_at: datetime | None = None
    hold: HoldView | None = None
    next_window_at: datetime | None = None


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """Parked jobs of one flow with one code; `because` is what the oldest of them says."""

    flow: str
    code: str
    because: str
    jobs: int
    oldest_at: datetime


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The whole project in five seconds."""

    project: str
    at: datetime
    well: bool
    inbox: int
    in_doubt: int
    flows: Sequence[FlowStatus]
    connections: Sequence[ConnectionStatus]
    streams: Sequence[StreamStatus]
    causes: Sequence[Cause]
    processes: Sequence[ProcessView] = ()
    proof_open: int = 0  # rows of the last month's reconciliations that nobody has explained
    drift_open: int = 0  # differences of other systems' answers that may break a job and nobody accepted
    wake_ups: str = "polling"  # how processes hear of each other's work: notifications, or polling


class ParkedJob(msgspec.Struct, frozen=True, kw_only=True):
    """One question to a person."""

    flow: str
    subject: str
    number: str
    code: str
    because: str
    since: datetime
    answers: Sequence[str]
    table: str = ""  # the code table that needs rows, where that is what is asked
    words: Sequence[str] = ()  # the words that need a row in it


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a person did; `before` and `after` are what it changed, in words."""

    at: datetime
    who: str
    action: str
    target: str
    before: str
    after: str
    why: str


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request and its answer, scrubbed."""

    connection: str
    operation: str
    at: datetime
    elapsed_ms: int
    status: int | None
    failure: str
    request: str
    response: str


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to a record, in time order."""

    at: datetime
    what: str  # delivery, read, attempt, intent, bound
    title: str
    detail: str = ""
    flow: str = ""
    outcome: str = ""
    code: str = ""
    notes: Sequence[str] = ()
    calls: Sequence[Call] = ()


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """One system's record of the same real thing."""

    connection: str
    kind: str
    external_id: str
    number: str
    state: str
    synced_at: datetime | None


class TracedJob(msgspec.Struct, frozen=True, kw_only=True):
    """Where a job stands."""

    flow: str
    subject: str
    number: str
    state: str
    code: str
    because: str
    since: datetime
    run_at: datetime
    attempts: int
    answers: Sequence[str]


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that happened to one order, across both systems."""

    number: str
    subject: str
    connection: str
    summary: str
    jobs: Sequence[TracedJob]
    holdings: Sequence[Holding]
    steps: Sequence[Step]

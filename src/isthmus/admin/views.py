"""The answers to an operator's questions, as plain values both faces can show."""

from collections.abc import Sequence
from datetime import datetime

import msgspec


class FlowStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One flow at a glance. `state`: fresh (nothing late), late, stopped (its source does not answer)."""

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


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """Parked jobs that ask the same."""

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


class ParkedJob(msgspec.Struct, frozen=True, kw_only=True):
    """One question to a person."""

    flow: str
    subject: str
    number: str
    code: str
    because: str
    since: datetime
    answers: Sequence[str]


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

"""Questions an operator may ask. Nothing here changes anything."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from isthmus.admin.views import (
    Cause,
    ConnectionStatus,
    FlowStatus,
    ParkedJob,
    Status,
    StreamStatus,
)
from isthmus.engine.context import Context
from isthmus.engine.flow import Flow
from isthmus.kit.clock import from_micros, to_micros
from isthmus.ports.probe import Report
from isthmus.store.base import one
from isthmus.store.statement import Row

#: A flow whose oldest due work has waited longer is late (R-ORD-02: under 5 minutes as limit).
LATE_AFTER = timedelta(minutes=5)
NEVER_RUN = "It has not run yet: `isthmus up` starts it."


async def status(context: Context, flows: Sequence[Flow], project: str) -> Status:
    """Return how everything is."""
    now = context.now()
    connections = await connections_status(context)
    inbox = one(await context.store.read("inbox_waiting"))
    doubts = await context.store.read("intents_in_doubt")
    streams = await context.store.read("streams")
    flow_rows = await _flow_statuses(context, flows, connections, now)
    flow_rows = [_with_reading(row, flow, streams, now) for row, flow in zip(flow_rows, flows, strict=True)]
    causes = [_cause(row) for row in await context.store.read("parked_causes")]
    return Status(
        project=project,
        at=now,
        well=not causes and all(each.state == "fresh" and each.because != NEVER_RUN for each in flow_rows),
        inbox=inbox["deliveries"] if inbox else 0,
        in_doubt=sum(row["intents"] for row in doubts),
        flows=flow_rows,
        connections=connections,
        streams=[_stream(row) for row in streams],
        causes=causes,
    )


async def parked(context: Context, *, flow: str = "", limit: int = 1000) -> list[ParkedJob]:
    """Return the questions that wait for a person, the oldest first."""
    rows = await context.store.read("parked_jobs", flow=flow, wish=limit)
    return [
        ParkedJob(
            flow=row["flow"],
            subject=row["subject"],
            number=row["number"],
            code=row["code"],
            because=row["because"],
            since=from_micros(row["since"]),
            answers=msgspec.json.decode(row["answers"], type=list[str]),
        )
        for row in rows
    ]


async def connections_status(context: Context) -> list[ConnectionStatus]:
    """Return how each connection is."""
    deliveries = {row["connection"]: row["received_at"] for row in await context.store.read("newest_delivery")}
    rows = await context.store.read("connections")
    return [_connection(row, deliveries.get(row["name"])) for row in rows if row["name"] in context.connections]


async def _flow_statuses(
    context: Context, flows: Sequence[Flow], connections: Sequence[ConnectionStatus], now: datetime
) -> list[FlowStatus]:
    counts: dict[tuple[str, str], Row] = {
        (row["flow"], row["state"]): row for row in await context.store.read("flow_figures")
    }
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    done = {row["flow"]: row for row in await context.store.read("flow_done", since=to_micros(midnight))}
    state_of = {each.name: each for each in connections}
    return [_flow(flow, counts, done.get(flow.name), state_of, now) for flow in flows]


def _flow(
    flow: Flow,
    counts: dict[tuple[str, str], Row],
    done: Row | None,
    connections: dict[str, ConnectionStatus],
    now: datetime,
) -> FlowStatus:
    def jobs(*states: str) -> int:
        return sum(counts[flow.name, state]["jobs"] for state in states if (flow.name, state) in counts)

    open_ones = [counts.get((flow.name, state)) for state in ("ready", "running", "snoozed")]
    waiting = [row["oldest"] for row in open_ones if row is not None]
    oldest = from_micros(min(waiting)) if waiting else None
    troubled = [
        connections[name]
        for name in (flow.source, flow.destination)
        if name in connections and connections[name].state == "trouble"
    ]
    state, because = "fresh", ""
    if troubled:
        state, because = "stopped", f"{troubled[0].name}: {troubled[0].because}"
    elif oldest is not None and now - oldest > LATE_AFTER:
        state, because = "late", "Work has been waiting for more than five minutes."
    return FlowStatus(
        flow=flow.name,
        source=flow.source,
        destination=flow.destination,
        state=state,
        because=because,
        waiting=jobs("ready", "running"),
        snoozed=jobs("snoozed"),
        parked=jobs("parked"),
        done_today=done["jobs"] if done else 0,
        oldest_waiting_at=oldest,
        last_done_at=from_micros(done["newest"]) if done else None,
    )


def _with_reading(status: FlowStatus, flow: Flow, streams: Sequence[Row], now: datetime) -> FlowStatus:
    """Return the status of a flow with what is to be said about its reading: never, or not for a long time."""
    if status.state == "stopped":
        return status
    wanted = {(each.connection, each.kind) for each in flow.listens()}
    mine = [row for row in streams if (row["connection"], row["kind"]) in wanted]
    if wanted and all(row["covered_at"] is None for row in mine):
        return replace(status, because=NEVER_RUN)
    for row in mine:
        read_at = _time(row["finished_at"])
        if read_at is not None and now - read_at > timedelta(seconds=row["every_s"]) + LATE_AFTER:
            what = f"{row['kind'].replace('_', ' ')} records of {row['connection']}"
            because = f"The {what} were last read {read_at:%Y-%m-%d %H:%M} UTC."
            return replace(status, state="late", because=f"{because} Is `isthmus up` running?")
    return status


def _connection(row: Row, received_at: int | None) -> ConnectionStatus:
    report = msgspec.json.decode(row["report"], type=Report) if row["report"] else None
    return ConnectionStatus(
        name=row["name"],
        connector=row["connector"],
        state=row["state"],
        code=row["code"],
        because=row["because"],
        since=_time(row["since"]),
        account=report.account if report else "",
        version=report.version if report else "",
        api_version=report.api_version if report else "",
        last_delivery_at=_time(received_at),
    )


def _stream(row: Row) -> StreamStatus:
    return StreamStatus(
        connection=row["connection"],
        kind=row["kind"],
        every_s=row["every_s"],
        finished_at=_time(row["finished_at"]),
        next_at=_time(row["run_at"]),
        failures=row["failures"],
        because=row["because"],
        read=row["read_count"],
        changed=row["changed_count"],
    )


def _cause(row: Row) -> Cause:
    return Cause(
        flow=row["flow"],
        code=row["code"],
        because=row["because"],
        jobs=row["jobs"],
        oldest_at=from_micros(row["oldest"]),
    )


def _time(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)

"""Questions an operator may ask. Nothing here changes anything."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from isthmus.admin.drift import breaking
from isthmus.admin.holds import forecasts, processes, view
from isthmus.admin.questions import parked_job
from isthmus.admin.views import (
    COUNTED,
    AuditLine,
    Cause,
    ConnectionStatus,
    FlowStatus,
    ParkedJob,
    PulseView,
    Status,
    StreamStatus,
)
from isthmus.engine.context import Context
from isthmus.engine.flow import Flow
from isthmus.engine.hold import Why
from isthmus.engine.holds import FLOW, Holds
from isthmus.engine.tally import tally_of
from isthmus.kit.clock import from_micros, to_micros
from isthmus.ports.probe import Report
from isthmus.store.base import one
from isthmus.store.statement import Row, listed

#: A flow whose oldest due work has waited longer is late (R-ORD-02: under 5 minutes as limit).
LATE_AFTER = timedelta(minutes=5)
#: What is on hold because somebody wants it so is well.
FINE = ("fresh", "held")
#: One more than is shown as a number: it tells "so many" from "more".
MOST = COUNTED + 1
#: Reconciliations of so many days count for how all is.
PROVEN = timedelta(days=31)
NEVER_RUN = "It has not run yet: `isthmus up` starts it."


async def status(context: Context, flows: Sequence[Flow], project: str, holds: Holds) -> Status:
    """Return how everything is."""
    await holds.refresh()
    now = context.now()
    connections = [_with_window(each, holds, now) for each in await connections_status(context)]
    inbox = one(await context.store.read("inbox_figures", most=MOST))
    doubts = one(await context.store.read("intents_in_doubt", most=MOST))
    streams = await context.store.read("streams")
    flow_rows = await _flow_statuses(context, flows, connections, now)
    flow_rows = [_with_reading(row, flow, streams, now) for row, flow in zip(flow_rows, flows, strict=True)]
    pulses = {row["flow"]: pulse_view(row) for row in await context.store.read("pulses")}
    flow_rows = [_with_pulse(row, pulses.get(row.flow), now) for row in flow_rows]
    flow_rows = [_with_hold(row, holds) for row in flow_rows]
    coming = await forecasts(context, flows, {row.flow: row.waiting + row.snoozed for row in flow_rows}, holds)
    flow_rows = [replace(row, forecast=coming.get(row.flow)) for row in flow_rows]
    causes = [_cause(row) for row in await context.store.read("parked_codes", most=MOST)]
    proof_open = await _proof_open(context, now)
    return Status(
        project=project,
        at=now,
        well=not causes
        and not proof_open
        and all(each.state in FINE and each.because != NEVER_RUN for each in flow_rows),
        inbox=inbox["deliveries"] if inbox else 0,
        in_doubt=doubts["intents"] if doubts else 0,
        flows=flow_rows,
        connections=connections,
        streams=[_stream(row) for row in streams],
        causes=causes,
        processes=await processes(context),
        proof_open=proof_open,
        drift_open=await breaking(context),
        wake_ups=context.store.wake_ups,
    )


async def _proof_open(context: Context, now: datetime) -> int:
    first, last = (now - PROVEN).date(), (now + timedelta(days=1)).date()
    rows = await context.store.read("newest_proofs", first=first.isoformat(), last=last.isoformat())
    return sum(tally_of(row["summary"]).open for row in rows)


async def parked(context: Context, *, flow: str = "", limit: int = 1000) -> list[ParkedJob]:
    """Return the questions that wait for a person, the oldest first."""
    rows = await context.store.read("parked_jobs", flow=flow, wish=limit)
    return [parked_job(row) for row in rows]


async def audit(context: Context, *, limit: int = 100) -> list[AuditLine]:
    """Return what people did, the newest first."""
    return [
        AuditLine(
            at=from_micros(row["at"]),
            who=row["who"],
            action=row["action"],
            target=row["target"],
            before=row["before"],
            after=row["after"],
            why=row["why"],
        )
        for row in await context.store.read("audit_trail", wish=limit)
    ]


async def connections_status(context: Context) -> list[ConnectionStatus]:
    """Return how each connection is."""
    deliveries = {row["connection"]: row["received_at"] for row in await context.store.read("newest_delivery")}
    rows = await context.store.read("connections")
    return [_connection(row, deliveries.get(row["name"])) for row in rows if row["name"] in context.connections]


async def _flow_statuses(
    context: Context, flows: Sequence[Flow], connections: Sequence[ConnectionStatus], now: datetime
) -> list[FlowStatus]:
    names = listed(flow.name for flow in flows)
    figures = await context.store.read("flow_figures", flows=names, most=MOST)
    counts: dict[tuple[str, str], Row] = {(row["flow"], row["state"]): row for row in figures}
    midnight = to_micros(now.replace(hour=0, minute=0, second=0, microsecond=0))
    finished = await context.store.read("flow_done", flows=names, since=midnight, most=MOST)
    done = {row["flow"]: row for row in finished}
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
    waiting = [row["oldest"] for row in open_ones if row is not None and row["oldest"] is not None]
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
        last_done_at=_time(done["newest"]) if done else None,
    )


def _with_window(status: ConnectionStatus, holds: Holds, now: datetime) -> ConnectionStatus:
    hold = view(status.name, holds.connection(status.name))
    return replace(status, hold=hold, next_window_at=holds.next_window(status.name, now))


def _with_hold(status: FlowStatus, holds: Holds) -> FlowStatus:
    hold = view(status.flow, holds.flow(status.flow, status.destination))
    if hold is None:
        return status
    state, paused = "stopped" if hold.why == Why.DOWN else "held", holds.paused(FLOW + status.flow)
    return replace(status, hold=hold, paused=paused, state=state, because=hold.because)


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


def _with_pulse(status: FlowStatus, pulse: PulseView | None, now: datetime) -> FlowStatus:
    """Return the status of a flow with what the last look at the shop's own list has shown."""
    if pulse is None:
        return status
    status = replace(status, pulse=pulse)
    if status.state != "fresh":
        return status
    if now - pulse.looked_at > LATE_AFTER:
        because = (
            f"The shop's own list was last looked at {pulse.looked_at:%Y-%m-%d %H:%M} UTC. Is `isthmus up` running?"
        )
        return replace(status, state="late", because=because)
    if not pulse.code:
        return status
    return replace(status, state="fresh" if pulse.code == "unheard" else "late", because=pulse.because)


def pulse_view(row: Row) -> PulseView:
    """Return the last look at a shop's list."""
    return PulseView(
        flow=row["flow"],
        looked_at=from_micros(row["looked_at"]),
        listed=row["listed"],
        unheard=row["unheard"],
        unread=row["unread"],
        stuck=row["stuck"],
        newest=row["newest"],
        newest_at=_time(row["newest_at"]),
        code=row["code"],
        because=row["because"],
        since=_time(row["since"]),
    )


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

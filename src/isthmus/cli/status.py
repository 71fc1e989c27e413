"""How `isthmus status` prints: what is not well first, then the figures."""

from collections.abc import Sequence

from rich.markup import escape

from isthmus.admin.views import FlowStatus, HoldView, ProcessView, Status, counted
from isthmus.cli.show import ago, out, table


def print_status(found: Status) -> None:
    """Print the whole project on one screen."""
    out.print(f"[bold]{escape(found.project)}[/bold]: {'all is well' if found.well else 'needs a look'}")
    table(
        "Flows",
        ("flow", "state", "waiting", "later", "parked", "done today", "oldest", "empty", "because"),
        [_flow(flow) for flow in found.flows],
    )
    holds = {hold.what: hold for hold in [each.hold for each in (*found.connections, *found.flows)] if hold}
    table(
        "On hold",
        ("what", "why", "since", "until", "because"),
        [(hold.what, hold.why, ago(hold.since), until(hold), hold.because) for hold in holds.values()],
    )
    table(
        "Connections",
        ("name", "state", "account", "version", "last delivery", "next window", "because"),
        [
            (
                each.name,
                each.hold.why if each.hold else each.state,
                each.account,
                each.version,
                ago(each.last_delivery_at),
                f"{each.next_window_at:%Y-%m-%d %H:%M} UTC" if each.next_window_at else "-",
                each.hold.because if each.hold else each.because,
            )
            for each in found.connections
        ],
    )
    print_pulses(found)
    if found.proof_open:
        out.print(f"Reconciliation: {counted(found.proof_open)} open, see `isthmus prove`")
    if found.drift_open:
        out.print(f"Answers of other systems: {found.drift_open:,} not as they were, see `isthmus drift`")
    print_processes(found.processes)
    table(
        "Questions",
        ("flow", "how many", "code", "because"),
        [(cause.flow, counted(cause.jobs), cause.code, cause.because) for cause in found.causes],
    )


def print_pulses(found: Status) -> None:
    """Print what the last look at each shop's own list has shown."""
    table(
        "The shops' own lists",
        ("flow", "looked at", "new since then", "unheard", "unread", "stuck", "newest"),
        [
            (
                each.flow,
                ago(each.looked_at),
                *(counted(figure) for figure in (each.listed, each.unheard, each.unread, each.stuck)),
                each.newest or "-",
            )
            for each in (flow.pulse for flow in found.flows)
            if each
        ],
    )


def print_processes(found: Sequence[ProcessView]) -> None:
    """Print who is at work."""
    table(
        "Processes",
        ("role", "host", "process", "version", "flows", "state", "started", "seen"),
        [
            (
                each.role,
                each.host,
                str(each.pid),
                each.version,
                ", ".join(each.flows) or "all",
                each.state,
                ago(each.started_at),
                ago(each.seen_at),
            )
            for each in found
        ],
    )


def until(hold: HoldView) -> str:
    """Return until when, or when it is looked at again."""
    if hold.until is not None:
        return f"{hold.until:%Y-%m-%d %H:%M} UTC"
    return f"asked again {ago(hold.next_look)}" if hold.next_look else "until it is resumed"


def _flow(flow: FlowStatus) -> tuple[str, ...]:
    forecast = flow.forecast
    empty = "-" if forecast is None else f"{forecast.empty_at:%H:%M} UTC" if forecast.empty_at else forecast.because
    return (
        flow.flow,
        flow.state,
        counted(flow.waiting),
        counted(flow.snoozed),
        counted(flow.parked),
        counted(flow.done_today),
        ago(flow.oldest_waiting_at) if flow.oldest_waiting_at else "-",
        empty,
        flow.because,
    )

"""Commands that only look: status, trace, parked, schema."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from isthmus.admin import queries
from isthmus.admin.trace import trace as trace_order
from isthmus.admin.views import Step, Trace
from isthmus.canonical.kinds import KINDS
from isthmus.canonical.kinds import schema as schema_of
from isthmus.cli.options import FOLDER, JSON
from isthmus.cli.project import with_app
from isthmus.cli.show import ago, as_json, fail, out, table
from isthmus.cli.status import print_status
from isthmus.kit.names import nearest


def status(folder: Annotated[Path, FOLDER] = Path(), *, json: Annotated[bool, JSON] = False) -> None:
    """Show in five seconds whether all is well. Exit code 1 when it is not."""
    found = with_app(
        folder, lambda app: queries.status(app.context, app.engine.flows, app.config.name, app.engine.holds)
    )
    if json:
        as_json(found)
    else:
        print_status(found)
    raise SystemExit(0 if found.well else 1)


def parked(
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    flow: Annotated[str, typer.Option(help="Only this flow.")] = "",
    json: Annotated[bool, JSON] = False,
) -> None:
    """List what waits for a person, why, and what can be done about it."""
    found = with_app(folder, lambda app: queries.parked(app.context, flow=flow))
    if json:
        as_json(found)
        return
    table(
        "Waiting for a person",
        ("record", "flow", "since", "because", "what to do"),
        [(job.number or job.subject, job.flow, ago(job.since), job.because, "\n".join(job.answers)) for job in found],
    )


def trace(
    order: Annotated[str, typer.Argument(help="Order number (#1001 or 1001) or the shop's order id.")],
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    bodies: Annotated[bool, typer.Option("--bodies", help="Show what was sent and answered.")] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Show everything that happened to one order, in both systems, with every call."""
    found = with_app(folder, lambda app: trace_order(app.context, app.engine.flows, order))
    if json:
        as_json(found)
    elif not found:
        fail(f"no order {order!r} has been seen; is it newer than the last look at the shop?", 1)
    else:
        for each in found:
            _print_trace(each, bodies=bodies)
    raise SystemExit(0 if found else 1)


def _print_trace(found: Trace, *, bodies: bool) -> None:
    out.print(f"[bold]{escape(found.number)}[/bold] from {escape(found.connection)} (id {escape(found.subject)})")
    out.print(escape(found.summary))
    for job in found.jobs:
        for answer in job.answers:
            out.print(f"  · {escape(answer)}")
    for step in found.steps:
        _print_step(step, bodies=bodies)


def _print_step(step: Step, *, bodies: bool) -> None:
    ending = f" [dim]({escape(step.outcome)})[/dim]" if step.outcome else ""
    out.print(f"\n[dim]{step.at:%Y-%m-%d %H:%M:%S} UTC[/dim]  {escape(step.title)}{ending}")
    if step.detail:
        out.print(f"    {escape(step.detail)}")
    for note in step.notes:
        out.print(f"    · {escape(note)}")
    for call in step.calls:
        answer = str(call.status) if call.status is not None else call.failure
        took = f"[dim]{escape(answer)}, {call.elapsed_ms} ms[/dim]"
        out.print(f"    → {escape(call.connection)} {escape(call.operation)} {took}")
        if bodies:
            out.print(f"      sent: {escape(call.request)}", style="dim")
            out.print(f"      got:  {escape(call.response)}", style="dim")


def audit(
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    limit: Annotated[int, typer.Option(help="How many lines.", min=1)] = 50,
    json: Annotated[bool, JSON] = False,
) -> None:
    """List what people did: who, when, what, and why. The newest first."""
    found = with_app(folder, lambda app: queries.audit(app.context, limit=limit))
    if json:
        as_json(found)
        return
    table(
        "What people did",
        ("when", "who", "what", "to", "before", "after", "why"),
        [(ago(each.at), each.who, each.action, each.target, each.before, each.after, each.why) for each in found],
    )


def schema(kind: Annotated[str, typer.Argument(help="A kind of record, such as order.")]) -> None:
    """Print the JSON Schema of a kind of record."""
    if kind not in KINDS:
        fail(f"there is no kind {kind!r}{nearest(kind, KINDS)}; there are: {', '.join(KINDS)}")
    as_json(schema_of(kind))

"""`isthmus doctor`: what is not well, in each system's own words, with what to click."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from isthmus.admin.doctor.diagnosis import Diagnosis, Told, Visit
from isthmus.admin.doctor.sample import Sample
from isthmus.bootstrap.examining import examine, rehearse
from isthmus.bootstrap.wiring import App
from isthmus.cli.options import FOLDER, JSON
from isthmus.cli.project import with_app
from isthmus.cli.show import as_json, err, fail, out, table
from isthmus.ports.errors import Trouble
from isthmus.ports.probe import Severity

MARK = {
    Severity.OK: "[green]ok[/green]  ",
    Severity.WARNING: "[yellow]look[/yellow]",
    Severity.PROBLEM: "[red]mend[/red]",
}
INTERRUPTED = 130


def doctor(
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    connection: Annotated[str, typer.Option(help="Only this connection and its flows.")] = "",
    flow: Annotated[str, typer.Option(help="Only this flow and its two connections.")] = "",
    sample: Annotated[
        bool, typer.Option("--sample", help="Take the newest order through every step up to the write; write nothing.")
    ] = False,
    seconds: Annotated[int, typer.Option(min=1, help="How long to read each catalog at most.")] = 120,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Look for what is not well: permissions, versions, clocks, money, time zones, SKUs, warehouses, webhooks.

    It changes nothing, here or there. Exit code 1 when something keeps a flow from working.
    """

    async def look(app: App) -> tuple[Visit, list[Sample]]:
        with progress() as told:
            visit = await examine(app, told, connection=connection, flow=flow, limit=timedelta(seconds=seconds))
            return visit, await _samples(app, connection, flow) if sample else []

    try:
        visit, samples = with_app(folder, look)
    except KeyboardInterrupt:
        err.print("stopped; nothing was changed")
        raise SystemExit(INTERRUPTED) from None
    if json:
        as_json({"findings": visit.findings, "systems": visit.seen, "samples": samples, "sound": visit.sound})
    else:
        show_visit(visit)
        if sample:
            _show_samples(samples)
    raise SystemExit(0 if visit.sound and not any(each.stops for each in samples) else 1)


@contextmanager
def progress() -> Generator[Told]:
    """Yield what hears of the doctor's reading, shown on standard error while it goes on."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("")

        def told(what: str, records: int) -> None:
            bar.update(task, description=f"{what}: {records:,}" if records else what)

        yield told


def show_visit(visit: Visit) -> None:
    """Print what was found, the worst first."""
    for who in visit.seen:
        out.print(who, style="dim", markup=False)
    ill = [each for each in visit.findings if each.severity is not Severity.OK]
    for each in ill:
        _show(each)
    if not ill:
        out.print(f"{MARK[Severity.OK]} nothing is in the way")
        return
    problems = sum(each.severity is Severity.PROBLEM for each in ill)
    out.print(f"{problems} to mend, {len(ill) - problems} to look at. What each code means: docs/reference/findings.md")


def _show(each: Diagnosis) -> None:
    out.print(f"{MARK[each.severity]} [bold]{escape(each.about)}[/bold] {escape(each.message)} [dim]{each.code}[/dim]")
    if each.fix:
        out.print(f"     → {escape(each.fix)}")


async def _samples(app: App, connection: str, flow: str) -> list[Sample]:
    try:
        return await rehearse(app, connection=connection, flow=flow)
    except Trouble as trouble:
        fail(f"the sample order could not be followed: {trouble}", code=1)
        raise


def _show_samples(samples: Sequence[Sample]) -> None:
    if not samples:
        out.print("The shop has no order of the last 60 days to follow: place one, such as a test order.")
    for each in samples:
        title = f"\n{each.number} of flow {each.flow}: {each.total}, booked on {each.ordered_on} as {each.reference}"
        rows = [
            (line.sku, line.item or "?", line.quantity, line.price, ", ".join(line.taxes), line.warehouse or "any")
            for line in each.lines
        ]
        out.print()
        table(title.strip(), ("SKU", "item in the ERP", "quantity", "price", "taxes", "warehouse"), rows)
        if each.there:
            out.print(f"The ERP holds it already, as {escape(each.there)}.")
        for stop in each.stops:
            fix = f" → {escape(stop.fix)}" if stop.fix else ""
            out.print(f"{MARK[Severity.PROBLEM]} {escape(stop.message)}{fix} [dim]{stop.code}[/dim]")
        if not each.stops:
            depth = "" if each.rehearsed else " (its connector cannot rehearse a write: taxes were not looked up)"
            out.print(f"{MARK[Severity.OK]} nothing would stop it{depth}; nothing was written")

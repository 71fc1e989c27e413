"""`isthmus reconcile` and `isthmus prove`: both systems' own lists, compared."""

import getpass
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from isthmus.admin import proof, proof_export
from isthmus.admin.holds import NotThere
from isthmus.admin.proof import ProofRun, Proven, Wish
from isthmus.admin.proof_export import NotAnExport, Verified
from isthmus.bootstrap.wiring import App
from isthmus.cli.options import FOLDER, JSON
from isthmus.cli.project import with_app
from isthmus.cli.show import as_json, err, fail, out, table

DAY = typer.Option("--day", help="One day, such as 2026-11-20, by the company's calendar.")
FROM = typer.Option("--from", help="The first of several days.")
TO = typer.Option("--to", help="The last of several days (default: today).")
FLOW = typer.Option("--flow", help="Only this flow.")
#: So far back `prove` looks when nobody says how far.
USUAL = timedelta(days=6)


def reconcile(
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    day: Annotated[str, DAY] = "",
    first: Annotated[str, FROM] = "",
    last: Annotated[str, TO] = "",
    flow: Annotated[str, FLOW] = "",
    json: Annotated[bool, JSON] = False,
) -> None:
    """Compare both systems' own lists of some days (default: today), put right what may be, and keep the result.

    Exit code 1 when a list could not be read to its end; what was read is kept, and the next call goes on there.
    """

    async def work(app: App) -> Proven:
        days = _days(app, day, first, last, timedelta(0))
        return await _reconciled(app, days, flow)

    found = with_app(folder, work)
    _print(found, json=json)
    raise SystemExit(0 if _all_done(found.runs) else 1)


def prove(
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    day: Annotated[str, DAY] = "",
    first: Annotated[str, FROM] = "",
    last: Annotated[str, TO] = "",
    flow: Annotated[str, FLOW] = "",
    export: Annotated[
        Path | None, typer.Option("--export", help="Write what was found in these days: a .csv or .json file.")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Ask no system: check that no result kept here was edited or taken out.")
    ] = False,
    file: Annotated[Path | None, typer.Option("--file", help="With --verify: check this exported file.")] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Show that both systems agree: compare their own lists now (default: the last 7 days) and say what does not.

    Exit code 1 while a row is open, or when a result is not what was written.
    """
    if verify or file:
        _verified(folder, file, json=json)
    if export is not None and export.suffix not in (".csv", ".json"):
        fail(f"--export {export} must end in .csv or .json")

    async def work(app: App) -> Proven:
        days = _days(app, day, first, last, USUAL)
        proven = await _reconciled(app, days, flow)
        if export is not None:
            await _export(app, export, days)
        return proven

    found = with_app(folder, work)
    _print(found, json=json)
    raise SystemExit(0 if _all_done(found.runs) and not found.open else 1)


def _verified(folder: Path, file: Path | None, *, json: bool) -> None:
    async def work(app: App) -> Verified:
        if file is None:
            return await proof_export.verify_store(app.context)
        try:
            return await proof_export.verify_file(app.context, text)
        except NotAnExport as wrong:
            fail(f"{file}: {wrong}")
            raise

    text = "" if file is None else _text(file)
    found = with_app(folder, work)
    if json:
        as_json(found)
    elif found.well:
        out.print(f"{found.rows:,} rows are as they were written.")
    else:
        out.print(f"Broken at row {found.broken}: {found.because}", style="red", markup=False)
    raise SystemExit(0 if found.well else 1)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        fail(f"{file} cannot be read: {wrong}")
        raise


async def _export(app: App, path: Path, days: tuple[date, date]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as out_file:  # noqa: ASYNC230, PTH123 - one file, nobody waits
        async for piece in proof_export.lines(app.context, *days, path.suffix.removeprefix(".")):
            out_file.write(piece)


async def _reconciled(app: App, days: tuple[date, date], flow: str) -> Proven:
    sweep, context = app.engine.sweep, app.context
    await app.engine.prepare(alone=False)
    try:
        wish = await proof.ask(sweep, context.now(), flow=flow, first=days[0], last=days[1], by=getpass.getuser())
    except NotThere as wrong:
        fail(str(wrong))
        raise
    await _watched(app, wish)
    runs = await proof.runs_of(context, sweep, wish)
    rows = [row for run in runs if run.tally.open async for row in proof.rows_of(context, run.run, "open")]
    return Proven(first=days[0].isoformat(), last=days[1].isoformat(), runs=runs, rows=rows)


async def _watched(app: App, wish: Wish) -> None:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("asking both systems", total=len(wish.asked))

        def told(runs: Sequence[ProofRun]) -> None:
            busy = next((run for run in runs if run.state != "done"), None)
            words = f"{busy.flow} {busy.day}: {busy.listed:,} records listed" if busy else "done"
            bar.update(task, description=words, completed=sum(run.state == "done" for run in runs))

        await proof.finish(app.context, app.engine.sweep, wish, told=told)


def _days(app: App, day: str, first: str, last: str, usual: timedelta) -> tuple[date, date]:
    today = app.context.now().astimezone(app.config.zone).date()
    if day:
        if first or last:
            fail("say --day, or --from and --to")
        return _date(day, "--day"), _date(day, "--day")
    end = _date(last, "--to") if last else today
    start = _date(first, "--from") if first else end - usual
    if start > end:
        fail(f"--from {start} is after --to {end}")
    return start, end


def _date(text: str, option: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        fail(f"{option} {text!r} is not a day such as 2026-11-20")
        raise


def _all_done(runs: Sequence[ProofRun]) -> bool:
    return all(run.state == "done" for run in runs)


def _print(found: Proven, *, json: bool) -> None:
    if json:
        as_json(found)
        return
    table(
        f"Both systems' own lists, {found.first} to {found.last}",
        ("day", "flow", "here", "there", "matched", "explained", "open", "sums"),
        [_cells(run) for run in found.runs],
    )
    table(
        "Open",
        ("record", "flow", "day", "found", "why, and what to do"),
        [(row.number or row.subject, row.flow, row.day, row.finding, row.because) for row in found.rows],
    )
    for run in found.runs:
        if run.state != "done":
            out.print(f"{run.flow} {run.day} is not finished: {run.because}", style="yellow", markup=False)
    if found.open:
        out.print(f"{found.open} open. What may be put right by itself is being written; run this again to see.")
    elif _all_done(found.runs):
        out.print("Nothing is open: both systems agree, or it is explained why not.")


def _cells(run: ProofRun) -> tuple[str, ...]:
    tally = run.tally
    units = sorted({*tally.here.sums, *tally.there.sums})
    sums = "\n".join(f"{unit} {tally.here.sums.get(unit, '0')} / {tally.there.sums.get(unit, '0')}" for unit in units)
    counts = (tally.here.count, tally.there.count, tally.matched, tally.explained, tally.open)
    return (run.day, run.flow, *(f"{each:,}" for each in counts), sums)

"""`isthmus run`: all that is due, once."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from isthmus.admin.queries import parked
from isthmus.admin.views import counted
from isthmus.bootstrap.config import ConfigError, ProjectConfig
from isthmus.bootstrap.own import owned
from isthmus.bootstrap.revisions import keep_news
from isthmus.bootstrap.start import introduce
from isthmus.bootstrap.wiring import opened
from isthmus.cli.options import FOLDER
from isthmus.cli.project import project, run_async, set_up_logs
from isthmus.cli.show import as_json, err, fail
from isthmus.engine.engine import Plan
from isthmus.engine.engine import Progress as Waiting
from isthmus.store.group import StoreError


def run(
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    once: Annotated[bool, typer.Option("--once", help="Do all that is due, then exit.")] = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait for work that is due a little later.")] = 0.0,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens.")] = False,
) -> None:
    """Do all that is due, then exit: reads every stream once, takes up deliveries, runs the jobs.

    Exit code 1 when something waits for a person or could not be finished.
    """
    if not once:
        fail("say --once, or use `isthmus up` to keep running")
    set_up_logs(verbose=verbose)
    config = project(folder)
    try:
        with owned(config) as alone:
            result = run_async(_run(config, wait, alone=alone))
    except (ConfigError, StoreError) as wrong:
        fail(str(wrong))
        raise
    if json:
        as_json(result)
    else:
        waiting = f"{result['parked']} wait for a person: see `isthmus parked`"
        questions = waiting if result["parked"] else "no questions"
        err.print(f"{'done' if result['drained'] else 'some work is due later'}; {questions}")
    raise SystemExit(0 if result["drained"] and not result["parked"] else 1)


async def _run(config: ProjectConfig, wait: float, *, alone: bool) -> dict[str, int | bool]:
    async with opened(config, plan=Plan("run")) as app:
        await app.engine.prepare(alone=alone)
        await introduce(app)
        await keep_news(app)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=err, transient=True) as bar:
            task = bar.add_task("reading", total=None)
            most = 1

            def told(now: Waiting) -> None:
                nonlocal most
                waiting = now.deliveries + now.jobs
                most = max(most, waiting)
                words = f"{counted(now.deliveries)} deliveries, {counted(now.jobs)} jobs, {now.streams} streams to go"
                bar.update(task, description=words, total=most, completed=most - waiting)

            drained = await app.engine.drain(patience_s=wait, told=told)
        await keep_news(app)
        return {"drained": drained, "parked": len(await parked(app.context))}

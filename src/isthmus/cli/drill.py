"""`isthmus drill`: break something where nothing can be hurt; `isthmus failpoints`: where it may be killed."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from isthmus.bootstrap.config import ConfigError, ProjectConfig
from isthmus.cli.options import FOLDER, JSON
from isthmus.cli.project import project, run_async, set_up_logs
from isthmus.cli.show import as_json, err, fail, out, table
from isthmus.kit.names import nearest
from isthmus.testing.campaign.arm import Arm, Result
from isthmus.testing.campaign.arms import ARMS
from isthmus.testing.campaign.campaign import Ground, campaign, file_site, planned, summed
from isthmus.testing.campaign.points import points
from isthmus.testing.campaign.understudy import CannotStandIn, Understudy, understudy

#: What goes wrong most often, and what does most damage when it does.
USUAL = ("erp-away", "erp-commit-then-drop", "shop-drop-webhook", "line-reset", "worker-killed", "everything")


def drill(
    faults: Annotated[
        list[str] | None, typer.Argument(help="Which faults; leave out for the usual six. See --list.")
    ] = None,
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    orders: Annotated[int, typer.Option(help="How many orders are offered under each fault.", min=1)] = 40,
    seed: Annotated[int, typer.Option(help="Of what is bought and what is struck.")] = 1,
    names: Annotated[bool, typer.Option("--list", help="Only list the faults there are.")] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Break something while your project runs between a simulated shop and a simulated ERP, and grade what came of it.

    Your flows, tables and limits are used; your systems, your credentials and your database are not touched. Exit code
    1 when anything was lost, doubled or wrong, or a fault was not met.
    """
    there = [arm for arm in ARMS.values() if "sqlite" in arm.stores]
    if names:
        table("Faults", ("name", "what happens"), [(arm.name, arm.says) for arm in there])
        return
    set_up_logs()
    arms = [_arm(name, there) for name in faults or USUAL]
    config = project(folder)
    try:
        standing = understudy(config)
        results = run_async(_drill(arms, standing, (orders, seed), quiet=json))
    except (ConfigError, CannotStandIn) as wrong:
        fail(str(wrong))
        raise
    if json:
        as_json(summed(results))
    else:
        _grade(config, results)
    raise SystemExit(0 if all(each.well for each in results) else 1)


def failpoints(
    *,
    store: Annotated[str, typer.Option(help="sqlite or postgres.")] = "sqlite",
    json: Annotated[bool, JSON] = False,
) -> None:
    """List the points at which a crash test may end Isthmus: before and after every commit and every call."""
    if store not in ("sqlite", "postgres"):
        fail(f"--store {store!r} must be sqlite or postgres")
    found = sorted(points(store))
    if json:
        as_json(found)
    else:
        for each in found:
            out.print(each)


def _arm(name: str, there: Sequence[Arm]) -> Arm:
    found = {arm.name: arm for arm in there}
    if name not in found:
        fail(f"there is no fault {name!r}{nearest(name, found)}; see `isthmus drill --list`")
    return found[name]


async def _drill(arms: Sequence[Arm], standing: Understudy, size: tuple[int, int], *, quiet: bool) -> list[Result]:
    orders, seed = size
    runs = planned(arms, ("sqlite",), (seed,), orders * len(arms))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        tempfile.TemporaryDirectory(prefix="isthmus-drill-") as scratch,
        Progress(*columns, console=err, transient=True, disable=quiet) as bar,
    ):
        task = bar.add_task(runs[0].arm.says, total=len(runs))

        def told(result: Result) -> None:
            bar.update(task, advance=1, description=f"{result.arm}: {verdict(result)}")

        ground = Ground({"sqlite": file_site}, Path(scratch), standing.write, standing.secrets())
        return await campaign(runs, ground, lanes=1, told=told)


def _grade(config: ProjectConfig, results: Sequence[Result]) -> None:
    rows = [
        (each.arm, str(each.offered), str(each.once), str(each.asked), met(each), verdict(each)) for each in results
    ]
    table(f"Drill of {config.name}", ("fault", "offered", "once in the ERP", "asked", "struck", "grade"), rows)
    bad = [each.arm for each in results if not each.well]
    words = "Nothing was lost, doubled or wrong." if not bad else f"Not passed: {', '.join(bad)}."
    out.print(f"{words} Read from the two simulated systems, seed {results[0].seed}.")


def met(result: Result) -> str:
    """Return how often the fault struck."""
    return ", ".join(f"{name} {times}" for name, times in result.faults.items()) or "nothing"


def verdict(result: Result) -> str:
    """Return the grade of one fault in words."""
    counts: dict[str, Any] = {
        "lost": result.lost,
        "doubled": result.doubled,
        "wrong": result.wrong,
        "wrong stock figures": result.wrong_stock,
    }
    bad = [f"{number} {name}" for name, number in counts.items() if number]
    if result.trouble:
        bad.append(result.trouble)
    if bad:
        return f"failed: {', '.join(bad)}"
    if not result.reached:
        return "says nothing: the fault never struck"
    recovered = "in step at once" if not result.drain_s else f"in step {result.drain_s:.0f} s after the fault"
    return f"passed: {recovered}" + (f", {result.asked} asked about and then retried" if result.asked else "")

"""Break everything while a shop is busy, on both stores: `make campaign ARGS="--orders 1000 --seeds 2"`."""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from isthmus.store.statement import Dialect
from isthmus.testing.campaign.arm import Result
from isthmus.testing.campaign.arms import ARMS
from isthmus.testing.campaign.campaign import Ground, Run, campaign, file_site, planned, summed
from tests.campaign.sites import Servers
from tests.store.servers import restartable

STORES: dict[str, tuple[Dialect, ...]] = {
    "sqlite": ("sqlite",),
    "postgres": ("postgres",),
    "both": ("sqlite", "postgres"),
}
SHOWN = ("offered", "once", "lost", "doubled", "wrong", "asked", "drain_s", "at_best_s", "took_s", "calls_per_order")


def main() -> int:
    """Run what was asked for and print what came of it, also of what was finished when it is interrupted."""
    options = _options()
    arms = [ARMS[name] for name in options.arm or ARMS]
    runs = planned(arms, STORES[options.store], range(options.seed, options.seed + options.seeds), options.orders)
    results: list[Result] = []
    try:
        _all(options, runs, results)
    except KeyboardInterrupt:
        say(f"interrupted; {len(runs) - len(results)} runs are missing")
    answer = summed(results)
    print(json.dumps(answer))  # noqa: T201 - the result
    whole = len(results) == len(runs)
    return 0 if whole and all(each["well"] for each in answer["arms"]) and not answer["failpoints_missed"] else 1


def _all(options: argparse.Namespace, runs: Sequence[Run], results: list[Result]) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with ExitStack() as stack:
        folder = Path(options.keep or stack.enter_context(tempfile.TemporaryDirectory(prefix="isthmus-campaign-")))
        sites: dict[Any, Any] = {"sqlite": file_site}
        if options.store != "sqlite":
            sites["postgres"] = Servers(stack.enter_context(restartable())).site
        bar = stack.enter_context(Progress(*columns, console=Console(stderr=True), transient=True))
        task = bar.add_task(f"{runs[0].orders} orders a run", total=len(runs))

        def told(result: Result) -> None:
            results.append(result)
            bar.update(task, advance=1)
            if not options.json or not result.well:
                say(line(result))

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(campaign(runs, Ground(sites, folder), lanes=options.lanes, told=told))


def line(result: Result) -> str:
    """Return one run in a line."""
    shown = " ".join(f"{name}={getattr(result, name)}" for name in SHOWN)
    state = "well  " if result.well else "FAILED"
    why = "" if result.well else f" {result.trouble} {'; '.join(result.samples)} wrong_stock={result.wrong_stock}"
    return f"{state} {result.arm} {result.store} seed={result.seed} {shown} faults={dict(result.faults)}{why}"


def say(text: str) -> None:
    """Tell whoever watches."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - a tool that speaks


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make campaign", description=__doc__)
    parser.add_argument("--orders", type=int, default=2000, help="in all runs together")
    parser.add_argument("--seeds", type=int, default=1, help="how many times each arm is played")
    parser.add_argument("--seed", type=int, default=1, help="the first of them")
    parser.add_argument("--arm", action="append", choices=list(ARMS), help="only this one; may be repeated")
    parser.add_argument("--store", choices=list(STORES), default="both")
    parser.add_argument("--lanes", type=int, default=3, help="how many runs at a time: they mostly wait")
    parser.add_argument("--json", action="store_true", help="say nothing but what fails, and the result")
    parser.add_argument("--keep", help="a folder for project, database and logs of runs that failed")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""Many runs, a few at a time, each told about as soon as it is over."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from isthmus.kit.http import Http
from isthmus.store.statement import Dialect
from isthmus.testing.campaign.arm import Arm, Result
from isthmus.testing.campaign.arms import ARMS
from isthmus.testing.campaign.pair import Pair
from isthmus.testing.campaign.perform import perform
from isthmus.testing.campaign.points import POINTS, missed
from isthmus.testing.campaign.project import write_project
from isthmus.testing.campaign.scene import Project, Scene, Site

#: Opens a database of one run's own for an arm; it is dropped when the block ends.
Sites = Mapping[Dialect, Callable[[Arm], AbstractAsyncContextManager[Site]]]
#: How often the acts are played once more where chance has left out points: which job waits for which is chance.
AGAIN = 2
COUNTED = ("offered", "once", "lost", "doubled", "wrong", "asked")


@dataclass(frozen=True, slots=True)
class Run:
    """One arm on one store with one seed."""

    arm: Arm
    dialect: Dialect
    seed: int
    orders: int

    @property
    def name(self) -> str:
        """Return what its folder is called."""
        return f"{self.arm.name}-{self.dialect}-{self.seed}"


@dataclass(slots=True)
class FileSite:
    """A SQLite file in the run's folder."""

    dialect: Dialect = "sqlite"
    url: str = "sqlite:///isthmus.db"

    async def stop(self) -> None:
        """Do nothing: a file has no server."""

    async def start(self) -> None:
        """Do nothing."""


@asynccontextmanager
async def file_site(_arm: Arm) -> AsyncGenerator[Site]:
    """Yield a file database."""
    yield FileSite()


def planned(arms: Sequence[Arm], stores: Sequence[Dialect], seeds: Sequence[int], orders: int) -> list[Run]:
    """Return the runs among which so many orders are divided, none with fewer than one."""
    runs = [Run(arm, store, seed, 1) for seed in seeds for arm in arms for store in stores if store in arm.stores]
    share, rest = divmod(max(orders, len(runs)), max(1, len(runs)))
    return [replace(run, orders=share + (number < rest)) for number, run in enumerate(runs)]


@dataclass(frozen=True, slots=True)
class Ground:
    """Where runs are played: databases, scratch space, and the project, with what hides the caller's environment."""

    sites: Sites
    folder: Path
    project: Project = write_project
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


async def campaign(runs: Sequence[Run], ground: Ground, *, lanes: int, told: Callable[[Result], None]) -> list[Result]:
    """Perform runs, `lanes` at a time, and return what they showed; `told` hears of each at once.

    The logs of a run that went well are removed.
    """
    waiting = list(reversed(runs))
    for book in ground.folder.glob("met-*"):
        book.unlink()
    done: list[Result] = []

    async def lane(number: int) -> None:
        home = ground.folder / f"lane-{number}"
        home.mkdir(parents=True, exist_ok=True)
        async with Http() as http:
            pair = Pair(home, http)
            try:
                while waiting:
                    run = waiting.pop()
                    result = await _one(run, pair, http, ground)
                    done.append(result)
                    told(result)
            finally:
                await pair.close()

    await asyncio.gather(*(lane(number) for number in range(lanes)))
    for _ in range(AGAIN):
        if left := set(_missed_on(done)):
            waiting = [run for run in reversed(runs) if run.arm in POINTS and run.dialect in left]
            await asyncio.gather(*(lane(number) for number in range(lanes)))
    return done


async def _one(run: Run, pair: Pair, http: Http, ground: Ground) -> Result:
    folder = ground.folder / run.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    async with ground.sites[run.dialect](run.arm) as site:
        scene = Scene(pair, http, folder, site, run.orders, run.seed, project=ground.project)
        scene.environment.update(ground.environment)
        result = await perform(run.arm, scene)
    if result.well:
        shutil.rmtree(folder)
    return result


def summed(results: Sequence[Result]) -> dict[str, Any]:
    """Return what `--json` prints: a line for each arm and store, all seeds together, and the total."""
    lines: dict[tuple[str, str], list[Result]] = {}
    for each in results:
        lines.setdefault((each.arm, each.store), []).append(each)
    total = {name: sum(getattr(each, name) for each in results) for name in COUNTED}
    order = {name: number for number, name in enumerate(ARMS)}
    told = [_line(lines[each]) for each in sorted(lines, key=lambda each: (order.get(each[0], 0), each[1]))]
    met: dict[str, dict[str, str]] = {}
    for each in results:
        if each.met:
            met.setdefault(each.store, {}).update(each.met)
    points = {store: dict(sorted(found.items())) for store, found in met.items()}
    return {"arms": told, "total": total, "failpoints_missed": _missed(results), "failpoints_met": points}


def _missed(results: Sequence[Result]) -> list[str]:
    """Return the points at which nothing was killed, of every store together."""
    return sorted({point for points in _missed_on(results).values() for point in points})


def _missed_on(results: Sequence[Result]) -> dict[str, list[str]]:
    """Return the points of each store at which nothing was killed, where all arms that kill at points were played."""
    found: dict[str, list[str]] = {}
    for store in {each.store for each in results}:
        killing = [each for each in results if each.store == store and each.arm in {arm.name for arm in POINTS}]
        if {each.arm for each in killing} == {arm.name for arm in POINTS}:
            found[store] = missed(store, {point for each in killing for point in each.met})
    return {store: points for store, points in found.items() if points}


def _line(runs: Sequence[Result]) -> dict[str, Any]:
    first = runs[0]
    faults: dict[str, int] = {}
    for each in runs:
        for kind, hits in each.faults.items():
            faults[kind] = faults.get(kind, 0) + hits
    drained = [each.drain_s for each in runs]
    offered = sum(each.offered for each in runs)
    calls = sum(each.calls_per_order * each.offered for each in runs)
    return {
        "arm": first.arm,
        "store": first.store,
        "seeds": [each.seed for each in runs],
        **{name: sum(getattr(each, name) for each in runs) for name in (*COUNTED, "skipped", "wrong_stock")},
        "faults": faults,
        "reached": all(each.reached for each in runs),
        "drain_s": None if None in drained else max(each for each in drained if each is not None),
        "at_best_s": max(each.at_best_s for each in runs),
        "took_s": round(sum(each.took_s for each in runs), 1),
        "calls_per_order": round(calls / max(1, offered), 2),
        "well": all(each.well for each in runs),
        "failures": [msgspec.to_builtins(each) | {"met": len(each.met)} for each in runs if not each.well],
    }

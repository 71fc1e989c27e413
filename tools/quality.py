"""The quality board: which tier each installed connector has reached, and what is missing.

    make quality                          the board
    make quality ARGS=--json              {slug: {"tier": ..., "failed": [rule, ...]}}
    make quality ARGS="--at-least silver" ends with 1 when a connector is below

Coverage is measured when the last measurement is older than a connector or its tests; that runs their tests, and ends
with 1 where one fails.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import entry_points
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.table import Table

from isthmus.testing.conformance import RULES, Examined, State, Tier, Verdict, doubles, examine
from isthmus.testing.conformance.measured import REPORT, USUAL
from isthmus.testing.conformance.suite import SIMULATOR

ROOT = Path(__file__).resolve().parents[1]
CONNECTORS = "isthmus.connectors"
#: What says something about a connector of this repository, and so about the age of a measurement.
WATCHED = ("src/isthmus/connectors", "tests/connectors")
TESTS = "tests/connectors"
#: Only connectors are traced: everything else would only make it slow.
SETTINGS = """
[run]
branch = true
parallel = true
source_pkgs = isthmus.connectors
[report]
exclude_also =
  ^ +\\.\\.\\.$
  if TYPE_CHECKING:
  assert_never\\(
"""
#: The tests of all connectors under coverage take a minute or two.
LONGEST_S = 1200
#: Fewer are examined without further processes.
ALONE, AT_ONCE = 2, 4
_COLORS = {Tier.NONE: "red", Tier.BRONZE: "yellow", Tier.SILVER: "bright_white", Tier.GOLD: "bright_yellow"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suite and show what came of it."""
    asked = _parser().parse_args(arguments)
    os.chdir(ROOT)
    report, passed = measured_in(ROOT / USUAL, asked.only or ()), True
    if not os.environ.get(REPORT):
        if asked.coverage is not False and (asked.coverage or stale(ROOT, report)):
            passed = measure(report, asked.only or ())
        if asked.only:
            os.environ[REPORT] = str(report)
    slugs = asked.only or sorted(entry.name for entry in entry_points(group=CONNECTORS))
    examined = asyncio.run(board(slugs))
    if asked.json:
        sys.stdout.write(json.dumps(as_json(examined)) + "\n")
    else:
        show(examined, Console())
    wanted = Tier[asked.at_least.upper()]
    if missed := [one.slug for one in examined if one.tier < wanted]:
        sys.stderr.write(f"below {wanted}: {', '.join(missed)}\n")
    if not passed:
        sys.stderr.write("tests of connectors failed, see above\n")
    return 1 if missed or not passed else 0


async def board(slugs: Sequence[str]) -> list[Examined]:
    """Return every connector after the suite; one that describes no double has passed nothing.

    Several are examined at once, each in a process of its own: most of it is waiting, and some rules look at the clock.
    """
    if len(slugs) < ALONE:
        return [await _examined(slug) for slug in slugs]
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(min(len(slugs), AT_ONCE), get_context("spawn")) as pool:
        found = await asyncio.gather(*(loop.run_in_executor(pool, _by_rule, slug) for slug in slugs))
    rules = {rule.id: rule for rule in (*RULES, SIMULATOR)}
    return [
        Examined(slug, tuple(Verdict(rules[rule], state, why) for rule, state, why in verdicts))
        for slug, verdicts in zip(slugs, found, strict=True)
    ]


def _by_rule(slug: str) -> list[tuple[str, State, str]]:
    """Examine one connector; what is said of each rule can go from one process to another."""
    examined = asyncio.run(_examined(slug))
    return [(verdict.rule.id, verdict.state, verdict.why) for verdict in examined.verdicts]


async def _examined(slug: str) -> Examined:
    double = doubles(slug, ROOT)
    return Examined.unknown(slug) if double is None else await examine(double)


def as_json(examined: Sequence[Examined]) -> dict[str, dict[str, object]]:
    """Return the board for programs."""
    return {one.slug: {"tier": str(one.tier), "failed": one.failed} for one in examined}


def show(examined: Sequence[Examined], console: Console) -> None:
    """Print the board, then what stands between each connector and the next tier."""
    table = Table("connector", "tier", *(str(tier) for tier in Tier if tier), title="Quality of connectors")
    for one in examined:
        counts = [_count(one, tier) for tier in Tier if tier]
        table.add_row(one.slug, f"[{_COLORS[one.tier]}]{one.tier}[/]", *counts)
    console.print(table)
    for one in examined:
        for verdict in one.verdicts:
            if verdict.state is not State.HELD:
                where = f"{one.slug} {verdict.rule.tier} {verdict.rule.id} ({verdict.state}): {verdict.why}"
                console.print(where, markup=False, highlight=False, soft_wrap=True)


def _count(one: Examined, tier: Tier) -> str:
    mine = [verdict for verdict in one.verdicts if verdict.rule.tier is tier]
    return f"{sum(verdict.passed for verdict in mine)}/{len(mine)}"


def measured_in(usual: Path, slugs: Sequence[str]) -> Path:
    """Return where a measurement of these connectors is kept: apart from that of all, which it does not replace."""
    return usual.with_stem("-".join((usual.stem, *sorted(slugs))))


def stale(root: Path, report: Path) -> bool:
    """Tell whether a report is older than what it is about."""
    return not report.is_file() or report.stat().st_mtime < max(
        (one.stat().st_mtime for one in _watched(root)), default=0
    )


def _watched(root: Path) -> Iterator[Path]:
    for folder in WATCHED:
        yield from (path for path in (root / folder).rglob("*.py") if path.is_file())


def measure(report: Path, slugs: Sequence[str] = ()) -> bool:
    """Run the tests of these connectors, or of all, under coverage and write `report`; return whether they passed.

    What they say goes to stderr.
    """
    with tempfile.TemporaryDirectory(prefix="isthmus-quality-") as folder:
        settings = Path(folder) / "coveragerc"
        settings.write_text(SETTINGS, "utf-8")
        environment = {**os.environ, "COVERAGE_FILE": str(Path(folder) / ".coverage")}
        own = f"--rcfile={settings}"
        # A process for each connector; pytest's own workers end too abruptly to keep all they have measured.
        pytest = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist")
        folders = [tests for tests in sorted((ROOT / TESTS).iterdir()) if any(tests.glob("test_*.py"))]
        wanted = [tests for tests in folders if not slugs or tests.name in slugs]
        passed = _together([["run", own, *pytest, str(tests)] for tests in wanted], environment)
        _together([["combine", "-q", own]], environment)
        _together([["json", "-q", own, "-o", str(report)]], environment)
        return passed


def _together(runs: Sequence[Sequence[str]], environment: dict[str, str]) -> bool:
    """Run coverage several times at once, wait for all, and return whether all went well; tests that fail measure."""
    started = [
        subprocess.Popen(  # noqa: S603 - our own programs, arguments from above
            [sys.executable, "-m", "coverage", *arguments], cwd=ROOT, env=environment, stdout=sys.stderr
        )
        for arguments in runs
    ]
    well = True
    for process, arguments in zip(started, runs, strict=True):
        if process.wait(LONGEST_S):
            well = False
            sys.stderr.write(f"coverage {' '.join(arguments)} ended with {process.returncode}\n")
    return well


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="quality", description="Which quality tier each connector has reached.")
    parser.add_argument("--json", action="store_true", help="print the board for programs")
    parser.add_argument("--at-least", choices=[str(tier) for tier in Tier], default="none", help="or end with 1")
    parser.add_argument("--coverage", action=argparse.BooleanOptionalAction, help="measure now, or not at all")
    parser.add_argument("--only", action="append", metavar="SLUG", help="this connector alone; may be repeated")
    return parser


if __name__ == "__main__":
    sys.exit(main())

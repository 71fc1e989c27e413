"""How much of the connector its tests reach."""

import json
import os
from pathlib import Path
from typing import Any

from isthmus.testing.conformance.bench import Bench
from isthmus.testing.conformance.rule import Broken, Tier, expect, rule

#: Where `coverage json` wrote its report.
REPORT = "ISTHMUS_COVERAGE_JSON"
USUAL = ".coverage-quality.json"
LEAST_PERCENT = 95.0


@rule(Tier.SILVER)
async def branch_coverage(bench: Bench) -> None:
    """The tests reach at least 95 % of the connector's lines and branches."""
    percent, worst = covered(_report(), bench.double.package)
    expect(percent >= LEAST_PERCENT, f"{percent:.1f} % of lines and branches; least covered: {worst}")


def _report() -> Any:
    path = Path(os.environ.get(REPORT) or USUAL)
    if not path.is_file():
        message = "not measured: `make quality ARGS=--coverage` does"
        raise Broken(message)
    return json.loads(path.read_text("utf-8"))


def covered(report: Any, package: str) -> tuple[float, str]:
    """Return how much of a package is covered, in percent, and its least covered files. Raises `Broken`."""
    folder = package.replace(".", "/") + "/"
    there: dict[str, Any] = report.get("files", {})
    parts = {name: each["summary"] for name, each in there.items() if folder in name.replace("\\", "/")}
    parts = {name: each for name, each in parts.items() if each["num_statements"]}
    if not parts:
        message = f"not measured: the report says nothing about {package}"
        raise Broken(message)
    if not any(each.get("num_branches") for each in parts.values()):
        message = "not measured: the report counts no branches"
        raise Broken(message)
    due = sum(each["num_statements"] + each["num_branches"] for each in parts.values())
    met = sum(each["covered_lines"] + each["covered_branches"] for each in parts.values())
    worst = sorted(parts, key=lambda name: parts[name]["percent_covered"])[:3]
    shown = ", ".join(f"{Path(name).name} {parts[name]['percent_covered']:.0f} %" for name in worst)
    return 100.0 * met / due, shown

"""Writes the figures of a campaign into docs/explanation/reliability.md: `python -m tools.reliability result.json`.

The result is what `make campaign ARGS="--json ..."` printed last. Everything between the markers is replaced, failures
included; with no file, the table that is there is checked for its form. Where every point was to be met, what was met
goes into tests/campaign/met.txt.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "explanation" / "reliability.md"
#: What the last whole sweep of kills met: store, point and act in a line. `tests/campaign/test_points.py` reads it.
MET = ROOT / "tests" / "campaign" / "met.txt"
BEGIN, END = "<!-- figures: begin, by `python -m tools.reliability` -->", "<!-- figures: end -->"
KILLING = ("killed-trading", "killed-troubled", "killed-served")
WRONG = ("lost", "doubled", "wrong", "wrong_stock")
HEAD = (
    "| arm | store | offered | once in the ERP | canceled before | lost | doubled | wrong | asked | faults struck |"
    " to agree, s | at best, s | calls per order |"
)


def rendered(result: Mapping[str, Any]) -> str:
    """Return the section: totals, what they bound, one line per arm and store, every failure with its seed."""
    arms = cast("Sequence[Mapping[str, Any]]", result["arms"])
    total = result["total"]
    offered, bad = total["offered"], total["lost"] + total["doubled"] + total["wrong"]
    faulted = sum(each["offered"] for each in arms if each["faults"])
    struck = sum(sum(each["faults"].values()) for each in arms)
    seeds = sorted({seed for each in arms for seed in each["seeds"]})
    met = f"{faulted:,} of them in arms in which something broke; {struck:,} faults struck"
    counts = f"{total['lost']} lost, {total['doubled']} doubled, {total['wrong']} with wrong content"
    lines = [
        f"{offered:,} orders, {met}; {_listed(seeds)}.",
        f"**{counts}**, {total['asked']} put before a person, {_points(result)}.",
        "",
        _bound(bad, faulted),
        "",
        HEAD,
        "|" + "---|" * HEAD.count(" |"),
        *(_line(each) for each in arms),
        "",
        *_failures(arms),
    ]
    return "\n".join(lines).rstrip()


def joined(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return several results as one. What was met on one store counts for that store, whichever run met it."""
    met: dict[str, dict[str, str]] = {}
    for each in results:
        for store, found in each.get("failpoints_met", {}).items():
            met.setdefault(store, {}).update(found)
    return {
        "arms": [arm for each in results for arm in each["arms"]],
        "total": {name: sum(each["total"][name] for each in results) for name in results[0]["total"]},
        "failpoints_missed": sorted({point for each in results for point in each["failpoints_missed"]}),
        "failpoints_met": met,
    }


def replaced(page: str, section: str) -> str:
    """Return the page with the section between its markers. Raises `ValueError` when they are not there."""
    before, begin, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        message = f"the page has no {BEGIN} ... {END}"
        raise ValueError(message)
    return f"{before}{BEGIN}\n\n{section}\n\n{END}{after}"


def met_of(text: str) -> dict[str, dict[str, str]]:
    """Read what was met: by store, each point with the act that was played."""
    found: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        store, point, act = line.split()
        found.setdefault(store, {})[point] = act
    return found


def recorded(text: str, result: Mapping[str, Any]) -> str:
    """Return the text with what a result met instead of what was met before, for each store it killed everywhere on."""
    met = met_of(text)
    played = {(each["arm"], each["store"]) for each in result["arms"]}
    for store, found in cast("Mapping[str, dict[str, str]]", result["failpoints_met"]).items():
        if all((arm, store) in played for arm in KILLING):
            met[store] = found
    lines = [f"{store} {point} {act}" for store in sorted(met) for point, act in sorted(met[store].items())]
    return "".join(f"{line}\n" for line in lines)


def _bound(bad: int, faulted: int) -> str:
    if bad or not faulted:
        return f"Measured: {bad} of {faulted:,} orders were not as they should be; each is listed below."
    share = 3 / faulted
    return (
        f"Measured: 0 in {faulted:,}. Derived: with 95% confidence fewer than 3 in {faulted:,},"
        f" that is {share:.4%}, of orders placed while such things go on are lost, doubled or wrong."
    )


def _points(result: Mapping[str, Any]) -> str:
    if not any(each["arm"].startswith("killed-") for each in result["arms"]):
        return "no kills at chosen points in this run"
    missed = cast("Sequence[str]", result["failpoints_missed"])
    return f"{len(missed)} points missed: {', '.join(missed)}" if missed else "killed at every point there is"


def _line(each: Mapping[str, Any]) -> str:
    struck = sum(each["faults"].values())
    drain = "never" if each["drain_s"] is None else f"{each['drain_s']:.1f}"
    cells = [
        each["arm"], each["store"], each["offered"], each["once"], each["skipped"], each["lost"], each["doubled"],
        each["wrong"], each["asked"], struck, drain, f"{each['at_best_s']:.1f}", each["calls_per_order"],
    ]  # fmt: skip
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _failures(arms: Sequence[Mapping[str, Any]]) -> list[str]:
    found = [failure for each in arms for failure in each["failures"]]
    if not found:
        return ["No run failed."]
    lines = ["Runs that failed, to be repeated with `--arm`, `--store`, `--seed` and `--seeds 1`:", ""]
    for each in found:
        why = [
            f"{each[name]} {name.replace('_', ' ')}"
            for name in ("lost", "doubled", "wrong", "wrong_stock")
            if each[name]
        ]
        why += [each["trouble"]] if each["trouble"] else []
        why += [] if each["reached"] else ["the fault never struck"]
        samples = f" ({'; '.join(each['samples'])})" if each["samples"] else ""
        lines.append(f"- {each['arm']}, {each['store']}, seed {each['seed']}: {', '.join(why)}{samples}")
    return lines


def _listed(seeds: Sequence[int]) -> str:
    return f"seeds {seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f"seed {seeds[0]}"


def main() -> int:
    """Write the figures, or check that the page has a place for them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", nargs="*", type=Path, help="what campaigns printed, each of other arms or stores")
    parser.add_argument("--points", action="store_true", help="write only which points were met, no figures")
    options = parser.parse_args()
    page = PAGE.read_text("utf-8")
    if not options.results:
        print("the page has its place for figures" if BEGIN in page and END in page else "the markers are missing")
        return 0 if BEGIN in page and END in page else 1
    result = joined([json.loads(each.read_text("utf-8").splitlines()[-1]) for each in options.results])
    if not options.points:
        PAGE.write_text(replaced(page, rendered(result)), "utf-8")
    MET.write_text(recorded(MET.read_text("utf-8"), result), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

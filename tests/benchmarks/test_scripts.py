"""Every benchmark runs, says what the budgets are read from, and has lost nothing on the way."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).parents[2] / "benchmarks"
ALWAYS = {"name", "ours", "floor", "ratio", "lost", "database"}
CALLS = {"calls_per_order", "floor_calls_per_order"}
CPU = {"cpu_ms_per_order", "floor_cpu_ms_per_order"}
ORDERS = CALLS | CPU | {"latency_p50_ms", "doubled"}
INTAKE = {"p99_ms", "floor_p99_ms", "p95_ms", "rss_mb", "rss_growth_mb"}
OVERLOAD = {"overload_offered_per_s", "overload_accepted_per_s", "overload_p99_ms", "overload_refused"}

pytestmark = pytest.mark.slow


def quick(name: str, *more: str) -> Mapping[str, Any]:
    command = [sys.executable, SCRIPTS / f"{name}.py", "--quick", *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(("name", "keys"), [("orders", ALWAYS | ORDERS), ("intake", ALWAYS | INTAKE | OVERLOAD)])
def test_a_quick_run_prints_its_figures(name: str, keys: set[str]) -> None:
    figures = quick(name)

    assert set(figures) == keys
    assert figures["name"] == name
    assert figures["lost"] == 0
    assert figures.get("doubled", 0) == 0
    # The floor is only one as long as it makes the calls of ours.
    assert figures.get("floor_calls_per_order", 0) == pytest.approx(figures.get("calls_per_order", 0), rel=0.05)
    assert all(figures[each] > 0 for each in CPU & keys)
    assert figures["ratio"] == pytest.approx(figures["ours"] / figures["floor"], abs=0.01)


def test_growth_measures_both_stores_side_by_side(postgres_admin_url: str) -> None:
    figures = quick("growth", "--jobs", "20000", "--database", "sqlite", "--database", postgres_admin_url)

    assert figures["ratio"] == pytest.approx(figures["ours"] / figures["floor"], abs=0.01)
    store, _, operation = figures["worst"].partition(": ")
    assert figures[store]["ms"][operation] == [figures["floor"], figures["ours"]]
    for each in ("sqlite", "postgres"):
        assert {"mark", "run", "deliver", "status", "home", "jobs", "jobs done", "orders"} < set(figures[each]["ms"])
        short, long = (sizes["everything"] for sizes in figures[each]["size_mb"])
        assert short < long


def test_churn_tells_what_dead_rows_cost(postgres_admin_url: str) -> None:
    figures = quick("churn", "--server", postgres_admin_url)

    assert figures["ratio"] == pytest.approx(figures["ours"] / figures["floor"], abs=0.01)
    assert figures["cycles"] == 20_000
    # Of a cycle's four changes of the row, saying that one is alive touches no index.
    assert figures["hot"] > 0.2
    assert {"job_turn", "job_unfinished", "job_finished"} < set(figures["indexes_mb"])


def test_a_mapping_by_document_and_by_hand_make_the_same_record() -> None:
    figures = quick("mapping")

    assert {"name", "ours", "floor", "ratio", "ours_us", "floor_us", "evaluations_per_s", "evaluations"} == set(figures)
    assert figures["evaluations_per_s"] == min(figures["evaluations"].values())
    assert figures["ratio"] == pytest.approx(figures["ours"] / figures["floor"], rel=0.2)


def test_watching_answers_has_a_price_that_is_told() -> None:
    figures = quick("drift")

    assert figures["name"] == "drift"
    assert figures["ours"] > 0
    assert figures["floor"] > 0

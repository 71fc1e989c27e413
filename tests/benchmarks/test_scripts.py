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
ORDERS = {"calls_per_order", "floor_calls_per_order", "latency_p50_ms", "doubled"}
INTAKE = {"p99_ms", "floor_p99_ms"}

pytestmark = pytest.mark.slow


def quick(name: str) -> Mapping[str, Any]:
    script = SCRIPTS / f"{name}.py"
    done = subprocess.run([sys.executable, script, "--quick"], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(("name", "keys"), [("orders", ALWAYS | ORDERS), ("intake", ALWAYS | INTAKE)])
def test_a_quick_run_prints_its_figures(name: str, keys: set[str]) -> None:
    figures = quick(name)

    assert set(figures) == keys
    assert figures["name"] == name
    assert figures["lost"] == 0
    assert figures.get("doubled", 0) == 0
    # The floor is only one as long as it makes the calls of ours.
    assert figures.get("floor_calls_per_order", 0) == pytest.approx(figures.get("calls_per_order", 0), rel=0.05)
    assert figures["ratio"] == pytest.approx(figures["ours"] / figures["floor"], abs=0.01)

"""Several machines on one ledger: whatever happens to one of them, both systems agree in the end.

One arm runs here, and the tool itself is tested; all arms run with `make machines` (docs/explanation/many-machines.md).
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.machines.network import missing
from tests.machines.traffic import compare

ROOT = Path(__file__).parents[2]
ARM = [sys.executable, "-m", "tests.machines.campaign"]
MARK = "ISTHMUS_MACHINES_MARK"
HOT = [("#1", "MUG")]


@pytest.fixture(scope="module")
def apart() -> None:
    if not os.environ.get("ISTHMUS_MACHINES"):
        pytest.skip("takes minutes and the machine to itself: set ISTHMUS_MACHINES=1, or make machines")
    if reason := missing():
        pytest.skip(reason)


def test_the_campaign_knows_its_arms() -> None:
    done = subprocess.run([*ARM, "--help"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "killed-briefly" in done.stdout
    assert "outage" in done.stdout


@pytest.mark.machines
@pytest.mark.slow
@pytest.mark.usefixtures("apart")
def test_whoever_is_killed_both_systems_agree_in_the_end() -> None:
    done = subprocess.run([*ARM, "killed-briefly"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=400)
    assert done.stdout, done.stderr
    (result,) = json.loads(done.stdout.splitlines()[-1])["arms"]
    assert result["well"], result


@pytest.mark.machines
@pytest.mark.slow
@pytest.mark.usefixtures("apart")
def test_nothing_is_left_when_the_campaign_itself_is_killed() -> None:
    mark = uuid4().hex
    campaign = subprocess.Popen([*ARM, "plain"], cwd=ROOT, env={**os.environ, MARK: mark}, stderr=subprocess.DEVNULL)
    _until(lambda: len(_marked(mark)) > 8)
    campaign.kill()
    campaign.wait()
    _until(lambda: not _marked(mark))


def _until(met: Any) -> None:
    deadline = time.monotonic() + 120
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _marked(mark: str) -> list[str]:
    found: list[str] = []
    for each in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if f"{MARK}={mark}".encode() in each.read_bytes():
                found.append(each.parent.name)
    return found


def shop(**said: Any) -> dict[str, Any]:
    lines = [{"sku": "MUG", "quantity": 3}]
    order = {"reference": "#1", "status": "open", "test": False, "lines": lines, "total": "30.00"}
    return {"orders": [order | said], "stock": {"MUG": {"Main warehouse": 5}}, "throttled": 0, "calls": {}}


def erp(*orders: dict[str, Any], **said: Any) -> dict[str, Any]:
    usual = {"orders": list(orders), "stock": {"MUG": {"WH": 5}}, "throttled": 0, "calls": {}, "most_at_once": 4}
    return usual | said


def booked(**said: Any) -> dict[str, Any]:
    lines = [{"sku": "MUG", "quantity": 3}]
    return {"reference": "#1", "status": "sale", "lines": lines, "total": "30.00"} | said


def wrong(shop: dict[str, Any], erp: dict[str, Any], *quantities: int) -> set[str]:
    moments = [{"status": "sale", "lines": {"MUG": each}} for each in quantities]
    history = {"orders": [{"reference": "#1", "moments": moments}]}
    return {name for name, found in compare(shop, erp, history, HOT).items() if found}


def test_the_verdict_sees_what_is_wrong() -> None:
    assert wrong(shop(), erp(booked()), 1, 2, 2, 3) == set()
    assert wrong(shop(), erp()) == {"lost"}
    assert wrong(shop(), erp(booked(), booked())) == {"doubled"}
    assert wrong(shop(), erp(booked(), booked(reference="#9"))) == {"strange"}
    assert wrong(shop(), erp(booked(total="29.99"))) == {"not equal"}
    assert wrong(shop(), erp(booked(status="draft"))) == {"not equal"}
    assert wrong(shop(), erp(booked(lines=[{"sku": "MUG", "quantity": 2}]))) == {"not equal"}
    assert wrong(shop(), erp(booked()), 1, 3, 2, 3) == {"went back"}
    assert wrong(shop(), erp(booked(), stock={"MUG": {"WH": 4}})) == {"wrong stock"}
    assert wrong(shop(), erp(booked(), most_at_once=5)) == {"too many at once"}
    assert wrong(shop(), erp(booked(), throttled=1)) == {"throttled"}
    canceled = shop(status="cancelled", lines=[], total="0.00")
    assert wrong(canceled, erp(booked())) == {"not canceled"}
    assert wrong(canceled, erp(booked(status="cancel"))) == set()
    assert wrong(canceled, erp()) == set()

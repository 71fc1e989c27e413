"""A project is moved to the other database in the middle of its work, and goes on there as if nothing had happened."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.crash.stand import Stand, standing

pytestmark = [pytest.mark.crash, pytest.mark.slow]
ALL_WELL = {"lost": [], "doubled": [], "strange": [], "wrong total": [], "unconfirmed": [], "wrong stock": []}
FILE, BACK = "sqlite:///isthmus.db", "sqlite:///back.db"
PATIENCE_S = 200.0


@pytest.fixture
def stand() -> Iterator[Stand]:
    with standing() as made:
        yield made


def isthmus(folder: Path, *words: str, database: str, failpoint: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "isthmus", *words, "-C", str(folder)]
    environment = {**os.environ, "ISTHMUS_DATABASE_URL": database, "ISTHMUS_FAILPOINT": failpoint}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180, check=False)


def moved(folder: Path, source: str, target: str) -> dict[str, Any]:
    """Move, and return rows and digest of each table, which both sides have in common."""
    done = isthmus(folder, "migrate", "--from", source, "--to", target, "--json", database=source)
    assert done.returncode == 0, (done.stdout, done.stderr)
    tables = json.loads(done.stdout)["tables"]
    assert [each for each in tables if each["source"] != each["target"]] == []
    return {each["table"]: each["target"] for each in tables}


def states(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as file:
        return dict(file.execute("SELECT state, COUNT(*) FROM job GROUP BY state").fetchall())


def wait_longer(path: Path) -> None:
    """Let what is to be tried later wait as after many tries, so that it still waits when a slow machine gets there."""
    with closing(sqlite3.connect(path)) as file, file:
        changed = file.execute("UPDATE job SET run_at = run_at + 30000000 WHERE state = 'snoozed'")
        assert changed.rowcount > 0


def half_done(stand: Stand, folder: Path) -> None:
    """Leave work in every state: a question, one to be tried later, some in the hands of a killed process."""
    stand.project(folder, 3)
    # Every time: what else reads orders there, such as their states, may come before the job that is to ask.
    stand.call("erp", "fault", {"kind": "wrong_type", "rate": 1, "match": "sale.order.search_read"})
    assert isthmus(folder, "run", "--once", "--wait", "40", database=FILE).returncode == 1
    stand.call("erp", "fault", {"kind": "wrong_type", "rate": 0, "match": "sale.order.search_read"})
    stand.call("erp", "fault", {"kind": "status_503", "rate": 1, "match": "sale.order.load"})
    stand.call("shop", "orders", {"count": 1, "seed": 5})
    assert isthmus(folder, "run", "--once", "--wait", "9", database=FILE).returncode == 1
    wait_longer(folder / "isthmus.db")
    stand.call("erp", "fault", {"kind": "status_503", "rate": 0, "match": "sale.order.load"})
    stand.call("shop", "orders", {"count": 20, "seed": 3})
    killed = isthmus(folder, "run", "--once", database=FILE, failpoint="intent.put:6")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert {"ready", "running", "snoozed", "parked", "done"} <= set(states(folder / "isthmus.db"))
    with closing(sqlite3.connect(folder / "isthmus.db")) as file:
        assert file.execute("SELECT COUNT(*) FROM intent WHERE state = 'open'").fetchone()[0] > 0


def test_moved_in_the_middle_of_its_work_it_goes_on_there(stand: Stand, tmp_path: Path, new_database: str) -> None:
    half_done(stand, tmp_path)
    before = states(tmp_path / "isthmus.db")
    there = moved(tmp_path, FILE, new_database)
    assert there["job"]["rows"] == sum(before.values())
    assert states(tmp_path / "isthmus.db") == before  # the source was only read

    assert isthmus(tmp_path, "retry", database=new_database).returncode == 0
    deadline = time.monotonic() + PATIENCE_S
    # On PostgreSQL another process might hold what the killed one held, until its lease is over.
    while stand.verdict() != ALL_WELL:
        done = isthmus(tmp_path, "run", "--once", "--wait", "30", database=new_database)
        assert time.monotonic() < deadline, (stand.verdict(), done.stdout, done.stderr)
    assert len(stand.call("erp", "state")["orders"]) == 24

    back = moved(tmp_path, new_database, BACK)
    assert moved(tmp_path, BACK, "sqlite:///again.db") == back
    again = isthmus(tmp_path, "run", "--once", "--wait", "30", database=BACK)
    assert again.returncode == 0, (again.stdout, again.stderr)
    assert stand.verdict() == ALL_WELL
    assert set(states(tmp_path / "back.db")) == {"done"}

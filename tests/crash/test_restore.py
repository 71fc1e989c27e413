"""A backup taken while Isthmus works is put back an hour of orders later: nothing is lost, nothing is doubled."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.crash.stand import Stand, standing

pytestmark = [pytest.mark.crash, pytest.mark.slow]
ALL_WELL = {"lost": [], "doubled": [], "strange": [], "wrong total": [], "unconfirmed": [], "wrong stock": []}
BEFORE, SINCE = 20, 50
PATIENCE_S = 200.0


@pytest.fixture
def stand() -> Iterator[Stand]:
    with standing() as made:
        yield made


def isthmus(folder: Path, *words: str, database: str, code: int = 0) -> str:
    command = [sys.executable, "-m", "isthmus", *words, "-C", str(folder)]
    environment = {**os.environ, "ISTHMUS_DATABASE_URL": database}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == code, (words, done.stdout, done.stderr)
    return done.stdout


@contextmanager
def at_work(folder: Path, database: str) -> Iterator[None]:
    """Run `isthmus up` meanwhile, and stop it as a service manager does."""
    command = [sys.executable, "-m", "isthmus", "up", "-C", str(folder), "--drain", "60"]
    environment = {**os.environ, "ISTHMUS_DATABASE_URL": database}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
        process.terminate()
        assert process.wait(90) == 0
    finally:
        process.kill()
        process.wait()


def until_booked(stand: Stand, least: int) -> list[str]:
    """Wait until the ERP holds so many orders, and return their references."""
    deadline = time.monotonic() + PATIENCE_S
    while len(booked := stand.call("erp", "state")["orders"]) < least:
        assert time.monotonic() < deadline, len(booked)
        time.sleep(0.1)
    return [order["reference"] for order in booked]


def settled(stand: Stand, folder: Path, database: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while stand.verdict() != ALL_WELL:
        assert time.monotonic() < deadline, stand.verdict()
        command = [sys.executable, "-m", "isthmus", "run", "--once", "--wait", "30", "-C", str(folder)]
        environment = {**os.environ, "ISTHMUS_DATABASE_URL": database}
        subprocess.run(command, env=environment, capture_output=True, timeout=180, check=False)


@pytest.mark.parametrize("dialect", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_backup_put_back_after_fifty_more_orders_loses_and_doubles_nothing(
    stand: Stand, tmp_path: Path, dialect: str, request: pytest.FixtureRequest
) -> None:
    database = "sqlite:///isthmus.db" if dialect == "sqlite" else str(request.getfixturevalue("new_database"))
    folder, file = tmp_path / "project", tmp_path / "one.backup"
    stand.project(folder, BEFORE)

    with at_work(folder, database):
        until_booked(stand, 5)  # in the middle of it
        told: dict[str, Any] = json.loads(isthmus(folder, "backup", "--to", str(file), "--json", database=database))
        stand.call("shop", "orders", {"count": SINCE, "seed": 8})
        until_booked(stand, BEFORE + SINCE - 10)
    assert told["figures"]["orders"] > 0
    assert file.stat().st_mode & 0o077 == 0

    refused = subprocess.run(
        [sys.executable, "-m", "isthmus", "restore", str(file), "-C", str(folder)],
        env={**os.environ, "ISTHMUS_DATABASE_URL": database},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert refused.returncode == 2
    assert "--replace" in " ".join(refused.stderr.split())
    restored = json.loads(isthmus(folder, "restore", str(file), "--replace", "--json", database=database))
    assert restored["same"]
    assert restored["put_aside"]
    assert restored["tables"] == told["tables"]

    settled(stand, folder, database)
    assert len(stand.call("erp", "state")["orders"]) == BEFORE + SINCE
    # Nothing that was there before was written anew: what each order costs is looks, not creates.
    assert stand.verdict() == ALL_WELL
    assert "restore" in isthmus(folder, "audit", "--json", database=database)

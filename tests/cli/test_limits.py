"""`isthmus limits` says what the last day came to, in words and as JSON, and refuses what is no volume."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from isthmus.kit.clock import SystemClock, to_micros
from isthmus.store.open import open_store
from isthmus.store.statement import say

pytestmark = pytest.mark.slow
PROJECT = """[isthmus]
[connections.shop]
connector = "shopify"
url = "https://example.myshopify.com"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "isthmus.toml").write_text(PROJECT, "utf-8")
    asyncio.run(used(tmp_path))
    return tmp_path


async def used(folder: Path) -> None:
    store = await open_store("sqlite:///isthmus.db", folder)
    now = to_micros(SystemClock().now())
    spent = {"connection": "shop", "flow": "orders", "span_at": now - now % 600_000_000 - 600_000_000, "steady": 0}
    try:
        await store.migrate()
        await store.write(
            say("keep_limit", connection="shop", counted="points", thousandths=100_000, seconds=1),
            say("add_use", **spent, counted="points", growing=24_000),
            say("add_use", **spent, counted="calls", growing=2_400),
            say("add_use", **spent, counted="records", growing=600),
        )
    finally:
        await store.close()


def isthmus(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    secrets = {"ISTHMUS_SHOP_ACCESS_TOKEN": "shpat_x", "ISTHMUS_SHOP_CLIENT_SECRET": "x", "COLUMNS": "160"}
    command = [sys.executable, "-m", "isthmus", "limits", "-C", str(folder), *words]
    return subprocess.run(command, env=secrets, capture_output=True, text=True, timeout=60, check=False)


def test_it_says_when_a_limit_would_be_hit_and_what_a_record_costs(folder: Path) -> None:
    said = isthmus(folder)
    assert said.returncode == 0, said.stderr
    assert "points: 100 a second" in said.stdout
    assert "hit at" in said.stdout
    assert "2.5 times" in said.stdout
    assert "4.00" in said.stdout


def test_as_json_it_is_exact(folder: Path) -> None:
    found: dict[str, Any] = json.loads(isthmus(folder, "--at", "2.5", "--json").stdout)
    (limit,), (flow,) = found["limits"], found["flows"]
    assert (limit["allowed"], limit["used"], limit["busiest"], limit["most"]) == ("100", 24_000, "0.400", "2.5")
    assert limit["hit_at"] is None
    assert (flow["records"], flow["calls"], flow["per_record"]) == (600, 2_400, "4.00")


@pytest.mark.parametrize("at", ["0", "-1", "much", "NaN"])
def test_what_is_no_volume_is_refused(folder: Path, at: str) -> None:
    said = isthmus(folder, f"--at={at}")
    assert (said.returncode, "is not a number above 0" in said.stderr) == (2, True)

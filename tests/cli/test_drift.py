"""`isthmus drift` lists what is different about answers, ends with 1 while it may break a job, and accepts it."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from isthmus.engine.drift import Watch, everything
from isthmus.store.open import open_store
from tests.engine.answers import ORDER, hear

pytestmark = pytest.mark.slow
PROJECT = """[isthmus]
[connections.shop]
connector = "shopify"
url = "https://example.myshopify.com"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "isthmus.toml").write_text(PROJECT, "utf-8")
    asyncio.run(different(tmp_path))
    return tmp_path


async def different(folder: Path) -> None:
    store = await open_store("sqlite:///isthmus.db", folder)
    watch = Watch(budget=everything())
    try:
        await store.migrate()
        hear(watch, times=50)
        hear(watch, {**ORDER, "total": 1, "channel": "app"})
        hear(watch, {**ORDER, "lines": "none"})
        await watch.keep(store)
    finally:
        await store.close()


def isthmus(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    secrets = os.environ | {"ISTHMUS_SHOP_ACCESS_TOKEN": "shpat_x", "ISTHMUS_SHOP_CLIENT_SECRET": "x", "COLUMNS": "200"}
    command = [sys.executable, "-m", "isthmus", *words, "-C", str(folder)]
    return subprocess.run(command, env=secrets, capture_output=True, text=True, timeout=60, check=False)


def found(folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    said = isthmus(folder, "drift", "--json", *words)
    return said.returncode, json.loads(said.stdout)


def test_what_is_different_is_listed_and_accepted(folder: Path) -> None:
    said = isthmus(folder, "drift", "--learned")
    assert said.returncode == 1, said.stderr
    assert "shop Orders $.total" in said.stdout
    assert "type_changed: before string, now number" in said.stdout
    assert "2 open that may break a job." in said.stdout
    assert "Learned" in said.stdout
    assert "2 not as they were, see `isthmus drift`" in isthmus(folder, "status").stdout

    code, report = found(folder)
    assert (code, report["breaking"]) == (1, 2)
    kinds = {each["path"]: (each["kind"], each["breaking"], each["id"]) for each in report["drifts"]}
    assert {path: kind[:2] for path, kind in kinds.items()} == {
        "$.total": ("type_changed", True),
        "$.lines": ("type_changed", True),
        "$.channel": ("new_field", False),
    }
    said = isthmus(folder, "drift", "accept", str(kinds["$.total"][2]), "--because", "their release of May")
    assert (said.returncode, said.stdout.strip()) == (0, "1 accepted; processes at work know within a minute.")
    assert found(folder)[0] == 1
    assert json.loads(isthmus(folder, "drift", "accept", "--all", "--json").stdout) == {"accepted": 2}
    code, report = found(folder)
    assert (code, report["drifts"]) == (0, [])
    assert len(found(folder, "--accepted")[1]["drifts"]) == 3
    assert "their release of May" in isthmus(folder, "audit").stdout
    assert "not as they were" not in isthmus(folder, "status").stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["accept"], "say which: numbers as `isthmus drift` lists them, or --all"),
        (["accept", "1", "--all"], "say which"),
        (["accept", "99"], "there is no open difference 99; open are: "),
    ],
)
def test_what_cannot_be_accepted_is_refused(folder: Path, words: list[str], says: str) -> None:
    said = isthmus(folder, "drift", *words)
    assert said.returncode == 2
    assert says in said.stderr


def test_the_folder_may_be_named_before_the_word(folder: Path) -> None:
    command = [sys.executable, "-m", "isthmus", "drift", "-C", str(folder), "accept", "--all"]
    secrets = os.environ | {"ISTHMUS_SHOP_ACCESS_TOKEN": "shpat_x", "ISTHMUS_SHOP_CLIENT_SECRET": "x"}
    said = subprocess.run(command, env=secrets, capture_output=True, text=True, timeout=60, check=False)
    assert "3 accepted" in said.stdout, said.stderr

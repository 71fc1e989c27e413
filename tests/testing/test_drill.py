"""`isthmus drill` and `isthmus failpoints`, as a person uses them."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from isthmus.bootstrap.config import read_config
from isthmus.testing.campaign.arms import ARMS
from isthmus.testing.campaign.understudy import CannotStandIn, toml, understudy

PROJECT = """
[isthmus]
name = "attic"
time_zone = "Europe/Berlin"
database = "postgresql://nobody@203.0.113.1/live"
[connections.web-shop]
connector = "shopify"
url = "https://attic.example.com"
[connections.books]
connector = "odoo"
url = "https://books.example.com"
database = "live"
login = "isthmus"
calls_at_a_time = 2
company = "7"
[[connections.books.windows]]
begins = "00:00"
ends = "23:59"
[flows.sales]
kind = "orders"
from = "web-shop"
to = "books"
reference = "WEB-{number}"
import_when = "paid"
concurrency = 3
[flows.sales.tables.sku]
"OLD \\"1\\"" = "NEW"
[flows.shelf]
kind = "stock"
from = "books"
to = "web-shop"
[flows.shelf.places]
ATTIC = "Attic"
"""
REAL = {"ISTHMUS_WEB_SHOP_ACCESS_TOKEN": "shpat_real", "ISTHMUS_BOOKS_API_KEY": "real-key"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "isthmus.toml").write_text(PROJECT, "utf-8")
    return tmp_path


def isthmus(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "isthmus", *words]
    return subprocess.run(command, env={**os.environ, **REAL}, capture_output=True, text=True, timeout=200, check=False)


def test_the_stand_in_keeps_what_the_project_says_and_calls_nobody_real(folder: Path, tmp_path: Path) -> None:
    there = tmp_path / "played"
    standing = understudy(read_config(folder))
    standing.write(there, port=18100, shop="http://127.0.0.1:18101", erp="http://127.0.0.1:18102", stock=True)
    written = (there / "isthmus.toml").read_text("utf-8")
    assert "example.com" not in written
    assert "203.0.113.1" not in written
    played = read_config(there)
    assert (played.name, played.zone) == ("attic", ZoneInfo("Europe/Berlin"))
    assert played.connections["books"].calls_at_a_time == 2
    assert played.connections["books"].windows == ()
    assert set(played.connections["books"].settings) == {"url", "database", "login"}
    sales, shelf = played.flows
    assert (sales.name, sales.values["concurrency"]) == ("sales", 3)
    assert sales.values["tables"] == {"sku": {'OLD "1"': "NEW"}}
    assert not {"reference", "import_when"} & set(sales.values)
    assert shelf.values["places"] == {"WH": "Main warehouse", "EAST": "East warehouse"}
    assert "real" not in (there / ".env").read_text("utf-8")
    assert standing.secrets().keys() >= set(REAL)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('kind = "orders"', 'kind = "orders"\nenabled = false'), "no enabled flow of kind orders"),
        (('connector = "shopify"', 'connector = "odoo"'), "no simulator can stand in for web-shop"),
    ],
)
def test_a_project_that_cannot_be_played_is_refused_with_the_reason(
    folder: Path, change: tuple[str, str], words: str
) -> None:
    (folder / "isthmus.toml").write_text(PROJECT.replace(*change), "utf-8")
    with pytest.raises(CannotStandIn, match=words):
        understudy(read_config(folder))


def test_stock_that_is_kept_back_is_not_judged(folder: Path) -> None:
    (folder / "isthmus.toml").write_text(
        PROJECT.replace("[flows.shelf.places]", "safety_stock = 2\n[flows.shelf.places]")
    )
    assert understudy(read_config(folder)).stock is None


def test_toml_is_written_so_that_it_says_the_same() -> None:
    document = {"a": {"b.c": 'q"\\\n\t\x01', "n": 1, "x": 0.5, "on": True, "l": ["a", 2]}, "e": {}}
    assert tomllib.loads(toml(document)) == document
    with pytest.raises(CannotStandIn):
        toml({"a": {"none": None}})


def test_every_fault_is_listed_in_words() -> None:
    done = isthmus("drill", "--list")
    assert done.returncode == 0
    assert [name for name in ARMS if name not in done.stdout] == ["database-restarted"]


def test_an_unknown_fault_is_refused(folder: Path) -> None:
    done = isthmus("drill", "erp-awy", "-C", str(folder))
    assert done.returncode == 2
    assert "there is no fault 'erp-awy'" in " ".join(done.stderr.split())


@pytest.mark.crash
@pytest.mark.slow
def test_a_drill_is_graded_from_what_both_systems_hold(folder: Path) -> None:
    done = isthmus("drill", "erp-create-unheard", "--orders", "5", "--json", "-C", str(folder))
    assert done.returncode == 0, (done.stdout, done.stderr)
    (arm,) = json.loads(done.stdout)["arms"]
    assert arm["offered"] >= 5
    assert arm["once"] + arm["skipped"] == arm["offered"]
    assert arm["faults"]["erp commit_then_drop"] >= 1
    assert not (folder / "isthmus.db").exists()


def test_failpoints_are_listed() -> None:
    done = isthmus("failpoints")
    assert done.returncode == 0
    listed = done.stdout.split()
    assert {"commit.open_intent.before", "commit.bind.after", "call.sale.order.load.after", "intent.put"} <= set(listed)
    assert "commit.keep_allowance.after" not in listed
    assert "commit.keep_allowance.after" in json.loads(isthmus("failpoints", "--store", "postgres", "--json").stdout)
    assert isthmus("failpoints", "--store", "oracle").returncode == 2

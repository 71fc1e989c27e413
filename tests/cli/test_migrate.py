"""`isthmus migrate` says what it did, refuses what would do harm, and moves a store when asked."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from isthmus.bootstrap.config import read_config
from isthmus.bootstrap.moving import move
from isthmus.bootstrap.own import owned
from isthmus.store.migrate import migrations
from isthmus.store.open import open_store
from tests.store.ledger import mark
from tests.store.test_copy import Stopped, stopping
from tests.upgrade.releases import Release, next_release

pytestmark = pytest.mark.slow
PAIR = {
    "9001_pre_widen": "CREATE TABLE widened (name TEXT PRIMARY KEY, old TEXT)",
    "9002_post_narrow": "ALTER TABLE widened DROP COLUMN old",
}
NAMES = [each.name for each in migrations("sqlite")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "isthmus.toml").write_text("[isthmus]\n", "utf-8")
    return tmp_path


@pytest.fixture
def later(tmp_path: Path) -> Release:
    return next_release(tmp_path / "later", PAIR)


def isthmus(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "isthmus", "migrate", "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_it_says_what_it_applied(folder: Path) -> None:
    first = isthmus(folder)
    assert [f"applied {name}" for name in NAMES] == first.stdout.splitlines()[:-1]
    assert first.stdout.splitlines()[-1] == "the schema is up to date"
    again = json.loads(isthmus(folder, "--json").stdout)
    assert (again["applied"], again["pending"], again["level"]["pre"]) == ([], [], NAMES[-1])


def test_each_phase_by_itself(folder: Path, new_database: str, later: Release) -> None:
    assert isthmus(folder).returncode == 0
    pre = later.ask("migrate", "-C", folder, "--phase", "pre", database=new_database)
    posts = [name for name in NAMES if "_post_" in name]
    assert pre["applied"] == [*(name for name in NAMES if name not in posts), "9001_pre_widen"]
    assert pre["pending"] == [*posts, "9002_post_narrow"]
    assert pre["level"] == {"pre": "9001_pre_widen", "post": None}
    words = later.run("migrate", "-C", folder, "--phase", "pre", database=new_database).stdout
    assert "9002_post_narrow: `isthmus migrate` does, once no older process is at work" in words
    post = later.ask("migrate", "-C", folder, "--phase", "post", database=new_database)
    assert (post["applied"], post["pending"]) == ([*posts, "9002_post_narrow"], [])


def test_a_command_beside_a_running_project_takes_nothing_away_from_it(folder: Path, later: Release) -> None:
    database = "sqlite:///isthmus.db"
    assert isthmus(folder).returncode == 0
    with owned(read_config(folder)):
        assert later.ask("status", "-C", folder, database=database) is not None
        refused = later.run("migrate", "-C", folder, database=database)
        assert refused.returncode == 2
        assert "9002_post_narrow may take away what is still used by: process" in refused.stderr
    with closing(sqlite3.connect(folder / "isthmus.db")) as file:
        applied = [name for (name,) in file.execute("SELECT name FROM schema_migration ORDER BY name")]
    assert applied == [*NAMES, "9001_pre_widen"]
    later.ask("status", "-C", folder, database=database)
    assert later.ask("migrate", "-C", folder, database=database)["applied"] == []


def test_an_older_program_keeps_away_once_something_was_taken_away(folder: Path, later: Release) -> None:
    assert later.ask("migrate", "-C", folder, database="sqlite:///isthmus.db")["pending"] == []
    command = [sys.executable, "-m", "isthmus", "status", "-C", str(folder)]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert refused.returncode == 2
    assert "changed by a newer Isthmus (9002_post_narrow)" in " ".join(refused.stderr.split())


async def test_moving_shows_what_was_compared_and_what_to_do_next(folder: Path, new_database: str) -> None:
    store = await open_store("sqlite:///isthmus.db", folder)
    await store.migrate()
    await mark(store, "a", "b")
    await store.close()
    parts = urlsplit(new_database)
    password = parts.password or "s3cret"
    secret = new_database if parts.password else new_database.replace("@", f":{password}@", 1)
    moved = isthmus(folder, "--to", secret)
    assert moved.returncode == 0, moved.stderr
    assert password not in moved.stdout + moved.stderr
    assert [line.split()[:3] for line in moved.stdout.splitlines() if line.startswith("job ")] == [["job", "2", "2"]]
    assert 'in isthmus.toml, under [isthmus]: database = "postgresql://' in moved.stdout

    back = isthmus(folder, "--from", secret, "--to", "sqlite:///back.db", "--json")
    assert back.returncode == 0, back.stderr
    told = json.loads(back.stdout)
    assert (told["same"], told["to"]) == (True, "sqlite:///back.db")
    [job] = [each for each in told["tables"] if each["table"] == "job"]
    assert job["source"] == job["target"]
    assert job["source"]["rows"] == 2


async def test_a_difference_is_a_failure(folder: Path, new_database: str) -> None:
    store = await open_store("sqlite:///isthmus.db", folder)
    await store.migrate()
    await mark(store, "a", "b")
    await store.close()
    with pytest.raises(Stopped):
        await move(read_config(folder), "sqlite:///isthmus.db", new_database, stopping("compare", "job", 1))
    with closing(sqlite3.connect(folder / "isthmus.db")) as file:
        file.execute("UPDATE job SET number = '#1' WHERE subject = 'a'")
        file.commit()
    differs = isthmus(folder, "--to", new_database, "--json")
    assert differs.returncode == 1
    assert [each["table"] for each in json.loads(differs.stdout)["tables"] if each["source"] != each["target"]] == [
        "job"
    ]
    assert "repeat to copy what differs anew" in " ".join(differs.stderr.split())
    assert isthmus(folder, "--to", new_database).returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "sqlite:///isthmus.db"], "say --to as well"),
        (["--to", "sqlite:///b.db", "--phase", "pre"], "one at a time"),
        (["--to", "mysql://x"], "a database must be sqlite:///... or postgresql://..."),
        (["--to", "postgresql://nobody:s3cret@127.0.0.1:9/x"], "cannot open the PostgreSQL database"),
        (["--from", "sqlite:///none.db", "--to", "sqlite:///b.db"], "there is no database file"),
    ],
)
def test_what_cannot_be_done_is_said(folder: Path, words: list[str], said: str) -> None:
    assert isthmus(folder).returncode == 0
    refused = isthmus(folder, *words)
    assert refused.returncode == 2
    assert said in " ".join(refused.stderr.split())
    assert "s3cret" not in refused.stderr

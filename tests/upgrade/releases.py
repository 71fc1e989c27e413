"""Two releases side by side: the code of the last one, and today's with changes of the schema it may have.

Both run as programs of the same environment, with PYTHONPATH at their own source.
"""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
#: The commit of the last release; a release writes its own here.
LAST_RELEASE = Path(__file__).with_name("LAST_RELEASE")
#: Both systems are simulators on this machine.
PRIVATE = {"ISTHMUS_SHOP_ALLOW_PRIVATE": "true", "ISTHMUS_ERP_ALLOW_PRIVATE": "true"}


class NoHistory(Exception):
    """The last release is not in this checkout; the message says why."""


@dataclass(frozen=True)
class Release:
    """The source of one release."""

    source: Path

    def command(self, *words: str | Path) -> list[str]:
        return [sys.executable, "-m", "isthmus", *map(str, words)]

    def environment(self, **more: str) -> dict[str, str]:
        return {**os.environ, **PRIVATE, "PYTHONPATH": str(self.source), **more}

    def run(self, *words: str | Path, database: str, failpoint: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command until it ends."""
        environment = self.environment(ISTHMUS_DATABASE_URL=database, ISTHMUS_FAILPOINT=failpoint)
        return subprocess.run(
            self.command(*words), env=environment, capture_output=True, text=True, timeout=180, check=False
        )

    def ask(self, *words: str | Path, database: str) -> Any:
        """Run a command that succeeds and return the JSON it prints."""
        done = self.run(*words, "--json", database=database)
        assert done.returncode == 0, (done.stdout, done.stderr)
        return json.loads(done.stdout)

    def migrations(self) -> list[str]:
        """Return the names of all changes of the schema it knows, in order."""
        return sorted(each.stem for each in (self.source / "isthmus" / "store" / "migrations").glob("*.sql"))


def last_release(folder: Path) -> Release:
    """Unpack the last release into a folder. Raises `NoHistory`."""
    commit = LAST_RELEASE.read_text("ascii").strip()
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        message = "this is no git checkout"
        raise NoHistory(message)
    packed = subprocess.run(["git", "archive", commit, "src"], cwd=ROOT, capture_output=True, check=False)
    if packed.returncode != 0:
        message = f"the history of this checkout does not reach back to {commit[:7]}"
        raise NoHistory(message)
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return Release(folder / "src")


def next_release(folder: Path, changes: Mapping[str, str]) -> Release:
    """Copy today's source into a folder, with these further changes of the schema."""
    source = folder / "src"
    shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in changes.items():
        (source / "isthmus" / "store" / "migrations" / f"{name}.sql").write_text(f"{text};\n", "utf-8")
    return Release(source)

"""Changes of the schema that a later release may bring, for tests of what happens then."""

import shutil
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import pytest

from isthmus.store import migrate


@dataclass(frozen=True)
class Changes:
    """A folder of changes: ours, and those a test adds."""

    folder: Path

    def add(self, name: str, text: str) -> None:
        (self.folder / f"{name}.sql").write_text(f"{text};\n", "utf-8")

    def take(self, name: str) -> None:
        (self.folder / f"{name}.sql").unlink()


@pytest.fixture
def changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Changes:
    folder = tmp_path / "changes"
    shutil.copytree(str(files("isthmus.store.migrations")), folder)
    monkeypatch.setattr(migrate, "FOLDER", folder)
    return Changes(folder)

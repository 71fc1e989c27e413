"""A small disk of a test's own."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Mounted:
    """A disk that can be made larger, or read-only."""

    folder: Path

    def again(self, options: str) -> None:
        """Mount it anew with other options, such as `size=64m` or `ro`."""
        subprocess.run(["mount", "-o", f"remount,{options}", str(self.folder)], check=True)

    def fill(self) -> Path:
        """Take all the room there is; removing the file it returns gives it back."""
        filler = self.folder / "filler"
        with filler.open("wb", buffering=0) as file:
            for size in (1024 * 1024, 4096):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue
        return filler


@contextmanager
def mounted(folder: Path, size: str) -> Iterator[Mounted]:
    """Mount a disk in memory; the test is skipped where that is not allowed."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"no disk of its own ({'not root' if os.geteuid() else done.stderr.strip()})")
    try:
        yield Mounted(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)

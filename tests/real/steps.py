"""Steps of a long preparation: told while they go on, and not done again when an earlier run has done them."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

#: Where what was fetched and made is kept: in the checkout, unless the environment names a place that outlives it.
CACHE = Path(os.environ.get("ISTHMUS_REAL_CACHE") or Path(__file__).parents[2] / ".cache" / "real").absolute()


class StepFailed(Exception):
    """A program that a step needs has failed; the message holds the last of what it said."""


class NotHere(Exception):
    """What a real system needs is not to be had on this machine; the message says what, and what would help."""


@contextmanager
def told(what: str) -> Iterator[None]:
    """Say that something begins, and how long it took."""
    sys.stderr.write(f"{what} ... ")
    sys.stderr.flush()
    began = time.monotonic()
    try:
        yield
    except BaseException:
        sys.stderr.write("failed\n")
        raise
    sys.stderr.write(f"{time.monotonic() - began:.1f} s\n")


def once(path: Path, what: str, make: Callable[[Path], None]) -> Path:
    """Return a file or folder, made now unless an earlier run has finished making it."""
    done = path.with_name(f"{path.name}.done")
    if done.exists() and path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file():
        path.unlink()
    with told(what):
        make(path)
    done.touch()
    return path


def forget(path: Path) -> None:
    """Remove everything that was made."""
    shutil.rmtree(path, ignore_errors=True)


def fingerprint(*texts: str) -> str:
    """Return a short name of what something is made from."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


def run(
    words: Sequence[str | Path],
    *,
    sent: bytes = b"",
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> None:
    """Run a program to its end. Raises `StepFailed`."""
    done = subprocess.run(
        words, input=sent, env=environment, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if log is not None:
        log.write_bytes(done.stdout)
    if done.returncode:
        message = f"{Path(words[0]).name} ended with {done.returncode}:\n{done.stdout.decode(errors='replace')[-3000:]}"
        raise StepFailed(message)

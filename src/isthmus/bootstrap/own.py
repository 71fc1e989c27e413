"""One running Isthmus per file database."""

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from isthmus.bootstrap.config import ConfigError, ProjectConfig

#: So often, and so far apart, a start waits for somebody who only looks; that is over in less than a millisecond.
LOOKS = 50
LOOK_S = 0.02
#: Locks this process holds: the kernel would refuse it a second one as well.
_OURS: set[Path] = set()


@contextmanager
def owned(config: ProjectConfig) -> Generator[bool]:
    """Hold the project's file database for this process; yield whether nobody else can be working on it.

    A file database has one worker process, so what an earlier one held can be taken back at
    once. With PostgreSQL others may be alive, and their leases decide. Raises `ConfigError` when
    another process works on the same file.
    """
    if not config.database.startswith("sqlite:"):
        yield False
        return
    path = _lock(config)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="ascii") as lock:
        if not _taken(lock):
            lock.seek(0)
            message = f"another Isthmus (process {lock.read().strip() or '?'}) works on this project already"
            raise ConfigError(message)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        _OURS.add(path)
        try:
            yield True
        finally:
            _OURS.discard(path)


def _taken(lock: IO[str]) -> bool:
    """Take the lock of a worker, and wait for those who only look (`worker_of`); return whether it is ours."""
    for _ in range(LOOKS):
        if _locked(lock, fcntl.LOCK_EX):
            return True
        if not _locked(lock, fcntl.LOCK_SH):
            return False
        fcntl.flock(lock, fcntl.LOCK_UN)
        time.sleep(LOOK_S)
    return False


def _locked(lock: IO[str], how: int) -> bool:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def worker_of(config: ProjectConfig) -> str:
    """Name the other process that works on the project's file database; empty when there is none."""
    if not config.database.startswith("sqlite:") or _lock(config) in _OURS:
        return ""
    try:
        with _lock(config).open("r", encoding="ascii") as lock:
            if not _locked(lock, fcntl.LOCK_SH):
                return f"process {lock.read().strip() or '?'}"
    except FileNotFoundError:
        return ""
    return ""


def _lock(config: ProjectConfig) -> Path:
    return Path(config.folder / config.database.removeprefix("sqlite:///")).resolve().with_suffix(".lock")

"""One running Isthmus per file database."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from isthmus.bootstrap.config import ConfigError, ProjectConfig

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
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            message = f"another Isthmus (process {lock.read().strip() or '?'}) works on this project already"
            raise ConfigError(message) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        _OURS.add(path)
        try:
            yield True
        finally:
            _OURS.discard(path)


def worker_of(config: ProjectConfig) -> str:
    """Name the other process that works on the project's file database; empty when there is none."""
    if not config.database.startswith("sqlite:") or _lock(config) in _OURS:
        return ""
    try:
        with _lock(config).open("r", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return f"process {lock.read().strip() or '?'}"
    except FileNotFoundError:
        return ""
    return ""


def _lock(config: ProjectConfig) -> Path:
    return Path(config.folder / config.database.removeprefix("sqlite:///")).resolve().with_suffix(".lock")

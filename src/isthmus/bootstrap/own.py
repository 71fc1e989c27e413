"""One running Isthmus per file database."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from isthmus.bootstrap.config import ConfigError, ProjectConfig


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
    path = Path(config.folder / config.database.removeprefix("sqlite:///")).with_suffix(".lock")
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
        yield True

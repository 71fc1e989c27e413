"""Servers of a test's own: a PostgreSQL that can be stopped and started, a PgBouncer, a network that can be cut."""

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from tests.postgres_server import PostgresServer, find_binaries
from tests.postgres_supervisor import SETTINGS, environment, free_port

START_SECONDS = 30.0
# Gives root up, for these servers refuse it, and ends with us however we end, as tests/postgres_supervisor.py does.
BOUND = """
import ctypes, os, sys
user = int(sys.argv[1])
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
ctypes.CDLL(None).prctl(1, 3, 0, 0, 0)
os.execv(sys.argv[2], sys.argv[2:])
"""


@dataclass(slots=True)
class Restartable:
    """A private server that writes its log to disk at each commit, and can be stopped without a goodbye."""

    server: PostgresServer
    again: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return its address. The test servers' default forgets the last commits when stopped hard."""
        return self.server.url + "?synchronous_commit=on"

    def stop(self) -> None:
        """End it at once, in the middle of whatever it is doing."""
        if self.again is None:
            os.kill(self.server.pid, signal.SIGQUIT)
        else:
            self.again.send_signal(signal.SIGQUIT)
            self.again.wait()
        _until(lambda: not _answers(self._port), "the server did not stop")
        (self.server.home / "cluster" / "postmaster.pid").unlink(missing_ok=True)

    def start(self) -> None:
        """Start it again on the same port and files; returns when it takes connections."""
        cluster = self.server.home / "cluster"
        binaries = find_binaries()
        copied = self.server.home / "install" / binaries.name
        binaries = copied if copied.exists() else binaries
        settings = [f"--{name}={value}" for name, value in {**SETTINGS, "port": str(self._port)}.items()]
        self.again = launched(
            [str(binaries / "postgres"), "-D", str(cluster), *settings], cluster.stat().st_uid, environment(binaries)
        )
        ready = cluster / "postmaster.pid"
        _until(lambda: ready.exists() and "ready" in ready.read_text(), "the server did not start again")

    def close(self) -> None:
        """End it and remove its files."""
        if self.again is not None:
            self.again.send_signal(signal.SIGQUIT)
            self.again.wait()
        self.server.close()

    @property
    def _port(self) -> int:
        return urlsplit(self.server.url).port or 0


@contextmanager
def restartable() -> Iterator[Restartable]:
    """Start a server that can be stopped and started again."""
    server = Restartable(PostgresServer.start())
    try:
        yield server
    finally:
        server.close()


def find_pgbouncer() -> str | None:
    """Return the program, or None where it is not installed. It lies where only administrators look."""
    return shutil.which("pgbouncer", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


@contextmanager
def pgbouncer(database: str, mode: str, *, size: int = 2, clients: int = 50) -> Iterator[str]:
    """Start PgBouncer before a database, with `size` server connections, and yield the address through it."""
    program = find_pgbouncer()
    assert program is not None
    parts = urlsplit(database)
    port = free_port()
    home = Path(tempfile.mkdtemp(prefix="isthmus-pgbouncer-"))
    (home / "pgbouncer.ini").write_text(
        "[databases]\n"
        f"* = host={parts.hostname} port={parts.port} user={parts.username} password={parts.password or ''}\n"
        "[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        f"server_login_retry = 1\npool_mode = {mode}\ndefault_pool_size = {size}\nmax_client_conn = {clients}\n"
        f"logfile = {home / 'log'}\n"
    )
    user = _unprivileged()
    for each in (home, home / "pgbouncer.ini"):
        os.chown(each, user, -1)
    running = launched([program, str(home / "pgbouncer.ini")], user, dict(os.environ))
    try:
        _until(lambda: _answers(port), "PgBouncer did not start")
        yield urlunsplit(parts._replace(netloc=f"postgres@127.0.0.1:{port}"))
    finally:
        running.kill()
        running.wait()
        shutil.rmtree(home)


@dataclass(slots=True)
class Wire:
    """A way to a server that can be cut: what is sent then arrives nowhere, and nobody is told."""

    url: str
    whole: asyncio.Event
    #: A connection that sends this is broken: it arrives, and the answer does not.
    fatal: bytes = b""

    def cut(self) -> None:
        """Let nothing through."""
        self.whole.clear()

    def mend(self) -> None:
        """Let everything through."""
        self.whole.set()


@asynccontextmanager
async def wire(database: str) -> AsyncIterator[Wire]:
    """Forward connections to a database until cut."""
    parts = urlsplit(database)
    account = parts.netloc.rpartition("@")[0]
    line = Wire("", asyncio.Event())
    line.mend()
    tasks: set[asyncio.Task[None]] = set()

    async def onward(source: asyncio.StreamReader, sink: asyncio.StreamWriter, back: asyncio.Task[None]) -> None:
        while read := await source.read(65536):
            await line.whole.wait()
            if line.fatal and line.fatal in read:
                back.cancel()
            sink.write(read)
        sink.close()

    async def backward(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while read := await source.read(65536):
                await line.whole.wait()
                sink.write(read)
        finally:
            sink.close()

    async def forward(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        far_source, far_sink = await asyncio.open_connection(parts.hostname, parts.port)
        back = asyncio.create_task(backward(far_source, sink))
        tasks.update((back, asyncio.create_task(onward(source, far_sink, back))))

    server = await asyncio.start_server(forward, "127.0.0.1", 0)
    line.url = urlunsplit(parts._replace(netloc=f"{account}@127.0.0.1:{server.sockets[0].getsockname()[1]}"))
    try:
        yield line
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def launched(command: Sequence[str], user: int, environ: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a server that ends with us, as another user where we are root."""
    return subprocess.Popen(
        [sys.executable, "-I", "-c", BOUND, str(user), *command],
        env=environ,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _unprivileged() -> int:
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _until(reached: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError(otherwise)
        time.sleep(0.02)

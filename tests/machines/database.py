"""A PostgreSQL server of the campaign's own, which may be stopped as a power cut would and started again."""

import asyncio
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import asyncpg

from tests.machines.network import SCRATCH, STORE
from tests.postgres_server import find_binaries
from tests.postgres_supervisor import environment, reachable

USER = "nobody"
START_S = 60.0
#: Commits are waited for, as in earnest: what was acknowledged has to be there after the restart.
SETTINGS = {
    "listen_addresses": f"{STORE}.1",
    "port": "5432",
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_lock_waits": "on",
    "log_min_error_statement": "panic",
}


class Database:
    """One cluster in memory."""

    url = f"postgresql://postgres@{STORE}.1:5432/postgres"

    def __init__(self) -> None:
        self._home = SCRATCH / "postgres"
        self._home.mkdir()
        shutil.chown(self._home, USER)
        self._binaries = self._reachable(find_binaries())
        self._cluster = self._home / "cluster"
        self._run("initdb", f"--pgdata={self._cluster}", "--username=postgres", "--auth=trust", "--encoding=UTF8",
                  "--locale=C", "--no-sync")  # fmt: skip
        # Nobody but these machines can reach the address.
        with (self._cluster / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {STORE}.0/24 trust\n")
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it takes connections."""
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        with (SCRATCH / "postgres.log").open("ab") as log:
            self._server = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._cluster, *settings],
                user=USER, extra_groups=[], env=environment(self._binaries), cwd=self._home,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        until = time.monotonic() + START_S
        state = self._cluster / "postmaster.pid"
        while time.monotonic() < until and self._server.poll() is None:
            lines = state.read_text().splitlines() if state.exists() else []
            if len(lines) > 7 and lines[7].strip() == "ready":
                return
            time.sleep(0.02)
        message = f"PostgreSQL does not start: {(SCRATCH / 'postgres.log').read_text()[-2000:]}"
        raise RuntimeError(message)

    def stop(self, mode: str) -> None:
        """Stop it: `immediate` is what a power cut leaves behind."""
        self._run("pg_ctl", "stop", f"--pgdata={self._cluster}", f"--mode={mode}", "--wait")
        if self._server is not None:
            self._server.wait(30)

    def ask(self, question: str) -> list[dict[str, Any]]:
        """Look into the ledger: to know when to strike, never to know what is true."""

        async def asked() -> list[dict[str, Any]]:
            connection = await asyncpg.connect(self.url, timeout=10)
            try:
                return [dict(row) for row in await connection.fetch(question)]
            finally:
                await connection.close()

        return asyncio.run(asked())

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._binaries / program, *arguments],
            user=USER, extra_groups=[], env=environment(self._binaries), cwd=self._home,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            message = f"{program}: {done.stdout[-1000:]}{done.stderr[-1000:]}"
            raise RuntimeError(message)

    def _reachable(self, binaries: Path) -> Path:
        """Return binaries that the server's account can run, copied where the checkout is a private place."""
        if reachable(binaries):
            return binaries
        copy = SCRATCH / "install"
        shutil.copytree(binaries.parent, copy, symlinks=True)
        return copy / binaries.name

"""Both simulators, and Isthmus of two releases at work between them on one database."""

import asyncio
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

import asyncpg

from isthmus.bootstrap.config import FILE
from isthmus.cli.demo_project import Ports, write_project
from isthmus.cli.demo_world import free_ports
from tests.crash.stand import Stand
from tests.upgrade.releases import Release

ALL_WELL = {"lost": [], "doubled": [], "strange": [], "wrong total": [], "unconfirmed": [], "wrong stock": []}
PATIENCE_S = 200.0
#: Orders are looked for at once, for a webhook would find only one of two. Stock is raised once the orders were read a
#: settle time after the shop's own figure, so that one is read less often than that.
EVERY_S = {"erp": 1, "shop": 12}


@dataclass
class Running:
    """A started `isthmus up`."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def ready(self) -> bool:
        """Whether it says that it may get traffic."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=10) as answer:
                return answer.status == 200
        except (URLError, OSError):
            return False

    def stop(self) -> None:
        """End it as a service manager does, and see that it ends by itself."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0, self.log.read_text("utf-8")


@dataclass
class Line:
    """The two systems, the database, and a project folder per release: they differ in where they listen."""

    stand: Stand
    database: str
    folder: Path

    def project(self, name: str) -> Path:
        """Make a release's project folder."""
        folder = self.folder / name
        if not folder.exists():
            write_project(folder, Ports(free_ports().isthmus, self.stand.ports.shop, self.stand.ports.erp))
            # The last release does not know this setting, and refuses what it does not know.
            text = (folder / FILE).read_text("utf-8").replace("allow_private = true\n", "")
            for to, every in EVERY_S.items():
                text = text.replace(f'to = "{to}"', f'to = "{to}"\nevery = {every}')
            (folder / FILE).write_text(text, "utf-8")
        return folder

    @contextmanager
    def up(self, release: Release, name: str) -> Iterator[Running]:
        """Run `isthmus up` of a release until the block ends."""
        folder = self.project(name)
        port = int((folder / FILE).read_text("utf-8").split('listen = "127.0.0.1:')[1].split('"')[0])
        log = folder / "log.txt"
        with log.open("ab") as out:
            process = subprocess.Popen(
                release.command("up", "-C", folder),
                env=release.environment(ISTHMUS_DATABASE_URL=self.database),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        running = Running(process, port, log)
        try:
            self.until(running.ready, lambda: log.read_text("utf-8"))
            yield running
        finally:
            process.kill()
            process.wait()

    def order(self, count: int, seed: int) -> None:
        """Let customers buy something."""
        self.stand.call("shop", "orders", {"count": count, "seed": seed})

    def settled(self) -> bool:
        """Whether both systems hold the same, each order once."""
        return self.stand.verdict() == ALL_WELL

    def wait(self) -> None:
        """Return once both systems hold the same; fail with what differs, and with what Isthmus knows of it."""
        self.until(self.settled, self._differences)

    def _differences(self) -> str:
        found = {what: found for what, found in self.stand.verdict().items() if found}
        kept = [f"{each}: {self.rows(f'SELECT * FROM {each}')}" for each in ("in_flight", "stream", "intent")]  # noqa: S608 - ours
        open_jobs = self.rows("SELECT flow, subject, state, code, because, run_at FROM job WHERE state <> 'done'")
        logs = [f"{log}: {log.read_text('utf-8')[-2000:]}" for log in self.folder.glob("*/log.txt")]
        return "\n".join([str(found), *kept, f"open jobs: {open_jobs}", *logs])

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database itself."""

        async def ask() -> list[tuple[Any, ...]]:
            connection = await asyncpg.connect(self.database)
            try:
                return [tuple(row) for row in await connection.fetch(query)]
            finally:
                await connection.close()

        return asyncio.run(ask())

    def until(self, reached: Callable[[], bool], why: Callable[[], str]) -> None:
        """Look until something is so; fail saying why it is not."""
        deadline = time.monotonic() + PATIENCE_S
        while not reached():
            assert time.monotonic() < deadline, why()
            time.sleep(0.2)

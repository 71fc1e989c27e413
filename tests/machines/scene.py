"""Everything on stage: a database, a shop, an ERP, and Isthmus in several processes on several machines."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tests.machines.database import Database
from tests.machines.network import SCRATCH, TRADE, Machine

START_S = 60.0
STOP_S = 60.0
SHOP, ERP, WEB = 8101, 8102, 8100
#: The most calls the ERP takes at a time: what all processes together have to keep to.
CALLS_AT_A_TIME = 4
#: Who runs where: each name is a role and a number, each number a machine.
CAST = {"web": 1, "scheduler-a": 1, "scheduler-b": 2, "worker-a": 2, "worker-b": 3, "worker-c": 4}
_PROJECT = f"""\
[isthmus]
name = "machines"
listen = "{TRADE}.11:{WEB}"
public_url = "http://{TRADE}.11:{WEB}"

[connections.shop]
connector = "shopify"
url = "http://{TRADE}.1:{SHOP}"
allow_private = true

[connections.erp]
connector = "odoo"
url = "http://{TRADE}.1:{ERP}"
allow_private = true
database = "demo"
login = "demo"
calls_at_a_time = {CALLS_AT_A_TIME}

[flows.orders]
from = "shop"
to = "erp"
every = 15

[flows.stock]
from = "erp"
to = "shop"
every = 45

[flows.stock.places]
WH = "Main warehouse"
EAST = "East warehouse"
"""
_SECRETS = (
    "ISTHMUS_SHOP_ACCESS_TOKEN=demo-token\nISTHMUS_SHOP_CLIENT_SECRET=demo-secret\nISTHMUS_ERP_API_KEY=demo-key\n"
)


@dataclass(slots=True)
class Scene:
    """Programs, and what may be done to them."""

    latency_ms: int = 120
    database: Database = field(default_factory=Database)
    machines: dict[int, Machine] = field(default_factory=dict[int, Machine])
    programs: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict[str, "subprocess.Popen[bytes]"])
    _more: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])  # by name: its environment

    @property
    def folder(self) -> Path:
        """Return the project's folder, the same on all machines."""
        return SCRATCH / "project"

    def open(self) -> None:
        """Start the database and both systems, and bring the schema there."""
        self.folder.mkdir()
        (self.folder / "isthmus.toml").write_text(_PROJECT, "utf-8")
        (self.folder / ".env").write_text(_SECRETS, "utf-8")
        (self.folder / ".env").chmod(0o600)
        self.database.start()
        self.machines = {number: Machine(number) for number in sorted(set(CAST.values()))}
        self._system("shopify", SHOP, "--callback", f"http://{TRADE}.11:{WEB}")
        self._system("odoo", ERP, "--seed", "demo", "--latency-ms", str(self.latency_ms))
        for side in ("shop", "erp"):
            wait_for(lambda side=side: self.there(side), START_S, f"the {side} does not answer")
        self.isthmus("migrate")

    def up(self, name: str, **more: str) -> None:
        """Start one of the cast, again or for the first time; `more` goes into its environment."""
        self._more[name] = {**self._more.get(name, {}), **more}
        role = name.partition("-")[0]
        with self._log(name) as log:
            command = [sys.executable, "-m", "isthmus", role, "-C", str(self.folder)]
            self.programs[name] = self.machines[CAST[name]].start(command, self._environment(name), log)

    def everybody(self) -> None:
        """Start the whole cast and wait until all have said that they are there."""
        for name in CAST:
            self.up(name)
        wait_for(lambda: len(self.present()) >= len(CAST), START_S, "not everybody came up")

    def running(self) -> int:
        """Return how many jobs somebody is working on."""
        return self.database.ask("SELECT count(*) AS jobs FROM job WHERE state = 'running'")[0]["jobs"]

    def present(self) -> list[dict[str, Any]]:
        """Return who says that it is at work."""
        return self.database.ask("SELECT role, pid, state FROM process")

    def send(self, name: str, what: signal.Signals) -> None:
        """Send a signal to one program."""
        self.programs[name].send_signal(what)

    def kill(self, name: str) -> None:
        """End one program as a power cut would."""
        self.send(name, signal.SIGKILL)
        self.programs[name].wait()

    def ended(self, name: str) -> int:
        """Wait for a program to end by itself and return its exit code."""
        return self.programs.pop(name).wait(STOP_S)

    def stop_all(self) -> dict[str, int]:
        """Tell everybody to stop and return the exit codes."""
        for program in self.programs.values():
            program.send_signal(signal.SIGTERM)
        return {name: self.ended(name) for name in list(self.programs)}

    def call(self, side: str, what: str, **wish: Any) -> Any:
        """Use a control of a simulator."""
        port = {"shop": SHOP, "erp": ERP}[side]
        body = json.dumps(wish).encode() if wish else None
        with urllib.request.urlopen(f"http://{TRADE}.1:{port}/__sim/{what}", body, timeout=60) as answer:
            return json.load(answer)

    def there(self, side: str) -> bool:
        """Tell whether a simulator answers."""
        try:
            self.call(side, "state")
        except OSError:
            return False
        return True

    def isthmus(self, *arguments: str) -> str:
        """Run a command of Isthmus beside the database and return what it printed. Raises when it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "isthmus", *arguments, "-C", str(self.folder)],
            env=self._environment(""), capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        if done.returncode:
            message = f"isthmus {' '.join(arguments)}: {done.stdout}{done.stderr}"
            raise RuntimeError(message)
        return done.stdout

    def _system(self, slug: str, port: int, *more: str) -> None:
        command = [sys.executable, "-m", "isthmus", "sim", slug, "--host", f"{TRADE}.1", "--port", str(port), *more]
        with self._log(slug) as log:
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _log(self, name: str) -> IO[bytes]:
        return (SCRATCH / f"{name}.log").open("ab")

    def _environment(self, name: str) -> dict[str, str]:
        return {**os.environ, "ISTHMUS_DATABASE_URL": self.database.url, **self._more.get(name, {})}


def wait_for(met: Callable[[], bool], seconds: float, otherwise: str) -> float:
    """Return how long it took until `met`. Raises after `seconds`."""
    began = time.monotonic()
    while not met():
        if time.monotonic() - began > seconds:
            raise TimeoutError(otherwise)
        time.sleep(0.1)
    return time.monotonic() - began

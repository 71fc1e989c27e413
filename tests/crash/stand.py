"""Two simulators and Isthmus as the programs they are: started, killed, and asked afterwards."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError

from isthmus.cli.demo_project import Ports, write_project
from isthmus.cli.demo_world import free_ports

START_S = 30.0


class Stand:
    """A shop, an ERP, and a project folder between them."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports

    def call(self, side: str, what: str, wish: dict[str, Any] | None = None) -> Any:
        port = {"shop": self.ports.shop, "erp": self.ports.erp}[side]
        body = None if wish is None else json.dumps(wish).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/__sim/{what}", body, timeout=30) as answer:
            return json.load(answer)

    def project(self, folder: Path, orders: int) -> None:
        """Begin anew: an empty project, so many orders, and some stock that has to be put right."""
        for side in ("shop", "erp"):
            self.call(side, "reset", {})
        write_project(folder, self.ports)
        self.call("shop", "orders", {"count": orders, "seed": 7})
        for sku in sorted(self.call("erp", "state")["stock"])[:3]:
            self.call("erp", "stock", {"sku": sku, "place": "WH", "quantity": 41})

    def run(self, folder: Path, *, failpoint: str = "") -> subprocess.CompletedProcess[str]:
        """Do all that is due, as a scheduler would; with a failpoint, until the process is killed there."""
        return self._isthmus(folder, failpoint, "run", "--once", "--wait", "40", "--json")

    def reconcile(self, folder: Path, *, failpoint: str = "") -> subprocess.CompletedProcess[str]:
        """Compare both sides' own lists of today; with a failpoint, until the process is killed there."""
        return self._isthmus(folder, failpoint, "reconcile", "--json")

    def _isthmus(self, folder: Path, failpoint: str, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "isthmus", *words, "-C", str(folder)]
        environment = {**os.environ, "ISTHMUS_FAILPOINT": failpoint}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)

    def verdict(self) -> dict[str, list[str]]:
        """Compare what both systems hold, without asking Isthmus."""
        shop, erp = self.call("shop", "state"), self.call("erp", "state")
        booked = Counter(order["reference"] for order in erp["orders"])
        offered = [order["reference"] for order in shop["orders"]]
        totals = {order["reference"]: order["total"] for order in erp["orders"]}
        names = {"Main warehouse": "WH", "East warehouse": "EAST"}
        told = {
            (sku, names[place]): figure for sku, places in shop["stock"].items() for place, figure in places.items()
        }
        free = {(sku, code): figure for sku, places in erp["stock"].items() for code, figure in places.items()}
        return {
            "lost": [each for each in offered if booked[each] == 0],
            "doubled": [each for each, count in booked.items() if count > 1],
            "strange": sorted(set(booked) - set(offered)),
            "wrong total": [o["reference"] for o in shop["orders"] if totals.get(o["reference"]) != o["total"]],
            "unconfirmed": [order["reference"] for order in erp["orders"] if order["status"] != "sale"],
            "wrong stock": [f"{key}: {told[key]} told, {free[key]} free" for key in told if told[key] != free.get(key)],
        }


@contextmanager
def standing() -> Iterator[Stand]:
    """Start both simulators."""
    ports = free_ports()
    started = [_simulator("shopify", ports.shop), _simulator("odoo", ports.erp, "--seed", "demo")]
    stand = Stand(ports)
    try:
        for side in ("shop", "erp"):
            _ready(stand, side)
        yield stand
    finally:
        for process in started:
            process.kill()
            process.wait()


def _simulator(slug: str, port: int, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "isthmus", "sim", slug, "--port", str(port), *more]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _ready(stand: Stand, side: str) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            stand.call(side, "state")
        except (URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return

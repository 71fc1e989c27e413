"""A real Tryton for tests: installed into a cache, its database made once, its server started in a moment.

Tryton is GPL: it lives in an environment of its own, is spoken to over the network and by programs of its own, and no
part of it is imported here.
"""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from isthmus.simulators.demo_shop import PLACES, assortment
from isthmus.testing.lives import free_port
from tests.postgres_server import administrator, find_binaries
from tests.real.steps import CACHE, StepFailed, fingerprint, once, run, told

HERE = Path(__file__).parent
PINS, SEED = HERE / "tryton.txt", HERE / "tryton_seed.py"
MODULES = ("sale", "sale_shipment_cost")
LOGIN, PASSWORD = "isthmus", "isthmus-demo-password"
ADMIN_PASSWORD = "admin-demo-password"
TEMPLATE = "tryton_template"
START_S = 60.0


@dataclass(frozen=True, slots=True)
class RealTryton:
    """A running server. `admin_url` is PostgreSQL's administrator, `template` the database others are copied from."""

    url: str
    admin_url: str
    template: str
    programs: Path

    def variables(self) -> dict[str, str]:
        """Return what the tests are told by."""
        return {
            "ISTHMUS_TEST_TRYTON_URL": self.url,
            "ISTHMUS_TEST_TRYTON_LOGIN": LOGIN,
            "ISTHMUS_TEST_TRYTON_PASSWORD": PASSWORD,
            "ISTHMUS_TEST_TRYTON_POSTGRES": self.admin_url,
            "ISTHMUS_TEST_TRYTON_TEMPLATE": self.template,
        }

    @contextmanager
    def database(self) -> Iterator[str]:
        """Yield the name of a fresh copy of the company, and drop it."""
        name = f"tryton_{uuid4().hex[:12]}"
        psql(self.admin_url, f'CREATE DATABASE "{name}" TEMPLATE "{self.template}"')
        try:
            with told("letting Tryton load it"):
                self._load(name)
            yield name
        finally:
            psql(self.admin_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _load(self, name: str) -> None:
        """Make a running server know a database: a login does not, any look at its files does (seen on 8.2)."""
        try:
            with urllib.request.urlopen(f"{self.url}/{name}/r/nothing", timeout=120):  # noqa: S310 - our own server
                pass
        except urllib.error.HTTPError as answer:
            if answer.code != HTTPStatus.NOT_FOUND:
                message = f"Tryton does not load {name}: HTTP {answer.code}"
                raise StepFailed(message) from answer


@contextmanager
def real_tryton() -> Iterator[RealTryton]:
    """Yield a running server, whatever has to be made for it first."""
    programs = installed()
    with administrator() as admin_url, TemporaryDirectory(prefix="isthmus-tryton-") as folder:
        config, port = Path(folder) / "trytond.conf", free_port()
        config.write_text(_CONFIG.format(base=_named(admin_url, ""), folder=folder, port=port), "utf-8")
        prepare(programs, admin_url, config)
        with serving(programs, config, Path(folder) / "server.log", f"http://127.0.0.1:{port}"):
            yield RealTryton(f"http://127.0.0.1:{port}", admin_url, TEMPLATE, programs)


def installed() -> Path:
    """Return the folder of Tryton's programs, installed now unless they are there."""
    pins = PINS.read_text("utf-8")

    def install(folder: Path) -> None:
        if not (folder / "bin" / "pip").exists():
            run([sys.executable, "-m", "venv", "--clear", folder])
        # What an interrupted run has installed already is not fetched again.
        run([folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", PINS])

    return once(CACHE / f"tryton-{fingerprint(pins)}", "installing Tryton (about 110 MB)", install) / "bin"


def prepare(programs: Path, admin_url: str, config: Path) -> None:
    """Make the template database: from the copy kept in the cache, or anew."""
    today = datetime.now(UTC).date()
    kept = CACHE / f"tryton-{_company(today)}.dump"
    binaries = find_binaries()
    psql(admin_url, f'CREATE DATABASE "{TEMPLATE}" TEMPLATE template0')
    there = _named(admin_url, TEMPLATE)

    def make(path: Path) -> None:
        _initialize(programs, config)
        _seed(programs, config, there, today)
        run([binaries / "pg_dump", "--format=custom", f"--file={path}", there])

    fresh = not kept.with_name(f"{kept.name}.done").exists()
    once(kept, "making a company in Tryton (two minutes, or ten on a busy machine)", make)
    if not fresh:
        with told("copying the company"):
            run([binaries / "pg_restore", "--no-owner", f"--dbname={there}", kept])


def psql(admin_url: str, statement: str, database: str = "") -> str:
    """Run one statement and return what it shows, without a header."""
    address = _named(admin_url, database) if database else admin_url
    words = [
        find_binaries() / "psql",
        "--no-psqlrc",
        "--tuples-only",
        "--no-align",
        "--quiet",
        "-c",
        statement,
        address,
    ]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    if done.returncode:
        raise StepFailed(done.stderr.strip())
    return done.stdout.strip()


@contextmanager
def serving(programs: Path, config: Path, log: Path, url: str) -> Iterator[None]:
    """Run the server while the block runs."""
    with log.open("wb") as said:
        server = subprocess.Popen(
            [programs / "trytond", "-c", config], stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        try:
            with told("starting Tryton"):
                _wait(server, url, log)
            yield
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _initialize(programs: Path, config: Path) -> None:
    secret = config.with_name("password")
    secret.write_text(ADMIN_PASSWORD, "utf-8")
    words = [
        *(programs / "trytond-admin", "-c", config, "-d", TEMPLATE, "--email", "admin@example.com"),
        *("-u", *MODULES, "--activate-dependencies", "-l", "en"),
    ]
    run(words, environment={**os.environ, "TRYTONPASSFILE": str(secret)})


def _seed(programs: Path, config: Path, database: str, today: date) -> None:
    order = {
        "database": database,
        "config": str(config),
        "login": LOGIN,
        "password": PASSWORD,
        "items": _items(),
        "places": PLACES,
        "today": today.isoformat(),
    }
    run([programs / "python", SEED], sent=json.dumps(order).encode())


def _items() -> list[dict[str, object]]:
    return [
        {"sku": one.sku, "title": one.title, "price": str(one.price), "barcode": one.barcode, "stock": one.stock}
        for one in assortment()
    ]


def _company(today: date) -> str:
    """Return a name of the company as it is made: fiscal years stand around this one."""
    own = (PINS.read_text("utf-8"), SEED.read_text("utf-8"), *MODULES)
    return fingerprint(*own, json.dumps(_items()), str(today.year), find_binaries().as_posix())


def _wait(server: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    body = json.dumps({"id": 0, "method": "common.server.version", "params": []}).encode()
    asked = urllib.request.Request(f"{url}/rpc/", body, {"Content-Type": "application/json"})  # noqa: S310 - our own
    until = time.monotonic() + START_S
    while True:
        try:
            with urllib.request.urlopen(asked, timeout=5):  # noqa: S310 - the server started above
                return
        except (urllib.error.URLError, OSError) as failure:
            if server.poll() is not None or time.monotonic() > until:
                said = log.read_text("utf-8", "replace")[-2000:]
                message = f"Tryton does not answer: {failure}\n{said}"
                raise StepFailed(message) from failure
            time.sleep(0.1)


def _named(admin_url: str, database: str) -> str:
    return urlunsplit(urlsplit(admin_url)._replace(path=f"/{database}"))


_CONFIG = """\
[database]
uri = {base}
path = {folder}

[web]
listen = 127.0.0.1:{port}

[email]
uri = smtp://127.0.0.1:1

# The tests give wrong passwords on purpose, more than a server should allow.
[session]
max_attempt = 10000
max_attempt_ip_network = 10000
"""

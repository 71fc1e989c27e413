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
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from isthmus.simulators.demo_shop import PLACES, assortment
from isthmus.testing.lives import free_port
from tests.postgres_server import NoPostgres, administrator, find_binaries
from tests.real.steps import CACHE, NotHere, StepFailed, fingerprint, once, run, told

HERE = Path(__file__).parent
PINS, SEED = HERE / "tryton.txt", HERE / "tryton_seed.py"
MODULES = ("sale", "sale_shipment_cost")
LOGIN, PASSWORD = "isthmus", "isthmus-demo-password"
ADMIN_PASSWORD = "admin-demo-password"
#: What a running server is told to the tests by.
VARIABLES = {
    "url": "ISTHMUS_TEST_TRYTON_URL",
    "admin_url": "ISTHMUS_TEST_TRYTON_POSTGRES",
    "template": "ISTHMUS_TEST_TRYTON_TEMPLATE",
    "database": "ISTHMUS_TEST_TRYTON_DATABASE",
    "login": "ISTHMUS_TEST_TRYTON_LOGIN",
    "password": "ISTHMUS_TEST_TRYTON_PASSWORD",
}
START_S = 60.0


@dataclass(frozen=True, slots=True)
class RealTryton:
    """A running server, and one company in `database`.

    `admin_url` is PostgreSQL's administrator, `template` the database further companies are copied from.
    """

    url: str
    admin_url: str
    template: str
    database: str
    login: str = LOGIN
    password: str = PASSWORD

    def variables(self) -> dict[str, str]:
        """Return what the tests are told by."""
        return {variable: getattr(self, name) for name, variable in VARIABLES.items()}


def not_given() -> str:
    """Return why no scene can be played, empty when a server is given."""
    absent = [variable for variable in VARIABLES.values() if not os.environ.get(variable)]
    return "no real Tryton given: `make test-real` starts one" if absent else ""


def reached() -> RealTryton:
    """Return the server the environment names."""
    return RealTryton(**{name: os.environ[variable] for name, variable in VARIABLES.items()})


@contextmanager
def real_tryton(modules: Sequence[str] = MODULES) -> Iterator[RealTryton]:
    """Yield a running server, whatever has to be made for it first. Raises `NotHere` where it cannot be had."""
    with ExitStack() as stack:
        programs = installed()
        try:
            admin_url = stack.enter_context(administrator())
            find_binaries()
        except NoPostgres as reason:
            message = f"there is no PostgreSQL: {reason}"
            raise NotHere(message) from reason
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="isthmus-tryton-")))
        template = stack.enter_context(_database(admin_url, "tryton_template"))
        config, port = folder / "trytond.conf", free_port()
        config.write_text(_CONFIG.format(base=_named(admin_url, ""), folder=folder, port=port), "utf-8")
        prepare(programs, _named(admin_url, template), config, modules)
        url = f"http://127.0.0.1:{port}"
        stack.enter_context(serving(programs, config, folder / "server.log", url))
        database = stack.enter_context(fresh_company(url, admin_url, template))
        yield RealTryton(url, admin_url, template, database)


@contextmanager
def fresh_company(url: str, admin_url: str, template: str) -> Iterator[str]:
    """Yield the name of a copy of the company that a running server knows, and drop it afterwards."""
    with _database(admin_url, "tryton", template) as name:
        with told("letting Tryton load a company"):
            _load(url, name)
        yield name


@contextmanager
def _database(admin_url: str, prefix: str, template: str = "template0") -> Iterator[str]:
    name = f"{prefix}_{uuid4().hex[:12]}"
    psql(admin_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield name
    finally:
        psql(admin_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _load(url: str, name: str) -> None:
    """Make a running server know a database: a login does not, the first look at its files does.

    Which databases there are is kept for five minutes by the name the server was called by, so each is asked for under
    a name of its own. Seen in trytond 8.2.1, protocols/dispatcher.py and backend/postgresql/database.py.
    """
    host = name.replace("_", "-")  # an underscore is no letter of a host's name, and all such are one to it
    asked = urllib.request.Request(f"{url}/{name}/r/nothing", headers={"Host": host})  # noqa: S310 - ours
    try:
        with urllib.request.urlopen(asked, timeout=120):  # noqa: S310 - our own server
            pass
    except urllib.error.HTTPError as answer:
        if answer.code != HTTPStatus.NOT_FOUND:  # there is no such file, and is not meant to be
            message = f"Tryton does not load {name}: HTTP {answer.code}"
            raise StepFailed(message) from answer
    told_ = _call(url, name, "common.db.login", LOGIN, {"password": PASSWORD}, "en")
    if "error" in told_:
        message = f"Tryton does not let us into {name}: {told_['error']}"
        raise StepFailed(message)


def _call(url: str, name: str, method: str, *params: object) -> dict[str, object]:
    body = json.dumps({"id": 0, "method": method, "params": params}).encode()
    headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
    asked = urllib.request.Request(f"{url}/{name}/rpc/" if name else f"{url}/rpc/", body, headers)  # noqa: S310 - ours
    with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310 - our own server
        return json.load(answer)


def installed() -> Path:
    """Return the folder of Tryton's programs, installed now unless they are there. Raises `NotHere`."""
    pins = PINS.read_text("utf-8")

    def install(folder: Path) -> None:
        if not (folder / "bin" / "pip").exists():
            run([sys.executable, "-m", "venv", "--clear", folder])
        # What an interrupted run has installed already is not fetched again.
        words = ("install", "--quiet", "--disable-pip-version-check", "--retries=2", "--no-deps", "-r", PINS)
        run([folder / "bin" / "pip", *words])

    try:
        return once(CACHE / f"tryton-{fingerprint(pins)}", "installing Tryton (about 110 MB)", install) / "bin"
    except StepFailed as failure:
        message = f"Tryton cannot be installed here; can the package registry be reached? {failure}"
        raise NotHere(message) from failure


def prepare(programs: Path, there: str, config: Path, modules: Sequence[str]) -> None:
    """Fill an empty database with the company: from the copy kept in the cache, or anew."""
    today = datetime.now(UTC).date()
    kept = CACHE / f"tryton-{_company(today, modules)}.dump"
    binaries = find_binaries()

    def make(path: Path) -> None:
        _initialize(programs, config, there, modules)
        _seed(programs, config, there, today)
        run([binaries / "pg_dump", "--format=custom", f"--file={path}", there])

    fresh = not kept.with_name(f"{kept.name}.done").exists()
    once(kept, "making a company in Tryton (two minutes, or ten on a busy machine)", make)
    if not fresh:
        with told("copying the company"):
            _restore(binaries, kept, there)


def _restore(binaries: Path, kept: Path, there: str) -> None:
    """Fill a database from the copy. The programs may be newer than the server, which then lacks a setting of theirs.

    pg_dump 17 writes `SET transaction_timeout`, which servers before 17 refuse, and pg_restore ends with an error.
    Source: https://www.postgresql.org/docs/17/runtime-config-client.html#GUC-TRANSACTION-TIMEOUT
    """
    with TemporaryDirectory(prefix="isthmus-company-") as folder:
        script = Path(folder) / "company.sql"
        run([binaries / "pg_restore", "--no-owner", f"--file={script}", kept])
        lines = script.read_bytes().splitlines(keepends=True)
        script.write_bytes(b"".join(one for one in lines if one.strip() != b"SET transaction_timeout = 0;"))
        run([binaries / "psql", "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1", "-f", script, there])


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


def _initialize(programs: Path, config: Path, there: str, modules: Sequence[str]) -> None:
    secret = config.with_name("password")
    secret.write_text(ADMIN_PASSWORD, "utf-8")
    words = [
        *(programs / "trytond-admin", "-c", config, "-d", _name(there), "--email", "admin@example.com"),
        *("-u", *modules, "--activate-dependencies", "-l", "en"),
    ]
    run(words, environment={**os.environ, "TRYTONPASSFILE": str(secret)})


def _seed(programs: Path, config: Path, there: str, today: date) -> None:
    order = {
        "database": there,
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


def _company(today: date, modules: Sequence[str]) -> str:
    """Return a name of the company as it is made: fiscal years stand around this one."""
    own = (PINS.read_text("utf-8"), SEED.read_text("utf-8"), *modules)
    return fingerprint(*own, json.dumps(_items()), str(today.year), find_binaries().as_posix())


def _wait(server: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    until = time.monotonic() + START_S
    while True:
        try:
            _call(url, "", "common.server.version")
        except (urllib.error.URLError, OSError) as failure:
            if server.poll() is not None or time.monotonic() > until:
                said = log.read_text("utf-8", "replace")[-2000:]
                message = f"Tryton does not answer: {failure}\n{said}"
                raise StepFailed(message) from failure
            time.sleep(0.1)
        else:
            return


def _name(there: str) -> str:
    return urlsplit(there).path.removeprefix("/")


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

"""A real Vendure for tests: installed from npm into a cache, started on a new database, set up over its own API.

Vendure is GPL: it runs in a process of its own, is spoken to over the network, and no part of it is kept here.
"""

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from isthmus.simulators.vendure.settings import CustomField
from isthmus.testing.lives import free_port
from tests.real.steps import CACHE, NotHere, StepFailed, fingerprint, once, run, told
from tests.real.vendure_hooks import receiving
from tests.real.vendure_seed import RATES, READING, WRITING, Owner, signed_in

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SHOP = HERE / "vendure_shop" / "index.js"
PLUGIN = ROOT / "docs" / "connectors" / "vendure-webhook.js"
PACKAGES = ("@vendure/core@3.5.5", "better-sqlite3@12", "pg@8")
#: A dependency of a dependency that came later does not fit.
BEFORE = "2026-06-01"
LOGIN, PASSWORD = "isthmus@example.com", "isthmus-demo-password"
STAFF, STAFF_PASSWORD = "superadmin", "staff-demo-password"
SECRET = "demo-webhook-secret"
START_S = 120.0
#: An empty PostgreSQL database (`postgresql://...`) to run the shop on instead of a new SQLite file.
DATABASE = "ISTHMUS_TEST_VENDURE_DATABASE"
#: Where the installed packages are, for who starts a shop of its own.
PACKAGES_AT = "ISTHMUS_TEST_VENDURE_PACKAGES"
#: Oldest Node that Vendure 3.5 runs on.
NODE = 20


@dataclass(frozen=True, slots=True)
class RealVendure:
    """A running shop; its plugin sends to `hooks`, where nobody listens until a test does."""

    url: str
    hooks: str
    packages: Path

    def variables(self) -> dict[str, str]:
        """Return what the tests are told by."""
        return {
            PACKAGES_AT: str(self.packages),
            "ISTHMUS_TEST_VENDURE_URL": self.url,
            "ISTHMUS_TEST_VENDURE_LOGIN": LOGIN,
            "ISTHMUS_TEST_VENDURE_PASSWORD": PASSWORD,
            "ISTHMUS_TEST_VENDURE_SECRET": SECRET,
            "ISTHMUS_TEST_VENDURE_HOOKS": self.hooks,
            "ISTHMUS_TEST_VENDURE_STAFF": STAFF,
            "ISTHMUS_TEST_VENDURE_STAFF_PASSWORD": STAFF_PASSWORD,
        }


@contextmanager
def real_vendure() -> Generator[RealVendure]:
    """Yield a running shop, whatever has to be made for it first. Raises `NotHere`, `StepFailed`."""
    packages = installed()
    with TemporaryDirectory(prefix="isthmus-vendure-") as folder:
        port = free_port()
        hooks = f"http://127.0.0.1:{port}/hooks/shop"
        with bare(packages, Path(folder), hooks, os.environ.get(DATABASE, "")) as url:
            with told("setting up a shop in Vendure"), receiving(port):
                furnish(url)
            yield RealVendure(url, hooks, packages)


@contextmanager
def bare(
    packages: Path, folder: Path, hooks: str, database: str = "", fields: Iterable[CustomField] = ()
) -> Generator[str]:
    """Yield the address of a shop with nothing in it. Its files are kept in `folder`, its plugin sends to `hooks`.

    `fields` are the custom fields it declares, instead of those it has by itself.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = surroundings(packages, port, database or str(folder / "shop.sqlite"), hooks)
    if declared := _declared(fields):
        environment["VENDURE_FIELDS"] = json.dumps(declared)
    with serving(environment, folder / "vendure.log", url):
        yield url


def _declared(fields: Iterable[CustomField]) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {}
    for one in fields:
        told = {"name": one.name, "type": one.type, "unique": one.unique, "readonly": one.readonly}
        found.setdefault(one.entity, []).append({**told, "nullable": True, "public": False})
    return found


def furnish(url: str, rates: tuple[int, int] = RATES) -> None:
    """Fill a shop with the demo assortment, taxed at two rates (percent), and let Isthmus in."""
    owner = Owner(signed_in(url, STAFF, STAFF_PASSWORD), rates)
    owner.set_up()
    owner.member(LOGIN, PASSWORD, READING + WRITING)


def surroundings(packages: Path, port: int, database: str, hooks: str) -> dict[str, str]:
    """Return what a shop is told by its environment; `database` is a file or an address."""
    return {
        "NODE_PATH": str(packages),
        "VENDURE_PORT": str(port),
        "VENDURE_DATABASE": database,
        "VENDURE_LOGIN": STAFF,
        "VENDURE_PASSWORD": STAFF_PASSWORD,
        "VENDURE_PLUGIN": str(PLUGIN),
        "ISTHMUS_WEBHOOK_URL": hooks,
        "ISTHMUS_WEBHOOK_SECRET": SECRET,
    }


def installed() -> Path:
    """Return the folder of Vendure's packages, installed now unless they are there. Raises `NotHere`."""
    check_node()

    def install(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text(json.dumps({"private": True}), "utf-8")
        # Where headers of Node.js cannot be fetched, those of the machine do for what has to be compiled.
        headers = {"npm_config_nodedir": "/usr"} if Path("/usr/include/node/node.h").exists() else {}
        words = ["npm", "install", f"--before={BEFORE}", "--no-audit", "--no-fund", "--prefix", folder, *PACKAGES]
        run(words, environment={**os.environ, **headers})

    name = f"vendure-{fingerprint(*PACKAGES, BEFORE)}"
    try:
        return once(CACHE / name, "installing Vendure (about 175 MB, minutes)", install) / "node_modules"
    except StepFailed as failure:
        message = f"Vendure cannot be installed here; can the package registry be reached? {failure}"
        raise NotHere(message) from failure


def check_node() -> None:
    """Raise `NotHere` unless Vendure can run here."""
    if not (shutil.which("node") and shutil.which("npm")):
        message = "no Node.js and npm on this machine: a real Vendure needs both"
        raise NotHere(message)
    said = subprocess.run(["node", "--version"], check=False, capture_output=True, text=True).stdout.strip()
    major = said.removeprefix("v").partition(".")[0]
    if not major.isdecimal() or int(major) < NODE:
        message = f"Node.js {said or 'of an unknown version'} is too old: Vendure 3.5 needs {NODE}"
        raise NotHere(message)


@contextmanager
def serving(environment: Mapping[str, str], log: Path, url: str) -> Generator[None]:
    """Run the shop while the block runs."""
    with log.open("wb") as said:
        server = subprocess.Popen(
            ["node", SHOP],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        try:
            with told("starting Vendure"):
                _wait(server, url, log)
            yield
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait(server: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    until = time.monotonic() + START_S
    while True:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):  # noqa: S310 - the server started above
                return
        except (urllib.error.URLError, OSError) as failure:
            if server.poll() is not None or time.monotonic() > until:
                said = log.read_text("utf-8", "replace")[-2000:]
                message = f"Vendure does not answer: {failure}\n{said}"
                raise StepFailed(message) from failure
            time.sleep(0.1)

"""The tests' own PostgreSQL: fresh for each test, and never left behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from tests.postgres_server import NoPostgres, PostgresServer, find_binaries, throwaway_database
from tests.postgres_supervisor import reachable

ROOT = Path(__file__).parents[2]
OWNER = """
import json, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # as at a terminal: a job in the background ignores it
from tests.postgres_server import PostgresServer
server = PostgresServer.start()
print(json.dumps({"pid": server.pid, "home": str(server.home), "supervisor": server.supervisor.pid}), flush=True)
if sys.argv[1] == "wait":
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def binaries() -> Path:
    try:
        return find_binaries()
    except NoPostgres as reason:
        pytest.skip(str(reason))


async def test_a_new_database_is_empty_and_can_be_written(new_database: str) -> None:
    connection = await asyncpg.connect(new_database)
    try:
        await connection.execute("CREATE TABLE seen (id int PRIMARY KEY)")
        assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 1
    finally:
        await connection.close()


async def test_the_next_test_sees_none_of_it(new_database: str) -> None:
    connection = await asyncpg.connect(new_database)
    try:
        assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
        await connection.execute("CREATE TABLE seen (id int PRIMARY KEY)")
    finally:
        await connection.close()


async def test_a_forgotten_connection_does_not_keep_its_database(postgres_admin_url: str) -> None:
    with throwaway_database(postgres_admin_url) as url:
        forgotten = await asyncpg.connect(url)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await forgotten.fetchval("SELECT 1")
    forgotten.terminate()


async def test_a_stranger_without_the_password_is_refused(postgres_admin_url: str) -> None:
    if os.environ.get("ISTHMUS_TEST_POSTGRES"):
        pytest.skip("the named server's own rules apply")
    scheme, _, rest = postgres_admin_url.partition("://")
    stranger = f"{scheme}://postgres:guess@{rest.rpartition('@')[2]}"
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(stranger)


def test_closing_ends_the_server_and_removes_its_files() -> None:
    with PostgresServer.start() as server:
        assert is_alive(server.pid)
    assert not is_alive(server.pid)
    assert not server.home.exists()


@pytest.mark.crash
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_an_owner_that_is_killed_leaves_no_server_behind(how: signal.Signals) -> None:
    with an_owner("wait") as (owner, fact):
        owner.send_signal(how)
        owner.wait(10)
        assert gone(fact)


@pytest.mark.crash
def test_an_owner_that_forgets_to_close_leaves_no_server_behind() -> None:
    with an_owner("leave") as (owner, fact):
        assert owner.wait(10) == 0
        assert gone(fact)


@pytest.mark.crash
@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's own")
def test_a_killed_supervisor_takes_its_server_along() -> None:
    with an_owner("wait") as (_owner, fact):
        os.kill(int(fact["supervisor"]), signal.SIGKILL)
        assert until(lambda: not is_alive(int(fact["pid"])))
    shutil.rmtree(fact["home"])  # nobody is left to do it


def test_a_directory_closed_to_others_is_seen_as_unreachable(tmp_path: Path) -> None:
    inside = tmp_path / "bin"
    inside.mkdir()
    tmp_path.chmod(0o700)
    assert not reachable(inside)


@contextmanager
def an_owner(mode: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, mode], cwd=ROOT, stdout=subprocess.PIPE)
    assert owner.stdout is not None
    try:
        yield owner, json.loads(owner.stdout.readline())
    finally:
        owner.kill()
        owner.wait()
        owner.stdout.close()


def gone(fact: dict[str, str]) -> bool:
    return until(lambda: not is_alive(int(fact["pid"])) and not Path(fact["home"]).exists())


def until(condition: Callable[[], bool], seconds: float = 15.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def is_alive(pid: int) -> bool:
    """Tell whether the process runs; one that ended and that nobody has collected yet does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")

"""Runs one throwaway PostgreSQL server and ends it when its owner is gone, however the owner ended.

A program of its own, standard library only: `python postgres_supervisor.py DIRECTORY_OF_THE_BINARIES`.
It prints one JSON line, `{"url": ..., "pid": ...}` or `{"error": ...}`, and then waits for its standard input to
close. The kernel closes that pipe when the owner exits or is killed, so no exit hook has to run. If the supervisor
itself is killed, Linux ends the server through the parent-death signal.

PostgreSQL refuses to run as root; as root, this program gives itself up to an unprivileged user first.
"""

import contextlib
import ctypes
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

START_SECONDS = 30.0
STOP_SECONDS = 10.0
PR_SET_PDEATHSIG = 1
# Nothing here outlives the run, so nothing is flushed: a test database need not survive a power cut.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
}


class CannotStart(Exception):
    """The server did not come up; the message holds what PostgreSQL said."""


def main() -> int:
    """Run the server until standard input closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the owner; its end is our end
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    home = Path(tempfile.mkdtemp(prefix="isthmus-pg-"))
    server: subprocess.Popen[bytes] | None = None
    try:
        binaries = give_up_root(home, Path(sys.argv[1]))
        server, url = start(home, binaries)
        say({"url": url, "pid": server.pid, "home": str(home)})
        sys.stdin.buffer.read()
    except CannotStart as reason:
        say({"error": str(reason)})
        return 1
    finally:
        if server is not None:
            stop(server)
        shutil.rmtree(home, ignore_errors=True)
    return 0


def give_up_root(home: Path, binaries: Path) -> Path:
    """Become an unprivileged user when root, and return binaries that user can execute."""
    if os.geteuid() != 0:
        return binaries
    user = next((u for name in ("nobody", "postgres") if (u := user_named(name))), None)
    if user is None:
        message = "running as root, and there is neither a user 'nobody' nor 'postgres' to run the server as"
        raise CannotStart(message)
    if not reachable(binaries):
        # A checkout below a private directory: the server gets a copy instead of the directory getting wider open.
        copy = home / "install"
        shutil.copytree(binaries.parent, copy, symlinks=True)
        shutil.chown(home, user.pw_uid, user.pw_gid)
        binaries = copy / binaries.name
    os.chown(home, user.pw_uid, user.pw_gid)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.environ["HOME"] = str(home)
    return binaries


def user_named(name: str) -> pwd.struct_passwd | None:
    """Return the account, or None where the system has no such user."""
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(name)
    return None


def reachable(binaries: Path) -> bool:
    """Tell whether everybody may enter every directory on the way."""
    return all(parent.stat().st_mode & 0o001 for parent in (binaries, *binaries.resolve().parents))


def start(home: Path, binaries: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Make a cluster and start it on a free port. Raises `CannotStart`."""
    cluster = home / "cluster"
    password = secrets.token_hex(16)
    make_cluster(home, binaries, cluster, password)
    said = ""
    for _ in range(5):  # somebody else may take the free port first
        port = free_port()
        server = launch(home, binaries, cluster, port)
        if is_ready(server, cluster):
            return server, f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
        stop(server)
        said = (home / "log").read_text(errors="replace")[-2000:]
    raise CannotStart(said)


def make_cluster(home: Path, binaries: Path, cluster: Path, password: str) -> None:
    """Run initdb. The one account has a password, because other users of this machine can reach the port."""
    secret = home / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    made = subprocess.run(
        [
            binaries / "initdb",
            f"--pgdata={cluster}",
            "--username=postgres",
            f"--pwfile={secret}",
            "--auth=password",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ],
        check=False,
        cwd=home,
        env=environment(binaries),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if made.returncode != 0:
        raise CannotStart(made.stdout.decode(errors="replace")[-2000:])


def launch(home: Path, binaries: Path, cluster: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the server as our own child, bound to our life where the system can do that."""
    settings = [f"--{name}={value}" for name, value in {**SETTINGS, "port": port}.items()]
    with (home / "log").open("ab") as log:
        return subprocess.Popen(
            [binaries / "postgres", "-D", cluster, *settings],
            cwd=home,
            env=environment(binaries),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - this program has one thread
        )


def end_with_parent() -> None:
    """Ask Linux to stop this process at once when its parent dies."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT, 0, 0, 0)


def is_ready(server: subprocess.Popen[bytes], cluster: Path) -> bool:
    """Wait until the server says it is ready; False when it ended instead."""
    until = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < until:
        with contextlib.suppress(FileNotFoundError):
            lines = (cluster / "postmaster.pid").read_text().splitlines()
            if len(lines) > 7 and lines[7].strip() == "ready":
                return True
        time.sleep(0.01)
    return False


def stop(server: subprocess.Popen[bytes]) -> None:
    """End the server at once; what it held is thrown away anyway."""
    with contextlib.suppress(ProcessLookupError):
        server.send_signal(signal.SIGQUIT)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def free_port() -> int:
    """Return a port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(binaries: Path) -> dict[str, str]:
    """Return the caller's environment without settings of another PostgreSQL, and with the wheel's libraries."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LD_LIBRARY_PATH": str(binaries.parent / "lib"), "LC_ALL": "C"}


def say(fact: dict[str, object]) -> None:
    """Tell the owner; it may be gone already."""
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(fact), flush=True)  # noqa: T201 - the line our owner waits for


if __name__ == "__main__":
    sys.exit(main())

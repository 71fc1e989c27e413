"""Machines of their own on one computer: a network namespace each, two cables, and a way to pull either.

Everything lives inside namespaces that hang on one process (`inside`): when it ends, however it ends, the kernel ends
every process in them and takes networks and files with them. Nothing outside can be reached, and nothing is left.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
TOOLS = ("unshare", "nsenter", "ip", "mount")
#: Addresses set aside for tests of networks (RFC 2544): one network to the database, one to shop and ERP.
STORE, TRADE = "198.18.0", "198.19.0"
#: In memory, and of these namespaces alone.
SCRATCH = Path("/mnt")
_APART = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


def missing() -> str:
    """Return why there can be no machines here, or nothing."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "network namespaces need Linux and root"
    if absent := [each for each in TOOLS if shutil.which(each) is None]:
        return f"install iproute2 and util-linux: {', '.join(absent)} not found"
    probe = subprocess.run(
        [*_APART, "ip", "link", "add", "probe", "type", "bridge"], capture_output=True, text=True, check=False
    )
    return f"this machine does not give namespaces away: {probe.stderr.strip()}" if probe.returncode else ""


def inside(command: Sequence[str]) -> list[str]:
    """Return the command that runs `command` as the first process of namespaces of its own."""
    return [*_APART, *command]


def end_with_parent() -> None:
    """Ask Linux to kill this process, and with it all that is inside, when its parent dies in whatever way."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def lay_out() -> None:
    """Make both networks and the scratch space; once, as the first process inside."""
    run("mount", "-t", "tmpfs", "-o", "mode=0755", "isthmus", str(SCRATCH))
    run("ip", "link", "set", "lo", "up")
    for name, net in (("store", STORE), ("trade", TRADE)):
        run("ip", "link", "add", name, "type", "bridge")
        run("ip", "address", "add", f"{net}.1/24", "dev", name)
        run("ip", "link", "set", name, "up")


def run(*command: str, words: str = "") -> None:
    """Run a short command. Raises with what it said when it fails."""
    done = subprocess.run(command, input=words, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"{' '.join(command)}: {done.stderr.strip()}"
        raise RuntimeError(message)


@dataclass(slots=True)
class Machine:
    """One namespace with an address on each network."""

    number: int
    keeper: "subprocess.Popen[bytes]" = field(init=False)

    def __post_init__(self) -> None:
        self.keeper = subprocess.Popen(["unshare", "--net", "sleep", "infinity"], stdin=subprocess.DEVNULL)
        self._wait_for_namespace()
        for kind in ("store", "trade"):
            run("ip", "link", "add", self._cable(kind), "type", "veth", "peer", kind, "netns", str(self.keeper.pid))
            run("ip", "link", "set", self._cable(kind), "master", kind, "up")
        commands = ["link set lo up"]
        for kind, net in (("store", STORE), ("trade", TRADE)):
            commands += [f"address add {self.address(net)}/24 dev {kind}", f"link set {kind} up"]
        run(*self._enter(), "ip", "-batch", "-", words="\n".join(commands))

    def address(self, net: str) -> str:
        """Return its address on a network."""
        return f"{net}.{10 + self.number}"

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], log: IO[bytes]
    ) -> "subprocess.Popen[bytes]":
        """Start a program here; its number is the program's own, so signals reach it."""
        return subprocess.Popen(
            [*self._enter(), *command], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )

    def plug(self, kind: str, *, there: bool) -> None:
        """Pull the cable to `store` or `trade`, or put it back. Nobody is told: packets are just gone."""
        run("ip", "link", "set", self._cable(kind), "up" if there else "down")

    def _cable(self, kind: str) -> str:
        return f"{kind}{self.number}"

    def _enter(self) -> list[str]:
        return ["nsenter", f"--net=/proc/{self.keeper.pid}/ns/net"]

    def _wait_for_namespace(self) -> None:
        ours = Path("/proc/self/ns/net").readlink()
        while Path(f"/proc/{self.keeper.pid}/ns/net").readlink() == ours:
            if self.keeper.poll() is not None:
                message = "a namespace could not be made"
                raise RuntimeError(message)

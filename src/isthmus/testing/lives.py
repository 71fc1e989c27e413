"""Isthmus and its simulators as processes of their own, started in a moment, killed without a word.

A server process that has imported everything forks one child per program, so that a start costs milliseconds and a
hundred of them no minute. What the child runs is the very command a person would type.
"""

import asyncio
import ctypes
import multiprocessing
import os
import runpy
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

from isthmus.engine import allowance, failpoints
from isthmus.kit import clock

PR_SET_PDEATHSIG = 1
#: Imported once by the server all children are forked from.
PRELOADED = (
    "isthmus.cli.app",
    "isthmus.testing.lives",
    "isthmus.simulators.shopify",
    "isthmus.simulators.odoo",
    "isthmus.connectors.shopify",
    "isthmus.connectors.odoo",
    "isthmus.store.postgres",
    "typer._adapters",
)
_CONTEXT: list[ForkServerContext] = []


@dataclass(frozen=True, slots=True)
class Program:
    """An `isthmus` command, where its words go, and under which circumstances it runs.

    With `saved_up` every call budget is full at the start. Otherwise a start waits seconds before its first large call,
    for what others spent just before is not known; in a hundred starts that is all one would see. `clock` is a file
    whose text is how many seconds the machine's clock is ahead; it may change while the program runs.
    """

    words: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    clock: Path | None = None
    saved_up: bool = False


class Life:
    """One run of a program."""

    def __init__(self, program: Program) -> None:
        """Start it."""
        self._process = _context().Process(target=_live, args=(program,), daemon=True)
        self._process.start()

    @property
    def alive(self) -> bool:
        """Tell whether it runs."""
        return self._process.is_alive()

    @property
    def ended(self) -> int | None:
        """Return how it ended: its exit code, or the signal as a negative number; None while it runs."""
        return self._process.exitcode

    def send(self, what: signal.Signals) -> None:
        """Send it a signal; nothing happens when it has ended."""
        if self.alive and self._process.pid is not None:
            os.kill(self._process.pid, what)

    async def over(self, seconds: float) -> int | None:
        """Wait until it has ended, at most so long; return how, None when it goes on."""
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        # A loop has one reader for a handle: two who wait for the same life need two of them.
        sentinel = os.dup(self._process.sentinel)
        loop.add_reader(sentinel, ended.set)
        try:
            async with asyncio.timeout(seconds):
                await ended.wait()
        except TimeoutError:
            return None
        finally:
            loop.remove_reader(sentinel)
            os.close(sentinel)
        self._process.join()
        return self.ended

    async def kill(self) -> None:
        """End it as a power cut would."""
        self.send(signal.SIGKILL)
        await self.over(30)

    async def stop(self, seconds: float = 40.0) -> int:
        """Ask it to end, and make it when it does not; return how it ended."""
        self.send(signal.SIGTERM)
        if await self.over(seconds) is None:
            await self.kill()
        return -signal.SIGKILL if self.ended is None else self.ended


def free_port() -> int:
    """Return a port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _context() -> ForkServerContext:
    if not _CONTEXT:
        made = multiprocessing.get_context("forkserver")
        made.set_forkserver_preload(list(PRELOADED))
        _CONTEXT.append(made)
    return _CONTEXT[0]


def _live(program: Program) -> None:
    """Become the program, in the child."""
    if sys.platform == "linux":
        # However the one who started us ends, nothing of ours is left behind.
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    said = os.open(program.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.environ.update(program.environment)
    failpoints.arm(os.environ)
    if program.clock is not None:
        clock.SystemClock.now = _clock_of(program.clock)  # type: ignore[method-assign]
    if program.saved_up:
        allowance.opened = _full  # type: ignore[assignment]
    sys.argv = ["isthmus", *program.words]
    runpy.run_module("isthmus", run_name="__main__", alter_sys=True)


_opened = allowance.opened


def _full(terms: allowance.Terms, now: float) -> allowance.Allowance:
    state = _opened(terms, now)
    for bucket in state.buckets.values():
        bucket.level = bucket.burst
    return state


def _clock_of(file: Path) -> Any:
    right = clock.SystemClock.now

    def wrong(self: clock.SystemClock) -> datetime:
        return right(self) + timedelta(seconds=float(file.read_text("ascii")))

    return wrong

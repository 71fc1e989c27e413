"""Group commit: units that wait at the same time share one transaction.

While one commit is on its way to the disk, the next ones gather; so a slow disk makes groups
larger instead of callers slower. Each unit keeps its own fate: one that fails is undone alone.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, cast

from isthmus.store.statement import Row, Step

Rows = list[list[Row]]
#: More than this in one transaction only makes the first of them wait longer.
LARGEST_GROUP = 200


class StoreError(Exception):
    """The store could not do what was asked; nothing of the unit was kept."""


class Unexpected(StoreError):
    """A statement touched another number of rows than expected: someone else was faster."""


@dataclass(slots=True)
class Unit:
    """Some steps, and where their rows or their failure go."""

    steps: Sequence[Step]
    done: asyncio.Future[Rows]
    result: Rows | None = field(default=None)
    error: Exception | None = field(default=None)

    def settle(self, failure: Exception | None = None) -> None:
        """Tell the caller, once the group's commit is known."""
        if self.done.done():
            return
        problem = failure or self.error
        if problem is not None:
            self.done.set_exception(problem)
        else:
            self.done.set_result(self.result or [])


class GroupCommit:
    """Collects units and hands them to `commit` in groups, `lanes` groups at a time."""

    def __init__(self, commit: Callable[[Sequence[Unit]], Awaitable[Any]], lanes: int = 1) -> None:
        """Use `commit` to run a group: it fills each unit's result or error and raises when the commit failed."""
        self._commit = commit
        self._lanes = lanes
        self._waiting: deque[Unit] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._closed = False

    async def write(self, steps: Sequence[Step]) -> Rows:
        """Run the steps as one unit; when this returns they are on disk. Raises `StoreError`."""
        if self._closed:
            raise _closed()
        unit = Unit(steps, asyncio.get_running_loop().create_future())
        self._waiting.append(unit)
        if len(self._running) < self._lanes:
            lane = asyncio.create_task(self._work())
            self._running.add(lane)
        return await unit.done

    async def close(self) -> None:
        """Refuse new units and wait for those on their way."""
        self._closed = True
        while self._running:
            await asyncio.gather(*self._running)

    async def _work(self) -> None:
        while self._waiting:
            group = _next_group(self._waiting)
            failure: Exception | None = None
            try:
                await self._commit(group)
            except Exception as problem:  # noqa: BLE001 - whatever it was, each caller must hear of it
                failure = problem
            _settle(group, failure)
        # Left before anything else can run: a unit arriving later must find this lane free.
        self._running.discard(cast("asyncio.Task[None]", asyncio.current_task()))


class ThreadCommit:
    """The same for a database that is written in one thread: it goes from group to group by itself.

    Coming back to the event loop between two commits would make each group wait for whatever the loop is doing.
    """

    def __init__(self, commit: Callable[[Sequence[Unit]], None], thread: Executor) -> None:
        """Run `commit` in `thread`: it fills each unit's result or error and raises when the commit failed."""
        self._commit = commit
        self._thread = thread
        self._waiting: deque[Unit] = deque()
        self._working: asyncio.Future[None] | None = None
        self._closed = False

    async def write(self, steps: Sequence[Step]) -> Rows:
        """Run the steps as one unit; when this returns they are on disk. Raises `StoreError`."""
        if self._closed:
            raise _closed()
        unit = Unit(steps, asyncio.get_running_loop().create_future())
        self._waiting.append(unit)
        if self._working is None:
            self._start()
        return await unit.done

    async def close(self) -> None:
        """Refuse new units and wait for those on their way."""
        self._closed = True
        while self._working is not None:
            await self._working

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        self._working = loop.create_future()
        self._thread.submit(self._work, loop)

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        """In the thread, where at least one unit waits: commit until none does."""
        while True:
            group = _next_group(self._waiting)
            failure: Exception | None = None
            try:
                self._commit(group)
            except Exception as problem:  # noqa: BLE001 - whatever it was, each caller must hear of it
                failure = problem
            if not self._waiting:
                # Waking the loop costs more than what it is woken for: the last group takes the end along.
                loop.call_soon_threadsafe(self._ended, group, failure)
                return
            loop.call_soon_threadsafe(_settle, group, failure)

    def _ended(self, group: Sequence[Unit], failure: Exception | None) -> None:
        """In the loop, where units come in: one that came after the thread's last look starts it again."""
        _settle(group, failure)
        ended, self._working = self._working, None
        if self._waiting:
            self._start()
        if ended is not None:
            ended.set_result(None)


def _next_group(waiting: deque[Unit]) -> list[Unit]:
    return [waiting.popleft() for _ in range(min(LARGEST_GROUP, len(waiting)))]


def _settle(group: Sequence[Unit], failure: Exception | None) -> None:
    for unit in group:
        unit.settle(failure)


def _closed() -> StoreError:
    return StoreError("the store is closed")

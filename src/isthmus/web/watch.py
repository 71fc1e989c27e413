"""What intake looks at besides itself: room on the database's disk, and how much nobody has read yet.

It looks while deliveries arrive or somebody asks for the state, and never makes one wait for it.
"""

import asyncio
import logging
import os

from isthmus.store.base import Store
from isthmus.store.group import StoreError
from isthmus.web.admission import Admission

log = logging.getLogger("isthmus.web")
#: At most once in so many seconds. Counting a long queue takes the database a moment; asking a disk does not.
DISK_EVERY_S = 1.0
BACKLOG_EVERY_S = 5.0


class Watch:
    """Opens and closes `admission` by what it sees."""

    def __init__(self, store: Store, admission: Admission) -> None:
        """Have looked at nothing yet."""
        self._store = store
        self._admission = admission
        self._file: str | None = None
        self._disk_at = self._backlog_at = float("-inf")
        self._looking: asyncio.Task[None] | None = None

    def glance(self) -> None:
        """Look again when it is time."""
        seconds = self._admission.monotonic()
        if self._file and seconds - self._disk_at >= DISK_EVERY_S:
            self._disk_at = seconds
            self._disk(self._file)
        if seconds - self._backlog_at >= BACKLOG_EVERY_S and (self._looking is None or self._looking.done()):
            self._backlog_at = seconds
            self._looking = asyncio.create_task(self.look())

    async def look(self) -> None:
        """Look at everything now."""
        limits = self._admission.limits
        try:
            if self._file is None:
                [row] = await self._store.read("database_file")
                self._file = str(row["file"])
            [row] = await self._store.read("inbox_figures", most=limits.backlog)
        except StoreError:
            log.exception("the store does not say how much is waiting")  # the next delivery finds out what that means
            return
        self._say("backlog", holds=row["deliveries"] >= limits.backlog)
        if self._file:
            self._disk(self._file)

    async def close(self) -> None:
        """Let a look at hand end: the store is closed next."""
        if self._looking is not None:
            await self._looking

    def _disk(self, file: str) -> None:
        try:
            found = os.statvfs(file)
        except OSError:
            log.exception("the database's disk does not say how full it is")  # and storing will fail, if it is gone
            return
        self._say("disk_full", holds=found.f_bavail * found.f_frsize < self._admission.limits.free_bytes)

    def _say(self, code: str, *, holds: bool) -> None:
        if holds:
            self._admission.close(code)
        else:
            self._admission.reopen(code)

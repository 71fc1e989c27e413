"""Wake-ups between processes: NOTIFY after a commit that made work, LISTEN in the others.

A notification inside the commit would be simpler and was three times slower with 16 writers: PostgreSQL holds a lock on
the whole database from there until the commit is on disk. So it follows the commit by itself, one for all commits of a
moment. One that is lost costs nothing but a second, for everybody also looks by himself.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

import asyncpg

from isthmus.store.group import StoreError
from isthmus.store.postgres.failures import FAILURES, explained
from isthmus.store.postgres.pool import Connection

log = logging.getLogger("isthmus.store")
CHANNEL = "isthmus"
#: Notifications of one process are at least so far apart.
SPACING_S = 0.01
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
#: How often to ask over the listening connection whether anybody is still there, and how long to wait for an answer.
BEAT_S = 30.0
ANSWER_S = 10.0
FAREWELL_S = 5.0


class Bell:
    """Rings for the other processes, once for everything that was committed meanwhile."""

    def __init__(self, notify: Callable[[], Awaitable[None]]) -> None:
        """Use `notify` to send one notification; it may raise `StoreError`."""
        self._notify = notify
        self._wanted = False
        self._ringing: asyncio.Task[None] | None = None

    def ring(self) -> None:
        """Say that there is work; returns at once."""
        self._wanted = True
        if self._ringing is None:
            self._ringing = asyncio.create_task(self._ring())

    async def close(self) -> None:
        """Return when everything committed has been told."""
        while self._ringing is not None:
            await self._ringing

    async def _ring(self) -> None:
        while self._wanted:
            self._wanted = False
            try:
                await self._notify()
            except StoreError as wrong:
                log.info("other processes could not be woken and will find the work by looking: %s", wrong)
            await asyncio.sleep(SPACING_S)
        # In the same step as the last look: what is committed from now on starts the next one.
        self._ringing = None


class Listener:
    """Hears the bells of other processes over a connection of its own."""

    def __init__(self, dial: Callable[[], Awaitable[Connection]], own: str) -> None:
        """Open the connection by `dial`; notifications marked `own` are ours and not passed on."""
        self._dial = dial
        self._own = own
        self._told: list[Callable[[], None]] = []
        self._task: asyncio.Task[None] | None = None
        self.hears = False

    async def start(self, told: Callable[[], None]) -> None:
        """Call `told` from now on; returns when the first connection stands or could not be opened."""
        self._told.append(told)
        if self._task is None:
            tried = asyncio.Event()
            self._task = asyncio.create_task(self._listen(tried))
            await tried.wait()

    async def close(self) -> None:
        """Hear no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _listen(self, tried: asyncio.Event) -> None:
        wait_s = FIRST_WAIT_S
        while True:
            try:
                connection = await self._dial()
                try:
                    lost = await self._subscribed(connection)
                    wait_s = FIRST_WAIT_S
                    tried.set()
                    await _stay(connection, lost)
                finally:
                    self.hears = False
                    await _part(connection)
                log.warning("the connection that hears of other processes' work broke; until it is back we look")
            except FAILURES as wrong:
                log.warning("other processes' work is found by looking for it: %s", explained(wrong))
            tried.set()
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    async def _subscribed(self, connection: Connection) -> asyncio.Event:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(CHANNEL, self._heard)
        self.hears = True
        self._tell()  # nobody listened until now
        return lost

    def _heard(self, _connection: Connection, _pid: int, _channel: str, mark: str) -> None:
        if mark != self._own:
            self._tell()

    def _tell(self) -> None:
        for told in self._told:
            told()


async def _stay(connection: Connection, lost: asyncio.Event) -> None:
    """Return when the connection is lost; one that is only silent is asked. Raises what the question raises."""
    while not lost.is_set():
        try:
            async with asyncio.timeout(BEAT_S):
                await lost.wait()
        except TimeoutError:
            await connection.execute("SELECT 1", timeout=ANSWER_S)


async def _part(connection: Connection) -> None:
    try:
        await connection.close(timeout=FAREWELL_S)
    except (asyncpg.InterfaceError, *FAILURES):
        connection.terminate()

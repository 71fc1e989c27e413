"""A few connections shared by all of a process. One that broke is replaced, and nobody waits for ever.

asyncpg's own pool starts two tasks for each statement; with reads as short as ours that was 40 % of their cost.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from types import TracebackType

import asyncpg

from isthmus.store.group import StoreError
from isthmus.store.postgres.failures import FAILURES, STALE, Unclear, explained, lost

Connection = asyncpg.Connection
#: How long to wait for a connection that others are using.
ACQUIRE_S = 30.0
#: After a connection could not be opened, the next who need one are told so at once for this long: a queue of callers
#: would otherwise wait for a dead server one after the other.
PAUSE_S = 1.0
#: A connection that was not used for so long may have been forgotten by a firewall on the way.
IDLE_S = 240.0
FAREWELL_S = 5.0


class Pool:
    """Up to `size` connections."""

    def __init__(self, dial: Callable[[], Awaitable[Connection]], size: int) -> None:
        """Open connections by `dial`, when they are wanted."""
        self._dial = dial
        self._size = size
        self._permits = asyncio.Semaphore(size)
        self._idle: deque[tuple[Connection, float]] = deque()
        self._parting: set[asyncio.Task[None]] = set()
        self._refused: tuple[str, float] = ("", 0.0)
        self._closed = False

    async def fill(self) -> None:
        """Open all of them now, so that a server with too little room is found out at start. Raises `StoreError`."""
        opened = await asyncio.gather(*(self._opened() for _ in range(self._size)), return_exceptions=True)
        now = asyncio.get_running_loop().time()
        self._idle.extend((each, now) for each in opened if not isinstance(each, BaseException))
        for each in opened:
            if isinstance(each, BaseException):
                raise each

    def use(self) -> "Borrowed":
        """Lend a connection to an `async with` block. Entering raises `StoreError`."""
        return Borrowed(self)

    async def close(self) -> None:
        """Wait for those in use and close them all; safe to repeat."""
        if self._closed:
            return
        self._closed = True
        for _ in range(self._size):
            await self._permits.acquire()
        while self._idle:
            self._part(self._idle.pop()[0])
        if self._parting:
            await asyncio.gather(*self._parting)

    async def take(self) -> Connection:
        """Return a living connection; `give_back` must follow. Raises `StoreError`."""
        if self._closed:
            message = "the store is closed"
            raise StoreError(message)
        await self._permit()
        try:
            return self._fresh() or await self._opened()
        except BaseException:
            self._permits.release()
            raise

    def give_back(self, connection: Connection, *, sound: bool) -> None:
        """Take a connection back; one that is not `sound` is replaced."""
        if connection.is_closed():
            connection.terminate()
        elif sound and not connection.is_in_transaction():
            self._idle.append((connection, asyncio.get_running_loop().time()))
        else:
            self._part(connection, self._permits.release)
            return
        self._permits.release()

    def suspect_all(self) -> None:
        """Replace the idle ones: the network swallowed what one of them said, so they are probably dead as well."""
        while self._idle:
            self._part(self._idle.pop()[0])

    async def _permit(self) -> None:
        if not self._permits.locked():
            await self._permits.acquire()
            return
        try:
            async with asyncio.timeout(ACQUIRE_S):
                await self._permits.acquire()
        except TimeoutError as wrong:
            message = f"no connection to the database came free within {ACQUIRE_S:.0f} s"
            raise StoreError(message) from wrong
        if self._closed:
            self._permits.release()
            message = "the store is closed"
            raise StoreError(message)

    def _fresh(self) -> Connection | None:
        """Return the one used last: the others may rest until they are needed."""
        oldest = asyncio.get_running_loop().time() - IDLE_S
        while self._idle:
            connection, since = self._idle.pop()
            if connection.is_closed():
                connection.terminate()
            elif since < oldest:
                self._part(connection)
            else:
                return connection
        return None

    async def _opened(self) -> Connection:
        loop = asyncio.get_running_loop()
        why, until = self._refused
        if loop.time() < until:
            raise StoreError(why)
        try:
            return await self._dial()
        except FAILURES as wrong:
            message = f"cannot connect to PostgreSQL: {explained(wrong)}"
            self._refused = (message, loop.time() + PAUSE_S)
            raise StoreError(message) from wrong

    def _part(self, connection: Connection, then: Callable[[], None] | None = None) -> None:
        """Close a connection in the background: the server may have to be asked first to stop what it is doing."""
        task = asyncio.create_task(_farewell(connection))
        self._parting.add(task)
        task.add_done_callback(self._parting.discard)
        if then is not None:
            task.add_done_callback(lambda _: then())


class Borrowed:
    """One use of a connection: it goes back sound, or it is replaced."""

    _connection: Connection

    def __init__(self, pool: Pool) -> None:
        """Borrow from `pool` when entered."""
        self._pool = pool

    async def __aenter__(self) -> Connection:
        """Take a connection."""
        self._connection = await self._pool.take()
        return self._connection

    async def __aexit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it back."""
        sound = wrong is None or not (lost(wrong) or isinstance(wrong, STALE))
        self._pool.give_back(self._connection, sound=sound)
        if isinstance(wrong, (TimeoutError, Unclear)):
            self._pool.suspect_all()


async def _farewell(connection: Connection) -> None:
    try:
        await connection.close(timeout=FAREWELL_S)
    except FAILURES:
        connection.terminate()

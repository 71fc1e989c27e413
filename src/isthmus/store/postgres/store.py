"""`Store` on a PostgreSQL database."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from isthmus.kit.fresh import fresh_id
from isthmus.store.base import WakeUps
from isthmus.store.group import GroupCommit, Rows, StoreError
from isthmus.store.postgres import schema
from isthmus.store.postgres.address import Address, find_out
from isthmus.store.postgres.commit import Commit, as_rows, ordered
from isthmus.store.postgres.failures import FAILURES, explained
from isthmus.store.postgres.pool import Pool
from isthmus.store.postgres.wake import CHANNEL, Bell, Listener
from isthmus.store.statement import Dialect, Row, Step, library

log = logging.getLogger("isthmus.store")
#: Connections per process, the listening one included: small databases allow few, and a group commit needs few. With
#: five, the reads of six orders at a time queued up (0.6 s of waiting per order on a busy machine instead of 0.4 s).
CONNECTIONS = 7
FEWEST = 2
#: Groups on their way at once.
LANES = 3
#: Where there are enough, so many connections are left for reading.
READING = 2
#: With fewer, rate limits and wake-ups share the connections of everything else.
ENOUGH_FOR_HASTE = 4


class PostgresStore:
    """Implements `Store` on a PostgreSQL database. Use `open`."""

    dialect: Dialect = "postgres"

    def __init__(self, address: Address, connections: int) -> None:
        """Use up to so many connections; none is open yet."""
        self._address = address
        self._sql = library("postgres")
        # Without sessions of our own there is no listening, so that one is free for work.
        shared = connections if address.pooled else connections - 1
        apart = connections >= ENOUGH_FOR_HASTE
        self._pool = Pool(address.connect, shared - apart)
        self._hasty = Pool(lambda: address.connect(durable=False), 1) if apart else self._pool
        mark = fresh_id()
        self._notification = f"{address.begin_hastily}; NOTIFY {CHANNEL}, '{mark}'; COMMIT"
        self._listener = Listener(address.connect, mark)
        self._bell = Bell(self._notify)
        self._commit = Commit(self._pool, address, self._sql, self._bell.ring)
        self._at_once = Commit(self._hasty, address, self._sql, self._bell.ring)
        self._group = GroupCommit(self._commit.group, lanes=max(1, min(LANES, shared - apart - READING)))

    @classmethod
    async def open(cls, url: str, connections: int = CONNECTIONS) -> "PostgresStore":
        """Connect. Raises `StoreError` when the server cannot be reached, refuses us or has too little room."""
        if connections < FEWEST:
            message = f"a process needs at least {FEWEST} connections to PostgreSQL, not {connections}"
            raise StoreError(message)
        store = cls(await find_out(url), connections)
        try:
            for pool in {store._pool, store._hasty}:
                await pool.fill()
        except BaseException:
            await store.close()
            raise
        return store

    @property
    def wake_ups(self) -> WakeUps:
        """Tell how this process hears of other processes' work just now."""
        return "notifications" if self._listener.hears else "polling"

    async def read(self, name: str, /, **values: Any) -> list[Row]:
        """Return the rows of a reading statement, as last committed."""
        sql = self._sql[name]
        try:
            async with self._pool.use() as database:
                return as_rows(await database.fetch(sql.text, *ordered(sql, values)))
        except FAILURES as wrong:
            raise explained(wrong) from wrong

    async def write(self, *steps: Step) -> Rows:
        """Run the steps as one unit; see `Store.write`."""
        return await self._group.write(steps)

    async def now(self, name: str, /, **values: Any) -> list[Row]:
        """Run one statement at once and by itself; see `Store.now`."""
        alone = self._hasty is not self._pool and not self._address.pooled
        return await self._at_once.now(name, values, begin=None if alone else self._address.begin_hastily)

    async def listen(self, told: Callable[[], None]) -> None:
        """Call `told` when another process may have committed work; see `Store.listen`."""
        if self._address.pooled:
            log.info("a pooler stands before the database: other processes' work is found by looking every second")
            return
        await self._listener.start(told)

    async def migrate(self, phase: str | None = None) -> Sequence[str]:
        """Apply what is missing, each change in its own transaction, one process at a time."""
        return await schema.migrate(self._pool, self._address, phase)

    async def pending(self) -> Sequence[str]:
        """Return the migrations not applied yet."""
        return await schema.pending(self._pool)

    async def close(self) -> None:
        """Finish what is on its way and close every connection."""
        await self._group.close()
        await self._bell.close()
        await self._listener.close()
        for pool in {self._pool, self._hasty}:
            await pool.close()

    async def _notify(self) -> None:
        try:
            async with self._hasty.use() as database:
                await database.execute(self._notification)
        except FAILURES as wrong:
            raise explained(wrong) from wrong

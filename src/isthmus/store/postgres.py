"""The growth path: PostgreSQL 14 or newer, by URL.

Raw SQL through asyncpg. Groups of units share a commit; groups that only insert (deliveries
arriving in a burst) are sent as one pipelined batch.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from isthmus.kit.clock import SystemClock, to_micros
from isthmus.store.group import GroupCommit, Rows, StoreError, Unit
from isthmus.store.migrate import LEDGER, missing
from isthmus.store.sqlite import checked, failure
from isthmus.store.statement import Dialect, Many, Row, Sql, Step, library

#: Connections per process: small databases allow few, and a group commit needs few.
POOL_SIZE = 6
#: Groups on their way at once; the others of the pool are for reading.
LANES = 3
#: How often a unit is run again that waited for another which waited for it.
TRIES = 5
#: One process migrates at a time; the number is arbitrary but must stay the same.
MIGRATION_LOCK = 4_915_162


class PostgresStore:
    """Implements `Store` on a PostgreSQL database. Use `open`."""

    dialect: Dialect = "postgres"

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        """Work on an open pool."""
        self._pool = pool
        self._sql = library("postgres")
        self._group = GroupCommit(self._commit, lanes=LANES)

    @classmethod
    async def open(cls, url: str) -> "PostgresStore":
        """Connect. Raises `StoreError` when the server cannot be reached or refuses us."""
        try:
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=POOL_SIZE,
                timeout=10,
                command_timeout=60,
                server_settings={"timezone": "UTC"},
                reset=_nothing,
            )
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as wrong:
            # The URL may hold a password: the driver's words do not, so only those are shown.
            message = f"cannot open the PostgreSQL database: {wrong}"
            raise StoreError(message) from wrong
        return cls(pool)

    async def read(self, name: str, /, **values: Any) -> list[Row]:
        """Return the rows of a reading statement, as last committed."""
        sql = self._sql[name]
        try:
            async with self._pool.acquire() as database:
                return _rows(await database.fetch(sql.text, *_ordered(sql, values)))
        except FAILURES as wrong:
            raise StoreError(str(wrong)) from wrong

    async def write(self, *steps: Step) -> Rows:
        """Run the steps as one unit; see `Store.write`."""
        return await self._group.write(steps)

    async def migrate(self, phase: str | None = None) -> Sequence[str]:
        """Apply what is missing, each change in its own transaction, one process at a time."""
        done: list[str] = []
        try:
            async with self._pool.acquire() as database:
                await database.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
                try:
                    for change in missing("postgres", await _applied(database), phase):
                        async with database.transaction():
                            for statement in change.statements:
                                await database.execute(statement)
                            now = to_micros(SystemClock().now())
                            await database.execute("INSERT INTO schema_migration VALUES ($1, $2)", change.name, now)
                        done.append(change.name)
                finally:
                    await database.execute("SELECT pg_advisory_unlock($1)", MIGRATION_LOCK)
        except FAILURES as wrong:
            raise StoreError(str(wrong)) from wrong
        return done

    async def pending(self) -> Sequence[str]:
        """Return the migrations not applied yet."""
        try:
            async with self._pool.acquire() as database:
                return [each.name for each in missing("postgres", await _applied(database), None)]
        except FAILURES as wrong:
            raise StoreError(str(wrong)) from wrong

    async def close(self) -> None:
        """Finish what is on its way and close the pool."""
        await self._group.close()
        await self._pool.close()

    async def _commit(self, units: Sequence[Unit]) -> None:
        try:
            await self._together(units)
        except (_Undone, *SPOILT):
            # One unit undid them all, or two groups waited for each other's rows: each gets its own commit. That is
            # rare, and cheaper than a savepoint around each unit of every group.
            for unit in units:
                await self._alone(unit)
        except FAILURES as wrong:
            raise StoreError(str(wrong)) from wrong

    async def _together(self, units: Sequence[Unit]) -> None:
        async with self._pool.acquire() as database, database.transaction():
            if all(isinstance(step, Many) for unit in units for step in unit.steps):
                await self._run_batches(database, units)
            else:
                for unit in units:
                    await self._run_unit(database, unit)

    async def _alone(self, unit: Unit) -> None:
        """Run one unit in its own commit; one that met another's rows in the wrong order is run again."""
        for _ in range(TRIES):
            unit.result = unit.error = None
            try:
                async with self._pool.acquire() as database, database.transaction():
                    await self._run_unit(database, unit)
            except _Undone:
                return
            except WAITED_IN_A_CIRCLE as wrong:
                unit.error = failure(wrong)
            except FAILURES as wrong:
                unit.error = failure(wrong)
                return
            else:
                return

    async def _run_batches(self, database: Any, units: Sequence[Unit]) -> None:
        """Run units that only insert, all rows of one statement in one pipelined batch."""
        batches: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for unit in units:
            for step in unit.steps:
                if isinstance(step, Many):
                    batches[step.name].extend(step.rows)
            unit.result = [[] for _ in unit.steps]
        for name, rows in batches.items():
            await self._run_many(database, name, rows)

    async def _run_unit(self, database: Any, unit: Unit) -> None:
        try:
            unit.result = [await self._run_step(database, step) for step in unit.steps]
        except ITS_OWN as wrong:
            unit.error = failure(wrong)
            raise _Undone from wrong

    async def _run_step(self, database: Any, step: Step) -> list[Row]:
        if isinstance(step, Many):
            await self._run_many(database, step.name, step.rows)
            return []
        sql = self._sql[step.name]
        return checked(step, _rows(await database.fetch(sql.text, *_ordered(sql, step.values))))

    async def _run_many(self, database: Any, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        sql = self._sql[name]
        await database.executemany(sql.text, [_ordered(sql, row) for row in rows])


class _Undone(Exception):
    """Ends a transaction whose unit failed; the caller hears of it through the unit."""


#: What a unit brings upon itself, and its neighbours in the group are not to suffer for.
ITS_OWN = (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError, KeyError, StoreError)
WAITED_IN_A_CIRCLE = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
SPOILT = (*ITS_OWN, *WAITED_IN_A_CIRCLE)
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


async def _nothing(_connection: Any) -> None:
    """Leave a connection that comes back to the pool as it is.

    Nothing here leaves settings, locks or cursors behind, and asyncpg rolls an open transaction back by itself; its own
    way of making sure costs every statement a second round trip.
    """


async def _applied(database: Any) -> set[str]:
    await database.execute(LEDGER)
    return {row["name"] for row in await database.fetch("SELECT name FROM schema_migration")}


def _ordered(sql: Sql, values: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(values[name] for name in sql.parameters)


def _rows(records: Sequence[Any]) -> list[Row]:
    return [dict(record) for record in records]

"""Running groups of units: as few round trips as possible, and each unit's fate its own.

A round trip is what a statement costs, so a group that is one statement is its own transaction. Where sessions are not
ours (a pooler), every change is in an explicit one, for it needs settings of its own.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import asyncpg

from isthmus.store.group import StoreError, Unit
from isthmus.store.postgres.address import Address
from isthmus.store.postgres.failures import (
    FAILURES,
    ITS_OWN,
    SPOILT,
    WORTH_ANOTHER_TRY,
    Unclear,
    explained,
    lost,
)
from isthmus.store.postgres.pool import Connection, Pool
from isthmus.store.sqlite import alike, checked, failure
from isthmus.store.statement import Many, Row, Sql, Statement, Step

T = TypeVar("T")
#: How often a unit is run again that waited for another which waited for it.
TRIES = 5
#: A unit whose group has already waited for a locked row waits only so long by itself.
IMPATIENT = "; SET LOCAL lock_timeout = 500"


class Commit:
    """Writes to one database. `woken` is called after a commit that made work for others."""

    def __init__(self, pool: Pool, address: Address, sql: Mapping[str, Sql], woken: Callable[[], None]) -> None:
        """Use connections of `pool`."""
        self._pool = pool
        self._address = address
        self._sql = sql
        self._woken = woken

    async def group(self, units: Sequence[Unit]) -> None:
        """Run units in one commit and fill in each one's result or error. Raises `StoreError`."""
        try:
            await self._together(units)
        except (Undone, *SPOILT) as wrong:
            # One unit undid them all, or two groups waited for each other's rows: each gets its own commit. That is
            # rare, and cheaper than a savepoint around each unit of every group.
            begin = self._address.begin + (IMPATIENT if isinstance(wrong, asyncpg.LockNotAvailableError) else "")
            for unit in units:
                await self._alone(unit, begin)
        except FAILURES as wrong:
            raise explained(wrong) from wrong
        if any(self._wakes(unit) for unit in units):
            self._woken()

    async def now(self, name: str, values: Mapping[str, Any], *, begin: str | None) -> list[Row]:
        """Run one statement, in a transaction begun by `begin` or by itself. Raises `StoreError`."""
        step = Statement(name, values)
        tries = 0
        while True:
            tries += 1
            try:
                async with self._pool.use() as database:
                    if begin is None:
                        return await settled(self._run_step(database, step))
                    return await in_transaction(database, begin, lambda: self._run_step(database, step))
            except WORTH_ANOTHER_TRY as wrong:
                if tries == TRIES:
                    raise explained(wrong) from wrong
            except FAILURES as wrong:
                raise explained(wrong) from wrong

    async def _together(self, units: Sequence[Unit]) -> None:
        async with self._pool.use() as database:
            if not self._address.pooled:
                if (batch := alike(units)) is not None:
                    await settled(self._run_many(database, batch.name, batch.rows))
                    for unit in units:
                        unit.result = [[]]
                    return
                if (only := _only(units)) is not None:
                    units[0].result = [await settled(self._run_step(database, only))]
                    return
            await in_transaction(database, self._address.begin, lambda: self._run_units(database, units))

    async def _alone(self, unit: Unit, begin: str) -> None:
        """Run one unit in its own commit; one that met another's rows in the wrong order is run again."""
        for _ in range(TRIES):
            unit.result = unit.error = None
            try:
                async with self._pool.use() as database:
                    await in_transaction(database, begin, lambda: self._run_unit(database, unit))
            except Undone:
                return
            except WORTH_ANOTHER_TRY as wrong:
                unit.error = explained(wrong)
            except (*FAILURES, StoreError) as wrong:
                unit.error = explained(wrong)
                return
            else:
                return

    async def _run_units(self, database: Connection, units: Sequence[Unit]) -> None:
        if all(isinstance(step, Many) for unit in units for step in unit.steps):
            await self._run_batches(database, units)
        else:
            for unit in units:
                await self._run_unit(database, unit)

    async def _run_batches(self, database: Connection, units: Sequence[Unit]) -> None:
        """Run units that only insert, all rows of one statement in one pipelined batch."""
        batches: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for unit in units:
            for step in unit.steps:
                if isinstance(step, Many):
                    batches[step.name].extend(step.rows)
            unit.result = [[] for _ in unit.steps]
        for name, rows in batches.items():
            await self._run_many(database, name, rows)

    async def _run_unit(self, database: Connection, unit: Unit) -> None:
        try:
            unit.result = [await self._run_step(database, step) for step in unit.steps]
        except ITS_OWN as wrong:
            unit.error = failure(wrong)
            raise Undone from wrong

    async def _run_step(self, database: Connection, step: Step) -> list[Row]:
        if isinstance(step, Many):
            await self._run_many(database, step.name, step.rows)
            return []
        sql = self._sql[step.name]
        return checked(step, as_rows(await database.fetch(sql.text, *ordered(sql, step.values))))

    async def _run_many(self, database: Connection, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        sql = self._sql[name]
        if len(rows) == 1:
            await database.fetch(sql.text, *ordered(sql, rows[0]))
        else:
            await database.executemany(sql.text, [ordered(sql, row) for row in rows])

    def _wakes(self, unit: Unit) -> bool:
        if unit.error is not None or unit.result is None:
            return False
        return any(
            self._sql[step.name].wakes and (bool(rows) or isinstance(step, Many) or not self._sql[step.name].returns)
            for step, rows in zip(unit.steps, unit.result, strict=True)
        )


class Undone(Exception):
    """Ends a transaction whose unit failed; the caller hears of it through the unit."""


async def in_transaction(database: Connection, begin: str, work: Callable[[], Awaitable[T]]) -> T:
    """Run `work` in a transaction. Raises `Unclear` when the commit was sent and nobody knows what came of it."""
    await database.execute(begin)
    try:
        result = await work()
    except BaseException as wrong:
        if not lost(wrong):
            await database.execute("ROLLBACK")
        raise
    done = await settled(database.execute("COMMIT"))
    if done != "COMMIT":
        message = f"PostgreSQL did not keep it: {done}"
        raise StoreError(message)
    return result


async def settled(last: Awaitable[T]) -> T:
    """Await the last word of a transaction; when the connection breaks meanwhile, its outcome is not known."""
    try:
        return await last
    except FAILURES as wrong:
        if lost(wrong):
            message = f"the connection broke during the commit, which may have been kept: {explained(wrong)}"
            raise Unclear(message) from wrong
        raise


def ordered(sql: Sql, values: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return values in the order in which a statement wants them."""
    return tuple(values[name] for name in sql.parameters)


def as_rows(records: Sequence[asyncpg.Record]) -> list[Row]:
    """Return rows that know nothing of the driver."""
    return [dict(record) for record in records]


def _only(units: Sequence[Unit]) -> Statement | None:
    """Return the only statement there is, if it need not be undone whatever rows it returns."""
    if len(units) == 1 and len(units[0].steps) == 1:
        step = units[0].steps[0]
        if isinstance(step, Statement) and step.expect is None:
            return step
    return None

"""Bringing the schema up to date, one process at a time, through a pooler as well.

The lock is a transaction's, not a session's: through a pooler the session that takes a lock is not the one that would
give it back. So each change asks anew, under the lock, what is still missing.
"""

from collections.abc import Sequence

from isthmus.kit.clock import SystemClock, to_micros
from isthmus.store.migrate import LEDGER, Migration, missing
from isthmus.store.postgres.address import Address
from isthmus.store.postgres.commit import in_transaction
from isthmus.store.postgres.failures import FAILURES, explained
from isthmus.store.postgres.pool import Connection, Pool

#: One process migrates at a time; the number is arbitrary but must stay the same.
MIGRATION_LOCK = 4_915_162
#: A change of a large table takes its time, and so does waiting for the process that makes it.
CHANGE_S = 3600.0
#: A change waits only so long for a table that somebody uses, because everybody else waits behind it.
TABLE_LOCK_MS = 10_000


async def migrate(pool: Pool, address: Address, phase: str | None) -> Sequence[str]:
    """Apply what is missing, each change in its own transaction. Raises `StoreError`."""
    done: list[str] = []
    try:
        while (name := await _next(pool, address, phase)) is not None:
            done.append(name)
    except FAILURES as wrong:
        raise explained(wrong) from wrong
    return done


async def pending(pool: Pool) -> Sequence[str]:
    """Return the migrations not applied yet; a new database is given their list. Raises `StoreError`."""
    try:
        async with pool.use() as database:
            there = await database.fetchval("SELECT to_regclass('schema_migration') IS NOT NULL")
            if not there:  # one at a time: two that make the same table at once would both fail
                await database.execute(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK}); {LEDGER}")
            applied = await _applied(database)
    except FAILURES as wrong:
        raise explained(wrong) from wrong
    return [each.name for each in missing("postgres", applied, None)]


async def _next(pool: Pool, address: Address, phase: str | None) -> str | None:
    async with pool.use() as database:
        begin = f"{address.begin}; SET LOCAL lock_timeout = 0"
        change = await in_transaction(database, begin, lambda: _change(database, phase))
        return None if change is None else change.name


async def _change(database: Connection, phase: str | None) -> Migration | None:
    await database.execute("SELECT pg_advisory_xact_lock($1)", MIGRATION_LOCK, timeout=CHANGE_S)
    await database.execute(f"SET LOCAL lock_timeout = {TABLE_LOCK_MS}")
    await database.execute("SET LOCAL client_min_messages = warning")
    await database.execute(LEDGER)
    change = next(iter(missing("postgres", await _applied(database), phase)), None)
    if change is None:
        return None
    for statement in change.statements:
        await database.execute(statement, timeout=CHANGE_S)
    now = to_micros(SystemClock().now())
    await database.execute("INSERT INTO schema_migration VALUES ($1, $2)", change.name, now)
    return change


async def _applied(database: Connection) -> set[str]:
    return {row["name"] for row in await database.fetch("SELECT name FROM schema_migration")}

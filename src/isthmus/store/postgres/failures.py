"""What PostgreSQL and the driver may say, sorted by what can be done about it."""

import asyncio

import asyncpg

from isthmus.store.group import StoreError

#: Everything that may come of speaking to a server.
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
#: What a unit brings upon itself, and its neighbours in the group are not to suffer for.
ITS_OWN = (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError, KeyError, StoreError)
#: The server undid it and doing it again may well succeed: two waited for each other, or a migration changed what a
#: prepared statement returns.
WORTH_ANOTHER_TRY = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.InvalidCachedStatementError)
#: Undid a whole group and may be the doing of one of its units.
SPOILT = (
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.DataError,
    KeyError,
    asyncpg.LockNotAvailableError,
    *WORTH_ANOTHER_TRY,
)
#: Said by a server, or a pooler, as it hangs up.
HANGING_UP = (
    asyncpg.PostgresConnectionError,
    asyncpg.ProtocolViolationError,  # how PgBouncer says that it lost the server
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.DatabaseDroppedError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
#: After these a connection still speaks, but is to be replaced: a value the driver could not encode leaves a statement
#: half begun, and a server that became a standby keeps connections while the address leads to the new primary.
STALE = (asyncpg.DataError, asyncpg.ReadOnlySQLTransactionError)
LOCKED = (
    "a row stayed locked by another session for too long; a transaction somebody forgot to end is in "
    "pg_stat_activity with the state 'idle in transaction'"
)
FULL = (
    "the PostgreSQL server gives Isthmus no further connection. Let it use fewer (`database_connections`), end "
    "other programs' connections, raise the server's max_connections, or put PgBouncer before it"
)
SILENT = "PostgreSQL did not answer in time"


class Unclear(StoreError):
    """The connection broke while a commit was on its way: it may have been kept."""


def lost(wrong: BaseException) -> bool:
    """Tell whether this leaves open what the server did, and in which state the connection is."""
    if isinstance(wrong, asyncpg.PostgresError):
        return isinstance(wrong, HANGING_UP)
    return isinstance(wrong, (Unclear, *FAILURES, asyncio.CancelledError))


def explained(wrong: BaseException) -> StoreError:
    """Return a failure in words an operator can act on; they never hold the address, which may hold a password."""
    if isinstance(wrong, StoreError):
        return wrong
    if isinstance(wrong, TimeoutError):
        return StoreError(SILENT)
    if isinstance(wrong, asyncpg.LockNotAvailableError):
        return StoreError(LOCKED)
    if no_room(wrong):
        return StoreError(f"{FULL} ({wrong})")
    return StoreError(str(wrong) or type(wrong).__name__)


def no_room(wrong: BaseException) -> bool:
    """Tell whether the server, or a pooler before it, has reached the number of connections it allows."""
    words = ("too many connections", "no more connections allowed", "remaining connection slots")
    return isinstance(wrong, asyncpg.TooManyConnectionsError) or any(each in str(wrong) for each in words)

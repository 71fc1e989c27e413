"""Where the database is, what stands before it, and how a connection is opened there.

A pooler such as PgBouncer may give each transaction another server connection. What belongs to a session (prepared
statements, settings, LISTEN, session locks) must then not be used, so we find out first and keep to what is safe.
"""

from dataclasses import dataclass

import asyncpg

from isthmus.store.group import StoreError
from isthmus.store.postgres.failures import FAILURES, explained

CONNECT_S = 10.0
#: No statement takes longer: a process that is cut off must notice.
COMMAND_S = 30.0
#: How long a row may stay locked by somebody else; more than PostgreSQL needs to find a deadlock (one second).
LOCK_MS = 5_000
OLDEST = 14
#: Set for each session where sessions are ours. The server, too, notices when we are cut off, and lets go of the rows
#: of a process that is gone; otherwise nobody could touch them for hours.
SESSION = {
    "lock_timeout": str(LOCK_MS),
    "idle_in_transaction_session_timeout": "60000",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "jit": "off",  # short statements lose more by being compiled than they gain
}
#: The same, through a pooler, for one transaction.
TRANSACTION = f"SET LOCAL lock_timeout = {LOCK_MS}; SET LOCAL idle_in_transaction_session_timeout = 60000"
#: More than there are statements, so that none is prepared twice.
STATEMENTS = 1_000
_LOOK = """
SELECT pg_backend_pid() AS pid, current_setting('server_version_num')::int / 10000 AS version,
  current_setting('synchronous_commit') AS durable
"""


@dataclass(frozen=True, slots=True)
class Address:
    """How to reach the database. `pooled`: something stands before it that shares server connections."""

    url: str
    pooled: bool
    #: The server's default would acknowledge what is not on disk yet.
    hasty: bool

    @property
    def begin(self) -> str:
        """Return what begins a transaction that is durable and does not wait for ever."""
        if not self.pooled:
            return "BEGIN"
        return f"BEGIN; {TRANSACTION}" + ("; SET LOCAL synchronous_commit = on" if self.hasty else "")

    @property
    def begin_hastily(self) -> str:
        """Return what begins a transaction that need not survive a power cut."""
        return f"{self.begin}; SET LOCAL synchronous_commit = off"

    async def connect(self, *, durable: bool = True) -> asyncpg.Connection:
        """Open a connection; one that is not `durable` may forget its last commits in a power cut."""
        settings = {"application_name": "isthmus"}
        if not self.pooled:
            settings |= SESSION
            if self.hasty or not durable:
                settings["synchronous_commit"] = "on" if durable else "off"
        return await asyncpg.connect(
            self.url,
            timeout=CONNECT_S,
            command_timeout=COMMAND_S,
            server_settings=settings,
            statement_cache_size=0 if self.pooled else STATEMENTS,
            max_cached_statement_lifetime=0,
        )


async def find_out(url: str) -> Address:
    """Ask the server what it is. Raises `StoreError` when it cannot be reached, refuses us or is too old."""
    try:
        # As careful as through a pooler, for there may be one.
        connection = await Address(url, pooled=True, hasty=False).connect()
        try:
            (row,) = await connection.fetch(_LOOK)
            # Whoever shares server connections makes this number up when we connect.
            pooled = row["pid"] != connection.get_server_pid()
            if pooled:
                # A pooler that knows no transactions says so here, and not in the middle of an order.
                await connection.execute("BEGIN")
                await connection.execute("ROLLBACK")
        finally:
            await connection.close(timeout=CONNECT_S)
    except (*FAILURES, ValueError) as wrong:
        message = f"cannot open the PostgreSQL database: {explained(wrong)}"
        raise StoreError(message) from wrong
    if row["version"] < OLDEST:
        message = f"Isthmus needs PostgreSQL {OLDEST} or newer; this one is version {row['version']}"
        raise StoreError(message)
    return Address(url, pooled=pooled, hasty=row["durable"] == "off")

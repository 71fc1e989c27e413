"""The growth path: PostgreSQL 14 or newer, by URL, for many processes on many machines."""

from isthmus.store.postgres.store import CONNECTIONS, FEWEST, PostgresStore

__all__ = ["CONNECTIONS", "FEWEST", "PostgresStore"]

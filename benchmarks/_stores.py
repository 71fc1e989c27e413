"""Databases of a benchmark's own: made for the run, dropped after it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

#: Where a PostgreSQL usually is.
LOCAL = "postgresql://postgres@127.0.0.1:5432/postgres"


@asynccontextmanager
async def own_database(server: str) -> AsyncGenerator[str]:
    """Make an empty database on a server, yield its address, drop it."""
    name = f"isthmus_bench_{uuid4().hex[:12]}"
    admin = await asyncpg.connect(server)
    try:
        await admin.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        finally:
            # Whoever looks in from outside does not keep it alive.
            await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await admin.close()

"""One suite, both stores: every test that asks for `database` or `store` runs on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from isthmus.store.base import Store
from isthmus.store.open import open_store
from isthmus.store.statement import Dialect

BOTH = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))
Opener = Callable[[], Awaitable[Store]]


@dataclass(frozen=True, slots=True)
class Database:
    """An empty database of one test's own."""

    dialect: Dialect
    url: str
    folder: Path


@pytest.fixture(params=BOTH)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "sqlite":
        return Database("sqlite", "sqlite:///test.db", tmp_path)
    url = request.getfixturevalue("postgres_url")
    await emptied(url)
    return Database("postgres", url, tmp_path)


async def emptied(url: str) -> None:
    """Take everything out of a database: much quicker than a new one for each test."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET client_min_messages = warning")
        await connection.execute("DROP SCHEMA IF EXISTS public CASCADE")
        await connection.execute("CREATE SCHEMA public")
    finally:
        await connection.close()


async def address_of(request: pytest.FixtureRequest) -> str:
    """Return where the store of a test in `BOTH` is: an empty PostgreSQL, or nothing, which means a file."""
    if request.param == "sqlite":
        return ""
    url: str = request.getfixturevalue("postgres_url")
    await emptied(url)
    return url


@pytest.fixture
async def opener(database: Database) -> AsyncIterator[Opener]:
    """Open the same database as often as wanted: each is what another process would have."""
    async with AsyncExitStack() as stack:

        async def again() -> Store:
            opened = await open_store(database.url, database.folder)
            stack.push_async_callback(opened.close)
            return opened

        yield again


@pytest.fixture
async def store(opener: Opener) -> Store:
    opened = await opener()
    await opened.migrate()
    return opened

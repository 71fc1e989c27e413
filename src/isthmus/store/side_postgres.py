"""A PostgreSQL database as one end of a copy."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from isthmus.store.group import StoreError
from isthmus.store.shape import Table, quoted
from isthmus.store.side import PAGE, Rows, counting, reading, row_name
from isthmus.store.statement import Dialect, Row, library

#: What the server or the driver says no with; the driver refuses a value of the wrong type before it is sent.
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


class PostgresSide:
    """Implements `Side` on one connection. Use `open`."""

    dialect: Dialect = "postgres"

    def __init__(self, database: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Work on an open connection."""
        self._database = database
        self._sql = library("postgres")

    @classmethod
    async def open(cls, url: str) -> "PostgresSide":
        """Connect. Raises `StoreError` when the server cannot be reached or refuses us."""
        try:
            # Nothing is prepared or set for the session: behind a pooler it would be another client's.
            database = await asyncpg.connect(url, timeout=10, statement_cache_size=0)
        except (*FAILURES, ValueError) as wrong:
            # The URL may hold a password: the driver's words do not, so only those are shown.
            message = f"cannot open the PostgreSQL database: {wrong}"
            raise StoreError(message) from wrong
        return cls(database)

    async def say(self, name: str, /, **values: Any) -> list[Row]:
        """Run a named statement on its own."""
        sql = self._sql[name]
        try:
            return [
                dict(row) for row in await self._database.fetch(sql.text, *(values[each] for each in sql.parameters))
            ]
        except FAILURES as wrong:
            raise StoreError(str(wrong)) from wrong

    async def run(self, text: str) -> None:
        """Run a statement that is made for this schema."""
        try:
            await self._database.execute(text)
        except FAILURES as wrong:
            raise StoreError(str(wrong)) from wrong

    @asynccontextmanager
    async def snapshot(self) -> AsyncGenerator[None]:
        """See the database as it is now, whoever writes meanwhile."""
        try:
            async with self._database.transaction(isolation="repeatable_read", readonly=True):
                yield
        except FAILURES as wrong:
            raise StoreError(str(wrong)) from wrong

    async def pages(
        self, table: Table, after: Sequence[Any] | None = None, *, ordered: bool = False
    ) -> AsyncGenerator[Rows]:
        """Yield the rows of a table through a cursor on the server."""
        text = reading(table, "postgres", after, ordered=ordered)
        try:
            # A block of its own, so that the cursor is gone when this generator is.
            async with self._database.transaction():
                cursor = await self._database.cursor(text, *(after or ()))
                while rows := await cursor.fetch(PAGE):
                    yield [tuple(row) for row in rows]
        except FAILURES as wrong:
            raise StoreError(str(wrong)) from wrong

    async def count(self, table: Table) -> int:
        """Return how many rows a table has."""
        try:
            return await self._database.fetchval(counting(table))
        except FAILURES as wrong:
            raise StoreError(str(wrong)) from wrong

    async def misfits(self, table: Table, there: Table) -> list[str]:
        """Name nothing: what PostgreSQL keeps in these kinds of columns, SQLite keeps too."""
        del table, there
        return []

    async def append(self, table: Table, rows: Rows, mark: Mapping[str, Any]) -> None:
        """Add rows by COPY, which keeps the ids it is given, and the mark in one commit."""
        sql = self._sql["mark_copied"]
        try:
            async with self._database.transaction():
                # A crash of the server may lose the last pages, their marks too, and the copy goes on from there.
                await self._database.execute("SET LOCAL synchronous_commit = off")
                await self._copy(table, rows)
                await self._database.execute(sql.text, *(mark[each] for each in sql.parameters))
        except FAILURES as wrong:
            if self._database.is_closed():
                raise StoreError(str(wrong)) from wrong
            raise await self._named(table, rows, wrong) from wrong

    async def clear(self, table: Table) -> None:
        """Take every row out of a table."""
        await self.run(f"TRUNCATE {quoted(table.name)}")

    async def settle(self, tables: Sequence[Table]) -> None:
        """Set every sequence past the highest id, and let the planner look at the tables."""
        for table in tables:
            for column in table.columns:
                if column.counter is not None:
                    name = quoted(column.name)
                    counter = column.counter.replace("'", "''")
                    await self.run(
                        f"SELECT setval('{counter}', GREATEST(MAX({name}), 1), COALESCE(MAX({name}), 0) > 0) "  # noqa: S608 - names from the catalog, quoted
                        f"FROM {quoted(table.name)}"
                    )
            await self.run(f"ANALYZE {quoted(table.name)}")

    async def close(self) -> None:
        """Close the connection."""
        await self._database.close()

    async def _copy(self, table: Table, rows: Rows) -> None:
        await self._database.copy_records_to_table(table.name, records=rows, columns=table.names)

    async def _named(self, table: Table, rows: Rows, wrong: Exception) -> StoreError:
        """Find the row a page failed by; nothing of it is kept."""
        for row in rows:
            trial = self._database.transaction()
            await trial.start()
            try:
                await self._copy(table, [row])
            except FAILURES as why:
                return StoreError(f"{row_name(table, row)} cannot be kept by PostgreSQL: {why}")
            finally:
                await trial.rollback()
        return StoreError(f"{table.name}: {wrong}")

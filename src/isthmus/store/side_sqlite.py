"""A SQLite file as one end of a copy."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from isthmus.store.group import StoreError
from isthmus.store.shape import KINDS, Column, Table, quoted
from isthmus.store.side import NAMED, PAGE, Rows, counting, reading, row_name
from isthmus.store.sqlite_failures import explained
from isthmus.store.statement import Dialect, Row, library

T = TypeVar("T")
BUSY_S = 30
#: Rows in one commit: each commit writes every page of every index it touched, and random keys touch most of them.
AT_ONCE = 50_000
#: Bits of the whole numbers a column of the other database keeps.
BITS = {"integer": 32, "smallint": 16}
#: A name no column has: in a condition, a column comes before an alias of the same name.
WHY = '"why not"'


class SqliteSide:
    """Implements `Side` on one file, which is made when it is not there."""

    dialect: Dialect = "sqlite"

    def __init__(self, path: Path, *, frozen: bool = False) -> None:
        """Open the file; a `frozen` one is only read, and nothing is written beside it. Raises `StoreError`."""
        self._sql = library("sqlite")
        self._uncommitted = 0
        self._path = path
        self._thread = ThreadPoolExecutor(1, "isthmus-copy")
        try:
            if not frozen:
                path.parent.mkdir(parents=True, exist_ok=True)
            place = f"{path.resolve().as_uri()}?mode=ro&immutable=1" if frozen else str(path)
            self._file = sqlite3.connect(place, BUSY_S, isolation_level=None, check_same_thread=False, uri=frozen)
        except (sqlite3.Error, OSError) as wrong:
            raise explained(wrong, path, "cannot open the database") from wrong
        try:
            # In WAL, NORMAL may lose the last commits in a power cut, marks and rows together; the rest stays in order.
            for setting in () if frozen else ("journal_mode=WAL", "synchronous=NORMAL"):
                self._file.execute(f"PRAGMA {setting}")
            self._file.execute("PRAGMA cache_size=-65536")
        except sqlite3.Error as wrong:
            self._file.close()
            raise explained(wrong, path, "cannot open the database") from wrong

    async def say(self, name: str, /, **values: Any) -> list[Row]:
        """Run a named statement on its own."""

        def work() -> list[Row]:
            self._commit()
            return self._say(name, values)

        return await self._do(work)

    async def run(self, text: str) -> None:
        """Run a statement that is made for this schema."""

        def work() -> None:
            self._commit()
            self._file.execute(text).close()

        await self._do(work)

    async def rows(self, text: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement that is made for this file."""
        return await self._do(lambda: self._file.execute(text).fetchall())

    @asynccontextmanager
    async def snapshot(self) -> AsyncGenerator[None]:
        """See the file as it is now; in WAL others may write meanwhile."""
        await self.run("BEGIN")
        try:
            yield
        finally:
            await self.run("COMMIT")

    async def pages(
        self, table: Table, after: Sequence[Any] | None = None, *, ordered: bool = False
    ) -> AsyncGenerator[Rows]:
        """Yield the rows of a table. Raises `StoreError` naming a row whose text is not UTF-8."""
        text = reading(table, "sqlite", after, ordered=ordered)
        cursor = await self._do(lambda: self._file.execute(text, after or ()))
        try:
            while rows := await self._do(lambda: _fetched(cursor)):
                yield rows
        except _Undecodable as wrong:
            found = await self._do(lambda: self._undecodable(table))
            raise StoreError(found) from wrong
        finally:
            await self._do(cursor.close)

    async def count(self, table: Table) -> int:
        """Return how many rows a table has."""
        return await self._do(lambda: self._file.execute(counting(table)).fetchone()[0])

    async def misfits(self, table: Table, there: Table) -> list[str]:
        """Name the values PostgreSQL does not take: SQLite keeps anything anywhere."""
        key = [quoted(name) for name in table.key] or ["rowid"]
        reasons = " ".join(_reasons(column) for column in there.columns)
        text = (
            f"SELECT {', '.join(key)}, CASE {reasons} END AS {WHY} FROM {quoted(table.name)} "  # noqa: S608 - names from the catalog, quoted
            f"WHERE {WHY} IS NOT NULL LIMIT {NAMED}"
        )
        rows = await self._do(lambda: self._file.execute(text).fetchall())
        names = table.key or ("rowid",)
        return [
            f"{table.name} ({', '.join(f'{name} = {value!r}' for name, value in zip(names, row, strict=False))}): "
            f"{row[-1]}"
            for row in rows
        ]

    async def append(self, table: Table, rows: Rows, mark: Mapping[str, Any]) -> None:
        """Add rows and the mark; both are committed with those of some more pages."""
        names = ", ".join(map(quoted, table.names))
        places = ", ".join("?" for _ in table.names)
        text = f"INSERT INTO {quoted(table.name)} ({names}) VALUES ({places})"  # noqa: S608 - names from the catalog, quoted

        def add() -> None:
            if not self._uncommitted:
                self._file.execute("BEGIN IMMEDIATE")
            try:
                self._file.executemany(text, rows)
                self._say("mark_copied", mark)
            except BaseException:
                self._uncommitted = 0
                self._file.execute("ROLLBACK")
                raise
            self._uncommitted += len(rows)
            if self._uncommitted >= AT_ONCE:
                self._commit()

        await self._do(add)

    async def clear(self, table: Table) -> None:
        """Take every row out of a table."""
        await self.run(f"DELETE FROM {quoted(table.name)}")  # noqa: S608 - a name from the catalog, quoted

    async def settle(self, tables: Sequence[Table]) -> None:
        """Write everything into the file itself; SQLite numbers past the highest id by itself."""
        del tables
        await self.run("PRAGMA wal_checkpoint(TRUNCATE)")

    async def freeze(self) -> None:
        """Make the file whole by itself, with nothing beside it; it may be copied when this returns."""
        await self.run("PRAGMA wal_checkpoint(TRUNCATE)")
        await self.run("PRAGMA journal_mode=DELETE")

    async def check(self) -> list[str]:
        """Return what is wrong with the file's own order, as the database itself finds; nothing when it is sound."""
        rows = await self._do(lambda: self._file.execute("PRAGMA integrity_check(20)").fetchall())
        return [text for (text,) in rows if text != "ok"]

    async def copy_into(self, path: Path) -> None:
        """Write a copy of the file as it is now to `path`; others may go on writing meanwhile.

        SQLite does not wait until the copy is on disk; who needs that has to see to it.
        """
        await self._do(lambda: self._file.execute("VACUUM INTO ?", (str(path),)).close())

    async def close(self) -> None:
        """Close the file."""
        await self._do(self._close)
        self._thread.shutdown()

    def _close(self) -> None:
        self._commit()
        self._file.close()

    def _commit(self) -> None:
        if self._uncommitted:
            self._uncommitted = 0
            self._file.execute("COMMIT")

    async def _do(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except asyncio.CancelledError:
            self._file.interrupt()  # else the thread would go on to the end of a long statement
            raise
        except (sqlite3.Error, OverflowError) as wrong:
            raise explained(wrong, self._path) from wrong

    def _say(self, name: str, values: Mapping[str, Any]) -> list[Row]:
        cursor = self._file.execute(self._sql[name].text, values)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _undecodable(self, table: Table) -> str:
        """Find the row once more, with every text as its bytes."""
        self._file.text_factory = bytes
        try:
            texts = [place for place, column in enumerate(table.columns) if KINDS[column.kind] == "text"]
            for row in self._file.execute(reading(table, "sqlite", None, ordered=False)):
                for place in texts:
                    if isinstance(row[place], bytes) and not _is_utf8(row[place]):
                        shown = [value.decode(errors="replace") if isinstance(value, bytes) else value for value in row]
                        return f"{row_name(table, shown)}: {table.names[place]} is not valid UTF-8"
        finally:
            self._file.text_factory = str
        return f"{table.name} holds a text that is not valid UTF-8"


class _Undecodable(Exception):
    """A text is not UTF-8; the driver's words would show it."""


def _fetched(cursor: sqlite3.Cursor) -> list[tuple[Any, ...]]:
    try:
        return cursor.fetchmany(PAGE)
    except sqlite3.OperationalError as wrong:
        if "decode to UTF-8" in str(wrong):
            raise _Undecodable from None
        raise


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _reasons(column: Column) -> str:
    """Return the conditions under which PostgreSQL would not keep a value of this column, each with the reason."""
    name, word = quoted(column.name), column.name.replace("'", "''")
    kind = {"whole": "integer", "text": "text", "bytes": "blob"}[KINDS[column.kind]]
    found = [(f"typeof({name}) NOT IN ('{kind}', 'null')", f"{word} is not {kind}")]
    if kind == "text":
        found.append((f"instr({name}, char(0)) > 0", f"{word} holds a zero character"))
    if bits := BITS.get(column.kind):
        most = 2 ** (bits - 1)
        found.append((f"{name} NOT BETWEEN {-most} AND {most - 1}", f"{word} is beyond {bits} bits"))
    if column.needed:
        found.append((f"{name} IS NULL", f"{word} is empty"))
    return " ".join(f"WHEN {condition} THEN '{reason}'" for condition, reason in found)

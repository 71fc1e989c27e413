"""One end of a copy: a database read and written table by table, past the named statements of daily work."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from isthmus.store.shape import Table, quoted
from isthmus.store.statement import Dialect, Row

#: Rows of one table, values in the order of `Table.names`.
Rows = Sequence[tuple[Any, ...]]
#: Rows read, written and committed at once: enough to be quick, few enough to fit into memory with large bodies.
PAGE = 1000
#: So many values that cannot be kept are named before the rest is only counted.
NAMED = 20


class Side(Protocol):
    """Source or target of a copy. Everything raises `StoreError`."""

    dialect: Dialect

    async def say(self, name: str, /, **values: Any) -> list[Row]:
        """Run a named statement on its own."""
        ...

    async def run(self, text: str) -> None:
        """Run a statement that is made for this schema."""
        ...

    def snapshot(self) -> AbstractAsyncContextManager[None]:
        """See the database as it is now until the block ends, whoever writes meanwhile."""
        ...

    def pages(self, table: Table, after: Sequence[Any] | None = None, *, ordered: bool = False) -> AsyncGenerator[Rows]:
        """Yield the rows of a table, with `ordered` by its key and only those after the key `after`.

        Only inside `snapshot`.
        """
        ...

    async def count(self, table: Table) -> int:
        """Return how many rows a table has."""
        ...

    async def misfits(self, table: Table, there: Table) -> list[str]:
        """Name the values that the other database's table cannot keep as they are, and why; at most `NAMED`."""
        ...

    async def append(self, table: Table, rows: Rows, mark: Mapping[str, Any]) -> None:
        """Add rows with their ids, and note by `mark_copied` how far this came: both are kept, or neither."""
        ...

    async def clear(self, table: Table) -> None:
        """Take every row out of a table."""
        ...

    async def settle(self, tables: Sequence[Table]) -> None:
        """See, after a copy, that new rows get ids past the highest, and that the planner knows the tables."""
        ...

    async def close(self) -> None:
        """Let go of the database; what was committed is on disk then."""
        ...


def reading(table: Table, dialect: Dialect, after: Sequence[Any] | None, *, ordered: bool) -> str:
    """Return the statement that reads a table; the values of `after` are its parameters."""
    text = f"SELECT {', '.join(map(quoted, table.names))} FROM {quoted(table.name)}"  # noqa: S608 - names from the catalog, quoted
    key = ", ".join(map(quoted, table.key))
    if after is not None:
        places = ", ".join("?" if dialect == "sqlite" else f"${number}" for number in range(1, len(after) + 1))
        text += f" WHERE ({key}) > ({places})"
    return f"{text} ORDER BY {key}" if ordered and key else text


def counting(table: Table) -> str:
    """Return the statement that counts a table's rows."""
    return f"SELECT COUNT(*) FROM {quoted(table.name)}"  # noqa: S608 - a name from the catalog, quoted


def row_name(table: Table, row: Sequence[Any]) -> str:
    """Return what a person finds a row by: its table and key."""
    values = dict(zip(table.names, row, strict=True))
    return f"{table.name} ({', '.join(f'{name} = {values[name]!r}' for name in table.key or table.names[:1])})"

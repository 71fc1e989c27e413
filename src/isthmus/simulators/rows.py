"""Rows in memory, found through dictionaries, with a journal that can take everything back.

A call is a transaction: on failure the journal is played backwards. Sequences do not roll back,
as in PostgreSQL, so numbers have gaps after failures.
"""

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Any

Row = dict[str, Any]


class Table:
    """The rows of one model."""

    def __init__(self, journal: list[Callable[[], None]], indexed: Iterable[str]) -> None:
        """Start empty; `indexed` columns are found without scanning."""
        self.rows: dict[int, Row] = {}
        self._journal = journal
        self._next = 1
        self._indexes: dict[str, dict[Any, dict[int, None]]] = {column: {} for column in indexed}

    def add_index(self, column: str) -> None:
        """Index one more column, for example of a field made by hand."""
        index = self._indexes.setdefault(column, {})
        for record_id, row in self.rows.items():
            index.setdefault(row.get(column), {})[record_id] = None

    def insert(self, row: Row, record_id: int | None = None) -> int:
        """Keep a new row and return its id, which is also put into the row."""
        if record_id is None:
            record_id = self._next
        self._next = max(self._next, record_id + 1)
        row["id"] = record_id
        self._put(record_id, row)
        self._journal.append(lambda: self._forget(record_id))
        return record_id

    def update(self, record_id: int, changes: Row) -> None:
        """Change some columns of a row."""
        row = self.rows[record_id]
        before = {column: row.get(column) for column in changes}
        self._change(row, changes)
        self._journal.append(lambda: self._change(row, before))

    def delete(self, record_id: int) -> None:
        """Forget a row; its id is never used again."""
        row = self._take(record_id)
        self._journal.append(lambda: self._put(record_id, row))

    def where(self, column: str, value: Any) -> list[int]:
        """Return the ids of the rows whose indexed `column` equals `value`, in ascending order."""
        return sorted(self._indexes[column].get(value, ()))

    def indexed(self, column: str) -> bool:
        """Whether `where` can answer for this column."""
        return column in self._indexes

    def _put(self, record_id: int, row: Row) -> None:
        self.rows[record_id] = row
        for column, index in self._indexes.items():
            index.setdefault(row.get(column), {})[record_id] = None

    def _forget(self, record_id: int) -> None:
        self._take(record_id)

    def _take(self, record_id: int) -> Row:
        row = self.rows.pop(record_id)
        for column in self._indexes:
            self._unindex(column, row.get(column), record_id)
        return row

    def _change(self, row: Row, changes: Row) -> None:
        for column in changes.keys() & self._indexes.keys():
            old, new = row.get(column), changes[column]
            if old != new:
                self._unindex(column, old, row["id"])
                self._indexes[column].setdefault(new, {})[row["id"]] = None
        row.update(changes)

    def _unindex(self, column: str, value: Any, record_id: int) -> None:
        index = self._indexes[column]
        entries = index[value]
        del entries[record_id]
        if not entries:
            del index[value]


class Store:
    """All tables of one database, its number sequences and the journal of the running call."""

    def __init__(self) -> None:
        """Start without tables."""
        self.tables: dict[str, Table] = {}
        self.journal: list[Callable[[], None]] = []
        self._sequences: dict[str, int] = {}

    def make_table(self, model: str, indexed: Iterable[str]) -> Table:
        """Add the table of a model."""
        table = self.tables[model] = Table(self.journal, indexed)
        return table

    def next_number(self, sequence: str) -> int:
        """Return 1, 2, 3, ... for each sequence; a rolled back number is lost."""
        self._sequences[sequence] = self._sequences.get(sequence, 0) + 1
        return self._sequences[sequence]

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Keep everything done inside the block, or nothing when it raises."""
        self.journal.clear()
        try:
            yield
        except BaseException:
            for undo in reversed(self.journal):
                undo()
            raise
        finally:
            self.journal.clear()

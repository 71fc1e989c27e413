"""Tables as a database itself describes them: what a copy has to carry over, whatever the schema is by then."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from isthmus.store.group import StoreError
from isthmus.store.level import MANIFEST, UNFINISHED
from isthmus.store.statement import Row

#: Each database keeps these for itself.
NOT_COPIED = frozenset({"schema_migration", UNFINISHED, MANIFEST})
#: What both databases keep exactly, by the name either gives it. Another kind has to be thought about first.
KINDS: Mapping[str, str] = {
    "bigint": "whole",
    "integer": "whole",
    "smallint": "whole",
    "text": "text",
    "blob": "bytes",
    "bytea": "bytes",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `counter` is the sequence that numbers it, on PostgreSQL."""

    name: str
    kind: str
    needed: bool
    counter: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """One table, its columns by name, and the columns its rows are told apart by (none when there are none)."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all columns, in the order in which every row of a copy is read and written."""
        return tuple(column.name for column in self.columns)


def shapes(described: Iterable[Row]) -> dict[str, Table]:
    """Return the tables to copy, from the rows of `schema_columns`. Raises `StoreError` for a kind not known."""
    rows: dict[str, list[Row]] = {}
    for row in described:
        if row["table_name"] not in NOT_COPIED:
            rows.setdefault(row["table_name"], []).append(row)
    return {name: _shape(name, found) for name, found in rows.items()}


def pairs(source: Mapping[str, Table], target: Mapping[str, Table]) -> list[tuple[Table, Table]]:
    """Return each table as both sides have it. Raises `StoreError` when one side has what the other has not."""
    for here, there, which in ((source, target, "target"), (target, source, "source")):
        lacking = [name for name in here if name not in there]
        lacking += [
            f"{table.name}.{name}"
            for table in here.values()
            if table.name in there
            for name in table.names
            if name not in there[table.name].names
        ]
        if lacking:
            message = f"the {which} has no {', '.join(lacking)}: give Isthmus a database of its own on both sides"
            raise StoreError(message)
    return [(source[name], target[name]) for name in sorted(source)]


def quoted(name: str) -> str:
    """Return a name as both databases read it."""
    return '"' + name.replace('"', '""') + '"'


def _shape(name: str, rows: list[Row]) -> Table:
    for row in rows:
        if row["kind"] not in KINDS:
            message = f"{name}.{row['column_name']} is of a kind no copy knows: {row['kind'] or 'none'}"
            raise StoreError(message)
    columns = sorted(
        (Column(row["column_name"], row["kind"], bool(row["needed"]), row["counter"]) for row in rows),
        key=lambda column: column.name,
    )
    keyed = sorted((row for row in rows if row["key_place"]), key=lambda row: row["key_place"])
    key = [row["column_name"] for row in keyed]
    # A table in parts may have a key per part only; what a sequence numbers is unique in all of them.
    key = key or [column.name for column in columns if column.counter is not None]
    # Bytes have no place in the mark a copy goes on from.
    bytewise = any(KINDS[row["kind"]] == "bytes" for row in keyed)
    return Table(name, tuple(columns), () if bytewise else tuple(key))

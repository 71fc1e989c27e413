"""Points around what a backup, a restore and a copy commit, past the store of daily work; see `failpoints.py`."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from isthmus.engine.failpoints import awake, changing, reach
from isthmus.store.shape import Table
from isthmus.store.side import Rows
from isthmus.store.side_postgres import PostgresSide
from isthmus.store.side_sqlite import SqliteSide
from isthmus.store.statement import Row

_CHANGING = frozenset(changing())


def file_side(path: Path, *, frozen: bool = False) -> SqliteSide:
    """Open a file as one end of a copy, with points where something is armed. Raises `StoreError`."""
    return (_WatchedFile if awake() else SqliteSide)(path, frozen=frozen)


async def server_side(url: str) -> PostgresSide:
    """Open a server's database as one end of a copy, with points where something is armed. Raises `StoreError`."""
    return await (_WatchedServer if awake() else PostgresSide).open(url)


@contextmanager
def _points(name: str) -> Generator[None]:
    """Pass the points around a commit; the one after it only when it succeeded."""
    watched = name in _CHANGING
    if watched:
        reach([f"commit.{name}.before"])
    yield
    if watched:
        reach([f"commit.{name}.after"])


class _WatchedFile(SqliteSide):
    """A file whose commits have points."""

    async def say(self, name: str, /, **values: Any) -> list[Row]:
        with _points(name):
            return await super().say(name, **values)

    async def append(self, table: Table, rows: Rows, mark: Mapping[str, Any]) -> None:
        with _points("mark_copied"):
            await super().append(table, rows, mark)


class _WatchedServer(PostgresSide):
    """A server's database whose commits have points."""

    async def say(self, name: str, /, **values: Any) -> list[Row]:
        with _points(name):
            return await super().say(name, **values)

    async def append(self, table: Table, rows: Rows, mark: Mapping[str, Any]) -> None:
        with _points("mark_copied"):
            await super().append(table, rows, mark)

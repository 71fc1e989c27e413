"""Carry a whole store into another database, and prove that nothing of it changed on the way.

Nothing here knows what the tables are: they are found in both databases, so that none can be forgotten. The target is
marked from the first moment until everything was read back from it and compared; an interrupted copy goes on after
the last page it committed.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec

from isthmus.store.group import StoreError
from isthmus.store.level import MARK, UNFINISHED
from isthmus.store.shape import Table, pairs, shapes
from isthmus.store.side import NAMED, Rows, Side
from isthmus.store.statement import Row

#: Hears of each table how many rows there are ("count"), and then how many more are done ("copy", and on either side
#: "compare").
Told = Callable[[str, str, int], None]
#: Under this name the marks keep the copy itself, from before its first table.
WHOLE = ""
DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows a table has, and a digest of all of them in whatever order they come."""

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One table on both sides after a copy."""

    table: str
    source: Tally
    target: Tally

    @property
    def same(self) -> bool:
        """Whether both sides hold the same rows."""
        return self.source == self.target


async def begin(target: Side, source_name: str, *, otherwise: str = "Take an empty database") -> bool:
    """Mark the target as not to be worked on; return whether this goes on with an earlier copy.

    Raises `StoreError` when the target holds something else; `otherwise` is what a person can do then.
    """
    described = await target.say("schema_columns")
    tables = {row["table_name"] for row in described}
    if UNFINISHED in tables:
        marks = {row["table_name"]: row["source"] for row in await target.say("copy_marks")}
        if marks.get(WHOLE, source_name) != source_name:
            message = f"the target holds an unfinished copy of {marks[WHOLE]}: go on with that, or empty the target"
            raise StoreError(message)
        again = bool(marks)
    else:
        if tables and "schema_migration" not in tables:
            message = f"the target holds tables of something else: {', '.join(sorted(tables))}"
            raise StoreError(message)
        await _refuse_rows(target, shapes(described), otherwise)
        again = False
    await target.run(MARK)
    await target.say("mark_copied", **_mark(WHOLE, source_name, None, finished=False))
    return again


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy, begun in the target; both sides are at the same level of the schema."""

    source: Side
    target: Side
    source_name: str
    told: Told
    #: Done to a target that proved to be the same, before it may be worked on; may be done twice.
    last: Callable[[Side], Awaitable[None]] | None = None

    async def run(self) -> Sequence[Compared]:
        """Copy every table and compare; only when all are the same, the target is free to be worked on.

        Raises `StoreError` before a row is written when the target cannot keep a value as it is, and later when either
        database fails.
        """
        described = (await self.source.say("schema_columns"), await self.target.say("schema_columns"))
        both = pairs(shapes(described[0]), shapes(described[1]))
        if self.target.dialect == "postgres":
            await _refuse_misfits(self.source, both)
        marks = {row["table_name"]: row for row in await self.target.say("copy_marks")}
        async with self.source.snapshot():
            for here, _ in both:
                self.told("count", here.name, await self.source.count(here))
            for here, there in both:
                await self._table(here, there, marks.get(here.name))
        await self.target.settle([there for _, there in both])
        return await self._compare(both)

    async def _table(self, here: Table, there: Table, mark: Row | None) -> None:
        """Copy what a table's mark says is still to come; without a mark, all of it."""
        name = here.name
        finished = mark is not None and bool(mark["finished"])
        after = json.loads(mark["last_key"]) if mark is not None and mark["last_key"] and here.key else None
        if finished or after:
            self.told("copy", name, await self.target.count(there))
        else:
            await self.target.clear(there)
        if finished:
            return
        async with aclosing(self.source.pages(here, after, ordered=True)) as pages:
            async for rows in pages:
                come = _mark(name, self.source_name, _last_key(here, rows), finished=False)
                await self.target.append(there, rows, come)
                self.told("copy", name, len(rows))
        await self.target.say("mark_copied", **_mark(name, self.source_name, None, finished=True))

    async def _compare(self, both: Sequence[tuple[Table, Table]]) -> Sequence[Compared]:
        found: list[Compared] = []
        async with self.source.snapshot(), self.target.snapshot():
            for here, there in both:
                ours = await tally(self.source, here, self.told)
                found.append(Compared(here.name, ours, await tally(self.target, there, self.told)))
        differing = [each.table for each in found if not each.same]
        for name in differing:  # so that the next copy begins them anew
            await self.target.say("unmark_copied", table_name=name)
        if not differing:
            if self.last is not None:
                # Whoever is killed in it leaves tables that are the same no more: the next copy begins them anew.
                for each in found:
                    await self.target.say("unmark_copied", table_name=each.table)
                await self.last(self.target)
            await self.target.run(f"DROP TABLE {UNFINISHED}")
        return found


async def tally(side: Side, table: Table, told: Told) -> Tally:
    """Read a whole table and return its count and digest; only inside `Side.snapshot`.

    The digest is the sum of one hash per row, so the order of the rows does not matter and a doubled row does.
    """
    counted = Counting()
    async with aclosing(side.pages(table)) as pages:
        async for rows in pages:
            counted.add(rows)
            told("compare", table.name, len(rows))
    return counted.tally()


class Counting:
    """A tally in the making."""

    def __init__(self) -> None:
        """Begin with no rows."""
        self._rows = self._sum = 0

    def add(self, rows: Rows) -> None:
        """Take rows in, in any order."""
        for row in rows:
            self._sum += int.from_bytes(blake2b(msgspec.msgpack.encode(row), digest_size=DIGEST_BYTES).digest())
        self._rows += len(rows)

    def tally(self) -> Tally:
        """Return how many rows came, and their digest."""
        return Tally(self._rows, f"{self._sum % 256**DIGEST_BYTES:0{2 * DIGEST_BYTES}x}")


async def _refuse_rows(target: Side, tables: dict[str, Table], otherwise: str) -> None:
    async with target.snapshot():
        for table in tables.values():
            async with aclosing(target.pages(table)) as pages:
                if await anext(pages, None):
                    message = f"the target is in use already: its table {table.name} has rows. {otherwise}"
                    raise StoreError(message)


async def _refuse_misfits(source: Side, both: Sequence[tuple[Table, Table]]) -> None:
    found = [line for here, there in both for line in await source.misfits(here, there)]
    if found:
        more = "" if len(found) < NAMED else "\n  and maybe more"
        lines = "".join(f"\n  {line}" for line in found[:NAMED])
        message = f"PostgreSQL cannot keep these values as they are, so nothing was copied:{lines}{more}"
        raise StoreError(message)


def _mark(table: str, source_name: str, last_key: str | None, *, finished: bool) -> dict[str, Any]:
    return {"table_name": table, "source": source_name, "last_key": last_key, "finished": int(finished)}


def _last_key(table: Table, rows: Rows) -> str | None:
    values = dict(zip(table.names, rows[-1], strict=True))
    return json.dumps([values[name] for name in table.key]) if table.key else None

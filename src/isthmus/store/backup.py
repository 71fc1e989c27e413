"""A backup: one file that holds a whole store as it was at one moment, and can prove that it still does.

The file is a SQLite database whatever the store is in, so that it goes back into either; a table of its own says from
when it is and what each table holds. The only secret in a store, the key that page forms are signed with, is left out.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from isthmus import __version__
from isthmus.store.base import one
from isthmus.store.copy import Counting, Tally, Told, tally
from isthmus.store.group import StoreError
from isthmus.store.level import MANIFEST, MARK, UNFINISHED
from isthmus.store.migrate import LEDGER, migrations
from isthmus.store.shape import Table, pairs, shapes
from isthmus.store.side import Side
from isthmus.store.side_sqlite import SqliteSide

FORMAT = 1
#: Kept values that are secret: made anew by the next start.
LEFT_OUT = ("page_key",)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself; `taken_at` is in microseconds since 1970 UTC."""

    format: int
    taken_at: int
    version: str
    project: str
    source: str
    applied: tuple[str, ...]
    tables: Mapping[str, Tally]
    figures: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class About:
    """Of what a backup is, and from when, in microseconds since 1970 UTC."""

    taken_at: int
    project: str
    source: str


async def fill(source: Side, path: Path, told: Told, *, opened: Callable[[Path], SqliteSide] = SqliteSide) -> None:
    """Write all of a store to a new file, as it is at one moment; others go on writing. Raises `StoreError`."""
    if isinstance(source, SqliteSide):
        await source.copy_into(path)
        return
    target = opened(path)
    try:
        async with source.snapshot():
            await _same_tables(source, target)
            both = pairs(shapes(await source.say("schema_columns")), shapes(await target.say("schema_columns")))
            for here, _ in both:
                told("count", here.name, await source.count(here))
            for here, there in both:
                read = await _carry(source, here, target, there, told)
                if (kept := await _tally(target, there)) != read:
                    message = f"{there.name} was not written as it was read: {kept} instead of {read}"
                    raise StoreError(message)
        await target.run(f"DROP TABLE {UNFINISHED}")
    finally:
        await target.close()


async def seal(side: SqliteSide, path: Path, about: About, told: Told) -> Manifest:
    """Take the secrets out of a filled file, let it say what it holds, and see it onto the disk; `side` is closed."""
    try:
        await side.run("PRAGMA secure_delete=ON")  # what is taken out is overwritten, too
        for name in LEFT_OUT:
            await side.say("forget_kept", name=name)
        tables = shapes(await side.say("schema_columns"))
        async with side.snapshot():
            held = {each.name: await tally(side, each, told) for each in tables.values()}
        figures = one(await side.say("backup_figures")) or {}
        applied = tuple(row["name"] for row in await side.say("applied_changes"))
        made = Manifest(FORMAT, about.taken_at, __version__, about.project, about.source, applied, held, dict(figures))
        await side.run(f"CREATE TABLE {MANIFEST} (body TEXT NOT NULL)")
        body = msgspec.json.encode(made).decode().replace("'", "''")
        await side.run(f"INSERT INTO {MANIFEST} VALUES ('{body}')")  # noqa: S608 - our own JSON, quoted
        await side.freeze()
    finally:
        await side.close()
    to_disk(path)
    return made


async def verified(path: Path, told: Told) -> Manifest:
    """Return what a backup says of itself, once everything in it was read and proved to be that.

    Raises `StoreError` when the file is no backup, is of a newer Isthmus, or is not what it was.
    """
    side = SqliteSide(path, frozen=True)
    try:
        manifest = await _manifest(side, path)
        if wrong := await side.check():
            message = f"the backup {path} is damaged: {wrong[0]}. Take another one"
            raise StoreError(message)
        tables = shapes(await side.say("schema_columns"))
        for each in tables.values():
            told("count", each.name, await side.count(each))
        async with side.snapshot():
            held = {each.name: await tally(side, each, told) for each in tables.values()}
    finally:
        await side.close()
    if differing := sorted(name for name in {*held, *manifest.tables} if held.get(name) != manifest.tables.get(name)):
        message = f"the backup {path} is not what it was: {', '.join(differing)} changed since. Take another one"
        raise StoreError(message)
    return manifest


def refuse_newer(manifest: Manifest, path: Path) -> None:
    """Raise `StoreError` when only a newer Isthmus knows what is in a backup."""
    known = {each.name for each in migrations("sqlite")}
    if unknown := [name for name in manifest.applied if name not in known]:
        message = (
            f"the backup {path} was taken from a database of Isthmus {manifest.version}, which has "
            f"{', '.join(unknown)}; this one is {__version__}: restore it with the newer one"
        )
        raise StoreError(message)


async def awaken(target: Side, now: int) -> None:
    """Let go of what only held at the moment of the backup: work in hand, budgets, readings that proved something."""
    for name in ("rest_jobs", "free_inbox", "read_anew"):
        await target.say(name, now=now)
    for name in ("forget_processes", "forget_duties", "forget_allowances"):
        await target.say(name)


def to_disk(path: Path) -> None:
    """Return when a file and its name are on disk."""
    for place in (path, path.parent):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


async def _manifest(side: SqliteSide, path: Path) -> Manifest:
    tables = {row["table_name"] for row in await side.say("schema_columns")}
    if MANIFEST not in tables:
        message = f"{path} is a database, but no backup made by `isthmus backup`"
        raise StoreError(message)
    rows = await side.rows(f"SELECT body FROM {MANIFEST}")  # noqa: S608 - a name of ours
    try:
        return msgspec.json.decode(rows[0][0], type=Manifest)
    except (msgspec.MsgspecError, IndexError, TypeError, UnicodeError) as wrong:
        message = f"the backup {path} does not say what it holds ({wrong}): take another one"
        raise StoreError(message) from wrong


async def _same_tables(source: Side, target: SqliteSide) -> None:
    """Make the tables the source has, and no newer ones."""
    applied = [row["name"] for row in await source.say("applied_changes")]
    changes = {each.name: each for each in migrations("sqlite")}
    if unknown := [name for name in applied if name not in changes]:
        message = f"this database was changed by a newer Isthmus ({', '.join(unknown)}): take the backup with that one"
        raise StoreError(message)
    await target.run(LEDGER)
    for name in applied:
        for statement in changes[name].statements:
            await target.run(statement)
        await target.say("note_change", name=name, now=0)
    await target.run(MARK)


async def _carry(source: Side, here: Table, target: SqliteSide, there: Table, told: Told) -> Tally:
    read = Counting()
    mark: dict[str, Any] = {"table_name": there.name, "source": "backup", "last_key": None, "finished": 0}
    async with aclosing(source.pages(here)) as pages:
        async for rows in pages:
            read.add(rows)
            await target.append(there, rows, mark)
            told("copy", there.name, len(rows))
    return read.tally()


async def _tally(side: Side, table: Table) -> Tally:
    async with side.snapshot():
        return await tally(side, table, lambda _stage, _name, _rows: None)


def named_tables(manifest: Manifest) -> Sequence[tuple[str, Tally]]:
    """Return the tables with rows, by name."""
    return [(name, held) for name, held in sorted(manifest.tables.items()) if held.rows]

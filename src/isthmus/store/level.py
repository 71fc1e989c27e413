"""How far a database's schema is, and whether this code may work on it.

A database may be ahead of the code: the `pre` changes of the next release only add, so this release
keeps working beside it. A `post` change this code does not know took away what it may need.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from isthmus import __version__
from isthmus.store.base import Store
from isthmus.store.group import StoreError
from isthmus.store.migrate import migrations, phase_of

#: A table that is only there while a copy into this database is not finished and compared.
UNFINISHED = "unfinished_copy"
MARK = f"""
CREATE TABLE IF NOT EXISTS {UNFINISHED} (
  table_name TEXT PRIMARY KEY,
  source TEXT NOT NULL,
  last_key TEXT,
  finished INTEGER NOT NULL
)
"""


#: A table only a backup has: what it holds, and from when.
MANIFEST = "backup_manifest"


@dataclass(frozen=True, slots=True)
class Level:
    """What was applied to a database, in order of its numbers, and what this code would still apply."""

    applied: tuple[str, ...]
    pending: tuple[str, ...]
    unknown: tuple[str, ...]
    unfinished: bool
    backup: bool = False

    def newest(self, phase: str) -> str | None:
        """Return the last applied change of a phase."""
        return next((name for name in reversed(self.applied) if phase_of(name) == phase), None)

    def waits(self, phase: str) -> list[str]:
        """Return the pending changes of a phase."""
        return [name for name in self.pending if phase_of(name) == phase]


async def level_of(store: Store) -> Level:
    """Look at a database; nothing is changed but that the list of changes is begun."""
    pending = tuple(await store.pending())
    applied = tuple(row["name"] for row in await store.read("applied_changes"))
    known = {each.name for each in migrations(store.dialect)}
    tables = {row["table_name"] for row in await store.read("schema_columns")}
    unknown = tuple(name for name in applied if name not in known)
    return Level(applied, pending, unknown, UNFINISHED in tables, MANIFEST in tables)


async def bring_up(store: Store, *, alone: Callable[[], bool]) -> Sequence[str]:
    """Apply what a start may apply, and return it: all of it to a new database, else only what adds.

    `alone` is asked when a `post` change waits: whether surely no other process works on this database, so that
    nobody misses what is taken away. Raises `StoreError` when this code must not work on the database.
    """
    level = await level_of(store)
    refuse(level)
    whole = not level.applied or not level.waits("post") or alone()
    return await store.migrate(None if whole else "pre")


async def change(
    store: Store, phase: str | None, *, older_alive: Sequence[str] = (), force: bool = False
) -> Sequence[str]:
    """Apply what is missing for `phase` (None: both), and return it.

    `older_alive` names the processes of an earlier release that still work on the database: while there is one, a
    `post` change is refused, unless by `force`. Raises `StoreError`; nothing was changed then.
    """
    level = await level_of(store)
    refuse(level)
    post = level.waits("post") if phase != "pre" else []
    if post and older_alive and not force:
        message = (
            f"{', '.join(post)} may take away what is still used by: {', '.join(older_alive)}. "
            "Stop it and repeat; --phase pre applies only what adds; --force does it all the same"
        )
        raise StoreError(message)
    return await store.migrate(phase)


def refuse(level: Level) -> None:
    """Raise `StoreError` when this code must not work on a database."""
    if level.backup:
        message = "this is a backup and stays as it is: `isthmus restore FILE` makes a database of it"
        raise StoreError(message)
    if level.unfinished:
        message = (
            "this database holds a copy that was not finished: the same `isthmus migrate --from ... --to ...` or "
            "`isthmus restore FILE` once more finishes it; until then work on the database it was copied from"
        )
        raise StoreError(message)
    taken = [name for name in level.unknown if phase_of(name) == "post"]
    if taken:
        message = (
            f"this database was changed by a newer Isthmus ({', '.join(taken)}), and this one, {__version__}, may miss "
            "what was taken away: start the newer one"
        )
        raise StoreError(message)

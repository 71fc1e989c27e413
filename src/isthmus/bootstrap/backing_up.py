"""Take a backup of a project's store, while it is at work or not."""

from dataclasses import dataclass
from pathlib import Path

from isthmus.bootstrap.config import ConfigError, ProjectConfig
from isthmus.bootstrap.moving import file_of, shown, side_of
from isthmus.engine.side_failpoints import file_side
from isthmus.kit.clock import Clock, SystemClock, to_micros
from isthmus.store.backup import About, Manifest, fill, seal, to_disk
from isthmus.store.copy import Told
from isthmus.store.group import StoreError
from isthmus.store.level import MANIFEST, UNFINISHED

#: Where backups go when nothing is said, below the project's folder.
FOLDER = "backups"


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup on disk; `size` is in bytes."""

    path: Path
    size: int
    manifest: Manifest


async def back_up(config: ProjectConfig, to: Path | None, told: Told, clock: Clock | None = None) -> Taken:
    """Write a backup to `to`, or into the project's `backups` folder, and return it once it is on disk.

    Others may go on working: what is kept is the store as it was at one moment. A file that is there already is never
    written over, and one that could not be finished is removed. Raises `ConfigError` and `StoreError`.
    """
    now = (clock or SystemClock()).now()
    path = to or config.folder / FOLDER / f"isthmus-{now:%Y%m%d-%H%M%S}.backup"
    if path.exists():
        message = f"{path} is there already and is not written over: name another file"
        raise ConfigError(message)
    source = file_of(config.database, config)
    if source is not None and not source.is_file():
        message = f"there is nothing to back up: there is no database file {source}"
        raise ConfigError(message)
    half = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _private(half)
        await _fill(config, half, told)
        about = About(to_micros(now), config.name, shown(config.database))
        made = await seal(file_side(half), half, about, told)
        half.chmod(0o400)
        half.rename(path)
        to_disk(path)
    except OSError as wrong:
        message = f"the backup {path} could not be written: {wrong.strerror or wrong}"
        raise StoreError(message) from wrong
    finally:
        for left in (half, half.with_name(f"{half.name}-wal"), half.with_name(f"{half.name}-shm")):
            left.unlink(missing_ok=True)
    return Taken(path, path.stat().st_size, made)


async def _fill(config: ProjectConfig, half: Path, told: Told) -> None:
    async with side_of(config, config.database) as source:
        tables = {row["table_name"] for row in await source.say("schema_columns")}
        if "schema_migration" not in tables:
            message = f"{shown(config.database)} holds no project of Isthmus"
            raise StoreError(message)
        if tables & {UNFINISHED, MANIFEST}:
            message = (
                f"{shown(config.database)} is no database that is worked on: it is a backup, or an unfinished copy"
            )
            raise StoreError(message)
        await fill(source, half, told, opened=file_side)


def _private(path: Path) -> None:
    """Make an empty file only its owner may read: it will hold names and addresses."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)

"""Put a backup back: checked before, compared after, and never over anything that is still needed."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from isthmus.bootstrap.backing_up import back_up
from isthmus.bootstrap.config import ConfigError, ProjectConfig
from isthmus.bootstrap.connectors import connector
from isthmus.bootstrap.moving import file_of, own, refuse_at_work, same_level, shown, side_of, store_of
from isthmus.kit.clock import SystemClock, from_micros, to_micros
from isthmus.store.backup import Manifest, awaken, refuse_newer, verified
from isthmus.store.copy import Compared, Copy, Told, begin
from isthmus.store.level import UNFINISHED
from isthmus.store.migrate import migrations
from isthmus.store.shape import shapes
from isthmus.store.side import Side
from isthmus.store.side_sqlite import SqliteSide
from isthmus.store.stamp import ENDING
from isthmus.store.statement import say

OTHERWISE = "Nothing was changed; with --replace it is put aside first"
#: What becomes of the work that went on since a backup.
AHEAD = """\
Orders, stock and products that changed since {taken} are read again from the systems.
Every order is looked for in the ERP before it is created: what was created since is found, not created again.
{intents} creates had no answer yet at that moment: each is looked up first.
{waiting} jobs and {deliveries} deliveries that waited then go on; what is done by now is found done.
Stock is raised in the shop only once stock and orders were read anew.
{questions} questions are as they were then. Answers, pauses, traces and the audit trail since are lost.
Open forms on the pages must be loaded again: the key that signs them is made anew.""".splitlines()


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of a restore; `put_aside` is where what was there before is kept."""

    target: str
    manifest: Manifest
    tables: Sequence[Compared]
    put_aside: str

    @property
    def same(self) -> bool:
        """Whether the database holds exactly what the backup holds, and may be worked on."""
        return all(each.same for each in self.tables)


async def examine(path: Path, told: Told) -> Manifest:
    """Return what a backup holds, once all of it was read and found to be what it was. Raises `StoreError`."""
    if not path.is_file():  # noqa: ASYNC240 - nothing else runs beside a restore
        message = f"there is no backup {path}"
        raise ConfigError(message)
    manifest = await verified(path, told)
    refuse_newer(manifest, path)
    return manifest


async def restore(
    config: ProjectConfig, path: Path, told: Told, *, by: str, force_over: bool = False, force: bool = False
) -> Restored:
    """Make the project's database hold what a backup holds, and let go of what was only true then.

    It must be empty, unless `force_over`: then what is there is put aside first. `force` goes on although somebody
    seems to be at work on PostgreSQL. Raises `ConfigError` and `StoreError`; the backup is only read, and a database
    that is half restored is marked and refuses to be worked on until a later restore succeeds.
    """
    began = asyncio.get_running_loop().time()
    manifest = await examine(path, told)
    with ExitStack() as held:
        own(held, config)
        await _refuse_at_work(config, force=force)
        put_aside = await _put_aside(config, told) if force_over else ""
        async with _source(config, path, manifest) as source, side_of(config, config.database) as target:
            name = f"the backup {path.resolve()}"  # noqa: ASYNC240 - same
            await begin(target, name, otherwise=OTHERWISE)
            applied = {row["name"] for row in await source.say("applied_changes")}
            await same_level(config, config.database, applied)
            tables = await Copy(source, target, name, told, _awaken).run()
        await _note(config, manifest, path, by)
        # What the last process sent just before may still be landing; whoever looks for it now would not find it.
        await asyncio.sleep(max(0.0, _settle_s(config) - (asyncio.get_running_loop().time() - began)))
    return Restored(shown(config.database), manifest, tables, put_aside)


def ahead(manifest: Manifest) -> Sequence[str]:
    """Return, in words for a person, what becomes of the work that went on since the backup."""
    figures = {name: number or 0 for name, number in manifest.figures.items()}
    taken = f"{from_micros(manifest.taken_at):%Y-%m-%d %H:%M:%S} UTC"
    return [line.format(taken=taken, **figures) for line in AHEAD]


async def _awaken(target: Side) -> None:
    await awaken(target, to_micros(SystemClock().now()))


@asynccontextmanager
async def _source(config: ProjectConfig, path: Path, manifest: Manifest) -> AsyncGenerator[SqliteSide]:
    """Yield the backup at this code's level of the schema; an older one is brought up in a copy."""
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=config.folder) as folder:
        place = path
        if {each.name for each in migrations("sqlite")} - set(manifest.applied):
            place = Path(folder) / "lifted.db"
            shutil.copyfile(path, place)
            async with store_of(config, f"sqlite:///{place.resolve()}") as store:
                await store.migrate()
        side = SqliteSide(place, frozen=place == path)
        try:
            yield side
        finally:
            await side.close()


async def _refuse_at_work(config: ProjectConfig, *, force: bool) -> None:
    if file_of(config.database, config) is not None or force:
        return
    async with side_of(config, config.database) as side:
        if "schema_migration" not in {row["table_name"] for row in await side.say("schema_columns")}:
            return
    async with store_of(config, config.database) as store:
        await refuse_at_work(store)


async def _put_aside(config: ProjectConfig, told: Told) -> str:
    """Keep what is there, and leave an empty database; return where it is kept."""
    file = file_of(config.database, config)
    now = SystemClock().now()
    if file is not None:
        kept = file.with_name(f"{file.name}.before-{now:%Y%m%d-%H%M%S}")
        # Renamed as it is: it may be too damaged to be read. What is in the -wal belongs to it.
        for ending in (ENDING, "-wal", "-shm", ""):
            each = file.with_name(file.name + ending)
            if each.exists():
                each.rename(kept.with_name(kept.name + ending))
        return str(kept) if kept.exists() else ""
    async with side_of(config, config.database) as side:
        described = await side.say("schema_columns")
        tables = {row["table_name"] for row in described}
        if UNFINISHED in tables or "schema_migration" not in tables:
            return ""
        kept = config.folder / "backups" / f"before-{now:%Y%m%d-%H%M%S}.backup"
        await back_up(config, kept, told)
        for each in shapes(described).values():
            await side.clear(each)
    return str(kept)


async def _note(config: ProjectConfig, manifest: Manifest, path: Path, by: str) -> None:
    async with store_of(config, config.database) as store:
        now = to_micros(SystemClock().now())
        before, after = "", from_micros(manifest.taken_at).isoformat()
        await store.write(
            say("add_audit", now=now, who=by, action="restore", target=path.name, before=before, after=after, why="")
        )


def _settle_s(config: ProjectConfig) -> float:
    """Return how long the slowest of the systems may take to show what it was sent."""
    settles = [max(each.settle_s, connector(each.connector).manifest.settle_s) for each in config.connections.values()]
    return max(settles, default=0.0)


def as_told(manifest: Manifest) -> str:
    """Return from when and what a backup is, in a line."""
    figures = manifest.figures
    taken = from_micros(manifest.taken_at)
    rows = sum(each.rows for each in manifest.tables.values())
    return (
        f"{manifest.project}, {taken:%Y-%m-%d %H:%M:%S} UTC, Isthmus {manifest.version}, from {manifest.source}: "
        f"{rows:,} rows, {figures['orders'] or 0:,} orders"
    )

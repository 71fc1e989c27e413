"""Move a project's store into another database: who may be at work, in which order, and what is told."""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from isthmus.bootstrap.alive import alive, named
from isthmus.bootstrap.config import ConfigError, ProjectConfig
from isthmus.bootstrap.own import owned
from isthmus.engine.side_failpoints import file_side, server_side
from isthmus.kit.clock import SystemClock, from_micros, to_micros
from isthmus.store.base import Store, one
from isthmus.store.copy import Compared, Copy, Told, begin
from isthmus.store.group import StoreError
from isthmus.store.level import level_of, refuse
from isthmus.store.open import open_store
from isthmus.store.side import Side

_FILE = "sqlite:///"
STOP = "Stop every `isthmus up` with Ctrl-C or SIGTERM"


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a move."""

    source: str
    target: str
    resumed: bool
    tables: Sequence[Compared]

    @property
    def same(self) -> bool:
        """Whether the target holds exactly what the source holds, and may be worked on."""
        return all(each.same for each in self.tables)


async def move(config: ProjectConfig, source: str, target: str, told: Told, *, force: bool = False) -> Moved:
    """Copy the store at `source` to `target`, addresses as in `isthmus.toml`, and compare.

    `force` goes on although somebody seems to be at work on a PostgreSQL source. Raises `ConfigError` and
    `StoreError`; the target is then marked, and refuses to be worked on, until a later move into it succeeds.
    """
    for url in (source, target):
        if not url.startswith(_FILE) and urlsplit(url).scheme not in ("postgres", "postgresql"):
            message = f"a database must be sqlite:///... or postgresql://..., not {urlsplit(url).scheme or url!r}"
            raise ConfigError(message)
    if _place(source, config) == _place(target, config):
        message = "source and target are the same database"
        raise ConfigError(message)
    path = file_of(source, config)
    if path is not None and not path.is_file():
        message = f"there is no database file {path}"
        raise ConfigError(message)
    with ExitStack() as held:
        for url in (source, target):
            own(held, replace(config, database=url))
        applied = await _prepare_source(config, source, force=force)
        async with side_of(config, target) as there:
            name = _place(source, config)
            resumed = await begin(there, name)
            await same_level(config, target, applied)
            async with side_of(config, source) as here:
                tables = await Copy(here, there, name, told).run()
    return Moved(shown(source), shown(target), resumed, tables)


def shown(url: str) -> str:
    """Return a database's address without its password."""
    if url.startswith(_FILE):
        return url
    parts = urlsplit(url)
    user = f"{parts.username}@" if parts.username else ""
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, f"{user}{place}", parts.path, "", ""))


def own(held: ExitStack, config: ProjectConfig) -> None:
    """Hold the project's file database until the stack ends. Raises `ConfigError` when another process has it."""
    try:
        held.enter_context(owned(config))
    except ConfigError as wrong:
        message = f"{config.database}: {wrong}. {STOP}"
        raise ConfigError(message) from wrong


async def _prepare_source(config: ProjectConfig, url: str, *, force: bool) -> Sequence[str]:
    """See that the source is a store of ours and at rest, and bring it up to date; return its changes."""
    async with store_of(config, url) as store:
        level = await level_of(store)
        refuse(level)
        if not level.applied:
            message = f"{shown(url)} holds no project of Isthmus"
            raise StoreError(message)
        if file_of(url, config) is None and not force:
            await refuse_at_work(store)
        await store.migrate()
        return (await level_of(store)).applied


async def refuse_at_work(store: Store) -> None:
    """Raise `StoreError` when somebody seems to be at work on a database."""
    now = to_micros(SystemClock().now())
    held = one(await store.read("leases", now=now))
    if held is not None and held["leases"]:
        until = from_micros(held["until"])
        message = (
            f"the database is at work: {held['leases']} pieces of work are in hand until {until:%H:%M:%S} UTC. {STOP}; "
            "after one that was killed, wait until then; or say --force"
        )
        raise StoreError(message)
    if there := [named(each) for each in await alive(store)]:
        message = f"the database is at work: {', '.join(there)}. {STOP}; or say --force"
        raise StoreError(message)


async def same_level(config: ProjectConfig, url: str, applied: Collection[str]) -> None:
    """Make the target's tables, up to the source's level. Raises `StoreError` when they differ after that."""
    async with store_of(config, url) as store:
        await store.migrate()
        level = await level_of(store)
    if set(level.applied) != set(applied):
        ours, theirs = set(applied) - set(level.applied), set(level.applied) - set(applied)
        message = (
            "source and target are not at the same level of the schema; only one has "
            f"{', '.join(sorted(ours | theirs))}: use the Isthmus that made it"
        )
        raise StoreError(message)


@asynccontextmanager
async def store_of(config: ProjectConfig, url: str) -> AsyncGenerator[Store]:
    """Open a database as a store until the block ends. Raises `StoreError`."""
    store = await open_store(url, config.folder, connections=config.database_connections)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def side_of(config: ProjectConfig, url: str) -> AsyncGenerator[Side]:
    """Open a database as one end of a copy until the block ends. Raises `StoreError`."""
    path = file_of(url, config)
    side = await server_side(url) if path is None else file_side(path)
    try:
        yield side
    finally:
        await side.close()


def file_of(url: str, config: ProjectConfig) -> Path | None:
    """Return the file of a file database, None for a server's."""
    return (config.folder / url.removeprefix(_FILE)).resolve() if url.startswith(_FILE) else None


def _place(url: str, config: ProjectConfig) -> str:
    return str(file_of(url, config) or shown(url).replace("postgres://", "postgresql://", 1))

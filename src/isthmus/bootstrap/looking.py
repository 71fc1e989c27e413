"""Look into a project's store and at nothing else: no secret is needed, no system is called, nothing is brought up."""

from datetime import datetime
from pathlib import Path

from isthmus.admin.known import Known, known
from isthmus.bootstrap.config import ProjectConfig
from isthmus.store.group import StoreError
from isthmus.store.open import open_store

_FILE = "sqlite:///"


async def look(config: ProjectConfig, now: datetime) -> Known:
    """Return what the project's store knows; why not, where it cannot be read."""
    if not _there(config):
        return Known("there is no database yet: `isthmus up` makes it")
    try:
        store = await open_store(config.database, config.folder)
        try:
            return await known(store, [each.name for each in config.flows], now)
        finally:
            await store.close()
    except StoreError:
        # What the database says may name accounts and addresses: this text is handed to others.
        return Known("the database cannot be read from here")


def _there(config: ProjectConfig) -> bool:
    """Tell whether there is a database to be looked into: opening a file that is not there would make one."""
    return not config.database.startswith(_FILE) or Path(config.folder / config.database.removeprefix(_FILE)).is_file()

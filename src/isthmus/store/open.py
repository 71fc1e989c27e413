"""Open a store by its URL."""

from pathlib import Path
from urllib.parse import urlsplit

from isthmus.store.base import Store
from isthmus.store.group import StoreError
from isthmus.store.postgres import CONNECTIONS, PostgresStore
from isthmus.store.sqlite import SqliteStore


async def open_store(url: str, folder: Path, *, connections: int = CONNECTIONS) -> Store:
    """Open `sqlite:///name.db` (relative to `folder`), `sqlite:////absolute.db` or `postgresql://...`.

    `connections` is how many this process may have to PostgreSQL at a time, at least 2. Raises
    `StoreError` for another scheme or a database that cannot be opened.
    """
    scheme = urlsplit(url).scheme
    if url.startswith("sqlite:///"):
        return SqliteStore(folder / url.removeprefix("sqlite:///"))
    if scheme in ("postgres", "postgresql"):
        return await PostgresStore.open(url, connections)
    message = f"the database must be sqlite:///... or postgresql://..., not {scheme or url!r}"
    raise StoreError(message)

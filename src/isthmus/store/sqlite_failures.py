"""What SQLite may say of its file, in words that name the file and what to do."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from isthmus.store.group import StoreError

#: By SQLite's primary result code (https://www.sqlite.org/rescode.html): what it means, and what to do. What is not
#: here says enough by itself.
FOUND: Mapping[int, str] = {
    sqlite3.SQLITE_FULL: """
there is no room for it on the disk. Nothing was overwritten. Make room; Isthmus goes on by itself. Never delete the
file that ends in -wal""",
    sqlite3.SQLITE_READONLY: """
it or its folder must not be written. Nothing was changed. Give the account of Isthmus the right to write the file and
its folder, and see that the disk is not mounted read-only""",
    sqlite3.SQLITE_CORRUPT: """
it is damaged. Stop Isthmus, keep the file and the one ending in -wal as they are, look after the disk, and restore the
newest backup with `isthmus restore --replace`: what happened since is read again""",
    sqlite3.SQLITE_NOTADB: """
it is no SQLite database. Nothing was changed. See whether [isthmus] database names the right file. If it does, it was
overwritten: restore the newest backup with `isthmus restore --replace`""",
    sqlite3.SQLITE_CANTOPEN: """
it cannot be opened. See that its folder exists, that the account of Isthmus may read and write there, and that the disk
is mounted""",
    sqlite3.SQLITE_IOERR: """
the disk failed or is full. Nothing more is acknowledged until it works again. See how much room there is, what the
system's log says of the disk, and the limits of the account (file size, quota)""",
    sqlite3.SQLITE_BUSY: """
another program keeps it locked. End what works on the file besides Isthmus, such as an open `sqlite3`""",
}


def explained(wrong: Exception, path: Path | None, doing: str = "") -> StoreError:
    """Return a failure with the file's place and the way out."""
    if isinstance(wrong, StoreError):
        return wrong
    begin = f"{doing} " if doing else ""
    if isinstance(wrong, OSError):
        return StoreError(f"{begin}{path}: {wrong.strerror or wrong}")
    code = getattr(wrong, "sqlite_errorcode", None)
    known = FOUND.get(code & 0xFF) if isinstance(code, int) else None
    if known is None or path is None:
        return StoreError(f"{begin}{path}: {wrong}" if doing else str(wrong))
    words = " ".join(known.split())
    return StoreError(f"{begin or 'the database '}{path} ({wrong}): {words}")

"""Whether a SQLite file and the -wal beside it belong together, and whether the newest of both is still there.

SQLite takes whatever -wal it finds: one of another database, or of another day of the same one, is copied into the
file and destroys it; without its -wal a file is valid and lacks the newest facts. So each file has a number of its own
(`application_id`), and a stamp in it (`user_version`) grows as it is written; both stand in page 1, which is therefore
in every -wal. The last stamp that is surely on disk stands in a small file beside the two.
Layout of both files: https://www.sqlite.org/fileformat2.html, sections 1.3 and 4.
"""

import os
import secrets
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from isthmus.store.group import StoreError

ENDING = "-stamp"
#: So much of what was written last may be missing unnoticed, at worst.
EVERY_S = 2.0
#: Where page 1 has the stamp and the file's own number; 4 bytes each.
STAMP_AT, NUMBER_AT = 60, 68
HEADER, WAL_HEADER, FRAME_HEADER = 100, 32, 24
LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page 1 says: the file's number, and how far it was written."""

    number: int
    stamp: int


class Stamp:
    """The stamp of one file."""

    def __init__(self, path: Path) -> None:
        """Look at nothing yet."""
        self._path = path
        self._wal = path.with_name(path.name + "-wal")
        self._beside = path.with_name(path.name + ENDING)
        self._next = 0.0

    def look(self) -> None:
        """Raise `StoreError` when SQLite must not even open the file, for it would mix two databases."""
        first = _first_in_wal(self._wal)
        if first is None:
            return
        if not self._path.exists() or self._path.stat().st_size == 0:
            message = (
                f"the database {self._path} is missing, but {self._wal.name} is there and may hold its newest facts. "
                "Nothing was changed. Put the file back beside it; if it is lost, move the -wal away and restore the "
                "newest backup with `isthmus restore`"
            )
            raise StoreError(message)
        ours = _page_1(self._path)
        if ours is None or not ours.number:
            return
        # The -wal began right after what the file holds, or goes on while it is being copied into it.
        if first.number != ours.number or first.stamp > ours.stamp + 1:
            what = "another database" if first.number != ours.number else "a later state of it than this file"
            message = (
                f"{self._wal} does not belong to the database {self._path}: it is of {what}. Nothing was changed. Put "
                "the file and the -wal of one moment together; to go on with the file alone, move the -wal away"
            )
            raise StoreError(message)

    def check(self, database: sqlite3.Connection) -> None:
        """Raise `StoreError` when less is there than was surely on disk once."""
        kept = self._kept()
        now = Seen(_pragma(database, "application_id"), _pragma(database, "user_version"))
        if kept is None or (kept.number == now.number and kept.stamp <= now.stamp):
            return
        message = (
            f"the database {self._path} lacks what was stored last: {self._wal.name} is missing, or the file is an "
            "older copy. Nothing was changed. Put the -wal back. If it is lost, or the older copy is meant, "
            f"delete {self._beside} and start again: what changed since is read again from the systems"
        )
        raise StoreError(message)

    def due(self) -> bool:
        """Tell whether the next transaction is to bring the stamp on."""
        return time.monotonic() >= self._next

    def advance(self, database: sqlite3.Connection) -> Seen:
        """Bring the stamp on, inside a transaction that is committed next."""
        number = _pragma(database, "application_id")
        if not number:
            number = secrets.randbelow(LARGEST) + 1
            database.execute(f"PRAGMA application_id = {number}")
        stamp = _pragma(database, "user_version") % LARGEST + 1
        database.execute(f"PRAGMA user_version = {stamp}")
        self._next = time.monotonic() + EVERY_S
        return Seen(number, stamp)

    def keep(self, seen: Seen) -> None:
        """Write down a stamp whose transaction is on disk. Raises `OSError`."""
        new = not self._beside.exists()
        handle = os.open(self._beside, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.pwrite(handle, f"{seen.number:010d} {seen.stamp:010d}\n".encode(), 0)
            os.fsync(handle)
        finally:
            os.close(handle)
        if new:
            folder = os.open(self._beside.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _kept(self) -> Seen | None:
        try:
            number, stamp = self._beside.read_text("ascii").split()
            return Seen(int(number), int(stamp))
        except (FileNotFoundError, ValueError):  # half written in a power cut, it says nothing
            return None


def _pragma(database: sqlite3.Connection, name: str) -> int:
    return int(database.execute(f"PRAGMA {name}").fetchone()[0])


def _page_1(path: Path) -> Seen | None:
    with path.open("rb") as file:
        return _seen(file.read(HEADER))


def _seen(page: bytes) -> Seen | None:
    if not page.startswith(b"SQLite format 3\0") or len(page) < HEADER:
        return None
    number, stamp = (int.from_bytes(page[at : at + 4]) for at in (NUMBER_AT, STAMP_AT))
    return Seen(number, stamp)


def _first_in_wal(path: Path) -> Seen | None:
    """Return the first page 1 of a -wal; of frames left over from before its last beginning none counts."""
    try:
        with path.open("rb") as file:
            header = file.read(WAL_HEADER)
            if len(header) < WAL_HEADER or header[:3] != b"\x37\x7f\x06":
                return None
            size = int.from_bytes(header[8:12])
            while len(frame := file.read(FRAME_HEADER)) == FRAME_HEADER and frame[8:16] == header[16:24]:
                if int.from_bytes(frame[:4]) == 1:
                    return _seen(file.read(HEADER))
                file.seek(size, os.SEEK_CUR)
    except FileNotFoundError:
        pass
    return None

"""The default store: one SQLite file, nothing to supervise.

One thread writes, so SQLite's single-writer rule is never waited on; readers see what is committed
(WAL). `synchronous=FULL`: a commit that returned survives a power cut.
"""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from isthmus.kit.clock import SystemClock, to_micros
from isthmus.store.base import WakeUps
from isthmus.store.group import Rows, StoreError, ThreadCommit, Unexpected, Unit
from isthmus.store.migrate import LEDGER, missing
from isthmus.store.sqlite_failures import explained
from isthmus.store.stamp import Seen, Stamp
from isthmus.store.statement import Dialect, Many, Row, Statement, Step, library

log = logging.getLogger("isthmus.store")
T = TypeVar("T")
#: How long to wait for another process (a command beside a running `isthmus up`) to finish its commit.
BUSY_SECONDS = 30
#: A read that needs no more steps than this is answered at once; SQLite takes some 10 million steps a second. Handing
#: a row or two to another thread and back costs ten times what reading them does, and an order needs twenty such reads.
SHORT_STEPS = 10_000


class SqliteStore:
    """Implements `Store` on one file. Open it inside a running event loop."""

    dialect: Dialect = "sqlite"

    def __init__(self, path: Path, threads: Callable[[int, str], Executor] = ThreadPoolExecutor) -> None:
        """Open or create the file. Raises `StoreError` when it is not a usable database.

        `threads` makes the one that writes and the one that reads; a simulation has both done at once, so that the
        same run takes the same turns.
        """
        self._sql = library("sqlite")
        self._writer = threads(1, "isthmus-write")
        self._reader = threads(1, "isthmus-read")
        self._path = path
        self._stamp = Stamp(path)
        opened: list[sqlite3.Connection] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._stamp.look()
            opened.extend(_open(path, busy_seconds) for busy_seconds in (BUSY_SECONDS, BUSY_SECONDS, 0))
            self._write_side, self._read_side, self._short_side = opened
            self._begin_stamps()
            self._short_side.set_progress_handler(_too_long, SHORT_STEPS)
        except (sqlite3.Error, OSError, StoreError) as wrong:
            for each in opened:
                each.close()
            raise explained(wrong, path, "cannot open the database") from wrong
        self._group = ThreadCommit(self._commit, self._writer)

    async def read(self, name: str, /, **values: Any) -> list[Row]:
        """Return the rows of a reading statement, as last committed; a long one is read in a thread."""
        text = self._sql[name].text
        try:
            return _rows(self._short_side.execute(text, values))
        except sqlite3.OperationalError:  # interrupted: it is long, or the file is locked; anything else fails again
            return await self._in(self._reader, lambda: _rows(self._read_side.execute(text, values)))
        except sqlite3.Error as wrong:
            raise explained(wrong, self._path) from wrong

    async def write(self, *steps: Step) -> Rows:
        """Run the steps as one unit; see `Store.write`."""
        return await self._group.write(steps)

    async def now(self, name: str, /, **values: Any) -> list[Row]:
        """Run one statement as a unit of its own: with one writer there is nothing quicker."""
        (rows,) = await self.write(Statement(name, values))
        return rows

    async def listen(self, told: Callable[[], None]) -> None:
        """Return at once: a file tells nobody of a change. What a command beside us wrote shows at the next look."""

    @property
    def wake_ups(self) -> WakeUps:
        """Tell that others' work is found by looking."""
        return "polling"

    async def migrate(self, phase: str | None = None) -> Sequence[str]:
        """Apply what is missing, each change in its own transaction."""
        return await self._in(self._writer, lambda: self._migrate(phase))

    async def pending(self) -> Sequence[str]:
        """Return the migrations not applied yet."""
        return await self._in(self._writer, lambda: [each.name for each in missing("sqlite", self._applied(), None)])

    async def close(self) -> None:
        """Finish what is on its way and close the file."""
        await self._group.close()
        await self._in(self._writer, self._write_side.close)
        await self._in(self._reader, self._read_side.close)
        self._short_side.close()
        self._writer.shutdown()
        self._reader.shutdown()

    async def _in(self, thread: Executor, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(thread, work)
        except sqlite3.Error as wrong:
            raise explained(wrong, self._path) from wrong

    def _commit(self, units: Sequence[Unit]) -> None:
        try:
            self._run_group(units)
        except sqlite3.Error as wrong:
            raise explained(wrong, self._path) from wrong

    def _run_group(self, units: Sequence[Unit]) -> None:
        try:
            self._in_transaction(lambda: self._run_together(units))
        except _Spoilt:
            # One unit failed and undid them all: each gets a savepoint. That is rare, and cheaper than giving one to
            # each unit of every group.
            self._in_transaction(lambda: self._run_apart(units))

    def _in_transaction(self, work: Callable[[], None]) -> None:
        database = self._write_side
        database.execute("BEGIN IMMEDIATE")
        try:
            seen = self._stamp.advance(database) if self._stamp.due() else None
            work()
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise
        if seen is not None:
            self._keep(seen)

    def _begin_stamps(self) -> None:
        """See that nothing is missing, and that each -wal begins with a stamp; a busy file is being stamped anyway."""
        database = self._short_side
        self._stamp.check(database)
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as busy:
            if busy.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return
        seen = self._stamp.advance(database)
        database.execute("COMMIT")
        self._stamp.keep(seen)

    def _keep(self, seen: Seen) -> None:
        try:
            self._stamp.keep(seen)
        except OSError as wrong:  # what was committed is safe; only a loss of it by others would not be noticed
            log.warning("the stamp beside %s could not be written: %s", self._path.name, wrong.strerror)

    def _run_together(self, units: Sequence[Unit]) -> None:
        try:
            if batch := alike(units):
                self._run_step(batch)
            for unit in units:
                unit.result = [[]] if batch else [self._run_step(step) for step in unit.steps]
        except ITS_OWN as wrong:
            raise _Spoilt from wrong

    def _run_apart(self, units: Sequence[Unit]) -> None:
        database = self._write_side
        for unit in units:
            database.execute("SAVEPOINT unit")
            try:
                unit.result = [self._run_step(step) for step in unit.steps]
            except ITS_OWN as wrong:
                if not database.in_transaction:
                    raise  # a full disk, for one, ends the whole group
                database.execute("ROLLBACK TO unit")
                unit.error = failure(wrong)
            database.execute("RELEASE unit")

    def _run_step(self, step: Step) -> list[Row]:
        sql = self._sql[step.name].text
        if isinstance(step, Many):
            self._write_side.executemany(sql, step.rows)
            return []
        rows = _rows(self._write_side.execute(sql, step.values))
        return checked(step, rows)

    def _applied(self) -> set[str]:
        self._write_side.execute(LEDGER)
        return {row[0] for row in self._write_side.execute("SELECT name FROM schema_migration")}

    def _migrate(self, phase: str | None) -> list[str]:
        done: list[str] = []
        for change in missing("sqlite", self._applied(), phase):
            self._write_side.execute("BEGIN IMMEDIATE")
            try:
                if change.name in self._applied():  # by another process, while this one waited for its turn
                    self._write_side.execute("ROLLBACK")
                    continue
                for statement in change.statements:
                    self._write_side.execute(statement)
                now = to_micros(SystemClock().now())
                self._write_side.execute("INSERT INTO schema_migration VALUES (?, ?)", (change.name, now))
                self._write_side.execute("COMMIT")
            except BaseException:
                if self._write_side.in_transaction:  # a full disk, for one, has undone it already
                    self._write_side.execute("ROLLBACK")
                raise
            done.append(change.name)
        return done


class _Spoilt(Exception):
    """A unit of a group failed, so nothing of the group was kept."""


#: What a unit may bring upon itself, and its neighbours in the group are not to suffer for.
ITS_OWN = (sqlite3.Error, OverflowError, KeyError, StoreError)


def alike(units: Sequence[Unit]) -> Many | None:
    """Return all rows of units that each only insert by the same statement, as a burst of deliveries does."""
    steps = [step for unit in units for step in unit.steps if isinstance(step, Many)]
    if len(steps) == len(units) and all(len(unit.steps) == 1 for unit in units) and len({s.name for s in steps}) == 1:
        return Many(steps[0].name, [row for step in steps for row in step.rows])
    return None


def checked(step: Statement, rows: list[Row]) -> list[Row]:
    """Return the rows, or raise `Unexpected` when the step asked for another number."""
    if step.expect is not None and len(rows) != step.expect:
        message = f"{step.name}: {len(rows)} rows instead of {step.expect}"
        raise Unexpected(message)
    return rows


def failure(wrong: Exception) -> StoreError:
    """Return why a unit failed, as its caller is told."""
    return wrong if isinstance(wrong, StoreError) else StoreError(f"{type(wrong).__name__}: {wrong}")


def _too_long() -> int:
    return 1  # anything but 0 ends the statement


def _open(path: Path, busy_seconds: float = BUSY_SECONDS) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    try:
        _switch_to_wal(database)
        for setting in ("synchronous=FULL", "foreign_keys=ON", "cache_size=-32000", "wal_autocheckpoint=4000"):
            database.execute(f"PRAGMA {setting}")
    except sqlite3.Error:
        database.close()
        raise
    return database


def _switch_to_wal(database: sqlite3.Connection) -> None:
    # Changing the journal mode ignores the busy timeout, so two processes starting together
    # would see "database is locked" here and nowhere else.
    for _ in range(BUSY_SECONDS * 10):
        try:
            database.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as busy:
            if "locked" not in str(busy):
                raise
            time.sleep(0.1)
        else:
            return
    database.execute("PRAGMA journal_mode=WAL")


def _rows(cursor: sqlite3.Cursor) -> list[Row]:
    if cursor.description is None:
        return []
    names = [column[0] for column in cursor.description]
    rows: list[Mapping[str, Any]] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return rows

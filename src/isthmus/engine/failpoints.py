"""Named places where a crash test may end the process, as a power cut would.

`ISTHMUS_FAILPOINT=commit.open_intent.after:3` kills the process when that point is reached for the third time. Every
commit has a point before and after it under the name of each statement that changes something in it, and every call to
another system has one before and after it under the name of its operation: nobody has to remember to put them there.
A few more stand by hand where something in memory matters. With nothing armed, store and HTTP are not even wrapped.

`ISTHMUS_FAILPOINTS_MET=file` kills the process at the first moment that has a point which is not in the file, and
writes the moment's points into it before: started again and again, a process dies once at each point there is. Each
line begins with the word of `ISTHMUS_FAILPOINTS_BY`, so that one can see later what was going on.
"""

import os
import re
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from isthmus.kit.http import Http, Request, Response
from isthmus.store.base import Store
from isthmus.store.group import Rows
from isthmus.store.statement import Row, Step, library

#: The points that stand by hand; those of commits and calls are derived.
PLACES = frozenset(
    {
        "intake.read",
        "intake.stored",
        "poll.page_stored",
        "poll.finished",
        "job.claimed",
        "job.pulled",
        "intent.opened",
        "intent.put",
        "job.finished",
        "stock.pushed",
        "proof.listed",
        "proof.compared",
    }
)
#: What the first word of a line begins with, which is no point.
BY = "by:"
WHEN = ("before", "after")
_CHANGES = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM)\b", re.IGNORECASE)
_CALL = re.compile(r"call\.\S+\.(?:before|after)")


class _State:
    """What this process was asked to do at its points."""

    def __init__(self) -> None:
        self.begin({}, None)

    def begin(self, armed: Mapping[str, int], book: Path | None, by: str = "") -> None:
        self.armed = armed
        self.book = book
        self.by = BY + by
        self.met = (
            frozenset(book.read_text("utf-8").split()) if book is not None and book.exists() else frozenset[str]()
        )
        self.reached = Counter[str]()

    @property
    def awake(self) -> bool:
        return bool(self.armed) or self.book is not None


_STATE = _State()


def changing() -> Sequence[str]:
    """Return the names of all statements that change something: each commit holds at least one of them."""
    return sorted(name for name, sql in library("sqlite").items() if _CHANGES.search(sql.text))


def commit_points() -> frozenset[str]:
    """Return the points around every commit."""
    return frozenset(f"commit.{name}.{when}" for name in changing() for when in WHEN)


def call_points(operations: Iterable[str]) -> frozenset[str]:
    """Return the points around every call of these operations."""
    return frozenset(f"call.{name}.{when}" for name in operations for when in WHEN)


def arm(environment: Mapping[str, str]) -> None:
    """Take the wish of an environment over. Raises `ValueError` for a point that does not exist."""
    wish = environment.get("ISTHMUS_FAILPOINT", "")
    name, _, count = wish.partition(":")
    if name and name not in PLACES | commit_points() and not _CALL.fullmatch(name):
        there = ", ".join([*sorted(PLACES), "commit.<statement>.before|after", "call.<operation>.before|after"])
        message = f"no failpoint {name!r}; there are: {there}"
        raise ValueError(message)
    book = environment.get("ISTHMUS_FAILPOINTS_MET")
    _STATE.begin(
        {name: int(count or 1)} if name else {},
        Path(book) if book else None,
        environment.get("ISTHMUS_FAILPOINTS_BY", ""),
    )


def failpoint(name: str) -> None:
    """Pass, or die here when a crash test asked for it."""
    if _STATE.awake:
        reach((name,))


def watched(store: Store) -> Store:
    """Return the store with points around its commits; the store itself when nothing is armed."""
    return cast("Store", _WatchedStore(store)) if _STATE.awake else store


def http() -> Http:
    """Return a pool of connections, with points around its calls where something is armed."""
    return _WatchedHttp() if _STATE.awake else Http()


def awake() -> bool:
    """Tell whether anything is armed."""
    return _STATE.awake


def reach(names: Sequence[str]) -> None:
    """Pass a moment that has these names, or die in it."""
    if _STATE.book is not None and not _STATE.met.issuperset(names):
        with _STATE.book.open("a", encoding="utf-8") as book:
            book.write(" ".join((_STATE.by, *names)) + "\n")
        _die()
    for name in names:
        if name in _STATE.armed:
            _STATE.reached[name] += 1
            if _STATE.reached[name] >= _STATE.armed[name]:
                _die()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class _WatchedStore:
    """A store whose commits have points; all else is the store's own."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changing = frozenset(changing())

    async def write(self, *steps: Step) -> Rows:
        written = list(dict.fromkeys(step.name for step in steps))
        # What only asks, such as whether somebody still holds something, gives no name to what it is asked for.
        names = [name for name in written if name in self._changing] or written
        reach([f"commit.{name}.before" for name in names])
        rows = await self._store.write(*steps)
        reach([f"commit.{name}.after" for name in names])
        return rows

    async def now(self, name: str, /, **values: Any) -> list[Row]:
        reach([f"commit.{name}.before"])
        rows = await self._store.now(name, **values)
        reach([f"commit.{name}.after"])
        return rows

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return getattr(self._store, name)


class _WatchedHttp(Http):
    """A pool whose calls have points."""

    def outward(self, way_out: str) -> Http:
        """Return a pool that does not reach this machine or private networks; its calls have points, too."""
        return self.keep(_WatchedHttp(own_network=False, way_out=way_out))

    async def send(self, request: Request) -> Response:
        reach([f"call.{request.operation}.before"])
        answer = await super().send(request)
        reach([f"call.{request.operation}.after"])
        return answer


arm(os.environ)

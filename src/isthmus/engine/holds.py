"""What is on hold: pauses of people, maintenance windows, connections that are down. Known everywhere in a second."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from isthmus.engine.context import Context
from isthmus.engine.hold import Hold, Why, Window, strongest
from isthmus.kit.clock import from_micros
from isthmus.store.group import StoreError
from isthmus.store.statement import Row, Statement, say

log = logging.getLogger("isthmus.engine")
LOOK_S = 1.0
CONNECTION, FLOW = "connection:", "flow:"


class Holds:
    """The holds of a project, as last read from the store."""

    def __init__(self, context: Context, windows: Mapping[str, Sequence[Window]]) -> None:
        """Know the planned `windows` by connection."""
        self._context = context
        self._windows = windows
        self._written: Mapping[str, Sequence[Hold]] = {}
        self._before: frozenset[str] = frozenset()

    async def run(self) -> None:
        """Read them again and again until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.refresh()
            except StoreError:
                log.exception("the store does not answer; what is on hold stays as it was")

    async def refresh(self) -> None:
        """Read what is on hold now; what no longer is wakes whoever waits for it."""
        written: defaultdict[str, list[Hold]] = defaultdict(list)
        now = self._context.now()
        for row in await self._context.store.read("holds"):
            hold = read_hold(row)
            if hold.until is None or hold.until > now:
                written[row["what"]].append(hold)
        self._written = written
        held: set[str] = set()
        for name, connection in self._context.connections.items():
            connection.gate.holds = tuple(self.of(name))
            if connection.gate.holds:
                held.add(name)
        for name in sorted(self._before - held):
            self._context.connections[name].gate.breaker.reset()
            await self._context.store.write(*resumed(name, self._context.micros()))
        if self._before - held:
            self._context.stir.set()
        self._before = frozenset(held)

    def of(self, connection: str) -> list[Hold]:
        """Return every reason why a connection is on hold."""
        now = self._context.now()
        planned = [hold for window in self._windows.get(connection, ()) if (hold := window.at(now))]
        return [*self._written.get(CONNECTION + connection, ()), *planned]

    def connection(self, name: str) -> Hold | None:
        """Return the reason to tell of why a connection is on hold."""
        return strongest(self.of(name))

    def flow(self, name: str, destination: str) -> Hold | None:
        """Return why nothing is done for a flow: it is paused itself, or where it goes is on hold."""
        return strongest([*self._written.get(FLOW + name, ()), *self.of(destination)])

    def paused(self, what: str) -> bool:
        """Tell whether a person has paused `connection:erp` or `flow:orders` itself."""
        return any(each.why is Why.PAUSED for each in self._written.get(what, ()))

    def next_window(self, connection: str, now: datetime) -> datetime | None:
        """Return when the next planned maintenance of a connection begins."""
        coming = [window.following(now) for window in self._windows.get(connection, ())]
        return min((each for each in coming if each is not None), default=None)

    def down(self, connection: str) -> Hold | None:
        """Return why a connection counts as down, if it does."""
        return next((each for each in self.of(connection) if each.why is Why.DOWN), None)


def read_hold(row: Row) -> Hold:
    """Read a row of the store."""
    return Hold(
        why=Why(row["why"]),
        because=row["because"],
        since=from_micros(row["since"]),
        until=None if row["until"] is None else from_micros(row["until"]),
        code=row["code"],
        next_look=None if row["run_at"] is None else from_micros(row["run_at"]),
    )


def resumed(connection: str, now: int) -> list[Statement]:
    """Return the steps that let everything that waited for a connection go on."""
    return [
        say("wake_held", what=CONNECTION + connection, now=now),
        say("hasten_connection", connection=connection, now=now),
        say("hasten_inbox", connection=connection, now=now),
    ]

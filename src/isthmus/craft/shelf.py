"""Reference records that change rarely: read whole, kept for a while, and read again where something is missing.

So a thousand orders ask for the taxes once, and what a person just added in the other system is found at once.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from isthmus.craft.by_id import Row

KEEP = timedelta(minutes=10)
#: Missing again so soon after a read is missing; asking anew for each record of a page would be a storm.
SETTLED = timedelta(seconds=5)
C = TypeVar("C")
T = TypeVar("T")
W = TypeVar("W", bound=Row)


@dataclass(slots=True)
class Shelf:
    """One session's memory; `now` is our clock. A name stands for one way of reading."""

    now: Callable[[], datetime]
    kept: dict[str, tuple[datetime, Any]] = field(default_factory=dict[str, tuple[datetime, Any]])

    async def get(self, name: str, load: Callable[[], Awaitable[T]], keep: timedelta = KEEP) -> T:
        """Return what `load` returned at most `keep` ago."""
        now = self.now()
        if not self._fresh(name, now, keep):
            self.kept[name] = (now, await load())
        return self.kept[name][1]

    async def find(self, name: str, load: Callable[[], Awaitable[T]], choose: Callable[[T], C | None]) -> C | None:
        """Return what `choose` finds in what is kept, or else in what is there now."""
        chosen = choose(await self.get(name, load))
        return choose(await self.get(name, load, SETTLED)) if chosen is None else chosen

    async def rows(
        self, name: str, ids: Iterable[int], read: Callable[[Sequence[int]], Awaitable[Iterable[W]]]
    ) -> dict[int, W]:
        """Return records by id, each kept by itself; one that is not there any more is absent."""
        wanted, now = set(ids), self.now()
        for row in await read([one for one in wanted if not self._fresh(f"{name}/{one}", now, KEEP)]):
            self.kept[f"{name}/{row.id}"] = (now, row)
        return {one: self.kept[f"{name}/{one}"][1] for one in wanted if self._fresh(f"{name}/{one}", now, KEEP)}

    def _fresh(self, name: str, now: datetime, keep: timedelta) -> bool:
        return name in self.kept and now - self.kept[name][0] <= keep

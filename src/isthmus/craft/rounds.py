"""Rounds of reading changes by id: everything changed since a moment, resumable at every page.

For systems whose change times are no place to page by: those of a long transaction appear late with an old time, and
one transaction may give thousands of rows the same. A round fixes its lower end, pages by id, and the next one begins
before this one did, by the server's clock, so that what was written while it ran is read again. How far before, and
how times are written, is the connector's to say.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Generic, TypeVar

import msgspec

from isthmus.craft.by_id import Row, stretches
from isthmus.ports.errors import ContractBroken
from isthmus.ports.source import Cursor

F = TypeVar("F")
W = TypeVar("W", bound=Row)
#: Reads the first page of what a feed shows: changed since a moment (None: everything) and behind an id.
Read = Callable[[F, str | None, int], Awaitable[Sequence[W]]]


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a round stands. `since` None reads everything; `began` is empty between rounds.

    Both are times by the server's clock, written as the connector asks with them.
    """

    since: str | None = None
    began: str = ""
    feed: int = 0
    after: int = 0

    def cursor(self) -> Cursor:
        """Return the mark as text."""
        return Cursor(msgspec.json.encode(self).decode())


@dataclass(frozen=True, slots=True)
class Batch(Generic[W]):
    """Rows of one page and the cursor that follows it; `feed` is the number of theirs."""

    feed: int
    rows: Sequence[W]
    cursor: Cursor
    last: bool
    read_at: datetime  # ours, before the read


async def changed(
    feeds: Sequence[F], mark: Mark, read: Read[F, W], *, began: str, page: int, now: Callable[[], datetime]
) -> AsyncIterator[Batch[W]]:
    """Yield the rows of each feed in turn; the last batch carries the next round's cursor.

    `began` is where the next round begins if this one begins now; a round that goes on keeps its own.
    """
    began = mark.began or began
    for number in range(mark.feed, len(feeds)):
        start = mark.after if number == mark.feed else 0
        read_at = now()
        async for part in stretches(partial(read, feeds[number], mark.since), start, page=page):
            over = part.last and number == len(feeds) - 1
            here = Mark(mark.since, began, number + part.last, 0 if part.last else part.after)
            cursor = Mark(since=began).cursor() if over else here.cursor()
            yield Batch(number, part.rows, cursor, last=over, read_at=read_at)
            read_at = now()


def parse(cursor: Cursor | None, *, time: Callable[[str], datetime] = datetime.fromisoformat) -> Mark:
    """Read a cursor back; `time` reads the times in it. Raises `ContractBroken` for one that is not ours."""
    if cursor is None:
        return Mark()
    try:
        mark = msgspec.json.decode(cursor, type=Mark)
        if mark.since is not None:
            time(mark.since)
    except (ValueError, RecursionError) as wrong:
        message = f"not a cursor of this connector: {wrong}"
        raise ContractBroken(message) from wrong
    return mark

"""Reading lists that change while they are read.

WooCommerce pages by number: a row that leaves the list moves all that follow one place up, and one of them is never
shown. So a list is read by id, under a lower end of change times that stays fixed while it is read (a row that changes
meanwhile may join, and none leaves by that); every page begins a few rows before the last one ended, and when none
of them is there any more, pages are read again from further back. What joins at a place that was read already changed
after the round began, and the next round begins twelve minutes before this one did, by the shop's clock.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#pagination, .../#list-all-orders (REST v3: `offset`,
`orderby`, `modified_after` exclusive, in the site's time without `dates_are_gmt`)
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Generic

import msgspec

from isthmus.connectors.woocommerce.client import Answer, Client
from isthmus.connectors.woocommerce.sites import Query
from isthmus.connectors.woocommerce.wire import W, written
from isthmus.ports.errors import ContractBroken, WireDrift
from isthmus.ports.source import Cursor

#: The most WooCommerce gives at a time.
PAGE = 100
#: Rows of a page that the page before has shown already.
SHARED = 5
#: Two clocks that are each five minutes wrong, one minute for a slow transaction, and one to spare.
OVERLAP = timedelta(minutes=12)
#: Pages in a row with nothing new on them, after which a list counts as unreadable.
MOST_IDLE = 100
#: A list of orders without any bound in time is empty in some shops; nothing is older than this.
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


class Round(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where a round stands: `since` filters it, `mark` is where the next one begins, the rest says how far we are."""

    since: datetime | None = None
    mark: datetime | None = None
    feed: int = 0
    seen: int = 0
    last: int = 0

    def cursor(self) -> Cursor:
        """Return the position as text."""
        return Cursor(_ENCODER.encode(self).decode())


@dataclass(frozen=True, slots=True)
class Feed(Generic[W]):
    """One list to read: its route, and what to ask beside the page."""

    route: str
    row: type[W]
    name: str
    query: Query = ()
    #: Ask for changes only; what is left out by it did not change.
    changes: bool = True


@dataclass(frozen=True, slots=True)
class Batch(Generic[W]):
    """Rows that were not shown before, and the cursor that follows them."""

    feed: int
    rows: list[W]
    cursor: Cursor
    last: bool


@dataclass(slots=True)
class Reader(Generic[W]):
    """Reads one list from a position on."""

    client: Client
    feed: Feed[W]
    query: Query
    seen: int = 0
    last: int = 0
    ended: bool = False
    idle: int = 0
    rows: list[W] = field(default_factory=list[W])

    async def more(self) -> Answer[list[W]]:
        """Read the next page; `rows` are those of it that were not shown before."""
        while self.idle < MOST_IDLE:
            self.idle += 1
            offset = max(0, self.seen - SHARED)
            answer = await self.client.get(
                self.feed.route, list[self.feed.row], [*self.query, *page(offset)], name=self.feed.name
            )
            found = answer.content
            in_order(found, self.feed.route)
            if offset and self.last and (not found or found[0].id > self.last):
                # What the last page ended with is gone, and others have moved up: look further back.
                self.seen = max(0, self.seen - PAGE)
                continue
            self.rows = [row for row in found if row.id > self.last]
            self.idle = 0 if self.rows else self.idle
            self.last = found[-1].id if self.rows else self.last
            self.seen = offset + PAGE
            self.ended = self.seen >= answer.total if answer.total is not None else len(found) < PAGE
            return answer
        message = f"the shop counts records of {self.feed.route} that it does not show: a plugin hides them"
        raise WireDrift(message, path="$")


async def changed(
    client: Client, feeds: Sequence[Feed[W]], since: Cursor | None, *, always: bool = False
) -> AsyncIterator[Batch[W]]:
    """Yield the rows of each feed in turn; the last batch carries the next round's cursor.

    `always` reads whole lists in every round, for what changes without a change stamp.
    """
    at = position(since)
    for number in range(min(at.feed, len(feeds) - 1), len(feeds)):
        feed = feeds[number]
        bound = bounds(None if always or not feed.changes else at.since or BEGINNING)
        resumed = number == at.feed
        reader = Reader(client, feed, [*feed.query, *bound], at.seen if resumed else 0, at.last if resumed else 0)
        while not reader.ended:
            answer = await reader.more()
            if at.mark is None:
                at = msgspec.structs.replace(at, mark=answer.server_time - OVERLAP)
            if reader.ended and number == len(feeds) - 1:
                yield Batch(number, reader.rows, Round(since=at.mark).cursor(), last=True)
                return
            here = Round(since=at.since, mark=at.mark, feed=number + reader.ended)
            if not reader.ended:
                here = msgspec.structs.replace(here, seen=reader.seen, last=reader.last)
            yield Batch(number, reader.rows, here.cursor(), last=False)


async def every(client: Client, feed: Feed[W]) -> list[W]:
    """Return all rows of a short list."""
    reader = Reader(client, feed, feed.query)
    rows: list[W] = []
    while not reader.ended:
        await reader.more()
        rows += reader.rows
    return rows


def page(offset: int) -> Query:
    """Return the query of one page."""
    start = [("offset", str(offset))] if offset else []
    return [("per_page", str(PAGE)), *start, ("orderby", "id"), ("order", "asc")]


def bounds(since: datetime | None) -> Query:
    """Return the query of what changed after a moment."""
    return [("modified_after", written(since)), ("dates_are_gmt", "true")] if since else []


def in_order(rows: Sequence[W], route: str) -> None:
    """Refuse a list that is not in the order asked for: rows would be missed without a word."""
    if any(one.id >= other.id for one, other in pairwise(rows)):
        message = f"the shop does not list {route} by id: a plugin changes the order of lists"
        raise WireDrift(message, path="$[].id")


def position(cursor: Cursor | None) -> Round:
    """Return where to go on. Raises `ContractBroken` for a cursor that is not ours."""
    if not cursor:
        return Round()
    try:
        found = msgspec.json.decode(cursor, type=Round)
    except (ValueError, RecursionError) as wrong:
        message = f"not a cursor of the WooCommerce connector: {cursor!r}"
        raise ContractBroken(message) from wrong
    times = [moment for moment in (found.since, found.mark) if moment is not None]
    if min(found.feed, found.seen, found.last) < 0 or any(moment.tzinfo is None for moment in times):
        message = f"not a cursor of the WooCommerce connector: {cursor!r}"
        raise ContractBroken(message)
    return found


_ENCODER = msgspec.json.Encoder()

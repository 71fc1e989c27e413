"""One round of reading changes: everything made or written since a moment, by id, resumable at every page.

A record's date is that of the statement that wrote it, not of the commit, and is no place to page by: a long
transaction appears late with an old date. A round therefore fixes its lower end, pages by id, and the next round begins
twelve minutes before this one did, by the server's clock. Records written while a round runs are read again in the
next. A change of a part (an address, an identifier) leaves the whole alone, so a feed names the parts to watch.
Source: trytond/model/modelsql.py (`create`, `write`, `last_modified_at`), trytond/backend/postgresql (8.2).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import msgspec

from isthmus.connectors.tryton import wire
from isthmus.connectors.tryton.dialect import PAGE, Dialect
from isthmus.ports.errors import ContractBroken
from isthmus.ports.source import Cursor

#: Longer than our own calls take (90 s) and anybody's should, and than two clocks that are each five minutes wrong:
#: records are stamped by the database's, answers are dated by the web server's.
OVERLAP = timedelta(minutes=12)
W = TypeVar("W", bound=wire.Row)


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a round stands. `since` None reads everything; `began` is empty between rounds."""

    since: str | None = None
    began: str = ""
    feed: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class Feed(Generic[W]):
    """Records of one model to watch, and the references to parts of them whose change counts: `template.` and such."""

    model: str
    row: type[W]
    domain: Sequence[Any] = ()
    parts: Mapping[str, str] = field(default_factory=dict[str, str])  # name with its point to the model behind it


@dataclass(frozen=True, slots=True)
class Batch(Generic[W]):
    """Rows of one page and the cursor that follows it."""

    feed: int
    rows: list[W]
    cursor: Cursor
    last: bool
    read_at: datetime  # ours, before the read


async def changed(
    dialect: Dialect, feeds: Sequence[Feed[W]], since: Cursor | None, *, page: int = PAGE
) -> AsyncIterator[Batch[W]]:
    """Yield the rows of each feed in turn; the last batch carries the next round's cursor."""
    await dialect.client.identity()  # so that the server's clock is known
    mark = parse(since)
    began = mark.began or (dialect.client.server_now() - OVERLAP).isoformat()
    for number in range(mark.feed, len(feeds)):
        after = mark.after if number == mark.feed else 0
        while True:
            read_at = dialect.client.clock.now()
            rows = await _page(dialect, feeds[number], mark.since, after, page)
            ended = len(rows) < page
            after = rows[-1].id if rows else after
            if ended and number == len(feeds) - 1:
                yield Batch(number, rows, _text(Mark(since=began)), last=True, read_at=read_at)
                return
            here = Mark(since=mark.since, began=began, feed=number + ended, after=0 if ended else after)
            yield Batch(number, rows, _text(here), last=False, read_at=read_at)
            if ended:
                break


def parse(cursor: Cursor | None) -> Mark:
    """Read a cursor back. Raises `ContractBroken` for one that is not ours."""
    if cursor is None:
        return Mark()
    try:
        mark = msgspec.json.decode(cursor, type=Mark)
        if mark.since is not None:
            _aware(mark.since)
    except (ValueError, RecursionError) as wrong:
        message = f"not a cursor of this connector: {wrong}"
        raise ContractBroken(message) from wrong
    return mark


def _aware(text: str) -> None:
    if datetime.fromisoformat(text).tzinfo is None:
        message = "a time without a zone"
        raise ValueError(message)


def place(cursor: Cursor | None) -> int:
    """Return the id after which a list goes on. Raises `ContractBroken` for a cursor that is not ours."""
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdecimal()):
        message = f"not a cursor of a list of this connector: {cursor!r}"
        raise ContractBroken(message)
    return int(cursor)


async def _page(dialect: Dialect, feed: Feed[W], since: str | None, after: int, page: int) -> list[W]:
    terms: list[Any] = [["id", ">", after], *feed.domain]
    if since is not None:
        moment = datetime.fromisoformat(since)
        dated = [await dialect.since(feed.model, moment)]
        dated += [await dialect.since(model, moment, part) for part, model in feed.parts.items()]
        terms.append(["OR", *dated])
    return await dialect.search(feed.model, feed.row, terms, limit=page)


def _text(mark: Mark) -> Cursor:
    return Cursor(msgspec.json.encode(mark).decode())

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
from functools import partial
from typing import Any, Generic, TypeVar

from isthmus.connectors.tryton import wire
from isthmus.connectors.tryton.dialect import PAGE, Dialect
from isthmus.craft import rounds
from isthmus.craft.rounds import Batch, Mark
from isthmus.ports.source import Cursor

#: Longer than our own calls take (90 s) and anybody's should, and than two clocks that are each five minutes wrong:
#: records are stamped by the database's, answers are dated by the web server's.
OVERLAP = timedelta(minutes=12)
W = TypeVar("W", bound=wire.Row)


@dataclass(frozen=True, slots=True)
class Feed(Generic[W]):
    """Records of one model to watch, and the references to parts of them whose change counts: `template.` and such."""

    model: str
    row: type[W]
    domain: Sequence[Any] = ()
    parts: Mapping[str, str] = field(default_factory=dict[str, str])  # name with its point to the model behind it


async def changed(
    dialect: Dialect, feeds: Sequence[Feed[W]], since: Cursor | None, *, page: int = PAGE
) -> AsyncIterator[Batch[W]]:
    """Yield the rows of each feed in turn; the last batch carries the next round's cursor."""
    client = dialect.client
    await client.identity()  # so that the server's clock is known
    began = (client.server_now() - OVERLAP).isoformat()
    read = partial(_page, dialect, page)
    async for batch in rounds.changed(feeds, parse(since), read, began=began, page=page, now=client.clock.now):
        yield batch


def parse(cursor: Cursor | None) -> Mark:
    """Read a cursor back. Raises `ContractBroken` for one that is not ours."""
    return rounds.parse(cursor, time=_aware)


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = "a time without a zone"
        raise ValueError(message)
    return moment


async def _page(dialect: Dialect, page: int, feed: Feed[W], since: str | None, after: int) -> list[W]:
    terms: list[Any] = [["id", ">", after], *feed.domain]
    if since is not None:
        moment = datetime.fromisoformat(since)
        dated = [await dialect.since(feed.model, moment)]
        dated += [await dialect.since(model, moment, part) for part, model in feed.parts.items()]
        terms.append(["OR", *dated])
    return await dialect.search(feed.model, feed.row, terms, limit=page)

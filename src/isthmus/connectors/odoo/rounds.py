"""One round of reading changes: everything written since a moment, by id, resumable at every page.

`write_date` is the start of the writing transaction, kept to the microsecond and shown to the second, so it is no
place to page by: a long transaction appears late with an old date, and a second may hold thousands of rows. A round
therefore fixes its lower end, pages by id, and the next round begins twelve minutes before this one did, by the
server's clock. Rows written while a round runs are read again in the next.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Generic, TypeVar

from isthmus.connectors.odoo import wire
from isthmus.connectors.odoo.client import stamp
from isthmus.connectors.odoo.dialect import PAGE, Dialect
from isthmus.craft import rounds
from isthmus.craft.rounds import Batch
from isthmus.ports.source import Cursor

#: Longer than any transaction lives (Odoo kills a worker after two minutes, `limit_time_real`), and than two clocks
#: that are each five minutes wrong: rows are stamped by the database's, answers are dated by the web server's.
OVERLAP = timedelta(minutes=12)
W = TypeVar("W", bound=wire.Row)


@dataclass(frozen=True, slots=True)
class Feed(Generic[W]):
    """Records of one model to watch; `dates` are the fields whose change counts."""

    model: str
    row: type[W]
    domain: Sequence[Any] = ()
    dates: Sequence[str] = ("write_date",)


async def changed(
    dialect: Dialect, feeds: Sequence[Feed[W]], since: Cursor | None, *, page: int = PAGE
) -> AsyncIterator[Batch[W]]:
    """Yield the rows of each feed in turn; the last batch carries the next round's cursor."""
    client = dialect.client
    await client.identity()  # so that the server's clock is known
    began = stamp(client.server_now() - OVERLAP)
    read = partial(_page, dialect, page)
    async for batch in rounds.changed(feeds, rounds.parse(since), read, began=began, page=page, now=client.clock.now):
        yield batch


async def _page(dialect: Dialect, page: int, feed: Feed[W], since: str | None, after: int) -> list[W]:
    terms: list[Any] = [["id", ">", after], *feed.domain]
    if since is not None:
        terms += ["|"] * (len(feed.dates) - 1)
        terms += [[name, ">=", since] for name in feed.dates]
    return await dialect.search(feed.model, feed.row, terms, limit=page)

"""Lists read by id: rows behind the last one seen, as many as a page takes, until a page is not full.

An id never changes and new records get higher ones, so nothing that happens meanwhile moves a row across the place
where reading goes on. The other system has to sort by id and to compare it.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from isthmus.canonical.record import Record
from isthmus.ports.errors import ContractBroken
from isthmus.ports.listing import Keyed, ListPage
from isthmus.ports.source import Cursor, Unreadable


class Row(Protocol):
    """One record as it came."""

    @property
    def id(self) -> int:
        """Return the other system's id."""
        ...


W = TypeVar("W", bound=Row)
R = TypeVar("R", bound=Record)
#: Reads the first page of the rows behind an id.
Read = Callable[[int], Awaitable[Sequence[W]]]
#: Makes of rows the entries of a list, and names those that could not be understood.
Told = Callable[[Sequence[W]], Awaitable[tuple[Sequence[Keyed[R]], Sequence[Unreadable]]]]


@dataclass(frozen=True, slots=True)
class Stretch(Generic[W]):
    """Rows of one page, the id to go on behind, and whether there are no more."""

    rows: Sequence[W]
    after: int
    last: bool


async def stretches(read: Read[W], after: int = 0, *, page: int) -> AsyncGenerator[Stretch[W]]:
    """Yield the rows behind an id, page by page; `page` is how many `read` returns where there are so many."""
    ended = False
    while not ended:
        rows = await read(after)
        after = rows[-1].id if rows else after
        ended = len(rows) < page
        yield Stretch(rows, after, last=ended)


async def first(read: Read[W], *, page: int, most: int) -> list[W]:
    """Return rows from the beginning until there are no more, or `most` at least."""
    rows: list[W] = []
    async with aclosing(stretches(read, page=page)) as parts:
        async for part in parts:
            rows += part.rows
            if len(rows) >= most:
                break
    return rows


async def listed(read: Read[W], told: Told[W, R], after: Cursor | None, *, page: int) -> AsyncIterator[ListPage[R]]:
    """Yield a list for reconciliation (`ports/listing.py`), resumable after every page."""
    async for part in stretches(read, place(after), page=page):
        entries, bad = await told(part.rows)
        yield ListPage(entries, Cursor(str(part.after)), bad, last=part.last)


def place(cursor: Cursor | None) -> int:
    """Return the id after which a list goes on. Raises `ContractBroken` for a cursor that is not ours."""
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdecimal()):
        message = f"not a cursor of a list of this connector: {cursor!r}"
        raise ContractBroken(message)
    return int(cursor)

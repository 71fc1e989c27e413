"""Listing: what a system itself says it holds, for reconciliation.

A `Source` tells what changed and a `Sink` finds what we wrote; both serve the flows. A listing answers another
question: which records there are for a span of time, by the system's own list and nothing we remember. (R-RCN-02)
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar, runtime_checkable

from isthmus.canonical.record import Record
from isthmus.ports.source import Cursor, Unreadable

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time, UTC: from `first` on, before `end`."""

    first: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Keyed(Generic[R]):
    """A record and the key it is joined by.

    Where records originate the key is the record's own id. Where we write, it is the key we wrote (`Key.unique`), read
    back from the record itself.
    """

    key: str
    record: R


@dataclass(frozen=True, slots=True)
class ListPage(Generic[R]):
    """Some records of a list and the place to go on from; `bad` are those that could not be understood."""

    entries: Sequence[Keyed[R]]
    cursor: Cursor
    bad: Sequence[Unreadable] = ()
    last: bool = False


class Listing(Protocol[R]):
    """A system that can list its records of one kind by time and by key.

    Records are as complete as comparing needs: totals, currency, status, lines with quantities, and whose they are.
    """

    def listed(self, span: Span, *, ours: str = "", after: Cursor | None = None) -> AsyncIterator[ListPage[R]]:
        """Yield every record dated in `span`, archived and canceled ones included.

        `ours`: only records that bear a key beginning so. `after` resumes behind a page of the same span.
        """
        ...

    async def named(self, keys: Sequence[str]) -> Sequence[Keyed[R]]:
        """Return every record that bears one of these keys, whatever its date; several may bear the same."""
        ...


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A record of a list by name only."""

    external_id: str
    number: str
    made_at: datetime


@runtime_checkable
class Glimpsed(Protocol):
    """A listing that also names its newest records cheaply: one call when there is nothing new."""

    def glimpses(self, span: Span) -> AsyncIterator[Sequence[Glimpse]]:
        """Yield what was made in `span`, oldest first, without reading it."""
        ...

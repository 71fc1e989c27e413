"""Reading: what changed since, and what is there now."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Generic, NewType, Protocol, TypeVar, runtime_checkable

from isthmus.canonical.record import Record
from isthmus.ports.errors import Trouble

#: Opaque outside its connector. It resumes a read anywhere, in the source's own clock.
Cursor = NewType("Cursor", str)
R = TypeVar("R", bound=Record)
R_co = TypeVar("R_co", bound=Record, covariant=True)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One record of a page that could not be understood; the others are not held up by it."""

    external_id: str
    number: str
    trouble: Trouble


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Some records and the place to go on from once they are stored.

    `gone` names records the source reports as deleted, `bad` those that fail alone. `last` ends
    this round of reading; the cursor on it reaches back before the round's first read, so that late
    commits and ties of the same second are read again rather than missed.
    """

    records: Sequence[R]
    cursor: Cursor
    gone: Sequence[str] = ()
    bad: Sequence[Unreadable] = ()
    last: bool = False


class Source(Protocol[R]):
    """Records of one kind that can be read."""

    def changes(self, since: Cursor | None) -> AsyncIterator[Page[R]]:
        """Yield every record changed since a cursor (None: everything), archived ones included.

        Reading overlaps on purpose; a record seen twice is no news. The final page has `last`.
        """
        ...

    async def read(self, ids: Sequence[str]) -> Sequence[R]:
        """Return the records of `ids` that exist, in any order; a missing one was deleted.

        A record that cannot be understood raises; the engine then asks for the others apart.
        """
        ...


@runtime_checkable
class Searchable(Protocol[R_co]):
    """A source that can also look a record up by the number people use, such as a SKU."""

    async def by_number(self, number: str) -> Sequence[R_co]:
        """Return every record with exactly this number; more than one is the caller's question."""
        ...

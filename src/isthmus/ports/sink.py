"""Writing: find by our key, put once, put many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from isthmus.canonical.record import Record
from isthmus.ports.errors import Trouble

R = TypeVar("R", bound=Record)
R_contra = TypeVar("R_contra", bound=Record, contravariant=True)


@dataclass(frozen=True, slots=True)
class Key:
    """How we recognize our own record on the other side.

    `unique` never repeats (connection and external id); `reference` is what people read and
    search for, such as an order number, and may repeat across stores.
    """

    unique: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """An explicit yes from the other side: the record is there.

    `refs` names parts that got ids of their own (address fingerprint to id, for one). `born` is when the other side
    made the record, in its own words: an id may be given out again, as after a restored backup, and then means another
    record (`means`). Empty: not known.
    `complete` is False when the record exists but the sink still has steps to do on it.
    """

    external_id: str
    number: str = ""
    state: str = ""
    complete: bool = True
    refs: Mapping[str, str] = field(default_factory=dict[str, str])
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])
    born: str = ""

    def means(self, born: str) -> bool:
        """Tell whether the record that has this id now, and was made then, is the one this yes was about."""
        return self.born in ("", born)


@dataclass(frozen=True, slots=True)
class Put(Generic[R]):
    """One record to write, with the newest we know of the destination for compare-and-set."""

    record: R
    key: Key
    base: R | None = None


class Sink(Protocol[R_contra]):
    """Records of one kind that can be written.

    `batch` is how many one `put_many` may hold. `upserts` says the system itself makes the same
    key twice one record; otherwise the engine calls `find` before `put`.
    """

    batch: int
    upserts: bool

    async def find(self, key: Key) -> Receipt | None:
        """Return our record by its key, or None once the system says it is not there.

        Raises `Duplicate` when the key stands on more than one record.
        """
        ...

    async def put(self, record: R_contra, *, key: Key, existing: Receipt | None = None) -> Receipt:
        """Make the other side hold this record and return its yes.

        With `existing` (what `find` returned) the record there is brought to this content.
        Raises `InDoubt` when the write left and the answer did not come back.
        """
        ...

    async def put_many(self, puts: Sequence[Put[Any]]) -> Sequence[Receipt | Trouble]:
        """Write a batch; one answer per put, in order. A bad record fails alone."""
        ...


@runtime_checkable
class Unique(Protocol):
    """A sink whose system itself refuses a second record under one key, however late a request comes through.

    Where a sink is none, a record sent again after a lost answer is looked for once more before it counts as done.
    """

    unique: bool


@runtime_checkable
class Rehearsing(Protocol[R_contra]):
    """A sink that can go through a write up to the point where it would be sent."""

    async def rehearse(self, record: R_contra, *, key: Key) -> None:
        """Translate the record as `put` would, by calls that only read. Raises what would stop it.

        The customer need not be there yet.
        """
        ...


@runtime_checkable
class Matchable(Protocol[R]):
    """A sink that can show records which may be the same real thing as one of ours."""

    async def candidates(self, record: R) -> Sequence[R]:
        """Return existing records sharing a tax id, an e-mail or a phone with this one; policy decides."""
        ...


@dataclass(frozen=True, slots=True)
class Look(Generic[R]):
    """What one look showed: our record by its key, and others that may be the same real thing."""

    found: Receipt | None
    likely: Sequence[R] = ()


@runtime_checkable
class Discerning(Protocol[R]):
    """A matchable sink that answers both questions, `find` and `candidates`, in one call."""

    async def look(self, record: R, *, key: Key) -> Look[R]:
        """Return what is there under the key and what may be meant by this record. Raises `Duplicate`."""
        ...

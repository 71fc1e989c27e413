"""What the engine needs to know of a flow: what it listens to, and how to run its jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from isthmus.canonical.record import Record
from isthmus.engine.outcome import Outcome
from isthmus.engine.work import Work
from isthmus.ports.errors import Trouble
from isthmus.ports.pace import Lane
from isthmus.store.statement import Step


@dataclass(frozen=True, slots=True)
class Reading:
    """What the mirror's row shows as long as this very reading is the one it keeps; microseconds."""

    read_at: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Change:
    """A record of the mirror that is new, different or gone."""

    connection: str
    kind: str
    record: Record
    reading: Reading
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """The destination may not match for this subject; `number` is what people call it. A `hot` one goes first."""

    flow: str
    subject: str
    number: str = ""
    hot: bool = False


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a flow wants written in the same commit as the change."""

    marks: Sequence[Mark] = ()
    facts: Sequence[Step] = ()


@dataclass(frozen=True, slots=True)
class Listening:
    """A stream a flow lives on: whose records of which kind, and how often to look by ourselves."""

    connection: str
    kind: str
    every_s: int


class Flow(Protocol):
    """A journey from one system to another."""

    name: str
    source: str  # connections by name
    destination: str
    lane: Lane  # whose turn it is where calls are scarce
    batch: int  # jobs one run takes together
    concurrency: int  # runs at a time
    writes: Sequence[str]  # record kinds its destination has to take

    def listens(self) -> Sequence[Listening]:
        """Return the streams this flow needs."""
        ...

    def react(self, change: Change) -> Reaction:
        """Say which of this flow's jobs a change concerns. Pure."""
        ...

    async def after_round(self, connection: str, kind: str) -> None:
        """Do what makes sense once a stream was read to its end."""
        ...

    async def run(self, works: Sequence[Work]) -> Sequence[Outcome | Trouble]:
        """Run up to `batch` jobs and return one outcome each, in order.

        Trouble of one job is returned in its place; trouble of all of them may be raised.
        """
        ...


@runtime_checkable
class Creates(Protocol):
    """A flow that makes records of one kind at its destination, each under a key of ours."""

    kind: str

    def unique(self, subject: str) -> str:
        """Return the key of what a job's subject becomes there."""
        ...

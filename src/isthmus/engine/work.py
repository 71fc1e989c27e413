"""One claimed job and what its run gathers."""

from dataclasses import dataclass, field
from datetime import datetime

from isthmus.engine.outcome import Snoozed
from isthmus.kit.clock import from_micros
from isthmus.ports.pace import Lease
from isthmus.store.statement import Row, Step


@dataclass(frozen=True, slots=True)
class Job:
    """A row of the ledger as it was claimed."""

    id: int
    flow: str
    subject: str
    number: str
    token: str
    attempts: int
    first_failed_at: datetime | None
    unread: bool = False  # its source could not be understood the last time


#: What a record that could not be understood is parked with.
UNREAD = frozenset({"wire_drift", "contract_broken"})


@dataclass(slots=True)
class Work:
    """A job being run. Facts given to `also` are written in the same commit as its outcome."""

    job: Job
    started_at: datetime
    lease: Lease
    facts: list[Step] = field(default_factory=list[Step])
    notes: list[str] = field(default_factory=list[str])
    #: Done, and to be looked at once more: what the job's outcome is then instead.
    again: Snoozed | None = None

    def also(self, *steps: Step) -> None:
        """Write these together with the outcome, or not at all."""
        self.facts.extend(steps)

    def note(self, text: str) -> None:
        """Say in the trace what was decided and why."""
        self.notes.append(text)


def job_of(row: Row) -> Job:
    """Read a claimed row."""
    first = row["first_failed_at"]
    return Job(
        id=row["id"],
        flow=row["flow"],
        subject=row["subject"],
        number=row["number"],
        token=row["token"],
        attempts=row["attempts"],
        first_failed_at=None if first is None else from_micros(first),
        unread=row["code"] in UNREAD,
    )

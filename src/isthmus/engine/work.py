"""One claimed job and what its run gathers."""

from dataclasses import dataclass, field
from datetime import datetime

from isthmus.kit.clock import from_micros
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
    marked_at: datetime


@dataclass(slots=True)
class Work:
    """A job being run. Facts given to `also` are written in the same commit as its outcome."""

    job: Job
    started_at: datetime
    facts: list[Step] = field(default_factory=list[Step])
    notes: list[str] = field(default_factory=list[str])

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
        marked_at=from_micros(row["marked_at"]),
    )

"""Jobs of the worker's queues, as `jobs` and `jobQueues` show them.

Source: https://docs.vendure.io/guides/developer-guide/worker-job-queue/ (3.5)
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from isthmus.simulators.vendure.catalog import Record

#: queues every shop has
CORE = ("apply-collection-filters", "clean-sessions", "update-search-index")


@dataclass(slots=True, kw_only=True, eq=False)
class Job(Record):
    """One message to send: what it says never changes, however often it is tried."""

    TYPENAME: ClassVar[str] = "Job"

    queue_name: str
    event_id: str
    body: bytes
    retries: int
    state: str = "PENDING"
    attempts: int = 0
    started_at: datetime | None = None
    settled_at: datetime | None = None
    error: str | None = None

    @property
    def data(self) -> Any:
        """Return what it says."""
        return msgspec.json.decode(self.body)

    @property
    def progress(self) -> float:
        """Return how far it is: at the end, or not."""
        return 100.0 if self.state == "COMPLETED" else 0.0

    @property
    def is_settled(self) -> bool:
        """Tell whether it is not tried again."""
        return self.state in {"COMPLETED", "FAILED", "CANCELLED"}

    @property
    def duration(self) -> int:
        """Return how long it took, in milliseconds."""
        if self.started_at is None or self.settled_at is None:
            return 0
        return int((self.settled_at - self.started_at).total_seconds() * 1000)

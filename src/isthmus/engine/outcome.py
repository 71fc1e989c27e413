"""What came of running a job, said by return value."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Done:
    """The destination matches now. `changed` is False when it did already."""

    because: str = ""
    number: str = ""
    changed: bool = True


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nothing is to be done, for a reason a merchant can read."""

    code: str
    because: str


@dataclass(frozen=True, slots=True)
class Parked:
    """A person is asked. `answers` say what can be done about it, the likeliest first.

    `waits_for` names the words that need a row in a code table (`engine/lacking.py`), where that is what is asked.
    """

    code: str
    because: str
    answers: Sequence[str] = field(default_factory=tuple[str, ...])
    waits_for: str | None = None


@dataclass(frozen=True, slots=True)
class Snoozed:
    """Later: at `until`, or when `waits_for` happens first. Only `spends` uses up an attempt."""

    until: datetime
    code: str
    because: str
    waits_for: str | None = None
    spends: bool = False


Outcome = Done | Skipped | Parked | Snoozed


class Later(Exception):
    """Raised deep inside a flow to end the run as `Snoozed`."""

    def __init__(self, outcome: Snoozed) -> None:
        """Carry the outcome."""
        super().__init__(outcome.because)
        self.outcome = outcome


class Ask(Exception):
    """Raised deep inside a flow to end the run as `Parked`."""

    def __init__(self, outcome: Parked) -> None:
        """Carry the question."""
        super().__init__(outcome.because)
        self.outcome = outcome


class Leave(Exception):
    """Raised deep inside a flow to end the run as `Skipped`."""

    def __init__(self, outcome: Skipped) -> None:
        """Carry the reason."""
        super().__init__(outcome.because)
        self.outcome = outcome

"""The one table from what went wrong to what happens next."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from isthmus.engine import backoff
from isthmus.engine.outcome import Outcome, Parked, Snoozed
from isthmus.ports.errors import (
    AuthExpired,
    Contended,
    Defect,
    Duplicate,
    Forbidden,
    InDoubt,
    Invalid,
    Misconfigured,
    Throttled,
    TotalsDiffer,
    Transient,
    Trouble,
    Unmapped,
)

#: Nobody can hurry a person: while credentials are wrong, one look a minute is enough.
OPERATOR_WAIT = timedelta(seconds=60)
CONTENDED_WAIT = timedelta(seconds=2)
RETRY = "Retry"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the table needs to know beside the trouble itself."""

    now: datetime
    attempts: int  # failures so far, this one not counted
    first_failed_at: datetime | None
    settle: timedelta  # how long the destination may take to show what it was sent


def dispose(trouble: Trouble, at: Circumstances) -> Outcome:
    """Return what becomes of a job that met `trouble`."""
    match trouble:
        case Throttled(retry_at=retry_at):
            return Snoozed(retry_at, trouble.code, str(trouble))
        case AuthExpired():
            # Not this record's fault: everything waits, nothing is spent, all goes on by itself.
            return Snoozed(at.now + OPERATOR_WAIT, trouble.code, str(trouble))
        case Transient() | InDoubt() if backoff.exhausted(at.first_failed_at, at.now):
            since = at.first_failed_at.date() if at.first_failed_at else at.now.date()
            return Parked("exhausted", f"Tried since {since} without success: {trouble}", (RETRY,))
        case Contended():
            return Snoozed(at.now + CONTENDED_WAIT, trouble.code, str(trouble), spends=True)
        case InDoubt():
            return Snoozed(at.now + at.settle, trouble.code, str(trouble), spends=True)
        case Transient():
            return Snoozed(at.now + backoff.wait(at.attempts + 1), trouble.code, str(trouble), spends=True)
        case _:
            return Parked(trouble.code, sentence(trouble), answers(trouble))


def sentence(trouble: Trouble) -> str:
    """Return what a merchant reads; fields are named where the other side named them."""
    if isinstance(trouble, Invalid) and trouble.fields:
        named = "; ".join(f"{path}: {words}" for path, words in trouble.fields.items())
        return f"{trouble} ({named})"
    return str(trouble)


def answers(trouble: Trouble) -> tuple[str, ...]:
    """Return what a person can do about it, the likeliest first."""
    match trouble:
        case Unmapped():
            table = f'[flows.<flow>.tables.{trouble.table}] "{trouble.value}" = "..."'
            create = "Create the counterpart in the other system, then retry"
            return (f"Add a row to isthmus.toml: {table}", create, RETRY)
        case Forbidden():
            grant = f"Grant {trouble.missing}" if trouble.missing else "Grant the permission"
            return (f"{grant} in the other system, then retry", RETRY)
        case Misconfigured():
            return ("Mend the setting the message names, then retry", RETRY)
        case TotalsDiffer():
            return ("Correct taxes or prices in the ERP, then retry", "Correct the order in the ERP by hand", RETRY)
        case Duplicate():
            return ("Remove or merge the surplus record, then retry", RETRY)
        case Defect():
            return ("Send the trace of this record to support", RETRY)
        case _:
            return ("Mend the record at its source; it is tried again by itself", RETRY)

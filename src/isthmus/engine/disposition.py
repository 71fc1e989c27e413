"""The one table from what went wrong to what happens next."""

import shlex
from dataclasses import dataclass
from datetime import datetime, timedelta

from isthmus.engine import backoff
from isthmus.engine.lacking import lack_text
from isthmus.engine.outcome import Outcome, Parked, Snoozed
from isthmus.mapping.tables import KNOWN
from isthmus.ports.errors import (
    AuthExpired,
    Contended,
    Defect,
    Duplicate,
    Forbidden,
    Gone,
    Held,
    InDoubt,
    Invalid,
    LeaseLost,
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
#: What a person can say to an unknown outcome (`admin/answers.py`), the likeliest first.
IT_IS_THERE = "Look for it in the other system. If it is there, say as what"
CREATE_IT = "If it is not there, let it be created"
LEAVE_IT = "Leave it as it is"
WAYS_OUT = (IT_IS_THERE, CREATE_IT, LEAVE_IT)
#: Questions that can be answered so; `left` is one that was.
ANSWERABLE = frozenset({"in_doubt", "duplicate", "gone", "left"})


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the table needs to know beside the trouble itself."""

    flow: str
    now: datetime
    attempts: int  # failures so far, this one not counted
    first_failed_at: datetime | None
    settle: timedelta  # how long the destination may take to show what it was sent
    creates: bool = False  # the flow makes records there, so that a person can say which one is meant


def dispose(trouble: Trouble, at: Circumstances) -> Outcome:
    """Return what becomes of a job that met `trouble`."""
    match trouble:
        case Throttled(retry_at=retry_at):
            return Snoozed(retry_at, trouble.code, str(trouble))
        case Held(until=until, connection=connection):
            return Snoozed(until, trouble.code, str(trouble), waits_for=f"connection:{connection}")
        case LeaseLost():
            return Snoozed(at.now + CONTENDED_WAIT, trouble.code, str(trouble))
        case AuthExpired():
            # Not this record's fault: everything waits, nothing is spent, all goes on by itself.
            return Snoozed(at.now + OPERATOR_WAIT, trouble.code, str(trouble))
        case Transient() | InDoubt() if backoff.exhausted(at.first_failed_at, at.now):
            since = at.first_failed_at.date() if at.first_failed_at else at.now.date()
            because = f"Tried since {since} without success: {trouble}"
            if isinstance(trouble, InDoubt) and at.creates:
                return Parked("in_doubt", because, (*WAYS_OUT, RETRY))
            return Parked("exhausted", because, (RETRY,))
        case Contended():
            return Snoozed(at.now + CONTENDED_WAIT, trouble.code, str(trouble), spends=True)
        case InDoubt(look_at=look_at):
            settled = at.now + at.settle
            return Snoozed(max(look_at or settled, settled), trouble.code, str(trouble), spends=True)
        case Transient():
            return Snoozed(at.now + backoff.wait(at.attempts + 1), trouble.code, str(trouble), spends=True)
        case _:
            return Parked(trouble.code, sentence(trouble), answers(trouble, creates=at.creates), _lacking(trouble))


def sentence(trouble: Trouble) -> str:
    """Return what a merchant reads; fields are named where the other side named them."""
    if isinstance(trouble, Invalid) and trouble.fields:
        named = "; ".join(f"{path}: {words}" for path, words in trouble.fields.items())
        return f"{trouble} ({named})"
    return str(trouble)


def row_wanted(table: str, word: str) -> str:
    """Return how to say what a word is in the other system."""
    command = shlex.join(["isthmus", "tables", "set", *(["--"] if word.startswith("-") else []), table, word])
    return f"Say what {word!r} is in the other system: under Questions, or with {command} OTHER"


def _lacking(trouble: Trouble) -> str | None:
    """Return what a row in a code table would answer."""
    if not isinstance(trouble, Unmapped) or not (trouble.looked_up or trouble.table in KNOWN):
        return None
    return lack_text(trouble.table, [trouble.value])


def answers(trouble: Trouble, *, creates: bool = False) -> tuple[str, ...]:
    """Return what a person can do about trouble, the likeliest first."""
    match trouble:
        case Duplicate() if creates:
            return ("Say which one it is, and cancel or merge the other one there", LEAVE_IT, RETRY)
        case Gone() if creates:
            return ("Let it be created anew", "If another one has taken its place, say which", LEAVE_IT, RETRY)
        case Unmapped():
            create = f"Create the counterpart of {trouble.value!r} in the other system, then retry"
            row = (row_wanted(trouble.table, trouble.value),) if _lacking(trouble) else ()
            return (*row, create, RETRY)
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

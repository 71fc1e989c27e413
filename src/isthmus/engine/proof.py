"""What reconciliation needs to know of a flow: how both sides list themselves, and what to say of each pair.

The sweep (`sweep.py`) keeps both lists in the store and walks them key by key; a proof judges the pairs. Nothing here
trusts a flag of ours: a pair agrees when the two systems' own records say the same. (R-RCN-02, R-NOT-02)
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Protocol

from isthmus.ports.listing import Span
from isthmus.ports.source import Cursor, Unreadable
from isthmus.store.statement import Step

#: What is younger than this may rightly not be on the other side yet. (R-RCN-01)
GRACE = timedelta(minutes=10)


class Side(IntEnum):
    """Which of the two lists."""

    HERE = 0  # where records originate
    THERE = 1  # where the flow brings them


class Finding(StrEnum):
    """How a pair may fail to agree."""

    MISSING = "missing"  # here, not there
    DOUBLED = "doubled"  # there more than once
    DIFFERENT = "different"  # on both sides, not the same content
    ORPHANED = "orphaned"  # there with our key, not here
    UNREADABLE = "unreadable"  # listed, but cannot be understood


class Verdict(StrEnum):
    """What to think of it."""

    MATCHED = "matched"
    EXPLAINED = "explained"
    OPEN = "open"
    COUNTED = "counted"  # the counts and sums of a whole run, so that they stand in the chain too


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a list. `unit` and `amount` are what is summed up: a currency and money, a place and pieces."""

    key: str
    external_id: str
    body: str
    unit: str = ""
    amount: Decimal | None = None  # None: counted, not summed


@dataclass(frozen=True, slots=True)
class Part:
    """Some entries of one side's list; `cursor` resumes behind them."""

    entries: Sequence[Entry]
    cursor: Cursor
    bad: Sequence[Unreadable] = ()
    last: bool = False


@dataclass(slots=True)
class Pair:
    """What both sides list under one key."""

    key: str
    here: list[Entry] = field(default_factory=list[Entry])
    there: list[Entry] = field(default_factory=list[Entry])


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said of one pair. `fields` name what differs, `evidence` holds both values of each in words.

    `quiet` ones are counted with their reason and have no row: what one side never meant to have fills no report.
    `subject` is the job's subject, so that a row leads to its record; `mend` are steps that start putting it right.
    """

    key: str
    verdict: Verdict
    finding: Finding | None = None
    code: str = ""
    because: str = ""
    subject: str = ""
    number: str = ""
    fields: Sequence[str] = ()
    evidence: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    mend: Sequence[Step] = ()
    quiet: bool = False


def matched(key: str) -> Judgement:
    """Return that both sides agree."""
    return Judgement(key, Verdict.MATCHED)


class Proof(Protocol):
    """One flow's reconciliation."""

    flow: str
    kind: str
    source: str
    destination: str
    zone: tzinfo
    daily: bool  # by the day records are dated; False: as both sides are now

    def listed(self, side: Side, span: Span, after: Cursor | None) -> AsyncIterator[Part]:
        """Yield one side's own list."""
        ...

    async def judge(self, pairs: Sequence[Pair], now: datetime) -> Sequence[Judgement]:
        """Return one judgement each, in order. What does not agree is read again at both systems first."""
        ...

    async def again(self, subject: str) -> Sequence[Step]:
        """Return the steps that bring one record to the other side once more, as a person asked."""
        ...


def span_of(day: date, zone: tzinfo) -> Span:
    """Return a day of the company's calendar as a span of time."""
    first = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    return Span(first, end)

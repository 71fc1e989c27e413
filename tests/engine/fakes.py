"""Two made-up systems that behave: they keep what they are given, show it late, and can lose an answer."""

import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from isthmus.canonical.product import Variant
from isthmus.canonical.record import Record
from isthmus.engine.context import Context
from isthmus.engine.flow import Change, Listening, Mark, Reaction
from isthmus.engine.intents import put_once
from isthmus.engine.outcome import Done, Outcome, Skipped
from isthmus.engine.work import Work
from isthmus.kit.clock import Clock
from isthmus.ports.connector import Session
from isthmus.ports.errors import Duplicate, Gone, InDoubt, Trouble
from isthmus.ports.pace import Lane
from isthmus.ports.probe import Report
from isthmus.ports.receiver import Accepted, Delivery, Notice
from isthmus.ports.sink import Key, Put, Receipt
from isthmus.ports.source import Cursor, Page

Plan = Trouble | str | Callable[[], Awaitable[None]] | None

NO_ANSWER = "no answer"
NOT_HERE = "not here"


@dataclass
class Shelf:
    """A source whose change stamps have whole seconds, so that many records share one."""

    clock: Clock
    page: int = 3
    records: dict[str, Record] = field(default_factory=dict[str, Record])
    stamps: dict[str, int] = field(default_factory=dict[str, int])
    gone: dict[str, int] = field(default_factory=dict[str, int])
    reads: list[list[str]] = field(default_factory=list[list[str]])
    rounds: list[str | None] = field(default_factory=list[str | None])
    #: What happens at the next pages and reads, one each.
    plan: deque[Plan] = field(default_factory=deque[Plan])

    def keep(self, *records: Record) -> None:
        for record in records:
            self.records[record.external_id] = record
            self.stamps[record.external_id] = self._stamp()

    def drop(self, external_id: str) -> None:
        del self.records[external_id]
        self.gone[external_id] = self._stamp()

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[Any]]:
        self.rounds.append(since)
        begin = self._stamp()
        stamp, _, last_id = (since or "0|").partition("|")
        after = (int(stamp), last_id)
        while True:
            await self._meet()
            rows = sorted((at, each) for each, at in self.stamps.items() if each in self.records)
            rows = [row for row in rows if row > after][: self.page]
            if len(rows) < self.page:
                gone = [each for each, at in self.gone.items() if at >= int(stamp)]
                yield Page([self.records[each] for _, each in rows], Cursor(f"{begin}|"), gone=gone, last=True)
                return
            after = rows[-1]
            yield Page([self.records[each] for _, each in rows], Cursor(f"{after[0]}|{after[1]}"))

    async def read(self, ids: Sequence[str]) -> Sequence[Any]:
        self.reads.append(list(ids))
        await self._meet()
        return [self.records[each] for each in ids if each in self.records]

    def _stamp(self) -> int:
        return int(self.clock.now().timestamp())

    async def _meet(self) -> None:
        met = self.plan.popleft() if self.plan else None
        if isinstance(met, BaseException):
            raise met
        if callable(met):
            await met()


@dataclass
class Desk:
    """A sink. A record put twice is there twice: it is not the desk that keeps the promise."""

    clock: Clock
    lag: timedelta = timedelta(0)  # how long until `find` sees what was put
    batch: int = 100
    upserts: bool = False
    unique: bool = False  # whether the system itself is taken to refuse a second one
    created: list[tuple[str, Record, datetime]] = field(default_factory=list[tuple[str, Record, datetime]])
    updated: list[str] = field(default_factory=list[str])
    finds: list[str] = field(default_factory=list[str])
    #: `"commit"` keeps the record and loses the answer, `"lose"` loses the request; a trouble is raised.
    plan: deque[Plan] = field(default_factory=deque[Plan])

    def held(self, unique: str) -> list[Record]:
        return [record for key, record, _ in self.created if key == unique]

    async def find(self, key: Key) -> Receipt | None:
        self.finds.append(key.unique)
        seen = [n for n, (key_, _, at) in enumerate(self.created) if key_ == key.unique and at <= self.clock.now()]
        if len(seen) > 1:
            message = f"{key.unique} is there {len(seen)} times"
            raise Duplicate(message)
        return Receipt(str(seen[0]), f"E{seen[0]}") if seen else None

    async def put(self, record: Any, *, key: Key, existing: Receipt | None = None) -> Receipt:
        met = self.plan.popleft() if self.plan else None
        if isinstance(met, Trouble):
            raise met
        if callable(met):
            await met()
        if met == "lose":
            raise InDoubt(NO_ANSWER, key=key.unique)
        if existing is not None:
            number = int(existing.external_id)
            if number >= len(self.created):
                raise Gone(NOT_HERE)
            self.created[number] = (key.unique, record, self.created[number][2])
            self.updated.append(key.unique)
        else:
            number = len(self.created)
            self.created.append((key.unique, record, self.clock.now() + self.lag))
        if met == "commit":
            raise InDoubt(NO_ANSWER, key=key.unique)
        return Receipt(str(number), f"E{number}")

    async def put_many(self, puts: Sequence[Put[Any]]) -> Sequence[Receipt | Trouble]:
        return [await self.put(each.record, key=each.key) for each in puts]


class Bell:
    """A receiver: the body of a delivery names what changed."""

    def verify(self, delivery: Delivery, now: datetime) -> Accepted:  # noqa: ARG002
        return Accepted(delivery.headers["id"], delivery.headers["topic"])

    def notices(self, topic: str, body: bytes) -> Sequence[Notice]:  # noqa: ARG002
        return tuple(Notice(kind, external_id) for kind, external_id in json.loads(body))


class Probing:
    """Asked whether the system is there; `wrong` is what it meets, `instead` what happens before."""

    def __init__(self) -> None:
        self.asked = 0
        self.wrong: Trouble | None = None
        self.instead: Callable[[], Awaitable[None]] | None = None

    async def probe(self) -> Report:
        return Report(account="made up", version="1", api_version="1")

    async def ping(self) -> None:
        self.asked += 1
        if self.instead is not None:
            await self.instead()
        if self.wrong is not None:
            raise self.wrong


def session(
    sources: Mapping[str, Any] | None = None, sinks: Mapping[str, Any] | None = None, receiver: Any = None
) -> Session:
    return Session(Probing(), dict(sources or {}), dict(sinks or {}), receiver)


@dataclass
class Copying:
    """A flow that makes the ERP hold every variant of the shop."""

    context: Context
    name: str = "copy"
    source: str = "shop"
    destination: str = "erp"
    lane: Lane = Lane.STOCK
    batch: int = 1
    concurrency: int = 4
    kinds: tuple[str, ...] = ("variant",)
    kind: str = "variant"
    #: What to do instead of copying, for a test about something else.
    instead: Callable[[Sequence[Work]], Awaitable[Sequence[Outcome | Trouble]]] | None = None
    ran: list[str] = field(default_factory=list[str])
    ended: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def listens(self) -> Sequence[Listening]:
        return [Listening(self.source, kind, 60) for kind in self.kinds]

    def react(self, change: Change) -> Reaction:
        if change.connection != self.source:
            return Reaction()
        return Reaction(marks=(Mark(self.name, change.record.external_id, change.record.number),))

    async def after_round(self, connection: str, kind: str) -> None:
        self.ended.append((connection, kind))

    async def run(self, works: Sequence[Work]) -> Sequence[Outcome | Trouble]:
        self.ran += [work.job.subject for work in works]
        if self.instead is not None:
            return await self.instead(works)
        return [await self._copy(work) for work in works]

    def unique(self, subject: str) -> str:
        return f"{self.source}:{subject}"

    async def _copy(self, work: Work) -> Outcome:
        unique = self.unique(work.job.subject)
        found = await self.context.standing(Variant, self.source, work.job.subject, other=self.destination, key=unique)
        if found is None or found.deleted:
            return Skipped("gone", "It is not there any more.")
        key = Key(unique, found.record.number)
        erp = self.context.connection(self.destination)
        receipt = await put_once(self.context, work, erp, found.record, key=key, unanswered=found.unanswered)
        return Done(f"held as {receipt.number}", found.record.number)

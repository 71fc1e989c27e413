"""Deliveries on their way to the disk: what arrives in one turn of the loop is one statement.

The store lets waiting statements share a commit; one statement for many deliveries besides spares the database's thread
a change of hands with ours per delivery, which costs more than storing it.
"""

import asyncio
import itertools
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from isthmus.store.base import Store
from isthmus.store.group import StoreError
from isthmus.store.statement import Statement, say
from isthmus.web.admission import Admission

log = logging.getLogger("isthmus.web")
#: More in one statement only makes the first of them wait longer.
LARGEST = 200


@dataclass(frozen=True, slots=True)
class Arrival:
    """One verified delivery; `at` is in microseconds, `kind` and `external_id` name what it is about."""

    connection: str
    delivery_id: str
    topic: str
    body: bytes
    kind: str
    external_id: str
    at: int


@dataclass(slots=True)
class Batch:
    """Arrivals of one turn, and who waits for each."""

    arrivals: list[Arrival] = field(default_factory=list[Arrival])
    waiting: list[asyncio.Future[None]] = field(default_factory=list[asyncio.Future[None]])

    def settle(self, failure: Exception | None) -> None:
        """Tell all who still wait."""
        for each in self.waiting:
            if each.done():
                continue
            if failure is None:
                each.set_result(None)
            else:
                each.set_exception(failure)


class Inbox:
    """Stores arrivals. Their places in `admission` are free when the store has let go of them."""

    def __init__(self, store: Store, admission: Admission, stir: Callable[[], None]) -> None:
        """Write to `store`, and `stir` whoever reads when something is there."""
        self._store = store
        self._stir = stir
        self._admission = admission
        self._batch: Batch | None = None
        self._numbers = itertools.count()
        self._writes: set[asyncio.Task[None]] = set()

    def keep(self, arrival: Arrival) -> asyncio.Future[None]:
        """Return what is done when the arrival is on disk; it raises `StoreError` when it is not known to be."""
        loop = asyncio.get_running_loop()
        if self._batch is None:
            self._batch = Batch()
            loop.call_soon(self._hand_over)
        future = loop.create_future()
        self._batch.arrivals.append(arrival)
        self._batch.waiting.append(future)
        self._admission.storing += 1
        if len(self._batch.arrivals) == LARGEST:
            self._hand_over()
        return future

    async def close(self) -> None:
        """Wait for what is on its way."""
        while self._writes:
            await asyncio.wait(self._writes)

    def _hand_over(self) -> None:
        batch, self._batch = self._batch, None
        if batch is not None:
            write = asyncio.create_task(self._write(batch))
            self._writes.add(write)
            write.add_done_callback(self._writes.discard)

    async def _write(self, batch: Batch) -> None:
        number = next(self._numbers)
        loop = asyncio.get_running_loop()
        # What is stored after all is known again when it is repeated.
        late = StoreError("the store did not answer in time")
        giving_up = loop.call_later(self._admission.limits.answer_s, batch.settle, late)
        self._admission.write_began(number)
        stored = 0
        try:
            stored = await self._store_all(batch)
        finally:
            giving_up.cancel()
            self._admission.write_ended(number, failed=not stored)
            self._admission.storing -= len(batch.arrivals)
            self._admission.held_bytes -= sum(len(each.body) for each in batch.arrivals)

    async def _store_all(self, batch: Batch) -> int:
        """Store a batch and settle it; return how many are stored."""
        try:
            await self._store.write(statement(batch.arrivals))
        except StoreError as wrong:
            if len(batch.arrivals) == 1:
                log.error("a delivery to %s could not be stored: %s", batch.arrivals[0].connection, wrong)  # noqa: TRY400 - the place says nothing, and there may be hundreds
                batch.settle(wrong)
                return 0
            # One may have spoilt it for all: each by itself.
            alone = [Batch([one], [who]) for one, who in zip(batch.arrivals, batch.waiting, strict=True)]
            return sum(await asyncio.gather(*(self._store_all(each) for each in alone)))
        batch.settle(None)
        self._stir()
        return len(batch.arrivals)


def statement(arrivals: Sequence[Arrival]) -> Statement:
    """Return what stores them all: the bodies one after the other, and beside them where each begins."""
    rows: list[tuple[str | int, ...]] = []
    begin = 1  # SQL counts from one
    for each in arrivals:
        size = len(each.body)
        rows.append((each.connection, each.delivery_id, each.topic, each.kind, each.external_id, each.at, begin, size))
        begin += size
    listed = msgspec.json.encode(rows).decode()
    return say("take_deliveries", deliveries=listed, bodies=b"".join([each.body for each in arrivals]))

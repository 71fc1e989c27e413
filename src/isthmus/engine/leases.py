"""What this worker holds, and for how long: prolonged while it lives, free by itself when it does not."""

import asyncio
import json
import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from isthmus.engine.context import Context
from isthmus.engine.disposition import RETRY
from isthmus.engine.outcome import Parked
from isthmus.engine.work import Work, job_of
from isthmus.kit.clock import from_micros, to_micros
from isthmus.kit.fresh import fresh_id
from isthmus.ports.pace import Lease
from isthmus.store.group import StoreError
from isthmus.store.statement import Many, Row, listed, say

log = logging.getLogger("isthmus.engine")
#: A worker that says nothing for so long is taken for dead.
LEASE_S = 30
RECLAIM_EVERY_S = 5.0
#: So often in a row a job may go down with its worker before a person is asked.
LOST_AT_MOST = 5


class Leases:
    """The jobs one worker has claimed, running or about to."""

    def __init__(self, context: Context) -> None:
        """Hold nothing."""
        self._context = context
        self._held: dict[int, Work] = {}

    @property
    def held(self) -> Sequence[Work]:
        """Return what is held now."""
        return list(self._held.values())

    def terms(self) -> dict[str, Any]:
        """Return what a claim says: now, until when, and a token nobody else has."""
        now = self._context.micros()
        return {"now": now, "lease_until": now + LEASE_S * 1_000_000, "token": fresh_id()}

    def take(self, rows: Iterable[Row]) -> list[Work]:
        """Hold what a claim returned."""
        now = self._context.now()
        # The lease as the ledger has it: the claim may have taken long to come back.
        works = [Work(job_of(row), now, Lease(from_micros(row["lease_until"]))) for row in rows]
        self._held.update({work.job.id: work for work in works})
        return works

    def drop(self, works: Iterable[Work]) -> None:
        """Hold these no longer: their outcome is written, or somebody else's affair."""
        for work in works:
            self._held.pop(work.job.id, None)

    async def give_back(self, works: Sequence[Work]) -> None:
        """Give up what was not finished: whoever comes next need not wait for a lease nobody uses."""
        self.drop(works)
        if not works:
            return
        now = self._context.micros()
        rows = [{"id": work.job.id, "token": work.job.token, "now": now} for work in works]
        try:
            await self._context.store.write(Many("give_back", rows))
        except StoreError:
            log.exception("%d jobs could not be given back; their leases end by themselves", len(works))

    async def prolong(self) -> None:
        """Keep ours what is ours. Raises `StoreError`."""
        held = self.held
        if not held:
            return
        until = self._context.now() + timedelta(seconds=LEASE_S)
        rows = await self._context.store.write(
            say(
                "extend_leases",
                flows=listed({work.job.flow for work in held}),
                subjects=listed(work.job.subject for work in held),
                tokens=listed(work.job.token for work in held),
                lease_until=to_micros(until),
            )
        )
        kept = {row["token"] for row in rows[0]}
        for work in held:
            if work.job.token in kept:
                work.lease.until = until

    async def reclaim(self, before: int | None = None) -> int:
        """Give the jobs of dead workers back and return how many; `before` is the end of the leases taken for dead."""
        now = self._context.micros()
        ended, question = now if before is None else before, _lost_too_often()
        rows = await self._context.store.write(
            say("note_lost_workers", now=now, before=ended),
            say(
                "release_jobs",
                now=now,
                before=ended,
                most=LOST_AT_MOST,
                because=question.because,
                answers=json.dumps(question.answers),
            ),
        )
        if rows[1]:
            self._context.stir.set()
        return len(rows[1])

    async def beat(self) -> None:
        """Prolong ours until cancelled."""
        while True:
            await asyncio.sleep(LEASE_S / 3)
            try:
                await self.prolong()
            except StoreError:
                log.exception("leases could not be prolonged")

    async def watch(self) -> None:
        """Look for dead workers until cancelled."""
        while True:
            try:
                await self.reclaim()
            except StoreError:
                log.exception("the store does not answer; looking again soon")
            await asyncio.sleep(RECLAIM_EVERY_S)


def _lost_too_often() -> Parked:
    """Return what is asked about a job that went down with its worker again and again."""
    because = (
        f"{LOST_AT_MOST} times in a row the worker was gone before this was done. Something about this record may end "
        "it, so it is left alone until somebody has looked."
    )
    return Parked("worker_lost", because, ("Look into the worker's log and its memory limit, then retry", RETRY))

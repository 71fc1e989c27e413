"""Housekeeping: dead workers' jobs come back, finished work goes after its time."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

from isthmus.engine.context import Context
from isthmus.kit.clock import to_micros
from isthmus.store.group import StoreError
from isthmus.store.statement import say

log = logging.getLogger("isthmus.engine")
#: Rows one pruning statement removes: small, so that nothing waits behind it.
AT_ONCE = 1000
RECLAIM_EVERY_S = 5.0
PRUNE_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Retention:
    """How long finished work is kept. What is not resolved is kept for ever."""

    exchanges: timedelta = timedelta(days=30)
    attempts: timedelta = timedelta(days=90)
    deliveries: timedelta = timedelta(days=14)
    intents: timedelta = timedelta(days=90)
    jobs: timedelta = timedelta(days=90)


class Upkeep:
    """Looks after the ledger of a running project."""

    def __init__(self, context: Context, retention: Retention) -> None:
        """Keep to `retention`."""
        self._context = context
        self._retention = retention

    async def run(self) -> None:
        """Reclaim and prune until cancelled."""
        since_pruned = PRUNE_EVERY_S
        while True:
            try:
                await self.reclaim()
                if since_pruned >= PRUNE_EVERY_S:
                    await self.prune()
                    since_pruned = 0.0
            except StoreError:
                log.exception("the store does not answer; looking again soon")
            await asyncio.sleep(RECLAIM_EVERY_S)
            since_pruned += RECLAIM_EVERY_S

    async def reclaim(self, *, alone: bool = False) -> int:
        """Give jobs of dead workers back and return how many.

        `alone`: no other worker can be alive (a file database at start), so every lease is a dead one.
        """
        now = self._context.micros()
        before = to_micros(self._context.now() + timedelta(days=3650)) if alone else now
        rows = await self._context.store.write(
            say("note_lost_workers", now=now, before=before), say("release_jobs", now=now, before=before)
        )
        if alone:
            await self._context.store.write(say("free_inbox", now=now), say("free_streams"))
        if rows[1]:
            self._context.stir.set()
        return len(rows[1])

    async def prune(self) -> int:
        """Remove finished work that is older than its retention; return how many rows went."""
        keep = self._retention
        removed = 0
        for what, age in (
            ("exchanges", keep.exchanges),
            ("attempts", keep.attempts),
            ("inbox", keep.deliveries),
            ("intents", keep.intents),
            ("jobs", keep.jobs),
        ):
            before = to_micros(self._context.now() - age)
            while True:
                rows = await self._context.store.write(say(f"prune_{what}", before=before, wish=AT_ONCE))
                removed += len(rows[0])
                if len(rows[0]) < AT_ONCE:
                    break
        # An order confirmed a week ago has long been in every figure the ERP states.
        week_ago = to_micros(self._context.now() - timedelta(days=7))
        await self._context.store.write(say("prune_in_flight", before=week_ago))
        return removed

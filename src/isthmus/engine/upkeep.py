"""Housekeeping: finished work goes after its time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from isthmus.engine.context import Context
from isthmus.kit.clock import to_micros
from isthmus.store.group import StoreError
from isthmus.store.statement import Statement, say

log = logging.getLogger("isthmus.engine")
#: Pruning statements for each table in one round (of 200 rows each: everything else that writes waits behind one);
#: what is left waits for the next round.
STATEMENTS = 50
AGAIN_S = 5.0
PRUNE_EVERY_S = 60.0
#: Days of the exchange log made ahead: so long a database may be left to an older release.
DAYS_AHEAD = 8
_DAY = 86_400_000_000
#: An order confirmed a week ago has long been in every figure the ERP states.
_IN_FLIGHT = timedelta(days=7)
#: Forecasts look at the last day; a week tells days apart.
_USES = timedelta(days=8)
#: An operation nobody calls any more, and what was different about answers long ago.
_SHAPES = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long finished work is kept; exchanges go by whole days. What is not resolved is kept for ever."""

    exchanges: timedelta = timedelta(days=30)
    attempts: timedelta = timedelta(days=90)
    deliveries: timedelta = timedelta(days=14)
    intents: timedelta = timedelta(days=90)
    jobs: timedelta = timedelta(days=90)
    proofs: timedelta = timedelta(days=400)


class Upkeep:
    """Looks after the ledger of a running project."""

    def __init__(self, context: Context, retention: Retention) -> None:
        """Keep to `retention`."""
        self._context = context
        self._retention = retention
        self._more = False

    async def run(self, on_duty: Callable[[], Awaitable[bool]]) -> None:
        """Prune, as long as this process is the one whose duty it is, until cancelled."""
        while True:
            try:
                if await on_duty():
                    await self.make_room()
                    await self.prune()
            except StoreError:
                log.exception("the store does not answer; looking again soon")
            await asyncio.sleep(AGAIN_S if self._more else PRUNE_EVERY_S)

    async def make_room(self) -> None:
        """Make the coming days of the exchange log, where the store keeps one part for each."""
        await self._context.store.write(say("make_exchange_days", now=self._context.micros(), days=DAYS_AHEAD))

    async def prune(self) -> int:
        """Remove finished work that is older than its retention, a bounded amount; return how many rows went.

        A day of the exchange log that goes as a whole is not counted. What is left is removed by the next rounds, five
        seconds apart, so that a long backlog holds up neither dead workers' jobs nor anybody who writes.
        """
        keep, store = self._retention, self._context.store
        days_end = self._before(keep.exchanges)
        days_end -= days_end % _DAY
        await self._drop_days(days_end)
        pruning = [
            say("prune_exchanges", before=days_end),
            say("prune_attempts", before=self._before(keep.attempts)),
            say("prune_intents", before=self._before(keep.intents)),
            say("prune_in_flight", before=self._before(_IN_FLIGHT)),
            say("prune_uses", before=self._before(_USES)),
            say("prune_shapes", before=self._before(_SHAPES)),
            say("prune_drifts", before=self._before(_SHAPES)),
        ]
        await store.write(say("drop_past_holds", now=self._context.micros()))
        connections, flows = await store.read("inbox_connections"), await store.read("job_flows")
        pruning += [say("prune_inbox", **row, before=self._before(keep.deliveries)) for row in connections]
        pruning += [say("prune_jobs", **row, before=self._before(keep.jobs)) for row in flows]
        self._more = False
        # In one commit: what the chain of results begins behind, and the rows up to there.
        proofs = (say("move_proof_anchor", before=self._before(keep.proofs)), say("prune_proof_rows"))
        return sum([await self._repeat(*steps) for steps in [*((each,) for each in pruning), proofs]])

    def _before(self, age: timedelta) -> int:
        return to_micros(self._context.now() - age)

    async def _drop_days(self, before: int) -> None:
        for _ in range(STATEMENTS):
            rows = await self._context.store.write(say("drop_exchange_day", before=before))
            if not rows[0]:
                return
            log.info("%s of the exchange log has gone, after its time", rows[0][0]["part"])

    async def _repeat(self, *steps: Statement) -> int:
        removed = 0
        for _ in range(STATEMENTS):
            rows = (await self._context.store.write(*steps))[-1]
            if not rows:
                return removed
            removed += len(rows)
        self._more = True
        return removed

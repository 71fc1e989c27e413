"""Reconciliation by itself: every night yesterday, and every day of late that still has something open."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta

from isthmus.engine.context import Context
from isthmus.engine.proof import Proof
from isthmus.engine.sweep import Sweep
from isthmus.engine.tally import tally_of
from isthmus.store.group import StoreError

log = logging.getLogger("isthmus.engine")
#: When nights are proven, by the company's clock: yesterday is over everywhere it trades, and nobody is at work.
AT = time(2, 30)
UNTIL = time(5, 30)
#: A night that was missed is caught up on once the program has run for so long: not in the first rush of a start.
SETTLED = timedelta(hours=1)
#: Days with something open are proven again for so long.
BACK = timedelta(days=31)
LOOK_S = 1.0
ASK_EVERY_S = 60.0

OnDuty = Callable[[], Awaitable[bool]]


class Nightly:
    """Asks for the nightly runs and works off every run that was asked for."""

    def __init__(self, context: Context, sweep: Sweep) -> None:
        """Begin now."""
        self._context = context
        self._sweep = sweep
        self._began = context.now()
        self._asked_at: datetime | None = None

    async def run(self, on_duty: OnDuty) -> None:
        """Work until the sweep is told to stop; asking is one process's duty."""
        self._began = self._context.now()
        while not self._sweep.stopping:
            try:
                await self._ask_in_time(on_duty)
                worked = await self._sweep.step()
            except StoreError:
                log.exception("the store does not answer; looking again soon")
                worked = False
            if not worked:
                await asyncio.sleep(LOOK_S)

    async def _ask_in_time(self, on_duty: OnDuty) -> None:
        now = self._context.now()
        if self._asked_at is not None and now - self._asked_at < timedelta(seconds=ASK_EVERY_S):
            return
        self._asked_at = now
        if self._sweep.proofs and await on_duty():
            await self.ask(now)

    async def ask(self, now: datetime) -> None:
        """Ask for what is due this night. The name it is asked under makes it one run, whoever else asks."""
        for proof in self._sweep.proofs.values():
            there = now.astimezone(proof.zone)
            in_time = AT <= there.time() < UNTIL
            late = there.time() >= AT and now - self._began >= SETTLED
            if not (in_time or late):
                continue
            for day in await self._days(proof, there.date()):
                await self._sweep.ask(
                    proof.flow, day, asked=f"night {there.date()}: {proof.flow} {day}", who="schedule"
                )

    async def _days(self, proof: Proof, today: date) -> list[date]:
        if not proof.daily:
            return [today]
        yesterday = today - timedelta(days=1)
        rows = await self._context.store.read(
            "newest_proofs", first=(today - BACK).isoformat(), last=yesterday.isoformat()
        )
        left = [
            date.fromisoformat(row["day"])
            for row in rows
            if row["flow"] == proof.flow and tally_of(row["summary"]).open
        ]
        return sorted({*left, yesterday})

"""The engine: intake, rounds, worker and upkeep of one project, running together."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from isthmus.canonical.record import Record
from isthmus.engine.context import Context
from isthmus.engine.executor import Executor
from isthmus.engine.flow import Flow
from isthmus.engine.health import Health
from isthmus.engine.intake import Intake
from isthmus.engine.mirror import Absorbed, Mirror
from isthmus.engine.rounds import Rounds
from isthmus.engine.upkeep import Retention, Upkeep
from isthmus.engine.worker import Worker
from isthmus.store.base import one
from isthmus.store.statement import say


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a drain stands."""

    deliveries: int
    jobs: int
    streams: int


class Engine:
    """Everything that works in the background."""

    def __init__(self, context: Context, flows: Callable[["Engine"], Sequence[Flow]], retention: Retention) -> None:
        """Build the parts; `flows` gets the engine, because flows may pull each other's jobs."""
        self.context = context
        self.flows = flows(self)
        self.health = Health(context)
        self.mirror = Mirror(context, self.flows)
        self.intake = Intake(context, self.mirror, self.flows, self.health)
        self.rounds = Rounds(context, self.mirror, self.flows, self.health)
        self.upkeep = Upkeep(context, retention)
        self.worker = Worker(context, self.flows, Executor(context))

    async def pull(self, flow: str, subject: str) -> None:
        """Run one job of another flow now."""
        await self.worker.pull(flow, subject)

    async def absorb(
        self,
        connection: str,
        kind: str,
        records: Sequence[Record],
        *,
        read_at: datetime,
        gone: Sequence[str] = (),
    ) -> Absorbed:
        """Take a reading in; see `Mirror.absorb`."""
        return await self.mirror.absorb(connection, kind, records, read_at=read_at, gone=gone)

    async def prepare(self, *, alone: bool) -> None:
        """Declare connections and streams and take back what a killed process held."""
        for connection in self.context.connections.values():
            await self.context.store.write(
                say("declare_connection", name=connection.name, connector=connection.manifest.slug)
            )
        await self.rounds.declare()
        await self.upkeep.reclaim(alone=alone)

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set, then finish what is at hand."""
        housekeeping = asyncio.create_task(self.upkeep.run())
        parts = [
            asyncio.create_task(self.intake.run()),
            asyncio.create_task(self.rounds.run()),
            asyncio.create_task(self.worker.run()),
        ]
        ended = asyncio.create_task(stopping.wait())
        await asyncio.wait([ended, *parts], return_when=asyncio.FIRST_COMPLETED)
        self.intake.stop()
        self.rounds.stop()
        self.worker.stop()
        ended.cancel()
        housekeeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await housekeeping
        await asyncio.gather(*parts)

    async def drain(self, *, patience_s: float = 0.0, told: Callable[[Progress], None] | None = None) -> bool:
        """Read every stream once, then work until nothing is due; return whether that was reached.

        `patience_s` is how long to wait for work that is due later than now (a settle time, a
        throttled call); 0 leaves it for the next run.
        """
        await self.context.store.write(say("hasten_streams", now=self.context.micros()))
        stopping = asyncio.Event()
        running = asyncio.create_task(self.run(stopping))
        deadline = asyncio.get_running_loop().time() + patience_s
        try:
            while not running.done():
                progress = await self.progress()
                if told is not None:
                    told(progress)
                if self._idle(progress):
                    if patience_s == 0 or not await self._more_to_come():
                        return True
                    if asyncio.get_running_loop().time() > deadline:
                        return False
                await asyncio.sleep(0.2)
            return False
        finally:
            stopping.set()
            await running

    async def progress(self) -> Progress:
        """Return what is waiting now."""
        now = self.context.micros()
        inbox = one(await self.context.store.read("inbox_waiting"))
        jobs = sum(row["due"] for row in await self.context.store.read("jobs_due", now=now))
        streams = sum(
            1 for row in await self.context.store.read("streams") if row["run_at"] <= now or row["token"] is not None
        )
        deliveries = inbox["deliveries"] if inbox and inbox["run_at"] is not None and inbox["run_at"] <= now else 0
        return Progress(deliveries, jobs, streams)

    def _idle(self, progress: Progress) -> bool:
        busy = self.worker.busy or self.intake.busy or self.rounds.busy
        return not busy and progress == Progress(0, 0, 0)

    async def _more_to_come(self) -> bool:
        inbox = one(await self.context.store.read("inbox_waiting"))
        snoozed = await self.context.store.read("snoozed_jobs")
        failing = [row for row in await self.context.store.read("streams") if row["code"]]
        return bool(snoozed) or bool(failing) or bool(inbox and inbox["deliveries"])

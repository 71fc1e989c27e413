"""Claim due jobs and run them, as many at a time as each flow allows."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from isthmus.engine.context import Context
from isthmus.engine.executor import Executor
from isthmus.engine.failpoints import failpoint
from isthmus.engine.flow import Flow
from isthmus.engine.work import Job, Work, job_of
from isthmus.kit.clock import to_micros
from isthmus.kit.names import fresh_id
from isthmus.store.base import one
from isthmus.store.group import StoreError
from isthmus.store.statement import say

log = logging.getLogger("isthmus.engine")
#: A worker that says nothing for so long is taken for dead.
LEASE_S = 30
#: How often to look when nobody stirs: work marked by another process shows by then.
LOOK_S = 1.0


class Worker:
    """Runs the jobs of the flows it was given, in their order of importance."""

    def __init__(self, context: Context, flows: Sequence[Flow], executor: Executor) -> None:
        """Serve `flows`; the first ones claim first."""
        self._context = context
        self._flows = flows
        self._executor = executor
        self._running: dict[str, set[asyncio.Task[None]]] = {flow.name: set() for flow in flows}
        self._writing: set[asyncio.Task[None]] = set()
        self._held: dict[int, Job] = {}
        self._stopping = False
        self._claiming = False

    @property
    def busy(self) -> bool:
        """Tell whether anything is running, or claimed and about to."""
        return self._claiming or any(self._running.values())

    async def run(self) -> None:
        """Work until `stop`; then finish what is running."""
        beat = asyncio.create_task(self._heartbeat())
        try:
            while not self._stopping:
                self._context.stir.clear()
                if not await self.claim():
                    await self._rest()
        finally:
            await self.settle()
            beat.cancel()

    def stop(self) -> None:
        """Claim nothing more."""
        self._stopping = True
        self._context.stir.set()

    async def settle(self) -> None:
        """Wait for what is running."""
        while any(self._running.values()):
            await asyncio.gather(*self._writing, *(task for tasks in self._running.values() for task in tasks))

    async def claim(self) -> int:
        """Claim what is due and start it; return how many jobs that were."""
        self._claiming = True
        try:
            due = {row["flow"] for row in await self._context.store.read("jobs_due", now=self._context.micros())}
            return sum([await self._claim_for(flow) for flow in self._flows if flow.name in due])
        except StoreError:
            log.exception("the store does not answer; looking again soon")
            return 0
        finally:
            self._claiming = False

    async def pull(self, flow_name: str, subject: str) -> None:
        """Run one job now, if nobody is running it: a child needs its parent."""
        flow = next((each for each in self._flows if each.name == flow_name), None)
        if flow is None:
            return
        rows = await self._context.store.write(say("claim_job", flow=flow_name, subject=subject, **self._lease()))
        row = one(rows[0])
        if row is not None:
            await self._perform(flow, [job_of(row)])

    async def _claim_for(self, flow: Flow) -> int:
        wish = self._free(flow) * flow.batch
        if wish <= 0:
            return 0
        rows = await self._context.store.write(say("claim_jobs", flow=flow.name, wish=wish, **self._lease()))
        jobs = [job_of(row) for row in rows[0]]
        failpoint("job.claimed")
        for start in range(0, len(jobs), flow.batch):
            self._start(flow, jobs[start : start + flow.batch])
        return len(jobs)

    def _free(self, flow: Flow) -> int:
        return flow.concurrency - len(self._running[flow.name])

    def _start(self, flow: Flow, jobs: Sequence[Job]) -> None:
        running = self._running[flow.name]

        def tried() -> None:
            # The calls are over, so the next job may begin while this one's outcome is on its way to the disk.
            running.discard(task)
            self._writing.add(task)
            self._context.stir.set()

        task = asyncio.create_task(self._perform(flow, jobs, tried))
        running.add(task)
        task.add_done_callback(running.discard)
        task.add_done_callback(self._writing.discard)

    async def _perform(self, flow: Flow, jobs: Sequence[Job], tried: Callable[[], None] | None = None) -> None:
        self._held.update({job.id: job for job in jobs})
        try:
            await self._executor.run(flow, [Work(job, self._context.now()) for job in jobs], tried)
        except StoreError:
            # The outcome could not be written: the lease ends by itself and the job runs again.
            log.exception("%s: the outcome of %d jobs could not be stored", flow.name, len(jobs))
        finally:
            for job in jobs:
                self._held.pop(job.id, None)
            self._context.stir.set()

    def _lease(self) -> dict[str, Any]:
        now = self._context.micros()
        return {"now": now, "lease_until": now + LEASE_S * 1_000_000, "token": fresh_id()}

    async def _heartbeat(self) -> None:
        while True:
            await asyncio.sleep(LEASE_S / 3)
            until = to_micros(self._context.now()) + LEASE_S * 1_000_000
            for job in list(self._held.values()):
                try:
                    await self._context.store.write(say("extend_lease", id=job.id, token=job.token, lease_until=until))
                except StoreError:
                    log.exception("a lease could not be extended")

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._context.stir.wait(), LOOK_S)
        except TimeoutError:
            return

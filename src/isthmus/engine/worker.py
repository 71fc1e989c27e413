"""Claim due jobs and run them, as many at a time as each flow allows."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Collection, Sequence

from isthmus.engine.context import Context
from isthmus.engine.executor import Executor
from isthmus.engine.failpoints import failpoint
from isthmus.engine.flow import Flow
from isthmus.engine.holds import Holds
from isthmus.engine.leases import Leases
from isthmus.engine.mirror import HOT, USUAL
from isthmus.engine.work import Work
from isthmus.store.group import StoreError
from isthmus.store.statement import Step, listed, say

log = logging.getLogger("isthmus.engine")
#: How often to look when nobody stirs: work marked by another process shows by then.
LOOK_S = 1.0
#: The lane of jobs that went down with their worker twice in a row: each runs alone, so that the others of its batch
#: are not lost with it again and again.
SUSPECT = 2


class Worker:
    """Runs the jobs of the flows it was given, in their order of importance."""

    def __init__(self, context: Context, flows: Sequence[Flow], executor: Executor, holds: Holds) -> None:
        """Serve `flows`; the first ones claim first."""
        self.leases = Leases(context)
        self._context = context
        self._flows = flows
        self._mine: Collection[str] = frozenset(flow.name for flow in flows)
        self._executor = executor
        self._holds = holds
        self._running: dict[str, set[asyncio.Task[None]]] = {flow.name: set() for flow in flows}
        #: Claimed together with those that run, so that not every job costs a claim and a wait for its commit.
        self._ahead: dict[str, deque[Work]] = {flow.name: deque() for flow in flows}
        self._writing: set[asyncio.Task[None]] = set()
        self._ends: dict[tuple[str, str], asyncio.Event] = {}  # of what runs here, by flow and subject
        self._suspected: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._claiming = False

    @property
    def busy(self) -> bool:
        """Tell whether anything is running, or claimed and about to."""
        return self._claiming or any(self._running.values()) or any(self._ahead.values())

    def serve(self, names: Collection[str]) -> None:
        """Claim the jobs of these flows only."""
        self._mine = frozenset(names)

    async def run(self) -> None:
        """Work until `stop`; then finish what is running."""
        keeping = [asyncio.create_task(self.leases.beat()), asyncio.create_task(self.leases.watch())]
        try:
            while not self._stopping:
                self._context.stir.clear()
                if not await self.claim():
                    await self._rest()
        finally:
            try:
                await self._hand_back(self._flows)
                await self.settle()
            finally:
                for task in keeping:
                    task.cancel()

    def stop(self) -> None:
        """Claim nothing more."""
        self._stopping = True
        self._context.stir.set()

    async def settle(self) -> None:
        """Wait for all that is running; then raise what one of them failed with, if one did."""
        failed: list[BaseException] = []
        while any(self._running.values()) or self._writing:
            running = [task for tasks in self._running.values() for task in tasks]
            ended, _ = await asyncio.wait([*self._writing, *running])
            failed += [wrong for task in ended if not task.cancelled() and (wrong := task.exception())]
        if failed:
            raise failed[0]

    async def abandon(self) -> int:
        """End what is still running and give it back; return how many jobs that were.

        A call that had left may have done its work: its intent is on disk, and whoever takes the job looks first.
        """
        left = self.leases.held
        tasks = [*self._writing, *(task for tasks in self._running.values() for task in tasks)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.leases.give_back(left)
        return len(left)

    async def claim(self) -> int:
        """Claim what is due and start it; return how many jobs that were."""
        self._claiming = True
        try:
            await self._hand_back([flow for flow in self._flows if not self._may(flow)])
            # Who ends something stirs, so nobody has to ask what is due for a flow that has no room.
            free = [flow for flow in self._flows if self._may(flow) and self._wish(flow)]
            if not free:
                return 0
            due, lanes = await self._due(), (SUSPECT, HOT, USUAL)
            turns = [(flow, lane) for flow in free for lane in lanes if (flow.name, lane) in due]
            return sum([await self._claim_for(flow, lane) for flow, lane in turns])
        except StoreError:
            log.exception("the store does not answer; looking again soon")
            return 0
        finally:
            self._claiming = False

    async def pull(self, flow_name: str, subject: str, *first: Step) -> None:
        """Write `first` and run one job now: a child needs its parent.

        Both in one commit, so that what is written (a record, its mark) is not worked on by somebody else first. A job
        this worker is running already is waited for, and run once more if it was marked meanwhile.
        """
        flow = next((each for each in self._flows if each.name == flow_name), None)
        if flow is None or self._holds.flow(flow.name, flow.destination):
            if first:
                await self._context.store.write(*first)
            return
        works = await self._claim_one(flow_name, subject, *first)
        if not works and (running := self._ends.get((flow_name, subject))) is not None:
            await running.wait()
            works = await self._claim_one(flow_name, subject)
        failpoint("job.pulled")
        if works:
            await self._perform(flow, works)

    async def _claim_one(self, flow_name: str, subject: str, *first: Step) -> list[Work]:
        claim = say("claim_job", flow=flow_name, subject=subject, **self.leases.terms())
        return self.leases.take((await self._context.store.write(*first, claim))[-1])

    async def _due(self) -> set[tuple[str, int]]:
        now = self._context.micros()
        rows = await self._context.store.read("jobs_due", flows=listed(self._mine))
        return {(row["flow"], row["lane"]) for row in rows if row["run_at"] is not None and row["run_at"] <= now}

    async def _claim_for(self, flow: Flow, lane: int) -> int:
        wish = self._wish(flow)
        if lane == SUSPECT:
            wish = 1 if self._free(flow) > 0 and not self._suspected else 0
        if not wish:
            return 0
        claim = say("claim_jobs", flow=flow.name, lane=lane, wish=wish, **self.leases.terms())
        works = self.leases.take((await self._context.store.write(claim))[0])
        failpoint("job.claimed")
        if lane == SUSPECT and works:
            task = self._start(flow, works)
            self._suspected.add(task)
            task.add_done_callback(self._suspected.discard)
        else:
            self._ahead[flow.name].extend(works)
            self._go_on(flow)
        return len(works)

    def _may(self, flow: Flow) -> bool:
        return flow.name in self._mine and not self._holds.flow(flow.name, flow.destination)

    def _wish(self, flow: Flow) -> int:
        """Return how many jobs to claim: what may start now, and, one by one, half as many for when these end.

        Only half, because another worker may be idle.
        """
        ahead = len(self._ahead[flow.name])
        free = self._free(flow) * flow.batch - ahead
        spare = flow.concurrency // 2 if flow.batch == 1 else 0
        return max(0, free + spare) if free > 0 or not ahead else 0

    def _free(self, flow: Flow) -> int:
        return flow.concurrency - len(self._running[flow.name])

    def _go_on(self, flow: Flow) -> None:
        """Start what was claimed ahead, as far as there is room."""
        ahead = self._ahead[flow.name]
        while ahead and not self._stopping and self._free(flow) > 0 and self._may(flow):
            self._start(flow, [ahead.popleft() for _ in range(min(flow.batch, len(ahead)))])

    async def _hand_back(self, flows: Sequence[Flow]) -> None:
        """Give up what was claimed ahead and not begun."""
        waiting = [work for flow in flows for work in self._ahead[flow.name]]
        for flow in flows:
            self._ahead[flow.name].clear()
        await self.leases.give_back(waiting)

    def _start(self, flow: Flow, works: Sequence[Work]) -> asyncio.Task[None]:
        running = self._running[flow.name]
        now = self._context.now()
        for work in works:
            work.started_at = now  # it may have been claimed some time ago

        def tried() -> None:
            # The calls are over, so the next job may begin while this one's outcome is on its way to the disk.
            running.discard(task)
            self._writing.add(task)
            self._go_on(flow)
            if not self._ahead[flow.name]:
                self._context.stir.set()

        def over(_task: asyncio.Task[None]) -> None:
            self._writing.discard(task)
            if task in running:  # it broke off before its calls were over
                running.discard(task)
                self._go_on(flow)

        task = asyncio.create_task(self._perform(flow, works, tried))
        running.add(task)
        task.add_done_callback(over)
        return task

    async def _perform(self, flow: Flow, works: Sequence[Work], tried: Callable[[], None] | None = None) -> None:
        ended = asyncio.Event()
        self._ends.update({(work.job.flow, work.job.subject): ended for work in works})
        try:
            await self._executor.run(flow, works, tried)
        except StoreError:
            # The outcome could not be written: the lease ends by itself and the job runs again.
            log.exception("%s: the outcome of %d jobs could not be stored", flow.name, len(works))
        finally:
            self.leases.drop(works)
            for work in works:
                self._ends.pop((work.job.flow, work.job.subject), None)
            ended.set()
            self._context.stir.set()

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._context.stir.wait(), LOOK_S)
        except TimeoutError:
            return

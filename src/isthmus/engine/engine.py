"""The engine: intake, rounds, worker and upkeep of one project, running together or each in processes of its own."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

from isthmus.canonical.record import Record
from isthmus.engine.breakers import Breakers
from isthmus.engine.context import Context
from isthmus.engine.drift import Watch
from isthmus.engine.executor import Executor
from isthmus.engine.flow import Flow
from isthmus.engine.gate import BEAT_S
from isthmus.engine.health import Health
from isthmus.engine.hold import Window
from isthmus.engine.holds import Holds
from isthmus.engine.intake import Intake
from isthmus.engine.mirror import Absorbed, Mirror
from isthmus.engine.nightly import Nightly
from isthmus.engine.presence import Me, Presence
from isthmus.engine.proof import Proof
from isthmus.engine.pulse import Pulse
from isthmus.engine.rounds import Rounds
from isthmus.engine.shared_books import SharedBooks
from isthmus.engine.shared_clock import SharedClock
from isthmus.engine.sweep import Sweep
from isthmus.engine.upkeep import Retention, Upkeep
from isthmus.engine.usage import Usage
from isthmus.engine.worker import Worker
from isthmus.kit.clock import to_micros
from isthmus.store.base import one
from isthmus.store.group import StoreError
from isthmus.store.statement import Step, listed, say

log = logging.getLogger("isthmus.engine")
#: What is at hand when the process is told to stop gets this long.
DRAIN_S = 25.0
#: What is only being read gets this long: its place is on disk, so whoever comes next reads it again.
READING_S = 1.0
#: Clocks drift by seconds a day at worst.
TUNE_EVERY_S = 60.0
#: What waits is counted up to here: 10,000, and one that says there are more.
MOST = 10_001


class Part(StrEnum):
    """What a process may do."""

    INTAKE = "intake"  # from deliveries to the mirror
    WORK = "work"  # jobs
    ROUNDS = "rounds"  # reading by ourselves
    UPKEEP = "upkeep"  # pruning
    CANARY = "canary"  # asking whether a connection that was down is there


EVERYTHING = frozenset(Part)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a drain stands; deliveries, and jobs of a flow, are counted up to `MOST`."""

    deliveries: int
    jobs: int
    streams: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What this process does: its parts, the flows it claims for (none named: all), and how long a stop may take."""

    role: str = "up"
    parts: Collection[Part] = EVERYTHING
    flows: Collection[str] = ()
    drain_s: float = DRAIN_S


@dataclass(frozen=True, slots=True)
class Rules:
    """What a project says beside its flows: how long work is kept, and when which connection is maintained."""

    retention: Retention = field(default_factory=Retention)
    windows: Mapping[str, Sequence[Window]] = field(default_factory=dict[str, Sequence[Window]])


class Engine:
    """Everything that works in the background."""

    def __init__(
        self,
        context: Context,
        flows: Callable[["Engine"], Sequence[Flow]],
        rules: Rules,
        plan: Plan | None = None,
        proofs: Callable[["Engine"], Sequence[Proof]] = lambda _engine: (),
        *,
        watch: Watch | None = None,
    ) -> None:
        """Build the parts; `flows` gets the engine, because flows may pull each other's jobs, and so does `proofs`.

        `watch` is what the connections' answers pass; the engine reads and writes what it knows.
        """
        self.context = context
        self.plan = plan or Plan()
        self.flows = flows(self)
        self.holds = Holds(context, rules.windows)
        self.breakers = Breakers(context, self.holds, self.flows)
        self.health = Health(context)
        self.presence = Presence(context, Me(self.plan.role, tuple(self.plan.flows)))
        self.mirror = Mirror(context, self.flows)
        self.intake = Intake(context, self.mirror, self.flows, self.health)
        self.rounds = Rounds(context, self.mirror, self.flows, self.health, self.holds)
        self.upkeep = Upkeep(context, rules.retention)
        self.usage = Usage(context)
        self.watch = watch or Watch(context.clock)
        for connection in context.connections.values():
            connection.gate.counted = partial(self.usage.called, connection.name, connection.gate.terms)
        self.worker = Worker(context, self.flows, Executor(context, self.mirror, self.usage), self.holds)
        self.sweep = Sweep(context, proofs(self))
        self.nightly = Nightly(context, self.sweep)
        self.pulse = Pulse(context, self.flows, self.mirror, self.holds)
        if self.plan.flows:
            self.worker.serve(self.plan.flows)

    async def pull(self, flow: str, subject: str, *first: Step) -> None:
        """Run one job of another flow now; see `Worker.pull`."""
        await self.worker.pull(flow, subject, *first)

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
        """Declare connections and streams, and take part in what several processes share.

        `alone`: there are no others, so what a killed one held is taken back instead.
        """
        store = self.context.store
        if not alone and isinstance(self.context.clock, SharedClock):
            await self.context.clock.tune(store)
            for connection in self.context.connections.values():
                books = SharedBooks(store, connection.name, connection.gate.terms, self.context.clock)
                connection.gate.share(books, self.presence.id)
        for connection in self.context.connections.values():
            await store.write(say("declare_connection", name=connection.name, connector=connection.manifest.slug))
        await self.watch.load(store)
        await self.rounds.declare()
        await self.upkeep.make_room()
        if alone:
            await self.take_back()
        await self.holds.refresh()

    async def take_back(self) -> None:
        """Take back what a killed process held. Only where no other can be alive: then every lease is a dead one."""
        await self.worker.leases.reclaim(before=to_micros(self.context.now() + timedelta(days=3650)))
        await self.context.store.write(
            say("free_inbox", now=self.context.micros()),
            say("free_streams"),
            say("free_duties"),
            say("free_proofs"),
            say("free_canaries"),
        )

    async def run(self, stopping: asyncio.Event) -> None:
        """Do this process's part until `stopping` is set, then finish what is at hand within the plan's time."""
        self.sweep.stopping = self.pulse.stopping = False
        await self.context.store.listen(self._told)
        keeping = [asyncio.create_task(work) for work in self._keeping()]
        reading = [asyncio.create_task(work) for work in self._reading()]
        working = [asyncio.create_task(self.worker.run())] if Part.WORK in self.plan.parts else []
        ended = asyncio.create_task(stopping.wait())
        # None of them ends by itself; one that does has failed, and without it this process would only seem to work.
        await asyncio.wait([ended, *keeping, *reading, *working], return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        try:
            await self._stop(reading, working)
        finally:
            failed = [task for task in keeping if task.done()]
            for task in keeping:
                task.cancel()
            await asyncio.gather(*keeping, return_exceptions=True)
            await self._leave()
        _raise_first(failed)

    def _keeping(self) -> Sequence[Coroutine[Any, Any, None]]:
        """Return what goes on to the very end."""
        found = [self.holds.run(), self.presence.run(), self._beat()]
        if Part.CANARY in self.plan.parts:
            found.append(self.breakers.run())
        if Part.UPKEEP in self.plan.parts:
            found.append(self.upkeep.run(lambda: self.presence.on_duty("upkeep")))
        return found

    def _reading(self) -> Sequence[Coroutine[Any, Any, None]]:
        """Return what asks other systems and changes nothing there."""
        found: list[Coroutine[Any, Any, None]] = []
        if Part.INTAKE in self.plan.parts:
            found.append(self.intake.run())
        if Part.ROUNDS in self.plan.parts:
            found.append(self.rounds.run())
            found.append(self.nightly.run(lambda: self.presence.on_duty("nightly")))
            found.append(self.pulse.run(lambda: self.presence.on_duty("pulse")))
        return found

    async def _stop(self, reading: Sequence[asyncio.Task[None]], working: Sequence[asyncio.Task[None]]) -> None:
        self.intake.stop()
        self.rounds.stop()
        self.sweep.stopping = True
        self.pulse.stopping = True
        self.worker.stop()
        with contextlib.suppress(StoreError):
            await self.presence.draining()
        parts = [*reading, *working]
        if not parts:
            return
        enough = asyncio.get_running_loop().call_later(READING_S, _cancel, reading)
        _done, late = await asyncio.wait(parts, timeout=self.plan.drain_s)
        enough.cancel()
        if any(task in late for task in working):
            given_back = await self.worker.abandon()
            log.warning("%d jobs were not finished in %.0f s and were given back", given_back, self.plan.drain_s)
        _cancel(late)
        await asyncio.gather(*parts, return_exceptions=True)
        _raise_first([task for task in parts if task not in late])

    async def _leave(self) -> None:
        await self.breakers.settle()
        try:
            for connection in self.context.connections.values():
                await connection.gate.leave()
            await self.usage.keep()
            await self.watch.keep(self.context.store)
            await self.presence.leave()
        except StoreError:
            log.warning("the store does not answer; others will find out by themselves that this process is gone")

    def _told(self) -> None:
        self.context.stir.set()
        self.intake.stir()

    async def _beat(self) -> None:
        """Keep our part of what is shared."""
        tuned = 0.0
        while True:
            await asyncio.sleep(BEAT_S)
            tuned += BEAT_S
            try:
                for connection in self.context.connections.values():
                    await connection.gate.beat()
                if tuned >= TUNE_EVERY_S:
                    tuned = 0.0
                    await self.usage.keep()
                    await self.watch.keep(self.context.store)
                    if isinstance(self.context.clock, SharedClock):
                        await self.context.clock.tune(self.context.store)
            except StoreError:
                log.exception("the store does not answer; calls that need its budget wait")

    async def drain(self, *, patience_s: float = 0.0, told: Callable[[Progress], None] | None = None) -> bool:
        """Read every stream once, then work until nothing is due; return whether that was reached.

        `patience_s` is how long to wait for work that is due later than now (a settle time, a
        throttled call); 0 leaves it for the next run. Work on hold is not waited for.
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
                        return not self._held()
                    if asyncio.get_running_loop().time() > deadline:
                        return False
                await asyncio.sleep(0.2)
            return False
        finally:
            stopping.set()
            await running

    async def progress(self) -> Progress:
        """Return what is waiting now and may go on."""
        now = self.context.micros()
        free = [flow.name for flow in self.flows if not self.holds.flow(flow.name, flow.destination)]
        inbox = one(await self.context.store.read("inbox_figures", most=MOST))
        due = await self.context.store.read("jobs_waiting", flows=listed(free), now=now, most=MOST)
        dead = await self.context.store.read("dead_jobs", flows=listed(free), before=now, most=MOST)
        jobs = sum(row["jobs"] for row in (*due, *dead))
        streams = sum(
            1
            for row in await self.context.store.read("streams")
            if (row["run_at"] <= now and not self.holds.of(row["connection"])) or row["token"] is not None
        )
        deliveries = inbox["deliveries"] if inbox and inbox["run_at"] is not None and inbox["run_at"] <= now else 0
        return Progress(deliveries, jobs, streams)

    def _held(self) -> bool:
        return any(self.holds.of(name) for name in self.context.connections)

    def _idle(self, progress: Progress) -> bool:
        busy = self.worker.busy or self.intake.busy or self.rounds.busy
        return not busy and progress == Progress(0, 0, 0)

    async def _more_to_come(self) -> bool:
        inbox = one(await self.context.store.read("inbox_figures", most=1))
        snoozed = await self.context.store.read("snoozed_job")
        held = await self.context.store.read("running_job")
        failing = [row for row in await self.context.store.read("streams") if row["code"]]
        return bool(snoozed or held or failing) or bool(inbox and inbox["deliveries"])


def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()


def _raise_first(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Raise what the first of these failed with, if one did."""
    for task in tasks:
        if not task.cancelled() and (wrong := task.exception()) is not None:
            raise wrong

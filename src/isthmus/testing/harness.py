"""An engine on a real store, driven step by step: nothing runs unless a test says so."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from isthmus.engine import failpoints
from isthmus.engine.allowance import Terms
from isthmus.engine.connections import Connection
from isthmus.engine.context import Context
from isthmus.engine.engine import MOST, Engine, Rules
from isthmus.engine.flow import Flow, Mark
from isthmus.engine.gate import Gate
from isthmus.engine.mirror import mark_jobs
from isthmus.kit.clock import Clock
from isthmus.ports.connector import Manifest, PaceLimits, Session
from isthmus.store.base import Store, one
from isthmus.store.open import open_store
from isthmus.store.statement import Row, listed, say
from isthmus.testing.clock import HandClock

Flows = Callable[[Engine], Sequence[Flow]]
#: More rounds than any honest work needs: work that marks itself for ever ends the test instead of hanging it.
_ROUNDS = 10_000


class NeverDone(AssertionError):
    """The engine kept finding work that is due."""


@dataclass(slots=True)
class Harness:
    """The engine under test, and questions a test asks about it."""

    engine: Engine
    store: Store
    clock: Clock

    async def drain(self, *, poll: bool = True) -> None:
        """Work until nothing is due now; `poll` reads every stream first. What is due later stays."""
        if poll:
            await self.store.write(say("hasten_streams", now=self.engine.context.micros()))
        for _ in range(_ROUNDS):
            if not await self.step():
                return
        message = f"still at work after {_ROUNDS} rounds: {await self.due()}"
        raise NeverDone(message)

    async def step(self) -> bool:
        """Do one round of everything; return whether there was anything to do."""
        read = await self.engine.rounds.step()
        taken = await self.engine.intake.step()
        claimed = await self.engine.worker.claim()
        await self.engine.worker.settle()
        return bool(read or taken or claimed)

    async def keep_house(self) -> None:
        """Do once what runs beside the work: look what is on hold, send canaries, take back dead workers' jobs."""
        await self.engine.breakers.settle()
        await self.engine.holds.refresh()
        await self.engine.breakers.step()
        await self.engine.worker.leases.reclaim()

    async def wait(self, seconds: float, *, poll: bool = False) -> None:
        """Let so much time pass, then drain. Only with a `HandClock`."""
        if not isinstance(self.clock, HandClock):
            message = "only a HandClock can be advanced"
            raise TypeError(message)
        await self.clock.advance(seconds)
        await self.drain(poll=poll)

    async def mark(self, flow: str, subject: str, number: str = "") -> None:
        """Say that a job's destination may not match."""
        await self.store.write(mark_jobs([Mark(flow, subject, number)], self.engine.context.micros()))

    async def deliver(self, connection: str, delivery_id: str, topic: str, body: bytes) -> None:
        """Put a verified delivery into the inbox."""
        receiver = self.engine.context.connection(connection).session.receiver
        named = receiver.notices(topic, body) if receiver is not None else ()
        await self.store.write(
            say(
                "take_delivery",
                connection=connection,
                delivery_id=delivery_id,
                topic=topic,
                body=body,
                kind=named[0].kind if named else "",
                external_id=named[0].external_id if named else "",
                now=self.engine.context.micros(),
            )
        )
        self.engine.intake.stir()

    async def job(self, flow: str, subject: str) -> Row | None:
        """Return one job as the ledger has it."""
        return one(await self.store.read("job", flow=flow, subject=subject))

    async def parked(self, flow: str = "") -> list[Row]:
        """Return the jobs that ask a person, the oldest first."""
        return await self.store.read("parked_jobs", flow=flow, wish=1000)

    async def due(self) -> dict[str, int]:
        """Return how many jobs of each flow are due now."""
        flows = listed(flow.name for flow in self.engine.flows)
        rows = await self.store.read("jobs_waiting", flows=flows, now=self.engine.context.micros(), most=MOST)
        found: dict[str, int] = {}
        for row in rows:
            if row["jobs"]:
                found[row["flow"]] = found.get(row["flow"], 0) + row["jobs"]
        return found


def connection(
    name: str,
    session: Session,
    *,
    clock: Clock,
    manifest: Manifest | None = None,
    secrets: Sequence[str] = (),
    **said: Any,
) -> Connection:
    """Return an opened connection; without a manifest, one that sets no limit and settles in a second."""
    made = manifest or a_manifest(**said)
    seconds = clock.seconds if isinstance(clock, HandClock) else asyncio.get_running_loop().time
    return Connection(name, made, session, Gate(name, Terms(made.pace), clock, seconds), tuple(secrets))


def a_manifest(**said: Any) -> Manifest:
    """Return a manifest of a made-up system."""
    usual: dict[str, Any] = {
        "slug": "fake",
        "name": "Fake",
        "role": "erp",
        "api_version": "1",
        "docs": "docs/connectors/fake.md",
        "settle_s": 1.0,
        "pace": PaceLimits(concurrency=100),
        "settings": (),
    }
    return Manifest(**usual | said)


@asynccontextmanager
async def running(
    connections: Mapping[str, Connection] | Sequence[Connection],
    flows: Flows,
    *,
    clock: Clock | None = None,
    database: str = "",
    rules: Rules | None = None,
) -> AsyncGenerator[Harness]:
    """Open an engine on a fresh SQLite file (or on `database`, a store's URL), prepared and at rest."""
    hands = clock or HandClock(flowing=True)
    named = connections if isinstance(connections, Mapping) else {each.name: each for each in connections}
    with TemporaryDirectory(prefix="isthmus-") as folder:
        store = failpoints.watched(await open_store(database or "sqlite:///harness.db", Path(folder)))
        try:
            await store.migrate()
            engine = Engine(Context(store, hands, named), flows, rules or Rules())
            await engine.prepare(alone=True)
            yield Harness(engine, store, hands)
        finally:
            for each in named.values():
                await each.session.close()
            await store.close()

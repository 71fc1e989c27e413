"""From deliveries to the mirror: what a notice names is read at its source, many at a time."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from isthmus.canonical.record import Record
from isthmus.engine import backoff
from isthmus.engine.context import Context
from isthmus.engine.failpoints import failpoint
from isthmus.engine.flow import Flow
from isthmus.engine.health import Health
from isthmus.engine.mirror import Mirror
from isthmus.engine.news import news_of
from isthmus.engine.unreadable import park, read_apart
from isthmus.kit.clock import from_micros, to_micros
from isthmus.kit.fresh import fresh_id
from isthmus.ports.errors import Held, NeedsOperator, Throttled, Trouble
from isthmus.ports.pace import Caller, Lane, calling
from isthmus.ports.receiver import Notice
from isthmus.store.base import one
from isthmus.store.group import StoreError
from isthmus.store.statement import Many, Row, Step, say

log = logging.getLogger("isthmus.engine")
#: Deliveries taken up together; their records are read in as few calls as the source allows.
BATCH = 100
#: A reader that says nothing for so long is taken for dead.
LEASE_S = 60
LOOK_S = 1.0


@dataclass(slots=True)
class _Bundle:
    """Deliveries about the same kind of record of one connection."""

    hints: dict[str, list[Notice]] = field(default_factory=dict[str, list[Notice]])  # by id, ordered
    records: list[tuple[Record, int]] = field(default_factory=list[tuple[Record, int]])
    rows: list[Row] = field(default_factory=list[Row])
    ended: list[Row] = field(default_factory=list[Row])  # of these, the ones no later bundle has to do with


class Intake:
    """Takes deliveries from the inbox, in the order they came."""

    def __init__(self, context: Context, mirror: Mirror, flows: Sequence[Flow], health: Health) -> None:
        """Read only what some flow listens to."""
        self._context = context
        self._mirror = mirror
        self._health = health
        self._flows = flows
        self._wanted = {(each.connection, each.kind) for flow in flows for each in flow.listens()}
        self._stir = asyncio.Event()
        self._stopping = False
        self.busy = False

    def stir(self) -> None:
        """Say that a delivery has just been stored."""
        self._stir.set()

    def stop(self) -> None:
        """Take up nothing more."""
        self._stopping = True
        self._stir.set()

    async def run(self) -> None:
        """Work until `stop`."""
        while not self._stopping:
            self._stir.clear()
            try:
                worked = await self.step()
            except StoreError:
                log.exception("the store does not answer; looking again soon")
                worked = 0
            if not worked:
                try:
                    await asyncio.wait_for(self._stir.wait(), LOOK_S)
                except TimeoutError:
                    continue

    async def step(self) -> int:
        """Take up what is due and return how many deliveries that were."""
        now = self._context.micros()
        if not _due(one(await self._context.store.read("inbox_due")), now):
            return 0
        self.busy = True
        try:
            token = fresh_id()
            rows = await self._context.store.write(
                say("claim_inbox", now=now, lease_until=now + LEASE_S * 1_000_000, token=token, wish=BATCH)
            )
            try:
                await self._take_all_in(rows[0], token)
            except asyncio.CancelledError:
                await self._give_back(rows[0], token)
                raise
            return len(rows[0])
        finally:
            self.busy = False

    async def _take_all_in(self, rows: Sequence[Row], token: str) -> None:
        bundles = await self._sort(rows, token)
        for (connection, kind), bundle in bundles.items():
            try:
                await self._take_in(connection, kind, bundle, token)
            except StoreError:
                raise
            except Exception as bug:
                log.exception("a defect while taking in %s/%s", connection, kind)
                await self._postpone(bundle.rows, token, _defect(bug))

    async def _give_back(self, rows: Sequence[Row], token: str) -> None:
        """Give up what was not read to its end: whoever comes next need not wait for a lease nobody uses."""
        given = {"token": token, "run_at": self._context.micros(), "spends": 0, "because": "Isthmus was stopped."}
        try:
            await self._context.store.write(Many("postpone_delivery", [{"id": row["id"], **given} for row in rows]))
        except StoreError:
            log.exception("%d deliveries could not be given back; their leases end by themselves", len(rows))

    async def _sort(self, rows: Sequence[Row], token: str) -> dict[tuple[str, str], _Bundle]:
        bundles: defaultdict[tuple[str, str], _Bundle] = defaultdict(_Bundle)
        idle: list[Row] = []
        for row in sorted(rows, key=lambda each: each["id"]):
            try:
                named = self._notices(row)
            except Exception as bug:
                log.exception("a defect in the receiver of %s", row["connection"])
                await self._postpone([row], token, _defect(bug))
                continue
            wanted = [each for each in named if (row["connection"], each.kind) in self._wanted]
            for notice in wanted:
                bundle = bundles[row["connection"], notice.kind]
                if notice.record is not None:
                    bundle.records.append((notice.record, row["received_at"]))
                else:
                    bundle.hints.setdefault(notice.external_id, []).append(notice)
            for kind in dict.fromkeys(each.kind for each in wanted):
                bundles[row["connection"], kind].rows.append(row)
            if not wanted:
                idle.append(row)
        last = {row["id"]: bundle for bundle in bundles.values() for row in bundle.rows}
        for bundle in bundles.values():
            bundle.ended = [row for row in bundle.rows if last[row["id"]] is bundle]
        if idle:
            await self._context.store.write(self._finished(idle, token, "No flow needs this."))
        return dict(bundles)

    def _notices(self, row: Row) -> Sequence[Notice]:
        connection = self._context.connections.get(row["connection"])
        if connection is None or connection.session.receiver is None:
            return ()
        return connection.session.receiver.notices(row["topic"], row["body"])

    async def _take_in(self, connection: str, kind: str, bundle: _Bundle, token: str) -> None:
        news = await news_of(self._context, connection, kind, bundle.hints)
        read_at = self._context.now()
        try:
            source = self._context.connection(connection).source(kind)
            with calling(Caller(lane=Lane.ORDERS if kind == "order" else Lane.READING, since=read_at)):
                records, bad = await read_apart(source, news)
            if news:
                await self._health.well(connection)
        except Trouble as trouble:
            await self._health.trouble(connection, trouble)
            await self._postpone(bundle.rows, token, trouble)
            return
        failpoint("intake.read")
        found = {record.external_id for record in records} | {each.external_id for each in bad}
        gone = [each for each in news if each not in found]
        taken = await self._mirror.absorb(connection, kind, records, read_at=read_at, gone=gone)
        steps = [*taken.steps, *park(self._flows, connection, kind, bad, self._context.micros())]
        for record, received_at in bundle.records:
            fat = await self._mirror.absorb(connection, kind, [record], read_at=from_micros(received_at))
            steps.extend(fat.steps)
        if bundle.ended:
            # One that was postponed meanwhile has lost its token and stays.
            steps.append(self._finished(bundle.ended, token, ""))
        await self._context.store.write(*steps)
        failpoint("intake.stored")
        self._context.stir.set()

    def _finished(self, rows: Sequence[Row], token: str, because: str) -> Step:
        now = self._context.micros()
        return Many(
            "finish_delivery", [{"id": row["id"], "token": token, "now": now, "because": because} for row in rows]
        )

    async def _postpone(self, rows: Sequence[Row], token: str, trouble: Trouble) -> None:
        """Leave deliveries for later: they are the only trace of a change until it is read."""
        now = self._context.now()
        values: list[dict[str, Any]] = []
        for row in rows:
            run_at = now + backoff.wait(row["attempts"] + 1)
            if isinstance(trouble, Throttled):
                run_at = trouble.retry_at
            elif isinstance(trouble, Held):
                run_at = trouble.until
            elif isinstance(trouble, NeedsOperator):
                run_at = now + timedelta(seconds=60)
            put_off = {"run_at": to_micros(run_at), "spends": 1, "because": str(trouble)}
            values.append({"id": row["id"], "token": token, **put_off})
        if values:
            await self._context.store.write(Many("postpone_delivery", values))


def _defect(bug: Exception) -> Trouble:
    return Trouble(f"Isthmus failed on this delivery: {type(bug).__name__}. The log has the details.")


def _due(waiting: Row | None, now: int) -> bool:
    return waiting is not None and waiting["run_at"] is not None and waiting["run_at"] <= now

"""Connections that are down: opened by whoever finds out, asked by one canary at a time, closed by its answer.

While one is open nothing calls it, no attempt is spent, and the horizon of what waits stands still. (R-RTY-03)
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from isthmus.engine.breaker import pause_s
from isthmus.engine.context import Context
from isthmus.engine.disposition import sentence
from isthmus.engine.flow import Flow
from isthmus.engine.hold import Hold, Why
from isthmus.engine.holds import CONNECTION, Holds, resumed
from isthmus.kit.clock import to_micros
from isthmus.kit.fresh import fresh_id
from isthmus.ports.errors import Trouble
from isthmus.ports.pace import Caller, calling
from isthmus.store.base import one
from isthmus.store.group import StoreError, Unexpected
from isthmus.store.statement import Row, Statement, listed, say

log = logging.getLogger("isthmus.engine")
LOOK_S = 1.0
#: A canary that says nothing for so long is taken for dead.
LEASE_S = 150


class Breakers:
    """Opens and closes the breakers of all connections."""

    def __init__(self, context: Context, holds: Holds, flows: Sequence[Flow]) -> None:
        """Listen to what the gates find out."""
        self._context = context
        self._holds = holds
        self._flows = flows
        self._opening: set[asyncio.Task[None]] = set()
        for connection in context.connections.values():
            connection.gate.tripped = lambda trouble, began, name=connection.name: self._tripped(name, trouble, began)

    def _tripped(self, connection: str, trouble: Trouble, began: datetime) -> None:
        """Stop calls at once; write it down as soon as possible."""
        gate = self._context.connection(connection).gate
        if any(each.why is Why.DOWN for each in gate.holds):
            return
        now = self._context.now()
        look = now + timedelta(seconds=pause_s(0, trouble.code))
        gate.holds = (*gate.holds, Hold(Why.DOWN, sentence(trouble), now, code=trouble.code, next_look=look))
        log.warning("%s counts as down: %s", connection, trouble)
        task = asyncio.create_task(self._open(connection, trouble, began, look))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open(self, connection: str, trouble: Trouble, began: datetime, look: datetime) -> None:
        flows = touching(self._flows, connection)
        what, now = CONNECTION + connection, self._context.micros()
        try:
            await self._context.store.write(
                say(
                    "open_breaker",
                    what=what,
                    code=trouble.code,
                    because=sentence(trouble),
                    now=now,
                    began_at=to_micros(began),
                    run_at=to_micros(look),
                    flows=listed(flows),
                ),
                say("refund_jobs", what=what, began_at=to_micros(began), flows=listed(flows)),
                say(
                    "connection_state",
                    name=connection,
                    state="trouble",
                    code=trouble.code,
                    because=sentence(trouble),
                    now=now,
                ),
            )
            await self._holds.refresh()
        except StoreError:
            log.exception("%s: that it is down could not be written down", connection)

    async def settle(self) -> None:
        """Wait until what was found out is written down."""
        await asyncio.gather(*self._opening)

    async def run(self) -> None:
        """Send a canary wherever one is due, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.step()
            except StoreError:
                log.exception("the store does not answer; looking again soon")

    async def step(self) -> int:
        """Send the canaries that are due and return how many were sent."""
        due = [
            name
            for name in self._context.connections
            if (hold := self._holds.down(name)) and hold.next_look and hold.next_look <= self._context.now()
        ]
        sent = [await self._canary(name) for name in due]
        return sum(sent)

    async def _canary(self, connection: str) -> bool:
        token, now = fresh_id(), self._context.micros()
        claim = say(
            "claim_canary",
            what=CONNECTION + connection,
            token=token,
            now=now,
            lease_until=now + LEASE_S * 1_000_000,
        )
        row = one((await self._context.store.write(claim))[0])
        if row is None:
            return False
        try:
            with calling(Caller(regardless=True)):
                await self._context.connection(connection).session.probe.ping()
        except Trouble as trouble:
            await self._failed(connection, row, token, trouble)
        except asyncio.CancelledError:
            await self._recall(row, token)
            raise
        except Exception as bug:
            log.exception("a defect while asking whether %s is there", connection)
            await self._failed(connection, row, token, Trouble(f"Isthmus failed on the answer: {type(bug).__name__}"))
        else:
            await close(self._context, connection)
        await self._holds.refresh()
        return True

    async def _failed(self, connection: str, row: Row, token: str, trouble: Trouble) -> None:
        look = self._context.now() + timedelta(seconds=pause_s(row["failures"] + 1, trouble.code))
        await self._context.store.write(
            say(
                "canary_failed",
                what=CONNECTION + connection,
                token=token,
                run_at=to_micros(look),
                spends=1,
                code=trouble.code,
                because=sentence(trouble),
            ),
            refund(row),
        )

    async def _recall(self, row: Row, token: str) -> None:
        """Let another process send the canary at once: this one stops, and its canary's word will not be heard."""
        kept = {"what": row["what"], "code": row["code"], "because": row["because"]}
        try:
            await self._context.store.write(
                say("canary_failed", token=token, run_at=self._context.micros(), spends=0, **kept)
            )
        except StoreError:
            log.exception("a canary could not be recalled; its lease ends by itself")


async def close(context: Context, connection: str) -> bool:
    """Let calls through again and everything that waited go on; return whether the connection counted as down."""
    what, now = CONNECTION + connection, context.micros()
    row = one([each for each in await context.store.read("holds") if (each["what"], each["why"]) == (what, Why.DOWN)])
    if row is None:
        return False
    try:
        # All of it or nothing: a hold that is gone tells nobody any more how long the others have waited.
        await context.store.write(
            say("drop_hold", expect=1, what=what, why=str(Why.DOWN)),
            refund(row),
            say("shift_horizon", by=now - row["since"], flows=row["flows"]),
            say("connection_state", name=connection, state="ok", code="", because="", now=now),
            *resumed(connection, now),
        )
    except Unexpected:  # somebody else was faster
        return False
    log.warning("%s answers again after %d s", connection, (now - row["since"]) // 1_000_000)
    context.connection(connection).gate.breaker.reset()
    context.stir.set()
    return True


def refund(row: Row) -> Statement:
    """Return the step that gives tries back, once more: some outcomes are written after the breaker was opened."""
    return say("refund_jobs", what=row["what"], began_at=row["began"], flows=row["flows"])


def touching(flows: Sequence[Flow], connection: str) -> list[str]:
    """Return the flows that come from or go to a connection."""
    return [flow.name for flow in flows if connection in (flow.source, flow.destination)]

"""Who is at work on a project, and who does what only one may do at a time."""

import asyncio
import logging
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from isthmus import __version__
from isthmus.engine.context import Context
from isthmus.kit.fresh import fresh_id
from isthmus.store.base import one
from isthmus.store.group import StoreError
from isthmus.store.statement import listed, say

log = logging.getLogger("isthmus.engine")
BEAT_S = 5.0
#: Whoever was not seen for so long is not at work any more.
LOST_S = 30
#: A duty somebody holds and does not renew is free after this.
DUTY_S = 120


@dataclass(frozen=True, slots=True)
class Me:
    """This process: a name nobody else has, what it does, and for which flows."""

    role: str
    flows: Sequence[str] = ()
    id: str = ""


class Presence:
    """Says that this process is there."""

    def __init__(self, context: Context, me: Me) -> None:
        """Begin now."""
        self._context = context
        self._me = me
        self.id = me.id or fresh_id()
        self._state = "working"

    async def run(self) -> None:
        """Say it until cancelled."""
        while True:
            try:
                await self.beat()
            except StoreError:
                log.exception("the store does not answer; saying again soon that this process is there")
            await asyncio.sleep(BEAT_S)

    async def beat(self) -> None:
        """Say it once, keep our part of every shared allowance, and forget who is gone."""
        now = self._context.micros()
        await self._context.store.write(
            say(
                "process_alive",
                id=self.id,
                role=self._me.role,
                host=socket.gethostname(),
                pid=os.getpid(),
                version=__version__,
                flows=listed(self._me.flows),
                now=now,
                state=self._state,
            ),
            say("drop_lost_processes", before=now - LOST_S * 1_000_000),
        )

    async def draining(self) -> None:
        """Say that this process takes nothing new."""
        self._state = "stopping"
        await self.beat()

    async def leave(self) -> None:
        """Say that it is gone."""
        await self._context.store.write(say("process_gone", id=self.id), say("leave_duty", holder=self.id))

    async def on_duty(self, name: str) -> bool:
        """Tell whether this process is the one that does `name` now; ask again while doing it."""
        now = self._context.micros()
        claim = say("claim_duty", name=name, holder=self.id, now=now, lease_until=now + DUTY_S * 1_000_000)
        return one((await self._context.store.write(claim))[0]) is not None

"""The pulse: every few minutes a glimpse at the shop's own list of orders, to see that each has reached us and goes on.

A webhook that never came, a subscription that was dropped, a reading that stopped and a flow that stands still all look
like a quiet hour from inside. The shop's list tells them apart, at any volume: it names what it took since the last
look, and a look with nothing new is one cheap call. (R-NTC-03, R-NOT-28)
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from isthmus.engine.context import Context
from isthmus.engine.disposition import sentence
from isthmus.engine.flow import Flow
from isthmus.engine.holds import Holds
from isthmus.engine.mirror import Absorbs
from isthmus.engine.unreadable import park, read_apart
from isthmus.kit.clock import from_micros, to_micros
from isthmus.ports.errors import Trouble
from isthmus.ports.listing import Glimpse, Glimpsed, Span
from isthmus.ports.pace import Caller, Lane, calling
from isthmus.store.base import one
from isthmus.store.group import StoreError
from isthmus.store.statement import Step, listed, say

log = logging.getLogger("isthmus.engine")
EVERY = timedelta(seconds=120)
#: What was taken a moment ago may still be on its way to us: webhooks take seconds, a reading a minute.
SETTLING = timedelta(seconds=75)
#: Search indexes lag and clocks differ: so much is looked at twice.
OVERLAP = timedelta(minutes=3)
#: Due work that nobody has taken up for so long stands still.
STILL = timedelta(minutes=3)
#: So far back the first look goes.
FIRST = timedelta(hours=1)
#: More than these are left to the reading by changes, which is hastened.
MOST_READ = 500
LOOK_S = 5.0
ORDER = "order"
NOT_READ = "The shop's list could not be read:"

OnDuty = Callable[[], Awaitable[bool]]


@dataclass(slots=True)
class Look:
    """What one look has shown. Everything counts orders taken since the look before."""

    listed: int = 0
    unheard: int = 0  # known here, though the shop sent no message
    unread: int = 0  # not known here until this look
    strange: int = 0  # and of these, what could not be understood
    stuck: int = 0  # known, due, and nobody works at it
    newest: Glimpse | None = None

    def verdict(self) -> tuple[str, str]:
        """Return a code and the words for people; both empty when all is well."""
        if self.stuck:
            return "stuck", f"{self.stuck} orders of the shop's list are due here and nobody works at them."
        if self.unread:
            because = f"{self.unread} orders stood in the shop's list and had not reached us; they were fetched."
            asked = f" {self.strange} of them cannot be read: see the questions." if self.strange else ""
            return "unread", f"{because}{asked} Webhooks and the regular reading both missed them."
        if self.unheard:
            because = (
                f"{self.unheard} of {self.listed} new orders came without a message from the shop; its list had them."
            )
            return "unheard", f"{because} `isthmus connect check` looks at the webhooks."
        return "", ""


class Pulse:
    """Looks at the list of every shop whose orders a flow carries."""

    def __init__(self, context: Context, flows: Sequence[Flow], mirror: Absorbs, holds: Holds) -> None:
        """Serve `flows`."""
        self._context = context
        self._mirror = mirror
        self._holds = holds
        self.flows = [flow for flow in flows if _carries(flow) and self._listing(flow) is not None]
        self.stopping = False

    async def run(self, on_duty: OnDuty) -> None:
        """Look in time until told to stop, where that is this process's duty."""
        due = 0.0
        while not self.stopping:
            if self.flows and asyncio.get_running_loop().time() >= due:
                try:
                    if await on_duty():
                        await self.look()
                except StoreError:
                    log.exception("the store does not answer; looking again soon")
                due = asyncio.get_running_loop().time() + LOOK_S
            await asyncio.sleep(1.0)

    async def look(self) -> None:
        """Look at every list whose turn it is."""
        rows = {row["flow"]: row for row in await self._context.store.read("pulses")}
        now = self._context.now()
        for flow in self.flows:
            row = rows.get(flow.name)
            if row is not None and now - from_micros(row["looked_at"]) < EVERY:
                continue
            if self._holds.connection(flow.source) is not None or not await self._read_once(flow):
                continue
            until = now - SETTLING
            since = from_micros(row["until"]) if row is not None else until - FIRST
            await self._look_at(flow, since, until)

    async def _read_once(self, flow: Flow) -> bool:
        """Tell whether the first reading is over: before it, everything in the list is new."""
        row = one(await self._context.store.read("stream", connection=flow.source, kind=ORDER))
        return row is not None and row["covered_at"] is not None

    async def _look_at(self, flow: Flow, since: datetime, until: datetime) -> None:
        listing = self._listing(flow)
        if listing is None:
            return
        look = Look()
        try:
            with calling(Caller(flow=flow.name, lane=Lane.READING, since=self._context.now())):
                async for some in listing.glimpses(Span(since - OVERLAP, until)):
                    await self._seen(flow, some, since, look)
        except Trouble as trouble:
            # How the connection is, others say; the next look begins where this one did.
            await self._keep(flow, since, look, (trouble.code, f"{NOT_READ} {sentence(trouble)}"))
            return
        except StoreError:
            raise
        except Exception as bug:
            log.exception("a defect while looking at the list of %s", flow.source)
            because = f"{NOT_READ} Isthmus failed on it: {type(bug).__name__}. The log has the details."
            await self._keep(flow, since, look, ("defect", because))
            return
        await self._keep(flow, until, look, look.verdict())

    async def _seen(self, flow: Flow, some: Sequence[Glimpse], since: datetime, look: Look) -> None:
        store, ids = self._context.store, listed(each.external_id for each in some)
        if not some:
            return
        new = {each.external_id for each in some if each.made_at >= since}
        known = await store.read("fingerprints", connection=flow.source, kind=ORDER, ids=ids)
        unread = {each.external_id for each in some} - {row["external_id"] for row in known}
        told = {row["external_id"] for row in await store.read("told_of", connection=flow.source, kind=ORDER, ids=ids)}
        jobs = await store.read("jobs_of", flow=flow.name, subjects=ids)
        still = to_micros(self._context.now() - STILL)
        held = self._holds.flow(flow.name, flow.destination) is not None
        look.listed += len(new)
        look.unread += len(unread)
        look.newest = some[-1]
        if await self._tells(flow.source):
            look.unheard += len(new - told - unread)
        if not held:
            look.stuck += sum(1 for row in jobs if row["state"] == "ready" and row["run_at"] < still)
        look.strange += await self._fetch(flow, sorted(unread))

    async def _tells(self, connection: str) -> bool:
        """Tell whether the shop sends messages at all: one that never did is read by looking only."""
        rows = await self._context.store.read("newest_delivery")
        return any(row["connection"] == connection and row["received_at"] is not None for row in rows)

    async def _fetch(self, flow: Flow, ids: Sequence[str]) -> int:
        """Take in what had not reached us; return how many of these could not be understood and are asked about."""
        if not ids:
            return 0
        store = self._context.store
        if len(ids) > MOST_READ:
            await store.write(
                say("hasten_stream", connection=flow.source, kind=ORDER, now=self._context.micros()),
            )
            return 0
        read_at = self._context.now()
        records, bad = await read_apart(self._context.connection(flow.source).source(ORDER), ids)
        taken = await self._mirror.absorb(flow.source, ORDER, records, read_at=read_at)
        steps = [*taken.steps, *park([flow], flow.source, ORDER, bad, self._context.micros())]
        if steps:
            await store.write(*steps)
            self._context.stir.set()
        return len(bad)

    async def _keep(self, flow: Flow, until: datetime, look: Look, verdict: tuple[str, str]) -> None:
        step: Step = say(
            "keep_pulse",
            flow=flow.name,
            now=self._context.micros(),
            until=to_micros(until),
            listed=look.listed,
            unheard=look.unheard,
            unread=look.unread,
            stuck=look.stuck,
            newest=look.newest.number if look.newest else "",
            newest_at=to_micros(look.newest.made_at) if look.newest else None,
            code=verdict[0],
            because=verdict[1],
        )
        await self._context.store.write(step)

    def _listing(self, flow: Flow) -> Glimpsed | None:
        connection = self._context.connections.get(flow.source)
        listing = connection.session.listings.get(ORDER) if connection else None
        return listing if isinstance(listing, Glimpsed) else None


def _carries(flow: Flow) -> bool:
    """Tell whether a flow brings the orders of its source, rather than only listening to them."""
    return any(each.kind == ORDER and each.connection == flow.source for each in flow.listens())

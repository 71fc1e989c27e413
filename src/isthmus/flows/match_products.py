"""Products of both sides are matched by SKU and bound, so that later a rename breaks nothing."""

import logging
from collections.abc import Sequence

from isthmus.engine.context import Context
from isthmus.engine.flow import Change, Listening, Reaction
from isthmus.engine.outcome import Outcome, Skipped
from isthmus.engine.work import Work
from isthmus.flows.settings import OrderSettings
from isthmus.ports.pace import Lane
from isthmus.store.statement import say

log = logging.getLogger("isthmus.flows")
#: Assortments change slowly, and a new SKU in an order is looked up at once anyway.
EVERY_S = 900


class MatchProducts:
    """One shop's variants and one ERP's."""

    lane = Lane.READING
    batch = 1
    concurrency = 1
    writes: Sequence[str] = ()

    def __init__(self, context: Context, settings: OrderSettings) -> None:
        """Serve the order flow of `settings`."""
        self.name = settings.products
        self.source = settings.source
        self.destination = settings.destination
        self._orders = settings.name
        self._several = bool(settings.ways)
        self._context = context

    def listens(self) -> Sequence[Listening]:
        """Read the variants of both sides."""
        return (Listening(self.source, "variant", EVERY_S), Listening(self.destination, "variant", EVERY_S))

    def react(self, change: Change) -> Reaction:  # noqa: ARG002 - matching is done for all at once
        """Wait for the end of the round."""
        return Reaction()

    async def after_round(self, connection: str, kind: str) -> None:
        """Bind what has the same SKU, once on each side; orders that waited for it go on."""
        if kind != "variant" or connection not in (self.source, self.destination):
            return
        now = self._context.micros()
        steps = [say("bind_by_number", kind="variant", here=self.source, there=self.destination, now=now)]
        if self._several:
            steps.append(say("join_by_number", kind="variant", here=self.source, there=self.destination))
        found = await self._context.store.write(*steps)
        if matched := {row["number"] for rows in found for row in rows}:
            log.info("%s: %d products matched by SKU", self.name, len(matched))
            await self._context.store.write(
                say("retry_jobs", flow=self._orders, code="unknown_sku", subject="", number="", now=now)
            )

    async def run(self, works: Sequence[Work]) -> Sequence[Outcome]:
        """Have no jobs of its own."""
        return [Skipped("no_jobs", "Products are matched for all at once.") for _ in works]

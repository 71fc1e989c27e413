"""Which of a shop's order flows takes an order, and that no two of them bring it to two ERPs."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from isthmus.canonical.order import Order
from isthmus.canonical.stock import Warehouse
from isthmus.engine.context import Context
from isthmus.engine.flow import Mark
from isthmus.engine.mirror import mark_jobs
from isthmus.engine.outcome import Parked, Skipped
from isthmus.engine.work import Work
from isthmus.flows.rounds import after_first_rounds
from isthmus.flows.settings import OrderSettings
from isthmus.mapping.errors import MappingError
from isthmus.policies.decision import Decision
from isthmus.policies.reasons import REASONS
from isthmus.policies.routing import Way, When, route
from isthmus.ports.errors import Unmapped
from isthmus.store.base import one
from isthmus.store.records import mirrored
from isthmus.store.statement import Step, listed, say

_ANSWERS = {
    "no_route": ("Let a flow take it, by its `when` in isthmus.toml, then retry", "Retry"),
    "several_routes": (
        "Move its goods to one place in the shop: it is looked at again",
        "Let one flow take orders of both places, by its `when` in isthmus.toml, then retry",
        "Retry",
    ),
}


class OrderRoutes:
    """Tells a flow which orders are its own. Where a shop has one order flow, all are."""

    def __init__(self, context: Context, settings: OrderSettings) -> None:
        """Serve the flow of `settings`."""
        self._context = context
        self._settings = settings
        self._ways = settings.ways

    async def refusal(self, work: Work, order: Order) -> Skipped | Parked | None:
        """Return why this flow leaves the order alone, or None. The flow that takes it is woken.

        Of what no flow takes the last flow of the shop asks. Raises `Later` before the shop's places are known.
        """
        if not self._ways and self._settings.mapping().when is None:
            return None
        if self._asks("warehouse"):
            await after_first_rounds(self._context, ((self._settings.source, "warehouse"),))
        decision = (await self._decided([order]))[order.external_id]
        if decision.value == self._settings.name:
            return None
        if decision.value is not None:
            await self._wake(work, decision.value, order)
            return Skipped("other_flow", f"{REASONS['other_flow']} It is {decision.value}.")
        if not self._last:
            return Skipped("other_flow", REASONS["other_flow"])
        because = f"{REASONS[decision.because]} It says {decision.detail}."
        return Parked(decision.because, because, _ANSWERS[decision.because])

    async def own_of_list(self, orders: Sequence[Order]) -> set[str]:
        """Return which orders of a list made for comparison are this flow's own.

        Such a list says neither who bought nor where it goes, so the mirror is asked for what the rules look at. An
        order that the mirror does not have is decided upon by what the list says.
        """
        if not self._ways and self._settings.mapping().when is None:
            return {order.external_id for order in orders}
        ids = listed(order.external_id for order in orders)
        rows = await self._context.store.read("records", connection=self._settings.source, kind="order", ids=ids)
        known = {row["external_id"]: mirrored(Order, row).record for row in rows}
        return await self.own([known.get(order.external_id, order) for order in orders])

    async def own(self, orders: Sequence[Order]) -> set[str]:
        """Return the ids of those orders that this flow takes, or asks about."""
        if not self._ways and self._settings.mapping().when is None:
            return {order.external_id for order in orders}
        mine = {self._settings.name, None} if self._last else {self._settings.name}
        return {order_id for order_id, decision in (await self._decided(orders)).items() if decision.value in mine}

    async def decided(self, order: Order) -> Decision[str | None] | None:
        """Return which flow takes an order, None where the shop has one flow that takes all."""
        if not self._ways and self._settings.mapping().when is None:
            return None
        return (await self._decided([order]))[order.external_id]

    def claim(self, order_id: str, key: str) -> Sequence[Step]:
        """Return the steps that keep the unit they are in from being written where another ERP has got the order."""
        others = sorted({way.destination for way in self._ways} - {self._settings.destination})
        if not others:
            return ()
        claiming = say(
            "claim_order",
            expect=1,
            shop=self._settings.source,
            order_id=order_id,
            destination=self._settings.destination,
            others=listed(others),
            key=key,
        )
        return claiming, claiming

    @property
    def _last(self) -> bool:
        return not self._ways or self._ways[-1].flow == self._settings.name

    def _asks(self, name: str) -> bool:
        return any(name in way.when.words for way in self._ways)

    async def _decided(self, orders: Sequence[Order]) -> Mapping[str, Decision[str | None]]:
        held = await self._held([order.external_id for order in orders])
        places = await self._places(orders)
        return {order.external_id: self._route(order, places, held.get(order.external_id, ())) for order in orders}

    def _route(self, order: Order, places: Mapping[str, str], held: Collection[str]) -> Decision[str | None]:
        settings = self._settings
        # A document that came to have a condition while the flow was running.
        alone = (Way(settings.name, settings.destination, When(rule=lambda each: settings.mapping().takes(each))),)
        try:
            return route(order, self._ways or alone, places, held)
        except (MappingError, Unmapped) as wrong:
            return Decision(None, "no_route", f"{wrong}")

    async def _held(self, ids: Sequence[str]) -> Mapping[str, set[str]]:
        """Return the ERPs that hold each order or may hold it."""
        rows = await self._context.store.read(
            "orders_held",
            shop=self._settings.source,
            ids=listed(ids),
            keys=listed(f"{self._settings.source}:{each}" for each in ids),
            destinations=listed(sorted({way.destination for way in self._ways} or {self._settings.destination})),
        )
        held: defaultdict[str, set[str]] = defaultdict(set)
        for row in rows:
            held[row["order_id"]].add(row["destination"])
        return held

    async def _places(self, orders: Sequence[Order]) -> Mapping[str, str]:
        """Return what the shop calls the places these orders ship from."""
        ids = sorted({line.warehouse for order in orders for line in order.lines if line.warehouse})
        if not ids or not self._asks("warehouse"):
            return {}
        rows = await self._context.store.read(
            "records", connection=self._settings.source, kind="warehouse", ids=listed(ids)
        )
        return {row["external_id"]: mirrored(Warehouse, row).record.name for row in rows}

    async def _wake(self, work: Work, flow: str, order: Order) -> None:
        """Mark the job of the flow that takes it, if that one has left it alone before: rules and orders change."""
        job = one(await self._context.store.read("job", flow=flow, subject=order.external_id))
        if job is None or (job["state"], job["code"]) == ("done", "other_flow"):
            work.also(mark_jobs([Mark(flow, order.external_id, order.number)], self._context.micros()))

"""Orders from the shop to the ERP: each exactly once, complete, and equal to the cent.

Key: connection and the shop's own order id; the order number people read goes to the ERP's
reference field. However often and in whatever order this runs, the ERP holds the newest state.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from isthmus.canonical.order import LineKind, Order, OrderStatus
from isthmus.engine.context import Context
from isthmus.engine.flow import Change, Listening, Mark, Reaction, Reading
from isthmus.engine.intents import earlier_try, never_arrived, put_once, second_look
from isthmus.engine.mirror import mark_jobs
from isthmus.engine.outcome import Ask, Done, Outcome, Parked, Skipped, Snoozed
from isthmus.engine.work import Work
from isthmus.flows.binding import Agreed, bind
from isthmus.flows.order_items import OrderItems
from isthmus.flows.order_parties import OrderParties, Pull
from isthmus.flows.order_places import OrderPlaces
from isthmus.flows.order_routes import OrderRoutes
from isthmus.flows.order_words import asking, mapping_of, reference_of, sold_of
from isthmus.flows.settings import OrderSettings
from isthmus.mapping.order_mapping import OrderMapping
from isthmus.mapping.orders import Resolved, ready
from isthmus.policies.importable import importable
from isthmus.policies.reasons import REASONS
from isthmus.policies.totals import difference
from isthmus.ports.errors import Contended, Unmapped
from isthmus.ports.pace import Lane
from isthmus.ports.sink import Key, Receipt
from isthmus.store.records import Held, Mirrored
from isthmus.store.statement import Many, Step, say

WAREHOUSES_EVERY_S = 3600
#: How often to look whether somebody in the ERP has approved an order.
UNCONFIRMED_WAIT = timedelta(minutes=5)
#: Instead of a variant, where several of one order bear the same SKU.
SEVERAL = "*"
#: What a person may say to an order that was removed in the ERP.
REMOVED = ("Write it again", "Leave it deleted", "If another one has taken its place, say which")
#: Why an order will not come to the ERP at all: nothing has to be kept for it.
NEVER_COMES = frozenset({"deleted_before_import", "test_order", "canceled_before_import"})


class OrdersToErp:
    """One shop's orders to one ERP."""

    lane = Lane.ORDERS
    batch = 1
    writes: Sequence[str] = ("order",)
    kind = "order"

    def __init__(self, context: Context, settings: OrderSettings, pull: Pull, stock_flows: Sequence[str]) -> None:
        """Mark the jobs of `stock_flows` when a confirmation changes what is free."""
        self.name = settings.name
        self.source = settings.source
        self.destination = settings.destination
        self.concurrency = settings.concurrency
        self._context = context
        self._settings = settings
        self._parties = OrderParties(context, settings, pull)
        self._items = OrderItems(context, settings)
        self._places = OrderPlaces(context, settings)
        self._routes = OrderRoutes(context, settings)
        self._stock_flows = stock_flows

    def unique(self, subject: str) -> str:
        """Return the key of an order in the ERP."""
        return f"{self.source}:{subject}"

    def listens(self) -> Sequence[Listening]:
        """Be told of orders, and look for them: webhooks get lost."""
        return (
            Listening(self.source, "order", self._settings.every_s),
            Listening(self.source, "warehouse", WAREHOUSES_EVERY_S),
            Listening(self.destination, "warehouse", WAREHOUSES_EVERY_S),
        )

    def react(self, change: Change) -> Reaction:
        """Mark the order, and count what it takes until the ERP has confirmed it."""
        if (change.connection, change.kind) != (self.source, "order") or not isinstance(change.record, Order):
            return Reaction()
        order = change.record
        return Reaction(
            marks=(Mark(self.name, order.external_id, order.number),),
            facts=taken_by(self.source, order, change.reading, gone=change.deleted),
        )

    async def after_round(self, connection: str, kind: str) -> None:
        """Look at the places again once they were read."""
        if kind == "warehouse" and connection in (self.source, self.destination):
            self._places.forget()

    async def run(self, works: Sequence[Work]) -> Sequence[Outcome]:
        """Make the ERP hold one order as the shop has it."""
        return [await self._tried(work) for work in works]

    async def _tried(self, work: Work) -> Outcome:
        """Bring one order. Raises `Contended` where it would ask for a row and the tables have changed meanwhile."""
        files = self._settings.files()
        try:
            return await self._bring(work)
        except (Ask, Unmapped) as asked:
            lacks = isinstance(asked, Unmapped) or asked.outcome.waits_for is not None
            if lacks and self._settings.files(look=True) != files:
                message = "The code tables have changed meanwhile."
                raise Contended(message) from asked
            raise

    async def _bring(self, work: Work) -> Outcome:
        unique = self.unique(work.job.subject)
        found = await self._context.standing(Order, self.source, work.job.subject, other=self.destination, key=unique)
        if found is None:
            return Skipped("gone", "The shop no longer knows this order.")
        order, bound, unanswered = found.record, found.held, found.unanswered
        if astray := await self._astray(work, found):
            return astray
        mapping = mapping_of(self._settings, work)
        key = Key(unique=unique, reference=reference_of(self._settings, mapping, order))
        erp = self._context.connection(self.destination)
        await second_look(self._context, work, erp, ("order", key), unanswered)
        if unanswered is not None and unanswered.left:
            work.also(*await self._forgotten(order))
            return Skipped("left", REASONS["left"])
        seen = None
        if bound is not None and bound.lost:
            bound, seen = None, await self._looked_for(work, found, bound, key)
        if bound is not None and bound.fingerprint == found.fingerprint and not found.deleted:
            return Done(f"{self.destination} holds it as {bound.number} already", order.number, changed=False)
        # An unanswered try may have landed: then the ERP holds the order, though nothing is bound yet.
        earlier = await earlier_try(self._context, erp, "order", key, unanswered) if bound is None else None
        landed = earlier.receipt if earlier is not None else seen
        held = bound.number if bound is not None else landed.number if landed is not None else None
        nowhere = held is None and earlier is None
        if refusal := await self._refused(work, found, held, key if nowhere else None):
            if refusal.code in NEVER_COMES:
                work.also(*await self._forgotten(order))
            if earlier is not None and landed is None:
                work.also(never_arrived(self._context, earlier))
            return refusal
        prepared = await self._prepare(order, mapping, there=held is not None)
        claim = self._routes.claim(order.external_id, unique)
        put = partial(put_once, self._context, work, erp, prepared, key=key, claim=claim)
        receipt = await put(unanswered=unanswered, held=bound)
        if not receipt.complete:
            return self._unconfirmed(work, found, receipt)
        work.also(bind(self._agreed(found, receipt), self._context.micros()), *await self._confirmed(order))
        return Done(f"{self.destination} holds it as {receipt.number}: {receipt.state}", order.number)

    async def _refused(
        self, work: Work, found: Mirrored[Order], held: str | None, look_for: Key | None
    ) -> Skipped | Parked | None:
        """Return why the order must not be written now, or None; with `look_for` it is not known to be in the ERP.

        An order is made in several steps, and the one at which a try was refused may be the last: before it is said
        never to have arrived, it is looked for. Its cancellation would be forgotten otherwise, and the goods leave.
        """
        refusal = self._refusal(found, held)
        if refusal is None or look_for is None or refusal.code not in NEVER_COMES:
            return refusal
        if not await self._context.store.read("intents_of", flow=self.name, subject=work.job.subject):
            return refusal
        left = await self._context.connection(self.destination).sink("order").find(look_for)
        return refusal if left is None else self._refusal(found, left.number)

    def _unconfirmed(self, work: Work, found: Mirrored[Order], receipt: Receipt) -> Snoozed:
        """Look again later: a draft that waits for an approval is not accepted (R-ORD-14)."""
        if self._settings.ways:
            # It is there all the same: no other flow may take it, whatever the rules say by then.
            work.also(bind(replace(self._agreed(found, receipt), fingerprint=""), self._context.micros()))
        because = f"{self.destination} holds it as {receipt.number} ({receipt.state}), not confirmed there yet."
        return Snoozed(self._context.now() + UNCONFIRMED_WAIT, "waits_for_erp", because)

    async def _astray(self, work: Work, found: Mirrored[Order]) -> Skipped | Parked | None:
        """Return why this is no order of this flow, or None."""
        astray = await self._routes.refusal(work, found.record)
        if isinstance(astray, Parked):
            # Of an order that goes nowhere anyway nobody is asked which way.
            return self._refusal(found, None) or astray
        return astray

    async def _looked_for(self, work: Work, found: Mirrored[Order], held: Held, key: Key) -> Receipt | None:
        """Look by reference for an order that the ERP said it holds and that its own list lacks.

        Raises `Ask` when it is not there: it was brought, so somebody has removed it.
        """
        seen = await self._context.connection(self.destination).sink("order").find(key)
        if seen is None and self._refusal(found, None) is None:
            because = (
                f"{self.destination} held it as {held.number or held.external_id} (id {held.external_id}) and said so "
                f"last at {held.said_at:%Y-%m-%d %H:%M} UTC. It was looked for by its reference {key.reference}, and "
                "nothing is found there: somebody has removed it."
            )
            raise Ask(Parked("gone", because, REMOVED))
        subject = work.job.subject
        work.also(say("unbind", kind="order", here=self.source, external_id=subject, there=self.destination))
        return seen

    def _agreed(self, found: Mirrored[Order], receipt: Receipt) -> Agreed:
        return Agreed(
            kind="order",
            source=self.source,
            external_id=found.record.external_id,
            number=found.record.number,
            fingerprint=found.fingerprint,
            destination=self.destination,
            receipt=receipt,
        )

    def _refusal(self, found: Mirrored[Order], held: str | None) -> Skipped | Parked | None:
        """Return why the order must not be written now, or None; `held` is its number in the ERP, if it is there."""
        order = found.record
        if found.deleted:
            if held is None:
                return Skipped("deleted_before_import", REASONS["deleted_before_import"])
            because = f"The order was deleted in the shop, but the ERP holds it as {held}."
            return Parked("deleted_after_import", because, ("Cancel it in the ERP", "Leave it as it is"))
        decision = importable(order, self._settings.policy, known=held is not None)
        if not decision.value:
            return Skipped(decision.because, f"{REASONS[decision.because]} {decision.detail}".strip())
        # A canceled order keeps what was charged; only what is still to be delivered must add up.
        if order.status is not OrderStatus.CANCELED and (gap := difference(order)):
            return Parked("total_unexplained", gap, ("Correct the order in the shop: it is tried again", "Retry"))
        return None

    async def _prepare(self, order: Order, mapping: OrderMapping, *, there: bool) -> Order:
        sold = sold_of(mapping, order)
        items = await self._items.of(sold)
        parties = await self._parties.of(order, sold, mapping)
        with asking():
            otherwise = mapping.warehouse(order)
        warehouses = await self._places.of(order, otherwise)
        resolved = Resolved(
            customer_ref=parties.customer_ref,
            billing_ref=parties.billing_ref,
            shipping_ref=parties.shipping_ref,
            items=items,
            warehouses=warehouses,
        )
        prepared = ready(sold, resolved, self._settings.tables, self._settings.zone)
        with asking():
            return mapping.then(order, prepared, skip=self.destination if there else "")

    async def _confirmed(self, order: Order) -> list[Step]:
        now = self._context.micros()
        # Also for a cancellation: the moment it was confirmed is what makes stock be read again.
        return [
            say("confirm_order", connection=self.source, order_id=order.external_id, now=now),
            Many("confirm_in_flight", [{**row, "now": now} for row in _rows(self.source, order, "confirmed")]),
            *await self._looked_at(order),
        ]

    async def _forgotten(self, order: Order) -> list[Step]:
        forget = say("clear_in_flight", connection=self.source, order_id=order.external_id)
        return [forget, *await self._looked_at(order)]

    async def _looked_at(self, order: Order) -> list[Step]:
        """Return the steps after which the stock of what was ordered is looked at, whatever it is called by now."""
        names = await self._items.names(order)
        marks = [Mark(flow, sku, sku, hot=True) for flow in self._stock_flows for sku in names]
        return [mark_jobs(marks, self._context.micros())] if marks else []


def taken_by(connection: str, order: Order, reading: Reading, *, gone: bool) -> Sequence[Step]:
    """Return the steps that write down what an order takes from stock, replacing what it took before.

    They do nothing where the mirror holds another reading by then.
    """
    held: dict[str, Any] = {"read_at": reading.read_at, "fingerprint": reading.fingerprint}
    steps: list[Step] = [say("drop_in_flight", connection=connection, order_id=order.external_id, **held)]
    rows = [] if gone else [{**row, **held} for row in _wanted(connection, order)]
    return [*steps, Many("set_in_flight", rows)] if rows else steps


def _wanted(connection: str, order: Order) -> list[dict[str, Any]]:
    """Return what an order takes and of which items, as migration 0008 says."""
    items: dict[tuple[str, str], set[str]] = {}
    for line in order.lines:
        items.setdefault((line.sku, line.warehouse), set()).add(line.variant_ref)
    rows: list[dict[str, Any]] = []
    for row in _rows(connection, order, "wanted"):
        some = items[row["sku"], row["place"]]
        rows.append({**row, "item": next(iter(some)) if len(some) == 1 else SEVERAL, "pooled": ""})
        if len(some) > 1:
            pointers = [(item, f"{row['sku']}\n{item}") for item in sorted(some) if item]
            rows += [{**row, "sku": key, "wanted": "0", "item": item, "pooled": row["sku"]} for item, key in pointers]
    return rows


def _rows(connection: str, order: Order, column: str) -> list[dict[str, Any]]:
    """Return what an order takes from each place, by SKU."""
    taken: dict[tuple[str, str], Decimal] = {}
    if order.is_test or order.status is OrderStatus.CANCELED:
        return []
    for line in order.lines:
        if line.kind is LineKind.GOODS and line.sku and line.quantity:
            place = (line.sku, line.warehouse)
            # Shipped or not: until the ERP has confirmed it, the ERP still counts the goods as free.
            taken[place] = taken.get(place, Decimal(0)) + line.quantity.value
    return [
        {"connection": connection, "order_id": order.external_id, "sku": sku, "place": place, column: f"{quantity:f}"}
        for (sku, place), quantity in taken.items()
    ]

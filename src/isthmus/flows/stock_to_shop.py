"""Stock from the ERP to the shop: what can really be sold, and never more.

One job per SKU. A figure is lowered at once; it is raised only when every sale up to the moment
the shop's own figure was read is known here, and only if that figure has not moved since
(compare-and-set). So stock that was just sold is never put back on sale.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from isthmus.canonical.order import Order
from isthmus.canonical.product import Variant
from isthmus.canonical.quantity import Quantity
from isthmus.canonical.stock import StockLevel
from isthmus.engine.context import Context
from isthmus.engine.failpoints import failpoint
from isthmus.engine.flow import Change, Listening, Mark, Reaction
from isthmus.engine.mirror import Absorbs, mark_jobs
from isthmus.engine.outcome import Done, Outcome, Parked, Skipped, Snoozed
from isthmus.engine.rounds import next_round
from isthmus.engine.work import Work
from isthmus.flows.rounds import after_first_rounds
from isthmus.flows.settings import StockSettings
from isthmus.flows.stock_figures import Figures, StockFigures, Target, targets
from isthmus.flows.stock_places import StockPlaces
from isthmus.kit.clock import from_micros
from isthmus.mapping.errors import MappingError
from isthmus.policies.reasons import REASONS
from isthmus.ports.errors import Contended, Trouble, Unmapped
from isthmus.ports.pace import Lane
from isthmus.ports.sink import Key, Put
from isthmus.store.base import one
from isthmus.store.records import Mirrored, record_values
from isthmus.store.statement import Many, say

#: What sells and where changes slowly; figures and orders are read in the flow's own rhythm.
ASSORTMENT_EVERY_S = 900
UNANSWERED = ("Change the row of the mapping, then retry", "Retry")
#: The next round of orders wakes a job that waits for it; this is only the latest moment.
LATEST = timedelta(minutes=2)


@dataclass(slots=True)
class Wish:
    """One figure to write for one job."""

    work: Work
    put: Put[StockLevel]
    target: Target


@dataclass(frozen=True, slots=True)
class OrdersKnown:
    """Until when every order of the shop is known here, and what to wait for to know more."""

    until: datetime | None
    next_round: str | None


class StockToShop:
    """One ERP's stock to one shop."""

    lane = Lane.STOCK
    concurrency = 2
    writes: Sequence[str] = ("stock_level",)

    def __init__(self, context: Context, settings: StockSettings, mirror: Absorbs) -> None:
        """Publish into the shop of `settings`."""
        self.name = settings.name
        self.source = settings.source
        self.destination = settings.destination
        # As many as one call takes: a limit is used up by calls, hardly by what is in them.
        sink = context.connection(self.destination).session.sinks.get("stock_level")
        self.batch = sink.batch if sink else 1
        self._context = context
        self._settings = settings
        self._figures = StockFigures(context, settings, mirror)
        self._places = StockPlaces(context, settings)
        #: Figures that wait to be raised: as they stand in the shop, and since when.
        self._waiting: dict[str, tuple[str, datetime]] = {}
        # The longest reading first: who waits for it finds all the others done, and is woken once.
        self._needs = (
            (self.destination, "stock_level"),
            (self.destination, "variant"),
            (self.destination, "warehouse"),
            (self.source, "warehouse"),
        )

    def listens(self) -> Sequence[Listening]:
        """Read the ERP's figures and the shop's own, and the shop's orders in between."""
        return (
            Listening(self.source, "stock_level", self._settings.every_s),
            Listening(self.destination, "stock_level", self._settings.every_s),
            Listening(self.destination, "order", self._settings.every_s),
            Listening(self.source, "variant", ASSORTMENT_EVERY_S),
            Listening(self.destination, "variant", ASSORTMENT_EVERY_S),
            Listening(self.source, "warehouse", ASSORTMENT_EVERY_S),
            Listening(self.destination, "warehouse", ASSORTMENT_EVERY_S),
        )

    def react(self, change: Change) -> Reaction:
        """Mark the SKUs a change concerns, in the ERP's spelling."""
        record = change.record
        if isinstance(record, StockLevel) and change.connection == self.source:
            return Reaction(marks=(Mark(self.name, record.sku, record.sku),) if record.sku else ())
        if isinstance(record, Variant) and change.connection == self.source:
            return Reaction(marks=(Mark(self.name, record.sku, record.sku),) if record.sku else ())
        if change.connection != self.destination:
            return Reaction()
        if isinstance(record, StockLevel | Variant):
            skus = {record.sku}
        elif isinstance(record, Order):
            skus = {line.sku for line in record.lines}
        else:
            return Reaction()
        erp = sorted(self._settings.tables.sku(sku) for sku in skus if sku)
        # What was just sold is told before what only changed in the ERP's books.
        return Reaction(marks=[Mark(self.name, sku, sku, hot=isinstance(record, Order)) for sku in erp])

    async def after_round(self, connection: str, kind: str) -> None:  # noqa: ARG002 - of any ERP beside ours, too
        """Forget which place is which after places were read."""
        if kind == "warehouse":
            self._places.forget()

    async def run(self, works: Sequence[Work]) -> Sequence[Outcome | Trouble]:
        """Publish what these SKUs have to offer."""
        await after_first_rounds(self._context, self._needs)
        places = await self._places.known()
        found = await self._figures.of([work.job.subject for work in works], places)
        outcomes: dict[int, Outcome | Trouble] = {}
        wishes: list[Wish] = []
        orders = await self._orders_known()
        for work in works:
            wanted, outcome = self._decide(work, found[work.job.subject], places, orders)
            wishes.extend(wanted)
            if outcome is not None:
                outcomes[work.job.id] = outcome
        if any(isinstance(each, Snoozed) and each.waits_for for each in outcomes.values()):
            await self._context.store.write(
                say(
                    "hasten_stream",
                    connection=self.destination,
                    kind="order",
                    now=self._context.micros(),
                )
            )
        await self._publish(wishes, outcomes)
        return [outcomes[work.job.id] for work in works]

    def _decide(
        self, work: Work, figures: Figures, places: dict[str, str], orders: OrdersKnown
    ) -> tuple[list[Wish], Outcome | None]:
        """Return the figures to write for one SKU; with an outcome, where writing them is not all there is to do."""
        if figures.called:
            work.also(mark_jobs([Mark(self.name, figures.called, figures.called, hot=True)], self._context.micros()))
            return [], Skipped("other_name", f"{REASONS['other_name']} It is {figures.called}.")
        if figures.variant is None:
            return [], Skipped("not_in_shop", "The shop does not sell this SKU.")
        if not figures.levels:
            return [], Skipped("not_in_erp", "The ERP keeps no stock of this SKU; the shop keeps its own figure.")
        if any(level.record.on_hand is None for level in figures.levels):
            because = "The ERP does not say how many there are; the shop keeps its last figure."
            return [], Parked("stock_unknown", because, ("Look at the item in the ERP", "Retry"))
        wishes: list[Wish] = []
        waiting: Snoozed | None = None
        try:
            wanted = targets(figures, places, self._settings)
            if revision := self._settings.mapping().revision:
                work.note(f"mapping {revision}")
        except (MappingError, Unmapped) as wrong:
            # The shop keeps its last figure: what is sold meanwhile lowers it there.
            return [], Parked("mapping_failed", f"{REASONS['mapping_failed']} {wrong}", UNANSWERED)
        for target in wanted:
            base = figures.offers.get(target.place)
            now_offered = _offered(base)
            if now_offered == target.quantity or (base is None and target.quantity == 0):
                continue
            if target.quantity > (now_offered or Decimal(0)) and not self._safe(base, orders.until):
                # What is to be lowered in another place is lowered now all the same.
                waiting = self._until_known(base, orders)
                continue
            if base is not None:
                self._waiting.pop(base.record.external_id, None)
            work.note(f"{target.sum} = {target.quantity:f} ({REASONS[target.because]})")
            wishes.append(self._wish(work, figures, target, base))
        if waiting is not None or wishes:
            return wishes, waiting
        return [], Done("The shop offers the right figure already.", changed=False)

    def _until_known(self, base: Mirrored[StockLevel] | None, orders: OrdersKnown) -> Snoozed:
        because = "Raised only once all sales up to the shop's own figure are known."
        now = self._context.now()
        listed_at = now if base is None else self._stands_since(base) + self._lag()
        if listed_at > now:
            # A round that begins earlier could still miss the newest sale: the shop lists it late.
            return Snoozed(listed_at, "waits_for_orders", because)
        return Snoozed(now + LATEST, "waits_for_orders", because, waits_for=orders.next_round)

    def _safe(self, base: Mirrored[StockLevel] | None, covered: datetime | None) -> bool:
        """Tell whether every sale the shop's figure contains is known here."""
        if covered is None:
            return False
        return base is None or self._stands_since(base) <= covered

    def _stands_since(self, base: Mirrored[StockLevel]) -> datetime:
        """Return when the shop's figure was first read as it is now, as far as this process remembers.

        Each reading of the same figure is younger than the one before. Where figures are read more often than the shop
        takes to list a sale, the newest one would never be old enough.
        """
        external_id = base.record.external_id
        known = self._waiting.get(external_id)
        if known is None or known[0] != base.fingerprint or known[1] > base.read_at:
            self._waiting[external_id] = known = (base.fingerprint, base.read_at)
        return known[1]

    def _lag(self) -> timedelta:
        """Return how long the shop may take to list a sale that its stock figure contains already."""
        return self._context.connection(self.destination).settle

    def _wish(self, work: Work, figures: Figures, target: Target, base: Mirrored[StockLevel] | None) -> Wish:
        variant = figures.variant
        sku, item = (variant.sku, variant.stock_ref) if variant else (figures.sku, "")
        quantity = Quantity(target.quantity)
        if base is None:
            fresh = StockLevel(
                external_id=f"{item}@{target.place}",
                connection=self.destination,
                number=sku,
                sku=sku,
                warehouse=target.place,
                item_ref=item,
                available=quantity,
                read_at=self._context.now(),
            )
            return Wish(work, Put(fresh, Key(f"{self.destination}:{fresh.external_id}", sku)), target)
        # The moment of the decision: 5, then 0, then 5 again are three different writes.
        record = msgspec.structs.replace(base.record, available=quantity, read_at=self._context.now())
        key = Key(f"{self.destination}:{record.external_id}", sku)
        return Wish(work, Put(record, key, base=base.record), target)

    async def _publish(self, wishes: Sequence[Wish], outcomes: dict[int, Outcome | Trouble]) -> None:
        if not wishes:
            return
        sink = self._context.connection(self.destination).sink("stock_level")
        for start in range(0, len(wishes), sink.batch):
            part = wishes[start : start + sink.batch]
            answers = await sink.put_many([wish.put for wish in part])
            failpoint("stock.pushed")
            stale: list[str] = []
            for wish, answer in zip(part, answers, strict=True):
                if isinstance(answer, Contended):
                    stale.append(wish.put.record.external_id)
                self._settle(wish, answer, outcomes)
            if stale:
                await self._figures.refresh(self.destination, stale)

    def _settle(self, wish: Wish, answer: object, outcomes: dict[int, Outcome | Trouble]) -> None:
        job, target = wish.work.job.id, wish.target
        if isinstance(answer, Trouble):
            outcomes[job] = answer
            return
        values = record_values(self.destination, "stock_level", wish.put.record, self._context.now())
        wish.work.also(Many("store_record", [values]))
        if job not in outcomes:
            outcomes[job] = Done(f"{target.quantity:f} offered: {REASONS[target.because]}", wish.put.record.sku)

    async def _orders_known(self) -> OrdersKnown:
        row = one(await self._context.store.read("stream", connection=self.destination, kind="order"))
        if row is None or row["covered_at"] is None:
            return OrdersKnown(None, next_round(row) if row else None)
        return OrdersKnown(from_micros(row["covered_at"]) - self._lag(), next_round(row))


def _offered(base: Mirrored[StockLevel] | None) -> Decimal | None:
    return None if base is None or base.record.available is None else base.record.available.value

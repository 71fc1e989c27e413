"""How much a storefront may be told there is."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from isthmus.canonical.stock import StockLevel
from isthmus.policies.decision import Decision

NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Pending:
    """What one order takes from one place: `wanted` now, `confirmed` by the ERP at `confirmed_at`."""

    wanted: Decimal
    confirmed: Decimal = NONE
    confirmed_at: datetime | None = None

    def in_flight(self, figure_read_at: datetime) -> Decimal:
        """Return what the ERP's figure read at that time cannot contain yet.

        A figure whose reading began before the confirmation may or may not contain it: then the
        whole order counts, because selling too little for a minute is the smaller harm.
        """
        if self.confirmed_at is None:
            return max(NONE, self.wanted)
        if self.confirmed_at >= figure_read_at:
            return max(self.wanted, self.confirmed)
        return max(NONE, self.wanted - self.confirmed)


def sellable(
    level: StockLevel, *, in_flight: Decimal, safety: Decimal = NONE, ceiling: Decimal | None = None
) -> Decision[Decimal]:
    """Return the quantity to publish for one place, in the item's unit, never negative. (R-AVL-01..03)

    `ceiling` is the most that may be advertised, whatever there is.
    `level.on_hand` must be known; a source that did not state it is the caller's question.
    """
    on_hand = level.on_hand.value if level.on_hand else NONE
    held = level.allocated.value + level.reserved.value + level.damaged.value + level.quarantined.value
    kept = safety + level.safety_stock.value
    free = on_hand - held - in_flight - kept
    detail = f"{on_hand:f} on hand - {held:f} held - {in_flight:f} in flight - {kept:f} safety"
    if on_hand < 0:
        return Decision(NONE, "negative_on_hand", detail)
    if ceiling is not None and free > ceiling:
        return Decision(ceiling.quantize(Decimal(1), "ROUND_DOWN"), "capped", f"{detail}, at most {ceiling:f}")
    if free > 0:
        return Decision(free.quantize(Decimal(1), "ROUND_DOWN"), "free_stock", detail)
    if on_hand == 0:
        return Decision(NONE, "sold_out", detail)
    return Decision(NONE, "kept_back" if free + kept > 0 else "spoken_for", detail)

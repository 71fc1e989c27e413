"""How much of a product there is: on hand, free, coming, leaving; everywhere or in one place.

The place comes from the context: `location`, or `warehouse` (until 17) / `warehouse_id` (since 18).
A wrong key is silently ignored and answers for all warehouses.
Source: `stock/models/product.py` (19.0).
"""

from collections.abc import Iterable
from decimal import Decimal

from isthmus.simulators.odoo import versions
from isthmus.simulators.odoo.orm.fields import ZERO, Row
from isthmus.simulators.odoo.orm.reading import Reading
from isthmus.simulators.shapes import listed

#: states of moves that are still to come
OPEN = ("waiting", "confirmed", "assigned", "partially_available")
STOCKED = ("internal", "transit")
QUANTITIES = frozenset({"qty_available", "free_qty", "virtual_available", "incoming_qty", "outgoing_qty"})


class Availability(Reading):
    """Quantities of variants; a template adds up its variants."""

    _remembered: frozenset[int] | None = None

    def shown(self, ids: Iterable[int], names: Iterable[str] | None, load: str | None = "_classic_read") -> list[Row]:
        """Return records; all of them vanish when quantities of an unknown warehouse are asked for."""
        names = list(names) if names else None
        if self._lost() and (names is None or not QUANTITIES.isdisjoint(names)):
            return []
        return super().shown(ids, names, load)

    def _lost(self) -> bool:
        wanted = listed(self.env.context.get(self._place_key()))
        known = self.env.table("stock.warehouse").rows
        return any(isinstance(item, int) and item not in known for item in wanted)

    def _place_key(self) -> str:
        return "warehouse_id" if self.env.version >= versions.WAREHOUSE_ID_KEY else "warehouse"

    def places(self) -> frozenset[int] | None:
        """Return the locations the context asks about, `None` for all of our own."""
        context = self.env.context
        locations = self.env["stock.location"]
        if wanted := listed(context.get("location")):
            found = {i for item in wanted for i in (locations.named(item) if isinstance(item, str) else [item])}
            return locations.family(found, up=False)
        wanted = listed(context.get(self._place_key()))
        if not wanted:
            return None
        warehouses = self.env["stock.warehouse"]
        ids = {i for item in wanted for i in (warehouses.named(item) if isinstance(item, str) else [item])}
        known = self.env.table("stock.warehouse").rows
        return locations.family({known[i]["view_location_id"] for i in ids if i in known}, up=False)

    def _ours(self) -> frozenset[int]:
        # Remembered for the call: a page of products asks the same question 200 times.
        if self._remembered is None:
            places = self.places()
            if places is None:
                warehouses = self.env.table("stock.warehouse").rows.values()
                roots = {w["view_location_id"] for w in warehouses}
                places = self.env["stock.location"].family(roots, up=False)
            self._remembered = places
        return self._remembered

    def quantities(self, variant_id: int) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        """Return on hand, reserved, incoming and outgoing of a variant in the places asked about."""
        ours = self._ours()
        quants, moves = self.env.table("stock.quant"), self.env.table("stock.move")
        on_hand = reserved = incoming = outgoing = ZERO
        for record_id in quants.where("product_id", variant_id):
            quant = quants.rows[record_id]
            if quant["location_id"] in ours:
                on_hand += quant["quantity"]
                reserved += quant["reserved_quantity"]
        for record_id in moves.where("open_product_id", variant_id):
            move = moves.rows[record_id]
            source, target = move["location_id"] in ours, move["location_dest_id"] in ours
            if source and not target:
                outgoing += move["product_uom_qty"]
            elif target and not source:
                incoming += move["product_uom_qty"]
        return on_hand, reserved, incoming, outgoing

    def _summed(self, row: Row) -> tuple[Decimal, ...]:
        if self.name == "product.product":
            return self.quantities(row["id"])
        variants = self.env.table("product.product").where("product_tmpl_id", row["id"])
        parts = [self.quantities(i) for i in variants]
        return tuple(sum((part[n] for part in parts), ZERO) for n in range(4))

    def _compute_qty_available(self, row: Row) -> Decimal:
        return self._summed(row)[0]

    def _compute_free_qty(self, row: Row) -> Decimal:
        on_hand, reserved, _, _ = self._summed(row)
        return on_hand - reserved

    def _compute_incoming_qty(self, row: Row) -> Decimal:
        return self._summed(row)[2]

    def _compute_outgoing_qty(self, row: Row) -> Decimal:
        return self._summed(row)[3]

    def _compute_virtual_available(self, row: Row) -> Decimal:
        on_hand, _, incoming, outgoing = self._summed(row)
        return on_hand + incoming - outgoing

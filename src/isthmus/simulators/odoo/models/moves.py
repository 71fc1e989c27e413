"""stock.move: one product on its way, with what is reserved for it.

17 replaced `quantity_done` and `reserved_availability` by `quantity` and the tick `picked`. Inside,
`quantity` is what will be moved and `reserved` what quants hold for it.
"""

from decimal import Decimal

from isthmus.simulators.odoo import versions
from isthmus.simulators.odoo.models.availability import OPEN, STOCKED
from isthmus.simulators.odoo.models.quant import Quant
from isthmus.simulators.odoo.orm.fields import (
    ZERO,
    Row,
    boolean,
    char,
    computed,
    decimal,
    integer,
    many2one,
    moment,
    selection,
)
from isthmus.simulators.odoo.orm.model import Model
from isthmus.simulators.odoo.orm.records import call_time

STATES = {
    "draft": "New",
    "waiting": "Waiting Another Move",
    "confirmed": "Waiting",
    "partially_available": "Partially Available",
    "assigned": "Available",
    "done": "Done",
    "cancel": "Cancelled",
}


class Move(Model):
    """stock.move."""

    name = "stock.move"
    title = "Stock Move"
    order = "sequence, id"
    HIDDEN = {"reserved": ZERO, "open_product_id": None}  # noqa: RUF012 - never changed
    INDEXED = ("open_product_id",)  # the product while the move is still to come
    FIELDS = (
        char("name", "Description", until=18),
        char("reference", "Reference", related="picking_id.name", readonly=True),
        char("origin", "Source Document"),
        integer("sequence", "Sequence", default=10),
        many2one("product_id", "product.product", "Product", required=True, index=True),
        decimal("product_uom_qty", "Demand", required=True, digits=2),
        many2one("product_uom", "uom.uom", "Unit", related="product_id.uom_id", readonly=True),
        decimal("quantity", "Quantity", digits=2, since=17, setter="_set_quantity"),
        decimal("quantity_done", "Quantity Done", digits=2, until=16, column="quantity"),
        computed(decimal, "reserved_availability", "Quantity Reserved", until=16),
        boolean("picked", "Picked", since=17),
        many2one("location_id", "stock.location", "Source Location", required=True, index=True),
        many2one("location_dest_id", "stock.location", "Intermediate Location", required=True),
        many2one("picking_id", "stock.picking", "Transfer", index=True),
        many2one("picking_type_id", "stock.picking.type", "Operation Type", related="picking_id.picking_type_id"),
        many2one("sale_line_id", "sale.order.line", "Sale Line", index=True),
        many2one("partner_id", "res.partner", "Destination Address"),
        many2one("origin_returned_move_id", "stock.move", "Origin return move", index=True),
        selection("state", "Status", STATES, default="draft", readonly=True, index=True),
        moment("date", "Date Scheduled", default=call_time),
        many2one("company_id", "res.company", "Company", default=1),
    )

    def _compute_display_name(self, row: Row) -> str:
        return self.env["product.product"].label(row["product_id"])

    def _compute_reserved_availability(self, row: Row) -> Decimal:
        return row["reserved"]

    def _set_quantity(self, row: Row, value: Decimal) -> None:
        """Reserve as much of the new quantity as there is."""
        self.change([row["id"]], quantity=value)
        if row["state"] in OPEN and self.tracked(row):
            self._hold(row, min(value, row["reserved"] + max(self.free(row), ZERO)))

    def tracked(self, row: Row) -> bool:
        """Whether quants count the product: storable goods only."""
        variants: Row = self.env.table("product.product").rows[row["product_id"]]
        return self.env.table("product.template").rows[variants["product_tmpl_id"]]["stored_goods"]

    def free(self, row: Row) -> Decimal:
        """Return what nobody else holds at the move's source; unlimited outside our own places."""
        if self.env.table("stock.location").rows[row["location_id"]]["usage"] not in STOCKED or not self.tracked(row):
            return row["product_uom_qty"]
        quant = self.env.of(Quant).at(row["product_id"], row["location_id"])
        return quant["quantity"] - quant["reserved_quantity"] if quant else ZERO

    def _hold(self, row: Row, reserved: Decimal) -> None:
        """Make `reserved` the quantity that quants hold for this move."""
        source = self.env.table("stock.location").rows[row["location_id"]]
        if self.tracked(row) and source["usage"] in STOCKED and reserved != row["reserved"]:
            self.env.of(Quant).add(row["product_id"], row["location_id"], ZERO, reserved - row["reserved"])
        self.change([row["id"]], reserved=reserved)

    def reserve(self, ids: list[int]) -> None:
        """Confirm moves and reserve what there is for them, partly when short."""
        for record_id in ids:
            row = self.row(record_id)
            if row["state"] in ("done", "cancel"):
                continue
            wanted = row["product_uom_qty"]
            self._hold(row, max(ZERO, min(wanted, row["reserved"] + max(self.free(row), ZERO))))
            if self.env.version >= versions.PICKED_FLAG and not row["picked"]:
                self.change([record_id], quantity=row["reserved"])
            state = (
                "assigned" if row["reserved"] >= wanted else "partially_available" if row["reserved"] else "confirmed"
            )
            self.change([record_id], state=state, open_product_id=row["product_id"])

    def cancel(self, ids: list[int]) -> None:
        """Give up moves that are not done and what was reserved for them."""
        for record_id in ids:
            row = self.row(record_id)
            if row["state"] in ("done", "cancel"):
                continue
            self._hold(row, ZERO)
            self.change([record_id], state="cancel", quantity=ZERO, open_product_id=None)

    def finish(self, row: Row, done: Decimal) -> None:
        """Move `done` units now."""
        if self.tracked(row):
            quants = self.env.of(Quant)
            held = row["reserved"]
            quants.add(row["product_id"], row["location_id"], -done, -held)
            quants.add(row["product_id"], row["location_dest_id"], done)
        self.change(
            [row["id"]],
            state="done",
            quantity=done,
            product_uom_qty=done,
            reserved=ZERO,
            open_product_id=None,
            date=self.env.now,
        )
        if self.env.version >= versions.PICKED_FLAG:
            self.change([row["id"]], picked=True)
        self.settle(row["product_id"], row["location_id"])
        self.settle(row["product_id"], row["location_dest_id"])

    def settle(self, product_id: int, location_id: int) -> None:
        """Follow a changed quantity: newest promises are freed when short, oldest get what came."""
        quant = self.env.of(Quant).at(product_id, location_id)
        if quant is None:
            return
        free = quant["quantity"] - quant["reserved_quantity"]
        rows = self.table.rows
        waiting = [i for i in self.table.where("open_product_id", product_id) if rows[i]["location_id"] == location_id]
        if free > ZERO:
            self.reserve([i for i in waiting if rows[i]["state"] in ("confirmed", "partially_available")])
        for record_id in reversed(waiting):
            if free >= ZERO:
                break
            row = rows[record_id]
            freed = min(row["reserved"], -free)
            self._hold(row, row["reserved"] - freed)
            free += freed
            state = "partially_available" if row["reserved"] else "confirmed"
            self.change([record_id], state=state if freed else row["state"], quantity=row["reserved"])

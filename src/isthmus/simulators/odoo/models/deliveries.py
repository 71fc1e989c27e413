"""From a confirmed order to its shipment, and delivery methods."""

from decimal import Decimal

from isthmus.simulators.odoo.models.moves import Move
from isthmus.simulators.odoo.models.picking import Picking
from isthmus.simulators.odoo.models.product import SERVICE, Product
from isthmus.simulators.odoo.orm.fields import ZERO, Row, boolean, char, decimal, integer, many2one, selection
from isthmus.simulators.odoo.orm.model import Model
from isthmus.simulators.odoo.orm.records import Records

DELIVERY_STEPS = {"fixed": "Fixed Price", "base_on_rule": "Based on Rules"}


class Carrier(Model):
    """delivery.carrier."""

    name = "delivery.carrier"
    title = "Shipping Methods"
    order = "sequence, id"
    FIELDS = (
        char("name", "Delivery Method", required=True),
        boolean("active", "Active", default=True),
        integer("sequence", "Sequence", default=10),
        selection("delivery_type", "Provider", DELIVERY_STEPS, required=True, default="fixed"),
        many2one("product_id", "product.product", "Delivery Product", required=True),
        decimal("fixed_price", "Fixed Price"),
        char("tracking_url", "Tracking Link", since=19),
        many2one("company_id", "res.company", "Company"),
    )


class Deliveries(Records):
    """What an order knows of its shipments."""

    def launch(self, order: Row, line_ids: list[int]) -> None:
        """Make, or correct, the moves for lines of a confirmed order and reserve."""
        lines, products = self.env["sale.order.line"], self.env.of(Product)
        todo: list[tuple[Row, Decimal]] = []
        for line in (lines.row(i) for i in line_ids):
            if not line["product_id"] or products.template(products.row(line["product_id"]))["kind"] == SERVICE:
                continue
            missing = line["product_uom_qty"] - self._planned(line["id"])
            if missing < ZERO:
                self._shrink(line["id"], -missing)
            elif missing > ZERO and not self._grow(line["id"], missing):
                todo.append((line, missing))
        if todo:
            self._ship(order, todo)
        self.env.of(Picking).settle(self.env.table("stock.picking").where("sale_id", order["id"]))

    def _planned(self, line_id: int) -> Decimal:
        moves = self.env.table("stock.move")
        mine = (moves.rows[i] for i in moves.where("sale_line_id", line_id))
        return sum((m["product_uom_qty"] for m in mine if m["state"] != "cancel"), ZERO)

    def _shrink(self, line_id: int, excess: Decimal) -> None:
        """Take an ordered quantity back from moves that have not left."""
        moves = self.env.of(Move)
        for record_id in reversed(moves.table.where("sale_line_id", line_id)):
            move = moves.row(record_id)
            if move["state"] in ("done", "cancel") or excess <= ZERO:
                continue
            taken = min(excess, move["product_uom_qty"])
            excess -= taken
            moves.change([record_id], product_uom_qty=move["product_uom_qty"] - taken)
            if move["product_uom_qty"] == ZERO:
                moves.cancel([record_id])
            else:
                moves.reserve([record_id])

    def _grow(self, line_id: int, missing: Decimal) -> bool:
        """Add an ordered quantity to a move that has not left, if there is one."""
        moves = self.env.of(Move)
        mine = (moves.row(i) for i in moves.table.where("sale_line_id", line_id))
        move = next((m for m in mine if m["state"] not in ("done", "cancel")), None)
        if move is not None:
            moves.change([move["id"]], product_uom_qty=move["product_uom_qty"] + missing)
            moves.reserve([move["id"]])
        return move is not None

    def _ship(self, order: Row, todo: list[tuple[Row, Decimal]]) -> None:
        pickings, moves = self.env.of(Picking), self.env.of(Move)
        warehouse = self.env["stock.warehouse"].row(order["warehouse_id"])
        kind = self.env["stock.picking.type"].row(warehouse["out_type_id"])
        places = {"location_id": kind["default_location_src_id"], "location_dest_id": kind["default_location_dest_id"]}
        shared = {**places, "origin": order["name"], "partner_id": order["partner_shipping_id"]}
        rows = (pickings.row(i) for i in pickings.table.where("sale_id", order["id"]))
        picking = next((row["id"] for row in rows if row["state"] not in ("done", "cancel")), None)
        if picking is None:
            head = {"picking_type_id": kind["id"], "sale_id": order["id"], "carrier_id": order["carrier_id"]}
            picking = pickings.make([{**shared, **head}])[0]
        made = moves.make(
            {**shared, "picking_id": picking, "sale_line_id": line["id"]}
            | {"product_id": line["product_id"], "product_uom_qty": quantity}
            for line, quantity in todo
        )
        moves.reserve(made)

    def _compute_delivery_status(self, row: Row) -> str | None:
        table = self.env.table("stock.picking")
        states = [s for i in table.where("sale_id", row["id"]) if (s := table.rows[i]["state"]) != "cancel"]
        if not states:
            return None
        if all(state == "done" for state in states):
            return "full"
        return "partial" if "done" in states else "pending"

"""stock.quant: how much of a product lies at a location, and how much of it is promised."""

from decimal import Decimal
from typing import Any

from isthmus.simulators.odoo import versions
from isthmus.simulators.odoo.errors import UserError
from isthmus.simulators.odoo.models.places import Location
from isthmus.simulators.odoo.orm.fields import (
    ZERO,
    Row,
    boolean,
    computed,
    decimal,
    many2one,
    moment,
)
from isthmus.simulators.odoo.orm.model import Model
from isthmus.simulators.odoo.orm.records import call_time, remote
from isthmus.simulators.shapes import is_list, listed

#: what may be sent in inventory mode; anything else is "restricted"
_COUNTABLE = frozenset(
    {
        "inventory_quantity",
        "inventory_quantity_auto_apply",
        "inventory_diff_quantity",
        "inventory_date",
        "inventory_quantity_set",
        "is_outdated",
        "lot_id",
        "location_id",
        "package_id",
        "owner_id",
        "product_id",
        "user_id",
    }
)
_FIXED = frozenset({"product_id", "location_id", "lot_id", "package_id", "owner_id"})


class Quant(Model):
    """Counting: in `inventory_mode` a count waits for `action_apply_inventory` (14: it applies at once)."""

    name = "stock.quant"
    title = "Quants"
    order = "id"
    FIELDS = (
        many2one("product_id", "product.product", "Product", required=True, index=True),
        many2one("product_tmpl_id", "product.template", related="product_id.product_tmpl_id", readonly=True),
        many2one("product_uom_id", "uom.uom", "Unit", related="product_id.uom_id", readonly=True),
        many2one("location_id", "stock.location", "Location", required=True, index=True),
        many2one("warehouse_id", "stock.warehouse", related="location_id.warehouse_id", readonly=True, since=17),
        many2one("company_id", "res.company", "Company", related="location_id.company_id", readonly=True),
        decimal("quantity", "Quantity", readonly=True, digits=2),
        decimal("reserved_quantity", "Reserved Quantity", required=True, digits=2, readonly=True),
        computed(decimal, "available_quantity", "Available Quantity"),
        decimal("inventory_quantity", "Counted", digits=2),
        boolean("inventory_quantity_set", "Inventory Quantity Set", since=15),
        computed(decimal, "inventory_diff_quantity", "Difference", since=15),
        decimal(
            "inventory_quantity_auto_apply",
            "Inventoried Quantity",
            compute="_compute_on_hand",
            setter="_set_at_once",
            stored=False,
            since=15,
        ),
        moment("in_date", "Incoming Date", default=call_time),
    )

    def _compute_display_name(self, row: Row) -> str:
        return self.env["stock.location"].label(row["location_id"])

    def _compute_available_quantity(self, row: Row) -> Decimal:
        return row["quantity"] - row["reserved_quantity"]

    def _compute_inventory_diff_quantity(self, row: Row) -> Decimal:
        return row["inventory_quantity"] - row["quantity"]

    def _compute_on_hand(self, row: Row) -> Decimal:
        return row["quantity"]

    def _set_at_once(self, row: Row, value: Decimal) -> None:
        self._recount(row, value)

    @remote("create", on_model=True)
    def create(self, vals_list: Any) -> Any:
        """Create quants; in inventory mode a quant that is there already is taken instead."""
        self.check("create")
        made = [self._create_one(values) for values in listed(vals_list)]
        return made if is_list(vals_list) else made[0]

    def _create_one(self, values: dict[str, Any]) -> int:
        if not self.env.context.get("inventory_mode") or not values.keys() & {
            "inventory_quantity",
            "inventory_quantity_auto_apply",
        }:
            return self.make([values])[0]
        if not values.keys() <= _COUNTABLE:
            message = "Quant's creation is restricted, you can't do this operation."
            raise UserError(message)
        known = self.at(values.get("product_id"), values.get("location_id"))
        counted = {k: v for k, v in values.items() if k.startswith("inventory_quantity")}
        place = {k: v for k, v in values.items() if k not in counted}
        record_id = known["id"] if known else self.make([place])[0]
        self.modify([record_id], counted)
        return record_id

    def before_write(self, ids: list[int], values: dict[str, Any]) -> None:  # noqa: ARG002 - the hook's signature
        """Refuse, in inventory mode, to move a quant to another product or place."""
        if self.env.context.get("inventory_mode") and values.keys() & _FIXED:
            message = "Quant's editing is restricted, you can't do this operation."
            raise UserError(message)

    def saved(self, ids: list[int], changed: frozenset[str]) -> None:
        """Mark a count as taken; 14 applies it at once."""
        if "inventory_quantity" not in changed:
            return
        if "id" in changed:
            ids = [i for i in ids if self.row(i)["inventory_quantity"] != ZERO]
        for record_id in ids:
            if self.env.version >= versions.COUNTS_ON_QUANTS:
                self.change([record_id], inventory_quantity_set=True)
            else:
                self._recount(self.row(record_id), self.row(record_id)["inventory_quantity"])

    @remote("write")
    def action_apply_inventory(self, ids: Any) -> None:
        """Make the counted quantity the real one. Returns nothing, which XML-RPC cannot say."""
        if self.env.version < versions.COUNTS_ON_QUANTS:
            message = "stock.inventory does the counting before version 15"
            raise UserError(message)
        for record_id in listed(ids):
            row = self.row(record_id)
            counted = row["inventory_quantity"]
            self.change([record_id], inventory_quantity=ZERO, inventory_quantity_set=False)
            self._recount(row, counted)

    def at(self, product_id: Any, location_id: Any) -> Row | None:
        """Return the quant of a product at a location, if there is one."""
        rows = self.table.rows
        return next(
            (rows[i] for i in self.table.where("product_id", product_id) if rows[i]["location_id"] == location_id), None
        )

    def add(self, product_id: int, location_id: int, quantity: Decimal, reserved: Decimal = ZERO) -> None:
        """Change the quantity and the reserved quantity at a location."""
        row = self.at(product_id, location_id)
        if row is None:
            self.make([{"product_id": product_id, "location_id": location_id, "quantity": quantity}])
            return
        self.change(
            [row["id"]], quantity=row["quantity"] + quantity, reserved_quantity=row["reserved_quantity"] + reserved
        )

    def count(self, product_id: int, location_id: int, counted: Decimal) -> None:
        """Make `counted` the quantity on hand; the difference comes from or goes to inventory loss."""
        row = self.at(product_id, location_id)
        if row is None:
            row = self.row(self.make([{"product_id": product_id, "location_id": location_id}])[0])
        self._recount(row, counted)

    def _recount(self, row: Row, counted: Decimal) -> None:
        difference = counted - row["quantity"]
        if difference == ZERO:
            return
        self.change([row["id"]], quantity=counted)
        self.add(row["product_id"], self.env.of(Location).by_usage("inventory"), -difference)
        moves: Any = self.env["stock.move"]
        moves.settle(row["product_id"], row["location_id"])

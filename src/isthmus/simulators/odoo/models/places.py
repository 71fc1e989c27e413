"""Where things are: locations, warehouses and their operation types."""

from typing import Any

from isthmus.simulators.odoo.orm.fields import (
    Row,
    boolean,
    char,
    computed,
    integer,
    many2one,
    one2many,
    selection,
)
from isthmus.simulators.odoo.orm.model import Model

USAGES = {
    "supplier": "Vendor",
    "view": "Virtual",
    "internal": "Internal",
    "customer": "Customer",
    "inventory": "Inventory Loss",
    "production": "Production",
    "transit": "Transit",
}
CODES = {"incoming": "Receipt", "outgoing": "Delivery", "internal": "Internal Transfer"}


class Location(Model):
    """stock.location; its parent is `location_id`."""

    name = "stock.location"
    title = "Inventory Locations"
    order = "complete_name, id"
    label_field = "complete_name"
    parent_field = "location_id"
    FIELDS = (
        char("name", "Location Name", required=True),
        computed(char, "complete_name", "Full Location Name", stored=True),
        boolean("active", "Active", default=True),
        selection("usage", "Location Type", USAGES, required=True, default="internal"),
        many2one("location_id", "stock.location", "Parent Location", index=True),
        one2many("child_ids", "stock.location", "location_id", "Contains"),
        many2one("company_id", "res.company", "Company", default=1),
        computed(many2one, "warehouse_id", "stock.warehouse", stored=True),
        one2many("quant_ids", "stock.quant", "location_id"),
    )

    def _compute_complete_name(self, row: Row) -> str:
        parent = self.row(row["location_id"]) if row["location_id"] else None
        if parent is None or row["usage"] == "view":
            return row["name"]
        return f"{self._compute_complete_name(parent)}/{row['name']}"

    def _compute_warehouse_id(self, row: Row) -> int | None:
        above = self.family([row["id"]], up=True)
        warehouses = self.env.table("stock.warehouse").rows.values()
        return next((w["id"] for w in warehouses if w["view_location_id"] in above), None)

    def by_usage(self, usage: str) -> int:
        """Return the one location of a usage that exists once, such as `customer`."""
        return next(i for i, row in self.table.rows.items() if row["usage"] == usage)


class OperationType(Model):
    """stock.picking.type."""

    name = "stock.picking.type"
    title = "Picking Type"
    order = "sequence, id"
    FIELDS = (
        char("name", "Operation Type", required=True),
        selection("code", "Type of Operation", CODES, required=True, default="outgoing"),
        char("sequence_code", "Sequence Prefix", required=True, default="OUT"),
        integer("sequence", "Sequence"),
        boolean("active", "Active", default=True),
        many2one("warehouse_id", "stock.warehouse", "Warehouse", index=True),
        many2one("default_location_src_id", "stock.location", "Source Location"),
        many2one("default_location_dest_id", "stock.location", "Destination Location"),
        selection(
            "create_backorder",
            "Create Backorder",
            {"ask": "Ask", "always": "Always", "never": "Never"},
            default="ask",
            since=17,
        ),
        many2one("company_id", "res.company", "Company", required=True, default=1),
    )

    def _compute_display_name(self, row: Row) -> str:
        warehouse = self.env["stock.warehouse"].label(row["warehouse_id"]) if row["warehouse_id"] else ""
        return f"{warehouse}: {row['name']}" if warehouse else row["name"]


class Warehouse(Model):
    """stock.warehouse; its locations and operation types come with it."""

    name = "stock.warehouse"
    title = "Warehouse"
    order = "sequence, id"
    FIELDS = (
        char("name", "Warehouse", required=True),
        char("code", "Short Name", required=True, index=True),
        boolean("active", "Active", default=True),
        integer("sequence", "Sequence", default=10),
        many2one("company_id", "res.company", "Company", required=True, default=1),
        many2one("partner_id", "res.partner", "Address"),
        many2one("view_location_id", "stock.location", "View Location"),
        many2one("lot_stock_id", "stock.location", "Location Stock"),
        many2one("out_type_id", "stock.picking.type", "Out Type"),
        many2one("in_type_id", "stock.picking.type", "In Type"),
    )

    def prepare(self, row: Row, given: frozenset[str]) -> None:  # noqa: ARG002 - the hook's signature
        """Make the warehouse's own locations."""
        row["code"] = str(row["code"] or "")[:5]  # 5 letters at most
        locations = self.env["stock.location"]
        roots = [i for i, r in locations.table.rows.items() if r["usage"] == "view" and not r["location_id"]]
        view = {"name": row["code"], "usage": "view", "location_id": roots[0] if roots else False}
        row["view_location_id"] = locations.make([view])[0]
        row["lot_stock_id"] = locations.make([{"name": "Stock", "location_id": row["view_location_id"]}])[0]

    def saved(self, ids: list[int], changed: frozenset[str]) -> None:
        """Make the operation types of a new warehouse."""
        if "id" not in changed:
            return
        locations = self.env.of(Location)
        customers, vendors = locations.by_usage("customer"), locations.by_usage("supplier")
        for record_id in ids:
            stock = self.row(record_id)["lot_stock_id"]
            both: list[dict[str, Any]] = [
                {"name": "Delivery Orders", "code": "outgoing", "sequence_code": "OUT"}
                | {"default_location_src_id": stock, "default_location_dest_id": customers},
                {"name": "Receipts", "code": "incoming", "sequence_code": "IN"}
                | {"default_location_src_id": vendors, "default_location_dest_id": stock},
            ]
            made = self.env["stock.picking.type"].make([{**one, "warehouse_id": record_id} for one in both])
            self.change([record_id], out_type_id=made[0], in_type_id=made[1])

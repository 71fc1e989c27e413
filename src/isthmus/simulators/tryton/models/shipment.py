"""Shipments to customers, the way back, and parcels."""

import hashlib
from collections.abc import Iterable
from typing import Any, ClassVar

from isthmus.simulators.rows import Row
from isthmus.simulators.tryton.errors import AccessError, UserError
from isthmus.simulators.tryton.models.processing import process_sales
from isthmus.simulators.tryton.models.stock import LOCATIONS, MOVES, Move
from isthmus.simulators.tryton.models.system import Sequence, Warned
from isthmus.simulators.tryton.orm.fields import (
    Field,
    boolean,
    char,
    computed,
    day,
    many2one,
    one2many,
    own_company,
    reference,
    selection,
)
from isthmus.simulators.tryton.orm.model import Model
from isthmus.simulators.tryton.orm.records import Order, button

OUT, BACK = "stock.shipment.out", "stock.shipment.out.return"
OUT_STATES: dict[str | None, str] = {
    "draft": "Draft", "waiting": "Waiting", "assigned": "Assigned", "picked": "Picked", "packed": "Packed",
    "shipped": "Shipped", "done": "Done", "cancelled": "Cancelled",
}  # fmt: skip
BACK_STATES: dict[str | None, str] = {
    "draft": "Draft", "received": "Received", "done": "Done", "cancelled": "Cancelled",
}  # fmt: skip


def _not_draft(_model: Any, row: Row) -> bool:
    return row["state"] != "draft"


class Shipment(Model):
    """What both ways have in common: moves that belong together."""

    sequence: ClassVar[str]

    def moves_of(self, row: Row) -> list[Row]:
        """Return the shipment's moves."""
        rows = self.env.table(MOVES).rows
        return [rows[i] for i in self.env.table(MOVES).where("shipment", f"{self.name},{row['id']}")]

    def part(self, row: Row, column: str, location: Any) -> tuple[int, ...]:
        """Return the moves that go from or to a place."""
        return tuple(sorted(move["id"] for move in self.moves_of(row) if move[column] == location))

    def set_moves(self, row: Row, value: Any) -> None:
        """Change the shipment's moves, whichever part of them was meant."""
        self.command(row, self.fields["moves"], value)

    def numbered(self, ids: Iterable[int]) -> None:
        """Give a number to the shipments without one."""
        for record_id in ids:
            if not self.row(record_id)["number"]:
                self.change([record_id], number=self.env.of(Sequence).next(self.sequence))

    def sales_of(self, ids: Iterable[int]) -> list[int]:
        """Return the sales behind shipments."""
        moves = self.env.of(Move)
        found = (moves.get_sale(move) for i in ids for move in self.moves_of(self.row(i)))
        return sorted({sale for sale in found if sale is not None})

    def get_origins(self, row: Row) -> str:
        """Return what the goods were sold as."""
        sales = self.env["sale.sale"]
        return ", ".join(sales.label(i) for i in self.sales_of([row["id"]]))

    def get_rec_name(self, row: Row) -> str:
        """Return the number."""
        return row["number"] or f"({row['id']})"

    def get_customer_location(self, _row: Row) -> int | None:
        """Return where customers are."""
        return next((i for i, one in self.env.table(LOCATIONS).rows.items() if one["type"] == "customer"), None)


class ShipmentOut(Shipment):
    """Goods on their way to a customer: first out of the storage (`inventory_moves`), then out of the house."""

    name = OUT
    title = "Stock Shipment Out"
    rec_field = "number"
    sequence = "Customer Shipment"
    order: ClassVar[Order] = (("effective_date", "ASC NULLS LAST"), ("id", "ASC"))
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("number", "Number", readonly=True, index=True, copied=False),
        char("reference", "Reference"),
        many2one("customer", "party.party", "Customer", required=True, locked=_not_draft),
        many2one("delivery_address", "party.address", "Delivery Address", required=True),
        many2one("warehouse", LOCATIONS, "Warehouse", required=True, locked=_not_draft),
        many2one("warehouse_storage", LOCATIONS, "Warehouse Storage", required=True),
        many2one("warehouse_output", LOCATIONS, "Warehouse Output", required=True),
        many2one("company", "company.company", "Company", required=True, default=own_company),
        many2one("carrier", "carrier", "Carrier"),
        day("planned_date", "Planned Date"),
        day("origin_planned_date", "Origin Planned Date", readonly=True),
        day("effective_date", "Effective Date", locked=lambda _m, row: row["state"] in ("done", "cancelled")),
        char("shipping_reference", "Shipping Reference"),
        selection("state", "State", OUT_STATES, readonly=True, default="draft", copied=False),
        one2many("moves", MOVES, "shipment", "Moves"),
        computed(one2many, "outgoing_moves", MOVES, "shipment", "Outgoing Moves", readonly=False, setter="set_moves"),
        computed(one2many, "inventory_moves", MOVES, "shipment", "Inventory Moves", readonly=False, setter="set_moves"),
        one2many("packages", "stock.package", "shipment", "Packages"),
        computed(one2many, "root_packages", "stock.package", "shipment", "Packages", readonly=False),
        computed(char, "origins", "Origins"),
        computed(many2one, "customer_location", LOCATIONS, "Customer Location"),
        computed(boolean, "partially_assigned", "Partially Assigned"),
    )

    def prepare(self, row: Row) -> None:
        """Take the zones from the warehouse."""
        if row["warehouse"]:
            place = self.env[LOCATIONS].row(row["warehouse"])
            row["warehouse_storage"] = (
                row["warehouse_storage"] or place["picking_location"] or place["storage_location"]
            )
            row["warehouse_output"] = row["warehouse_output"] or place["output_location"]

    def get_outgoing_moves(self, row: Row) -> tuple[int, ...]:
        """Return the moves to the customer."""
        return self.part(row, "from_location", row["warehouse_output"])

    def get_inventory_moves(self, row: Row) -> tuple[int, ...]:
        """Return the moves from the storage to the output."""
        return self.part(row, "to_location", row["warehouse_output"])

    def get_root_packages(self, row: Row) -> tuple[int, ...]:
        """Return the packages that are in no other."""
        packages = self.env["stock.package"].table
        return tuple(i for i in self.get(row, "packages") if not packages.rows[i]["parent"])

    def get_partially_assigned(self, row: Row) -> bool:
        """Say whether some of it is reserved and some is not."""
        states = {move["state"] for move in self.moves_of(row) if move["to_location"] == row["warehouse_output"]}
        return row["state"] == "waiting" and "assigned" in states

    @button(lambda _m, row: row["state"] in ("draft", "waiting", "assigned"))
    def wait(self, ids: list[int]) -> None:
        """Plan how the goods get to the output; free what was reserved."""
        moves = self.env.inner().of(Move)
        for record_id in ids:
            row = self.row(record_id)
            moves.draft(list(self.get_inventory_moves(row)))
            moves.remove([i for i in self.get_inventory_moves(row) if moves.row(i)["state"] in ("draft", "cancelled")])
            moves.draft(list(self.get_outgoing_moves(row)))
            for outgoing in self.get_outgoing_moves(row):
                self._plan_inventory(row, moves.row(outgoing))
        self.change(ids, state="waiting")
        self.numbered(ids)

    def _plan_inventory(self, row: Row, outgoing: Row) -> None:
        if outgoing["state"] in ("done", "cancelled") or row["warehouse_storage"] == row["warehouse_output"]:
            return
        ends = {"from_location": row["warehouse_storage"], "to_location": outgoing["from_location"]}
        same = ("product", "unit", "quantity", "planned_date", "company")
        points = {"shipment": f"{OUT},{row['id']}", "origin": f"{MOVES},{outgoing['id']}"}
        self.env[MOVES].put(**{name: outgoing[name] for name in same}, **ends, **points)

    @button()
    def assign_try(self, ids: list[int]) -> None:
        """Reserve what is there. Nobody is told whether that was everything: the state says it."""
        moves = self.env.of(Move)
        for record_id in (i for i in ids if self.row(i)["state"] == "waiting"):
            row = self.row(record_id)
            inside = self.get_inventory_moves(row) or self.get_outgoing_moves(row)
            if moves.assigned(inside):
                self.change([record_id], state="assigned")

    @button()
    def assign_force(self, ids: list[int]) -> None:
        """Reserve everything, there or not."""
        for record_id in (i for i in ids if self.row(i)["state"] == "waiting"):
            row = self.row(record_id)
            self.env[MOVES].change(self.get_inventory_moves(row) or self.get_outgoing_moves(row), state="assigned")
            self.change([record_id], state="assigned")

    @button(
        lambda _m, row: row["warehouse_storage"] != row["warehouse_output"] and row["state"] in ("assigned", "packed")
    )
    def pick(self, ids: list[int]) -> None:
        """Bring the goods to the output."""
        moves = self.env.of(Move)
        for record_id in ids:
            row = self.row(record_id)
            moves.done(self.get_inventory_moves(row))
            self._as_picked(row)
        self.change(ids, state="picked")

    def _as_picked(self, row: Row) -> None:
        """Let what goes out be what was brought."""
        moves = self.env.of(Move)
        brought = {i: moves.row(i) for i in self.get_inventory_moves(row) if moves.row(i)["state"] == "done"}
        for outgoing in self.get_outgoing_moves(row):
            mine = [one["quantity"] for one in brought.values() if one["origin"] == f"{MOVES},{outgoing}"]
            if mine and sum(mine) != moves.row(outgoing)["quantity"]:
                moves.modify([outgoing], {"quantity": sum(mine)})

    @button(
        lambda _m, row: (
            row["state"] == ("assigned" if row["warehouse_storage"] == row["warehouse_output"] else "picked")
        )
    )
    def pack(self, ids: list[int]) -> None:
        """Put the goods into parcels; without a carrier Tryton asks first."""
        for record_id in ids:
            row = self.row(record_id)
            if any(move["state"] not in ("done", "cancelled") for move in self._inner_moves(row)):
                message = f'To pack shipment "{self.get_rec_name(row)}" all inventory moves must be done.'
                raise AccessError(message)
            self._check_parcels(row)
            if row["carrier"] is None:
                key = f"{hashlib.md5(f'{OUT},{record_id}'.encode(), usedforsecurity=False).hexdigest()}.no_carrier"
                text = f'The shipment "{self.get_rec_name(row)}" does not have a carrier set.'
                self.env.of(Warned).ask(key, text)
            self.env[MOVES].change(
                [i for i in self.get_outgoing_moves(row) if self.env[MOVES].row(i)["state"] == "draft"],
                state="assigned",
            )
        self.change(ids, state="packed")

    def _inner_moves(self, row: Row) -> list[Row]:
        rows = self.env.table(MOVES).rows
        return [rows[i] for i in self.get_inventory_moves(row)]

    def _check_parcels(self, row: Row) -> None:
        rows = self.env.table(MOVES).rows
        mine = [rows[i] for i in self.get_outgoing_moves(row)]
        if self.get(row, "packages") and any(not move["package"] and move["state"] != "cancelled" for move in mine):
            message = f'To pack shipment "{self.get_rec_name(row)}" all moves must be in a package.'
            raise UserError(message)

    @button(lambda _m, row: row["state"] == "packed")
    def ship(self, ids: list[int]) -> None:
        """Hand the parcels over."""
        self.change(ids, state="shipped")

    @button(lambda _m, row: row["state"] in ("packed", "shipped"))
    def do(self, ids: list[int]) -> None:
        """Let the goods be gone."""
        for record_id in ids:
            row = self.row(record_id)
            self.env.of(Move).done(self.get_outgoing_moves(row))
            self.change([record_id], state="done", effective_date=row["effective_date"] or self.env.today)
        process_sales(self.env, self.sales_of(ids))

    @button(lambda m, row: row["state"] != "cancelled" and (row["state"] != "done" or m.env["res.user"].administers()))
    def cancel(self, ids: list[int]) -> None:
        """Give up the shipment, the sale shows an exception; an administrator may even undo one that is done."""
        for record_id in ids:
            row = self.row(record_id)
            self.env.inner().of(Move).cancel([*self.get_outgoing_moves(row), *self.get_inventory_moves(row)])
        self.change(ids, state="cancelled")
        process_sales(self.env, self.sales_of(ids))

    @button(lambda _m, row: row["state"] in ("waiting", "cancelled"))
    def draft(self, ids: list[int]) -> None:
        """Begin again."""
        moves = self.env.inner().of(Move)
        for record_id in ids:
            moves.remove(list(self.get_inventory_moves(self.row(record_id))))
        self.change(ids, state="draft")


class ShipmentBack(Shipment):
    """Goods on their way back from a customer."""

    name = BACK
    title = "Stock Shipment Out Return"
    rec_field = "number"
    sequence = "Customer Return Shipment"
    order: ClassVar[Order] = (("effective_date", "ASC NULLS LAST"), ("id", "ASC"))
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("number", "Number", readonly=True, index=True, copied=False),
        char("reference", "Reference"),
        many2one("customer", "party.party", "Customer", required=True, locked=_not_draft),
        many2one("contact_address", "party.address", "Contact Address"),
        many2one("warehouse", LOCATIONS, "Warehouse", required=True, locked=_not_draft),
        many2one("warehouse_storage", LOCATIONS, "Warehouse Storage", required=True),
        many2one("warehouse_input", LOCATIONS, "Warehouse Input", required=True),
        many2one("company", "company.company", "Company", required=True, default=own_company),
        many2one("carrier", "carrier", "Carrier"),
        day("planned_date", "Planned Date"),
        day("effective_date", "Effective Date"),
        selection("state", "State", BACK_STATES, readonly=True, default="draft", copied=False),
        one2many("moves", MOVES, "shipment", "Moves"),
        computed(one2many, "incoming_moves", MOVES, "shipment", "Incoming Moves", readonly=False, setter="set_moves"),
        computed(one2many, "inventory_moves", MOVES, "shipment", "Inventory Moves", readonly=False, setter="set_moves"),
        computed(char, "origins", "Origins"),
        computed(many2one, "customer_location", LOCATIONS, "Customer Location"),
    )

    def prepare(self, row: Row) -> None:
        """Take the zones from the warehouse."""
        if row["warehouse"]:
            place = self.env[LOCATIONS].row(row["warehouse"])
            row["warehouse_storage"] = row["warehouse_storage"] or place["storage_location"]
            row["warehouse_input"] = row["warehouse_input"] or place["input_location"]

    def get_incoming_moves(self, row: Row) -> tuple[int, ...]:
        """Return the moves from the customer."""
        return self.part(row, "to_location", row["warehouse_input"])

    def get_inventory_moves(self, row: Row) -> tuple[int, ...]:
        """Return the moves from the input to the storage."""
        return self.part(row, "from_location", row["warehouse_input"])

    @button(lambda _m, row: row["state"] == "draft")
    def receive(self, ids: list[int]) -> None:
        """Take the goods in."""
        moves = self.env.inner().of(Move)
        for record_id in ids:
            row = self.row(record_id)
            incoming = self.get_incoming_moves(row)
            moves.done(incoming)
            for move in (moves.row(i) for i in incoming):
                same = {name: move[name] for name in ("product", "unit", "quantity", "planned_date", "company")}
                ends = {"from_location": row["warehouse_input"], "to_location": row["warehouse_storage"]}
                moves.put(**same, **ends, shipment=f"{BACK},{record_id}", origin=f"{MOVES},{move['id']}")
        self.change(ids, state="received")
        process_sales(self.env, self.sales_of(ids))

    @button(lambda _m, row: row["state"] == "received")
    def do(self, ids: list[int]) -> None:
        """Put the goods back on the shelf."""
        for record_id in ids:
            row = self.row(record_id)
            self.env.of(Move).done(self.get_inventory_moves(row))
            self.change([record_id], state="done", effective_date=row["effective_date"] or self.env.today)

    @button(lambda _m, row: row["state"] in ("draft", "received"))
    def cancel(self, ids: list[int]) -> None:
        """Give up the return."""
        for record_id in ids:
            self.env.inner().of(Move).cancel([move["id"] for move in self.moves_of(self.row(record_id))])
        self.change(ids, state="cancelled")
        process_sales(self.env, self.sales_of(ids))


class PackageType(Model):
    """A kind of parcel."""

    name = "stock.package.type"
    title = "Stock Package Type"
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("name", "Name", required=True),
        boolean("active", "Active", default=True),
    )


class Package(Model):
    """A parcel; `shipping_reference` is the number to track it by."""

    name = "stock.package"
    title = "Stock Package"
    rec_field = "number"
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("number", "Number", required=True, readonly=True, index=True, copied=False),
        many2one("company", "company.company", "Company", required=True, default=own_company),
        many2one("type", "stock.package.type", "Type", required=True),
        reference("shipment", (OUT, BACK), "Shipment", index=True),
        one2many("moves", MOVES, "package", "Moves"),
        many2one("parent", "stock.package", "Parent", index=True),
        one2many("children", "stock.package", "parent", "Children"),
        char("shipping_reference", "Shipping Reference"),
        computed(char, "shipping_tracking_url", "Shipping Tracking URL"),
        computed(selection, "state", "State", {"open": "Open", "closed": "Closed"}),
    )

    def prepare(self, row: Row) -> None:
        """Number the parcel."""
        row["number"] = row["number"] or self.env.of(Sequence).next("Package")

    def get_shipping_tracking_url(self, _row: Row) -> None:
        """Return nothing: no carrier of this database tells one."""

    def get_state(self, row: Row) -> str:
        """Return `closed` once the shipment is packed."""
        model, _, record_id = (row["shipment"] or "").partition(",")
        if not record_id:
            return "open"
        return "open" if self.env[model].row(int(record_id))["state"] in ("draft", "waiting", "picked") else "closed"

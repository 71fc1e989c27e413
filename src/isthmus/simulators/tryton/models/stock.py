"""Places and moves: the ground that stock stands on."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, ClassVar

from isthmus.simulators.rows import Row
from isthmus.simulators.tryton.errors import AccessError, UserError
from isthmus.simulators.tryton.models.quantities import free_in, in_location
from isthmus.simulators.tryton.models.system import Sequence
from isthmus.simulators.tryton.models.units import Unit
from isthmus.simulators.tryton.orm.fields import (
    PRICE_DIGITS,
    ZERO,
    Field,
    boolean,
    char,
    computed,
    day,
    floating,
    many2one,
    numeric,
    one2many,
    own_company,
    own_today,
    reference,
    selection,
    unit_digits,
)
from isthmus.simulators.tryton.orm.model import Model
from isthmus.simulators.tryton.orm.records import Order, button

LOCATIONS, MOVES = "stock.location", "stock.move"
LOCATION_TYPES: dict[str | None, str] = {
    "supplier": "Supplier", "customer": "Customer", "lost_found": "Lost and Found", "warehouse": "Warehouse",
    "storage": "Storage", "production": "Production", "drop": "Drop", "rental": "Rental", "view": "View",
}  # fmt: skip
MOVE_STATES: dict[str | None, str] = {
    "staging": "Staging", "draft": "Draft", "assigned": "Assigned", "done": "Done", "cancelled": "Cancelled",
}  # fmt: skip
SHIPMENTS = ("stock.shipment.in", "stock.shipment.out", "stock.shipment.out.return", "stock.shipment.internal")
ORIGINS = ("sale.line", "stock.move", "stock.inventory.line")
#: What is drawn from without being there: nobody counts what suppliers or the lost-and-found have.
_ENDLESS = frozenset({"supplier", "customer", "lost_found", "production", "drop"})


def _fixed(_model: Any, row: Row) -> bool:
    return row["state"] in ("cancelled", "assigned", "done")


def _not_draft(_model: Any, row: Row) -> bool:
    return row["state"] != "draft"


class Location(Model):
    """A place; a warehouse has an input, an output and a storage zone below it."""

    name = LOCATIONS
    title = "Stock Location"
    order: ClassVar[Order] = (("name", "ASC"),)
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("name", "Name", required=True),
        char("code", "Code", index=True),
        selection("type", "Location type", LOCATION_TYPES, default="storage"),
        boolean("active", "Active", default=True),
        many2one("parent", LOCATIONS, "Parent", index=True),
        one2many("childs", LOCATIONS, "parent", "Children"),
        boolean("flat_childs", "Flat Children", default=False),
        many2one("address", "party.address", "Address"),
        many2one("input_location", LOCATIONS, "Input"),
        many2one("output_location", LOCATIONS, "Output"),
        many2one("storage_location", LOCATIONS, "Storage"),
        many2one("picking_location", LOCATIONS, "Picking"),
        many2one("lost_found_location", LOCATIONS, "Lost and Found"),
        computed(floating, "quantity", "Quantity"),
        computed(floating, "forecast_quantity", "Forecast Quantity"),
    )

    def get_rec_name(self, row: Row) -> str:
        """Return code and name."""
        return f"[{row['code']}] {row['name']}" if row["code"] else row["name"]

    def search_rec_name(self, _rest: str, sign: str, value: Any) -> Any:
        """Search by name and code."""
        return ["OR", ["name", sign, value], ["code", sign, value]]

    def get_quantity(self, row: Row) -> Decimal | None:
        """Return what lies here of the context's `product`."""
        product = self.env.context.get("product")
        return in_location(self.env, product, row["id"]) if product else None

    def get_forecast_quantity(self, row: Row) -> Decimal | None:
        """Return what will lie here of the context's `product`."""
        product = self.env.context.get("product")
        return in_location(self.env, product, row["id"], forecast=True) if product else None

    def of_type(self, kind: str) -> int | None:
        """Return the first location of a kind."""
        return next((i for i, row in self.table.rows.items() if row["type"] == kind), None)


class Move(Model):
    """So much of a product going from one place to another."""

    name = MOVES
    title = "Stock Move"
    order: ClassVar[Order] = (("id", "DESC"),)
    FIELDS: ClassVar[tuple[Field, ...]] = (
        many2one("product", "product.product", "Product", required=True, index=True, locked=_fixed),
        floating("quantity", "Quantity", required=True, locked=_fixed, digits=unit_digits),
        many2one("unit", "product.uom", "Unit", required=True, locked=_fixed),
        floating("internal_quantity", "Internal Quantity", required=True, readonly=True, default=ZERO),
        many2one("from_location", LOCATIONS, "From Location", required=True, locked=_fixed),
        many2one("to_location", LOCATIONS, "To Location", required=True, locked=_fixed),
        reference("shipment", SHIPMENTS, "Shipment", index=True, locked=lambda _m, row: row["id"] >= 0),
        reference("origin", ORIGINS, "Origin", index=True, locked=_not_draft),
        day("planned_date", "Planned Date", locked=_fixed),
        day("origin_planned_date", "Origin Planned Date", readonly=True),
        day("effective_date", "Effective Date", locked=lambda _m, row: row["state"] in ("cancelled", "done")),
        selection("state", "State", MOVE_STATES, readonly=True, default="draft"),
        many2one(
            "company",
            "company.company",
            "Company",
            required=True,
            default=own_company,
            locked=_not_draft,
        ),
        numeric("unit_price", "Unit Price", digits=PRICE_DIGITS, locked=_not_draft),
        many2one("currency", "currency.currency", "Currency", locked=_not_draft),
        numeric("cost_price", "Cost Price", readonly=True),
        many2one("package", "stock.package", "Package", index=True, copied=False),
        computed(boolean, "assignation_required", "Assignation Required"),
        computed(many2one, "sale", "sale.sale", "Sale"),
    )

    def digits(self, row: Row) -> int | None:
        """Return how many decimals a quantity may have."""
        return self.env.of(Unit).digits_of(row["unit"])

    def prepare(self, row: Row) -> None:
        """Keep the quantity in the product's unit too."""
        row["internal_quantity"] = self._internal(row)

    def before_write(self, ids: list[int], values: Any) -> None:
        """Refuse to touch what has happened, whoever asks."""
        if values.keys() & {"product", "unit", "quantity", "from_location", "to_location"}:
            for record_id in ids:
                row = self.row(record_id)
                if row["state"] in ("done", "cancelled"):
                    message = f'You cannot modify move "{self.get_rec_name(row)}" because it is done or cancelled.'
                    raise AccessError(message)

    def saved(self, ids: list[int], changed: frozenset[str]) -> None:
        """Keep the quantity in the product's unit too."""
        if changed & {"quantity", "unit", "product"} and "id" not in changed:
            for record_id in ids:
                self.table.update(record_id, {"internal_quantity": self._internal(self.row(record_id))})

    def before_delete(self, ids: list[int]) -> None:
        """Refuse to forget what is happening or has happened."""
        for row in (self.row(i) for i in ids):
            if row["state"] not in ("staging", "draft", "cancelled"):
                message = (
                    f'To delete stock move "{self.get_rec_name(row)}" you must cancel it or reset its state to draft.'
                )
                raise AccessError(message)

    def _internal(self, row: Row) -> Decimal:
        if not row["product"] or not row["unit"] or row["product"] not in self.env.table("product.product").rows:
            return ZERO
        products = self.env["product.product"]
        own = products.follow(products.row(row["product"]), "template.default_uom")
        return self.env.of(Unit).converted(row["unit"], row["quantity"] or ZERO, own)

    def get_rec_name(self, row: Row) -> str:
        """Return how much of what."""
        moved = self.env.of(Unit).told(row["quantity"], row["unit"])
        told = f"{moved} {self.env['product.product'].label(row['product'])}"
        behind = row["shipment"] or row["origin"]
        if behind is None:
            return told
        model, _, record_id = behind.partition(",")
        return f"{told} @ {self.env[model].label(int(record_id))}"

    def get_assignation_required(self, row: Row) -> bool:
        """Say whether the goods have to be there first."""
        places = self.env[LOCATIONS]
        return places.row(row["from_location"])["type"] in ("storage", "warehouse") and row["quantity"] != 0

    def get_sale(self, row: Row) -> int | None:
        """Return the sale behind the move."""
        model, _, line = (row["origin"] or "").partition(",")
        return self.env["sale.line"].row(int(line))["sale"] if model == "sale.line" else None

    # States

    def assigned(self, ids: Iterable[int]) -> bool:
        """Reserve what is there; say whether every move got all it needs. A partly served move is split."""
        whole = True
        for record_id in ids:
            row = self.row(record_id)
            if row["state"] != "draft":
                continue
            kind = self.env[LOCATIONS].row(row["from_location"])["type"]
            needed = row["internal_quantity"]
            free = needed if kind in _ENDLESS else max(ZERO, free_in(self.env, row["product"], row["from_location"]))
            if free < needed:
                whole = False
                if free > 0:
                    self._split(row, free)
                continue
            self.change([record_id], state="assigned")
        return whole

    def _split(self, row: Row, free: Decimal) -> None:
        """Put `free` into an assigned move of its own and leave the rest; both are in the product's unit."""
        rest = row["internal_quantity"] - free
        share = row["quantity"] * free / row["internal_quantity"]
        times = {"create_date": self.env.now, "write_date": None}
        made = self.table.insert({**row, **times, "quantity": share, "internal_quantity": free})
        self.change([row["id"]], quantity=row["quantity"] - share, internal_quantity=rest)
        self.change([made], state="assigned")

    def done(self, ids: Iterable[int]) -> None:
        """Let the moves happen today."""
        for record_id in ids:
            row = self.row(record_id)
            if row["state"] in ("draft", "assigned"):
                price = self.env["product.product"]
                cost = price.get(price.row(row["product"]), "cost_price")
                day_ = row["effective_date"] or self.env.today
                self.change([record_id], state="done", effective_date=day_, cost_price=cost)

    @button(lambda m, row: row["state"] != "cancelled" and (row["state"] != "done" or m.env["res.user"].administers()))
    def cancel(self, ids: list[int]) -> None:
        """Give up the moves."""
        self.change([i for i in ids if self.row(i)["state"] != "cancelled"], state="cancelled")

    @button(lambda _m, row: row["state"] in ("assigned", "staging"))
    def draft(self, ids: list[int]) -> None:
        """Free what was reserved."""
        self.change([i for i in ids if self.row(i)["state"] in ("assigned", "staging")], state="draft")

    @button(lambda _m, row: row["state"] in ("draft", "assigned"))
    def do(self, ids: list[int]) -> None:
        """Let the moves happen."""
        self.done(ids)


class Inventory(Model):
    """A count of a location: `confirm` makes the moves that set the stock to what was counted."""

    name = "stock.inventory"
    title = "Stock Inventory"
    rec_field = "number"
    order: ClassVar[Order] = (("date", "DESC"), ("id", "DESC"))
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("number", "Number", readonly=True, index=True, copied=False),
        many2one("location", LOCATIONS, "Location", required=True, locked=_not_draft),
        day("date", "Date", required=True, default=own_today, locked=_not_draft),
        selection("empty_quantity", "Empty Quantity", {None: "", "keep": "Keep", "empty": "Empty"}),
        one2many("lines", "stock.inventory.line", "inventory", "Lines"),
        many2one("company", "company.company", "Company", required=True, default=own_company),
        selection(
            "state",
            "State",
            {"draft": "Draft", "done": "Done", "cancelled": "Cancelled"},
            readonly=True,
            default="draft",
            copied=False,
        ),
    )

    def get_rec_name(self, row: Row) -> str:
        """Return number, place and day."""
        place = self.env[LOCATIONS].label(row["location"])
        return f"[{row['number']}] {place} @ {row['date']:%m/%d/%Y}"

    def prepare(self, row: Row) -> None:
        """Number the count."""
        row["number"] = row["number"] or self.env.of(Sequence).next("Inventory")

    def check_values(self, row: Row, changed: frozenset[str] | None) -> None:
        """Refuse to count anything but a place where goods can lie."""
        del changed
        if self.env[LOCATIONS].row(row["location"])["type"] != "storage":
            raise self.not_in_domain(row, "location")

    @button(lambda _m, row: row["state"] == "draft")
    def confirm(self, ids: list[int]) -> None:
        """Set the stock to what was counted."""
        lines = self.env.of(InventoryLine)
        for record_id in ids:
            for line in self.get(self.row(record_id), "lines"):
                lines.settle(lines.row(line))
        self.change(ids, state="done")

    @button(lambda _m, row: row["state"] == "draft")
    def cancel(self, ids: list[int]) -> None:
        """Forget the count."""
        self.change(ids, state="cancelled")


class InventoryLine(Model):
    """What was counted of one product; no quantity means it is left alone."""

    name = "stock.inventory.line"
    title = "Stock Inventory Line"
    rec_field = "product"
    FIELDS: ClassVar[tuple[Field, ...]] = (
        many2one("inventory", "stock.inventory", "Inventory", required=True, index=True),
        many2one("product", "product.product", "Product", required=True, index=True),
        floating("expected_quantity", "Expected Quantity", required=True, readonly=True, default=ZERO),
        floating("quantity", "Actual Quantity", digits=unit_digits),
        one2many("moves", MOVES, "origin", "Moves", readonly=True),
    )

    def digits(self, row: Row) -> int | None:
        """Return how many decimals a quantity may have."""
        products = self.env["product.product"]
        return self.env.of(Unit).digits_of(products.follow(products.row(row["product"]), "template.default_uom"))

    def get_rec_name(self, row: Row) -> str:
        """Return the product's name."""
        return self.env["product.product"].label(row["product"])

    def prepare(self, row: Row) -> None:
        """Note what should be there."""
        if row["inventory"] and row["product"]:
            location = self.env["stock.inventory"].row(row["inventory"])["location"]
            row["expected_quantity"] = in_location(self.env, row["product"], location)

    def settle(self, row: Row) -> None:
        """Move what is too much to the lost and found, what is missing from there."""
        if row["quantity"] is None:
            return
        inventory = self.env["stock.inventory"].row(row["inventory"])
        more = row["quantity"] - in_location(self.env, row["product"], inventory["location"])
        lost = self.env.of(Location).of_type("lost_found")
        if lost is None:
            message = "There is no lost and found location."
            raise UserError(message)
        if more:
            ends = (lost, inventory["location"]) if more > 0 else (inventory["location"], lost)
            products, moves = self.env["product.product"], self.env.of(Move)
            made = moves.put(
                product=row["product"],
                unit=products.follow(products.row(row["product"]), "template.default_uom"),
                quantity=abs(more),
                from_location=ends[0],
                to_location=ends[1],
                company=inventory["company"],
                effective_date=inventory["date"],
                origin=f"{self.name},{row['id']}",
            )
            moves.done([made])

"""Lines of sales; they follow the sale's state."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from isthmus.simulators.rows import Row
from isthmus.simulators.tryton.errors import AccessError
from isthmus.simulators.tryton.models import processing
from isthmus.simulators.tryton.models.units import Unit
from isthmus.simulators.tryton.models.world import Currency
from isthmus.simulators.tryton.orm.fields import (
    PRICE_DIGITS,
    ZERO,
    Field,
    boolean,
    char,
    computed,
    day,
    floating,
    integer,
    many2many,
    many2one,
    numeric,
    one2many,
    selection,
    text,
    unit_digits,
)
from isthmus.simulators.tryton.orm.model import Model
from isthmus.simulators.tryton.orm.records import Order

SALES, LINES, MOVES = "sale.sale", "sale.line", "stock.move"
TYPES: dict[str | None, str] = {"line": "Line", "subtotal": "Subtotal", "title": "Title", "comment": "Comment"}


def _locked(model: Any, row: Row) -> bool:
    return model.env[SALES].row(row["sale"])["state"] != "draft"


def _is_line(_model: Any, row: Row) -> bool:
    return row["type"] == "line"


class SaleLine(Model):
    """One line of a sale: something sold, or a text between."""

    name = LINES
    title = "Sale Line"
    rec_field = "product"
    order: ClassVar[Order] = (
        ("sale.sale_date", "DESC NULLS FIRST"),
        ("sale.id", "DESC"),
        ("sequence", "ASC NULLS FIRST"),
        ("id", "ASC"),
    )
    FIELDS: ClassVar[tuple[Field, ...]] = (
        many2one("sale", SALES, "Sale", required=True, index=True, locked=_locked),
        integer("sequence", "Sequence"),
        selection("type", "Type", TYPES, required=True, default="line", locked=_locked),
        many2one("product", "product.product", "Product", index=True, locked=_locked),
        floating("quantity", "Quantity", needed=_is_line, locked=_locked, digits=unit_digits),
        many2one("unit", "product.uom", "Unit", needed=lambda _m, row: bool(row["product"]), locked=_locked),
        numeric("unit_price", "Unit Price", needed=_is_line, locked=_locked, digits=PRICE_DIGITS),
        text("description", "Description", locked=_locked),
        text("note", "Note"),
        many2many("taxes", "account.tax", "Taxes"),
        computed(numeric, "amount", "Amount"),
        computed(many2one, "currency", "currency.currency", "Currency"),
        computed(many2one, "company", "company.company", "Company"),
        computed(many2one, "customer", "party.party", "Customer", searcher="search_customer"),
        computed(day, "sale_date", "Sale Date", searcher="search_sale_date"),
        computed(selection, "sale_state", "Sale State", {}, searcher="search_sale_state"),
        computed(char, "summary", "Summary", searcher="search_summary"),
        computed(boolean, "movable", "Movable"),
        computed(many2one, "warehouse", "stock.location", "Warehouse"),
        computed(many2one, "from_location", "stock.location", "From Location"),
        computed(many2one, "to_location", "stock.location", "To Location"),
        computed(day, "shipping_date", "Shipping Date"),
        computed(many2one, "product_uom_category", "product.uom.category", "Product UoM Category"),
        one2many("moves", MOVES, "origin", "Stock Moves", readonly=True),
        many2many("moves_ignored", MOVES, "Ignored Stock Moves", locked=lambda _m, _row: True, copied=False),
        many2many("moves_recreated", MOVES, "Recreated Moves", readonly=True, copied=False),
        one2many("invoice_lines", "account.invoice.line", "origin", "Invoice Lines", readonly=True),
        computed(floating, "moves_progress", "Moves Progress"),
        computed(floating, "invoice_progress", "Invoice Progress"),
        computed(boolean, "moves_exception", "Moves Exception"),
        computed(floating, "actual_quantity", "Actual Quantity"),
        numeric("shipment_cost", "Shipment Cost", copied=False),
    )

    def sale(self, row: Row) -> Row:
        """Return the line's sale."""
        return self.env[SALES].row(row["sale"])

    def digits(self, row: Row) -> int | None:
        """Return how many decimals a quantity may have."""
        return self.env.of(Unit).digits_of(row["unit"])

    def check_values(self, row: Row, changed: frozenset[str] | None) -> None:
        """Refuse a text that is for sale, and a unit the product cannot be measured in."""
        del changed
        if row["type"] != "line":
            for name in ("product", "quantity", "unit", "unit_price"):
                if row[name] is not None:
                    raise self.not_in_domain(row, name, [[name, "=", None]])
        elif row["product"] and row["unit"]:
            category = self.get_product_uom_category(row)
            if self.env.of(Unit).row(row["unit"])["category"] != category:
                raise self.not_in_domain(row, "unit", [["category", "=", category]])

    def before_delete(self, ids: list[int]) -> None:
        """Refuse to forget what was sold."""
        for row in (self.row(i) for i in ids):
            if self.sale(row)["state"] not in ("cancelled", "draft"):
                name, sale = self.get_rec_name(row), self.env[SALES].label(row["sale"])
                message = f'To delete line "{name}" you must cancel or reset to draft sale "{sale}".'
                raise AccessError(message)

    def get_rec_name(self, row: Row) -> str:
        """Return how much of what in which sale."""
        sale, quantity = self.env[SALES].label(row["sale"]), row["quantity"] or ZERO
        what = self.env["product.product"].label(row["product"]) or self.get_summary(row)
        if row["type"] != "line":
            return f"{what or '({})'.format(row['id'])} @ {sale}"
        much = str(float(quantity)) if row["unit"] is None else self.env.of(Unit).told(quantity, row["unit"])
        return f"{much} {what} @ {sale}"

    def search_rec_name(self, _rest: str, sign: str, value: Any) -> Any:
        """Search by sale and product."""
        return ["OR", ["sale.rec_name", sign, value], ["product.rec_name", sign, value]]

    def amount_of(self, row: Row) -> Decimal:
        """Return quantity times price in the sale's currency."""
        return self.env.of(Currency).rounded(
            self.sale(row)["currency"], (row["quantity"] or ZERO) * (row["unit_price"] or ZERO)
        )

    def get_amount(self, row: Row) -> Decimal:
        """Return the line's amount, that of the lines above for a subtotal."""
        if row["type"] == "line":
            return self.amount_of(row)
        if row["type"] != "subtotal":
            return ZERO
        total = ZERO
        for line_id in self.env[SALES].get(self.sale(row), "lines"):
            line = self.row(line_id)
            if line_id == row["id"]:
                break
            total = ZERO if line["type"] == "subtotal" else total + self.get_amount(line)
        return total

    def get_currency(self, row: Row) -> int:
        """Return the sale's currency."""
        return self.sale(row)["currency"]

    def get_company(self, row: Row) -> int:
        """Return the sale's company."""
        return self.sale(row)["company"]

    def get_customer(self, row: Row) -> int:
        """Return the sale's party."""
        return self.sale(row)["party"]

    def search_customer(self, rest: str, sign: str, value: Any) -> Any:
        """Search by the sale's party."""
        return [[".".join(filter(None, ("sale.party", rest))), sign, value]]

    def get_sale_date(self, row: Row) -> date | None:
        """Return the sale's date."""
        return self.sale(row)["sale_date"]

    def search_sale_date(self, _rest: str, sign: str, value: Any) -> Any:
        """Search by the sale's date."""
        return [["sale.sale_date", sign, value]]

    def get_sale_state(self, row: Row) -> str:
        """Return the sale's state."""
        return self.sale(row)["state"]

    def search_sale_state(self, _rest: str, sign: str, value: Any) -> Any:
        """Search by the sale's state."""
        return [["sale.state", sign, value]]

    def get_summary(self, row: Row) -> str:
        """Return the first line of the description."""
        return (row["description"] or "").partition("\n")[0]

    def search_summary(self, _rest: str, sign: str, value: Any) -> Any:
        """Search the description."""
        return [["description", sign, value]]

    def get_movable(self, row: Row) -> bool | None:
        """Say whether something has to be carried; nothing where there is no product."""
        return processing.is_movable(self.env, row) if row["product"] else None

    def get_warehouse(self, row: Row) -> int | None:
        """Return the sale's warehouse."""
        return self.sale(row)["warehouse"]

    def _zone(self, row: Row, zone: str) -> int | None:
        warehouse = self.get_warehouse(row)
        return self.env["stock.location"].row(warehouse)[zone] if warehouse and self.get_movable(row) else None

    def _customers(self, row: Row) -> int | None:
        found = self.env["stock.location"].matching([["type", "=", "customer"]])
        return found[0] if found and self.get_movable(row) else None

    def get_from_location(self, row: Row) -> int | None:
        """Return where the goods go from: the customer for a return."""
        back = (row["quantity"] or ZERO) < 0
        return self._customers(row) if back else self._zone(row, "output_location")

    def get_to_location(self, row: Row) -> int | None:
        """Return where the goods go to."""
        back = (row["quantity"] or ZERO) < 0
        return self._zone(row, "input_location") if back else self._customers(row)

    def get_shipping_date(self, row: Row) -> date | None:
        """Return the first day on which some of it is moved."""
        days: list[date | None] = [
            move["effective_date"] or move["planned_date"]
            for move in processing.line_moves(self.env, row)
            if move["state"] != "cancelled"
        ]
        return min((day_ for day_ in days if day_), default=None)

    def get_product_uom_category(self, row: Row) -> int | None:
        """Return what units the product may be sold in."""
        if not row["product"]:
            return None
        products = self.env["product.product"]
        own = products.follow(products.row(row["product"]), "template.default_uom")
        return self.env.of(Unit).row(own)["category"]

    def get_moves_progress(self, row: Row) -> Decimal | None:
        """Return which part of it has arrived."""
        if row["type"] != "line" or not row["quantity"] or not self.get_movable(row):
            return None
        return min(Decimal(1), round(processing.shipped(self.env, row) / abs(row["quantity"]), 4))

    def get_invoice_progress(self, row: Row) -> Decimal | None:
        """Return which part of it is paid."""
        if row["type"] != "line" or not row["quantity"]:
            return None
        heads = self.env.table("account.invoice").rows
        mine = processing.invoice_lines(self.env, row)
        paid = sum((one["quantity"] for one in mine if heads[one["invoice"]]["state"] == "paid"), ZERO)
        return max(ZERO, min(Decimal(1), round(paid / row["quantity"], 4)))

    def get_moves_exception(self, row: Row) -> bool:
        """Say whether a move was cancelled and nobody has said what is to become of it."""
        return processing.in_exception(self.env, row)

    def get_actual_quantity(self, row: Row) -> Decimal | None:
        """Return how much was really moved, what was sold as long as nothing was."""
        moved = processing.shipped(self.env, row)
        return moved.copy_sign(row["quantity"]) if moved else row["quantity"]

"""sale.order.line: what was ordered, for how much, and how much of it has left."""

from decimal import Decimal
from typing import Any

from isthmus.simulators.odoo import taxes
from isthmus.simulators.odoo.errors import UserError, ValidationError
from isthmus.simulators.odoo.models.pricing import Pricelist
from isthmus.simulators.odoo.models.product import Product
from isthmus.simulators.odoo.orm.fields import (
    ZERO,
    Field,
    Row,
    boolean,
    computed,
    decimal,
    integer,
    many2many,
    many2one,
    monetary,
    one2many,
    selection,
    text,
)
from isthmus.simulators.odoo.orm.model import Model

HUNDRED = Decimal(100)
STATES = {"draft": "Quotation", "sent": "Quotation Sent", "sale": "Sales Order", "cancel": "Cancelled"}
_SECTIONS = {"line_section": "Section", "line_subsection": "Subsection", "line_note": "Note"}
_SEEN: dict[str, Any] = {"readonly": True, "stored": True}
_PRICED = frozenset({"id", "product_uom_qty", "price_unit", "discount", "tax_ids", "product_id"})
_LOCKED = ("product_id", "name", "price_unit", "product_uom_id", "product_uom_qty", "tax_ids")


def _renamed() -> tuple[Field, ...]:
    return (
        many2many("tax_id", "account.tax", "Taxes", until=18, column="tax_ids"),
        many2many("tax_ids", "account.tax", "Taxes", since=19),
        many2one("product_uom", "uom.uom", "Unit of Measure", until=18, column="product_uom_id"),
        many2one("product_uom_id", "uom.uom", "Unit", since=19),
        # 19 keeps every decimal of a price and only shows two at least.
        decimal("price_unit", "Unit Price", required=True, digits=2, until=18),
        decimal("price_unit", "Unit Price", required=True, since=19),
        selection("display_type", "Display Type", _SECTIONS, since=19),
        selection(
            "display_type", "Display Type", {k: v for k, v in _SECTIONS.items() if k != "line_subsection"}, until=18
        ),
    )


class SaleOrderLine(Model):
    """sale.order.line."""

    name = "sale.order.line"
    title = "Sales Order Line"
    order = "order_id, sequence, id"
    FIELDS = (
        many2one("order_id", "sale.order", "Order Reference", required=True, index=True),
        integer("sequence", "Sequence", default=10),
        many2one("product_id", "product.product", "Product", index=True),
        many2one("product_template_id", "product.template", related="product_id.product_tmpl_id", readonly=True),
        text("name", "Description"),
        decimal("product_uom_qty", "Quantity", required=True, digits=2, default=Decimal(1)),
        *_renamed(),
        decimal("discount", "Discount (%)", digits=2),
        monetary("price_subtotal", "Subtotal", readonly=True, copied=False),
        decimal("price_tax", "Total Tax", readonly=True, copied=False),
        monetary("price_total", "Total", readonly=True, copied=False),
        boolean("is_delivery", "Is a Delivery"),
        boolean("is_downpayment", "Is a down payment"),
        computed(decimal, "qty_delivered", "Delivery Quantity", stored=True),
        decimal("qty_invoiced", "Invoiced Quantity", readonly=True, copied=False),
        computed(decimal, "qty_to_invoice", "Quantity To Invoice", stored=True),
        one2many("move_ids", "stock.move", "sale_line_id", "Stock Moves"),
        many2one("currency_id", "res.currency", related="order_id.currency_id", **_SEEN),
        many2one("company_id", "res.company", related="order_id.company_id", **_SEEN),
        many2one("order_partner_id", "res.partner", "Customer", related="order_id.partner_id", **_SEEN),
        selection("state", "Order Status", {**STATES, "done": "Locked"}, related="order_id.state", until=16, **_SEEN),
        selection("state", "Order Status", STATES, related="order_id.state", since=17, **_SEEN),
        many2one("warehouse_id", "stock.warehouse", "Warehouse", related="order_id.warehouse_id", readonly=True),
    )

    def _compute_display_name(self, row: Row) -> str:
        order = self.get_order(row)
        first = next(iter((row["name"] or "").splitlines()), "")
        ref = self.env["res.partner"].row(order["partner_id"])["ref"]
        return f"{order['name']} - {first} ({ref})" if ref else f"{order['name']} - {first}"

    def _compute_qty_delivered(self, row: Row) -> Decimal:
        moves = self.env.table("stock.move")
        done = [m for i in moves.where("sale_line_id", row["id"]) if (m := moves.rows[i])["state"] == "done"]
        return sum((m["quantity"] * (-1 if m["origin_returned_move_id"] else 1) for m in done), ZERO)

    def _compute_qty_to_invoice(self, row: Row) -> Decimal:
        if self.get(row, "state") not in ("sale", "done") or row["display_type"]:
            return ZERO
        by_delivery = row["product_id"] and self.template(row)["invoice_policy"] == "delivery"
        return (self._compute_qty_delivered(row) if by_delivery else row["product_uom_qty"]) - row["qty_invoiced"]

    def template(self, row: Row) -> Row:
        """Return the template of the line's product."""
        products = self.env.of(Product)
        return products.template(products.row(row["product_id"]))

    def prepare(self, row: Row, given: frozenset[str]) -> None:
        """Take text, unit, taxes and price from the product where the caller sent none."""
        order = self.env["sale.order"].row(row["order_id"]) if row["order_id"] else None
        if row["display_type"]:
            if row["product_id"] or row["price_unit"]:
                message = "The operation cannot be completed: Forbidden values on non-accountable sale order line"
                raise ValidationError(message)
            row["product_uom_qty"] = ZERO
            return
        if not row["product_id"] or order is None:
            return
        products = self.env.of(Product)
        product = products.row(row["product_id"])
        template = products.template(product)
        row["product_uom_id"] = row["product_uom_id"] or template["uom_id"]
        if row["name"] is None:
            lines = [products.label(product["id"]), template["description_sale"]]
            row["name"] = "\n".join(line for line in lines if line)
        if "tax_ids" not in given:
            row["tax_ids"] = template["taxes_id"]
        if "price_unit" not in given:
            prices = self.env.of(Pricelist)
            row["price_unit"] = prices.price(order["pricelist_id"], product, template, row["product_uom_qty"])

    def before_write(self, ids: list[int], values: dict[str, Any]) -> None:
        """Refuse what a confirmed or locked order does not allow."""
        keys = {self.fields[name].key for name in values if name in self.fields}
        for record_id in ids:
            row = self.row(record_id)
            if self.get_order(row)["locked"] and (forbidden := [f for f in _LOCKED if f in keys]):
                listed = "\n".join(next(f.string for f in self.fields.values() if f.key == k) for k in forbidden)
                msg = f"It is forbidden to modify the following fields in a locked order:\n{listed}"
                raise UserError(msg)
            confirmed = self.get(row, "state") in ("sale", "done")
            if confirmed and "product_id" in values and values["product_id"] != row["product_id"]:
                message = "You cannot modify the product of this order line."
                raise UserError(message)
            lower = "product_uom_qty" in values and values["product_uom_qty"] < self._compute_qty_delivered(row)
            if confirmed and lower:
                msg = (
                    "The ordered quantity of a sale order line cannot be decreased below the amount already delivered. "
                    "Instead, create a return in your inventory."
                )
                raise UserError(msg)

    def get_order(self, row: Row) -> Row:
        """Return the line's order."""
        return self.env.table("sale.order").rows[row["order_id"]]

    def saved(self, ids: list[int], changed: frozenset[str]) -> None:
        """Work out the amounts, of the order too, and let the shipment follow."""
        if changed & _PRICED:
            for record_id in ids:
                self._price(self.row(record_id))
        orders: Any = self.env["sale.order"]
        orders.lines_changed({self.row(i)["order_id"] for i in ids}, ids, changed)

    def _price(self, row: Row) -> None:
        rounding = self._rounding(row)
        totals = taxes.line_totals(self.share(row), rounding)
        self.change([row["id"]], price_subtotal=totals.untaxed, price_tax=totals.tax, price_total=totals.total)

    def _rounding(self, row: Row) -> Decimal:
        return self.env.table("res.currency").rows[self.get_order(row)["currency_id"]]["rounding"]

    def share(self, row: Row) -> taxes.Share:
        """Return what the line contributes to its order."""
        price = row["price_unit"] * (1 - row["discount"] / HUNDRED)
        company = self.env.table("res.company").rows[self.get_order(row)["company_id"]]
        per_line = company["tax_calculation_rounding_method"] != "round_globally"
        return taxes.share(price, row["product_uom_qty"], self._rates(row), self._rounding(row), per_line=per_line)

    def _rates(self, row: Row) -> list[taxes.Rate]:
        known = self.env["account.tax"]
        rows = [known.row(i) for i in known.sorted(row["tax_ids"] or (), known.order)]
        return [
            taxes.Rate(
                r["id"],
                r["amount"],
                known.get(r, "price_include"),
                r["amount_type"] == "fixed",
                r["include_base_amount"],
            )
            for r in rows
        ]

    def before_unlink(self, ids: list[int]) -> None:
        """Keep the lines of a confirmed order."""
        for record_id in ids:
            row = self.row(record_id)
            if self.get_order(row)["state"] in ("sale", "done") and not row["display_type"]:
                msg = (
                    "Once a sales order is confirmed, you can't remove one of its lines "
                    "(we need to track if something gets invoiced or delivered).\n"
                    "                Set the quantity to 0 instead."
                )
                raise UserError(msg)

    def remove(self, ids: Any) -> None:
        """Delete lines and work out the orders' totals again."""
        ids = list(ids)
        orders: Any = self.env["sale.order"]
        touched = {self.row(i)["order_id"] for i in ids}
        super().remove(ids)
        orders.lines_changed({i for i in touched if i in orders.table.rows}, [], frozenset({"id"}))

"""sale.order: from quotation to confirmed order, shipment and cancellation."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from isthmus.simulators.odoo import taxes, versions
from isthmus.simulators.odoo.errors import UserError
from isthmus.simulators.odoo.models.deliveries import Deliveries
from isthmus.simulators.odoo.models.partner import Partner
from isthmus.simulators.odoo.models.picking import SHIPPING_POLICIES, Picking
from isthmus.simulators.odoo.models.sale_line import STATES, SaleOrderLine
from isthmus.simulators.odoo.orm.fields import (
    ZERO,
    Field,
    Row,
    boolean,
    char,
    computed,
    day,
    html,
    many2one,
    moment,
    monetary,
    one2many,
    selection,
)
from isthmus.simulators.odoo.orm.model import Model
from isthmus.simulators.odoo.orm.records import Records, call_time, remote
from isthmus.simulators.shapes import listed

INVOICING = {
    "upselling": "Upselling Opportunity",
    "invoiced": "Fully Invoiced",
    "to invoice": "To Invoice",
    "no": "Nothing to Invoice",
}
SHIPPING = {
    "pending": "Not Delivered",
    "started": "Started",
    "partial": "Partially Delivered",
    "full": "Fully Delivered",
}


def _company(records: Records) -> int:
    return records.env.company_id


def _user(records: Records) -> int:
    return records.env.uid


def _in_a_month(records: Records) -> date:
    return (records.env.now + timedelta(days=30)).date()


def _state() -> tuple[Field, ...]:
    more: dict[str, Any] = {"default": "draft", "readonly": True, "index": True, "copied": False}
    return (
        selection("state", "Status", {**STATES, "done": "Locked"}, until=16, **more),
        selection("state", "Status", STATES, since=17, **more),
        boolean("locked", "Locked", since=17, copied=False),
    )


class SaleOrder(Deliveries, Model):
    """sale.order; `client_order_ref` is the customer's reference and not unique."""

    name = "sale.order"
    title = "Sales Order"
    order = "date_order desc, id desc"
    HIDDEN = {"locked": False}  # noqa: RUF012 - never changed
    FIELDS = (
        char("name", "Order Reference", required=True, index=True, copied=False, default="New"),
        char("client_order_ref", "Customer Reference", index=True, copied=False),
        char("origin", "Source Document", index=True),
        *_state(),
        many2one("partner_id", "res.partner", "Customer", required=True, index=True),
        many2one("partner_invoice_id", "res.partner", "Invoice Address", required=True),
        many2one("partner_shipping_id", "res.partner", "Delivery Address", required=True),
        many2one("pricelist_id", "product.pricelist", "Pricelist"),
        many2one("currency_id", "res.currency", "Currency", readonly=True),
        many2one("company_id", "res.company", "Company", required=True, default=_company),
        many2one("user_id", "res.users", "Salesperson", default=_user),
        many2one("warehouse_id", "stock.warehouse", "Warehouse"),
        many2one("payment_term_id", "account.payment.term", "Payment Terms"),
        many2one("fiscal_position_id", "account.fiscal.position", "Fiscal Position"),
        many2one("carrier_id", "delivery.carrier", "Delivery Method"),
        moment("date_order", "Order Date", required=True, copied=False, default=call_time),
        moment("commitment_date", "Delivery Date", copied=False),
        day("validity_date", "Expiration", copied=False, default=_in_a_month),
        html("note", "Terms and conditions"),
        selection("picking_policy", "Shipping Policy", SHIPPING_POLICIES, required=True, default="direct"),
        one2many("order_line", "sale.order.line", "order_id", "Order Lines", copied=True),
        one2many("picking_ids", "stock.picking", "sale_id", "Transfers"),
        monetary("amount_untaxed", "Untaxed Amount", readonly=True, copied=False),
        monetary("amount_tax", "Taxes", readonly=True, copied=False),
        monetary("amount_total", "Total", readonly=True, copied=False),
        selection("invoice_status", "Invoice Status", INVOICING, compute="_compute_invoice_status", readonly=True),
        selection(
            "delivery_status", "Delivery Status", SHIPPING, compute="_compute_delivery_status", readonly=True, since=16
        ),
        computed(boolean, "is_expired", "Is Expired"),
    )

    def prepare(self, row: Row, given: frozenset[str]) -> None:
        """Take addresses, price list, terms and warehouse from the customer and the company."""
        row["name"] = row["name"] if "name" in given else f"S{self.env.database.store.next_number('sale.order'):05d}"
        if row["partner_id"]:
            partners = self.env.of(Partner)
            partner = partners.row(row["partner_id"])
            addresses = partners.address_get(row["partner_id"], ["invoice", "delivery"])
            row["partner_invoice_id"] = row["partner_invoice_id"] or addresses["invoice"]
            row["partner_shipping_id"] = row["partner_shipping_id"] or addresses["delivery"]
            if "pricelist_id" not in given:
                row["pricelist_id"] = partners.get(partner, "property_product_pricelist")
            for key, source in (
                ("payment_term_id", "property_payment_term_id"),
                ("fiscal_position_id", "property_account_position_id"),
            ):
                if key not in given:
                    row[key] = partner[source]
        if not row["warehouse_id"]:
            row["warehouse_id"] = next(iter(self.env["stock.warehouse"].search([], limit=1)), None)
        row["date_order"] = row["date_order"] or self.env.now
        row["currency_id"] = self._currency(row)

    def _currency(self, row: Row) -> int:
        if row["pricelist_id"]:
            return self.env["product.pricelist"].row(row["pricelist_id"])["currency_id"]
        return self.env["res.company"].row(row["company_id"])["currency_id"]

    def copied(self, record_id: int) -> dict[str, Any]:
        """Return a duplicate's values, lines included."""
        lines = self.env.of(SaleOrderLine)
        copies = [lines.copied(i) for i in self.get(self.row(record_id), "order_line")]
        for values in copies:
            values.pop("order_id")
        return {**super().copied(record_id), "order_line": [[0, 0, values] for values in copies]}

    def before_write(self, ids: list[int], values: dict[str, Any]) -> None:
        """Refuse another price list once confirmed."""
        if "pricelist_id" in values and any(self.row(i)["state"] in ("sale", "done") for i in ids):
            message = "You cannot change the pricelist of a confirmed order !"
            raise UserError(message)

    def saved(self, ids: list[int], changed: frozenset[str]) -> None:
        """Follow a changed price list with the currency."""
        if "id" in changed or "pricelist_id" not in changed:
            return
        for record_id in ids:
            self.change([record_id], currency_id=self._currency(self.row(record_id)))
            self.total(record_id)

    def total(self, order_id: int) -> None:
        """Work out the three amounts."""
        row, lines = self.row(order_id), self.env.of(SaleOrderLine)
        shares = [lines.share(lines.row(i)) for i in lines.table.where("order_id", order_id)]
        totals = taxes.order_totals(shares, self.env.table("res.currency").rows[row["currency_id"]]["rounding"])
        self.change([order_id], amount_untaxed=totals.untaxed, amount_tax=totals.tax, amount_total=totals.total)

    def lines_changed(self, order_ids: Iterable[int], line_ids: list[int], changed: frozenset[str]) -> None:
        """Follow changed lines: totals, and the shipment of a confirmed order."""
        for order_id in order_ids:
            self.total(order_id)
            if self.row(order_id)["state"] in ("sale", "done") and changed & {"id", "product_uom_qty"}:
                mine = [i for i in line_ids if self.env.of(SaleOrderLine).row(i)["order_id"] == order_id]
                self.launch(self.row(order_id), mine)

    def _compute_invoice_status(self, row: Row) -> str:
        if row["state"] not in ("sale", "done"):
            return "no"
        lines = self.env.of(SaleOrderLine)
        todo = [lines.get(lines.row(i), "qty_to_invoice") for i in lines.table.where("order_id", row["id"])]
        return "to invoice" if any(quantity != ZERO for quantity in todo) else "no"

    def _compute_is_expired(self, row: Row) -> bool:
        return row["state"] in ("draft", "sent") and bool(
            row["validity_date"] and row["validity_date"] < self.env.now.date()
        )

    def before_unlink(self, ids: list[int]) -> None:
        """Keep orders that are sent or confirmed; take the lines of the others along."""
        for record_id in ids:
            if self.row(record_id)["state"] not in ("draft", "cancel"):
                message = "You can not delete a sent quotation or a confirmed sales order. You must first cancel it."
                raise UserError(message)
            for line in self.env.table("sale.order.line").where("order_id", record_id):
                self._unlink_from(self.env["stock.move"], "sale_line_id", line)
                self.env.table("sale.order.line").delete(line)
            self._unlink_from(self.env["stock.picking"], "sale_id", record_id)

    def _unlink_from(self, other: Model, column: str, record_id: int) -> None:
        other.change(other.table.where(column, record_id), **{column: None})

    @remote("write")
    def action_confirm(self, ids: Any) -> bool:
        """Confirm: `date_order` becomes now, a shipment is made and stock reserved."""
        rows = [self.row(i) for i in listed(ids)]
        for row in rows:
            if row["state"] not in ("draft", "sent"):
                raise UserError(self._not_to_confirm(row))
            lines = self.env.of(SaleOrderLine)
            for line in (lines.row(i) for i in lines.table.where("order_id", row["id"])):
                if not line["display_type"] and not line["product_id"] and not line["is_downpayment"]:
                    msg = "Some order lines are missing a product, you need to correct them before going further."
                    raise UserError(msg)
        for row in rows:
            self.change([row["id"]], state="sale", date_order=self.env.now.replace(microsecond=0))
            self.launch(row, self.env.table("sale.order.line").where("order_id", row["id"]))
        return True

    def _not_to_confirm(self, row: Row) -> str:
        if self.env.version < versions.LOCKED_FLAG:
            return f"It is not allowed to confirm an order in the following states: {row['state']}"
        return "Some orders are not in a state requiring confirmation."

    @remote("write")
    def action_cancel(self, ids: Any) -> Any:
        """Cancel. Until 16 a quotation that has left the draft answers with a wizard instead."""
        rows = [self.row(i) for i in listed(ids)]
        if any(row["locked"] for row in rows):
            message = "You cannot cancel a locked order. Please unlock it first."
            raise UserError(message)
        ask = self.env.version < versions.LOCKED_FLAG and not self.env.context.get("disable_cancel_warning")
        if ask and any(row["state"] != "draft" for row in rows):
            return _cancel_question(rows[0])
        return self.give_up([row["id"] for row in rows])

    def give_up(self, ids: list[int]) -> bool:
        """Cancel orders and what has not left the warehouse."""
        for record_id in ids:
            open_pickings = [
                i
                for i in self.env.table("stock.picking").where("sale_id", record_id)
                if self.env.table("stock.picking").rows[i]["state"] != "done"
            ]
            self.env.of(Picking).action_cancel(open_pickings)
        self.change(ids, state="cancel")
        return True

    @remote("write")
    def action_draft(self, ids: Any) -> bool:
        """Make cancelled or sent orders quotations again."""
        self.change([i for i in listed(ids) if self.row(i)["state"] in ("cancel", "sent")], state="draft")
        return True

    @remote("write")
    def action_quotation_sent(self, ids: Any) -> None:
        """Mark quotations as sent. Returns nothing."""
        if any(self.row(i)["state"] != "draft" for i in listed(ids)):
            message = "Only draft orders can be marked as sent directly."
            raise UserError(message)
        self.change(listed(ids), state="sent")

    @remote("write")
    def action_lock(self, ids: Any) -> None:
        """Lock confirmed orders (17 and later). Returns nothing."""
        self.change(listed(ids), locked=True)

    @remote("write")
    def action_unlock(self, ids: Any) -> None:
        """Unlock orders. Returns nothing."""
        self.change(listed(ids), locked=False)
        self.change([i for i in listed(ids) if self.row(i)["state"] == "done"], state="sale")

    @remote("write")
    def action_done(self, ids: Any) -> bool:
        """Lock confirmed orders (until 16)."""
        self.change(listed(ids), state="done")
        return True


class CancelWizard(Model):
    """sale.order.cancel, until 16."""

    name = "sale.order.cancel"
    title = "Sales Order Cancel"
    label_field = "id"
    FIELDS = (many2one("order_id", "sale.order", "Sale Order", required=True),)

    @remote("write")
    def action_cancel(self, ids: Any) -> bool:
        """Cancel the order the wizard was opened for."""
        return self.env.of(SaleOrder).give_up([self.row(i)["order_id"] for i in listed(ids)])


def _cancel_question(row: Row) -> dict[str, Any]:
    return {
        "name": "Cancel Sales Order",
        "view_mode": "form",
        "res_model": "sale.order.cancel",
        "view_id": 1,
        "type": "ir.actions.act_window",
        "context": {"default_order_id": row["id"], "mark_so_as_canceled": True},
        "target": "new",
    }

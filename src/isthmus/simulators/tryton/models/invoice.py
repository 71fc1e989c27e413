"""Invoices to customers; a credit note is one whose total is negative."""

from decimal import Decimal
from typing import Any, ClassVar

from isthmus.simulators.rows import Row
from isthmus.simulators.tryton.errors import AccessError, UserError
from isthmus.simulators.tryton.models.processing import process_sales
from isthmus.simulators.tryton.models.system import Sequence
from isthmus.simulators.tryton.models.taxes import Taxed, tax_amount
from isthmus.simulators.tryton.models.units import Unit
from isthmus.simulators.tryton.models.world import Currency
from isthmus.simulators.tryton.orm.fields import (
    PRICE_DIGITS,
    ZERO,
    Field,
    char,
    computed,
    day,
    floating,
    integer,
    many2many,
    many2one,
    numeric,
    one2many,
    own_company,
    reference,
    selection,
    text,
)
from isthmus.simulators.tryton.orm.model import Model
from isthmus.simulators.tryton.orm.records import Order, button

INVOICES, LINES = "account.invoice", "account.invoice.line"
STATES: dict[str | None, str] = {
    "draft": "Draft", "validated": "Validated", "posted": "Posted", "paid": "Paid", "cancelled": "Cancelled",
}  # fmt: skip


def _not_draft(_model: Any, row: Row) -> bool:
    return row["state"] != "draft"


class Invoice(Model):
    """An invoice; it gets its number when it is posted."""

    name = INVOICES
    title = "Account Invoice"
    rec_field = "number"
    order: ClassVar[Order] = (("number", "DESC NULLS FIRST"), ("invoice_date", "DESC NULLS FIRST"), ("id", "DESC"))
    FIELDS: ClassVar[tuple[Field, ...]] = (
        many2one("company", "company.company", "Company", required=True, default=own_company),
        selection(
            "type", "Type", {"out": "Customer", "in": "Supplier"}, required=True, default="out", locked=_not_draft
        ),
        char("number", "Number", readonly=True, index=True, copied=False),
        char("reference", "Reference"),
        char("description", "Description", locked=_not_draft),
        selection("state", "State", STATES, readonly=True, default="draft", copied=False),
        day(
            "invoice_date",
            "Invoice Date",
            locked=lambda _m, row: row["state"] in ("posted", "paid", "cancelled"),
            copied=False,
        ),
        many2one("party", "party.party", "Party", required=True, index=True, locked=_not_draft),
        many2one("invoice_address", "party.address", "Invoice Address", required=True, locked=_not_draft),
        many2one("currency", "currency.currency", "Currency", required=True, locked=_not_draft),
        many2one("payment_term", "account.invoice.payment_term", "Payment Term", locked=_not_draft),
        one2many("lines", LINES, "invoice", "Lines"),
        computed(numeric, "untaxed_amount", "Untaxed"),
        computed(numeric, "tax_amount", "Tax"),
        computed(numeric, "total_amount", "Total"),
        computed(numeric, "amount_to_pay", "Amount to Pay"),
        computed(many2many, "sales", "sale.sale", "Sales", default=None, searcher="search_sales"),
        computed(char, "origins", "Origins"),
        text("comment", "Comment"),
    )

    def get_rec_name(self, row: Row) -> str:
        """Return number and reference."""
        parts = [row["number"], f"[{row['reference']}]" if row["reference"] else None]
        return " ".join(filter(None, parts)) or f"({row['id']})"

    def before_delete(self, ids: list[int]) -> None:
        """Refuse to forget what was numbered."""
        for row in (self.row(i) for i in ids):
            if row["state"] not in ("cancelled", "draft") or row["number"]:
                message = f'To delete invoice "{self.get_rec_name(row)}" you must cancel it.'
                raise AccessError(message)

    def _mine(self, row: Row) -> list[Row]:
        rows = self.env.table(LINES).rows
        return [rows[i] for i in self.env.table(LINES).where("invoice", row["id"]) if rows[i]["type"] == "line"]

    def get_untaxed_amount(self, row: Row) -> Decimal:
        """Return the sum of the lines."""
        lines = self.env.of(InvoiceLine)
        total = sum((lines.get_amount(line) or ZERO for line in self._mine(row)), ZERO)
        return self.env.of(Currency).rounded(row["currency"], total)

    def get_tax_amount(self, row: Row) -> Decimal:
        """Return the taxes."""
        lines = (Taxed(line["taxes"] or (), line["unit_price"], line["quantity"]) for line in self._mine(row))
        return self.env.of(Currency).rounded(row["currency"], tax_amount(self.env, lines, row["currency"]))

    def get_total_amount(self, row: Row) -> Decimal:
        """Return the sum with taxes; negative for a credit note."""
        return self.get_untaxed_amount(row) + self.get_tax_amount(row)

    def get_amount_to_pay(self, row: Row) -> Decimal:
        """Return what is open; nothing before the invoice is posted."""
        return self.get_total_amount(row) if row["state"] == "posted" else ZERO

    def get_sales(self, row: Row) -> tuple[int, ...]:
        """Return the sales behind the lines."""
        found = [(line["origin"] or "").partition(",") for line in self._mine(row)]
        lines = self.env.table("sale.line").rows
        return tuple(sorted({lines[int(i)]["sale"] for model, _, i in found if model == "sale.line"}))

    def search_sales(self, rest: str, sign: str, value: Any) -> Any:
        """Search by the sales behind the lines."""
        sales = self.env["sale.sale"]
        found = sales.matching([[rest or ("rec_name" if isinstance(value, str) else "id"), sign, value]])
        return [["id", "in", sorted({i for one in found for i in sales.get(sales.row(one), "invoices")})]]

    def get_origins(self, row: Row) -> str:
        """Return the names of the sales."""
        return ", ".join(self.env["sale.sale"].label(i) for i in self.get_sales(row))

    @button(lambda _m, row: row["state"] == "draft")
    def validate_invoice(self, ids: list[int]) -> None:
        """Check the invoice."""
        self.change(ids, state="validated")

    @button(lambda _m, row: row["state"] in ("draft", "validated"))
    def post(self, ids: list[int]) -> None:
        """Number and date the invoice: it is owed from now on."""
        for record_id in sorted(ids):
            row = self.row(record_id)
            if not self._mine(row):
                message = f'The invoice "{self.get_rec_name(row)}" has no lines.'
                raise UserError(message)
            day_ = row["invoice_date"] or self.env.today
            number = row["number"] or self.env.of(Sequence).next("Invoice")
            self.change([record_id], state="posted", number=number, invoice_date=day_)
        self._told(ids)

    @button(lambda _m, row: row["state"] in ("draft", "validated"))
    def cancel(self, ids: list[int]) -> None:
        """Give the invoice up; its sale shows an exception."""
        self.change(ids, state="cancelled")
        self._told(ids)

    def paid(self, ids: list[int]) -> None:
        """Let somebody have paid; the books do that, no caller."""
        self.change(ids, state="paid")
        self._told(ids)

    def _told(self, ids: list[int]) -> None:
        process_sales(self.env, sorted({sale for i in ids for sale in self.get_sales(self.row(i))}))


class InvoiceLine(Model):
    """A line of an invoice; `origin` says what was sold."""

    name = LINES
    title = "Account Invoice Line"
    rec_field = "product"
    order: ClassVar[Order] = (("invoice", "ASC"), ("sequence", "ASC NULLS FIRST"), ("id", "ASC"))
    FIELDS: ClassVar[tuple[Field, ...]] = (
        many2one("invoice", INVOICES, "Invoice", index=True),
        many2one("company", "company.company", "Company", required=True, default=own_company),
        selection(
            "type",
            "Type",
            {"line": "Line", "subtotal": "Subtotal", "title": "Title", "comment": "Comment"},
            required=True,
            default="line",
        ),
        many2one("product", "product.product", "Product"),
        floating("quantity", "Quantity"),
        many2one("unit", "product.uom", "Unit"),
        numeric("unit_price", "Unit Price", digits=PRICE_DIGITS),
        text("description", "Description"),
        many2many("taxes", "account.tax", "Taxes"),
        reference("origin", ("sale.line", LINES), "Origin", index=True),
        many2one("account", "account.account", "Account"),
        computed(numeric, "amount", "Amount"),
        integer("sequence", "Sequence"),
    )

    def get_rec_name(self, row: Row) -> str:
        """Return what is invoiced where."""
        invoice = self.env[INVOICES].label(row["invoice"])
        if not row["product"] or not row["unit"]:
            return f"{row['description'] or ''} @ {invoice}".lstrip()
        product = self.env["product.product"].label(row["product"])
        return f"{self.env.of(Unit).told(row['quantity'], row['unit'])} {product} @ {invoice}"

    def get_amount(self, row: Row) -> Decimal | None:
        """Return quantity times price in the invoice's currency."""
        if row["type"] != "line":
            return None
        currency = self.env[INVOICES].row(row["invoice"])["currency"]
        return self.env.of(Currency).rounded(currency, (row["quantity"] or ZERO) * (row["unit_price"] or ZERO))

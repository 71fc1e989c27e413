"""Sales: from the draft to goods on their way."""

from decimal import Decimal
from typing import Any, ClassVar

from isthmus.simulators.rows import Row
from isthmus.simulators.tryton.errors import AccessError, UserError
from isthmus.simulators.tryton.models import processing
from isthmus.simulators.tryton.models.sale_line import LINES, MOVES, SALES, SaleLine
from isthmus.simulators.tryton.models.system import Sequence
from isthmus.simulators.tryton.models.taxes import Taxed, tax_amount
from isthmus.simulators.tryton.orm.fields import (
    ZERO,
    Field,
    boolean,
    char,
    computed,
    day,
    many2many,
    many2one,
    numeric,
    one2many,
    own_company,
    reference,
    selection,
    span,
    text,
)
from isthmus.simulators.tryton.orm.model import Model
from isthmus.simulators.tryton.orm.records import Order, button

STATES: dict[str | None, str] = {
    "draft": "Draft", "quotation": "Quotation", "confirmed": "Confirmed", "processing": "Processing", "done": "Done",
    "cancelled": "Cancelled",
}  # fmt: skip
INVOICE_STATES: dict[str | None, str] = {
    "none": "None", "pending": "Pending", "awaiting payment": "Awaiting Payment", "partially paid": "Partially Paid",
    "paid": "Paid", "exception": "Exception",
}  # fmt: skip
SHIPMENT_STATES: dict[str | None, str] = {
    "none": "None", "waiting": "Waiting", "partially shipped": "Partially Shipped", "sent": "Sent",
    "exception": "Exception",
}  # fmt: skip
INVOICE_METHODS: dict[str | None, str] = {
    "manual": "Manual", "order": "On Order Processed", "fulfillment": "On Fulfillment",
}  # fmt: skip
SHIPMENT_METHODS: dict[str | None, str] = {
    "manual": "Manual", "order": "On Order Processed", "invoice": "On Invoice Paid",
}  # fmt: skip
COST_METHODS: dict[str | None, str] = {None: "", "order": "On Order", "shipment": "On Shipment"}


def _not_draft(_model: Any, row: Row) -> bool:
    return row["state"] != "draft"


def _sold(_model: Any, row: Row) -> bool:
    return row["state"] not in ("draft", "quotation", "cancelled")


def _currency(model: Any, row: Row) -> int | None:
    company = row.get("company")
    return model.env["company.company"].row(company)["currency"] if company else None


def _warehouse(model: Any, _row: Row) -> int | None:
    found = model.env["stock.location"].matching([["type", "=", "warehouse"]])
    return found[0] if len(found) == 1 else None


class Sale(Model):
    """A sale; callers find it by `reference`, Tryton numbers it when it is quoted."""

    name = SALES
    title = "Sale"
    rec_field = "number"
    order: ClassVar[Order] = (("sale_date", "DESC NULLS FIRST"), ("id", "DESC"))
    FIELDS: ClassVar[tuple[Field, ...]] = (
        many2one(
            "company",
            "company.company",
            "Company",
            required=True,
            default=own_company,
            locked=_not_draft,
        ),
        char("number", "Number", readonly=True, index=True, copied=False),
        char("reference", "Reference", index=True, copied=False),
        char("description", "Description", locked=_not_draft),
        day("quotation_date", "Quotation Date", locked=_not_draft, copied=False),
        span("quotation_validity", "Quotation Validity", locked=_not_draft),
        day(
            "sale_date",
            "Sale Date",
            needed=_sold,
            locked=lambda _m, row: row["state"] not in ("draft", "quotation"),
            copied=False,
        ),
        many2one("payment_term", "account.invoice.payment_term", "Payment Term", locked=_not_draft),
        many2one("party", "party.party", "Party", required=True, index=True, locked=_not_draft),
        many2one("invoice_party", "party.party", "Invoice Party", locked=_not_draft),
        many2one("invoice_address", "party.address", "Invoice Address", needed=_sold, locked=_not_draft),
        many2one("shipment_party", "party.party", "Shipment Party", locked=_not_draft),
        many2one("shipment_address", "party.address", "Shipment Address", locked=_not_draft),
        many2one("contact", "party.contact_mechanism", "Contact"),
        many2one("warehouse", "stock.location", "Warehouse", default=_warehouse, locked=_not_draft),
        many2one("currency", "currency.currency", "Currency", required=True, default=_currency, locked=_not_draft),
        many2one("price_list", "product.price_list", "Price List", locked=_not_draft),
        many2one("carrier", "carrier", "Carrier", locked=_not_draft),
        one2many("lines", LINES, "sale", "Lines"),
        one2many("line_lines", LINES, "sale", "Line - Lines", readonly=True, only=lambda row: row["type"] == "line"),
        text("comment", "Comment"),
        computed(numeric, "untaxed_amount", "Untaxed"),
        computed(numeric, "tax_amount", "Tax"),
        computed(numeric, "total_amount", "Total"),
        numeric("untaxed_amount_cache", "Untaxed Cache", readonly=True, copied=False),
        numeric("tax_amount_cache", "Tax Cache", readonly=True, copied=False),
        numeric("total_amount_cache", "Total Cache", readonly=True, copied=False),
        selection(
            "invoice_method", "Invoice Method", INVOICE_METHODS, required=True, default="order", locked=_not_draft
        ),
        selection(
            "invoice_state", "Invoice State", INVOICE_STATES, required=True, readonly=True, default="none", copied=False
        ),
        boolean("to_invoice", "To Invoice", readonly=True, default=False, copied=False),
        selection(
            "shipment_method", "Shipment Method", SHIPMENT_METHODS, required=True, default="order", locked=_not_draft
        ),
        selection(
            "shipment_state",
            "Shipment State",
            SHIPMENT_STATES,
            required=True,
            readonly=True,
            default="none",
            copied=False,
        ),
        boolean("to_ship", "To Ship", readonly=True, default=False, copied=False),
        selection("shipment_cost_method", "Shipment Cost Method", COST_METHODS, default="order", locked=_not_draft),
        computed(many2many, "invoices", "account.invoice", "Invoices", default=None, searcher="search_invoices"),
        many2many(
            "invoices_ignored", processing.INVOICES, "Ignored Invoices", locked=lambda _m, _row: True, copied=False
        ),
        many2many("invoices_recreated", processing.INVOICES, "Recreated Invoices", readonly=True, copied=False),
        computed(many2many, "shipments", processing.OUT, "Shipments", default=None, searcher="search_shipments"),
        computed(
            many2many, "shipment_returns", processing.BACK, "Shipment Returns", default=None, searcher="search_returns"
        ),
        computed(many2many, "moves", MOVES, "Stock Moves", default=None),
        reference("origin", (SALES,), "Origin", index=True, locked=_not_draft),
        day(
            "shipping_date", "Shipping Date", locked=lambda _m, row: row["state"] in ("processing", "done", "cancelled")
        ),
        selection("state", "State", STATES, required=True, readonly=True, default="draft", copied=False),
    )

    def check_values(self, row: Row, changed: frozenset[str] | None) -> None:
        """Refuse addresses of other parties, a warehouse that is none, methods that wait for each other."""
        del changed
        for address, party in (("invoice_address", "invoice_party"), ("shipment_address", "shipment_party")):
            whose = row[party] or row["party"]
            if row[address] and self.env["party.address"].row(row[address])["party"] != whose:
                raise self.not_in_domain(row, address)
        if row["warehouse"] and self.env["stock.location"].row(row["warehouse"])["type"] != "warehouse":
            raise self.not_in_domain(row, "warehouse")
        if row["invoice_method"] == "fulfillment" and row["shipment_method"] == "invoice":
            text_ = 'You cannot use together invoice "On Fulfillment" and shipment "On Invoice Paid" on sale'
            message = f'{text_} "{self.get_rec_name(row)}".'
            raise UserError(message)

    def before_delete(self, ids: list[int]) -> None:
        """Refuse to forget what was sold."""
        for row in (self.row(i) for i in ids):
            if row["state"] not in ("cancelled", "draft"):
                message = f'To delete sale "{self.get_rec_name(row)}" you must cancel it.'
                raise AccessError(message)

    def get_rec_name(self, row: Row) -> str:
        """Return number and reference."""
        parts = [row["number"], f"[{row['reference']}]" if row["reference"] else None]
        return " ".join(filter(None, parts)) or f"({row['id']})"

    def search_rec_name(self, _rest: str, sign: str, value: Any) -> Any:
        """Search by number and reference."""
        joined = "AND" if sign.startswith(("!", "not ")) else "OR"
        return [joined, ["number", sign, value], ["reference", sign, value]]

    # Amounts

    def _cached(self, row: Row, name: str) -> Decimal | None:
        return row[f"{name}_cache"] if row["state"] in ("confirmed", "processing", "done", "cancelled") else None

    def get_untaxed_amount(self, row: Row) -> Decimal:
        """Return the sum of the lines."""
        lines = self.env.of(SaleLine)
        kept = self._cached(row, "untaxed_amount")
        mine = processing.goods_lines(self.env, row)
        return sum((lines.amount_of(line) for line in mine), ZERO) if kept is None else kept

    def get_tax_amount(self, row: Row) -> Decimal:
        """Return the taxes, rounded as the books are kept."""
        kept = self._cached(row, "tax_amount")
        lines = (
            Taxed(line["taxes"] or (), line["unit_price"] or ZERO, line["quantity"] or ZERO)
            for line in processing.goods_lines(self.env, row)
        )
        return tax_amount(self.env, lines, row["currency"]) if kept is None else kept

    def get_total_amount(self, row: Row) -> Decimal:
        """Return the sum with taxes."""
        kept = self._cached(row, "total_amount")
        return self.get_untaxed_amount(row) + self.get_tax_amount(row) if kept is None else kept

    def _keep_amounts(self, ids: list[int]) -> None:
        names = ("untaxed_amount", "tax_amount", "total_amount")
        for record_id in ids:
            row = self.row(record_id)
            self.change([record_id], **{f"{name}_cache": self.get(row, name) for name in names})

    # What came of it

    def get_moves(self, row: Row) -> tuple[int, ...]:
        """Return the moves to or from the customer."""
        lines = processing.goods_lines(self.env, row)
        return tuple(move["id"] for line in lines for move in processing.line_moves(self.env, line))

    def _shipments(self, row: Row, model: str) -> tuple[int, ...]:
        found = (self.env[MOVES].row(i)["shipment"] or "" for i in self.get_moves(row))
        return tuple(sorted({int(one.partition(",")[2]) for one in found if one.startswith(f"{model},")}))

    def get_shipments(self, row: Row) -> tuple[int, ...]:
        """Return the shipments to the customer."""
        return self._shipments(row, processing.OUT)

    def get_shipment_returns(self, row: Row) -> tuple[int, ...]:
        """Return the shipments from the customer."""
        return self._shipments(row, processing.BACK)

    def get_invoices(self, row: Row) -> tuple[int, ...]:
        """Return the invoices."""
        return tuple(one["id"] for one in processing.invoices_of(self.env, row))

    def _by_shipment(self, model: str, rest: str, sign: str, value: Any) -> Any:
        found = self.env[model].matching([[rest or ("rec_name" if isinstance(value, str) else "id"), sign, value]])
        sales = self.env[model].sales_of(found)  # type: ignore[attr-defined]
        return [["id", "in", sales]]

    def search_shipments(self, rest: str, sign: str, value: Any) -> Any:
        """Search by the shipments to the customer."""
        return self._by_shipment(processing.OUT, rest, sign, value)

    def search_returns(self, rest: str, sign: str, value: Any) -> Any:
        """Search by the shipments from the customer."""
        return self._by_shipment(processing.BACK, rest, sign, value)

    def search_invoices(self, rest: str, sign: str, value: Any) -> Any:
        """Search by the invoices."""
        invoices = self.env["account.invoice"]
        found = invoices.matching([[rest or ("rec_name" if isinstance(value, str) else "id"), sign, value]])
        return [["id", "in", sorted({i for one in found for i in invoices.get(invoices.row(one), "sales")})]]

    # What callers may do

    @button(lambda m, row: row["state"] == "draft" and bool(m.get(row, "lines")))
    def quote(self, ids: list[int]) -> None:
        """Make an offer of it: both addresses have to be there, then it gets its number."""
        for record_id in ids:
            self._check_quotable(self.row(record_id))
        for record_id in ids:
            row = self.row(record_id)
            number = row["number"] or self.env.of(Sequence).next("Sale")
            day_ = row["quotation_date"] or self.env.today
            self.change([record_id], state="quotation", number=number, quotation_date=day_)
            # With sale_shipment_cost the method everybody gets by default wants a carrier, and only now.
            if row["shipment_cost_method"] and row["carrier"] is None:
                raise self.not_in_domain(row, "shipment_cost_method", [["shipment_cost_method", "=", None]])

    def _check_quotable(self, row: Row) -> None:
        name = self.get_rec_name(row)
        if not row["invoice_address"]:
            message = f'To get a quote for sale "{name}" you must enter an invoice address.'
            raise UserError(message)
        moved = [line for line in processing.goods_lines(self.env, row) if processing.is_movable(self.env, line)]
        if any(line["quantity"] >= 0 for line in moved) and not row["shipment_address"]:
            message = f'To get a quote for sale "{name}" you must enter a shipment address.'
            raise UserError(message)
        if moved and not row["warehouse"]:
            line = self.env[LINES].label(moved[0]["id"])
            message = f'To get a quote for sale "{name}" you must enter a warehouse for the line "{line}".'
            raise UserError(message)

    @button(lambda _m, row: row["state"] == "quotation")
    def confirm(self, ids: list[int]) -> None:
        """Sell it. Processing follows at once, but what goes wrong there is not told: the state stays `confirmed`."""
        for record_id in ids:
            self.change([record_id], state="confirmed", sale_date=self.row(record_id)["sale_date"] or self.env.today)
        self._keep_amounts(ids)
        self.env.tasks.append(lambda env: processing.process_sales(env, ids))

    @button(lambda _m, row: row["state"] in ("confirmed", "processing", "done"))
    def process(self, ids: list[int]) -> None:
        """Make invoices and shipments; safe to repeat."""
        processing.process_sales(self.env, ids)

    @button(lambda _m, row: row["invoice_method"] == "manual" and row["to_invoice"])
    def manual_invoice(self, ids: list[int]) -> None:
        """Make the invoice that nobody makes by itself."""
        processing.process_sales(self.env.with_context(manual_invoice=True), ids)

    @button(lambda _m, row: row["shipment_method"] == "manual" and row["to_ship"])
    def manual_shipment(self, ids: list[int]) -> None:
        """Make the shipment that nobody makes by itself."""
        processing.process_sales(self.env.with_context(manual_shipment=True), ids)

    @button(lambda _m, row: row["state"] in ("draft", "quotation"))
    def cancel(self, ids: list[int]) -> None:
        """Give the sale up."""
        self.change(ids, state="cancelled")
        self._keep_amounts(ids)

    @button(lambda _m, row: row["state"] in ("cancelled", "quotation", "confirmed"))
    def draft(self, ids: list[int]) -> None:
        """Begin again; the number stays."""
        self.change(ids, state="draft", untaxed_amount_cache=None, tax_amount_cache=None, total_amount_cache=None)

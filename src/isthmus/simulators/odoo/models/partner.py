"""Customers, contacts and addresses: res.partner and what hangs on it."""

from typing import Any

from isthmus.simulators.odoo import vat
from isthmus.simulators.odoo.errors import UserError, ValidationError
from isthmus.simulators.odoo.orm.fields import (
    Row,
    boolean,
    char,
    computed,
    decimal,
    html,
    integer,
    many2one,
    one2many,
    selection,
)
from isthmus.simulators.odoo.orm.model import Model
from isthmus.simulators.odoo.orm.records import remote

ADDRESS = ("street", "street2", "zip", "city", "state_id", "country_id")
COMMERCIAL = ("vat", "property_payment_term_id", "property_product_pricelist")  # the company's, also for its contacts
KINDS = {"contact": "Contact", "invoice": "Invoice", "delivery": "Delivery", "other": "Other"}


class PaymentTerm(Model):
    """account.payment.term."""

    name = "account.payment.term"
    title = "Payment Terms"
    order = "sequence, id"
    FIELDS = (
        char("name", "Payment Terms", required=True),
        boolean("active", "Active", default=True),
        html("note", "Description on the Invoice"),
        integer("sequence", "Sequence", default=10),
        many2one("company_id", "res.company", "Company"),
    )


class FiscalPosition(Model):
    """account.fiscal.position, without its tax mapping."""

    name = "account.fiscal.position"
    title = "Fiscal Position"
    order = "sequence"
    FIELDS = (
        char("name", "Fiscal Position", required=True),
        integer("sequence", "Sequence"),
        boolean("active", "Active", default=True),
        boolean("auto_apply", "Detect Automatically"),
        many2one("country_id", "res.country", "Country"),
        many2one("company_id", "res.company", "Company", default=1),
    )


class Partner(Model):
    """res.partner."""

    name = "res.partner"
    title = "Contact"
    order = "complete_name, id desc"
    label_field = "complete_name"
    searched = ("complete_name", "email", "ref", "vat")
    FIELDS = (
        char("name", "Name", index=True),
        char("complete_name", "Complete Name", readonly=True, copied=False),
        boolean("active", "Active", default=True),
        selection("type", "Address Type", KINDS, default="contact"),
        boolean("is_company", "Is a Company"),
        selection(
            "company_type",
            "Company Type",
            {"person": "Person", "company": "Company"},
            compute="_compute_company_type",
            setter="_set_company_type",
            stored=False,
        ),
        many2one("parent_id", "res.partner", "Related Company", index=True),
        one2many("child_ids", "res.partner", "parent_id", "Contact"),
        many2one("commercial_partner_id", "res.partner", "Commercial Entity", readonly=True, index=True, copied=False),
        char("ref", "Reference", index=True),
        char("email", "Email", index=True),
        char("phone", "Phone"),
        char("mobile", "Mobile", until=18),
        char("website", "Website Link"),
        char("function", "Job Position"),
        char("vat", "Tax ID", index=True),
        char("street", "Street"),
        char("street2", "Street2"),
        char("zip", "Zip"),
        char("city", "City"),
        many2one("state_id", "res.country.state", "State"),
        many2one("country_id", "res.country", "Country"),
        computed(char, "country_code", "Country Code"),
        selection("lang", "Language", {"en_US": "English (US)"}, default="en_US"),
        html("comment", "Notes"),
        many2one("user_id", "res.users", "Salesperson"),
        many2one("company_id", "res.company", "Company"),
        integer("customer_rank", "Customer Rank", copied=False),
        integer("supplier_rank", "Supplier Rank", copied=False),
        decimal("credit_limit", "Credit Limit", company_dependent=True, digits=2),
        many2one("property_payment_term_id", "account.payment.term", "Customer Payment Terms", company_dependent=True),
        many2one(
            "property_product_pricelist",
            "product.pricelist",
            "Pricelist",
            compute="_compute_pricelist",
            setter="_set_pricelist",
            stored=False,
        ),
        many2one(
            "specific_property_product_pricelist",
            "product.pricelist",
            company_dependent=True,
            since=19,
            column="own_pricelist_id",
        ),
        many2one("property_account_position_id", "account.fiscal.position", "Fiscal Position", company_dependent=True),
        one2many("sale_order_ids", "sale.order", "partner_id", "Sales Order"),
        computed(integer, "sale_order_count", "Sale Order Count"),
    )

    def _compute_display_name(self, row: Row) -> str:
        return row["complete_name"] or ""

    def _compute_company_type(self, row: Row) -> str:
        return "company" if row["is_company"] else "person"

    def _set_company_type(self, row: Row, value: str) -> None:
        self.modify([row["id"]], {"is_company": value == "company"})

    def _compute_country_code(self, row: Row) -> str | None:
        return self.env["res.country"].row(row["country_id"])["code"] if row["country_id"] else None

    def _compute_pricelist(self, row: Row) -> int | None:
        own = self.row(row["commercial_partner_id"] or row["id"]).get("own_pricelist_id")
        first = self.env["product.pricelist"].search([], limit=1)
        return own or (first[0] if first else None)

    def _set_pricelist(self, row: Row, value: int | None) -> None:
        self.change([row["id"]], own_pricelist_id=value)

    def _compute_sale_order_count(self, row: Row) -> int:
        return len(self.env.table("sale.order").where("partner_id", row["id"]))

    def prepare(self, row: Row, given: frozenset[str]) -> None:  # noqa: ARG002 - the hook's signature
        """Take the parent's address for a contact and the company's terms for everybody below it."""
        row.setdefault("own_pricelist_id", None)
        row["commercial_partner_id"] = None
        if not row["parent_id"]:
            return
        parent = self.row(row["parent_id"])
        if row["type"] == "contact" and not any(row[key] for key in ADDRESS):
            row.update({key: parent[key] for key in ADDRESS})
        row.update({key: parent[key] for key in COMMERCIAL if key in parent and not row.get(key)})

    def saved(self, ids: list[int], changed: frozenset[str]) -> None:
        """Check names and cycles, work out the long name and the commercial entity, down the tree."""
        for record_id in ids:
            row = self.row(record_id)
            if row["type"] == "contact" and not row["name"]:
                message = "The operation cannot be completed: Contacts require a name"
                raise ValidationError(message)
            self._refuse_cycle(record_id)
        if "base_vat" in self.env.database.apps and changed & {"vat", "country_id", "parent_id"}:
            for record_id in ids:
                self._check_vat(self.row(record_id))
        if changed & {"id", "name", "parent_id", "is_company", "type"}:
            for record_id in ids:
                self._rename(record_id)

    def _refuse_cycle(self, record_id: int) -> None:
        above = self.row(record_id)["parent_id"]
        while above:
            if above == record_id:
                message = "You cannot create recursive Partner hierarchies."
                raise ValidationError(message)
            above = self.row(above)["parent_id"]

    def _check_vat(self, row: Row) -> None:
        """Refuse a tax number that does not look like one of its country, as the app `base_vat` does."""
        country = self._compute_country_code(row) or ""
        if row["vat"] and not vat.fits(row["vat"], country):
            raise ValidationError(vat.refusal(row["vat"], country, f"partner [{row['name']}]"))

    def _rename(self, record_id: int) -> None:
        row = self.row(record_id)
        parent = self.row(row["parent_id"]) if row["parent_id"] else None
        name = row["name"] or (KINDS[row["type"]] if row["type"] in ("invoice", "delivery", "other") else "")
        commercial = record_id if row["is_company"] or parent is None else parent["commercial_partner_id"]
        label = name if parent is None or row["is_company"] else f"{parent['name']}, {name}"
        self.table.update(record_id, {"complete_name": label, "commercial_partner_id": commercial})
        for child in self.table.where("parent_id", record_id):
            self._rename(child)

    def before_unlink(self, ids: list[int]) -> None:
        """Keep partners that documents point at."""
        for record_id in ids:
            if self.env.table("sale.order").where("partner_id", record_id):
                message = (
                    "The operation cannot be completed: Another model is using the record you are trying to delete.\n\n"
                    "The troublemaker is: 'Sales Order' (sale.order)\n"
                    "Thanks to the following constraint: 'Customer' (partner_id)\n"
                    "How about archiving the record instead?"
                )
                raise ValidationError(message)

    @remote()
    def address_get(self, ids: Any, adr_pref: list[str] | None = None) -> dict[str, int]:
        """Return the address to use for each purpose: the first fitting descendant of the company, else itself."""
        start = ids if isinstance(ids, int) else next(iter(ids), None)
        if start is None:
            message = "address_get needs one partner"
            raise UserError(message)
        found: dict[str, int] = {}
        queue = [start]
        while queue:
            record_id = queue.pop(0)
            row = self.row(record_id)
            found.setdefault(row["type"] or "contact", record_id)
            queue += self.children(record_id, self.fields["child_ids"])
        fallback = found.get("contact", start)
        return {kind: found.get(kind, fallback) for kind in {*(adr_pref or ()), "contact"}}

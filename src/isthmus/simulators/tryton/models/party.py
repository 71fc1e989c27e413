"""Parties and what hangs on them: addresses, contact mechanisms, identifiers."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, ClassVar

from isthmus.simulators.rows import Row
from isthmus.simulators.tryton.errors import UserError
from isthmus.simulators.tryton.models.system import Sequence
from isthmus.simulators.tryton.orm.fields import (
    ZERO,
    Field,
    boolean,
    char,
    computed,
    integer,
    many2one,
    numeric,
    one2many,
    selection,
    text,
)
from isthmus.simulators.tryton.orm.model import Model
from isthmus.simulators.tryton.orm.records import Order

PARTIES = "party.party"
CONTACT_TYPES: dict[str | None, str] = {
    "phone": "Phone", "mobile": "Mobile", "fax": "Fax", "email": "Email", "website": "Website", "skype": "Skype",
    "sip": "SIP", "irc": "IRC", "jabber": "Jabber", "other": "Other",
}  # fmt: skip
_METHODS: dict[str | None, str] = {None: "", "manual": "Manual", "order": "On Order Processed"}
IDENTIFIER_TYPES: dict[str | None, str] = {None: "", "eu_vat": "European VAT Number", "us_ein": "US EIN"}
_EU_VAT = re.compile(r"[A-Z]{2}[0-9A-Z]{2,12}")


def _own_fields() -> tuple[Field, ...]:
    return (
        char("name", "Name", strip=False, locked=lambda _m, row: row["active"] is not True),
        # The code is unique and comes from a sequence when none is told.
        char("code", "Code", required=True, index=True, copied=False),
        computed(boolean, "code_readonly", "Code Readonly"),
        many2one("lang", "ir.lang", "Language", multi=True),
        boolean("active", "Active", default=True),
        many2one("replaced_by", PARTIES, "Replaced By", readonly=True),
        one2many("addresses", "party.address", "party", "Addresses"),
        one2many("contact_mechanisms", "party.contact_mechanism", "party", "Contact Mechanisms"),
        one2many("identifiers", "party.identifier", "party", "Identifiers"),
        computed(char, "full_name", "Full Name"),
        *(
            computed(char, kind, CONTACT_TYPES[kind] or "", getter=f"get_{kind}", setter=f"set_{kind}", readonly=False)
            for kind in ("phone", "mobile", "fax", "email", "website")
        ),
    )


def _trade_fields() -> tuple[Field, ...]:
    return (
        many2one("customer_payment_term", "account.invoice.payment_term", "Customer Payment Term", multi=True),
        many2one("customer_tax_rule", "account.tax.rule", "Customer Tax Rule", multi=True),
        many2one("customer_currency", "currency.currency", "Customer Currency", multi=True),
        many2one("customer_location", "stock.location", "Customer Location", multi=True),
        many2one("supplier_location", "stock.location", "Supplier Location", multi=True),
        many2one("sale_price_list", "product.price_list", "Sale Price List", multi=True),
        selection(
            "sale_shipment_method", "Sale Shipment Method", _METHODS | {"invoice": "On Invoice Paid"}, multi=True
        ),
        selection(
            "sale_invoice_method", "Sale Invoice Method", _METHODS | {"fulfillment": "On Fulfillment"}, multi=True
        ),
        numeric("credit_limit_amount", "Credit Limit Amount", multi=True, digits=2),
        computed(numeric, "credit_amount", "Credit Amount"),
        computed(numeric, "receivable", "Receivable"),
        computed(numeric, "receivable_today", "Receivable Today", getter="get_receivable"),
    )


class Party(Model):
    """A customer, a company, a supplier: anybody."""

    name = PARTIES
    title = "Party"
    order: ClassVar[Order] = (("name", "ASC"), ("id", "ASC"))
    FIELDS: ClassVar[tuple[Field, ...]] = (*_own_fields(), *_trade_fields())

    def prepare(self, row: Row) -> None:
        """Give a number to a party without a code."""
        if not row["code"]:
            row["code"] = self.env.of(Sequence).next("Party")

    def saved(self, ids: list[int], changed: frozenset[str]) -> None:
        """Write what is worked out from the code, which is why a new party has a write time at once."""
        if "code" in changed:
            self.change(ids)

    def check_values(self, row: Row, changed: frozenset[str] | None) -> None:
        """Refuse a code that another party has."""
        if (changed is None or "code" in changed) and len(self.table.where("code", row["code"])) > 1:
            message = "The code on party must be unique."
            raise UserError(message)

    def get_rec_name(self, row: Row) -> str:
        """Return the name, the code in brackets of a party without one."""
        return row["name"] or f"[{row['code']}]"

    def get_full_name(self, row: Row) -> str:
        """Return the name."""
        return row["name"] or ""

    def get_code_readonly(self, _row: Row) -> bool:
        """Say that codes come from a sequence unless they are told."""
        return True

    def search_rec_name(self, _rest: str, sign: str, value: Any) -> Any:
        """Search by name, code and identifiers."""
        joined = "AND" if sign.startswith(("!", "not ")) else "OR"
        return [joined, ["code", sign, value], ["identifiers.code", sign, value], ["name", sign, value]]

    def _contact(self, row: Row, kinds: Iterable[str]) -> str:
        found = self.env["party.contact_mechanism"].table
        mine = (found.rows[i] for i in self.get(row, "contact_mechanisms"))
        return next((one["value"] for one in mine if one["type"] in kinds and one["active"]), "")

    def _set_contact(self, row: Row, kind: str, value: str | None) -> None:
        if value and value != self._contact(row, (kind,)):
            self.env["party.contact_mechanism"].make([{"party": row["id"], "type": kind, "value": value}])

    def get_phone(self, row: Row) -> str:
        """Return the first phone, mobile or not."""
        return self._contact(row, ("phone", "mobile"))

    def get_mobile(self, row: Row) -> str:
        """Return the first mobile phone."""
        return self._contact(row, ("mobile",))

    def get_fax(self, row: Row) -> str:
        """Return the first fax."""
        return self._contact(row, ("fax",))

    def get_email(self, row: Row) -> str:
        """Return the first mail address."""
        return self._contact(row, ("email",))

    def get_website(self, row: Row) -> str:
        """Return the first website."""
        return self._contact(row, ("website",))

    def set_phone(self, row: Row, value: str | None) -> None:
        """Add a phone."""
        self._set_contact(row, "phone", value)

    def set_mobile(self, row: Row, value: str | None) -> None:
        """Add a mobile phone."""
        self._set_contact(row, "mobile", value)

    def set_fax(self, row: Row, value: str | None) -> None:
        """Add a fax."""
        self._set_contact(row, "fax", value)

    def set_email(self, row: Row, value: str | None) -> None:
        """Add a mail address."""
        self._set_contact(row, "email", value)

    def set_website(self, row: Row, value: str | None) -> None:
        """Add a website."""
        self._set_contact(row, "website", value)

    def get_receivable(self, row: Row) -> Decimal:
        """Return what the party owes on posted invoices."""
        invoices = self.env["account.invoice"]
        mine = (invoices.table.rows[i] for i in invoices.table.where("party", row["id"]))
        return sum((invoices.get(one, "amount_to_pay") for one in mine if one["state"] == "posted"), ZERO)

    def get_credit_amount(self, row: Row) -> Decimal:
        """Return what the party owes and what is sold to it and not invoiced yet."""
        sales = self.env["sale.sale"]
        open_sales = (sales.table.rows[i] for i in sales.table.where("party", row["id"]))
        promised = (
            sales.get(sale, "untaxed_amount")
            for sale in open_sales
            if sale["state"] in ("confirmed", "processing") and sale["invoice_state"] == "none"
        )
        return self.get_receivable(row) + sum(promised, ZERO)

    def address_of(self, party: int, purpose: str) -> int | None:
        """Return a party's address for `invoice` or `delivery`, the first one when none is marked."""
        rows = self.env["party.address"].table.rows
        mine = [rows[i] for i in self.get(self.row(party), "addresses")]
        marked = [one for one in mine if one[purpose]]
        return (marked or mine)[0]["id"] if mine else None


class Address(Model):
    """Where a party lives."""

    name = "party.address"
    title = "Party Address"
    order: ClassVar[Order] = (("party", "ASC"), ("sequence", "ASC"), ("id", "ASC"))
    FIELDS: ClassVar[tuple[Field, ...]] = (
        many2one("party", PARTIES, "Party", required=True, index=True, locked=lambda _m, row: row["id"] > 0),
        char("party_name", "Party Name"),
        char("attn", "Attn"),
        char("street_name", "Street Name"),
        char("building_name", "Building Name"),
        char("building_number", "Building Number"),
        text("street_unstructured", "Street"),
        computed(text, "street", "Street", setter="set_street", readonly=False, searcher="search_street"),
        computed(char, "street_single_line", "Street"),
        char("postal_code", "Postal Code"),
        char("city", "City"),
        many2one("country", "country.country", "Country"),
        many2one("subdivision", "country.subdivision", "Subdivision"),
        integer("sequence", "Sequence"),
        boolean("active", "Active", default=True),
        boolean("invoice", "Invoice", default=False),
        boolean("delivery", "Delivery", default=False),
        computed(text, "full_address", "Full Address"),
        one2many("contact_mechanisms", "party.contact_mechanism", "address", "Contact Mechanisms"),
    )

    def check_values(self, row: Row, changed: frozenset[str] | None) -> None:
        """Refuse a subdivision of another country."""
        del changed
        subdivision = row["subdivision"]
        if subdivision and self.env["country.subdivision"].row(subdivision)["country"] != row["country"]:
            raise self.not_in_domain(row, "subdivision")

    def get_street(self, row: Row) -> str:
        """Return the street as it was told, else what the parts make."""
        parts = " ".join(filter(None, (row["street_name"], row["building_number"])))
        return row["street_unstructured"] or "\n".join(filter(None, (row["building_name"], parts)))

    def set_street(self, row: Row, value: str | None) -> None:
        """Keep the street as it was told."""
        self.table.update(row["id"], {"street_unstructured": value})

    def search_street(self, _rest: str, sign: str, value: Any) -> Any:
        """Search where the street is kept."""
        return [["street_unstructured", sign, value]]

    def get_street_single_line(self, row: Row) -> str:
        """Return the street without line ends."""
        return " ".join(self.get_street(row).splitlines())

    def get_full_address(self, row: Row) -> str:
        """Return what goes on a parcel."""
        place = " ".join(filter(None, (row["postal_code"], row["city"])))
        region = self.env["country.subdivision"].label(row["subdivision"])
        country = self.env["country.country"].label(row["country"]).upper()
        lines = [row["attn"], row["party_name"], *self.get_street(row).splitlines(), place, region, country]
        return "\n".join(filter(None, lines))

    def get_rec_name(self, row: Row) -> str:
        """Return party, street, postal code and city."""
        country = self.env["country.country"].label(row["country"])
        name = row["party_name"] or self.env[PARTIES].label(row["party"])
        parts = [name, self.get_street_single_line(row), row["postal_code"], row["city"], country]
        return ", ".join(filter(None, parts))


class ContactMechanism(Model):
    """How to reach a party."""

    name = "party.contact_mechanism"
    title = "Party Contact Mechanism"
    order: ClassVar[Order] = (("party", "ASC"), ("sequence", "ASC"), ("id", "ASC"))
    FIELDS: ClassVar[tuple[Field, ...]] = (
        many2one("party", PARTIES, "Party", required=True, index=True),
        many2one("address", "party.address", "Address", index=True),
        selection("type", "Type", CONTACT_TYPES, required=True, default="phone"),
        char("value", "Value", required=True, index=True),
        computed(char, "value_compact", "Value Compact", searcher="search_value_compact"),
        char("name", "Name"),
        text("comment", "Comment"),
        integer("sequence", "Sequence"),
        boolean("active", "Active", default=True),
        boolean("invoice", "Invoice", default=False),
        boolean("delivery", "Delivery", default=False),
    )

    def get_rec_name(self, row: Row) -> str:
        """Return whose it is and what it is."""
        return f"{row['name'] or self.env[PARTIES].label(row['party'])} <{row['value']}>"

    def get_value_compact(self, row: Row) -> str:
        """Return a number without spaces and dashes."""
        compact = row["type"] in ("phone", "mobile", "fax")
        return re.sub(r"[\s().-]", "", row["value"]) if compact else row["value"]

    def search_value_compact(self, _rest: str, sign: str, value: Any) -> Any:
        """Search as it is kept."""
        return [["value", sign, value]]

    def search_rec_name(self, _rest: str, sign: str, value: Any) -> Any:
        """Search by value."""
        return ["OR", ["value", sign, value], ["name", sign, value]]


class Identifier(Model):
    """A number that somebody gave to a party: for taxes, or without a type one of ours."""

    name = "party.identifier"
    title = "Party Identifier"
    rec_field = "code"
    order: ClassVar[Order] = (("party", "ASC"), ("sequence", "ASC"), ("id", "ASC"))
    FIELDS: ClassVar[tuple[Field, ...]] = (
        many2one("party", PARTIES, "Party", required=True, index=True),
        many2one("address", "party.address", "Address", index=True),
        selection("type", "Type", IDENTIFIER_TYPES),
        char("code", "Code", required=True, index=True),
        computed(char, "code_compact", "Code Compact", required=True, searcher="search_code"),
        integer("sequence", "Sequence"),
        boolean("active", "Active", default=True),
    )

    def check_values(self, row: Row, changed: frozenset[str] | None) -> None:
        """Refuse a VAT number that cannot be one."""
        del changed
        if row["type"] == "eu_vat" and not _EU_VAT.fullmatch(self.get_code_compact(row)):
            party = self.env[PARTIES].label(row["party"])
            message = f'The European VAT Number "{row["code"]}" for party "{party}" is not valid.'
            raise UserError(message)

    def get_code_compact(self, row: Row) -> str:
        """Return the code without spaces, dots and dashes."""
        return re.sub(r"[\s.-]", "", row["code"])

    def search_code(self, _rest: str, sign: str, value: Any) -> Any:
        """Search as it is kept."""
        return [["code", sign, value]]

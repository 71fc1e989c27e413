"""Models every other one needs: countries, currencies, companies, terms of payment."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import ClassVar

from isthmus.simulators.rows import Row
from isthmus.simulators.tryton.orm.fields import (
    ZERO,
    Field,
    boolean,
    char,
    computed,
    day,
    integer,
    many2one,
    numeric,
    one2many,
    own_today,
    selection,
    text,
)
from isthmus.simulators.tryton.orm.model import Model
from isthmus.simulators.tryton.orm.records import Order


class Country(Model):
    """A country, found by its ISO code."""

    name = "country.country"
    title = "Country"
    order: ClassVar[Order] = (("name", "ASC"),)
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("name", "Name", required=True),
        char("code", "Code", index=True),
        char("code3", "3-letters Code"),
        char("code_numeric", "Numeric Code"),
        boolean("active", "Active", default=True),
        one2many("subdivisions", "country.subdivision", "country", "Subdivisions"),
    )


class Subdivision(Model):
    """A state or province; its code carries the country's, as `US-NY`."""

    name = "country.subdivision"
    title = "Country Subdivision"
    order: ClassVar[Order] = (("name", "ASC"),)
    FIELDS: ClassVar[tuple[Field, ...]] = (
        many2one("country", "country.country", "Country", required=True, index=True),
        char("name", "Name", required=True),
        char("code", "Code", index=True),
        selection("type", "Type", {None: "", "state": "State", "province": "Province", "prefecture": "Prefecture"}),
        many2one("parent", "country.subdivision", "Parent", index=True),
        boolean("active", "Active", default=True),
    )


class Currency(Model):
    """A currency with the rates to the company's."""

    name = "currency.currency"
    title = "Currency"
    order: ClassVar[Order] = (("name", "ASC"),)
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("name", "Name", required=True),
        char("symbol", "Symbol"),
        char("code", "Code", required=True, index=True),
        char("numeric_code", "Numeric Code"),
        numeric("rounding", "Rounding Factor", required=True, default=Decimal("0.01")),
        integer("digits", "Digits", required=True, default=2),
        boolean("active", "Active", default=True),
        one2many("rates", "currency.currency.rate", "currency", "Rates"),
        computed(numeric, "rate", "Current rate"),
    )

    def get_rate(self, row: Row) -> Decimal | None:
        """Return the newest rate."""
        rates = self.env["currency.currency.rate"].table
        known = sorted((rates.rows[i] for i in rates.where("currency", row["id"])), key=lambda r: r["date"])
        return known[-1]["rate"] if known else None

    def rounded(self, currency: int, amount: Decimal) -> Decimal:
        """Return an amount with the currency's decimals; halves go to the even neighbour, as in trytond 8.2."""
        return amount.quantize(self.row(currency)["rounding"], ROUND_HALF_EVEN)

    def converted(self, amount: Decimal, source: int, target: int) -> Decimal:
        """Return an amount in another currency, not rounded."""
        if source == target:
            return amount
        given, wanted = self.get_rate(self.row(source)) or ZERO, self.get_rate(self.row(target)) or ZERO
        return amount * wanted / given if given else ZERO


class Rate(Model):
    """What one unit of the company's currency was worth on a day."""

    name = "currency.currency.rate"
    title = "Currency Rate"
    rec_field = "date"
    order: ClassVar[Order] = (("date", "DESC"),)
    FIELDS: ClassVar[tuple[Field, ...]] = (
        many2one("currency", "currency.currency", "Currency", required=True, index=True),
        day("date", "Date", required=True, default=own_today),
        numeric("rate", "Rate", required=True),
    )


class Company(Model):
    """A company of the database; its party is its name."""

    name = "company.company"
    title = "Company"
    rec_field = "party"
    FIELDS: ClassVar[tuple[Field, ...]] = (
        many2one("party", "party.party", "Party", required=True, index=True),
        many2one("currency", "currency.currency", "Currency", required=True),
        selection("timezone", "Timezone", {None: "", "UTC": "UTC", "Europe/Brussels": "Europe/Brussels"}),
        text("header", "Header"),
        text("footer", "Footer"),
    )

    def get_rec_name(self, row: Row) -> str:
        """Return the party's name."""
        return self.env["party.party"].label(row["party"])


class PaymentTerm(Model):
    """When an invoice is due."""

    name = "account.invoice.payment_term"
    title = "Account Invoice Payment Term"
    order: ClassVar[Order] = (("name", "ASC"),)
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("name", "Name", required=True, index=True),
        text("description", "Description"),
        boolean("active", "Active", default=True),
    )


class Carrier(Model):
    """Who carries parcels."""

    name = "carrier"
    title = "Carrier"
    rec_field = "party"
    FIELDS: ClassVar[tuple[Field, ...]] = (
        many2one("party", "party.party", "Party", required=True, index=True),
        many2one("carrier_product", "product.product", "Carrier Product", required=True),
        boolean("active", "Active", default=True),
    )

    def get_rec_name(self, row: Row) -> str:
        """Return the party's name."""
        return self.env["party.party"].label(row["party"])

"""Company, currencies, countries, languages, users and parameters: trimmed `base` of Odoo."""

from decimal import Decimal
from typing import Any

from isthmus.simulators.odoo.orm.fields import (
    Row,
    boolean,
    char,
    computed,
    decimal,
    integer,
    many2many,
    many2one,
    one2many,
    selection,
    text,
)
from isthmus.simulators.odoo.orm.model import Model
from isthmus.simulators.odoo.orm.records import remote
from isthmus.simulators.shapes import listed

ROUNDING_METHODS = {"round_per_line": "Round per Line", "round_globally": "Round per Tax"}


class Currency(Model):
    """res.currency. `rate` is units of this currency for one unit of the company's."""

    name = "res.currency"
    title = "Currency"
    order = "active desc, name"
    FIELDS = (
        char("name", "Currency", required=True, index=True),
        char("full_name", "Name"),
        char("symbol", "Symbol", required=True),
        decimal("rate", "Current Rate", readonly=True, stored=False, default=Decimal(1)),
        decimal("rounding", "Rounding Factor", default=Decimal("0.01")),
        computed(integer, "decimal_places", "Decimal Places", stored=True),
        boolean("active", "Active", default=True),
        selection("position", "Symbol Position", {"after": "After Amount", "before": "Before Amount"}, default="after"),
    )

    def _compute_decimal_places(self, row: Row) -> int:
        return max(0, -int(row["rounding"].normalize().as_tuple().exponent))


class Country(Model):
    """res.country."""

    name = "res.country"
    title = "Country"
    order = "name, id"
    FIELDS = (
        char("name", "Country Name", required=True),
        char("code", "Country Code", required=True, index=True),
        integer("phone_code", "Country Calling Code"),
        many2one("currency_id", "res.currency", "Currency"),
        one2many("state_ids", "res.country.state", "country_id", "States"),
        boolean("state_required", "State Required"),
        boolean("zip_required", "Zip Required", default=True),
    )


class State(Model):
    """res.country.state."""

    name = "res.country.state"
    title = "Country state"
    order = "code, id"
    FIELDS = (
        many2one("country_id", "res.country", "Country", required=True, index=True),
        char("name", "State Name", required=True),
        char("code", "State Code", required=True, index=True),
    )

    def _compute_display_name(self, row: Row) -> str:
        country = self.env["res.country"].row(row["country_id"])
        return f"{row['name']} ({country['code']})"


class Language(Model):
    """res.lang."""

    name = "res.lang"
    title = "Languages"
    order = "active desc, name"
    FIELDS = (
        char("name", "Name", required=True),
        char("code", "Locale Code", required=True, index=True),
        char("iso_code", "ISO code"),
        boolean("active", "Active", default=True),
    )


class Company(Model):
    """res.company."""

    name = "res.company"
    title = "Companies"
    order = "sequence, name"
    FIELDS = (
        char("name", "Company Name", required=True),
        many2one("partner_id", "res.partner", "Partner"),
        many2one("currency_id", "res.currency", "Currency", required=True),
        many2one("country_id", "res.country", "Country"),
        char("email", "Email"),
        integer("sequence", "Sequence", default=10),
        many2one("parent_id", "res.company", "Parent Company", index=True),
        many2one("account_sale_tax_id", "account.tax", "Default Sale Tax"),
        selection("tax_calculation_rounding_method", "Tax Calculation Rounding Method", ROUNDING_METHODS),
        selection(
            "account_price_include",
            "Default Sales Price Include",
            {"tax_included": "Tax Included", "tax_excluded": "Tax Excluded"},
            default="tax_excluded",
            since=18,
        ),
    )


class Group(Model):
    """res.groups."""

    name = "res.groups"
    title = "Access Groups"
    order = "name"
    FIELDS = (
        char("name", "Name", required=True),
        char("full_name", "Group Name"),
        boolean("share", "Share Group"),
    )


class User(Model):
    """res.users; login names and keys live in `accounts.py`, no password is ever a field."""

    name = "res.users"
    title = "User"
    order = "name, login"
    FIELDS = (
        many2one("partner_id", "res.partner", "Related Partner", required=True, index=True),
        char("name", "Name", related="partner_id.name"),
        char("email", "Email", related="partner_id.email"),
        selection("lang", "Language", {"en_US": "English (US)"}, related="partner_id.lang"),
        char("tz", "Timezone", default="UTC"),
        char("login", "Login", required=True, index=True),
        boolean("active", "Active", default=True),
        many2one("company_id", "res.company", "Company", required=True, default=1),
        many2many("company_ids", "res.company", "Companies", default=(1,)),
        many2many("groups_id", "res.groups", "Groups", until=18, column="group_ids"),
        many2many("group_ids", "res.groups", "Groups", since=19),
    )

    def context(self) -> dict[str, Any]:
        """Return what the web client and `context_get` are told about the user."""
        row = self.row(self.env.uid)
        return {"lang": self.get(row, "lang") or "en_US", "tz": row["tz"] or False, "uid": self.env.uid}

    @remote(on_model=True)
    def context_get(self) -> dict[str, Any]:
        """Return the user's language and time zone, as `odoorpc` asks after login."""
        return self.context()

    @remote()
    def has_group(self, ids: Any, group_ext_id: str | None = None) -> bool:
        """Say whether the user is in a group; called with ids since 18, with the name alone before."""
        users, told = ([self.env.uid], ids) if group_ext_id is None else (listed(ids), group_ext_id)
        module, _, name = str(told).partition(".")
        wanted = self.env["res.groups"].resolve(module, name)
        return wanted is not None and all(wanted in self.row(i)["group_ids"] for i in users)


class Parameter(Model):
    """ir.config_parameter."""

    name = "ir.config_parameter"
    title = "System Parameter"
    order = "key"
    label_field = "key"
    FIELDS = (char("key", "Key", required=True, index=True), text("value", "Value", required=True))

    @remote(on_model=True)
    def get_param(self, key: str, default: Any = False) -> Any:  # noqa: FBT002 - Odoo's own signature
        """Return the text kept under a key."""
        found = self.table.where("key", key)
        return self.table.rows[found[0]]["value"] if found else default

    @remote("write", on_model=True)
    def set_param(self, key: str, value: Any) -> bool:
        """Keep a text under a key; `false` forgets it. Answers whether there was one before."""
        self.check("write")
        found = self.table.where("key", key)
        if value is False or value is None:
            self.remove(found)
        elif found:
            self.modify(found, {"value": str(value)})
        else:
            self.make([{"key": key, "value": str(value)}])
        return bool(found)

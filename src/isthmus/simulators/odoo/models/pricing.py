"""Taxes and price lists."""

from decimal import ROUND_HALF_UP, Decimal

from isthmus.simulators.odoo import versions
from isthmus.simulators.odoo.orm.fields import (
    Row,
    boolean,
    char,
    computed,
    decimal,
    html,
    integer,
    many2one,
    moment,
    one2many,
    selection,
)
from isthmus.simulators.odoo.orm.model import Model
from isthmus.simulators.odoo.orm.records import Records

INCLUDED, EXCLUDED = "tax_included", "tax_excluded"
HUNDRED = Decimal(100)


class Tax(Model):
    """account.tax: percentages and fixed amounts."""

    name = "account.tax"
    title = "Tax"
    order = "sequence, id"
    FIELDS = (
        char("name", "Tax Name", required=True, index=True),
        decimal("amount", "Amount", required=True, digits=4),
        selection(
            "amount_type",
            "Tax Computation",
            {"group": "Group of Taxes", "fixed": "Fixed", "percent": "Percentage of Price", "division": "Division"},
            required=True,
            default="percent",
        ),
        selection(
            "type_tax_use",
            "Tax Type",
            {"sale": "Sales", "purchase": "Purchases", "none": "None"},
            required=True,
            default="sale",
        ),
        integer("sequence", "Sequence", default=1),
        boolean("active", "Active", default=True),
        many2one("company_id", "res.company", "Company", required=True, default=1),
        many2one("country_id", "res.country", "Country"),
        boolean(
            "price_include",
            "Included in Price",
            compute="_compute_price_include",
            setter="_set_price_include",
            until=17,
        ),
        selection(
            "price_include_override",
            "Included in Price",
            {INCLUDED: "Tax Included", EXCLUDED: "Tax Excluded"},
            since=18,
            column="price_include_override",
        ),
        computed(boolean, "price_include", since=18),
        boolean("include_base_amount", "Affect Base of Subsequent Taxes"),
        char("description", "Description", until=17),
        html("description", "Description", since=18),
        char("invoice_label", "Label on Invoices", since=17),
    )

    def _compute_price_include(self, row: Row) -> bool:
        own = row.get("price_include_override")
        if own is None and self.env.version >= versions.COMPANY_TAX_DEFAULT:
            own = self.env["res.company"].row(row["company_id"])["account_price_include"]
        return own == INCLUDED

    def _set_price_include(self, row: Row, value: bool) -> None:  # noqa: FBT001 - a setter's signature
        self.change([row["id"]], price_include_override=INCLUDED if value else EXCLUDED)


def _company_currency(records: Records) -> int:
    return records.env["res.company"].row(records.env.company_id)["currency_id"]


class Pricelist(Model):
    """product.pricelist."""

    name = "product.pricelist"
    title = "Pricelist"
    order = "sequence, id"
    FIELDS = (
        char("name", "Pricelist Name", required=True),
        boolean("active", "Active", default=True),
        many2one("currency_id", "res.currency", "Currency", required=True, default=_company_currency),
        many2one("company_id", "res.company", "Company"),
        integer("sequence", "Sequence", default=16),
        one2many("item_ids", "product.pricelist.item", "pricelist_id", "Pricelist Rules"),
    )

    def _compute_display_name(self, row: Row) -> str:
        return f"{row['name']} ({self.env['res.currency'].row(row['currency_id'])['name']})"

    def price(self, pricelist_id: int | None, product: Row, template: Row, quantity: Decimal) -> Decimal:
        """Return the unit price of a variant for a quantity, in the list's currency.

        Without a matching rule it is the sales price, converted. 2 decimals, as "Product Price" says.
        """
        row = self.row(pricelist_id) if pricelist_id else None
        rate = self.env["res.currency"].row(row["currency_id"])["rate"] if row else Decimal(1)
        listed = template["list_price"] * rate
        for rule in self._rules(row, product, template, quantity) if row else []:
            base = product["standard_price"] * rate if rule["base"] == "standard_price" else listed
            return _apply(rule, base).quantize(Decimal("0.01"), ROUND_HALF_UP)
        return listed.quantize(Decimal("0.01"), ROUND_HALF_UP)

    def _rules(self, row: Row, product: Row, template: Row, quantity: Decimal) -> list[Row]:
        items = self.env["product.pricelist.item"]
        rules = [items.row(i) for i in items.table.where("pricelist_id", row["id"])]
        fitting = [r for r in rules if self._fits(r, product, template, quantity)]
        return sorted(fitting, key=lambda r: (r["applied_on"], -r["min_quantity"], -r["id"]))

    def _fits(self, rule: Row, product: Row, template: Row, quantity: Decimal) -> bool:
        now = self.env.now
        if rule["min_quantity"] > quantity:
            return False
        if (rule["date_start"] and rule["date_start"] > now) or (rule["date_end"] and rule["date_end"] < now):
            return False
        if rule["applied_on"] == "2_product_category":
            return template["categ_id"] in self.env["product.category"].family([rule["categ_id"]], up=False)
        if rule["applied_on"] == "1_product":
            return rule["product_tmpl_id"] == template["id"]
        return rule["applied_on"] == "3_global" or rule["product_id"] == product["id"]


def _apply(rule: Row, base: Decimal) -> Decimal:
    if rule["compute_price"] == "fixed":
        return rule["fixed_price"]
    if rule["compute_price"] == "percentage":
        return base - base * rule["percent_price"] / HUNDRED
    price = base - base * rule["price_discount"] / HUNDRED
    if rule["price_round"]:
        price = (price / rule["price_round"]).quantize(Decimal(1), ROUND_HALF_UP) * rule["price_round"]
    return price + rule["price_surcharge"]


class PricelistItem(Model):
    """product.pricelist.item."""

    name = "product.pricelist.item"
    title = "Pricelist Rule"
    order = "applied_on, min_quantity desc, id desc"
    FIELDS = (
        many2one("pricelist_id", "product.pricelist", "Pricelist", required=True, index=True),
        many2one("currency_id", "res.currency", "Currency", related="pricelist_id.currency_id", readonly=True),
        selection(
            "applied_on",
            "Apply On",
            {
                "3_global": "All Products",
                "2_product_category": "Product Category",
                "1_product": "Product",
                "0_product_variant": "Product Variant",
            },
            required=True,
            default="3_global",
        ),
        many2one("categ_id", "product.category", "Category"),
        many2one("product_tmpl_id", "product.template", "Product", index=True),
        many2one("product_id", "product.product", "Variant", index=True),
        decimal("min_quantity", "Min. Quantity", digits=2),
        moment("date_start", "Start Date"),
        moment("date_end", "End Date"),
        selection(
            "base",
            "Based on",
            {"list_price": "Sales Price", "standard_price": "Cost", "pricelist": "Other Pricelist"},
            required=True,
            default="list_price",
        ),
        selection(
            "compute_price",
            "Price Type",
            {"fixed": "Fixed Price", "percentage": "Discount", "formula": "Formula"},
            required=True,
            default="fixed",
        ),
        decimal("fixed_price", "Fixed Price"),
        decimal("percent_price", "Percentage Price"),
        decimal("price_discount", "Price Discount", digits=2),
        decimal("price_surcharge", "Extra Fee"),
        decimal("price_round", "Price Rounding"),
    )

    def _compute_display_name(self, row: Row) -> str:
        return f"{self.env['product.pricelist'].label(row['pricelist_id'])}: {row['applied_on'][2:]}"

"""Products: a template with its variants, their codes, prices and identifiers."""

from decimal import Decimal
from typing import Any, ClassVar

from isthmus.simulators.rows import Row
from isthmus.simulators.tryton.errors import UserError
from isthmus.simulators.tryton.models.pricing import PriceList, price_rounded
from isthmus.simulators.tryton.models.quantities import matches, quantity_of
from isthmus.simulators.tryton.models.units import Category, Unit
from isthmus.simulators.tryton.models.world import Currency
from isthmus.simulators.tryton.orm.domain import mentions
from isthmus.simulators.tryton.orm.fields import (
    PRICE_DIGITS,
    ZERO,
    Field,
    boolean,
    char,
    computed,
    floating,
    integer,
    many2many,
    many2one,
    number,
    numeric,
    one2many,
    selection,
    text,
)
from isthmus.simulators.tryton.orm.model import Model
from isthmus.simulators.tryton.orm.records import Order

TEMPLATES, PRODUCTS = "product.template", "product.product"
TYPES: dict[str | None, str] = {"goods": "Goods", "assets": "Assets", "service": "Service"}
IDENTIFIERS: dict[str | None, str] = {
    None: "", "brand": "Brand", "ean": "International Article Number", "isan": "International Standard Audiovisual "
    "Number", "isbn": "International Standard Book Number", "mpn": "Manufacturer Part Number",
}  # fmt: skip
_COST: dict[str | None, str] = {"fixed": "Fixed", "average": "Average"}


class Template(Model):
    """What variants have in common."""

    name = TEMPLATES
    title = "Product Template"
    order: ClassVar[Order] = (("name", "ASC"), ("id", "ASC"))
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("name", "Name", required=True),
        char("code", "Code", index=True, copied=False),
        selection("type", "Type", TYPES, required=True, default="goods"),
        boolean("consumable", "Consumable", default=False),
        many2one("default_uom", "product.uom", "Default UoM", required=True),
        many2one("sale_uom", "product.uom", "Sale UoM", needed=lambda _m, row: row["salable"] is True),
        boolean("salable", "Salable", default=False),
        numeric("list_price", "List Price", multi=True, digits=PRICE_DIGITS),
        computed(numeric, "cost_price", "Cost Price"),
        selection("cost_price_method", "Cost Price Method", _COST, required=True, default="fixed"),
        many2one("account_category", "product.category", "Account Category"),
        many2many("categories", "product.category", "Categories"),
        computed(many2many, "categories_all", "product.category", "Categories", default=None),
        floating("weight", "Weight"),
        many2one("weight_uom", "product.uom", "Weight UoM"),
        boolean("active", "Active", default=True),
        one2many("products", PRODUCTS, "template", "Variants"),
        computed(floating, "quantity", "Quantity"),
        computed(floating, "forecast_quantity", "Forecast Quantity"),
    )

    def saved(self, ids: list[int], changed: frozenset[str]) -> None:
        """Give the variants their codes anew."""
        if "code" in changed:
            for record_id in ids:
                products = self.env.of(Product)
                products.coded(products.table.where("template", record_id))

    def get_rec_name(self, row: Row) -> str:
        """Return code and name."""
        return f"[{row['code']}] {row['name']}" if row["code"] else row["name"]

    def search_rec_name(self, _rest: str, sign: str, value: Any) -> Any:
        """Search by name and code."""
        joined = "AND" if sign.startswith(("!", "not ")) else "OR"
        return [joined, ["name", sign, value], ["code", sign, value], ["products.code", sign, value]]

    def get_categories_all(self, row: Row) -> tuple[int, ...]:
        """Return all categories, that of the accounts too."""
        more = (row["account_category"],) if row["account_category"] else ()
        return tuple(dict.fromkeys((*(row["categories"] or ()), *more)))

    def get_cost_price(self, row: Row) -> Decimal | None:
        """Return the cost of the only variant."""
        variants = self.get(row, "products")
        products = self.env.of(Product)
        return products.get(products.row(variants[0]), "cost_price") if len(variants) == 1 else None

    def _summed(self, row: Row, name: str) -> Decimal:
        products = self.env.of(Product)
        return sum((products.get(products.row(i), name) for i in self.get(row, "products")), ZERO)

    def get_quantity(self, row: Row) -> Decimal:
        """Return the stock of all variants."""
        return self._summed(row, "quantity")

    def get_forecast_quantity(self, row: Row) -> Decimal:
        """Return the expected stock of all variants."""
        return self._summed(row, "forecast_quantity")


class Product(Model):
    """A variant: the thing that is sold and stocked. Its code is the template's with its own suffix."""

    name = PRODUCTS
    title = "Product"
    order: ClassVar[Order] = (("template", "ASC"), ("code", "ASC"), ("id", "ASC"))
    FIELDS: ClassVar[tuple[Field, ...]] = (
        many2one("template", TEMPLATES, "Product Template", required=True, index=True),
        char("code", "Code", readonly=True, index=True, copied=False),
        char("suffix_code", "Suffix Code", copied=False),
        Field("prefix_code", "char", "Prefix Code", through="template.code", readonly=True),
        Field("name", "char", "Name", through="template.name", required=True, readonly=True),
        Field(
            "type",
            "selection",
            "Type",
            through="template.type",
            required=True,
            readonly=True,
            choices=tuple(TYPES.items()),
        ),
        Field(
            "default_uom",
            "many2one",
            "Default UoM",
            "product.uom",
            through="template.default_uom",
            required=True,
            readonly=True,
        ),
        Field("sale_uom", "many2one", "Sale UoM", "product.uom", through="template.sale_uom", readonly=True),
        Field("salable", "boolean", "Salable", through="template.salable", readonly=True),
        Field("consumable", "boolean", "Consumable", through="template.consumable", readonly=True),
        Field("weight", "float", "Weight", through="template.weight", readonly=True),
        Field("weight_uom", "many2one", "Weight UoM", "product.uom", through="template.weight_uom", readonly=True),
        Field(
            "account_category",
            "many2one",
            "Account Category",
            "product.category",
            through="template.account_category",
            readonly=True,
        ),
        Field(
            "categories_all",
            "many2many",
            "Categories",
            "product.category",
            through="template.categories_all",
            readonly=True,
        ),
        text("description", "Description"),
        integer("position", "Position"),
        numeric("list_price", "List Price", multi=True, digits=PRICE_DIGITS),
        computed(numeric, "list_price_used", "List Price"),
        computed(numeric, "list_price_uom", "List Price"),
        computed(numeric, "sale_price_uom", "Sale Price"),
        numeric("cost_price", "Cost Price", multi=True, digits=PRICE_DIGITS, default=ZERO),
        boolean("active", "Active", default=True),
        one2many("identifiers", "product.identifier", "product", "Identifiers"),
        many2one("replaced_by", PRODUCTS, "Replaced By"),
        computed(floating, "quantity", "Quantity", searcher="search_quantity"),
        computed(floating, "forecast_quantity", "Forecast Quantity", searcher="search_forecast_quantity"),
    )

    def matching(self, domain: Any, *, active_test: bool = True) -> list[int]:
        """Leave out variants of inactive templates, although they are active themselves."""
        found = super().matching(domain, active_test=active_test)
        asked = active_test and self.env.context.get("active_test", True) and not mentions(domain, "active")
        rows, templates = self.table.rows, self.env.table(TEMPLATES).rows
        return [i for i in found if templates[rows[i]["template"]]["active"] is not False] if asked else found

    def saved(self, ids: list[int], changed: frozenset[str]) -> None:
        """Work out the codes; that is a write of its own, so a new variant has a write time."""
        if changed & {"suffix_code", "template"}:
            self.coded(ids)
        elif "active" in changed:
            self._check_unique(ids)

    def coded(self, ids: list[int]) -> None:
        """Write the codes of variants."""
        for record_id in ids:
            row = self.row(record_id)
            code = f"{self.follow(row, 'template.code') or ''}{row['suffix_code'] or ''}"
            self.change([record_id], code=code or None)
        self._check_unique(ids)

    def _check_unique(self, ids: list[int]) -> None:
        """Refuse a code that another active product has; inactive ones may share it."""
        rows = self.table.rows
        for row in (rows[i] for i in ids):
            if row["active"] and row["code"]:
                same = [i for i in self.table.where("code", row["code"]) if rows[i]["active"]]
                if len(same) > 1:
                    message = "Code of active product must be unique."
                    raise UserError(message)

    def get_rec_name(self, row: Row) -> str:
        """Return code and name."""
        name = self.follow(row, "template.name")
        return f"[{row['code']}] {name}" if row["code"] else name

    def search_rec_name(self, _rest: str, sign: str, value: Any) -> Any:
        """Search by name, code and identifiers."""
        joined = "AND" if sign.startswith(("!", "not ")) else "OR"
        return [joined, ["template.name", sign, value], ["code", sign, value], ["identifiers.code", sign, value]]

    # Prices

    def get_list_price_used(self, row: Row) -> Decimal | None:
        """Return the variant's own price, else the template's."""
        own = self.get(row, "list_price")
        return self.follow(row, "template.list_price") if own is None else own

    def get_list_price_uom(self, row: Row) -> Decimal | None:
        """Return the price in the unit of the context, which has to be told."""
        unit = self.env.context.get("uom")
        return None if not unit else self._per_unit(row, self.get_list_price_used(row), unit)

    def get_sale_price_uom(self, row: Row) -> Decimal | None:
        """Return what the context's customer pays for the context's quantity."""
        context = self.env.context
        return self.price_for(row["id"], number(context.get("quantity") or 0))

    def price_for(self, product: int, quantity: Decimal) -> Decimal | None:
        """Return a product's price by the context: `uom`, `currency`, `price_list`."""
        row, context = self.row(product), self.env.context
        price = self.get_list_price_used(row)
        listed = context.get("price_list")
        if listed:
            prices = {"list_price": price, "cost_price": self.get(row, "cost_price")}
            price = self.env.of(PriceList).price_of(listed, product, quantity, prices)
        if price is None:
            return None
        if context.get("uom"):
            price = self._per_unit(row, price, context["uom"]) or ZERO
        company, currency = self.env.company, context.get("currency")
        if company and currency:
            own = self.env["company.company"].row(company)["currency"]
            price = self.env.of(Currency).converted(price, own, currency)
        return price_rounded(price)

    def _per_unit(self, row: Row, price: Decimal | None, unit: int) -> Decimal | None:
        own = self.follow(row, "template.default_uom")
        if price is None or unit == own:
            return price
        units = self.env.of(Unit)
        return price * units.row(unit)["factor"] / units.row(own)["factor"]

    def taxes_of(self, product: int) -> tuple[int, ...]:
        """Return the customer taxes of a product."""
        category = self.follow(self.row(product), "template.account_category")
        categories = self.env.of(Category)
        return categories.get_customer_taxes_used(categories.row(category)) if category else ()

    # Stock

    def get_quantity(self, row: Row) -> Decimal:
        """Return what lies in the context's locations; without any of them that is nothing."""
        return quantity_of(self.env, row["id"], forecast=False)

    def get_forecast_quantity(self, row: Row) -> Decimal:
        """Return what will lie there when everything planned has happened."""
        return quantity_of(self.env, row["id"], forecast=True)

    def search_quantity(self, _rest: str, sign: str, value: Any) -> Any:
        """Search by stock in the context's locations; without locations everything fits."""
        return matches(self.env, sign, value, forecast=False)

    def search_forecast_quantity(self, _rest: str, sign: str, value: Any) -> Any:
        """Search by the expected stock."""
        return matches(self.env, sign, value, forecast=True)


class ProductIdentifier(Model):
    """A number the world knows a variant by; the check digit of an EAN must be right."""

    name = "product.identifier"
    title = "Product Identifier"
    rec_field = "code"
    order: ClassVar[Order] = (("product", "ASC"), ("sequence", "ASC"), ("id", "ASC"))
    FIELDS: ClassVar[tuple[Field, ...]] = (
        many2one("product", PRODUCTS, "Product", required=True, index=True),
        selection("type", "Type", IDENTIFIERS),
        char("code", "Code", required=True, index=True),
        integer("sequence", "Sequence"),
    )

    def check_values(self, row: Row, changed: frozenset[str] | None) -> None:
        """Refuse an EAN that cannot be one."""
        del changed
        if row["type"] == "ean" and not _is_ean(row["code"]):
            product = self.env[PRODUCTS].label(row["product"])
            message = f'The International Article Number "{row["code"]}" for product "{product}" is not valid.'
            raise UserError(message)


def _is_ean(code: str) -> bool:
    digits = code.replace(" ", "").replace("-", "")
    if not digits.isdigit() or len(digits) not in (8, 12, 13, 14):
        return False
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return weighed % 10 == 0

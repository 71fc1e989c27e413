"""Units of measure and product categories."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import ClassVar

from isthmus.simulators.rows import Row
from isthmus.simulators.tryton.orm.fields import (
    Field,
    boolean,
    char,
    computed,
    floating,
    integer,
    many2many,
    many2one,
    one2many,
)
from isthmus.simulators.tryton.orm.model import Model
from isthmus.simulators.tryton.orm.records import Order


class UnitCategory(Model):
    """What units can be turned into each other."""

    name = "product.uom.category"
    title = "Product Uom Category"
    order: ClassVar[Order] = (("name", "ASC"),)
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("name", "Name", required=True, index=True),
        one2many("uoms", "product.uom", "category", "Unit of Measures"),
    )


class Unit(Model):
    """A unit of measure; `digits` is how many decimals a quantity of it may have."""

    name = "product.uom"
    title = "Product Uom"
    order: ClassVar[Order] = (("name", "ASC"),)
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("name", "Name", required=True, index=True),
        char("symbol", "Symbol", required=True),
        many2one("category", "product.uom.category", "Category", required=True, index=True),
        floating("factor", "Factor", required=True, default=Decimal(1)),
        floating("rate", "Rate", required=True, default=Decimal(1)),
        floating("rounding", "Rounding Precision", required=True, default=Decimal(1)),
        integer("digits", "Display Digits", required=True, default=2),
        boolean("active", "Active", default=True),
    )

    def converted(self, source: int, quantity: Decimal, target: int) -> Decimal:
        """Return a quantity in another unit of the same category, rounded to what that one can hold."""
        if source == target:
            return quantity
        given, wanted = self.row(source), self.row(target)
        found = quantity * given["factor"] / wanted["factor"]
        return (found / wanted["rounding"]).quantize(Decimal(1), ROUND_HALF_EVEN) * wanted["rounding"]

    def told(self, quantity: Decimal, unit: int) -> str:
        """Return a quantity as people read it, with the unit's decimals."""
        row = self.row(unit)
        return f"{quantity.quantize(Decimal(1).scaleb(-row['digits']), ROUND_HALF_EVEN)}\xa0{row['symbol']}"

    def digits_of(self, unit: int | None) -> int | None:
        """Return how many decimals a quantity may have."""
        return None if unit is None else self.row(unit)["digits"]


class Category(Model):
    """A category; one for accounting carries accounts and taxes."""

    name = "product.category"
    title = "Product Category"
    order: ClassVar[Order] = (("name", "ASC"),)
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("name", "Name", required=True),
        char("code", "Code", index=True),
        many2one("parent", "product.category", "Parent", index=True),
        one2many("childs", "product.category", "parent", "Children"),
        boolean("accounting", "Accounting", default=False),
        boolean("account_parent", "Account Parent", default=False),
        boolean("taxes_parent", "Taxes Parent", default=False),
        many2one("account_revenue", "account.account", "Account Revenue", multi=True),
        many2one("account_expense", "account.account", "Account Expense", multi=True),
        many2many("customer_taxes", "account.tax", "Customer Taxes"),
        computed(many2many, "customer_taxes_used", "account.tax", "Customer Taxes Used", default=None),
    )

    def get_customer_taxes_used(self, row: Row) -> tuple[int, ...]:
        """Return the taxes, the parent's where the category says so."""
        if row["taxes_parent"] and row["parent"]:
            return self.get_customer_taxes_used(self.row(row["parent"]))
        return tuple(row["customer_taxes"] or ())

    def get_rec_name(self, row: Row) -> str:
        """Return the path to the category."""
        above = f"{self.label(row['parent'])} / " if row["parent"] else ""
        return f"{above}{row['name']}"

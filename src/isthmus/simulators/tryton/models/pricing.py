"""Price lists: lines with formulas, of which the first that fits counts."""

import ast
import operator as py
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, ClassVar

from isthmus.simulators.rows import Row
from isthmus.simulators.tryton.errors import UserError
from isthmus.simulators.tryton.orm.fields import (
    PRICE_DIGITS,
    Field,
    boolean,
    char,
    floating,
    integer,
    many2one,
    one2many,
    own_company,
    selection,
)
from isthmus.simulators.tryton.orm.model import Model
from isthmus.simulators.tryton.orm.records import Order


def _divided(left: Any, right: Any) -> Any:
    return left / right


_SIGNS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: py.add,
    ast.Sub: py.sub,
    ast.Mult: py.mul,
    ast.Div: _divided,
}
_CALLS: dict[str, Callable[..., Any]] = {"max": max, "min": min, "round": round, "abs": abs}


class BadFormula(ValueError):
    """The formula cannot be worked out; the message says why."""


def worked_out(formula: str, names: Mapping[str, Decimal | None]) -> Decimal | None:
    """Return what a formula such as `unit_price * 0.8` gives, nothing when a name in it has no value."""
    try:
        tree = ast.parse(formula, mode="eval")
    except SyntaxError as wrong:
        raise BadFormula(str(wrong)) from None
    try:
        return _value(tree.body, names)
    except TypeError:  # something times nothing
        return None


def _value(node: ast.AST, names: Mapping[str, Decimal | None]) -> Any:
    match node:
        case ast.Constant(value=int() | float() as number):
            return Decimal(str(number))
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _SIGNS:
            return _SIGNS[type(sign)](_value(left, names), _value(right, names))
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner, names)
        case ast.Call(func=ast.Name(id=name), args=args) if name in _CALLS:
            return _CALLS[name](*(_value(arg, names) for arg in args))
        case _:
            message = f"{ast.unparse(node)} is not defined"  # type: ignore[arg-type]
            raise BadFormula(message)


def price_rounded(price: Decimal) -> Decimal:
    """Return a unit price with as many decimals as products have."""
    return price.quantize(Decimal(1).scaleb(-PRICE_DIGITS), ROUND_HALF_EVEN)


class PriceList(Model):
    """A price list; `price` says which price of the product its formulas call `unit_price`."""

    name = "product.price_list"
    title = "Product Price List"
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("name", "Name", required=True, index=True),
        many2one("company", "company.company", "Company", required=True, default=own_company),
        boolean("active", "Active", default=True),
        boolean("tax_included", "Tax Included", default=False),
        selection(
            "unit",
            "Unit",
            {"product_default": "Product Default", "product_sale": "Sale"},
            required=True,
            default="product_default",
        ),
        selection("price", "Price", {None: "", "list_price": "List Price", "cost_price": "Cost Price"}),
        one2many("lines", "product.price_list.line", "price_list", "Lines"),
    )

    def price_of(self, price_list: int, product: int, quantity: Decimal, prices: Mapping[str, Any]) -> Decimal | None:
        """Return the price of a product from `prices` by name; nothing when no line fits."""
        lines = self.env.of(PriceListLine)
        head = self.row(price_list)
        names = {**prices, "unit_price": prices.get(head["price"]) if head["price"] else None}
        for line_id in self.get(head, "lines"):
            line = lines.row(line_id)
            if lines.fits(line, product, quantity):
                found = worked_out(line["formula"], names)
                return None if found is None else price_rounded(found)
        return None


class PriceListLine(Model):
    """One line; an empty product or category fits all of them, an empty quantity any."""

    name = "product.price_list.line"
    title = "Product Price List Line"
    rec_field = "formula"
    order: ClassVar[Order] = (("price_list", "ASC"), ("sequence", "ASC"), ("id", "ASC"))
    FIELDS: ClassVar[tuple[Field, ...]] = (
        many2one("price_list", "product.price_list", "Price List", required=True, index=True),
        many2one("category", "product.category", "Category"),
        many2one("product", "product.product", "Product"),
        floating("quantity", "Quantity"),
        char("formula", "Formula", required=True),
        integer("sequence", "Sequence"),
    )

    def check_values(self, row: Row, changed: frozenset[str] | None) -> None:
        """Refuse a formula that cannot be worked out."""
        del changed
        try:
            worked_out(row["formula"], dict.fromkeys(("unit_price", "cost_price", "list_price"), Decimal(0)))
        except BadFormula as wrong:
            message = f'Invalid formula "{row["formula"]}" in price list line "({row["id"]})" with exception "{wrong}".'
            raise UserError(message) from None

    def fits(self, row: Row, product: int, quantity: Decimal) -> bool:
        """Whether the line is for this product and this many of it."""
        if row["product"] and row["product"] != product:
            return False
        products = self.env["product.product"]
        mine = products.get(products.row(product), "categories_all")
        if row["category"] and row["category"] not in mine:
            return False
        return row["quantity"] is None or row["quantity"] <= abs(quantity)

"""Lines of an order as a request sends them.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#order-line-items-properties and the siblings
"""

import secrets
from collections.abc import Mapping
from typing import Any

from isthmus.simulators.woocommerce import meta, totals
from isthmus.simulators.woocommerce.catalog import Product
from isthmus.simulators.woocommerce.errors import bad
from isthmus.simulators.woocommerce.money import decimal, exact, total
from isthmus.simulators.woocommerce.orders import Line, Order
from isthmus.simulators.woocommerce.shop import Shop

#: field of the request -> kind of line
KINDS = {"line_items": "line_item", "shipping_lines": "shipping", "fee_lines": "fee"}
#: a row with one of these set to null means: take the line away
_NULLS = ("product_id", "method_id", "method_title", "name", "code")
Row = Mapping[str, Any]


def order_key() -> str:
    """Return the key that is in a buyer's links."""
    return f"wc_order_{secrets.token_urlsafe(10)[:13]}"


def put_lines(shop: Shop, order: Order, kind: str, rows: list[Row]) -> None:
    """Add, change and remove lines of one kind. Raises `Refused`."""
    for row in rows:
        known = _known(order, row)
        if known is not None and _means_removal(row):
            order.lines.remove(known)
        elif known is None:
            line = Line(id=shop.new_id("item"), kind=kind)
            _fill(shop, line, row, order, new=True)
            order.lines.append(line)
        else:
            _fill(shop, known, row, order, new=False)


def _known(order: Order, row: Row) -> Line | None:
    if not row.get("id"):
        return None
    line = next((one for one in order.lines if one.id == row["id"]), None)
    if line is None:
        raise bad(
            code="woocommerce_rest_invalid_item_id", message="Order item ID provided is not associated with order."
        )
    return line


def _means_removal(row: Row) -> bool:
    return row.get("quantity") == 0 or any(name in row and row[name] is None for name in _NULLS)


def _fill(shop: Shop, line: Line, row: Row, order: Order, *, new: bool) -> None:
    if line.kind == "line_item":
        _goods(shop, line, row, order, new=new)
    line.name = str(row.get("name", row.get("method_title", line.name)))
    line.method_id = str(row.get("method_id", line.method_id))
    line.tax_class = str(row.get("tax_class", line.tax_class))
    line.tax_status = str(row.get("tax_status", line.tax_status))
    if row.get("total") is not None:
        line.total = exact(decimal(row["total"]))
    if row.get("subtotal") is not None:
        line.subtotal = exact(decimal(row["subtotal"]))
    elif line.kind != "line_item":
        line.subtotal = line.total
    # A subtotal below the total makes no sense to WooCommerce, which raises it.
    line.subtotal = max(line.subtotal, line.total)
    meta.merge(line.meta, row.get("meta_data", ()), shop.new_id)


def _goods(shop: Shop, line: Line, row: Row, order: Order, *, new: bool) -> None:
    """Fill in what the product says. Changing the quantity of a line leaves its totals as they are."""
    product = _product(shop, row, new=new)
    if row.get("quantity") is not None:
        line.quantity = int(row["quantity"])
    if product is None or (not new and product.id == (line.variation_id or line.product_id)):
        return
    line.name = product.name
    line.product_id = product.parent.id if product.parent else product.id
    line.variation_id = product.id if product.parent else 0
    line.tax_class, line.tax_status = product.tax_class, product.tax_status
    if new:
        price = totals.net(shop, product, product.amount(shop.now()), included=order.prices_include_tax)
        line.subtotal = line.total = exact(price * line.quantity)
        line.meta = [
            {"id": shop.new_id("meta"), "key": str(one["name"]).lower(), "value": one["option"]}
            for one in product.attributes
            if "option" in one
        ]


def _product(shop: Shop, row: Row, *, new: bool) -> Product | None:
    if row.get("sku"):
        return shop.product(str(row["sku"]))
    number = row.get("variation_id") or row.get("product_id")
    if not number and new:
        raise bad(code="woocommerce_rest_required_product_reference", message="Product ID or SKU is required.")
    return shop.products.get(int(number)) if number else None


def put_coupons(shop: Shop, order: Order, rows: list[Row]) -> None:
    """Replace the coupons of an order: all lines of goods go back to their subtotals first. Raises `Refused`."""
    codes = [_code(shop, row) for row in rows]
    for line in order.goods:
        line.total = line.subtotal
    order.lines = [line for line in order.lines if line.kind != "coupon"]
    for code in codes:
        take_off(shop, order, code)


def take_off(shop: Shop, order: Order, code: str) -> None:
    """Apply one coupon: its percentage comes off every line of goods."""
    coupon = Line(id=shop.new_id("item"), kind="coupon", code=code)
    for line in order.goods:
        off = exact(line.total * shop.coupons[code] / 100)
        line.total -= off
        coupon.total += off
        percent = total(rate.percent for rate in totals.rates_for(shop, line.tax_class, totals.BASE_COUNTRY))
        coupon.discount_tax += exact(off * percent / 100)
    order.lines.append(coupon)


def _code(shop: Shop, row: Row) -> str:
    code = str(row.get("code") or "").lower()
    if row.get("id"):
        raise bad(code="woocommerce_rest_coupon_item_id_readonly", message="Coupon item ID is readonly.")
    if not code:
        raise bad(code="woocommerce_rest_invalid_coupon", message="Coupon code is required.")
    if code not in shop.coupons:
        raise bad(code="woocommerce_rest_invalid_coupon", message=f'Coupon "{code}" does not exist!')
    return code

"""Stock: one figure per product or variation, no places, and nothing that keeps it above zero for orders by API.

Source: https://woocommerce.com/document/managing-orders/order-statuses/ (stock is reduced on processing, completed and
on-hold, put back on cancelled), and what a server of 11.0.1 showed: orders drive the figure below zero.
"""

from isthmus.simulators.woocommerce import meta
from isthmus.simulators.woocommerce.catalog import Product
from isthmus.simulators.woocommerce.orders import REDUCING, RESTORING, Line, Note, Order
from isthmus.simulators.woocommerce.shop import Shop

#: remembered on each line: how many units it took
REDUCED = "_reduced_stock"


def follow(shop: Shop, order: Order, status: str) -> None:
    """Take an order's goods out of stock, or put them back, as its new status wants."""
    if status in REDUCING and not order.stock_reduced:
        order.stock_reduced = True
        _move(shop, order, -1)
    elif status in RESTORING and order.stock_reduced:
        order.stock_reduced = False
        _move(shop, order, +1)


def change(shop: Shop, product: Product, units: int) -> None:
    """Add to a figure, or take from it. Whether the date of the product moves is a setting."""
    product.stock_quantity = (product.stock_quantity or 0) + units
    product.derive_stock_status()
    if shop.settings.sales_touch_products:
        shop.touch(product, "product.updated")
    else:
        shop.changed("product")


def sold(shop: Shop, line: Line) -> Product | None:
    """Return whose stock a line is taken from."""
    product = shop.products.get(line.variation_id or line.product_id)
    return product.stock_holder if product is not None and shop.settings.stock_management else None


def by_sku(shop: Shop) -> dict[str, dict[str, int]]:
    """Return what the shop shows of each SKU whose stock it manages."""
    return {
        product.sku: {"shop": product.stock_quantity or 0}
        for product in shop.products.values()
        if product.sku and product.manage_stock and product.status != "trash"
    }


def _move(shop: Shop, order: Order, sign: int) -> None:
    """Move the units of every line; a line remembers what it took, so that no more comes back."""
    changes: list[str] = []
    for line in order.goods:
        holder = sold(shop, line)
        taken = int(meta.value(line.meta, REDUCED) or 0)
        if holder is None or (sign < 0 and taken) or (sign > 0 and not taken):
            continue
        units = line.quantity if sign < 0 else taken
        before = holder.stock_quantity or 0
        change(shop, holder, sign * units)
        meta.put(line.meta, REDUCED, str(units) if sign < 0 else None, shop.new_id)
        changes.append(f"{line.name} ({holder.sku}) {before}&rarr;{holder.stock_quantity}")
    if changes:
        word = "reduced" if sign < 0 else "increased"
        order.notes.append(Note(shop.new_id("comment"), shop.now(), f"Stock levels {word}: {', '.join(changes)}"))

"""What the merchant does in the admin: add a product, remove one."""

from decimal import Decimal

from isthmus.simulators.demo_shop import PLACES, Item
from isthmus.simulators.shopify.assortment import add_product
from isthmus.simulators.shopify.catalog import Product, Variant
from isthmus.simulators.shopify.shop import DeletionEvent, Shop


def create_product(shop: Shop, sku: str, title: str, price: Decimal) -> Product:
    """Add a product with one variant and nothing in stock, and tell subscribers."""
    empty = {code: 0 for code, _name in PLACES}
    item = Item(sku, title, "black", price, price / 2, 500, "", empty)
    product = add_product(shop, title, [item])
    product.created_at = product.updated_at = shop.now()
    shop.tell("products/create", product)
    return product


def rename(shop: Shop, variant: Variant, sku: str) -> None:
    """Give a variant another SKU, as a person does in the admin; order lines keep the old one."""
    shop.sku_variants[variant.sku or ""].remove(variant)
    shop.sku_variants[sku].append(variant)
    variant.sku = variant.inventory_item.sku = sku
    shop.touch(variant)
    shop.touch(variant.inventory_item)
    shop.touch(variant.product, "products/update")


def remove_product(shop: Shop, product: Product) -> None:
    """Delete a product for good; order lines keep their text and lose the variant."""
    for variant in product.variants:
        item = variant.inventory_item
        for level in item.levels.values():
            del shop.levels[level.id], level.location.levels[item.id]
        del shop.items[item.id], shop.variants[variant.id]
        shop.sku_variants[variant.sku or ""].remove(variant)
    for order in shop.orders.values():
        for line in order.line_items:
            if line.product is product:
                line.variant = line.product = None
    del shop.products[product.id]
    gid, _number = shop.new_id("DeletionEvent")
    shop.deletions[gid] = DeletionEvent(gid, product.id, "PRODUCT", shop.now())
    for kind in ("Product", "ProductVariant", "InventoryItem", "InventoryLevel", "DeletionEvent"):
        shop.changed(kind)
    shop.tell("products/delete", product)

"""What the merchant does in the admin: add a product, rename a SKU, count stock, remove a product."""

from decimal import Decimal

from isthmus.simulators.demo_shop import PLACES, Item
from isthmus.simulators.woocommerce.assortment import add_product
from isthmus.simulators.woocommerce.catalog import Product
from isthmus.simulators.woocommerce.product_writes import forget
from isthmus.simulators.woocommerce.shop import Shop


def create_product(shop: Shop, sku: str, title: str, price: Decimal) -> Product:
    """Add a product with nothing in stock, and tell subscribers."""
    empty = {code: 0 for code, _name in PLACES}
    product = add_product(shop, title, [Item(sku, title, "black", price, price / 2, 500, "", empty)])
    product.created_at = product.modified_at = shop.now()
    shop.tell("product.created", product.id)
    return product


def rename(shop: Shop, product: Product, sku: str) -> None:
    """Give a product another SKU; its old orders show the new one from then on, because lines keep none."""
    shop.skus.pop(product.sku.casefold(), None)
    shop.skus[sku.casefold()] = product.id
    product.sku = sku
    shop.touch(product, "product.updated")


def count(shop: Shop, holder: Product, quantity: int) -> None:
    """Write down what was counted."""
    holder.stock_quantity = quantity
    holder.derive_stock_status()
    shop.touch(holder, "product.updated")


def remove_product(shop: Shop, product: Product) -> None:
    """Delete a product for good, its variations with it; order lines keep their text and lose the SKU."""
    gone = [one.id for one in (*product.variations, product)]
    forget(shop, product)
    for number in gone:
        shop.tell("product.deleted", number)

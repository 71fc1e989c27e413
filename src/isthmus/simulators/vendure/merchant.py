"""What the merchant does in the admin: add a product, rename a SKU, reprice, count stock, remove a product."""

from decimal import Decimal

from isthmus.simulators.demo_shop import CURRENCY, PLACES, Item
from isthmus.simulators.vendure import stock, stocking
from isthmus.simulators.vendure.assortment import CENTS, add_product
from isthmus.simulators.vendure.catalog import Product, StockLocation, Variant
from isthmus.simulators.vendure.shop import Shop


def create_product(shop: Shop, sku: str, title: str, price: Decimal) -> Product:
    """Add a product with nothing in stock, and tell."""
    empty = {code: 0 for code, _name in PLACES}
    product = add_product(shop, title, [Item(sku, title, "black", price, price / 2, 500, "", empty)])
    shop.tell("variant.created", {"variantIds": [str(one.id) for one in product.all_variants]})
    return product


def rename(shop: Shop, variant: Variant, sku: str) -> None:
    """Give a variant another SKU; its orders show the new one from then on, because lines keep none."""
    variant.sku = sku
    _changed(shop, variant)


def reprice(shop: Shop, variant: Variant, price: Decimal, currency: str = CURRENCY) -> None:
    """Give a variant another price in the default channel."""
    variant.amounts[shop.default_channel.id, currency] = int(price * CENTS)
    _changed(shop, variant)


def count(shop: Shop, variant: Variant, place: StockLocation, free: int) -> None:
    """Write down what was counted: so many units besides those promised to buyers."""
    promised = stock.level(shop, variant, place).stock_allocated
    stock.adjust(shop, variant, place.id, free + promised)
    _changed(shop, variant)


def remove_product(shop: Shop, product: Product) -> None:
    """Delete a product with its variants."""
    stocking.remove_product(shop, product.id)


def _changed(shop: Shop, variant: Variant) -> None:
    shop.touch(variant)
    shop.tell("variant.updated", {"variantIds": [str(variant.id)]})

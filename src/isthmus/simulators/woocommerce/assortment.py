"""Puts goods on the shelves of an empty shop: tax rates, categories, products, stock.

The goods come from `demo_shop`, which the ERP's double is stocked with too. The first items in several shades share
one variable product, as a merchant would group them. A shop has one figure per SKU: the sum of all places.
"""

from collections.abc import Sequence
from decimal import Decimal

from isthmus.simulators.demo_shop import Item
from isthmus.simulators.woocommerce.catalog import Product, Term
from isthmus.simulators.woocommerce.people import Rate
from isthmus.simulators.woocommerce.shop import Shop

#: variable products: how many, and of how many items each is made
GROUPS, GROUP_SIZE = 5, 3
VAT, REDUCED = Decimal(20), Decimal(7)
_GRAMS = Decimal(1000)


def open_books(shop: Shop) -> None:
    """Set up what a shop has before it has goods: its tax rates."""
    if not shop.rates:
        for percent, name, tax_class in ((VAT, "VAT", "standard"), (REDUCED, "VAT reduced", "reduced-rate")):
            number = shop.new_id("rate")
            shop.rates[number] = Rate(number, "", percent, name, tax_class)


def stock_up(shop: Shop, items: Sequence[Item]) -> None:
    """Make products of the items, with what lies in all places together."""
    grouped = GROUPS * GROUP_SIZE
    for start in range(0, grouped, GROUP_SIZE):
        group = items[start : start + GROUP_SIZE]
        if group:
            title = f"Set of shades {start // GROUP_SIZE + 1}" if len(group) > 1 else group[0].title
            add_product(shop, title, group)
    for item in items[min(grouped, len(items)) :]:
        add_product(shop, item.title, [item])


def add_product(shop: Shop, title: str, items: Sequence[Item]) -> Product:
    """Make one product; several items become its variations."""
    if len(items) == 1:
        return _product(shop, title, items[0])
    names = [f"{item.title} {item.shade}" for item in items]
    parent = _bare(shop, "variable", title)
    parent.attributes = [
        {"id": 0, "name": "Model", "slug": "Model", "position": 0, "visible": True, "variation": True, "options": names}
    ]
    parent.categories = [_category(shop, items[0])]
    for position, (item, name) in enumerate(zip(items, names, strict=True)):
        variation = _bare(shop, "variation", f"{title} - {name}")
        variation.parent = parent
        variation.menu_order = position
        variation.attributes = [{"id": 0, "name": "Model", "slug": "Model", "option": name}]
        _sell(shop, variation, item)
        parent.variations.append(variation)
    return parent


def _product(shop: Shop, title: str, item: Item) -> Product:
    product = _bare(shop, "simple", title)
    product.categories = [_category(shop, item)]
    _sell(shop, product, item)
    return product


def _bare(shop: Shop, kind: str, name: str) -> Product:
    number = shop.new_id()
    product = Product(
        id=number,
        kind=kind,
        name=name,
        slug=name.lower().replace(" ", "-"),
        created_at=shop.opened_at,
        modified_at=shop.opened_at,
    )
    shop.products[number] = product
    shop.changed("product")
    return product


def _sell(shop: Shop, product: Product, item: Item) -> None:
    product.sku, product.gtin = item.sku, item.barcode
    product.regular_price = format(item.price, "f")
    product.weight = format(Decimal(item.weight_g) / _GRAMS, "f")
    product.manage_stock = True
    product.stock_quantity = sum(item.stock.values())
    product.derive_stock_status()
    shop.skus[item.sku.casefold()] = product.id


def _category(shop: Shop, item: Item) -> int:
    name = item.title.split(" ", 1)[0]
    known = next((term.id for term in shop.categories.values() if term.name == name), None)
    if known is None:
        known = shop.new_id("term")
        shop.categories[known] = Term(known, name, name.lower())
    return known

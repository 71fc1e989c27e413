"""Puts goods on the shelves of an empty shop: locations, products, stock.

The goods come from `demo_shop`, which the ERP's double is stocked with too. The first items of each kind in
several shades share one product, as a merchant would group them.
"""

from collections.abc import Sequence
from decimal import Decimal

from isthmus.simulators.demo_shop import PLACES, Item
from isthmus.simulators.shopify import stock
from isthmus.simulators.shopify.catalog import (
    InventoryItem,
    Location,
    Measurement,
    Option,
    OptionValue,
    Product,
    SelectedOption,
    Variant,
    Weight,
)
from isthmus.simulators.shopify.money import MoneyV2
from isthmus.simulators.shopify.parties import LocationAddress
from isthmus.simulators.shopify.shop import Shop

#: products with several variants: how many, and of how many items each is made
GROUPS, GROUP_SIZE = 5, 3


def open_locations(shop: Shop) -> None:
    """Open the places the ERP knows by the same names."""
    for number, (_code, name) in enumerate(PLACES, start=1):
        gid, legacy = shop.new_id("Location")
        address = LocationAddress(f"{number} Warehouse Road", "Berlin", "10115", "Germany", "DE")
        shop.locations[gid] = Location(gid, legacy, name, address, shop.opened_at, shop.opened_at)
    shop.changed("Location")


def stock_up(shop: Shop, items: Sequence[Item]) -> None:
    """Make products of the items, with what lies in each place."""
    grouped = GROUPS * GROUP_SIZE
    for start in range(0, grouped, GROUP_SIZE):
        group = items[start : start + GROUP_SIZE]
        if group:
            title = f"Set of shades {start // GROUP_SIZE + 1}" if len(group) > 1 else group[0].title
            add_product(shop, title, group)
    for item in items[min(grouped, len(items)) :]:
        add_product(shop, item.title, [item])


def add_product(shop: Shop, title: str, items: Sequence[Item]) -> Product:
    """Make one product; several items become its variants."""
    gid, legacy = shop.new_id("Product")
    single = len(items) == 1
    names = ["Default Title"] if single else [f"{item.title} {item.shade}" for item in items]
    values = [OptionValue(shop.gid("ProductOptionValue"), name) for name in names]
    option = Option(shop.gid("ProductOption"), "Title" if single else "Model", 1, values)
    product = Product(
        id=gid,
        legacy_resource_id=legacy,
        handle=title.lower().replace(" ", "-"),
        title=title,
        created_at=shop.opened_at,
        updated_at=shop.opened_at,
        options=[option],
        product_type=items[0].title.split(" ", 1)[0],
        description_html=f"<p>{title}</p>",
        tags=sorted({item.shade for item in items}),
    )
    for position, (item, name) in enumerate(zip(items, names, strict=True), start=1):
        product.variants.append(_variant(shop, product, item, name, position))
    shop.products[product.id] = product
    shop.changed("Product")
    return product


def _variant(shop: Shop, product: Product, item: Item, name: str, position: int) -> Variant:
    thing = _inventory_item(shop, item)
    gid, legacy = shop.new_id("ProductVariant")
    variant = Variant(
        id=gid,
        legacy_resource_id=legacy,
        product=product,
        title=name,
        sku=item.sku,
        barcode=item.barcode,
        price=item.price,
        inventory_item=thing,
        created_at=shop.opened_at,
        updated_at=shop.opened_at,
        selected_options=[SelectedOption(product.options[0].name, name)],
        position=position,
    )
    thing.variant = variant
    shop.variants[gid] = variant
    shop.sku_variants[item.sku].append(variant)
    shop.changed("ProductVariant")
    for code, place_name in PLACES:
        place = shop.location(place_name)
        if place is not None:
            stock.stocked(shop, thing, place, item.stock.get(code, 0))
    return variant


def _inventory_item(shop: Shop, item: Item) -> InventoryItem:
    gid, legacy = shop.new_id("InventoryItem")
    thing = InventoryItem(
        id=gid,
        legacy_resource_id=legacy,
        sku=item.sku,
        unit_cost=MoneyV2(item.cost, shop.currency_code),
        measurement=Measurement(shop.gid("InventoryItemMeasurement"), Weight("GRAMS", Decimal(item.weight_g))),
        created_at=shop.opened_at,
        updated_at=shop.opened_at,
        country_code_of_origin="DE",
    )
    shop.items[gid] = thing
    shop.changed("InventoryItem")
    return thing

"""Puts goods on the shelves of an empty shop: channel, taxes, methods, warehouses, products, stock.

The goods come from `demo_shop`, which the ERP's double is stocked with too. The first items in several shades share
one product with an option group, as a merchant would group them.
"""

from collections.abc import Sequence
from decimal import Decimal

from isthmus.simulators.demo_shop import CURRENCY, PLACES, Item
from isthmus.simulators.vendure import stock
from isthmus.simulators.vendure.catalog import (
    DEFAULT_CODE,
    Channel,
    Country,
    Method,
    Product,
    Promotion,
    StockLocation,
    TaxCategory,
    TaxRate,
    Variant,
    Zone,
)
from isthmus.simulators.vendure.people import Administrator, User
from isthmus.simulators.vendure.shop import (
    DEFAULT_TOKEN,
    EVERYTHING,
    INTEGRATION,
    LOGIN,
    OWNER,
    PASSWORD,
    READER,
    READS,
    Shop,
)
from isthmus.simulators.vendure.stocking import make_group

#: products with options: how many, and of how many items each is made
GROUPS, GROUP_SIZE = 5, 3
VAT, SHIPPING_VAT = 20.0, 10.0
CENTS = Decimal(100)
YEN_PER_EUR = Decimal(160)
COUNTRIES = {"DE": "Germany", "FR": "France", "ES": "Spain", "NL": "Netherlands", "AT": "Austria"}
#: code, price in cents, tax in percent, what people read
SHIPPING = (("standard", 490, VAT, "Standard"), ("express", 1250, SHIPPING_VAT, "Express"), ("free", 0, 0.0, "Free"))
#: coupon, percent; without a coupon a person gives it to a line
PROMOTIONS = (("WELCOME10", 10), ("SPRING5", 5), (None, 5), (None, 10), (None, 15))
#: code, whether it settles at once
PAYMENT = (("card", True, "Card"), ("invoice", False, "Invoice"))


def open_shop(shop: Shop) -> None:
    """Set up what a shop has before it has goods."""
    for login, permissions in ((OWNER, EVERYTHING), (LOGIN, INTEGRATION), (READER, READS)):
        user = User(**shop.new("User"), identifier=login)
        one = Administrator(**shop.new("Administrator"), user=user, password=PASSWORD, permissions=permissions)
        shop.administrators[one.id] = one
    for code, name in COUNTRIES.items():
        country = Country(**shop.new("Country"), code=code, translations={"en": {"name": name}})
        shop.countries[country.id] = country
    zone = Zone(**shop.new("Zone"), name="Europe", members=list(shop.countries.values()))
    shop.zones[zone.id] = zone
    category = TaxCategory(**shop.new("TaxCategory"), name="Standard", is_default=True)
    shop.tax_categories[category.id] = category
    rate = TaxRate(**shop.new("TaxRate"), name="VAT 20", value=VAT, category=category, zone=zone)
    shop.tax_rates[rate.id] = rate
    _open_channel(shop, zone)
    _open_methods(shop)
    _open_promotions(shop)
    for _code, name in PLACES:
        add_location(shop, name)


def _open_channel(shop: Shop, zone: Zone) -> None:
    settings = shop.settings
    channel = Channel(
        **shop.new("Channel"),
        code=DEFAULT_CODE,
        token=DEFAULT_TOKEN,
        prices_include_tax=settings.prices_include_tax,
        default_currency_code=CURRENCY,
        available_currency_codes=list(settings.currencies),
        default_tax_zone=zone,
        default_shipping_zone=zone,
    )
    shop.channels[channel.id] = channel


def _open_methods(shop: Shop) -> None:
    gross = shop.settings.prices_include_tax
    for code, price, rate, name in SHIPPING:
        told = {"en": {"name": name, "description": ""}}
        method = Method(
            **shop.new("ShippingMethod"), code=code, translations=told, price=price, includes_tax=gross, rate=rate
        )
        shop.shipping_methods[method.id] = method
    for code, settles, name in PAYMENT:
        told = {"en": {"name": name, "description": ""}}
        method = Method(**shop.new("PaymentMethod"), code=code, translations=told, settles=settles)
        shop.payment_methods[method.id] = method


def _open_promotions(shop: Shop) -> None:
    for coupon, percent in PROMOTIONS:
        name = f"{percent}% off the order" if coupon else f"{percent}% off this item"
        told = {"en": {"name": name, "description": ""}}
        made = Promotion(**shop.new("Promotion"), translations=told, percent=percent, coupon_code=coupon)
        shop.promotions[made.id] = made


def add_location(shop: Shop, name: str) -> StockLocation:
    """Open a warehouse."""
    made = StockLocation(**shop.new("StockLocation"), name=name, channels={shop.default_channel.id})
    shop.locations[made.id] = made
    return made


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
    """Make one product; several items become its variants. Nobody is told."""
    slug = f"{title.lower().replace(' ', '-')}-{len(shop.products) + 1}"
    channels = {shop.default_channel.id}
    told = {"en": {"name": title, "slug": slug, "description": ""}}
    product = Product(**shop.new("Product"), translations=told, channels=channels)
    shop.products[product.id] = product
    if len(items) > 1:
        told_group = [{"languageCode": "en", "name": "Model"}]
        options = [
            {"code": item.sku.lower(), "translations": [{"languageCode": "en", "name": f"{item.title} {item.shade}"}]}
            for item in items
        ]
        group = make_group(shop, {"code": f"model-{product.id}", "translations": told_group, "options": options})
        product.option_groups.append(group)
    for position, item in enumerate(items):
        variant = _variant(shop, product, item, title if len(items) == 1 else f"{title} {item.title} {item.shade}")
        if len(items) > 1:
            variant.options = [product.option_groups[0].options[position]]
    return product


def _variant(shop: Shop, product: Product, item: Item, name: str) -> Variant:
    channel = shop.default_channel
    variant = Variant(
        **shop.new("ProductVariant"),
        product=product,
        sku=item.sku,
        translations={"en": {"name": name}},
        tax_category=next(one for one in shop.tax_categories.values() if one.is_default),
        channels={channel.id},
        track_inventory="TRUE",
    )
    cents = int(item.price * CENTS)
    variant.amounts[channel.id, CURRENCY] = cents
    if "JPY" in channel.available_currency_codes:
        # Two decimals are kept of every currency (`moneyStrategyPrecision`), so a yen is 100.
        variant.amounts[channel.id, "JPY"] = round(item.price * YEN_PER_EUR) * 100
    product.all_variants.append(variant)
    shop.variants[variant.id] = variant
    for code, place in PLACES:
        location = shop.location(place)
        if location is not None:
            stock.level(shop, variant, location).stock_on_hand = item.stock.get(code, 0)
    return variant

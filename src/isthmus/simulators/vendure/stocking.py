"""Products and variants as somebody writes them: made, changed, priced, counted, removed.

Source: https://docs.vendure.io/reference/graphql-api/admin/mutations (3.5), product-variant.service of @vendure/core
3.5.5; answers as a running 3.5.5 gave them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from isthmus.simulators.vendure import stock
from isthmus.simulators.vendure.catalog import Channel, Option, OptionGroup, Product, Translations, Variant
from isthmus.simulators.vendure.errors import refuse_input, refuse_key, refuse_missing, refuse_twin
from isthmus.simulators.vendure.shop import Shop, number_of

Wish = Mapping[str, Any]
_PLAIN = {
    "enabled": "enabled", "sku": "sku", "trackInventory": "track_inventory",
    "outOfStockThreshold": "out_of_stock_threshold",
    "useGlobalOutOfStockThreshold": "use_global_out_of_stock_threshold",
}  # fmt: skip


def find_product(shop: Shop, number: object) -> Product:
    """Return a product. Raises `Refused`."""
    found = shop.products.get(number_of(number))
    if found is None or found.deleted_at is not None:
        refuse_missing("Product", number)
    return found


def find_variant(shop: Shop, number: object, channel: Channel) -> Variant:
    """Return a variant of a channel. Raises `Refused`."""
    found = shop.variants.get(number_of(number))
    if found is None or found.gone or channel.id not in found.channels:
        refuse_missing("ProductVariant", number)
    return found


def translated(known: Translations, rows: Sequence[Wish]) -> Translations:
    """Return what is said in each language after some of it is said anew."""
    told = {language: dict(texts) for language, texts in known.items()}
    for row in rows:
        texts = told.setdefault(row["languageCode"], {})
        texts.update({name: row[name] for name in ("name", "slug", "description") if row.get(name) is not None})
    return told


def make_product(shop: Shop, channel: Channel, wish: Wish) -> Product:
    """Make a product; a slug that is taken gets a number behind it."""
    told = translated({}, wish["translations"])
    for texts in told.values():
        texts["slug"] = _slug(shop, texts.get("slug") or texts.get("name", ""))
    made = Product(
        **shop.new("Product"),
        translations=told,
        enabled=wish.get("enabled", True) is not False,
        channels={channel.id, shop.default_channel.id},
        custom_fields=dict(wish.get("customFields") or {}),
    )
    shop.products[made.id] = made
    return made


def change_product(shop: Shop, wish: Wish) -> Product:
    """Change a product. Raises `Refused`."""
    product = find_product(shop, wish["id"])
    product.translations = translated(product.translations, wish.get("translations") or ())
    product.enabled = product.enabled if wish.get("enabled") is None else wish["enabled"]
    product.custom_fields.update(wish.get("customFields") or {})
    shop.touch(product)
    return product


def _slug(shop: Shop, wanted: str) -> str:
    bare = "-".join(wanted.lower().split())
    taken = {texts.get("slug") for one in shop.products.values() for texts in one.translations.values()}
    names = (bare if number == 1 else f"{bare}-{number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def remove_product(shop: Shop, number: object) -> dict[str, Any]:
    """Delete a product and its variants; they stay in their orders. Raises `Refused`."""
    product = find_product(shop, number)
    product.deleted_at = shop.now()
    for variant in product.all_variants:
        variant.deleted_at = variant.deleted_at or product.deleted_at
    _told(shop, "deleted", product.all_variants)
    return {"result": "DELETED", "message": None}


def remove_variants(shop: Shop, numbers: Sequence[object]) -> dict[str, Any]:
    """Delete variants; what is not there counts as deleted, too (3.5.5)."""
    found = [one for one in (shop.variants.get(number_of(number)) for number in numbers) if one is not None]
    for variant in found:
        variant.deleted_at = variant.deleted_at or shop.now()
    _told(shop, "deleted", found)
    return {"result": "DELETED", "message": None}


def make_variants(shop: Shop, channel: Channel, wishes: Sequence[Wish]) -> list[Variant]:
    """Make variants, all of them or none. Raises `Refused`."""
    _check_new(shop, wishes)
    made = [_make(shop, channel, wish) for wish in wishes]
    _told(shop, "created", made)
    return made


def _check_new(shop: Shop, wishes: Sequence[Wish]) -> None:
    """Look at every wish before the first is fulfilled."""
    chosen: set[tuple[int, frozenset[int]]] = set()
    for wish in wishes:
        product = find_product(shop, wish["productId"])
        options = frozenset(number_of(one) for one in wish.get("optionIds") or ())
        names = ", ".join(group.code for group in product.option_groups)
        if len(options) != len(product.option_groups):
            refuse_input(f"ProductVariant optionIds must include one optionId from each of the groups: {names}")
        twins = [
            one
            for one in product.all_variants
            if not one.gone and frozenset(each.id for each in one.options) == options
        ]
        if twins or (product.id, options) in chosen:
            name = twins[0].translations["en"]["name"] if twins else wish["sku"]
            refuse_input(f"A ProductVariant with the selected options already exists: {name}")
        chosen.add((product.id, options))
        _unique(shop, "ProductVariant", wish, None)
        _places(shop, wish)


def _make(shop: Shop, channel: Channel, wish: Wish) -> Variant:
    product = find_product(shop, wish["productId"])
    category = shop.tax_categories.get(number_of(wish.get("taxCategoryId")))
    usual = next(one for one in shop.tax_categories.values() if one.is_default)
    variant = Variant(
        **shop.new("ProductVariant"),
        product=product,
        sku=wish["sku"],
        translations=translated({}, wish["translations"]),
        tax_category=category or usual,
        options=[shop.options[number_of(one)] for one in wish.get("optionIds") or ()],
        channels={channel.id, shop.default_channel.id},
        custom_fields=dict(wish.get("customFields") or {}),
    )
    product.all_variants.append(variant)
    shop.variants[variant.id] = variant
    for name, attribute in _PLAIN.items():
        if wish.get(name) is not None:
            setattr(variant, attribute, wish[name])
    _count(shop, variant, wish)
    price = wish.get("price") or 0
    for one in {channel.id: channel, shop.default_channel.id: shop.default_channel}.values():
        variant.amounts[one.id, one.default_currency_code] = price
    _price(channel, variant, {"prices": wish.get("prices")})
    return variant


def change_variants(shop: Shop, channel: Channel, wishes: Sequence[Wish]) -> list[Variant]:
    """Change variants, all of them or none. Raises `Refused`.

    The date of change moves even where nothing differs (seen on 3.5.5).
    """
    found = [find_variant(shop, wish["id"], channel) for wish in wishes]
    for variant, wish in zip(found, wishes, strict=True):
        if (wish.get("stockOnHand") or 0) < 0:
            refuse_input("stockOnHand cannot be a negative value")
        _unique(shop, "ProductVariant", wish, variant)
        _places(shop, wish)
        _currencies(channel, wish)
    for variant, wish in zip(found, wishes, strict=True):
        _change(shop, channel, variant, wish)
    _told(shop, "updated", found)
    return found


def _change(shop: Shop, channel: Channel, variant: Variant, wish: Wish) -> None:
    for name, attribute in _PLAIN.items():
        if wish.get(name) is not None:
            setattr(variant, attribute, wish[name])
    variant.translations = translated(variant.translations, wish.get("translations") or ())
    category = shop.tax_categories.get(number_of(wish.get("taxCategoryId")))
    variant.tax_category = category or variant.tax_category
    variant.custom_fields.update(wish.get("customFields") or {})
    _count(shop, variant, wish)
    if wish.get("price") is not None:
        variant.amounts[channel.id, channel.default_currency_code] = wish["price"]
    _price(channel, variant, wish)
    shop.touch(variant)


def _count(shop: Shop, variant: Variant, wish: Wish) -> None:
    if wish.get("stockLevels"):
        for row in wish["stockLevels"]:
            stock.adjust(shop, variant, number_of(row["stockLocationId"]), row["stockOnHand"])
    elif wish.get("stockOnHand") is not None:
        stock.adjust(shop, variant, min(shop.locations), wish["stockOnHand"])


def _places(shop: Shop, wish: Wish) -> None:
    for row in wish.get("stockLevels") or ():
        if number_of(row["stockLocationId"]) not in shop.locations:
            refuse_key("stock_level", postgres=shop.settings.postgres)


def _currencies(channel: Channel, wish: Wish) -> None:
    for row in wish.get("prices") or ():
        if row["currencyCode"] not in channel.available_currency_codes:
            refuse_input(f'The currency "{row["currencyCode"]}" is not available in the current Channel')


def _price(channel: Channel, variant: Variant, wish: Wish) -> None:
    _currencies(channel, wish)
    for row in wish.get("prices") or ():
        key = (channel.id, row["currencyCode"])
        if row.get("delete"):
            variant.amounts.pop(key, None)
        else:
            variant.amounts[key] = row["price"]


def _unique(shop: Shop, entity: str, wish: Wish, own: Variant | None) -> None:
    """Let the database refuse what a unique custom field has already."""
    told: Mapping[str, Any] = wish.get("customFields") or {}
    for one in shop.settings.custom_fields:
        value = told.get(one.name)
        if one.entity != entity or not one.unique or value is None:
            continue
        if any(other.custom_fields.get(one.name) == value for other in shop.variants.values() if other is not own):
            column = f"customFields{one.name.capitalize()}"
            refuse_twin("product_variant", column, postgres=shop.settings.postgres)


def make_group(shop: Shop, wish: Wish) -> OptionGroup:
    """Make a group of options with its options."""
    told = translated({}, wish["translations"])
    group = OptionGroup(**shop.new("ProductOptionGroup"), code=wish["code"], translations=told)
    shop.groups[group.id] = group
    for row in wish.get("options") or ():
        make_option(shop, group, row)
    return group


def make_option(shop: Shop, group: OptionGroup, wish: Wish) -> Option:
    """Add an option to a group."""
    told = translated({}, wish["translations"])
    option = Option(**shop.new("ProductOption"), code=wish["code"], translations=told, group=group)
    shop.options[option.id] = option
    group.options.append(option)
    return option


def assign(shop: Shop, wish: Wish) -> list[Variant]:
    """Sell variants in a channel, too; a net price becomes a gross one where that lists gross. Raises `Refused`."""
    target = shop.channels.get(number_of(wish["channelId"]))
    if target is None:
        refuse_missing("Channel", wish["channelId"])
    home = shop.default_channel
    found = [find_variant(shop, one, home) for one in wish["productVariantIds"]]
    for variant in found:
        variant.channels.add(target.id)
        variant.product.channels.add(target.id)
        listed = variant.amounts.get((home.id, home.default_currency_code), 0)
        rate = shop.rate(variant.tax_category, target)
        tax = 1 + (rate.value if rate else 0) / 100
        if home.prices_include_tax != target.prices_include_tax:
            listed = round(listed * tax) if target.prices_include_tax else round(listed / tax)
        priced = round(listed * (wish.get("priceFactor") or 1))
        variant.amounts.setdefault((target.id, target.default_currency_code), priced)
    return found


def withdraw(shop: Shop, wish: Wish) -> list[Variant]:
    """Sell variants in a channel no longer. Raises `Refused`."""
    target = number_of(wish["channelId"])
    if target == shop.default_channel.id:
        refuse_input("Items cannot be removed from the default Channel")
    found = [find_variant(shop, one, shop.default_channel) for one in wish["productVariantIds"]]
    for variant in found:
        variant.channels.discard(target)
    return found


def _told(shop: Shop, what: str, variants: Sequence[Variant]) -> None:
    if variants:
        shop.tell(f"variant.{what}", {"variantIds": [str(one.id) for one in variants]})

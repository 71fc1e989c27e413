"""Writing products and variations: what is kept, what is derived, what is refused.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#products, #product-variations (REST v3)
"""

import re
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from isthmus.simulators.woocommerce import meta, stamps
from isthmus.simulators.woocommerce.catalog import Product
from isthmus.simulators.woocommerce.errors import bad
from isthmus.simulators.woocommerce.money import decimal, price
from isthmus.simulators.woocommerce.product_views import PASSIVE
from isthmus.simulators.woocommerce.shop import Shop

Fields = Mapping[str, Any]
#: names are kept as HTML
_AMPERSAND = re.compile(r"&(?!#?\w+;)")
_PLAIN = ("name", "slug", "status", "tax_status", "tax_class", "backorders", "weight", "virtual", "menu_order")


def check(shop: Shop, fields: Fields, own: int = 0) -> None:
    """Refuse a SKU or GTIN somebody else has, be it in the trash, or is just about to have."""
    sku = fields.get("sku")
    if sku and not own and sku.casefold() in shop.busy_skus:
        shop.busy_skus.remove(sku.casefold())
        text = f"The SKU ({sku}) you are trying to insert is already under processing"
        raise bad(code="woocommerce_rest_product_not_created", message=text)
    holder = shop.skus.get(sku.casefold()) if sku else None
    if holder is not None and holder != own:
        raise bad(
            code="product_invalid_sku", message="Invalid or duplicated SKU.", resource_id=holder, unique_sku=f"{sku}-1"
        )
    gtin = fields.get("global_unique_id")
    twin = next((one for one in shop.products.values() if gtin and one.gtin == gtin and one.id != own), None)
    if twin is not None:
        message = "Invalid or duplicated GTIN, UPC, EAN or ISBN."
        raise bad(code="product_invalid_global_unique_id", message=message, resource_id=twin.id)


def apply(shop: Shop, product: Product, fields: Fields) -> None:
    """Write the fields that were sent. Lists replace what was there, except `meta_data`. Raises `Refused`."""
    for name in _PLAIN:
        if name in fields:
            setattr(product, name, fields[name])
    for name in PASSIVE:
        if name in fields:
            product.passive[name] = fields[name]
    if "name" in fields:
        product.name = _AMPERSAND.sub("&amp;", product.name)
    if "type" in fields and not product.is_variation:
        product.kind = fields["type"]
    if "sku" in fields:
        _rename(shop, product, fields["sku"])
    product.gtin = fields.get("global_unique_id", product.gtin)
    product.dimensions.update({key: str(value) for key, value in fields.get("dimensions", {}).items()})
    _prices(shop, product, fields)
    _stock(shop, product, fields)
    if "categories" in fields:
        product.categories = [_category(shop, row) for row in fields["categories"]]
    if "attributes" in fields:
        product.attributes = [_attribute(shop, product, row) for row in fields["attributes"]]
    images = fields.get("images", [fields["image"]] if fields.get("image") else None)
    if images is not None:
        product.images = [_image(shop, row) for row in images]
    meta.merge(product.meta, fields.get("meta_data", ()), shop.new_id)


def forget(shop: Shop, product: Product) -> None:
    """Remove a product and its variations for good."""
    for one in (*product.variations, product):
        if one.sku and shop.skus.get(one.sku.casefold()) == one.id:
            del shop.skus[one.sku.casefold()]
        del shop.products[one.id]
    if product.parent is not None:
        product.parent.variations.remove(product)
    shop.changed("product")


def _rename(shop: Shop, product: Product, sku: str) -> None:
    if product.sku:
        shop.skus.pop(product.sku.casefold(), None)
    product.sku = sku
    if sku:
        shop.skus[sku.casefold()] = product.id


def _prices(shop: Shop, product: Product, fields: Fields) -> None:
    if "regular_price" in fields:
        product.regular_price = price(fields["regular_price"])
    if "sale_price" in fields:
        product.sale_price = price(fields["sale_price"])
    # A sale that is no bargain is dropped (unconfirmed for every version).
    if product.sale_price and decimal(product.sale_price) >= decimal(product.regular_price):
        product.sale_price = ""
    for name, attribute in (("date_on_sale_from", "sale_from"), ("date_on_sale_to", "sale_to")):
        for suffix, zone in (("", shop.settings.zone), ("_gmt", UTC)):
            if f"{name}{suffix}" in fields:
                setattr(product, attribute, stamps.read(fields[f"{name}{suffix}"], zone))


def _stock(shop: Shop, product: Product, fields: Fields) -> None:
    """Write stock. Where it is not managed a quantity is not kept, and where it is the status follows it."""
    if not shop.settings.stock_management:
        product.stock_status = fields.get("stock_status", product.stock_status)
        return
    if "manage_stock" in fields:
        # "parent" only says that this one manages nothing itself.
        product.manage_stock = fields["manage_stock"] in (True, "true", 1, "1", "yes")
    if not product.manage_stock:
        product.stock_quantity = None
        product.stock_status = fields.get("stock_status", product.stock_status)
        return
    if "stock_quantity" in fields:
        product.stock_quantity = fields["stock_quantity"]
    elif product.stock_quantity is None:
        product.stock_quantity = 0
    product.derive_stock_status()


def _category(shop: Shop, row: Fields) -> int:
    number = int(row.get("id") or 0)
    if number not in shop.categories:
        raise bad(code="woocommerce_rest_invalid_product_category_id", message="Invalid category ID.")
    return number


def _attribute(shop: Shop, product: Product, row: Fields) -> dict[str, Any]:
    known = shop.attributes.get(int(row.get("id") or 0))
    name = known.name if known else str(row.get("name", ""))
    slug = known.slug if known else name
    head = {"id": known.id if known else 0, "name": name, "slug": slug}
    if product.is_variation:
        return {**head, "option": str(row.get("option", ""))}
    return {
        **head,
        "position": int(row.get("position") or 0),
        "visible": bool(row.get("visible", False)),
        "variation": bool(row.get("variation", False)),
        "options": [str(one) for one in row.get("options", ())],
    }


def _image(shop: Shop, row: Fields) -> dict[str, Any]:
    """Keep an image. The real shop fetches `src` at once; this one only refuses what nobody could fetch."""
    if not row.get("id") and not str(row.get("src", "")).startswith(("http://", "https://")):
        text = f"Invalid URL {row.get('src')}."
        raise bad(code="woocommerce_product_image_upload_error", message=text)
    now = shop.now()
    return {
        "id": int(row.get("id") or shop.new_id()),
        **stamps.both("date_created", now, shop.settings.zone),
        **stamps.both("date_modified", now, shop.settings.zone),
        "src": str(row.get("src", "")),
        "name": str(row.get("name", "")),
        "alt": str(row.get("alt", "")),
    }

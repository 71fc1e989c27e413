"""`/products`, `/products/{id}/variations` and `/variations`: lists, single records, writing.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#products, #product-variations (REST v3)
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from isthmus.simulators.woocommerce import listing, product_params
from isthmus.simulators.woocommerce.call import Call, Reply, Route, View
from isthmus.simulators.woocommerce.catalog import Product
from isthmus.simulators.woocommerce.errors import Refused, unknown
from isthmus.simulators.woocommerce.money import decimal
from isthmus.simulators.woocommerce.product_views import product_view, variation_view
from isthmus.simulators.woocommerce.product_writes import apply, check, forget
from isthmus.simulators.woocommerce.resources import Resource, already_trashed
from isthmus.simulators.woocommerce.shop import Shop

_V3 = "/wc/v3"
Fields = Mapping[str, Any]
#: filters few ask for
_RARE = frozenset(
    {
        "search_sku", "global_unique_id", "slug", "featured", "category", "stock_status", "on_sale", "min_price",
        "max_price", "parent", "parent_exclude", "include_types", "exclude_types", "search",
    }
)  # fmt: skip


def _list(call: Call) -> Reply:
    """List products; a search by SKU finds variations as well, which no other list of products shows."""
    by_sku = any(name in call.params for name in ("sku", "search_sku", "global_unique_id"))
    everything = call.shop.products.values()
    rows = everything if by_sku else [one for one in everything if one.parent is None]
    return listing.page(call, _sorted(call, _filtered(call, rows)), lambda one: product_view(call.shop, one))


def _variations(call: Call) -> Reply:
    # Of a product that is not there none are listed, and no error is made of it (seen on 9.2.5).
    product = call.shop.products.get(int(call.ids[0]))
    rows = _filtered(call, product.variations if product else ())
    return listing.page(call, _sorted(call, rows), lambda one: variation_view(call.shop, one))


def _all_variations(call: Call) -> Reply:
    rows = _filtered(call, (one for one in call.shop.products.values() if one.is_variation))
    return listing.page(call, _sorted(call, rows), lambda one: variation_view(call.shop, one))


def _filtered(call: Call, rows: Iterable[Product]) -> list[Product]:
    params = call.params
    if "sku" in params:
        known = call.shop.skus
        wanted = {known.get(one.strip().casefold()) for one in params["sku"].split(",")}
        rows = [one for one in rows if one.id in wanted]
    rows = listing.selected(call, rows)
    if params["status"] == "any":
        rows = [one for one in rows if one.status != "trash"]
    else:
        rows = [one for one in rows if one.status == params["status"]]
    if "type" in params:
        rows = [one for one in rows if one.kind == params["type"]]
    return [one for one in rows if _also(call, one)] if params.keys() & _RARE else rows


def _sorted(call: Call, rows: list[Product]) -> list[Product]:
    backwards = call.params["order"] == "desc"
    match call.params["orderby"]:
        case "price":
            rows.sort(key=lambda one: (decimal(one.price(call.shop.now())), one.id), reverse=backwards)
        case "menu_order":
            rows.sort(key=lambda one: (one.menu_order, one.id), reverse=backwards)
        case "popularity" | "rating":
            rows.sort(key=lambda one: (one.total_sales, one.id), reverse=backwards)
        case _:
            listing.in_order(call, rows, lambda one: one.name)
    return rows


def _also(call: Call, product: Product) -> bool:
    params, now = call.params, call.shop.now()
    text = f"{product.name}\n{product.passive.get('description', '')}".lower()
    price = decimal(product.price(now))
    return (
        params.get("search_sku", "").casefold() in product.sku.casefold()
        and ("global_unique_id" not in params or product.gtin in _parts(params["global_unique_id"]))
        and params.get("slug", product.slug) == product.slug
        and ("featured" not in params or bool(product.passive.get("featured")) is params["featured"])
        and ("category" not in params or bool(_parts(params["category"]) & {str(one) for one in product.categories}))
        and params.get("stock_status", product.stock_status) == product.stock_status
        and params.get("on_sale", product.on_sale(now)) is product.on_sale(now)
        and ("min_price" not in params or price >= decimal(params["min_price"]))
        and ("max_price" not in params or price <= decimal(params["max_price"]))
        and _among(params, product)
        and params.get("search", "").lower() in text
    )


def _among(params: Fields, product: Product) -> bool:
    parent = product.parent.id if product.parent else 0
    return (
        ("parent" not in params or parent in params["parent"])
        and parent not in params.get("parent_exclude", ())
        and ("include_types" not in params or product.kind in params["include_types"])
        and product.kind not in params.get("exclude_types", ())
    )


def _parts(text: str) -> set[str]:
    return {one.strip() for one in text.split(",")}


def find(shop: Shop, number: int, *, writing: bool = False) -> Product:
    """Return a product or a variation. Raises `Refused`."""
    product = shop.products.get(number)
    if product is None:
        raise unknown(kind="product", writing=writing)
    return product


def _variation(call: Call, number: int, *, writing: bool = False) -> Product:
    variation = call.shop.products.get(number)
    if variation is None or variation.parent is None or variation.parent.id != int(call.ids[0]):
        raise unknown(kind="product_variation", writing=writing)
    return variation


def _get(call: Call) -> Reply:
    return Reply(product_view(call.shop, find(call.shop, call.id)))


def _get_variation(call: Call) -> Reply:
    return Reply(variation_view(call.shop, _variation(call, call.id)))


def _create(call: Call, fields: Fields) -> View:
    shop = call.shop
    check(shop, fields)
    product = _new(shop, fields.get("type", "simple"), fields.get("name", "Product"))
    apply(shop, product, fields)
    _put(shop, product)
    return product_view(shop, product)


def _create_variation(call: Call, fields: Fields) -> View:
    shop = call.shop
    parent = shop.products.get(int(call.ids[0]))
    if parent is None or parent.is_variation:
        raise unknown(kind="product", writing=True)
    check(shop, fields)
    variation = _new(shop, "variation", parent.name)
    variation.parent = parent
    apply(shop, variation, fields)
    variation.name = " - ".join([parent.name, ", ".join(str(one["option"]) for one in variation.attributes)])
    parent.variations.append(variation)
    _put(shop, variation)
    return variation_view(shop, variation)


def _new(shop: Shop, kind: str, name: str) -> Product:
    now = shop.now()
    slug = "-".join(name.lower().split())
    return Product(id=shop.new_id(), kind=kind, name=name, slug=slug, created_at=now, modified_at=now)


def _put(shop: Shop, product: Product) -> None:
    shop.products[product.id] = product
    shop.changed("product")
    shop.tell("product.created", product.id)


def _update(call: Call, number: int, fields: Fields) -> View:
    shop = call.shop
    product = find(shop, number, writing=True)
    if product.is_variation:
        message = (
            "To manipulate product variations you should use the "
            "/products/&lt;product_id&gt;/variations/&lt;id&gt; endpoint."
        )
        raise Refused(HTTPStatus.NOT_FOUND, "woocommerce_rest_invalid_product_id", message)
    check(shop, fields, number)
    apply(shop, product, fields)
    shop.touch(product, "product.updated")
    return product_view(shop, product)


def _update_variation(call: Call, number: int, fields: Fields) -> View:
    shop = call.shop
    variation = _variation(call, number, writing=True)
    check(shop, fields, number)
    apply(shop, variation, fields)
    shop.touch(variation, "product.updated")
    return variation_view(shop, variation)


def _delete(call: Call, number: int, force: bool) -> View:  # noqa: FBT001 - as the API has it
    product = find(call.shop, number)
    _remove(call.shop, product, force=force)
    return product_view(call.shop, product)


def _delete_variation(call: Call, number: int, force: bool) -> View:  # noqa: FBT001 - as the API has it
    variation = _variation(call, number)
    view = variation_view(call.shop, variation)
    _remove(call.shop, variation, force=force)
    return view


def _remove(shop: Shop, product: Product, *, force: bool) -> None:
    if not force:
        if product.status == "trash":
            raise already_trashed(kind="product")
        product.trashed_from, product.status = product.status, "trash"
        shop.touch(product, "product.deleted")
        return
    gone = [one.id for one in (*product.variations, product)]
    forget(shop, product)
    for number in gone:
        shop.tell("product.deleted", number)


_ONE = f"{_V3}/products/#/variations"
PRODUCTS = Resource(
    f"{_V3}/products", "products", product_params.PRODUCT, product_params.PRODUCT, _create, _update, _delete
)
VARIATIONS = Resource(
    _ONE,
    "variations",
    product_params.VARIATION,
    product_params.VARIATION,
    _create_variation,
    _update_variation,
    _delete_variation,
)
ROUTES = [
    Route("GET", f"{_V3}/products", "products.list", _list, product_params.PRODUCTS, "list"),
    Route("GET", f"{_V3}/products/#", "products.get", _get),
    *PRODUCTS.routes(),
    Route("GET", _ONE, "variations.list", _variations, product_params.PRODUCTS, "list"),
    Route("GET", f"{_ONE}/#", "variations.get", _get_variation),
    *VARIATIONS.routes(),
    Route("GET", f"{_V3}/variations", "variations.list", _all_variations, product_params.PRODUCTS, "list"),
]

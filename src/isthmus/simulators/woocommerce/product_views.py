"""Products, variations, categories, attributes and customers as the API shows them.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#product-properties, #product-variation-properties,
#customer-properties (REST v3) and their samples.
"""

from typing import Any

from isthmus.simulators.woocommerce import stamps
from isthmus.simulators.woocommerce.catalog import PARENT, Product, Term
from isthmus.simulators.woocommerce.order_views import links
from isthmus.simulators.woocommerce.people import Customer, Rate, Webhook
from isthmus.simulators.woocommerce.shop import Shop

View = dict[str, Any]
#: fields that are kept as sent and shown again, with what they are before anybody sends them
PASSIVE: View = {
    "featured": False, "catalog_visibility": "visible", "description": "", "short_description": "",
    "downloadable": False, "download_limit": -1, "download_expiry": -1, "external_url": "", "button_text": "",
    "sold_individually": False, "shipping_class": "", "reviews_allowed": True, "purchase_note": "",
    "low_stock_amount": None,
}  # fmt: skip
_OF_VARIATIONS = (
    "description",
    "downloadable",
    "download_limit",
    "download_expiry",
    "shipping_class",
    "low_stock_amount",
)


def product_view(shop: Shop, product: Product) -> View:
    """Return a product as `/products/{id}` shows it; a variation comes with type and parent there."""
    passive = {**PASSIVE, **product.passive}
    view: View = {
        "id": product.id,
        "name": product.name,
        "slug": product.slug,
        "permalink": f"{shop.home}/product/{product.slug}/",
        **stamps.both("date_created", product.created_at, shop.settings.zone),
        **stamps.both("date_modified", product.modified_at, shop.settings.zone),
        "type": product.kind,
        "status": product.status,
        **{name: passive[name] for name in ("featured", "catalog_visibility", "description", "short_description")},
        **_shared(shop, product),
        "downloads": [],
        **{name: passive[name] for name in PASSIVE if name.startswith("download")},
        **{name: passive[name] for name in ("external_url", "button_text", "sold_individually", "shipping_class")},
        "total_sales": product.total_sales,
        "shipping_required": not product.virtual,
        "shipping_taxable": product.tax_status != "none",
        "shipping_class_id": 0,
        "reviews_allowed": passive["reviews_allowed"],
        "average_rating": "0.00",
        "rating_count": 0,
        "upsell_ids": [],
        "cross_sell_ids": [],
        "parent_id": product.parent.id if product.parent else 0,
        "purchase_note": passive["purchase_note"],
        "low_stock_amount": passive["low_stock_amount"],
        "categories": [_short(shop.categories[one]) for one in product.categories if one in shop.categories],
        "tags": [],
        "images": product.images,
        "attributes": product.attributes,
        "default_attributes": [],
        "variations": [one.id for one in product.variations],
        "grouped_products": [],
        "menu_order": product.menu_order,
        "price_html": "",
        "related_ids": [],
    }
    return {**view, "_links": links(shop, f"products/{product.id}", "products")}


def variation_view(shop: Shop, variation: Product) -> View:
    """Return a variation as `/products/{id}/variations/{id}` shows it."""
    parent = variation.parent.id if variation.parent else 0
    passive = {**PASSIVE, **variation.passive}
    path = f"products/{parent}/variations"
    return {
        "id": variation.id,
        "type": "variation",
        **stamps.both("date_created", variation.created_at, shop.settings.zone),
        **stamps.both("date_modified", variation.modified_at, shop.settings.zone),
        "permalink": f"{shop.home}/product/{variation.parent.slug if variation.parent else ''}/",
        "status": variation.status,
        **{name: passive[name] for name in _OF_VARIATIONS},
        **_shared(shop, variation),
        "downloads": [],
        "shipping_class_id": 0,
        "image": variation.images[0] if variation.images else None,
        "attributes": variation.attributes,
        "menu_order": variation.menu_order,
        "name": ", ".join(str(one["option"]) for one in variation.attributes),
        "parent_id": parent,
        "_links": links(shop, f"{path}/{variation.id}", path, {"up": f"products/{parent}"}),
    }


def _shared(shop: Shop, product: Product) -> View:
    now, zone = shop.now(), shop.settings.zone
    holder = product.stock_holder
    managed: bool | str = PARENT if holder is not None and holder is not product else product.manage_stock
    status = holder.stock_status if holder is not None else product.stock_status
    return {
        "sku": product.sku,
        "global_unique_id": product.gtin,
        "price": product.price(now),
        "regular_price": product.regular_price,
        "sale_price": product.sale_price,
        **stamps.both("date_on_sale_from", product.sale_from, zone),
        **stamps.both("date_on_sale_to", product.sale_to, zone),
        "on_sale": product.on_sale(now),
        "purchasable": product.status == "publish" and product.price(now) != "",
        "virtual": product.virtual,
        "tax_status": product.tax_status,
        "tax_class": product.tax_class,
        "manage_stock": managed,
        "stock_quantity": holder.stock_quantity if holder is not None else None,
        "stock_status": status,
        "backorders": product.backorders,
        "backorders_allowed": product.backorders_allowed,
        "backordered": status == "onbackorder",
        "weight": product.weight,
        "dimensions": dict(product.dimensions),
        "meta_data": [dict(one) for one in product.meta],
    }


def _short(term: Term) -> View:
    return {"id": term.id, "name": term.name, "slug": term.slug}


def customer_view(shop: Shop, customer: Customer) -> View:
    """Return one customer."""
    return {
        "id": customer.id,
        **stamps.both("date_created", customer.created_at, shop.settings.zone),
        **stamps.both("date_modified", customer.modified_at, shop.settings.zone),
        "email": customer.email,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "role": customer.role,
        "username": customer.username,
        "billing": dict(customer.billing),
        "shipping": dict(customer.shipping),
        "is_paying_customer": customer.paying,
        "avatar_url": "",
        "meta_data": [dict(one) for one in customer.meta],
        "_links": links(shop, f"customers/{customer.id}", "customers"),
    }


def webhook_view(shop: Shop, webhook: Webhook) -> View:
    """Return one webhook; its secret is never shown."""
    return {
        "id": webhook.id,
        "name": webhook.name,
        "status": webhook.status,
        "topic": webhook.topic,
        "resource": webhook.resource,
        "event": webhook.event,
        "hooks": [],
        "delivery_url": webhook.delivery_url,
        **stamps.both("date_created", webhook.created_at, shop.settings.zone),
        **stamps.both("date_modified", webhook.modified_at, shop.settings.zone),
        "_links": links(shop, f"webhooks/{webhook.id}", "webhooks"),
    }


def rate_view(shop: Shop, rate: Rate) -> View:
    """Return one tax rate."""
    return {
        "id": rate.id,
        "country": rate.country,
        "state": rate.state,
        "postcode": "",
        "city": "",
        "postcodes": [],
        "cities": [],
        "rate": f"{rate.percent:.4f}",
        "name": rate.name,
        "priority": rate.priority,
        "compound": rate.compound,
        "shipping": rate.shipping,
        "order": rate.id - 1,
        "class": rate.tax_class,
        "_links": links(shop, f"taxes/{rate.id}", "taxes"),
    }

"""What the routes of products, variations, categories and attributes take.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#create-a-product, #list-all-products,
#create-a-product-variation (REST v3)
"""

from isthmus.simulators.woocommerce.listing import PAGES, POSTS
from isthmus.simulators.woocommerce.order_params import META
from isthmus.simulators.woocommerce.params import (
    BOOLEAN,
    DATE,
    INTEGER,
    INTEGERS,
    MIXED,
    OBJECT,
    TEXT,
    TEXTS,
    Param,
    Specs,
)

TYPES = ("simple", "grouped", "external", "variable")
_STATUSES = ("draft", "pending", "private", "publish", "future")
STOCK_STATUSES = ("instock", "outofstock", "onbackorder")
_ROWS = Param("array", items=OBJECT)
_BOTH: Specs = {
    "sku": TEXT,
    "global_unique_id": TEXT,
    "regular_price": TEXT,
    "sale_price": TEXT,
    "date_on_sale_from": DATE,
    "date_on_sale_from_gmt": DATE,
    "date_on_sale_to": DATE,
    "date_on_sale_to_gmt": DATE,
    "virtual": BOOLEAN,
    "downloadable": BOOLEAN,
    "download_limit": INTEGER,
    "download_expiry": INTEGER,
    "tax_class": TEXT,
    "stock_quantity": INTEGER,
    "stock_status": Param(enum=STOCK_STATUSES),
    "backorders": Param(enum=("no", "notify", "yes")),
    "low_stock_amount": INTEGER,
    "weight": TEXT,
    "dimensions": Param("object", fields={"length": TEXT, "width": TEXT, "height": TEXT}),
    "shipping_class": TEXT,
    "description": TEXT,
    "menu_order": INTEGER,
    "attributes": Param("array", items=Param("object", fields={"id": INTEGER, "name": TEXT, "option": TEXT})),
    "meta_data": META,
}
PRODUCT: Specs = {
    **_BOTH,
    "id": INTEGER,
    "name": TEXT,
    "slug": TEXT,
    "type": Param(enum=TYPES),
    "status": Param(enum=_STATUSES),
    "featured": BOOLEAN,
    "catalog_visibility": Param(enum=("visible", "catalog", "search", "hidden")),
    "short_description": TEXT,
    "tax_status": Param(enum=("taxable", "shipping", "none")),
    "manage_stock": BOOLEAN,
    "sold_individually": BOOLEAN,
    "reviews_allowed": BOOLEAN,
    "purchase_note": TEXT,
    "external_url": TEXT,
    "button_text": TEXT,
    "parent_id": INTEGER,
    "categories": Param("array", items=Param("object", fields={"id": INTEGER})),
    "tags": _ROWS,
    "images": Param("array", items=Param("object", fields={"id": INTEGER, "src": TEXT, "name": TEXT, "alt": TEXT})),
    "default_attributes": _ROWS,
    "upsell_ids": INTEGERS,
    "cross_sell_ids": INTEGERS,
    "grouped_products": INTEGERS,
}
VARIATION: Specs = {
    **_BOTH,
    "id": INTEGER,
    "status": Param(enum=_STATUSES),
    "tax_status": Param(enum=("taxable", "shipping", "none")),
    # true, false or "parent"
    "manage_stock": MIXED,
    "image": OBJECT,
}
PRODUCTS: Specs = {
    **POSTS,
    "orderby": Param(
        enum=("date", "id", "include", "title", "slug", "modified", "price", "popularity", "rating", "menu_order"),
        default="date",
    ),
    "slug": TEXT,
    "status": Param(enum=("any", "trash", *_STATUSES), default="any"),
    "type": Param(enum=(*TYPES, "variation")),
    "include_types": TEXTS,
    "exclude_types": TEXTS,
    "sku": TEXT,
    "search_sku": TEXT,
    "global_unique_id": TEXT,
    "featured": BOOLEAN,
    "category": TEXT,
    "tag": TEXT,
    "on_sale": BOOLEAN,
    "min_price": TEXT,
    "max_price": TEXT,
    "stock_status": Param(enum=STOCK_STATUSES),
}
TERM: Specs = {"id": INTEGER, "name": TEXT, "slug": TEXT, "parent": INTEGER, "description": TEXT, "display": TEXT}
NEW_TERM: Specs = {**TERM, "name": Param(required=True)}
TERMS: Specs = {
    **PAGES,
    "order": Param(enum=("asc", "desc"), default="asc"),
    "orderby": Param(enum=("id", "include", "name", "slug", "term_group", "description", "count"), default="name"),
    "hide_empty": BOOLEAN,
    "parent": INTEGER,
    "slug": TEXT,
}

"""What the routes of orders, refunds and notes take.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#create-an-order, #list-all-orders, #create-a-refund
"""

from isthmus.simulators.woocommerce.listing import DATES, PAGES, POSTS
from isthmus.simulators.woocommerce.orders import BILLING, SHIPPING, STATUSES
from isthmus.simulators.woocommerce.params import BOOLEAN, INTEGER, MIXED, NUMBER, OBJECT, TEXT, Param, Specs

META = Param("array", items=Param("object", fields={"id": INTEGER, "key": TEXT}))
BILLING_FIELD = Param("object", fields={**dict.fromkeys(BILLING, TEXT), "email": Param("email")})
SHIPPING_FIELD = Param("object", fields=dict.fromkeys(SHIPPING, TEXT))


def _rows(**fields: Param) -> Param:
    return Param("array", items=Param("object", fields={"id": INTEGER, "meta_data": META, **fields}))


LINES: Specs = {
    "line_items": _rows(
        name=TEXT, product_id=INTEGER, variation_id=INTEGER, quantity=INTEGER, tax_class=TEXT, subtotal=TEXT,
        total=TEXT, sku=TEXT,
    ),
    "shipping_lines": _rows(method_title=TEXT, method_id=TEXT, total=TEXT),
    "fee_lines": _rows(name=TEXT, tax_class=TEXT, tax_status=Param(enum=("taxable", "none")), total=TEXT),
    "coupon_lines": _rows(code=TEXT),
}  # fmt: skip
CREATE: Specs = {
    "parent_id": INTEGER,
    "status": Param(enum=("auto-draft", *STATUSES)),
    "currency": TEXT,
    "customer_id": INTEGER,
    "customer_note": TEXT,
    "billing": BILLING_FIELD,
    "shipping": SHIPPING_FIELD,
    "payment_method": TEXT,
    "payment_method_title": TEXT,
    "transaction_id": TEXT,
    "meta_data": META,
    "set_paid": BOOLEAN,
    "created_via": TEXT,
    "manual_update": BOOLEAN,
    **LINES,
}
UPDATE: Specs = {"id": INTEGER, **CREATE}
_STATUS = Param(enum=("any", "trash", *STATUSES))
DP: Specs = {"dp": INTEGER}
FORCE: Specs = {"force": BOOLEAN}
LIST: Specs = {
    **POSTS,
    **DP,
    "status": Param("array", items=_STATUS, default=("any",)),
    "customer": INTEGER,
    "product": INTEGER,
    "created_via": Param("array", items=TEXT),
    "order_item_display_meta": BOOLEAN,
    "include_meta": Param("array", items=TEXT),
    "exclude_meta": Param("array", items=TEXT),
}
ONE: Specs = {**DP, "order_item_display_meta": BOOLEAN}
REFUND: Specs = {
    **DP,
    "amount": TEXT,
    "reason": TEXT,
    "refunded_by": INTEGER,
    "meta_data": META,
    "api_refund": MIXED,
    "api_restock": MIXED,
    "line_items": Param(
        "array",
        items=Param(
            "object",
            fields={
                "id": INTEGER,
                "quantity": INTEGER,
                "refund_total": NUMBER,
                "refund_tax": Param("array", items=Param("object", fields={"id": INTEGER, "refund_total": NUMBER})),
            },
        ),
    ),
}
REFUNDS: Specs = {**POSTS, **DP}
NOTE: Specs = {"note": Param(required=True), "customer_note": BOOLEAN, "added_by_user": BOOLEAN}
NOTES: Specs = {"type": Param(enum=("any", "customer", "internal"), default="any")}
ID = INTEGER
CUSTOMER: Specs = {
    "email": Param("email"),
    "first_name": TEXT,
    "last_name": TEXT,
    "username": TEXT,
    "password": TEXT,
    "billing": BILLING_FIELD,
    "shipping": SHIPPING_FIELD,
    "meta_data": META,
}
NEW_CUSTOMER: Specs = {**CUSTOMER, "email": Param("email", required=True)}
ROLES = ("all", "administrator", "editor", "author", "contributor", "subscriber", "customer", "shop_manager")
CUSTOMERS: Specs = {
    **PAGES,
    "order": Param(enum=("asc", "desc"), default="asc"),
    "orderby": Param(enum=("id", "include", "name", "registered_date"), default="name"),
    "email": Param("email"),
    "role": Param(enum=ROLES, default="customer"),
}
WEBHOOKS: Specs = {
    **PAGES,
    **{name: DATES[name] for name in ("after", "before")},
    "orderby": Param(enum=("date", "id", "title"), default="date"),
    "status": Param(enum=("all", "active", "paused", "disabled"), default="all"),
}
WEBHOOK: Specs = {
    "id": INTEGER,
    "name": TEXT,
    "status": TEXT,
    "topic": TEXT,
    "delivery_url": TEXT,
    "secret": TEXT,
}
NEW_WEBHOOK: Specs = {**WEBHOOK, "topic": Param(required=True), "delivery_url": Param(required=True)}
TAXES: Specs = {
    **PAGES,
    "order": Param(enum=("asc", "desc"), default="asc"),
    "orderby": Param(enum=("id", "order", "priority"), default="order"),
    "class": TEXT,
}
TRACKING: Specs = {
    "tracking_provider": TEXT, "custom_tracking_provider": TEXT, "custom_tracking_link": TEXT, "date_shipped": TEXT,
    "tracking_number": Param(required=True),
}  # fmt: skip
FULFILLMENT: Specs = {
    "status": TEXT,
    "is_fulfilled": BOOLEAN,
    "notify_customer": BOOLEAN,
    "meta_data": Param("array", items=OBJECT),
}
NEW_FULFILLMENT: Specs = {**FULFILLMENT, "meta_data": Param("array", items=OBJECT, required=True)}

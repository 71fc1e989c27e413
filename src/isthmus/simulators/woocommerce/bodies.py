"""What a webhook says of a record: what the API would say at that moment, errors included."""

from typing import Any

from isthmus.simulators.woocommerce.errors import unknown
from isthmus.simulators.woocommerce.order_views import order_view
from isthmus.simulators.woocommerce.product_views import customer_view, product_view
from isthmus.simulators.woocommerce.shop import Shop


def body_of(shop: Shop, resource: str, number: int) -> dict[str, Any]:
    """Return one record as JSON; a variation as `/products/{id}` shows it."""
    match resource:
        case "order" if number in shop.orders:
            return order_view(shop, shop.orders[number])
        case "product" if number in shop.products:
            return product_view(shop, shop.products[number])
        case "customer" if number in shop.customers:
            return customer_view(shop, shop.customers[number])
        case _:
            return unknown(kind="shop_order" if resource == "order" else resource).body()

"""A cup, an order of it, and what is left of it."""

from typing import Any

from tests.simulators.woocommerce.conftest import Caller


async def mug(shop: Caller, **more: Any) -> dict[str, Any]:
    wish = {"name": "Cup", "sku": "CUP", "regular_price": "12.00", "manage_stock": True, "stock_quantity": 10}
    return await shop.post("/products", **{**wish, **more})


async def order_of(shop: Caller, quantity: int = 2, **more: Any) -> dict[str, Any]:
    """Order a cup that costs 12.00, tax of 20% included."""
    product = (await shop.get("/products", sku="CUP") or [await mug(shop)])[0]
    lines = [{"product_id": product["id"], "quantity": quantity}]
    return await shop.post(
        "/orders", **{"status": "processing", "payment_method": "stripe", "line_items": lines, **more}
    )


async def stock_of(shop: Caller, sku: str = "CUP") -> int:
    return (await shop.get("/products", sku=sku))[0]["stock_quantity"]


def sums(order: dict[str, Any]) -> tuple[str, ...]:
    return tuple(order[name] for name in ("discount_total", "shipping_total", "cart_tax", "shipping_tax", "total"))

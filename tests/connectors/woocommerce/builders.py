"""Orders and products as the REST API gives them; each names only what the test is about."""

from typing import Any

DE = {
    "first_name": "Ada", "last_name": "Beispiel", "company": "", "address_1": "Weg 1", "address_2": "", "city": "Bonn",
    "state": "", "postcode": "53111", "country": "DE", "email": "ada@example.com", "phone": "+49 228 1234567",
}  # fmt: skip
MADE, CHANGED, PAID = "2026-11-20T09:00:00", "2026-11-20T09:05:00", "2026-11-20T09:01:00"


def line(**said: Any) -> dict[str, Any]:
    """Return one piece at 10.00 with 19 % on it."""
    usual = {
        "id": 11, "name": "Mug", "product_id": 93, "variation_id": 0, "quantity": 1, "sku": "MUG", "price": 10,
        "subtotal": "10.00", "subtotal_tax": "1.90", "total": "10.00", "total_tax": "1.90",
        "taxes": [{"id": 1, "total": "1.90", "subtotal": "1.90"}], "meta_data": [],
    }  # fmt: skip
    return usual | said


def tax_line(**said: Any) -> dict[str, Any]:
    """Return the rate of 19 %."""
    return {"id": 21, "rate_id": 1, "rate_code": "DE-MWST-1", "label": "MwSt", "rate_percent": 19} | said


def order(**said: Any) -> dict[str, Any]:
    """Return a paid order of one mug, 11.90 with tax."""
    usual: dict[str, Any] = {
        "id": 727, "number": "727", "status": "processing", "currency": "EUR", "prices_include_tax": True,
        "date_created_gmt": MADE, "date_modified_gmt": CHANGED, "date_paid_gmt": PAID, "date_completed_gmt": None,
        "total": "11.90", "total_tax": "1.90", "cart_tax": "1.90", "shipping_total": "0.00", "shipping_tax": "0.00",
        "discount_total": "0.00", "discount_tax": "0.00", "customer_id": 25, "customer_note": "",
        "billing": DE, "shipping": {}, "payment_method": "bacs", "payment_method_title": "Bank transfer",
        "transaction_id": "", "line_items": [line()], "tax_lines": [tax_line()], "shipping_lines": [],
        "fee_lines": [], "coupon_lines": [], "refunds": [], "meta_data": [], "created_via": "checkout",
    }  # fmt: skip
    return usual | said


def refund(**said: Any) -> dict[str, Any]:
    """Return a refund of the mug."""
    usual = {
        "id": 900, "date_created_gmt": "2026-11-20T09:30:00", "amount": "11.90",
        "line_items": [line(id=31, quantity=-1, total="-10.00", total_tax="-1.90", meta_data=[about(11)])],
    }  # fmt: skip
    return usual | said


def about(item: int) -> dict[str, Any]:
    """Return the field that says which line of an order was refunded."""
    return {"id": 1, "key": "_refunded_item_id", "value": str(item)}


def product(**said: Any) -> dict[str, Any]:
    """Return a mug of which there are seven."""
    usual: dict[str, Any] = {
        "id": 93, "name": "Mug", "type": "simple", "status": "publish", "sku": "MUG", "price": "12.50",
        "global_unique_id": "", "virtual": False, "downloadable": False, "parent_id": 0, "manage_stock": True,
        "stock_quantity": 7, "stock_status": "instock", "backorders": "no", "attributes": [], "variations": [],
        "date_modified_gmt": CHANGED,
    }  # fmt: skip
    return usual | said


def variable(**said: Any) -> dict[str, Any]:
    """Return a shirt in two colours."""
    return product(id=22, name="Shirt", type="variable", sku="SHIRT", variations=[23, 24], manage_stock=False) | said


def variation(number: int = 23, **said: Any) -> dict[str, Any]:
    """Return one colour of the shirt."""
    usual = product(
        id=number, name="Red", type="variation", sku=f"SHIRT-{number}", parent_id=22,
        attributes=[{"id": 0, "name": "Colour", "option": "Red &amp; white"}],
    )  # fmt: skip
    return usual | said

"""Answers as a real Vendure 3.5.5 gives them, with the parts a test is about."""

from typing import Any

Content = dict[str, Any]
AT = "2026-11-20T09:58:00.000Z"
CHANNEL: Content = {
    "id": "1",
    "code": "__default_channel__",
    "defaultCurrencyCode": "EUR",
    "pricesIncludeTax": False,
}
GROSS: Content = {"id": "2", "code": "gross", "defaultCurrencyCode": "EUR", "pricesIncludeTax": True}
NOTHING_SAID: Content = dict.fromkeys(
    (
        "fullName",
        "company",
        "streetLine1",
        "streetLine2",
        "city",
        "province",
        "postalCode",
        "countryCode",
        "phoneNumber",
    )
)
STATES = ("Created", "Draft", "AddingItems", "ArrangingPayment", "PaymentSettled", "Shipped", "Delivered", "Cancelled")


def an_address(**said: Any) -> Content:
    return {
        **NOTHING_SAID,
        "fullName": "Ada Example",
        "streetLine1": "1 Long Road",
        "city": "Berlin",
        "postalCode": "10115",
        "countryCode": "DE",
        **said,
    }


def a_discount(net: float, gross: float, **said: Any) -> Content:
    return {
        "type": "DISTRIBUTED_ORDER_PROMOTION",
        "adjustmentSource": "PROMOTION:2",
        "description": "33 % off",
        "amount": net,
        "amountWithTax": gross,
        **said,
    }


def a_line(number: int = 1, **said: Any) -> Content:
    """Two lamps at 150.48 net, 179.07 gross."""
    return {
        "id": str(number),
        "quantity": 2,
        "orderPlacedQuantity": 2,
        "unitPrice": 15048,
        "unitPriceWithTax": 17907,
        "proratedLinePrice": 30096,
        "proratedLinePriceWithTax": 35814,
        "taxLines": [{"description": "standard 19", "taxRate": 19}],
        "discounts": [],
        "productVariant": {"id": "1", "sku": "LAMP-0001", "name": "Lamp 1"},
        **said,
    }


def a_shipping_line(**said: Any) -> Content:
    return {
        "id": "1",
        "price": 499,
        "priceWithTax": 594,
        "discountedPrice": 499,
        "discountedPriceWithTax": 594,
        "discounts": [],
        "shippingMethod": {"code": "standard", "name": "Standard"},
        **said,
    }


def a_surcharge(**said: Any) -> Content:
    return {
        "id": "1",
        "description": "Gift wrap",
        "sku": "",
        "price": 294,
        "priceWithTax": 350,
        "taxLines": [{"description": "", "taxRate": 19}],
        **said,
    }


def a_payment(**said: Any) -> Content:
    return {
        "id": "1",
        "updatedAt": AT,
        "method": "card",
        "amount": 36408,
        "state": "Settled",
        "transactionId": "t-1",
        "refunds": [],
        **said,
    }


def a_refund(total: int, **said: Any) -> Content:
    return {"id": "1", "updatedAt": AT, "state": "Settled", "total": total, "reason": "late", **said}


def a_fulfillment(lines: dict[str, int], **said: Any) -> Content:
    parts = [{"orderLineId": line, "quantity": count} for line, count in lines.items()]
    return {"id": "1", "updatedAt": AT, "state": "Shipped", "lines": parts, **said}


def an_order(number: int = 1, **said: Any) -> Content:
    """Two lamps and delivery, net 305.95, gross 364.08; the parts of `said` must make its sums."""
    return {
        "id": str(number),
        "code": f"CODE{number:012d}",
        "type": "Regular",
        "state": "PaymentSettled",
        "updatedAt": AT,
        "orderPlacedAt": AT,
        "currencyCode": "EUR",
        "couponCodes": [],
        "total": 30595,
        "totalWithTax": 36408,
        "subTotal": 30096,
        "subTotalWithTax": 35814,
        "shipping": 499,
        "shippingWithTax": 594,
        "channels": [CHANNEL],
        "customer": {
            "id": "7",
            "firstName": "Ada",
            "lastName": "Example",
            "emailAddress": "ada@example.com",
            "phoneNumber": None,
            "user": None,
        },
        "shippingAddress": an_address(),
        "billingAddress": NOTHING_SAID,
        "promotions": [],
        "lines": [a_line()],
        "surcharges": [],
        "shippingLines": [a_shipping_line()],
        "taxSummary": [
            {"description": "standard 19", "taxRate": 19, "taxBase": 30096, "taxTotal": 5718},
            {"description": "shipping tax", "taxRate": 19, "taxBase": 499, "taxTotal": 95},
        ],
        "payments": [a_payment()],
        "fulfillments": [],
        **said,
    }


def a_variant(number: int = 1, **said: Any) -> Content:
    return {
        "id": str(number),
        "sku": f"SKU-{number}",
        "name": f"Thing {number}",
        "enabled": True,
        "updatedAt": AT,
        "trackInventory": "INHERIT",
        "price": 1000,
        "priceWithTax": 1190,
        "currencyCode": "EUR",
        "product": {"id": "5", "enabled": True, "updatedAt": AT},
        "options": [],
        **said,
    }


def a_level(location: str = "1", on_hand: int = 10, allocated: int = 0) -> Content:
    return {"stockLocationId": location, "stockOnHand": on_hand, "stockAllocated": allocated}


def a_stocked(number: int = 1, *levels: Content, **said: Any) -> Content:
    return {
        "id": str(number),
        "sku": f"SKU-{number}",
        "trackInventory": "INHERIT",
        "stockLevels": list(levels) or [a_level()],
        **said,
    }


def a_shop(
    channel: Content = CHANNEL, fields: dict[str, list[Content]] | None = None, precision: int = 2, **said: Any
) -> Content:
    """What `Shop` is answered with; `fields` are those of the shop's own, by entity."""
    return {
        "activeChannel": channel,
        "globalSettings": {
            "trackInventory": True,
            "outOfStockThreshold": 0,
            "serverConfig": {
                "moneyStrategyPrecision": precision,
                "orderProcess": [{"name": name} for name in STATES],
                "entityCustomFields": [
                    {"entityName": entity, "customFields": some} for entity, some in (fields or {}).items()
                ],
            },
            **said,
        },
    }


def a_field(name: str, kind: str = "string", **said: Any) -> Content:
    return {"name": name, "type": kind, "list": False, "internal": None, "requiresPermission": [], **said}


def listed(*rows: Content, total: int | None = None) -> Content:
    return {"page": {"items": list(rows), "totalItems": len(rows) if total is None else total}}

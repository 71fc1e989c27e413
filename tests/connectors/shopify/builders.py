"""Orders as Shopify would send them; each test names only what it is about."""

import json
from typing import Any

import msgspec

from isthmus.connectors.shopify import wire_orders


def bag(amount: str, currency: str = "USD", presented: str | None = None, buyer: str | None = None) -> dict[str, Any]:
    return {
        "shopMoney": {"amount": amount, "currencyCode": currency},
        "presentmentMoney": {"amount": presented or amount, "currencyCode": buyer or currency},
    }


def nodes(*content: Any, more: str | None = None) -> dict[str, Any]:
    return {"nodes": list(content), "pageInfo": {"hasNextPage": more is not None, "endCursor": more}}


def a_line(number: int = 901, **said: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/LineItem/{number}",
        "sku": "MUG-R",
        "name": "Mug - Red",
        "quantity": 2,
        "currentQuantity": 2,
        "unfulfilledQuantity": 2,
        "requiresShipping": True,
        "isGiftCard": False,
        "customAttributes": [],
        "variant": {"id": "gid://shopify/ProductVariant/421"},
        "originalUnitPriceSet": bag("12.50"),
        "discountAllocations": [],
        "taxLines": [],
    } | said


def a_tax(amount: str, rate: float = 0.0825, title: str = "TX") -> dict[str, Any]:
    return {"title": title, "rate": rate, "source": None, "priceSet": bag(amount)}


def an_allocation(amount: str, **application: Any) -> dict[str, Any]:
    usual = {
        "__typename": "DiscountCodeApplication",
        "index": 0,
        "targetSelection": "ALL",
        "targetType": "LINE_ITEM",
        "allocationMethod": "ACROSS",
        "code": "WELCOME",
    }
    return {"allocatedAmountSet": bag(amount), "discountApplication": usual | application}


def a_charge(**said: Any) -> dict[str, Any]:
    return {
        "id": "gid://shopify/ShippingLine/77",
        "title": "Flat",
        "code": "flat",
        "source": "shopify",
        "carrierIdentifier": None,
        "originalPriceSet": bag("5.00"),
        "discountedPriceSet": bag("5.00"),
        "currentDiscountedPriceSet": bag("5.00"),
        "discountAllocations": [],
        "taxLines": [],
    } | said


def a_transaction(number: int, kind: str = "SALE", amount: str = "30.00", **said: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/OrderTransaction/{number}",
        "kind": kind,
        "status": "SUCCESS",
        "gateway": "shopify_payments",
        "formattedGateway": "Shopify Payments",
        "authorizationCode": None,
        "paymentId": None,
        "processedAt": "2026-11-20T09:58:11Z",
        "test": False,
        "parentTransaction": None,
        "paymentDetails": None,
        "amountSet": bag(amount),
    } | said


def an_address(**said: Any) -> dict[str, Any]:
    return {
        "firstName": "Jo",
        "lastName": "Doe",
        "name": "Jo Doe",
        "company": None,
        "address1": "1 Main Street",
        "address2": None,
        "city": "Austin",
        "province": "Texas",
        "provinceCode": "TX",
        "zip": "78701",
        "countryCodeV2": "US",
        "phone": "+15125550100",
    } | said


def an_order(number: int = 5501, **said: Any) -> dict[str, Any]:
    zero = bag("0.00")
    return {
        "id": f"gid://shopify/Order/{number}",
        "name": "#1001",
        "createdAt": "2026-11-20T09:58:11Z",
        "updatedAt": "2026-11-20T10:02:40Z",
        "processedAt": "2026-11-20T09:58:11Z",
        "cancelledAt": None,
        "cancelReason": None,
        "closedAt": None,
        "test": False,
        "confirmed": True,
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "returnStatus": "NO_RETURN",
        "currencyCode": "USD",
        "presentmentCurrencyCode": "USD",
        "taxesIncluded": False,
        "taxExempt": False,
        "dutiesIncluded": False,
        "email": "jo@example.com",
        "phone": None,
        "note": None,
        "tags": [],
        "poNumber": None,
        "sourceName": "web",
        "sourceIdentifier": None,
        "customerLocale": "en-US",
        "customerAcceptsMarketing": False,
        "customAttributes": [],
        "customer": {
            "id": "gid://shopify/Customer/11",
            "firstName": "Jo",
            "lastName": "Doe",
            "locale": "en-US",
            "note": None,
            "tags": [],
            "taxExempt": False,
            "taxExemptions": [],
            "defaultEmailAddress": {"emailAddress": "jo@example.com"},
            "defaultPhoneNumber": None,
        },
        "purchasingEntity": {},
        "billingAddress": an_address(),
        "shippingAddress": an_address(),
        "totalPriceSet": bag("30.00"),
        "currentTotalPriceSet": bag("30.00"),
        "currentSubtotalPriceSet": bag("25.00"),
        "currentTotalDiscountsSet": zero,
        "currentShippingPriceSet": bag("5.00"),
        "currentTotalTaxSet": zero,
        "currentTotalDutiesSet": None,
        "currentTotalAdditionalFeesSet": None,
        "totalTipReceivedSet": zero,
        "totalReceivedSet": bag("30.00"),
        "totalRefundedSet": zero,
        "transactions": [a_transaction(1)],
        "fulfillmentOrders": nodes(a_place(71)),
        "metafields": nodes(),
        "shippingLines": nodes(a_charge()),
        "lineItems": nodes(a_line()),
    } | said


def a_place(number: int, location: int | None = 5, status: str = "OPEN") -> dict[str, Any]:
    return {
        "id": f"gid://shopify/FulfillmentOrder/{number}",
        "status": status,
        "assignedLocation": {"location": {"id": f"gid://shopify/Location/{location}"} if location else None},
    }


def wired(order: dict[str, Any]) -> wire_orders.Order:
    """Return the order as the connector decodes it."""
    return msgspec.json.decode(json.dumps(order), type=wire_orders.Order)

"""Every GraphQL operation this connector sends, in one place.

A test validates each of them against Shopify's own schema. Page sizes are variables so that a
request over the cost limit (1000 points) can be made smaller and sent again.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """One document with one operation. `estimate` is its cost before the first answer has told."""

    name: str
    text: str
    estimate: float = 10.0


_BAG = "shopMoney{amount currencyCode}"
_BOTH = "shopMoney{amount currencyCode} presentmentMoney{amount currencyCode}"
_TAX = f"title rate source priceSet{{{_BAG}}}"
_ADDRESS = "firstName lastName name company address1 address2 city province provinceCode zip countryCodeV2 phone"
_APPLICATION = (
    "__typename index targetSelection targetType allocationMethod"
    " ...on DiscountCodeApplication{code}"
    " ...on ManualDiscountApplication{title}"
    " ...on AutomaticDiscountApplication{title}"
    " ...on ScriptDiscountApplication{title}"
)
_ALLOCATION = f"allocatedAmountSet{{{_BAG}}} discountApplication{{{_APPLICATION}}}"
_PAGE = "pageInfo{hasNextPage endCursor}"
_LINE = (
    "id sku name quantity currentQuantity unfulfilledQuantity requiresShipping isGiftCard"
    " customAttributes{key value} variant{id}"
    f" originalUnitPriceSet{{{_BAG}}} discountAllocations{{{_ALLOCATION}}} taxLines{{{_TAX}}}"
)
_LINE_LISTED = (
    "id sku name quantity currentQuantity unfulfilledQuantity requiresShipping isGiftCard variant{id}"
    f" originalUnitPriceSet{{{_BAG}}}"
)
_SHIPPING = (
    "id title code source carrierIdentifier"
    f" originalPriceSet{{{_BAG}}} discountedPriceSet{{{_BAG}}} currentDiscountedPriceSet{{{_BAG}}}"
    f" discountAllocations{{{_ALLOCATION}}} taxLines{{{_TAX}}}"
)
_PLACE = "id status assignedLocation{location{id}}"
_METAFIELD = "namespace key type value"
_TRANSACTION = (
    "id kind status gateway formattedGateway authorizationCode paymentId processedAt test"
    " parentTransaction{id} paymentDetails{...on CardPaymentDetails{company paymentMethodName}}"
    f" amountSet{{{_BAG}}}"
)
_CUSTOMER = (
    "id firstName lastName locale note tags taxExempt taxExemptions"
    " defaultEmailAddress{emailAddress} defaultPhoneNumber{phoneNumber}"
)
_COMPANY = (
    "company{id name externalId} contact{title}"
    " location{id name externalId taxSettings{taxRegistrationId taxExempt}"
    " buyerExperienceConfiguration{paymentTermsTemplate{name}}}"
)
_SUMS = " ".join(
    f"{name}{{{_BAG}}}"
    for name in (
        "currentSubtotalPriceSet",
        "currentTotalDiscountsSet",
        "currentShippingPriceSet",
        "currentTotalTaxSet",
        "currentTotalDutiesSet",
        "currentTotalAdditionalFeesSet",
        "totalTipReceivedSet",
        "totalReceivedSet",
        "totalRefundedSet",
    )
)


def _order(customer: str) -> str:
    return f"""
  id name createdAt updatedAt processedAt cancelledAt cancelReason closedAt test confirmed
  displayFinancialStatus displayFulfillmentStatus returnStatus currencyCode presentmentCurrencyCode
  taxesIncluded taxExempt dutiesIncluded email phone note tags poNumber sourceName sourceIdentifier
  customerLocale customerAcceptsMarketing customAttributes{{key value}}
  customer{{{customer}}}
  purchasingEntity{{...on PurchasingCompany{{{_COMPANY}}}}}
  billingAddress{{{_ADDRESS}}} shippingAddress{{{_ADDRESS}}}
  {_SUMS} totalPriceSet{{{_BOTH}}} currentTotalPriceSet{{{_BOTH}}}
  transactions{{{_TRANSACTION}}}
  fulfillmentOrders(first:5){{{_PAGE} nodes{{{_PLACE}}}}}
  metafields(first:10){{{_PAGE} nodes{{{_METAFIELD}}}}}
  shippingLines(first:5){{{_PAGE} nodes{{{_SHIPPING}}}}}
  lineItems(first:$lines){{{_PAGE} nodes{{{_LINE}}}}}
"""


_SHOP = "shop{myshopifyDomain currencyCode}"


@dataclass(frozen=True, slots=True)
class OrderQuestions:
    """How orders are read whole: as a list, and by id."""

    listed: Operation
    by_id: Operation


def order_questions(customer_fields: Sequence[str] = ()) -> OrderQuestions:
    """Return how orders are read with these metafields (`namespace.key`) of their customers."""
    keys = f" metafields(first:{len(customer_fields)},keys:{json.dumps(customer_fields)}){{nodes{{{_METAFIELD}}}}}"
    order = _order(f"{_CUSTOMER}{keys if customer_fields else ''}")
    return OrderQuestions(
        Operation(
            "Orders",
            f"query Orders($q:String!,$after:String,$first:Int!,$lines:Int!){{{_SHOP}"
            f" orders(first:$first,after:$after,sortKey:UPDATED_AT,query:$q){{{_PAGE} nodes{{{order}}}}}}}",
            estimate=500.0,
        ),
        Operation(
            "OrdersById",
            f"query OrdersById($ids:[ID!]!,$lines:Int!){{{_SHOP} nodes(ids:$ids){{...on Order{{{order}}}}}}}",
            estimate=500.0,
        ),
    )


ORDER_QUESTIONS = order_questions()
ORDERS, ORDERS_BY_ID = ORDER_QUESTIONS.listed, ORDER_QUESTIONS.by_id

#: As much as comparing an order needs, at a fifth of what reading it whole costs.
ORDERS_LISTED = Operation(
    "OrdersListed",
    "query OrdersListed($q:String!,$after:String,$first:Int!,$lines:Int!){"
    f"orders(first:$first,after:$after,sortKey:PROCESSED_AT,query:$q){{{_PAGE} nodes{{"
    "id name updatedAt processedAt cancelledAt closedAt test displayFinancialStatus displayFulfillmentStatus"
    f" currencyCode currentTotalPriceSet{{{_BAG}}} totalTipReceivedSet{{{_BAG}}} customer{{id}}"
    f" lineItems(first:$lines){{{_PAGE} nodes{{{_LINE_LISTED}}}}}}}}}}}",
    estimate=200.0,
)
ORDERS_GLIMPSED = Operation(
    "OrdersGlimpsed",
    "query OrdersGlimpsed($q:String!,$after:String){"
    f"orders(first:250,after:$after,sortKey:CREATED_AT,query:$q){{{_PAGE} nodes{{id name createdAt}}}}}}",
    estimate=30.0,
)

CUSTOMERS_BY_ID = Operation(
    "CustomersById", "query CustomersById($ids:[ID!]!){nodes(ids:$ids){...on Customer{id}}}", estimate=100.0
)


def _rest(name: str, owner: str, connection: str, fields: str, first: int) -> Operation:
    # The connection is always called `page`, so that one loop reads the rest of any of them.
    return Operation(
        name,
        f"query {name}($id:ID!,$after:String){{node(id:$id){{...on {owner}{{"
        f"page:{connection}(first:{first},after:$after){{{_PAGE} nodes{{{fields}}}}}}}}}}}",
        estimate=100.0,
    )


LISTED_LINES = _rest("ListedLines", "Order", "lineItems", _LINE_LISTED, 100)
ORDER_LINES = _rest("OrderLines", "Order", "lineItems", _LINE, 50)
ORDER_SHIPPING = _rest("OrderShipping", "Order", "shippingLines", _SHIPPING, 25)
ORDER_PLACES = _rest("OrderPlaces", "Order", "fulfillmentOrders", _PLACE, 50)
ORDER_METAFIELDS = _rest("OrderMetafields", "Order", "metafields", _METAFIELD, 100)
PLACE_LINES = _rest("PlaceLines", "FulfillmentOrder", "lineItems", "totalQuantity lineItem{id}", 100)
REFUND_LINES = _rest("RefundLines", "Refund", "refundLineItems", "quantity restockType lineItem{id}", 100)
ORDER_REFUNDS = Operation(
    "OrderRefunds",
    "query OrderRefunds($id:ID!){order(id:$id){refunds{id"
    f" refundLineItems(first:50){{{_PAGE} nodes{{quantity restockType lineItem{{id}}}}}}}}}}}}",
    estimate=100.0,
)
ORDER_FEES = Operation(
    "OrderFees",
    f"query OrderFees($id:ID!){{order(id:$id){{additionalFees{{id name price{{{_BAG}}} taxLines{{{_TAX}}}}}}}}}",
    estimate=100.0,
)
LINE_DUTIES = _rest("LineDuties", "Order", "lineItems", f"id duties{{id price{{{_BAG}}} taxLines{{{_TAX}}}}}", 100)
ORDER_HOLDS = Operation(
    "OrderHolds",
    "query OrderHolds($id:ID!){order(id:$id){fulfillmentOrders(first:50){"
    "nodes{fulfillmentHolds{reason displayReason reasonNotes}}}}}",
    estimate=100.0,
)

_VARIANT_OWN = (
    "id sku barcode displayName price updatedAt selectedOptions{name value} inventoryItem{id tracked requiresShipping}"
)
_PRODUCT_OWN = "id status isGiftCard updatedAt"
_VARIANT = f"{_VARIANT_OWN} product{{{_PRODUCT_OWN}}}"
VARIANTS = Operation(
    "Variants",
    "query Variants($q:String,$after:String,$first:Int!){shop{currencyCode}"
    f" productVariants(first:$first,after:$after,sortKey:ID,query:$q){{{_PAGE} nodes{{{_VARIANT}}}}}}}",
    estimate=300.0,
)
VARIANTS_BY_ID = Operation(
    "VariantsById",
    f"query VariantsById($ids:[ID!]!){{shop{{currencyCode}} nodes(ids:$ids){{...on ProductVariant{{{_VARIANT}}}}}}}",
    estimate=300.0,
)
PRODUCTS = Operation(
    "Products",
    "query Products($q:String!,$after:String,$first:Int!,$variants:Int!){shop{currencyCode}"
    f" products(first:$first,after:$after,sortKey:UPDATED_AT,query:$q){{{_PAGE} nodes{{{_PRODUCT_OWN}"
    f" variants(first:$variants){{{_PAGE} nodes{{{_VARIANT_OWN}}}}}}}}}}}",
    estimate=400.0,
)
PRODUCT_VARIANTS = _rest("ProductVariants", "Product", "variants", _VARIANT_OWN, 100)

LOCATIONS = Operation(
    "Locations",
    "query Locations($after:String){locations(first:50,after:$after,includeInactive:true){"
    f"{_PAGE} nodes{{id name isActive fulfillsOnlineOrders shipsInventory isFulfillmentService updatedAt"
    " address{address1 address2 city provinceCode zip countryCode phone}}}}",
    estimate=100.0,
)

_LEVEL = (
    "updatedAt quantities(names:"
    '["available","on_hand","committed","reserved","damaged","quality_control","incoming","safety_stock"]'
    "){name quantity}"
)
LEVELS = Operation(
    "Levels",
    "query Levels($location:ID!,$q:String,$after:String,$first:Int!){location(id:$location){"
    f"inventoryLevels(first:$first,after:$after,query:$q){{{_PAGE} nodes{{{_LEVEL} item{{id sku}}}}}}}}}}",
    estimate=300.0,
)
LEVELS_BY_ITEM = Operation(
    "LevelsByItem",
    "query LevelsByItem($ids:[ID!]!,$location:ID!){nodes(ids:$ids){...on InventoryItem{id sku"
    f" inventoryLevel(locationId:$location){{{_LEVEL}}}}}}}}}",
    estimate=300.0,
)
SET_QUANTITIES = Operation(
    "SetQuantities",
    "mutation SetQuantities($input:InventorySetQuantitiesInput!,$key:String!){"
    "inventorySetQuantities(input:$input) @idempotent(key:$key){"
    "inventoryAdjustmentGroup{id} userErrors{code field message}}}",
)
ACTIVATE = Operation(
    "Activate",
    "mutation Activate($item:ID!,$location:ID!,$key:String!){"
    "inventoryActivate(inventoryItemId:$item,locationId:$location) @idempotent(key:$key){"
    "inventoryLevel{id} userErrors{field message}}}",
)

SUBSCRIPTIONS = Operation(
    "Subscriptions",
    f"query Subscriptions($after:String){{webhookSubscriptions(first:100,after:$after){{{_PAGE}"
    " nodes{id topic uri format filter includeFields}}}",
    estimate=100.0,
)
SUBSCRIBE = Operation(
    "Subscribe",
    "mutation Subscribe($topic:WebhookSubscriptionTopic!,$subscription:WebhookSubscriptionInput!){"
    "webhookSubscriptionCreate(topic:$topic,webhookSubscription:$subscription){"
    "webhookSubscription{id} userErrors{field message}}}",
)

WHO = Operation(
    "Who",
    "query Who{shop{name myshopifyDomain currencyCode ianaTimezone taxesIncluded}"
    " currentAppInstallation{accessScopes{handle}}}",
)
PING = Operation("Ping", "query Ping{shop{name}}", estimate=1.0)
#: Fields that people defined for an order, its customer or its variants: who owns them is a variable.
ORDER_FIELDS = Operation(
    "OrderFields",
    "query OrderFields($owner:MetafieldOwnerType!,$after:String){"
    f"metafieldDefinitions(ownerType:$owner,first:100,after:$after){{{_PAGE}"
    " nodes{namespace key name type{name}}}}",
    estimate=100.0,
)

#: Everything above, for the test that holds it against the schema.
ALL = tuple(value for value in globals().values() if isinstance(value, Operation))

"""Every GraphQL operation this connector sends, in one place.

A list is always called `page`, so that one loop reads any of them.
Source: https://docs.vendure.io/reference/graphql-api/admin/queries, .../mutations (3.5)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from isthmus.connectors.vendure.wire import FieldConfig


@dataclass(frozen=True, slots=True)
class Operation:
    """One document with one operation; `needs` is the permission without which it is refused."""

    name: str
    text: str
    needs: str = "Authenticated"


_DISCOUNT = "discounts{type adjustmentSource description amount amountWithTax}"
_TAX_LINES = "taxLines{description taxRate}"
_ADDRESS = "{fullName company streetLine1 streetLine2 city province postalCode countryCode phoneNumber}"
_CHANNEL = "{id code defaultCurrencyCode pricesIncludeTax}"
_CUSTOMER = "id firstName lastName emailAddress phoneNumber user{id}"
_LINE = (
    "id quantity orderPlacedQuantity unitPrice unitPriceWithTax proratedLinePrice proratedLinePriceWithTax"
    f" {_TAX_LINES} {_DISCOUNT} productVariant{{id sku name}}"
)
_SHIPPING = f"id price priceWithTax discountedPrice discountedPriceWithTax {_DISCOUNT} shippingMethod{{code name}}"
_PAYMENT = "id updatedAt method amount state transactionId refunds{id updatedAt state total reason}"


def _order(custom: Mapping[str, Iterable[FieldConfig]]) -> str:
    own, line, customer = (_own(custom.get(entity, ())) for entity in ("Order", "OrderLine", "Customer"))
    return (
        "id code type state updatedAt orderPlacedAt currencyCode couponCodes"
        " total totalWithTax subTotal subTotalWithTax shipping shippingWithTax"
        f" channels{_CHANNEL}"
        f" customer{{{_CUSTOMER}{customer}}}"
        f" shippingAddress{_ADDRESS} billingAddress{_ADDRESS}"
        " promotions{id name couponCode}"
        f" lines{{{_LINE}{line}}}"
        f" surcharges{{id description sku price priceWithTax {_TAX_LINES}}}"
        f" shippingLines{{{_SHIPPING}}}"
        " taxSummary{description taxRate taxBase taxTotal}"
        f" payments{{{_PAYMENT}}}"
        f" fulfillments{{id updatedAt state lines{{orderLineId quantity}}}}{own}"
    )


def _own(fields: Iterable[FieldConfig]) -> str:
    # Where a type has none, `customFields` is a scalar and is not asked for; where it has some, each must be named.
    named = " ".join(one.name for one in fields)
    return f" customFields{{{named}}}" if named else ""


_VARIANT = (
    "id sku name enabled updatedAt trackInventory price priceWithTax currencyCode"
    " product{id enabled updatedAt} options{name group{name}}"
)
_STOCKED = "id sku trackInventory stockLevels{stockLocationId stockOnHand stockAllocated}"


def _list(name: str, field: str, options: str, fields: str, needs: str) -> Operation:
    text = f"query {name}($options:{options}){{page:{field}(options:$options){{totalItems items{{{fields}}}}}}}"
    return Operation(name, text, needs)


def orders(custom: Mapping[str, Iterable[FieldConfig]] | None = None) -> Operation:
    """Return how orders are read, with these fields of the shop's own, by the type that has them."""
    return _list("Orders", "orders", "OrderListOptions", _order(custom or {}), "ReadOrder")


LOGIN = Operation(
    "Login",
    "mutation Login($username:String!,$password:String!){"
    "login(username:$username,password:$password,rememberMe:true){__typename ...on ErrorResult{errorCode}}}",
)
WHO = Operation("Who", "query Who{me{id channels{id code permissions}}}")
SHOP = Operation(
    "Shop",
    f"query Shop{{activeChannel{_CHANNEL} globalSettings{{trackInventory outOfStockThreshold"
    " serverConfig{moneyStrategyPrecision orderProcess{name} entityCustomFields{entityName"
    " customFields{...on CustomField{name type list internal requiresPermission}}}}}}",
)
QUEUES = Operation(
    "Queues",
    "query Queues($queue:String!){jobQueues{name}"
    ' jobs(options:{filter:{queueName:{eq:$queue},state:{eq:"FAILED"}},take:1}){totalItems items{id}}}',
    "ReadSettings",
)
FEATURES = Operation("Features", 'query Features{__type(name:"OrderFilterParameter"){inputFields{name}}}')

ORDERS_GLIMPSED = _list("OrdersGlimpsed", "orders", "OrderListOptions", "id code orderPlacedAt", "ReadOrder")
CUSTOMERS = _list("Customers", "customers", "CustomerListOptions", "id", "ReadCustomer")
VARIANTS = _list("Variants", "productVariants", "ProductVariantListOptions", _VARIANT, "ReadCatalog")
LEVELS = _list("Levels", "productVariants", "ProductVariantListOptions", _STOCKED, "ReadCatalog")
PLACES = _list(
    "Places", "stockLocations", "StockLocationListOptions", "id name description updatedAt", "ReadStockLocation"
)
SET_STOCK = Operation(
    "SetStock",
    f"mutation SetStock($input:[UpdateProductVariantInput!]!){{updateProductVariants(input:$input){{{_STOCKED}}}}}",
    "UpdateCatalog",
)

#: Everything above, for the test that holds it against the schema.
ALL = (*(value for value in globals().values() if isinstance(value, Operation)), orders())

"""Which permission each operation asks for; one of those named is enough.

Source: https://docs.vendure.io/reference/typescript-api/common/permission (3.5), `@Allow` of the resolvers in
@vendure/core 3.5.5. For whoever is signed in everything else is a matter of permissions; a stranger may sign in.
"""

from collections.abc import Mapping

_OPERATIONS: Mapping[tuple[str, ...], str] = {
    (): "login logout",
    ("Authenticated",): "me activeAdministrator globalSettings activeChannel",
    ("ReadCustomer",): "customers customer",
    ("CreateCustomer",): "createCustomer createCustomerAddress",
    ("UpdateCustomer",): "updateCustomer updateCustomerAddress addNoteToCustomer",
    ("DeleteCustomer",): "deleteCustomerAddress deleteCustomer",
    ("ReadCustomer", "ReadCustomerGroup"): "customerGroups",
    ("ReadSettings", "ReadCatalog", "ReadProduct", "ReadTaxRate"): "taxRates",
    ("ReadSettings", "ReadCatalog", "ReadProduct", "ReadTaxCategory"): "taxCategories",
    ("ReadOrder",): "orders order",
    ("UpdateOrder",): (
        "settlePayment cancelPayment addFulfillmentToOrder cancelOrder refundOrder settleRefund addNoteToOrder "
        "updateOrderNote deleteOrderNote setOrderCustomFields setOrderCustomer transitionOrderToState "
        "transitionFulfillmentToState transitionPaymentToState modifyOrder addManualPaymentToOrder adjustDraftOrderLine"
    ),
    ("CreateOrder",): (
        "createDraftOrder addItemToDraftOrder removeDraftOrderLine setDraftOrderCustomFields setCustomerForDraftOrder "
        "setDraftOrderShippingAddress setDraftOrderBillingAddress eligibleShippingMethodsForDraftOrder "
        "setDraftOrderShippingMethod"
    ),
    ("DeleteOrder",): "deleteDraftOrder",
    ("ReadSettings", "ReadCountry"): "countries",
    ("ReadSettings", "ReadZone"): "zones",
    ("ReadSettings", "ReadSystem"): "jobs jobQueues",
    ("ReadCatalog", "ReadProduct"): "products product productVariants productVariant productOptionGroups",
    ("CreateCatalog", "CreateProduct"): "createProduct createProductOptionGroup createProductOption",
    ("UpdateCatalog", "UpdateProduct"): (
        "updateProduct addOptionGroupToProduct createProductVariants updateProductVariant updateProductVariants "
        "assignProductVariantsToChannel removeProductVariantsFromChannel"
    ),
    ("DeleteCatalog", "DeleteProduct"): "deleteProduct deleteProductVariant deleteProductVariants",
    ("ReadSettings", "ReadShippingMethod"): "shippingMethods shippingMethod",
    ("ReadSettings", "ReadPaymentMethod"): "paymentMethods paymentMethod",
    ("ReadSettings", "ReadChannel"): "channels channel",
    ("CreateChannel",): "createChannel",
    ("UpdateChannel",): "updateChannel",
    ("ReadCatalog", "ReadStockLocation"): "stockLocation stockLocations",
    ("CreateStockLocation",): "createStockLocation assignStockLocationsToChannel",
    ("UpdateStockLocation",): "updateStockLocation",
    ("DeleteStockLocation",): "deleteStockLocation",
}
NEEDED = {name: wanted for wanted, names in _OPERATIONS.items() for name in names.split()}
EVERYTHING = "SuperAdmin"


def allowed(operation: str, held: tuple[str, ...]) -> bool:
    """Tell whether permissions suffice for an operation."""
    wanted = NEEDED[operation]
    return not wanted or EVERYTHING in held or any(one in held for one in wanted)

"""What each finding means and how it is mended; `docs/reference/findings.md` is made from this table."""

FINDINGS: dict[str, tuple[str, str]] = {
    "api_ended": ("The vendor no longer supports the version of its API that is spoken.", "Update Isthmus."),
    "api_ending": ("The version of the API is supported for less than 90 days more.", "Plan an update of Isthmus."),
    "api_version": (
        "The system answered by another version of its API than was asked for.",
        "Set the connection's API version to one the vendor supports, and try it.",
    ),
    "app_missing": ("An app of the ERP that the flows work with is not installed.", "Install Sales and Inventory."),
    "back_orders": (
        "The shop sells more than there is.",
        "Leave it if that is wanted; otherwise set its out-of-stock threshold to 0.",
    ),
    "clock_skew": (
        "A system's clock is off: its times cannot be compared with ours, and signatures may be refused.",
        "Let both machines take their time from an NTP server.",
    ),
    "currency": (
        "The shop sells in a currency that the ERP takes no orders in.",
        "Add the currency in the ERP, with a price list where it asks for one.",
    ),
    "deliveries_failed": (
        "The shop has given up sending some changes.",
        "Check the address and the secret of its webhook plugin.",
    ),
    "duplicate_places": ("Several warehouses bear the same code.", "Give every warehouse a code of its own."),
    "duplicate_skus": (
        "Several products bear the same SKU, so nobody can tell which one is meant.",
        "Give every product a SKU of its own.",
    ),
    "empty_sku": ("A line of the sample order has no SKU.", "Give the product one in the shop and in the ERP."),
    "empty_skus": ("Products have no SKU: orders of them wait for a person.", "Fill in the SKU."),
    "foreign_subscription": (
        "The shop sends the same changes to an address that is not this project's.",
        "Delete that webhook if it is a former address of Isthmus; leave it if somebody else listens there.",
    ),
    "key_read_only": ("The key may only read.", "Create a key that may read and write."),
    "missing_permission": ("The account lacks a permission a flow needs.", "Grant it in the system."),
    "module_missing": ("A module of the ERP that the flows work with is not activated.", "Activate it."),
    "needless_permission": (
        "The account may do what only a flow needs that is not switched on.",
        "Take the permission away, or switch the flow on.",
    ),
    "needless_subscription": ("The shop sends what nobody uses.", "Delete that webhook."),
    "no_*_product": (
        "The ERP has no product that such charges (shipping, discount, rounding, tip, fee) are booked on.",
        "Create a service product with that code, or name another one in the connection's settings.",
    ),
    "no_place_code": ("A warehouse has no code and goes by its number.", "Fill in the code of the location."),
    "no_price_list": (
        "A currency is switched on in the ERP and has no price list.",
        "Create one before a shop sells in that currency. The doctor says `currency` where one does.",
    ),
    "no_public_url": (
        "Shops have no address to send webhooks to, so changes are found minutes later.",
        "Write the https address under which shops reach this into public_url of [isthmus].",
    ),
    "no_taxes": ("The company has no sales tax: an order with tax cannot be written.", "Create the taxes."),
    "not_all_read": (
        "The time for reading the catalog was over before its end; what follows is about a part of it.",
        "Give it longer, such as `isthmus doctor --seconds 600`.",
    ),
    "not_read": ("A part of a system could not be looked at.", "Mend what the message says, and ask again."),
    "not_shown": ("The account may not see a part of the shop's settings.", "Give it the role the fix names."),
    "order_storage": ("Where WooCommerce keeps its orders; for information.", "Nothing."),
    "orders_unconfirmed": (
        "Orders are in the ERP and nobody there has confirmed them: a rule of approval, or a block on the customer.",
        "Approve them there, and exempt the user of Isthmus from the rule if all orders are to pass.",
    ),
    "other_flow": ("Another flow of the shop takes the sample order.", "Nothing; ask with `--flow` and its name."),
    "permission_excess": (
        "The account may do everything.",
        "Make one with the permissions on the connector's page only.",
    ),
    "permission_missing": ("The account lacks a permission a flow needs.", "Add it to its role."),
    "place_unknown": (
        "A row of the project names a warehouse or a location that does not exist.",
        "Correct the row in isthmus.toml.",
    ),
    "place_without_warehouse": (
        "No warehouse stands for a location of the shop: it gets no figures, and its orders leave from any warehouse.",
        "Add a row to the table of places or of warehouses in isthmus.toml.",
    ),
    "places_unmatched": (
        "No warehouse stands for any location of the shop: no stock is written at all.",
        "Write the rows the message proposes into isthmus.toml.",
    ),
    "plugin_missing": (
        "Nothing in the shop tells of changes, so they are found minutes later.",
        "Install the plugin of the connector's page.",
    ),
    "protocol_deprecated": ("The ERP is asked in a way its vendor will remove.", "Set the protocol as the fix says."),
    "ready": ("The system answers, and its own check found nothing in the way.", "Nothing."),
    "repeated_sku": ("The ERP has several items with a SKU of the sample order.", "Make the SKU unique in the ERP."),
    "rounding": (
        "Shop and ERP round tax at different steps: totals differ by cents, within the connection's tolerance.",
        "Let both round alike where they can.",
    ),
    "scope_excess": ("The app holds a scope that no flow needs.", "Remove it from the app."),
    "scope_missing": ("The app lacks a scope that a flow needs.", "Add it to the app and install the new version."),
    "sku_row_unknown": (
        "The project's table of SKUs names one the ERP does not have.",
        "Correct the row in isthmus.toml.",
    ),
    "stock_off": ("The shop keeps no stock, so no figure can be written.", "Switch stock on in the shop."),
    "subscription_failed": (
        "A webhook could not be made.",
        "The address must be reached from outside by https, and the account needs the permission for that change.",
    ),
    "subscription_missing": (
        "The shop does not tell of some changes: a webhook was never made, or was deleted after failed deliveries.",
        "Start `isthmus up`, or run `isthmus connect check`: both make what is missing.",
    ),
    "subscription_repaired": (
        "A webhook was off and was switched on again.",
        "Check that the shop's server reaches this machine.",
    ),
    "tax_mode": (
        "The shop states prices with tax and the ERP only without, or the other way round.",
        "Create the shop's sales taxes in the ERP in the same way.",
    ),
    "time_zone": (
        "A system counts days by another clock than the company: orders near midnight fall on other days.",
        "Write the company's zone into time_zone of [isthmus], or change the system's.",
    ),
    "too_old": ("The shop's version lacks what the flows ask for.", "Update the shop."),
    "total_unexplained": (
        "The parts of the sample order do not make its total.",
        "Correct the order in the shop.",
    ),
    "unknown_sku": ("The ERP has no item with a SKU of the sample order.", "Create the item, or map the SKU."),
    "unknown_skus": (
        "The shop sells SKUs that the ERP does not have: their orders will wait for a person.",
        "Create the items, or add rows to the flow's table of SKUs.",
    ),
    "unknown_states": (
        "The shop has order states of its own.",
        "Say in the connection's settings what each stands for.",
    ),
    "version_too_old": ("The ERP is older than the connector speaks to.", "Upgrade the ERP."),
    "version_untried": (
        "The connector was not tried against this version.",
        "Look for a newer Isthmus, or try a copy.",
    ),
    "warehouse_without_place": (
        "What lies in a warehouse is offered at no location of the shop.",
        'Add a row to the table of places in isthmus.toml; "" keeps the warehouse out on purpose.',
    ),
    "webhook_off": (
        "The shop has stopped sending after failed deliveries.",
        "Check that its server reaches this machine; they are switched on again within the hour.",
    ),
    "webhook_port": (
        "The shop does not send to the port of public_url.",
        "Use an https address on the usual port.",
    ),
    "wrong_subscription": (
        "A webhook is not sent whole.",
        "Delete it in the shop: Isthmus makes it anew.",
    ),
}

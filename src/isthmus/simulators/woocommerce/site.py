"""What a shop says of itself: settings, system status, tax rates, the index of the site.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#settings, #system-status, #tax-rates, #tax-classes
"""

from collections import Counter
from http import HTTPStatus
from typing import Any

from isthmus.simulators.woocommerce import listing, order_params
from isthmus.simulators.woocommerce.call import Call, Reply, Route, View
from isthmus.simulators.woocommerce.errors import Refused, unknown
from isthmus.simulators.woocommerce.orders import STATUSES
from isthmus.simulators.woocommerce.product_views import rate_view
from isthmus.simulators.woocommerce.shop import Shop

PREFIX = "woocommerce_"


def options(shop: Shop) -> dict[str, dict[str, Any]]:
    """Return what the settings pages hold, by group and id."""
    settings = shop.settings
    return {
        "general": {
            "woocommerce_store_address": "1 Example Street",
            "woocommerce_store_city": settings.city,
            "woocommerce_default_country": "DE:DE-BE",
            "woocommerce_calc_taxes": _spoken(yes=settings.taxes),
            "woocommerce_currency": settings.currency,
            "woocommerce_currency_pos": "right_space",
            "woocommerce_price_thousand_sep": ".",
            "woocommerce_price_decimal_sep": ",",
            "woocommerce_price_num_decimals": str(settings.decimals),
        },
        "products": {
            "woocommerce_manage_stock": _spoken(yes=settings.stock_management),
            "woocommerce_hold_stock_minutes": "60",
            "woocommerce_notify_no_stock_amount": "0",
            "woocommerce_weight_unit": "kg",
            "woocommerce_dimension_unit": "cm",
        },
        "tax": {
            "woocommerce_prices_include_tax": _spoken(yes=settings.prices_include_tax),
            "woocommerce_tax_based_on": "shipping",
            "woocommerce_tax_round_at_subtotal": "no",
            "woocommerce_tax_display_shop": "incl",
            "woocommerce_tax_total_display": "itemized",
        },
    }


def _spoken(*, yes: bool) -> str:
    return "yes" if yes else "no"


def _groups(call: Call) -> Reply:
    return Reply([{"id": one, "label": one.title(), "parent_id": "", "sub_groups": []} for one in options(call.shop)])


def _group(call: Call) -> Reply:
    return Reply([_option(call.shop, call.ids[0], name) for name in _named(call.shop, call.ids[0])])


def _one_option(call: Call) -> Reply:
    group, name = call.ids
    if name not in _named(call.shop, group):
        raise Refused(HTTPStatus.NOT_FOUND, "rest_setting_setting_invalid", "Invalid setting.")
    return Reply(_option(call.shop, group, name))


def _named(shop: Shop, group: str) -> dict[str, Any]:
    known = options(shop).get(group)
    if known is None:
        raise Refused(HTTPStatus.NOT_FOUND, "rest_setting_setting_group_invalid", "Invalid setting group.")
    return known


def _option(shop: Shop, group: str, name: str) -> View:
    value = options(shop)[group][name]
    base = f"{shop.home}/wp-json/wc/v3/settings/{group}"
    return {
        "id": name,
        "label": name.removeprefix(PREFIX).replace("_", " ").capitalize(),
        "description": "",
        "type": "text",
        "default": "",
        "tip": "",
        "value": value,
        "group_id": group,
        "_links": {"self": [{"href": f"{base}/{name}"}], "collection": [{"href": base}]},
    }


def _status(call: Call) -> Reply:
    shop = call.shop
    settings = shop.settings
    return Reply(
        {
            "environment": {
                "home_url": shop.home,
                "site_url": shop.home,
                "version": settings.version,
                "wp_version": settings.wordpress,
                "wp_multisite": False,
                "wp_cron": True,
                "language": settings.language,
                "php_version": "8.3.14",
                "default_timezone": "UTC",
                "secure_connection": shop.home.startswith("https"),
            },
            "database": {"wc_database_version": settings.version},
            "active_plugins": _plugins(shop),
            "settings": {
                "api_enabled": False,
                "force_ssl": False,
                "currency": settings.currency,
                "currency_symbol": "",
                "thousand_separator": ".",
                "decimal_separator": ",",
                "number_of_decimals": settings.decimals,
                "HPOS_enabled": settings.hpos,
                "HPOS_sync_enabled": False,
                "order_datastore": "OrdersTableDataStore" if settings.hpos else "WC_Order_Data_Store_CPT",
                "enabled_features": ["order_fulfillments"] if settings.fulfillments else [],
            },
            "security": {"secure_connection": shop.home.startswith("https"), "hide_errors": True},
        }
    )


def _plugins(shop: Shop) -> list[View]:
    plugins = [{"plugin": "woocommerce/woocommerce.php", "name": "WooCommerce", "version": shop.settings.version}]
    if shop.settings.shipment_tracking:
        name = "woocommerce-shipment-tracking"
        plugins.append({"plugin": f"{name}/{name}.php", "name": "WooCommerce Shipment Tracking", "version": "2.6.0"})
    return plugins


def _index(call: Call) -> Reply:
    """Answer `/wp-json`, which is open to everybody."""
    shop = call.shop
    offset = shop.now().astimezone(shop.settings.zone).utcoffset()
    namespaces = ["oembed/1.0", "wc/v1", "wc/v2", "wc/v3", "wc/store/v1", "wp/v2"]
    if shop.settings.shipment_tracking:
        namespaces.append("wc-shipment-tracking/v3")
    return Reply(
        {
            "name": "Demo Shop",
            "description": "",
            "url": shop.home,
            "home": shop.home,
            "gmt_offset": offset.total_seconds() / 3600 if offset else 0,
            "timezone_string": shop.settings.time_zone,
            "namespaces": namespaces,
            "authentication": [],
            "routes": {},
        }
    )


def _totals(call: Call) -> Reply:
    """Count orders by status."""
    counts = Counter(order.status for order in call.shop.orders.values())
    return Reply([{"slug": status, "name": status.capitalize(), "total": counts[status]} for status in STATUSES])


def _custom_fields(call: Call) -> Reply:
    """Name the free fields of products, hidden ones left out."""
    names = {one["key"] for product in call.shop.products.values() for one in product.meta}
    return Reply(sorted(name for name in names if not name.startswith("_")))


def _taxes(call: Call) -> Reply:
    wanted = call.params.get("class")
    rates = [rate for rate in call.shop.rates.values() if wanted is None or rate.tax_class == wanted]
    rates.sort(key=lambda rate: rate.id, reverse=call.params["order"] == "desc")
    return listing.page(call, rates, lambda rate: rate_view(call.shop, rate))


def _tax(call: Call) -> Reply:
    rate = call.shop.rates.get(call.id)
    if rate is None:
        raise Refused(HTTPStatus.NOT_FOUND, "woocommerce_rest_invalid_id", "Invalid resource ID.")
    return Reply(rate_view(call.shop, rate))


def _classes(call: Call) -> Reply:
    return Reply([{"slug": slug, "name": name} for slug, name in call.shop.tax_classes.items()])


def _gateways(_call: Call) -> Reply:
    return Reply([{"id": name, "title": title, "enabled": True} for name, title in GATEWAYS.items()])


def _gateway(call: Call) -> Reply:
    name = call.ids[0]
    if name not in GATEWAYS:
        raise unknown(kind="payment_gateway")
    return Reply({"id": name, "title": GATEWAYS[name], "enabled": True})


#: ways to pay; only those of `REFUNDING` can send money back by themselves
GATEWAYS = {
    "stripe": "Card", "ppcp-gateway": "PayPal", "bacs": "Direct bank transfer", "cod": "Cash on delivery",
    "cheque": "Invoice",
}  # fmt: skip
REFUNDING = frozenset({"stripe", "ppcp-gateway"})
_V3 = "/wc/v3"
ROUTES = [
    Route("GET", "/", "site.index", _index, right="open"),
    Route("GET", _V3, "site.namespace", _index, right="open"),
    Route("GET", f"{_V3}/reports/orders/totals", "reports.get", _totals, right="list"),
    Route("GET", f"{_V3}/products/custom-fields/names", "custom_fields.list", _custom_fields, right="list"),
    Route("GET", f"{_V3}/settings", "settings.list", _groups, right="list"),
    Route("GET", f"{_V3}/settings/*", "settings.list", _group, right="list"),
    Route("GET", f"{_V3}/settings/*/*", "settings.get", _one_option),
    Route("GET", f"{_V3}/system_status", "system_status.get", _status, right="list"),
    Route("GET", f"{_V3}/taxes", "taxes.list", _taxes, order_params.TAXES, "list"),
    Route("GET", f"{_V3}/taxes/#", "taxes.get", _tax),
    Route("GET", f"{_V3}/taxes/classes", "tax_classes.list", _classes, right="list"),
    Route("GET", f"{_V3}/payment_gateways", "payment_gateways.list", _gateways, right="list"),
    Route("GET", f"{_V3}/payment_gateways/*", "payment_gateways.get", _gateway),
]

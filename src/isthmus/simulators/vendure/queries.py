"""The fields a query starts from, and the lists below records."""

from collections.abc import Callable, Iterable
from typing import Any

from isthmus.simulators.vendure import stock
from isthmus.simulators.vendure.arithmetic import gross_of, net_of, rounded
from isthmus.simulators.vendure.call import Call, Fields, Info, Resolver, within
from isthmus.simulators.vendure.catalog import Channel, Product, Record, Variant
from isthmus.simulators.vendure.drafting import quotes
from isthmus.simulators.vendure.errors import refuse_input
from isthmus.simulators.vendure.lists import Listed, Look, cut
from isthmus.simulators.vendure.orders import Order
from isthmus.simulators.vendure.people import Customer
from isthmus.simulators.vendure.shop import Shop, number_of
from isthmus.simulators.vendure.text import snake, text_of


def look(call: Call) -> Look:
    """Return how filters and sorts see a record's field: its own, a translated one, a price, or a custom one."""

    def seen(record: Any, name: str) -> Any:
        if isinstance(record, Variant) and name in {"price", "priceWithTax", "stockLevel", "currencyCode"}:
            return _of_variant(call, record, name)
        if isinstance(record, Variant) and name in {"stockOnHand", "stockAllocated"}:
            found = stock.seen(record, call.channel)
            return sum(getattr(one, snake(name)) for one in found)
        if name in {"name", "slug", "description", "languageCode"} and hasattr(record, "translations"):
            return call.language if name == "languageCode" else text_of(record, call.language, name)
        attribute = snake(name)
        if hasattr(record, attribute):
            return getattr(record, attribute)
        return record.custom_fields.get(name)

    return seen


def _of_variant(call: Call, variant: Variant, name: str) -> Any:
    if name == "currencyCode":
        return call.channel.default_currency_code
    if name == "stockLevel":
        return stock_word(call, variant)
    return price(call, variant, with_tax=name == "priceWithTax")


def price(call: Call, variant: Variant, *, with_tax: bool) -> int:
    """Return what a variant costs here, with tax or without. Raises `Refused` where it has no price."""
    channel = call.channel
    listed = call.shop.price(variant, channel)
    if listed is None:
        refuse_input(
            f"No price information was found for ProductVariant ID {variant.id} in the Channel {channel.code}."
        )
    found = call.shop.rate(variant.tax_category, channel)
    rate = found.value if found else 0.0
    if with_tax:
        return listed if channel.prices_include_tax else rounded(gross_of(listed, rate))
    return rounded(net_of(listed, rate)) if channel.prices_include_tax else listed


def stock_word(call: Call, variant: Variant) -> str:
    """Return what buyers are told of the stock."""
    free = stock.sellable(variant, call.channel)
    return "IN_STOCK" if free > 0 else "OUT_OF_STOCK"


def _orders(shop: Shop, channel: Channel) -> Iterable[Order]:
    return (one for one in shop.orders.values() if channel.id in one.channels)


def _products(shop: Shop, channel: Channel) -> Iterable[Product]:
    return (one for one in shop.products.values() if one.deleted_at is None and channel.id in one.channels)


def _variants(shop: Shop, channel: Channel) -> Iterable[Variant]:
    return (one for one in shop.variants.values() if not one.gone and channel.id in one.channels)


def _customers(shop: Shop, channel: Channel) -> Iterable[Customer]:
    return (one for one in shop.customers.values() if one.deleted_at is None and channel.id in one.channels)


Rows = Callable[[Shop, Channel], Iterable[Record]]
ROWS: dict[str, Rows] = {
    "orders": _orders,
    "products": _products,
    "productVariants": _variants,
    "customers": _customers,
    "channels": lambda shop, _channel: shop.channels.values(),
    "countries": lambda shop, _channel: shop.countries.values(),
    "customerGroups": lambda shop, _channel: shop.customer_groups.values(),
    "paymentMethods": lambda shop, _channel: shop.payment_methods.values(),
    "shippingMethods": lambda shop, _channel: shop.shipping_methods.values(),
    "stockLocations": lambda shop, channel: (one for one in shop.locations.values() if channel.id in one.channels),
    "taxCategories": lambda shop, _channel: shop.tax_categories.values(),
    "taxRates": lambda shop, _channel: shop.tax_rates.values(),
    "zones": lambda shop, _channel: shop.zones.values(),
    "jobs": lambda shop, _channel: shop.jobs.values(),
}
_SINGLE = {
    "order": "orders", "productVariant": "productVariants", "customer": "customers", "channel": "channels",
    "paymentMethod": "paymentMethods", "shippingMethod": "shippingMethods", "stockLocation": "stockLocations",
}  # fmt: skip


def listing(rows: Rows) -> Resolver:
    """Return the resolver of a list."""

    def resolve(_root: Any, info: Info, options: dict[str, Any] | None = None, **more: Any) -> Listed[Any]:
        call = info.context
        found = rows(call.shop, call.channel)
        if more.get("productId") is not None:
            wanted = number_of(more["productId"])
            found = (one for one in found if isinstance(one, Variant) and one.product.id == wanted)
        return cut(call, found, options, look(call))

    return resolve


def _one(name: str) -> Resolver:
    rows = ROWS[name]

    def resolve(_root: Any, info: Info, id: str) -> Any:  # noqa: A002 - the API's name
        wanted, call = number_of(id), info.context
        table = TABLES[name](call.shop)
        found = table.get(wanted)
        return found if found is not None and any(one is found for one in _near(rows, call, found)) else None

    return resolve


def _near(rows: Rows, call: Call, found: Record) -> Iterable[Record]:
    """Return the record when the list it belongs to would show it, without walking through that list."""
    if isinstance(found, Order):
        return [found] if call.channel.id in found.channels else []
    if isinstance(found, Variant):
        return [] if found.gone or call.channel.id not in found.channels else [found]
    return rows(call.shop, call.channel)


TABLES: dict[str, Callable[[Shop], dict[int, Any]]] = {
    "orders": lambda shop: shop.orders,
    "productVariants": lambda shop: shop.variants,
    "customers": lambda shop: shop.customers,
    "channels": lambda shop: shop.channels,
    "paymentMethods": lambda shop: shop.payment_methods,
    "shippingMethods": lambda shop: shop.shipping_methods,
    "stockLocations": lambda shop: shop.locations,
}


def _product(_root: Any, info: Info, id: str | None = None, slug: str | None = None) -> Product | None:  # noqa: A002
    call = info.context
    if id is None and slug is None:
        refuse_input("Either the Product id or slug must be provided")
    for one in _products(call.shop, call.channel):
        slugs = {texts.get("slug") for texts in one.translations.values()}
        if (id is None or one.id == number_of(id)) and (slug is None or slug in slugs):
            return one
    return None


def _groups(_root: Any, info: Info, filterTerm: str | None = None) -> list[Any]:  # noqa: N803 - the API's name
    groups = info.context.shop.groups.values()
    return [one for one in groups if not filterTerm or filterTerm.lower() in one.code.lower()]


def _me(_root: Any, info: Info) -> Any:
    call = info.context
    session = call.sessions.find(call.token)
    return session.administrator if session else None


def _quotes(_root: Any, info: Info, orderId: str) -> Any:  # noqa: N803 - the API's name
    return quotes(info.context.shop, orderId)


TABLE: Fields = {
    **{name: listing(rows) for name, rows in ROWS.items()},
    **{name: _one(rows) for name, rows in _SINGLE.items()},
    "product": _product,
    "productOptionGroups": _groups,
    "me": _me,
    "activeAdministrator": _me,
    "activeChannel": within(lambda call, _root: call.channel),
    "jobQueues": within(lambda call, _root: [{"name": one, "running": True} for one in call.shop.queues]),
    "globalSettings": within(lambda call, _root: call.shop),
    "eligibleShippingMethodsForDraftOrder": _quotes,
}

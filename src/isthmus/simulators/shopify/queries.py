"""The fields a query starts from."""

from collections.abc import Callable, Mapping
from typing import Any

from isthmus.simulators.shopify import listings
from isthmus.simulators.shopify.call import Fields, Info, Resolver, asking, constant
from isthmus.simulators.shopify.metafields import OWNER_TYPES, namespace_of
from isthmus.simulators.shopify.order_fields import Count
from isthmus.simulators.shopify.paging import MAX_PAGE, plain, refuse
from isthmus.simulators.shopify.record_fields import API_VERSIONS, note
from isthmus.simulators.shopify.shop import Shop


def _listing(name: str) -> Resolver:
    def resolve(_root: Any, info: Info, **arguments: Any) -> Any:
        call = info.context
        found_page, found = call.listings.page(name, arguments)
        if found.warnings:
            call.searches.append(note(list(info.path.as_list()), arguments["query"], found))
        return found_page

    return resolve


def _locations(_root: Any, info: Info, **arguments: Any) -> Any:
    if not arguments.get("includeInactive"):
        arguments["query"] = f"({arguments['query']}) active:true" if arguments.get("query") else "active:true"
    return _listing("locations")(_root, info, **arguments)


def _count(name: str) -> Resolver:
    def resolve(_root: Any, info: Info, limit: int | None = 10000, query: str | None = None) -> Count:
        number = info.context.listings.count(name, query)
        return Count(limit, "AT_LEAST") if limit is not None and number > limit else Count(number)

    return resolve


def _by_id(kind: str) -> Resolver:
    def resolve(_root: Any, info: Info, id: str) -> Any:  # noqa: A002 - the API's name
        return info.context.shop.find(id, kind)

    return resolve


def _location(_root: Any, info: Info, id: str | None = None) -> Any:  # noqa: A002 - the API's name
    shop = info.context.shop
    return shop.find(id, "Location") if id else next(iter(shop.locations.values()), None)


def _node(_root: Any, info: Info, id: str) -> Any:  # noqa: A002 - the API's name
    return info.context.shop.find(id)


def _nodes(_root: Any, info: Info, ids: list[str]) -> list[Any]:
    if len(ids) > MAX_PAGE:
        message = f"The input array size of {len(ids)} is greater than the maximum allowed of {MAX_PAGE}."
        raise refuse(message, "MAX_INPUT_SIZE_EXCEEDED")
    shop = info.context.shop
    return [shop.find(one) for one in ids]


def _by_identifier(kind: str, ways: Mapping[str, Callable[[Shop, str], Any]]) -> Resolver:
    def resolve(_root: Any, info: Info, identifier: dict[str, Any]) -> Any:
        shop = info.context.shop
        way, value = next(iter(identifier.items()))
        if way == "id":
            return shop.find(value, kind)
        return _by_custom_id(shop, kind, value) if way == "customId" else ways[way](shop, value)

    return resolve


def _by_custom_id(shop: Shop, kind: str, wanted: Mapping[str, str]) -> Any:
    namespace = namespace_of(wanted.get("namespace"))
    for definition in shop.definitions.values():
        if (definition.owner_type, definition.namespace, definition.key) != (
            OWNER_TYPES[kind],
            namespace,
            wanted["key"],
        ):
            continue
        if definition.unique:
            owner = definition.owners.get(wanted["value"])
            return shop.find(owner, kind) if owner else None
    message = "Metafield definition of type 'id' is required when using custom ids."
    raise refuse(message, "NOT_FOUND")


def _handle(shop: Shop, value: str) -> Any:
    return next((one for one in shop.products.values() if one.handle == value), None)


def _email(shop: Shop, value: str) -> Any:
    return next((one for one in shop.customers.values() if (one.email or "").casefold() == value.casefold()), None)


def _phone(shop: Shop, value: str) -> Any:
    return next((one for one in shop.customers.values() if one.phone == value), None)


def _definitions(_root: Any, info: Info, ownerType: str, **wishes: Any) -> Any:  # noqa: N803 - the API's name
    namespace, key = wishes.get("namespace"), wishes.get("key")
    found = [
        one
        for one in info.context.shop.definitions.values()
        if one.owner_type == ownerType
        and (namespace is None or one.namespace == namespace_of(namespace))
        and (key is None or one.key == key)
    ]
    return plain(found, wishes)


def _subscriptions(_root: Any, info: Info, **wishes: Any) -> Any:
    topics, uri = wishes.get("topics"), wishes.get("uri")
    found = [
        one
        for one in info.context.shop.subscriptions.values()
        if (topics is None or one.topic in topics) and (uri is None or one.uri == uri)
    ]
    return plain(found, wishes)


TABLE: Fields = {
    "shop": asking(lambda call: call.shop),
    "currentAppInstallation": asking(lambda call: call),
    "publicApiVersions": constant(API_VERSIONS),
    **{name: _listing(name) for name in listings.KINDS},
    "locations": _locations,
    "location": _location,
    "node": _node,
    "nodes": _nodes,
    "ordersCount": _count("orders"),
    "productsCount": _count("products"),
    "productVariantsCount": _count("productVariants"),
    "webhookSubscriptionsCount": asking(lambda call: Count(len(call.shop.subscriptions))),
    "product": _by_id("Product"),
    "productVariant": _by_id("ProductVariant"),
    "inventoryItem": _by_id("InventoryItem"),
    "inventoryLevel": _by_id("InventoryLevel"),
    "order": _by_id("Order"),
    "customer": _by_id("Customer"),
    "company": _by_id("Company"),
    "companyLocation": _by_id("CompanyLocation"),
    "webhookSubscription": _by_id("WebhookSubscription"),
    "fulfillmentOrder": _by_id("FulfillmentOrder"),
    "productByIdentifier": _by_identifier("Product", {"handle": _handle}),
    "productVariantByIdentifier": _by_identifier("ProductVariant", {}),
    "orderByIdentifier": _by_identifier("Order", {}),
    "customerByIdentifier": _by_identifier("Customer", {"emailAddress": _email, "phoneNumber": _phone}),
    "metafieldDefinitions": _definitions,
    "webhookSubscriptions": _subscriptions,
}

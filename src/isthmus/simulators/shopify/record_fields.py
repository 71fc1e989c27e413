"""Fields of the shop, its catalog and its customers that are not simply an attribute."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from isthmus.simulators.shopify import filters, search
from isthmus.simulators.shopify.call import VERSIONS, Fields, Info, asking, constant, of
from isthmus.simulators.shopify.catalog import InventoryItem, InventoryLevel, Location
from isthmus.simulators.shopify.order_fields import Application, Count
from isthmus.simulators.shopify.paging import Window, page, plain
from isthmus.simulators.shopify.parties import Customer
from isthmus.simulators.shopify.shop import PREFIX, TIME_ZONE, Shop, Subscription

SHOP_ID = f"{PREFIX}Shop/1"


@dataclass(frozen=True, slots=True)
class Plan:
    """What the merchant pays Shopify for."""

    public_display_name: str = "Basic"
    display_name: str = "Basic"
    partner_development: bool = True
    shopify_plus: bool = False


@dataclass(frozen=True, slots=True)
class Domain:
    """A name in the web."""

    TYPENAME: ClassVar[str] = "Domain"

    id: str
    host: str

    @property
    def url(self) -> str:
        """Return the address."""
        return f"https://{self.host}"


@dataclass(frozen=True, slots=True)
class ShopAddress:
    """Where the merchant sits."""

    TYPENAME: ClassVar[str] = "ShopAddress"

    id: str = f"{PREFIX}ShopAddress/1"
    address1: str = "1 Example Street"
    address2: str | None = None
    city: str = "Berlin"
    company: str = "Demonstration shop"
    country_code_v2: str = "DE"
    province: str | None = None
    province_code: str | None = None
    zip: str = "10115"
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class ResourceLimits:
    """How much a shop can hold."""

    location_limit: int = 10
    max_product_options: int = 3
    max_product_variants: int = 2048


@dataclass(frozen=True, slots=True)
class ApiVersion:
    """A version of the API."""

    handle: str
    supported: bool = True

    @property
    def display_name(self) -> str:
        """Return the version as people read it."""
        return self.handle


@dataclass(frozen=True, slots=True)
class HttpEndpoint:
    """Where a webhook goes."""

    TYPENAME: ClassVar[str] = "WebhookHttpEndpoint"

    callback_url: str


@dataclass(frozen=True, slots=True)
class AccessScope:
    """Something the app may do."""

    handle: str

    @property
    def description(self) -> str:
        """Return the scope in words."""
        return self.handle.replace("_", " ").capitalize()


def _offset_minutes(shop: Shop) -> int:
    offset = shop.now().astimezone(TIME_ZONE).utcoffset() or timedelta(0)
    return offset // timedelta(minutes=1)


def _offset(shop: Shop) -> str:
    minutes = _offset_minutes(shop)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"


def _levels(owner: InventoryItem | Location, info: Info, **arguments: Any) -> Any:
    found = search.compile_search(arguments.get("query"), filters.LEVELS)
    call = info.context
    if found.warnings:
        call.searches.append(note(list(info.path.as_list()), arguments["query"], found))
    rows, keys = call.listings.levels(owner)
    return page(rows, keys, Window.of(arguments), found.test)


def note(path: list[Any], query: str, found: search.Search) -> dict[str, Any]:
    """Return what `extensions.search` says about a query with unknown parts."""
    return {"path": path, "query": query, "parsed": found.parsed(), "warnings": list(found.warnings)}


def _level_at(item: InventoryItem, _info: Info, locationId: str, **_rest: Any) -> InventoryLevel | None:  # noqa: N803 - the API's name
    return item.levels.get(locationId)


def _level_of(place: Location, _info: Info, inventoryItemId: str, **_rest: Any) -> InventoryLevel | None:  # noqa: N803 - the API's name
    return place.levels.get(inventoryItemId)


def _duplicates(item: InventoryItem, info: Info) -> int:
    return len(info.context.shop.sku_variants.get(item.sku or "", ())) - 1


def _quantities(level: InventoryLevel, _info: Info, names: list[str]) -> Any:
    return level.quantities(names)


def _orders(customer: Customer, info: Info, **arguments: Any) -> Any:
    return plain([one for one in info.context.shop.orders.values() if one.customer is customer], arguments)


def _changes(group: Any, _info: Info, **wishes: list[str] | None) -> Any:
    items, places, names = (wishes.get(name) for name in ("inventoryItemIds", "locationIds", "quantityNames"))
    return [
        change
        for change in group.changes
        if (items is None or change.item.id in items)
        and (places is None or change.location.id in places)
        and (names is None or change.name in names)
    ]


def _endpoint(subscription: Subscription) -> HttpEndpoint:
    return HttpEndpoint(subscription.uri)


_SHOP: Fields = {
    "id": constant(SHOP_ID),
    "email": constant("shop@example.com"),
    "contactEmail": constant("shop@example.com"),
    "primaryDomain": of(lambda shop: Domain(f"{PREFIX}Domain/1", shop.myshopify_domain)),
    "url": of(lambda shop: f"https://{shop.myshopify_domain}"),
    "enabledPresentmentCurrencies": constant(["EUR", "JPY"]),
    "ianaTimezone": constant(str(TIME_ZONE)),
    "timezoneAbbreviation": of(lambda shop: shop.now().astimezone(TIME_ZONE).tzname()),
    "timezoneOffset": of(_offset),
    "timezoneOffsetMinutes": of(_offset_minutes),
    "taxShipping": constant(value=True),
    "plan": constant(Plan()),
    "weightUnit": constant("KILOGRAMS"),
    "orderNumberFormatPrefix": constant("#"),
    "orderNumberFormatSuffix": constant(""),
    "shopAddress": constant(ShopAddress()),
    "resourceLimits": constant(ResourceLimits()),
    "createdAt": "opened_at",
    "updatedAt": "opened_at",
}

TABLE: Mapping[str, Fields] = {
    "Shop": _SHOP,
    "AppInstallation": {
        "id": constant(f"{PREFIX}AppInstallation/1"),
        "app": constant(Application(f"{PREFIX}App/1", "Demonstration app", "demo-app")),
        "accessScopes": asking(lambda call: [AccessScope(scope) for scope in call.scopes]),
    },
    "Location": {"inventoryLevels": _levels, "inventoryLevel": _level_of},
    "InventoryItem": {
        "inventoryLevels": _levels,
        "inventoryLevel": _level_at,
        "duplicateSkuCount": _duplicates,
        "locationsCount": of(lambda item: Count(len(item.levels))),
    },
    "InventoryLevel": {"quantities": _quantities},
    "InventoryAdjustmentGroup": {"changes": _changes},
    "Product": {"variantsCount": of(lambda product: Count(len(product.variants)))},
    "Customer": {"orders": _orders},
    "WebhookSubscription": {"endpoint": of(_endpoint), "apiVersion": constant(ApiVersion("2026-07"))},
}
#: every version there is, for `publicApiVersions`
API_VERSIONS = [ApiVersion(version) for version in VERSIONS]

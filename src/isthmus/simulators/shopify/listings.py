"""Sorted listings of records, searched and paged.

The sorted rows are kept until a record of the type changes: the same listing is asked for page after page.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from isthmus.simulators.shopify import filters, search
from isthmus.simulators.shopify.paging import Connection, Key, Window, page
from isthmus.simulators.shopify.search import Maker, Search
from isthmus.simulators.shopify.shop import Shop

_SEARCHES_KEPT = 256
SortKey = Callable[[Any], Any]


def number_of(record: Any) -> int:
    """Return the number in a record's id, which settles ties."""
    number = getattr(record, "legacy_resource_id", None)
    return int(record.id.rsplit("/", 1)[1].split("?", 1)[0]) if number is None else number


def _epoch(attribute: str) -> SortKey:
    return lambda record: int(getattr(record, attribute).timestamp())


SORTS: Mapping[str, SortKey] = {
    "ID": lambda _record: 0,
    "CREATED_AT": _epoch("created_at"),
    "UPDATED_AT": _epoch("updated_at"),
    "PROCESSED_AT": _epoch("processed_at"),
    "ORDER_NUMBER": lambda order: order.number,
    "TOTAL_PRICE": lambda order: str(order.ordered.total.shop_money.amount).zfill(20),
    "TITLE": lambda record: record.title,
    "NAME": lambda record: getattr(record, "name", None) or record.display_name,
    "SKU": lambda variant: variant.sku or "",
    "VENDOR": lambda product: product.vendor,
    "POSITION": lambda variant: variant.position,
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A listing: which records, and what they can be filtered by."""

    typename: str
    rows: Callable[[Shop], Iterable[Any]]
    fields: Mapping[str, Maker]


KINDS: Mapping[str, Kind] = {
    "orders": Kind("Order", lambda shop: shop.orders.values(), filters.ORDERS),
    "products": Kind("Product", lambda shop: shop.products.values(), filters.PRODUCTS),
    "productVariants": Kind("ProductVariant", lambda shop: shop.variants.values(), filters.VARIANTS),
    "inventoryItems": Kind("InventoryItem", lambda shop: shop.items.values(), filters.ITEMS),
    "locations": Kind("Location", lambda shop: shop.locations.values(), filters.LOCATIONS),
    "customers": Kind("Customer", lambda shop: shop.customers.values(), filters.CUSTOMERS),
    "companies": Kind("Company", lambda shop: shop.companies.values(), filters.COMPANIES),
    "companyLocations": Kind("CompanyLocation", lambda shop: shop.company_locations.values(), filters.COMPANIES),
    "deletionEvents": Kind("DeletionEvent", lambda shop: shop.deletions.values(), filters.DELETIONS),
}


@dataclass(frozen=True, slots=True)
class _Sorted:
    revision: int
    rows: list[Any]
    keys: list[Key]


class Listings:
    """The sorted rows of one shop."""

    def __init__(self, shop: Shop) -> None:
        """Sort nothing yet."""
        self._shop = shop
        self._kept: dict[tuple[str, str], _Sorted] = {}
        self._searches: dict[tuple[str, str], Search] = {}
        self._levels: dict[str, tuple[list[Any], list[Key]]] = {}

    def page(self, listing: str, arguments: dict[str, Any]) -> tuple[Connection, Search]:
        """Return a page, and the search with its warnings."""
        kind = KINDS[listing]
        window = Window.of(arguments)
        sort = arguments.get("sortKey") or "ID"
        found = self.search(listing, arguments.get("query"))
        ordered = self._ordered(kind, sort)
        at_least = _least(found, sort)
        return page(ordered.rows, ordered.keys, window, found.test, at_least), found

    def count(self, listing: str, query: str | None) -> int:
        """Return how many records match."""
        test = self.search(listing, query).test
        return sum(1 for row in KINDS[listing].rows(self._shop) if test(row))

    def search(self, listing: str, query: str | None) -> Search:
        """Return the search of a query, from memory when it was asked before."""
        key = (listing, query or "")
        if key not in self._searches:
            if len(self._searches) >= _SEARCHES_KEPT:
                self._searches.clear()
            self._searches[key] = search.compile_search(query, KINDS[listing].fields)
        return self._searches[key]

    def levels(self, owner: Any) -> tuple[list[Any], list[Key]]:
        """Return an item's or location's inventory levels, oldest first; levels only ever get more."""
        kept = self._levels.get(owner.id)
        if kept is None or len(kept[0]) != len(owner.levels):
            rows = sorted(owner.levels.values(), key=number_of)
            kept = self._levels[owner.id] = (rows, [(0, number_of(row)) for row in rows])
        return kept

    def _ordered(self, kind: Kind, sort: str) -> _Sorted:
        revision = self._shop.revisions[kind.typename]
        kept = self._kept.get((kind.typename, sort))
        if kept is None or kept.revision != revision:
            value = SORTS[sort]
            pairs = sorted(
                (((value(row), number_of(row)), row) for row in kind.rows(self._shop)), key=lambda pair: pair[0]
            )
            kept = _Sorted(revision, [row for _key, row in pairs], [key for key, _row in pairs])
            self._kept[kind.typename, sort] = kept
        return kept


def _least(found: Search, sort: str) -> Key | None:
    """Return the key below which nothing can match, so that old orders cost nothing to skip."""
    if sort != "UPDATED_AT":
        return None
    bound = search.lower_bound(found.condition, "updated_at")
    if bound is None:
        return None
    try:
        return (int(filters.moment(bound).timestamp()), 0)
    except search.NotAccepted:
        return None

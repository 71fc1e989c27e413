"""Which filters each listing knows, and how a value is compared.

Source: the `query` arguments at https://shopify.dev/docs/api/admin-graphql/2026-07/queries/orders and its like
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from isthmus.simulators.shopify.search import Maker, NotAccepted
from isthmus.simulators.shopify.shop import TIME_ZONE

Get = Callable[[Any], Any]


def moment(value: str) -> datetime:
    """Return the time a filter value names; without a zone it is the shop's. Raises `NotAccepted`."""
    try:
        when = datetime.fromisoformat(value.strip())
    except ValueError:
        raise NotAccepted(value) from None
    return when.replace(tzinfo=TIME_ZONE).astimezone(UTC) if when.tzinfo is None else when.astimezone(UTC)


def _ordered(get: Get, read: Callable[[str], Any]) -> Maker:
    def make(op: str, value: str) -> Callable[[Any], bool]:
        limit = read(value)
        match op:
            case ">=":
                return lambda row: get(row) >= limit
            case ">":
                return lambda row: get(row) > limit
            case "<=":
                return lambda row: get(row) <= limit
            case "<":
                return lambda row: get(row) < limit
            case _:
                return lambda row: get(row) == limit

    return make


def _time(get: Get) -> Maker:
    return _ordered(get, moment)


def _number(get: Get) -> Maker:
    def read(value: str) -> int:
        if not value.isdigit():
            raise NotAccepted(value)
        return int(value)

    return _ordered(get, read)


def _text(get: Get) -> Maker:
    def make(_op: str, value: str) -> Callable[[Any], bool]:
        wanted = value.casefold()
        if wanted.endswith("*"):
            return lambda row: str(get(row) or "").casefold().startswith(wanted[:-1])
        return lambda row: str(get(row) or "").casefold() == wanted

    return make


def _one_of(get: Callable[[Any], Iterable[str | None]], *, absent: bool = False) -> Maker:
    def make(_op: str, value: str) -> Callable[[Any], bool]:
        wanted = value.casefold()
        return lambda row: any((text or "").casefold() == wanted for text in get(row)) is not absent

    return make


def _flag(get: Get) -> Maker:
    def make(_op: str, value: str) -> Callable[[Any], bool]:
        if value.casefold() not in {"true", "false"}:
            raise NotAccepted(value)
        wanted = value.casefold() == "true"
        return lambda row: bool(get(row)) is wanted

    return make


def _words(get: Callable[[Any], Iterable[str | None]]) -> Maker:
    def make(_op: str, value: str) -> Callable[[Any], bool]:
        wanted = value.casefold()
        return lambda row: any(wanted in (text or "").casefold() for text in get(row))

    return make


def _order_name(_op: str, value: str) -> Callable[[Any], bool]:
    wanted = value.removeprefix("#").casefold()
    return lambda order: order.name.removeprefix("#").casefold() == wanted


def _order_status(_op: str, value: str) -> Callable[[Any], bool]:
    match value.casefold():
        case "open":
            return lambda order: not order.closed_at and not order.cancelled_at
        case "closed":
            return lambda order: bool(order.closed_at)
        case "cancelled":
            return lambda order: bool(order.cancelled_at)
        case "not_closed":
            return lambda order: not order.closed_at
        case "any":
            return lambda _order: True
        case _:
            raise NotAccepted(value)


def _fulfillment_status(_op: str, value: str) -> Callable[[Any], bool]:
    wanted = {"unshipped": "unfulfilled", "shipped": "fulfilled", "partial": "partially_fulfilled"}.get(
        value.casefold(), value.casefold()
    )
    return lambda order: order.display_fulfillment_status.casefold() == wanted


_ID = _number(lambda row: row.legacy_resource_id)
_CREATED = _time(lambda row: row.created_at)
_UPDATED = _time(lambda row: row.updated_at)
_TAG, _TAG_NOT = _one_of(lambda row: row.tags), _one_of(lambda row: row.tags, absent=True)

ORDERS: Mapping[str, Maker] = {
    "": _words(lambda order: (order.name, order.email, order.note)),
    "id": _ID,
    "created_at": _CREATED,
    "updated_at": _UPDATED,
    "processed_at": _time(lambda order: order.processed_at),
    "name": _order_name,
    "confirmation_number": _text(lambda order: order.confirmation_number),
    "status": _order_status,
    "financial_status": _text(lambda order: order.display_financial_status),
    "fulfillment_status": _fulfillment_status,
    "return_status": _text(lambda order: order.return_status),
    "email": _text(lambda order: order.email),
    "customer_id": _number(lambda order: order.customer.legacy_resource_id if order.customer else 0),
    "po_number": _text(lambda order: order.po_number),
    "source_identifier": _text(lambda order: order.source_identifier),
    "source_name": _text(lambda order: order.source_name),
    "sku": _one_of(lambda order: (line.sku for line in order.line_items)),
    "gateway": _one_of(lambda order: order.payment_gateway_names),
    "discount_code": _one_of(lambda order: order.discount_codes),
    "test": _flag(lambda order: order.test),
    "tag": _TAG,
    "tag_not": _TAG_NOT,
}
PRODUCTS: Mapping[str, Maker] = {
    "": _words(lambda product: (product.title, product.vendor)),
    "id": _ID,
    "created_at": _CREATED,
    "updated_at": _UPDATED,
    "handle": _text(lambda product: product.handle),
    "title": _text(lambda product: product.title),
    "status": _text(lambda product: product.status),
    "vendor": _text(lambda product: product.vendor),
    "product_type": _text(lambda product: product.product_type),
    "sku": _one_of(lambda product: (variant.sku for variant in product.variants)),
    "barcode": _one_of(lambda product: (variant.barcode for variant in product.variants)),
    "gift_card": _flag(lambda product: product.is_gift_card),
    "tag": _TAG,
    "tag_not": _TAG_NOT,
}
VARIANTS: Mapping[str, Maker] = {
    "": _words(lambda variant: (variant.display_name, variant.sku)),
    "id": _ID,
    "updated_at": _UPDATED,
    "sku": _text(lambda variant: variant.sku),
    "barcode": _text(lambda variant: variant.barcode),
    "title": _text(lambda variant: variant.title),
    "vendor": _text(lambda variant: variant.product.vendor),
    "taxable": _flag(lambda variant: variant.taxable),
    "product_id": _number(lambda variant: variant.product.legacy_resource_id),
    "product_status": _text(lambda variant: variant.product.status),
    "inventory_quantity": _number(lambda variant: variant.inventory_quantity),
}
ITEMS: Mapping[str, Maker] = {
    "": _words(lambda item: (item.sku,)),
    "id": _ID,
    "created_at": _CREATED,
    "updated_at": _UPDATED,
    "sku": _text(lambda item: item.sku),
}
LEVELS: Mapping[str, Maker] = {
    "created_at": _CREATED,
    "updated_at": _UPDATED,
    "id": _number(lambda level: level.item.legacy_resource_id),
    "inventory_item_id": _number(lambda level: level.item.legacy_resource_id),
}
LOCATIONS: Mapping[str, Maker] = {
    "": _words(lambda place: (place.name,)),
    "id": _ID,
    "location_id": _ID,
    "name": _text(lambda place: place.name),
    "active": _flag(lambda place: place.is_active),
    "created_at": _CREATED,
}
CUSTOMERS: Mapping[str, Maker] = {
    "": _words(lambda customer: (customer.display_name, customer.email)),
    "id": _ID,
    "updated_at": _UPDATED,
    "customer_date": _CREATED,
    "email": _text(lambda customer: customer.email),
    "phone": _text(lambda customer: customer.phone),
    "first_name": _text(lambda customer: customer.first_name),
    "last_name": _text(lambda customer: customer.last_name),
    "tag": _TAG,
    "tag_not": _TAG_NOT,
}
COMPANIES: Mapping[str, Maker] = {
    "": _words(lambda company: (company.name,)),
    "name": _text(lambda company: company.name),
    "external_id": _text(lambda company: company.external_id),
    "created_at": _CREATED,
    "updated_at": _UPDATED,
}
DELETIONS: Mapping[str, Maker] = {"occurred_at": _time(lambda event: event.occurred_at)}
NO_FILTERS: Mapping[str, Maker] = {}

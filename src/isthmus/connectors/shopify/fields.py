"""Fields of the merchant's own: attributes that themes and carts add, metafields that apps and people fill.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/Attribute, .../objects/Metafield;
https://shopify.dev/docs/apps/build/metafields/list-of-data-types (a value is always told as text)
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import msgspec

from isthmus.connectors.shopify import wire
from isthmus.connectors.shopify import wire_orders as orders
from isthmus.craft.attributes import decimals, names
from isthmus.ports.errors import Misconfigured

Named = tuple[str, object]
#: A namespace and a key, as definitions show them; an app's own namespace is `app--<number>` or begun by `$app`.
_NAME = re.compile(r"[$A-Za-z0-9_:-]{2,255}\.[A-Za-z0-9_-]{2,64}")
#: More than these of one customer would be felt in the cost of every order.
MOST = 20


def attributes(said: Iterable[orders.Attribute]) -> Iterator[Named]:
    """Return attributes of an order or a line; those hidden from the buyer (`_key`) are among them."""
    for one in said:
        yield f"attributes.{one.key}", one.value


def metafields(said: Iterable[wire.Metafield]) -> Iterator[Named]:
    """Return metafields as `namespace.key`, of the type they are."""
    for one in said:
        # Asked for by name, the key comes with its namespace before it:
        # https://shopify.dev/changelog/simplified-metafield-querying
        yield f"{one.namespace}.{one.key.removeprefix(f'{one.namespace}.')}", value_of(one)


def value_of(field: wire.Metafield) -> object:
    """Return a value: truths, whole numbers and lists as such, anything else as the text it is told as."""
    kind = field.type
    if kind not in {"boolean", "number_integer"} and not kind.startswith("list."):
        return field.value
    try:
        found = _DECODER.decode(field.value)
    except msgspec.DecodeError:
        return field.value
    return decimals(found) if kind == "list.number_decimal" else found


def wanted(entered: str) -> tuple[str, ...]:
    """Read which metafields of customers are to be read. Raises `Misconfigured`."""
    found = names(entered)
    for name in found:
        if not _NAME.fullmatch(name):
            message = f"customer_metafields: {name!r} is not of the form 'namespace.key', such as loyalty.level"
            raise Misconfigured(message)
    if len(found) > MOST:
        message = f"customer_metafields: {len(found)} are too many for one question to Shopify; name up to {MOST}"
        raise Misconfigured(message)
    return found


_DECODER = msgspec.json.Decoder(bool | int | list[Any], float_hook=Decimal)

"""Fields of plugins, checkouts and the merchant's own: `meta_data` of orders, lines and customers.

WordPress hides a field whose name begins with an underscore, and plugins keep what is theirs there, tokens among it. So
those are left out unless a checkout made them or a person named them.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#order-meta-data-properties, .../#list-all-customers
(REST v3); https://developer.wordpress.org/plugins/metadata/managing-post-metadata/#hidden-custom-fields
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from isthmus.connectors.woocommerce import wire_shop as shop
from isthmus.connectors.woocommerce.client import Client
from isthmus.connectors.woocommerce.rounds import PAGE
from isthmus.connectors.woocommerce.wire import Meta
from isthmus.craft.attributes import compact

#: Fields of a checkout and of plugins for it; other hidden fields are their own affair.
CHECKOUT = ("_billing_", "_shipping_", "_wc_other/", "_wc_billing/", "_wc_shipping/")
#: Named in place of fields of customers: all that are not hidden.
ALL = "*"
Named = tuple[str, object]
People = Mapping[int, Sequence[Meta]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which fields a merchant wants beyond those everybody sees; fields of customers cost a call for a page."""

    hidden: Collection[str] = ()
    of_customers: Collection[str] = ()

    def of_order(self, key: str) -> bool:
        """Tell whether a field of an order or a line is carried."""
        return not key.startswith("_") or key.startswith(CHECKOUT) or key in self.hidden

    def of_customer(self, key: str) -> bool:
        """Tell whether a field of a customer is carried."""
        return key in self.of_customers or (ALL in self.of_customers and not key.startswith("_"))


def carried(said: Iterable[Meta], wanted: Wanted) -> Iterator[Named]:
    """Return the fields of an order or a line that are carried, as `meta.<key>`."""
    return (named(one) for one in said if wanted.of_order(one.key))


def of_customer(said: Iterable[Meta], wanted: Wanted) -> Iterator[Named]:
    """Return the fields of a customer that are carried, as `meta.<key>`."""
    return (named(one) for one in said if wanted.of_customer(one.key))


def named(field: Meta) -> Named:
    """Return a field's name and value; a list or an object becomes compact JSON, an empty one of PHP's nothing."""
    value = field.value
    if isinstance(value, list | dict):
        value = compact(cast("Any", value)) if value else None
    return f"meta.{field.key}", value


async def people(client: Client, buyers: Iterable[int], wanted: Wanted) -> People:
    """Return the fields of those who bought, by customer; none where nobody asked for any, and none of guests."""
    if not wanted.of_customers:
        return {}
    known = sorted({buyer for buyer in buyers if buyer > 0})
    found: dict[int, Sequence[Meta]] = {}
    for start in range(0, len(known), PAGE):
        some = ",".join(map(str, known[start : start + PAGE]))
        # Whoever bought may have become a shop manager or an author since.
        query = [("include", some), ("role", "all"), ("per_page", str(PAGE)), ("_fields", "id,meta_data")]
        answer = await client.get("/wc/v3/customers", list[shop.Fields], query, name="customers.list")
        found |= {one.id: one.meta_data for one in answer.content}
    return found

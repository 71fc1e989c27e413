"""What Shopify sends when orders are only listed, not read whole.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/Order
"""

from isthmus.connectors.shopify.wire import Bag, Connection, Moment, Ref, Wire
from isthmus.connectors.shopify.wire_orders import Line


class ListedOrder(Wire, frozen=True, kw_only=True):
    """`Order`, as far as comparing it needs."""

    id: str
    name: str
    updated_at: Moment
    processed_at: Moment
    currency_code: str
    display_fulfillment_status: str
    current_total_price_set: Bag
    total_tip_received_set: Bag
    line_items: Connection[Line]
    cancelled_at: Moment | None = None
    closed_at: Moment | None = None
    test: bool = False
    display_financial_status: str | None = None
    customer: Ref | None = None


class GlimpsedOrder(Wire, frozen=True, kw_only=True):
    """`Order`, by name only."""

    id: str
    name: str
    created_at: Moment


class ListedAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `ORDERS_LISTED`."""

    orders: Connection[ListedOrder]


class GlimpsedAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `ORDERS_GLIMPSED`."""

    orders: Connection[GlimpsedOrder]


class NamedAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `CUSTOMERS_BY_ID`; an unknown id is null."""

    nodes: tuple[Ref | None, ...]

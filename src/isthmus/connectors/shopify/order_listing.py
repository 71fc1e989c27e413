"""Shopify's own list of orders, by day: what a reconciliation compares, read as cheaply as that allows.

`processedAt` is the day an order belongs to (an imported order keeps its old one), `createdAt` when the shop made it.
A filtered list is said to end at 25 000 objects, so a long day moves its filter on in time, as `cursors.py` does.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/queries/orders
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from isthmus.canonical.order import Order, PaymentStatus
from isthmus.canonical.party import Customer
from isthmus.connectors.shopify import operations as ask
from isthmus.connectors.shopify import wire
from isthmus.connectors.shopify import wire_listing as listing
from isthmus.connectors.shopify import wire_orders as orders
from isthmus.connectors.shopify.client import Answer, Client, Sizes
from isthmus.connectors.shopify.cursors import WINDOW, stamp
from isthmus.connectors.shopify.ids import legacy
from isthmus.connectors.shopify.money import money
from isthmus.connectors.shopify.order_lines import Details, to_line
from isthmus.connectors.shopify.order_payments import FINANCIAL
from isthmus.connectors.shopify.orders import Orders, status_of
from isthmus.craft.buyers import GUEST
from isthmus.ports.errors import ContractBroken, WireDrift
from isthmus.ports.listing import Glimpse, Keyed, ListPage, Span
from isthmus.ports.source import Cursor, Unreadable

#: Orders a page and lines an order.
SIZES = ((100, 5), (50, 10), (25, 10), (10, 10), (2, 10), (1, 10), (1, 1))


class Spot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where a list stands: `first` once the filter was moved on, and the page after which it goes on."""

    first: datetime | None = None
    after: str | None = None
    seen: int = 0


@dataclass(frozen=True, slots=True)
class OrderListing:
    """Every order of a span, the oldest first; test, canceled and archived ones included."""

    client: Client
    whole: Orders
    sizes: Sizes = field(default_factory=lambda: Sizes(SIZES))

    async def listed(
        self,
        span: Span,
        *,
        ours: str = "",  # noqa: ARG002 - every order of a shop is its own
        after: Cursor | None = None,
    ) -> AsyncIterator[ListPage[Order]]:
        """Yield pages of orders processed in the span. Without `read_all_orders` Shopify shows the last 60 days."""
        at = spot(after)
        while True:
            answer = await self._page(at, span)
            found = answer.content.orders
            entries: list[Keyed[Order]] = []
            bad: list[Unreadable] = []
            for node in found.nodes:
                try:
                    order = await self._order(node)
                except ValueError as wrong:
                    bad.append(Unreadable(legacy(node.id), node.name, WireDrift(str(wrong), path=node.id)))
                else:
                    entries.append(Keyed(order.external_id, order))
            at = onward(at, found.page_info, [node.processed_at for node in found.nodes])
            yield ListPage(entries, Cursor(_ENCODER.encode(at).decode()), bad, last=not found.page_info.has_next_page)
            if not found.page_info.has_next_page:
                return

    async def named(self, keys: Sequence[str]) -> Sequence[Keyed[Order]]:
        """Return the orders with these ids."""
        return [Keyed(order.external_id, order) for order in await self.whole.read(keys)] if keys else []

    async def glimpses(self, span: Span) -> AsyncIterator[Sequence[Glimpse]]:
        """Yield what the shop made in the span, by its own clock."""
        query = f"created_at:>='{stamp(span.first)}' created_at:<'{stamp(span.end)}'"
        after: str | None = None
        while True:
            answer = await self.client.query(ask.ORDERS_GLIMPSED, {"q": query, "after": after}, listing.GlimpsedAnswer)
            found = answer.content.orders
            yield [Glimpse(legacy(node.id), node.name, node.created_at) for node in found.nodes]
            if not found.page_info.has_next_page:
                return
            after = found.page_info.end_cursor

    async def _page(self, at: Spot, span: Span) -> Answer[listing.ListedAnswer]:
        query = f"processed_at:>='{stamp(at.first or span.first)}' processed_at:<'{stamp(span.end)}'"

        async def some(first: int, lines: int) -> Answer[listing.ListedAnswer]:
            variables = {"q": query, "after": at.after, "first": first, "lines": lines}
            return await self.client.query(ask.ORDERS_LISTED, variables, listing.ListedAnswer)

        return await self.sizes.fit(some)

    async def _order(self, node: listing.ListedOrder) -> Order:
        into = wire.RestAnswer[orders.Line]
        lines = await self.client.rest(ask.LISTED_LINES, node.id, node.line_items, into)
        return to_listed(node, lines)


def to_listed(node: listing.ListedOrder, lines: Sequence[orders.Line]) -> Order:
    """Translate what was listed of an order. Raises `ValueError` for an amount that is none."""
    tip = money(node.total_tip_received_set)
    buyer = legacy(node.customer.id) if node.customer else f"{GUEST}{legacy(node.id)}"
    return Order(
        external_id=legacy(node.id),
        number=node.name,
        changed_at=node.updated_at,
        status=status_of(node),
        canceled_at=node.cancelled_at,
        placed_at=node.processed_at,
        is_test=node.test,
        currency=node.currency_code,
        total=money(node.current_total_price_set),
        payment_status=FINANCIAL.get(node.display_financial_status or "", PaymentStatus.PENDING),
        lines=tuple(to_line(line, Details(), tip) for line in lines),
        customer=Customer(external_id=buyer),
    )


def onward(at: Spot, page: wire.PageInfo, placed: Sequence[datetime]) -> Spot:
    """Return the spot after a page; a filter that has shown many moves on, or it would end early."""
    seen = at.seen + len(placed)
    if seen >= WINDOW and placed and (at.first is None or placed[-1] > at.first):
        return Spot(first=placed[-1])
    return Spot(first=at.first, after=page.end_cursor, seen=seen)


def spot(cursor: Cursor | None) -> Spot:
    """Return where to go on. Raises `ContractBroken` for a cursor that is not ours."""
    if not cursor:
        return Spot()
    try:
        return msgspec.json.decode(cursor, type=Spot)
    except msgspec.DecodeError as wrong:
        message = f"not a cursor of the Shopify connector: {cursor!r}"
        raise ContractBroken(message) from wrong


_ENCODER = msgspec.json.Encoder()

"""Vendure's own list of orders, by the moment they were placed: what a reconciliation compares.

Source: https://docs.vendure.io/reference/graphql-api/admin/queries#orders (3.5)
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

from isthmus.canonical.order import Order
from isthmus.connectors.vendure import operations as ask
from isthmus.connectors.vendure import wire_orders as orders
from isthmus.connectors.vendure.client import Client
from isthmus.connectors.vendure.cursors import IN_ORDER, PLACED, stamp
from isthmus.connectors.vendure.failures import rows_of
from isthmus.connectors.vendure.lists import PAGE, page
from isthmus.connectors.vendure.orders import Orders
from isthmus.ports.errors import ContractBroken
from isthmus.ports.listing import Glimpse, Keyed, ListPage, Span
from isthmus.ports.source import Cursor

#: Databases keep moments to the second, the millisecond or finer; what is too early is left out here.
SECOND = timedelta(seconds=1)


class Spot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where a list stands: so many rows were read. Nothing leaves it, and what joins is the newest."""

    skip: int = 0


@dataclass(frozen=True, slots=True)
class OrderListing:
    """Every order of a span, the oldest first; canceled ones included."""

    client: Client
    whole: Orders

    async def listed(
        self,
        span: Span,
        *,
        ours: str = "",  # noqa: ARG002 - every order of a shop is its own
        after: Cursor | None = None,
    ) -> AsyncIterator[ListPage[Order]]:
        """Yield pages of orders placed in the span."""
        skip = spot(after).skip
        while True:
            found = await self.whole.page_of(placed_in(span), skip)
            skip += len(found.items)
            last = not found.items or skip >= found.total_items
            sorted_ = await self.whole.translated(found.items)
            entries = [
                Keyed(order.external_id, order) for order in sorted_.records if span.first <= order.placed_at < span.end
            ]
            yield ListPage(entries, Cursor(msgspec.json.encode(Spot(skip=skip)).decode()), sorted_.bad, last=last)
            if last:
                return

    async def named(self, keys: Sequence[str]) -> Sequence[Keyed[Order]]:
        """Return the orders with these ids."""
        return [Keyed(order.external_id, order) for order in await self.whole.read(keys)] if keys else []

    async def glimpses(self, span: Span) -> AsyncIterator[Sequence[Glimpse]]:
        """Yield what was placed in the span, by the shop's clock."""
        skip = 0
        while True:
            found, _at = await page(self.client, ask.ORDERS_GLIMPSED, placed_in(span), skip, PAGE)
            rows = rows_of(found, orders.Glimpsed)
            yield [
                Glimpse(row.id, row.code, row.order_placed_at)
                for row in rows
                if span.first <= row.order_placed_at < span.end
            ]
            skip += len(rows)
            if not rows or skip >= found.total_items:
                return


def placed_in(span: Span) -> Mapping[str, Any]:
    """Return what lists the orders of a span; both ends are exclusive there."""
    within = {"after": stamp(span.first - SECOND), "before": stamp(span.end + SECOND)}
    return {"filter": {**PLACED, "orderPlacedAt": within}, "sort": IN_ORDER}


def spot(cursor: Cursor | None) -> Spot:
    """Return where to go on. Raises `ContractBroken` for a cursor that is not ours."""
    try:
        found = msgspec.json.decode(cursor, type=Spot) if cursor else Spot()
    except (ValueError, RecursionError) as wrong:
        message = f"not a cursor of this connector: {cursor!r}"
        raise ContractBroken(message) from wrong
    if found.skip < 0:
        message = f"not a cursor of this connector: {cursor!r}"
        raise ContractBroken(message)
    return found

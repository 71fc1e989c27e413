"""The shop's own list of orders, by the day they were made: what a reconciliation compares.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#list-all-orders (REST v3: `after` and `before` are
exclusive, in whole seconds)
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from isthmus.canonical.order import Order
from isthmus.connectors.woocommerce import wire_orders as orders
from isthmus.connectors.woocommerce.client import Client
from isthmus.connectors.woocommerce.orders import ANY, DECIMALS, LIST, ROUTE, Orders
from isthmus.connectors.woocommerce.rounds import Feed, Reader
from isthmus.connectors.woocommerce.sites import Query
from isthmus.connectors.woocommerce.wire import utc, written
from isthmus.ports.errors import ContractBroken
from isthmus.ports.listing import Glimpse, Keyed, ListPage, Span
from isthmus.ports.source import Cursor

SECOND = timedelta(seconds=1)


class Spot(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where a list stands: how many rows were passed, and the last one's id."""

    seen: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class OrderListing:
    """Every order of a span; canceled ones and those nobody has paid included, those in the trash not."""

    client: Client
    whole: Orders

    async def listed(
        self,
        span: Span,
        *,
        ours: str = "",  # noqa: ARG002 - every order of a shop is its own
        after: Cursor | None = None,
    ) -> AsyncIterator[ListPage[Order]]:
        """Yield pages of the orders made in the span."""
        at = spot(after)
        query = [ANY, DECIMALS, *made_in(span)]
        reader = Reader(self.client, Feed(ROUTE, orders.Order, LIST), query, at.seen, at.last)
        while not reader.ended:
            await reader.more()
            inside = [row for row in reader.rows if span.first <= utc(row.date_created_gmt) < span.end]
            records, bad = await self.whole.translated(inside)
            cursor = Cursor(_ENCODER.encode(Spot(reader.seen, reader.last)).decode())
            entries = [Keyed(record.external_id, record) for record in records]
            yield ListPage(entries, cursor, bad, last=reader.ended)

    async def named(self, keys: Sequence[str]) -> Sequence[Keyed[Order]]:
        """Return the orders with these ids."""
        return [Keyed(order.external_id, order) for order in await self.whole.read(keys)] if keys else []

    async def glimpses(self, span: Span) -> AsyncIterator[Sequence[Glimpse]]:
        """Yield what the shop made in the span, by its own clock."""
        feed = Feed(ROUTE, orders.Named, LIST)
        query = [ANY, ("_fields", "id,number,date_created_gmt"), *made_in(span)]
        reader = Reader(self.client, feed, query)
        while not reader.ended:
            await reader.more()
            rows = [(row, utc(row.date_created_gmt)) for row in reader.rows]
            yield [Glimpse(str(row.id), row.number, made) for row, made in rows if span.first <= made < span.end]


def made_in(span: Span) -> Query:
    """Return the query of what was made in a span; its borders are not part of what is asked for."""
    return [
        ("after", written(up(span.first) - SECOND)),
        ("before", written(up(span.end))),
        ("dates_are_gmt", "true"),
    ]


def up(moment: datetime) -> datetime:
    """Return the first whole second that is not before a moment."""
    whole = moment.astimezone(UTC).replace(microsecond=0)
    return whole if whole == moment else whole + SECOND


def spot(cursor: Cursor | None) -> Spot:
    """Return where to go on. Raises `ContractBroken` for a cursor that is not ours."""
    if not cursor:
        return Spot()
    try:
        return msgspec.json.decode(cursor, type=Spot)
    except (ValueError, RecursionError) as wrong:
        message = f"not a cursor of a list of the WooCommerce connector: {cursor!r}"
        raise ContractBroken(message) from wrong


_ENCODER = msgspec.json.Encoder()

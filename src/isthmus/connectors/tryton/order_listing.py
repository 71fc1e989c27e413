"""Tryton's own list of sales that bear our key, with their lines: what a reconciliation compares.

Our key stands in `description` (`orders.py`); a sale duplicated by a person takes it along (`copy` of `sale.sale`),
which is how a double shows. Booked by `sale_date`, the day of the order where the company is.
Source: sale/sale.py (8.2).
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec

from isthmus.canonical.money import Money
from isthmus.canonical.order import LineKind, Order, OrderLine
from isthmus.canonical.party import Customer
from isthmus.canonical.quantity import Quantity
from isthmus.connectors.tryton import wire
from isthmus.connectors.tryton.customers import literal
from isthmus.connectors.tryton.dialect import PAGE, Dialect
from isthmus.connectors.tryton.order_status import to_order
from isthmus.connectors.tryton.order_vals import LINES, MODEL
from isthmus.connectors.tryton.settings import Services
from isthmus.connectors.tryton.values import day
from isthmus.craft.by_id import listed
from isthmus.ports.errors import Trouble
from isthmus.ports.listing import Keyed, ListPage, Span
from isthmus.ports.source import Cursor, Unreadable


@dataclass(frozen=True, slots=True)
class OrderListing:
    """Sales of a span by id, those of every state."""

    dialect: Dialect
    services: Services

    async def listed(
        self, span: Span, *, ours: str = "", after: Cursor | None = None
    ) -> AsyncIterator[ListPage[Order]]:
        """Yield pages of orders dated in the span whose key begins with `ours`."""
        terms: list[Any] = [
            ["sale_date", ">=", day(first_day(span.first))],
            ["sale_date", "<", day(first_day(span.end))],
            ["description", "like", f"{literal(ours)}%"],
        ]

        def read(seen: int) -> Awaitable[list[wire.Sale]]:
            return self._rows([["id", ">", seen], *terms], PAGE)

        async for page in listed(read, self._orders, after, page=PAGE):
            yield page

    async def named(self, keys: Sequence[str]) -> Sequence[Keyed[Order]]:
        """Return every order that bears one of these keys."""
        found: list[Keyed[Order]] = []
        for start in range(0, len(keys), PAGE):
            rows = await self._rows([["description", "in", list(keys[start : start + PAGE])]])
            entries, bad = await self._orders(rows)
            for each in bad:
                raise each.trouble
            found += entries
        return found

    async def _rows(self, terms: list[Any], limit: int | None = None) -> list[wire.Sale]:
        company = (await self.dialect.client.identity()).company
        return await self.dialect.search(MODEL, wire.Sale, [*terms, ["company", "=", company]], limit=limit)

    async def _orders(self, rows: Sequence[wire.Sale]) -> tuple[list[Keyed[Order]], list[Unreadable]]:
        read_at = self.dialect.client.clock.now()
        lines: defaultdict[int, list[wire.SaleLine]] = defaultdict(list)
        if rows:
            of_these = [["sale", "in", [row.id for row in rows]]]
            for line in await self.dialect.search(LINES, wire.SaleLine, of_these):
                lines[line.sale or 0].append(line)
        products = {line.product for some in lines.values() for line in some if line.product}
        skus = {row.id: row.code for row in await self.dialect.read("product.product", wire.Coded, products)}
        buyers = {row.party for row in rows if row.party}
        parties = {row.id: row for row in await self.dialect.read("party.party", wire.Referenced, buyers)}
        found: list[Keyed[Order]] = []
        bad: list[Unreadable] = []
        for row in rows:
            try:
                order = self._order(row, lines[row.id], skus, parties, read_at)
            except Trouble as strange:
                bad.append(Unreadable(str(row.id), row.number, strange))
            else:
                found.append(Keyed(row.description, order))
        return found, bad

    def _order(
        self,
        row: wire.Sale,
        lines: Sequence[wire.SaleLine],
        skus: Mapping[int, str],
        parties: Mapping[int, wire.Referenced],
        read_at: datetime,
    ) -> Order:
        header = to_order(row, read_at)
        buyer = parties.get(row.party or 0)
        return msgspec.structs.replace(
            header,
            lines=tuple(self._line(line, skus, header.currency) for line in lines if line.product),
            customer=Customer(external_id=str(buyer.id), number=_key(buyer, row)) if buyer else None,
        )

    def _line(self, line: wire.SaleLine, skus: Mapping[int, str], currency: str) -> OrderLine:
        sku = skus.get(line.product or 0, "")
        return OrderLine(
            external_id=str(line.id),
            sku=sku,
            title=sku,
            quantity=Quantity(wire.exact(line.quantity)),
            unit_price=Money(line.unit_price, currency),
            # What is booked on a service product of ours is money, which the total speaks of; the rest is goods.
            kind=LineKind.FEE if sku in self.services.codes else LineKind.GOODS,
            item_ref=str(line.product or ""),
        )


def first_day(moment: datetime) -> date:
    """Return the first day whose beginning, UTC, is not before a moment: a sale stands at the beginning of its day."""
    utc = moment.astimezone(UTC)
    begun = datetime.combine(utc.date(), time(), UTC) < utc
    return utc.date() + timedelta(days=1) if begun else utc.date()


def _key(buyer: wire.Referenced, row: wire.Sale) -> str:
    """Return the buyer's key: the one of the connection the sale came from, where the party bears several."""
    connection = row.description.partition(":")[0] + ":"
    marks = (buyer.code, *(one.code for one in buyer.identifiers_))
    return next((mark for mark in marks if mark.startswith(connection)), buyer.code)

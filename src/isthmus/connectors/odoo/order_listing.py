"""Odoo's own list of sales orders that bear our key, with their lines: what a reconciliation compares.

Our key stands in `origin` (`orders.py`); a sales order duplicated by a person takes it along (`copy` of `sale.order`),
which is how a double shows. Booked by `date_order`, which our sink sets to the moment the buyer ordered.
Source: sale/models/sale_order.py, sale_order_line.py (17.0, 19.0).
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from isthmus.canonical.money import Money
from isthmus.canonical.order import LineKind, Order, OrderLine
from isthmus.canonical.party import Customer
from isthmus.canonical.quantity import Quantity
from isthmus.connectors.odoo import wire
from isthmus.connectors.odoo.client import stamp
from isthmus.connectors.odoo.customers import literal
from isthmus.connectors.odoo.dialect import PAGE, Dialect
from isthmus.connectors.odoo.order_status import to_order
from isthmus.connectors.odoo.order_vals import LINES, MODEL
from isthmus.connectors.odoo.orders import REOPENED
from isthmus.connectors.odoo.settings import Services
from isthmus.craft.by_id import listed
from isthmus.ports.errors import Unmapped
from isthmus.ports.listing import Keyed, ListPage, Span
from isthmus.ports.source import Cursor, Unreadable


@dataclass(frozen=True, slots=True)
class OrderListing:
    """Sales orders of a span by id, those of every state."""

    dialect: Dialect
    services: Services

    async def listed(
        self, span: Span, *, ours: str = "", after: Cursor | None = None
    ) -> AsyncIterator[ListPage[Order]]:
        """Yield pages of orders dated in the span whose key begins with `ours`."""
        terms: list[Any] = [
            ["date_order", ">=", stamp(span.first)],
            ["date_order", "<", stamp(span.end)],
            ["origin", "=like", f"{literal(ours)}%"],
        ]

        def read(seen: int) -> Awaitable[list[wire.SaleOrder]]:
            return self._rows([["id", ">", seen], *terms], limit=PAGE)

        async for page in listed(read, self._orders, after, page=PAGE):
            yield page

    async def named(self, keys: Sequence[str]) -> Sequence[Keyed[Order]]:
        """Return every order that bears one of these keys, those being changed by us included."""
        found: list[Keyed[Order]] = []
        for start in range(0, len(keys), PAGE):
            some = keys[start : start + PAGE]
            asked = [*some, *(f"{key}{REOPENED}" for key in some)]
            entries, bad = await self._orders(await self._rows([["origin", "in", asked]]))
            for each in bad:
                raise each.trouble
            found += entries
        return found

    async def _rows(self, terms: list[Any], limit: int = 0) -> list[wire.SaleOrder]:
        company = (await self.dialect.client.identity()).company
        return await self.dialect.search(MODEL, wire.SaleOrder, [["company_id", "=", company], *terms], limit=limit)

    async def _orders(self, rows: Sequence[wire.SaleOrder]) -> tuple[list[Keyed[Order]], list[Unreadable]]:
        if not rows:
            return [], []
        read_at = self.dialect.client.clock.now()
        ids = [row.id for row in rows]
        listed = [["order_id", "in", ids], ["display_type", "=", False]]
        lines: defaultdict[int, list[wire.SaleOrderLine]] = defaultdict(list)
        for line in await self.dialect.search(LINES, wire.SaleOrderLine, listed):
            if line.order_id:
                lines[line.order_id[0]].append(line)
        products = {line.product_id[0] for some in lines.values() for line in some if line.product_id}
        skus = {row.id: row.default_code for row in await self.dialect.read("product.product", wire.Coded, products)}
        buyers = {row.partner_id[0] for row in rows if row.partner_id}
        keys = {row.id: row.ref for row in await self.dialect.read("res.partner", wire.Referenced, buyers)}
        found: list[Keyed[Order]] = []
        bad: list[Unreadable] = []
        for row in rows:
            try:
                order = self._order(row, lines[row.id], skus, keys, read_at)
            except Unmapped as strange:
                bad.append(Unreadable(str(row.id), row.name, strange))
            else:
                found.append(Keyed(row.origin.removesuffix(REOPENED), order))
        return found, bad

    def _order(
        self,
        row: wire.SaleOrder,
        lines: Sequence[wire.SaleOrderLine],
        skus: Mapping[int, str],
        keys: Mapping[int, str],
        read_at: datetime,
    ) -> Order:
        header = to_order(row, read_at)
        buyer = row.partner_id[0] if row.partner_id else 0
        return msgspec.structs.replace(
            header,
            lines=tuple(self._line(line, skus, header.currency) for line in lines if line.product_id),
            customer=Customer(external_id=str(buyer), number=keys.get(buyer, "")) if buyer else None,
        )

    def _line(self, line: wire.SaleOrderLine, skus: Mapping[int, str], currency: str) -> OrderLine:
        product = line.product_id[0] if line.product_id else 0
        sku = skus.get(product, "")
        return OrderLine(
            external_id=str(line.id),
            sku=sku,
            title=sku,
            quantity=Quantity(wire.exact(line.product_uom_qty)),
            unit_price=Money(line.price_unit, currency),
            # What is booked on a service product of ours is money, which the total speaks of; the rest is goods.
            kind=LineKind.FEE if sku in self._service_skus() else LineKind.GOODS,
            item_ref=str(product),
        )

    def _service_skus(self) -> frozenset[str]:
        own = self.services
        return frozenset((own.shipping, own.discount, own.rounding, own.tip, own.fee))

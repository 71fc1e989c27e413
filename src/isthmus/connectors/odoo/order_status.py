"""Sales orders that came from us, read back to see what Odoo made of them.

Only the header is read: which step an order has reached, its number and its total.
Source: sale/models/sale_order.py, sale_stock/models/sale_order.py (`delivery_status`, 16 and later).
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from isthmus.canonical.order import Order, OrderStatus
from isthmus.connectors.odoo import wire
from isthmus.connectors.odoo.client import utc
from isthmus.connectors.odoo.dialect import Dialect
from isthmus.connectors.odoo.order_vals import MODEL
from isthmus.connectors.odoo.orders import tax_of, total_of
from isthmus.connectors.odoo.rounds import Feed, changed
from isthmus.ports.errors import Trouble, Unmapped
from isthmus.ports.source import Cursor, Page, Unreadable

STATUS = {
    "draft": OrderStatus.RECEIVED,
    "sent": OrderStatus.RECEIVED,
    "sale": OrderStatus.ACCEPTED,
    "done": OrderStatus.ACCEPTED,  # 14 to 16: confirmed and locked
    "cancel": OrderStatus.CANCELED,
}
SHIPPED = {
    "started": OrderStatus.ACCEPTED,
    "partial": OrderStatus.PARTLY_SHIPPED,
    "full": OrderStatus.SHIPPED,
}


@dataclass(frozen=True, slots=True)
class OrderStatuses:
    """The source of orders: those with a reference and an origin, as ours have."""

    dialect: Dialect

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[Order]]:
        """Yield orders whose header changed since a cursor."""
        company = (await self.dialect.client.identity()).company
        ours = [["company_id", "=", company], ["client_order_ref", "!=", False], ["origin", "!=", False]]
        async for batch in changed(self.dialect, [Feed(MODEL, wire.SaleOrder, domain=ours)], since):
            records: list[Order] = []
            bad: list[Unreadable] = []
            for row in batch.rows:
                try:
                    records.append(to_order(row, batch.read_at))
                except Trouble as trouble:
                    bad.append(Unreadable(str(row.id), row.name, trouble))
            yield Page(records, batch.cursor, bad=bad, last=batch.last)

    async def read(self, ids: Sequence[str]) -> Sequence[Order]:
        """Return the orders of `ids` that exist."""
        read_at = self.dialect.client.clock.now()
        wanted = [int(one) for one in ids if one.isdigit()]
        return [to_order(row, read_at) for row in await self.dialect.read(MODEL, wire.SaleOrder, wanted)]

    async def by_number(self, number: str) -> Sequence[Order]:
        """Return the orders Odoo calls so, such as `S00042`, ours or not."""
        company = (await self.dialect.client.identity()).company
        read_at = self.dialect.client.clock.now()
        domain = [["name", "=", number], ["company_id", "=", company]]
        return [to_order(row, read_at) for row in await self.dialect.search(MODEL, wire.SaleOrder, domain)]


def to_order(row: wire.SaleOrder, read_at: datetime) -> Order:
    """Translate a header. Raises `Unmapped` for a state an app invented."""
    total = total_of(row)
    return Order(
        external_id=str(row.id),
        number=row.name,
        revision=row.write_date,
        changed_at=utc(row.write_date) if row.write_date else None,
        read_at=read_at,
        status=to_status(row),
        placed_at=utc(row.date_order),
        currency=total.currency,
        lines=(),
        total=total,
        tax=tax_of(row),
        customer_ref=str(row.partner_id[0]) if row.partner_id else "",
        billing_ref=str(row.partner_invoice_id[0]) if row.partner_invoice_id else "",
        shipping_ref=str(row.partner_shipping_id[0]) if row.partner_shipping_id else "",
        custom={"origin": row.origin, "client_order_ref": row.client_order_ref, "invoice_status": row.invoice_status},
    )


def to_status(row: wire.SaleOrder) -> OrderStatus:
    """Return the furthest step: canceled beats all, then invoiced, then what left the house."""
    if row.state not in STATUS:
        raise Unmapped(table="order_status", value=row.state)
    status = STATUS[row.state]
    if status is not OrderStatus.ACCEPTED:
        return status
    shipped = SHIPPED.get(row.delivery_status, status)
    # A company may invoice before it ships: then what is still to be delivered is the news.
    complete = shipped is OrderStatus.SHIPPED or not row.delivery_status
    return OrderStatus.INVOICED if complete and row.invoice_status == "invoiced" else shipped

"""Sales that came from us, read back to see what Tryton made of them.

Only the header is read: which step an order has reached, its number and its total.
Source: sale/sale.py (`state`, `shipment_state`, `invoice_state`) (8.2); `waiting` was `pending` until 6.6.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal

from isthmus.canonical.money import Money
from isthmus.canonical.order import Order, OrderStatus
from isthmus.connectors.tryton import wire
from isthmus.connectors.tryton.dialect import Dialect
from isthmus.connectors.tryton.ids import numbers
from isthmus.connectors.tryton.order_vals import MODEL
from isthmus.connectors.tryton.rounds import Feed, changed
from isthmus.ports.errors import Trouble, Unmapped, WireDrift
from isthmus.ports.source import Cursor, Page, Unreadable

STATUS = {
    "draft": OrderStatus.RECEIVED,
    "quotation": OrderStatus.RECEIVED,
    "confirmed": OrderStatus.ACCEPTED,
    "processing": OrderStatus.ACCEPTED,
    "done": OrderStatus.CLOSED,
    "cancelled": OrderStatus.CANCELED,
    "cancel": OrderStatus.CANCELED,  # until 5.8
}
SHIPPED = {"partially shipped": OrderStatus.PARTLY_SHIPPED, "sent": OrderStatus.SHIPPED}
INVOICED = frozenset({"awaiting payment", "partially paid", "paid"})
CANCELED = frozenset({"cancelled", "cancel"})


@dataclass(frozen=True, slots=True)
class OrderStatuses:
    """The source of orders: those with a reference and a description, as ours have."""

    dialect: Dialect

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[Order]]:
        """Yield orders whose header changed since a cursor."""
        company = (await self.dialect.client.identity()).company
        ours = [["company", "=", company], ["reference", "!=", None], ["description", "!=", None]]
        async for batch in changed(self.dialect, [Feed(MODEL, wire.Sale, domain=ours)], since):
            records: list[Order] = []
            bad: list[Unreadable] = []
            for row in batch.rows:
                try:
                    records.append(to_order(row, batch.read_at))
                except Trouble as trouble:
                    bad.append(Unreadable(str(row.id), row.number, trouble))
            yield Page(records, batch.cursor, bad=bad, last=batch.last)

    async def read(self, ids: Sequence[str]) -> Sequence[Order]:
        """Return the orders of `ids` that exist."""
        read_at = self.dialect.client.clock.now()
        return [to_order(row, read_at) for row in await self.dialect.read(MODEL, wire.Sale, numbers(ids))]

    async def by_number(self, number: str) -> Sequence[Order]:
        """Return the sales Tryton gave this number, ours or not."""
        company = (await self.dialect.client.identity()).company
        read_at = self.dialect.client.clock.now()
        domain = [["number", "=", number], ["company", "=", company]]
        return [to_order(row, read_at) for row in await self.dialect.search(MODEL, wire.Sale, domain)]


def to_order(row: wire.Sale, read_at: datetime) -> Order:
    """Translate a header. Raises `Unmapped` for a state a module invented.

    Tryton keeps the day of a sale only; it stands here as its first moment, UTC.
    """
    total = total_of(row)
    placed_at = datetime.combine(row.sale_date, time(), UTC) if row.sale_date else row.create_date
    if placed_at is None:
        message = f"{row.label} has neither a date nor a time of making"
        raise WireDrift(message, path="sale_date")
    return Order(
        external_id=str(row.id),
        number=row.number,
        revision=row.revision,
        changed_at=row.changed_at,
        read_at=read_at,
        status=to_status(row),
        placed_at=placed_at,
        ordered_on=row.sale_date,
        currency=total.currency,
        lines=(),
        total=total,
        tax=tax_of(row),
        customer_ref=str(row.party) if row.party else "",
        billing_ref=str(row.invoice_address) if row.invoice_address else "",
        shipping_ref=str(row.shipment_address) if row.shipment_address else "",
        custom={"reference": row.reference, "description": row.description, "invoice_state": row.invoice_state},
    )


def to_status(row: wire.Sale) -> OrderStatus:
    """Return the furthest step: canceled beats all, then closed, then invoiced, then what left the house."""
    if row.state not in STATUS:
        raise Unmapped(table="order_status", value=row.state)
    if withdrawn(row):
        return OrderStatus.CANCELED
    status = STATUS[row.state]
    if status is not OrderStatus.ACCEPTED:
        return status
    shipped = SHIPPED.get(row.shipment_state, status)
    # A company may invoice before it ships: then what is still to be delivered is the news.
    complete = shipped is OrderStatus.SHIPPED or row.shipment_state == "none"
    return OrderStatus.INVOICED if complete and row.invoice_state in INVOICED else shipped


def withdrawn(row: wire.Sale) -> bool:
    """Tell whether nothing of a processed sale will be delivered or charged any more.

    Tryton cancels no sale that is being processed: its shipments and invoices are, and are then ignored; what is left
    is a sale that is done, of which nothing was sent and nothing paid (seen on 8.2).
    """
    return row.state == "done" and row.shipment_state == "none" and row.invoice_state == "none"


def total_of(row: wire.Sale) -> Money:
    """Return the total with tax."""
    return _money(row, row.total_amount)


def tax_of(row: wire.Sale) -> Money:
    """Return the tax in the total."""
    return _money(row, row.tax_amount)


def _money(row: wire.Sale, amount: Decimal) -> Money:
    try:
        return Money(amount, row.currency_.code if row.currency_ else "").rounded()
    except (ValueError, ArithmeticError) as wrong:
        message = f"an amount of {row.label} is none: {wrong}"
        raise WireDrift(message, path="amount") from wrong

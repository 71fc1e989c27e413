"""Orders, written as sales orders and confirmed once their totals agree to the cent.

Odoo takes no idempotency key and holds `client_order_ref` twice without complaint: our key stands in `origin`, the
number people use in `client_order_ref`, and both together find the order again. The empty draft is made under an
external id of ours (`creation.py`), so that two requests never make two. A draft is only confirmed when it adds up to
what the buyer was charged; every step can be interrupted and is picked up by the next `put`.
Source: sale/models/sale_order.py, sale_stock/models/sale_order.py (17.0, 19.0), and a 19.0 Community server.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

from msgspec.structs import replace

from isthmus.canonical.money import ZERO, Money, exponent
from isthmus.canonical.order import Order, OrderStatus
from isthmus.connectors.odoo import wire
from isthmus.connectors.odoo.client import utc
from isthmus.connectors.odoo.creation import create_once, external_id
from isthmus.connectors.odoo.dialect import CANCEL_AT_ONCE
from isthmus.connectors.odoo.order_vals import LINES, MODEL, Translator, Wanted
from isthmus.craft.sinks import one_by_one
from isthmus.ports.errors import (
    Contended,
    Duplicate,
    Gone,
    InDoubt,
    Invalid,
    Misconfigured,
    TotalsDiffer,
    Trouble,
    WireDrift,
)
from isthmus.ports.sink import Key, Put, Receipt

CANCELED = "cancel"
DRAFT = frozenset({"draft", "sent"})
CONFIRMED = frozenset({"sale", "done"})  # 14 to 16 lock as "done", later by a flag
#: What an order is made with, before its lines: whose it is and what makes it ours.
IDENTITY = ("partner_id", "client_order_ref", "origin", "company_id", "pricelist_id", "warehouse_id")
#: Stands behind our key while a confirmed order is taken back for a change: tells an interrupted change from a
#: cancellation by a person.
REOPENED = " (reopened)"
#: Odoo ends a request after two minutes (`limit_time_real`); whatever it was about has happened by then, or never does.
REQUEST_LIVES = timedelta(seconds=130)
#: The delivery already planned moves to the new address as well (sale_stock/models/sale_order.py, `write`).
MOVE_DELIVERY = {"update_delivery_shipping_partner": True}


@dataclass(slots=True)
class Orders:
    """The sink of orders; one at a time, because Odoo fails a batch as a whole."""

    translator: Translator
    rounding_sku: str
    tolerance: Decimal  # of a currency with two decimals; others get the same number of smallest units
    batch: int = field(default=1, init=False)
    upserts: bool = field(default=False, init=False)
    unique: bool = field(default=True, init=False)

    async def find(self, key: Key) -> Receipt | None:
        """Return our order; a canceled one only when no other is left. Raises `Duplicate`."""
        company = (await self.translator.dialect.client.identity()).company
        domain = [
            ["client_order_ref", "=", key.reference or key.unique],
            ["origin", "in", [key.unique, key.unique + REOPENED]],
            ["company_id", "=", company],
        ]
        found = await self.translator.dialect.search(MODEL, wire.SaleOrder, domain)
        live = [row for row in found if row.state != CANCELED]
        if len(live) > 1:
            message = f"order {key.reference} stands in Odoo {len(live)} times: {', '.join(row.name for row in live)}"
            raise Duplicate(message, external_ids=[str(row.id) for row in live])
        ours = next(iter([*live, *reversed(found)]), None)
        return to_receipt(ours) if ours else None

    async def put(self, record: Order, *, key: Key, existing: Receipt | None = None) -> Receipt:
        """Make Odoo hold this order, confirmed or canceled as it is in the store.

        Raises `TotalsDiffer` with the order left as a draft, and `Invalid` where a person has to decide.
        """
        if existing is not None:
            row = await self._read(int(existing.external_id))
            if not existing.means(row.create_date):
                message = (
                    f"{row.name} is another order: the one of ours under its id is gone, as after a restored backup"
                )
                raise Gone(message)
            return await self._bring(record, key, row)
        wanted = await self.translator.wanted(record, key)
        made = await self._draft(wanted, key)
        if record.status is OrderStatus.CANCELED:
            return await self._cancel(await self._read(made), key)
        try:
            await self._fill(made, wanted, key)
        except Invalid:
            row = await self._read(made)
            if row.state in DRAFT:
                raise
            # Under this external id stands an order that has left the draft: somebody took our reference off it.
            return await self._bring(record, key, row)
        return await self._finish(record, key, wanted, await self._read(made))

    async def rehearse(self, record: Order, *, key: Key) -> None:
        """Translate the order, without a customer if need be: nothing is looked up by the id of one."""
        await self.translator.wanted(replace(record, customer_ref=record.customer_ref or "0"), key)

    async def put_many(self, puts: Sequence[Put[Order]]) -> Sequence[Receipt | Trouble]:
        """Write one after the other; each fails alone."""
        return await one_by_one(self, puts)

    async def _draft(self, wanted: Wanted, key: Key) -> int:
        """Return the id of the draft of this key, made now or by an earlier request."""
        vals = {name: wanted.header[name] for name in IDENTITY if name in wanted.header}
        vals |= await self.translator.own.required(MODEL, wanted.own)
        known_as = external_id("order", key.unique)
        (made,) = await create_once(self.translator.dialect.client, MODEL, {known_as: vals}, writes=key.unique)
        return made

    async def _fill(
        self, order_id: int, wanted: Wanted, key: Key, *, rounding: Mapping[str, Any] | None = None
    ) -> None:
        """Write header and lines. Any number of times: what was there before is replaced.

        Coming through late it does no harm: Odoo deletes no line of an order that is confirmed.
        """
        # Writing the company again makes Odoo fill in the product's own taxes on lines sent with none (seen on 19.0).
        header = {name: value for name, value in wanted.header.items() if name != "company_id"}
        lines = [*wanted.lines, *([rounding] if rounding else [])]
        vals = {**header, "order_line": [[5, 0, 0], *([0, 0, line] for line in lines)]}
        await self._write(order_id, vals, key)

    async def _bring(self, order: Order, key: Key, row: wire.SaleOrder) -> Receipt:
        """Bring an order that exists to this content, from whatever step it stands at."""
        if order.status is OrderStatus.CANCELED:
            return await self._cancel(row, key)
        ours = row.origin == key.unique + REOPENED
        if ours and row.state in CONFIRMED:
            self._wait_for_cancellation(row, key)
        if row.state == CANCELED and not ours:
            raise _undecided(row, "canceled_in_odoo", "was canceled in Odoo, the store still wants it")
        wanted = await self.translator.wanted(order, key)
        if row.state in CONFIRMED and not ours and await self._holds(row, order, wanted):
            return await self._correct_header(key, wanted, row)
        if row.state in CONFIRMED or row.state == CANCELED:
            row = await self._reopen(row, key)
        elif await self._holds(row, order, wanted):
            if own := await self.translator.own.changed(MODEL, row.id, wanted.own):
                await self._write(row.id, own, key)
            return await self._finish(order, key, wanted, row)
        await self._fill(row.id, wanted, key)
        return await self._finish(order, key, wanted, await self._read(row.id))

    async def _finish(self, order: Order, key: Key, wanted: Wanted, row: wire.SaleOrder) -> Receipt:
        """Confirm a draft that adds up."""
        row = await self._agree(order, key, wanted, row)
        answer = await self._confirm(row, key)
        if isinstance(answer, str | list):  # it says true, or an action to open next
            message = f"{row.name}: Odoo's answer to the confirmation has an unknown form"
            raise InDoubt(message, key=key.unique)
        # Confirming sets the date to now; the books want the day the buyer ordered (R-ORD-11).
        await self._write(row.id, {"date_order": wanted.header["date_order"]}, key)
        confirmed = await self._read(row.id)
        if total_of(confirmed) != order.total.rounded():
            message = f"{row.name} was changed while it was being confirmed"
            raise Contended(message)
        return to_receipt(confirmed)

    async def _confirm(self, row: wire.SaleOrder, key: Key) -> Any:
        try:
            return await self.translator.dialect.client.call(MODEL, "action_confirm", ids=[row.id], writes=key.unique)
        except Invalid:
            # Somebody was faster, such as a request of ours that was taken for lost.
            if (await self._read(row.id)).state not in CONFIRMED:
                raise
            return True

    async def _agree(self, order: Order, key: Key, wanted: Wanted, row: wire.SaleOrder) -> wire.SaleOrder:
        """Return the draft once its total is the buyer's, a difference within the tolerance on a line of its own."""
        difference = order.total - total_of(row) if total_of(row).currency == order.currency else None
        if difference:
            if abs(difference.amount) > self._tolerance(order.currency):
                raise _differ(row, "total", order.total, total_of(row))
            # All lines anew: a line that was added twice, once late, would be a second cent.
            await self._fill(row.id, wanted, key, rounding=await self._rounded(row, difference.amount))
            row = await self._read(row.id)
        if total_of(row) != order.total.rounded():
            raise _differ(row, "total", order.total, total_of(row))
        tax = Money(wanted.tax, order.currency).rounded()
        if abs(tax.amount - tax_of(row).amount) > self._tolerance(order.currency):
            raise _differ(row, "tax", tax, tax_of(row))
        return row

    async def _rounded(self, row: wire.SaleOrder, difference: Decimal) -> dict[str, Any]:
        """Return the rounding line for a draft that is off by `difference`, counting the one there may be."""
        line = await self.translator.rounding_line(difference)
        domain = [["order_id", "=", row.id], ["product_id", "=", line["product_id"]]]
        there = await self.translator.dialect.search(LINES, wire.SaleOrderLine, domain)
        return {**line, "price_unit": difference + sum((old.price_unit for old in there), start=ZERO)}

    async def _holds(self, row: wire.SaleOrder, order: Order, wanted: Wanted) -> bool:
        """Tell whether the order there has the same total, quantities and fields of the merchant's own on lines."""
        if total_of(row) != order.total.rounded() or not await self._same_goods(row, wanted):
            return False
        return await self.translator.own.lines_hold(row.id, wanted.lines_own)

    async def _same_goods(self, row: wire.SaleOrder, wanted: Wanted) -> bool:
        """Tell whether the order there has the same quantity of every product."""
        there: dict[int, Decimal] = {}
        for line in await self._lines(row):
            if line.product_id:
                there[line.product_id[0]] = there.get(line.product_id[0], ZERO) + line.product_uom_qty
        finest = await self.translator.dialect.decimals(LINES, "product_uom_qty")
        differing = {
            product
            for product in {*there, *wanted.quantities}
            if rough(there.get(product, ZERO) - wanted.quantities.get(product, ZERO), finest)
        }
        if not differing:
            return True
        try:
            return differing == {await self.translator.lookups.service(self.rounding_sku)}
        except Misconfigured:  # no rounding product: then none of the lines is one
            return False

    async def _correct_header(self, key: Key, wanted: Wanted, row: wire.SaleOrder) -> Receipt:
        """Write addresses, date and fields of the merchant's own where they differ; the lines are right."""
        there = {"partner_invoice_id": row.partner_invoice_id, "partner_shipping_id": row.partner_shipping_id}
        vals: dict[str, Any] = {
            name: wanted.header[name]
            for name, ref in there.items()
            if ref and wanted.header.get(name, ref[0]) != ref[0]
        }
        if vals:
            await self._still_ours(row)
        if row.date_order != wanted.header["date_order"]:
            vals["date_order"] = wanted.header["date_order"]
        vals |= await self.translator.own.changed(MODEL, row.id, wanted.own)
        if not vals:
            return to_receipt(row)
        await self._write(row.id, vals, key)
        return to_receipt(await self._read(row.id))

    async def _reopen(self, row: wire.SaleOrder, key: Key) -> wire.SaleOrder:
        """Take a confirmed order back to a draft.

        Lowering a quantity on a confirmed order leaves its delivery as it was and plans a receipt for the difference
        (seen on 19.0), so the delivery is canceled with the order and planned anew.
        """
        if row.state != CANCELED:
            await self._still_ours(row)
            await self._write(row.id, {"origin": key.unique + REOPENED}, key)
            await self._cancel(row, key)
        await self.translator.dialect.client.call(MODEL, "action_draft", ids=[row.id], writes=key.unique)
        reopened = await self._read(row.id)
        if reopened.state not in DRAFT:
            message = f"{row.name} is not a draft again, though Odoo did not refuse it"
            raise InDoubt(message, key=key.unique)
        return reopened

    def _wait_for_cancellation(self, row: wire.SaleOrder, key: Key) -> None:
        """Raise `InDoubt` while the cancellation of an interrupted change may still come through.

        It would cancel the order that has been confirmed again meanwhile.
        """
        over_at = utc(row.write_date) + REQUEST_LIVES
        wait = over_at - self.translator.dialect.client.server_now()
        if wait > timedelta():
            message = f"{row.name}: a cancellation may still be on its way"
            look_at = self.translator.dialect.client.clock.now() + wait
            raise InDoubt(message, key=key.unique, look_at=look_at)

    async def _cancel(self, row: wire.SaleOrder, key: Key) -> Receipt:
        if row.state == CANCELED:
            return to_receipt(row)
        await self._still_ours(row)
        client = self.translator.dialect.client
        await client.call(MODEL, "action_cancel", ids=[row.id], context=CANCEL_AT_ONCE, writes=key.unique)
        canceled = await self._read(row.id)
        if canceled.state != CANCELED:
            raise _undecided(canceled, "asks", "was not canceled: Odoo asks something only a person can answer")
        return to_receipt(canceled)

    async def _still_ours(self, row: wire.SaleOrder) -> None:
        """Refuse what Odoo would let us do: it cancels a delivered order without a word."""
        if row.locked or row.state == "done":
            raise _undecided(row, "locked", "is locked in Odoo")
        lines = await self._lines(row)
        if any(line.qty_invoiced for line in lines):
            raise _undecided(row, "invoiced", "is invoiced already")
        done = [["sale_id", "=", row.id], ["state", "=", "done"]]
        if any(line.qty_delivered for line in lines) or await self.translator.dialect.search(
            "stock.picking", wire.Row, done, limit=1
        ):
            raise _undecided(row, "delivered", "is on its way already")

    async def _read(self, order_id: int) -> wire.SaleOrder:
        found = await self.translator.dialect.read(MODEL, wire.SaleOrder, [order_id])
        if not found:
            message = f"the sales order {order_id} was deleted in Odoo"
            raise Gone(message)
        return found[0]

    async def _lines(self, row: wire.SaleOrder) -> list[wire.SaleOrderLine]:
        domain = [["order_id", "=", row.id], ["display_type", "=", False]]
        return await self.translator.dialect.search(LINES, wire.SaleOrderLine, domain)

    async def _write(self, order_id: int, vals: dict[str, Any], key: Key) -> None:
        client = self.translator.dialect.client
        said = await client.call(MODEL, "write", ids=[order_id], vals=vals, context=MOVE_DELIVERY, writes=key.unique)
        if said is not True:
            message = f"{MODEL}.write: Odoo's answer has an unknown form"
            raise InDoubt(message, key=key.unique)

    def _tolerance(self, currency: str) -> Decimal:
        return self.tolerance.scaleb(2 - exponent(currency))


def to_receipt(row: wire.SaleOrder) -> Receipt:
    """Return Odoo's yes. A confirmation that waits for an approval there is not complete."""
    details = {"total": str(total_of(row)), "tax": str(tax_of(row))}
    complete = row.state in CONFIRMED or row.state == CANCELED
    return Receipt(str(row.id), row.name, row.state, complete=complete, details=details, born=row.create_date)


def rough(difference: Decimal, decimals: int | None) -> Decimal:
    """Return a difference of quantities as far as Odoo keeps decimals of them."""
    return difference if decimals is None else difference.quantize(Decimal(1).scaleb(-decimals), ROUND_DOWN)


def total_of(row: wire.SaleOrder) -> Money:
    """Return the total, free of the noise of binary floats."""
    return _money(row, row.amount_total)


def tax_of(row: wire.SaleOrder) -> Money:
    """Return the tax in the total, free of the noise of binary floats."""
    return _money(row, row.amount_tax)


def _money(row: wire.SaleOrder, amount: Decimal) -> Money:
    try:
        return Money(amount, row.currency_id[1] if row.currency_id else "").rounded()
    except ValueError as wrong:
        message = f"an amount of {row.name} is none: {wrong}"
        raise WireDrift(message, path="amount") from wrong


def _differ(row: wire.SaleOrder, what: str, ours: Money, theirs: Money) -> TotalsDiffer:
    message = f"{row.name}: the {what} is {theirs} in Odoo and {ours} in the store; the order was left as a draft"
    return TotalsDiffer(message, ours=ours, theirs=theirs, external_id=str(row.id))


def _undecided(row: wire.SaleOrder, code: str, why: str) -> Invalid:
    message = f"{row.name} {why}: a person must decide"
    return Invalid(message, fields={"state": code})

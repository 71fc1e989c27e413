"""Orders, written as sales and confirmed once their totals agree to the cent.

Tryton takes no idempotency key and lets any number of sales have the same reference. Our key stands in `description`,
which nobody can change once a sale is a draft no more; the number people use in `reference`. Two requests may both
make a draft, which does nothing by itself: before one is quoted, all that bear the key are looked at, one of them is
chosen by a rule that every looker shares, and the bare drafts beside it are deleted, which Tryton refuses for any that
has gone further. So at most one is ever confirmed. Quoting and confirming name the state of the sale whose total was
checked (`_timestamp`); if it changed meanwhile, they are refused.
Source: sale/sale.py (8.2), trytond/model/modelsql.py (`__check_timestamp`), and an 8.2 server.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from isthmus.canonical.money import ZERO, Money, exponent
from isthmus.canonical.order import Order, OrderStatus
from isthmus.connectors.tryton import wire
from isthmus.connectors.tryton.ids import number
from isthmus.connectors.tryton.order_status import CANCELED, tax_of, total_of, withdrawn
from isthmus.connectors.tryton.order_vals import LINES, MODEL, Translator, Wanted
from isthmus.connectors.tryton.processing import Processing
from isthmus.connectors.tryton.withdrawal import Withdrawal, undecided
from isthmus.craft.sinks import one_by_one
from isthmus.ports.errors import Contended, Duplicate, Gone, InDoubt, Invalid, Misconfigured, TotalsDiffer, Trouble
from isthmus.ports.sink import Key, Put, Receipt

DRAFT, QUOTATION = "draft", "quotation"
CONFIRMED = frozenset({"confirmed", "processing", "done"})
#: Which of several sales under one key is the one: what has gone furthest, then the oldest.
RANK = {DRAFT: 2, QUOTATION: 1}
#: Stands behind the number while a sale that is being processed is taken back to be made anew.
REPLACED = " (replaced)"


@dataclass(slots=True)
class Orders:
    """The sink of orders; one at a time, because Tryton fails a batch as a whole."""

    translator: Translator
    withdrawal: Withdrawal
    processing: Processing
    rounding_code: str
    tolerance: Decimal  # of a currency with two decimals; others get the same number of smallest units
    batch: int = field(default=1, init=False)
    upserts: bool = field(default=False, init=False)

    async def find(self, key: Key) -> Receipt | None:
        """Return our order; a canceled one only when no other is left. Raises `Duplicate`.

        A draft of ours that came late beside it is taken away.
        """
        ours = await self._ours(key)
        return to_receipt(ours) if ours else None

    async def put(self, record: Order, *, key: Key, existing: Receipt | None = None) -> Receipt:
        """Make Tryton hold this order, confirmed or canceled as it is in the store.

        Raises `TotalsDiffer` with the order left as a draft, and `Invalid` where a person has to decide.
        """
        if existing is None:
            return await self._make(record, key, await self.translator.wanted(record, key))
        row = await self._read(number(existing.external_id))
        if not existing.means(row.born):
            message = f"{row.label} is another sale: the one of ours under its id is gone, as after a restored backup"
            raise Gone(message)
        if _over(row):
            row = await self._ours(key) or row
        return await self._bring(record, key, row)

    async def rehearse(self, record: Order, *, key: Key) -> None:
        """Translate the order, without a customer if need be: the id stands for one who is not there yet."""
        party = record.customer_ref or "0"
        known = replace(record, customer_ref=party, billing_ref=record.billing_ref or record.shipping_ref or party)
        await self.translator.wanted(known, key)

    async def put_many(self, puts: Sequence[Put[Order]]) -> Sequence[Receipt | Trouble]:
        """Write one after the other; each fails alone."""
        return await one_by_one(self, puts)

    async def _make(self, order: Order, key: Key, wanted: Wanted) -> Receipt:
        """Create the sale as a draft with all its lines, and go on with the one that is chosen."""
        vals = {**wanted.header, "lines": [["create", [dict(line) for line in wanted.lines]]]}
        made = await self._call("create", [vals], key)
        one = wire.first_id(made)
        if one is None:
            message = f"{MODEL}.create: Tryton did not tell the id of the new record"
            raise InDoubt(message, key=key.unique)
        row = await self._ours(key) or await self._read(one)
        if order.status is OrderStatus.CANCELED:
            return await self._cancel(row, key)
        return await self._finish(order, key, wanted, row)

    async def _ours(self, key: Key) -> wire.Sale | None:
        """Return the sale of a key, the only one that is alive, or else the last of those that are not."""
        company = (await self.translator.dialect.client.identity()).company
        # A copy a person made has our description and no reference (sale/sale.py, `copy`).
        domain = [["description", "=", key.unique], ["reference", "!=", None], ["company", "=", company]]
        found = await self.translator.dialect.search(MODEL, wire.Sale, domain)
        live = sorted((row for row in found if not _over(row)), key=lambda row: (RANK.get(row.state, 0), row.id))
        if not live:
            return found[-1] if found else None
        spare = live[1:]
        if any(row.state != DRAFT or row.number for row in spare):
            message = f"order {key.reference} stands in Tryton {len(live)} times: {', '.join(r.label for r in live)}"
            raise Duplicate(message, external_ids=[str(row.id) for row in live])
        if spare:
            await self._call("delete", [row.id for row in spare], key)
        return live[0]

    async def _bring(self, order: Order, key: Key, row: wire.Sale) -> Receipt:
        """Bring an order that exists to this content, from whatever step it stands at."""
        if order.status is OrderStatus.CANCELED:
            return await self._cancel(row, key)
        replaced = row.reference.endswith(REPLACED)
        if _over(row) and not replaced:
            raise undecided(row, "canceled_in_tryton", "was canceled in Tryton, the store still wants it")
        wanted = await self.translator.wanted(order, key)
        if not replaced and await self._holds(row, order, wanted):
            row = await self._tell(row, wanted, key)
            return to_receipt(row) if row.state in CONFIRMED else await self._finish(order, key, wanted, row)
        if replaced or row.state in {"processing", "done"}:
            await self._replace(row, key, replaced=replaced)
            return await self._make(order, key, wanted)
        if row.state != DRAFT:
            row = await self._press("draft", row, key, frozenset({DRAFT}))
        row = await self._fill(row, wanted, key)
        return await self._finish(order, key, wanted, row)

    async def _tell(self, row: wire.Sale, wanted: Wanted, key: Key) -> wire.Sale:
        """Write the merchant's own fields of a sale where they differ, whatever step it stands at."""
        changed = await self.translator.own.changed(MODEL, row.id, wanted.own)
        if not changed:
            return row
        if row.state == QUOTATION:
            row = await self._press("draft", row, key, frozenset({DRAFT}))
        try:
            await self._call("write", [row.id], changed, key, unchanged=row)
        except Invalid as refused:
            message = f"{row.label} is {row.state} and Tryton does not let {', '.join(changed)} be changed: {refused}"
            raise Invalid(message, fields=refused.fields) from refused
        return await self._read(row.id)

    async def _replace(self, row: wire.Sale, key: Key, *, replaced: bool) -> None:
        """Take a processed sale back, to be made anew: Tryton changes none of its lines any more."""
        if _over(row):
            return
        await self.withdrawal.check(row)
        if not replaced:
            marked = {"reference": f"{row.reference}{REPLACED}"}
            await self._call("write", [row.id], marked, key, unchanged=row)
        await self._take_back(row, key)

    async def _take_back(self, row: wire.Sale, key: Key) -> wire.Sale:
        await self.withdrawal.take_back(row, key)
        row = await self._read(row.id)
        if not _over(row):
            raise undecided(row, "asks", "was not taken back: Tryton asks something only a person can answer")
        return row

    async def _cancel(self, row: wire.Sale, key: Key) -> Receipt:
        if _over(row):
            return to_receipt(row)
        if row.state == "confirmed":
            row = await self._press("draft", row, key, frozenset({DRAFT}))
        if row.state in CONFIRMED:
            await self.withdrawal.check(row)
            return to_receipt(await self._take_back(row, key))
        return to_receipt(await self._press("cancel", row, key, CANCELED))

    async def _fill(
        self, row: wire.Sale, wanted: Wanted, key: Key, *, rounding: dict[str, Any] | None = None
    ) -> wire.Sale:
        """Write header and lines of a draft; what was there before is replaced."""
        old = [line.id for line in await self._lines(row)]
        lines: list[Any] = [["delete", old]] if old else []
        new = [dict(line) for line in wanted.lines] + ([rounding] if rounding else [])
        # What makes it ours, and whose books it is in, stays.
        header = {name: value for name, value in wanted.header.items() if name not in {"company", "description"}}
        vals = {**header, "lines": [*lines, ["create", new]]}
        try:
            await self._call("write", [row.id], vals, key, unchanged=row)
        except Invalid:
            await self._still(row)
            raise
        return await self._read(row.id)

    async def _finish(self, order: Order, key: Key, wanted: Wanted, row: wire.Sale) -> Receipt:
        """Confirm a draft that adds up."""
        row = await self._agree(order, key, wanted, row)
        if row.state == DRAFT:
            row = await self._press("quote", row, key, CONFIRMED | {QUOTATION})
        if row.state == QUOTATION:
            if total_of(row) != order.total.rounded():
                message = f"{row.label} was changed while it was being confirmed"
                raise Contended(message)
            row = await self._press("confirm", row, key, CONFIRMED)
        if row.state == "confirmed" and await self.processing.due():
            row = await self._press("process", row, key, CONFIRMED)
        return to_receipt(row)

    async def _press(self, button: str, row: wire.Sale, key: Key, reached: frozenset[str]) -> wire.Sale:
        """Call a step of the workflow on the sale as it was read, and return it as it is then."""
        try:
            await self._call(button, [row.id], key, unchanged=row)
        except Invalid:
            # Somebody was faster, such as a request of ours that was taken for lost.
            now = await self._still(row)
            if now.state not in reached or button == "process":
                raise
            return now
        now = await self._read(row.id)
        if now.state not in reached:
            message = f"{row.label} is {now.state} after {button!r}, though Tryton did not refuse it"
            raise InDoubt(message, key=key.unique)
        return now

    async def _agree(self, order: Order, key: Key, wanted: Wanted, row: wire.Sale) -> wire.Sale:
        """Return the draft once its total is the buyer's, a difference within the tolerance on a line of its own."""
        difference = order.total - total_of(row) if total_of(row).currency == order.currency else None
        if difference:
            if abs(difference.amount) > self._tolerance(order.currency):
                raise _differ(row, "total", order.total, total_of(row))
            if row.state == QUOTATION:
                row = await self._press("draft", row, key, frozenset({DRAFT}))
            line = await self._rounded(row, difference.amount, wanted)
            row = await self._fill(row, wanted, key, rounding=line)
        if total_of(row) != order.total.rounded():
            raise _differ(row, "total", order.total, total_of(row))
        tax = Money(wanted.tax, order.currency).rounded()
        if abs(tax.amount - tax_of(row).amount) > self._tolerance(order.currency):
            raise _differ(row, "tax", tax, tax_of(row))
        return row

    async def _rounded(self, row: wire.Sale, difference: Decimal, wanted: Wanted) -> dict[str, Any]:
        """Return the rounding line for a draft that is off by `difference`, counting the one there may be."""
        code = await self.translator.lookups.service(self.rounding_code)
        there = sum((line.unit_price for line in await self._lines(row) if line.product == code), start=ZERO)
        return await self.translator.rounding_line(difference + there, wanted.sale_date)

    async def _holds(self, row: wire.Sale, order: Order, wanted: Wanted) -> bool:
        """Tell whether the sale there has the same total, addresses, quantities and own fields of lines."""
        if total_of(row) != order.total.rounded() or not await self._same_goods(row, wanted):
            return False
        return await self.translator.own.lines_hold(row.id, wanted.lines_own)

    async def _same_goods(self, row: wire.Sale, wanted: Wanted) -> bool:
        """Tell whether the sale there has the same addresses, and quantity of every product."""
        places = (row.invoice_address, row.shipment_address)
        if places != (wanted.header["invoice_address"], wanted.header["shipment_address"]):
            return False
        there: dict[int, Decimal] = {}
        for line in await self._lines(row):
            if line.product:
                there[line.product] = there.get(line.product, ZERO) + wire.exact(line.quantity)
        differing = {
            product
            for product in {*there, *wanted.quantities}
            if there.get(product, ZERO) != wanted.quantities.get(product, ZERO)
        }
        if not differing:
            return True
        try:
            return differing == {await self.translator.lookups.service(self.rounding_code)}
        except Misconfigured:  # no rounding product: then none of the lines is one
            return False

    async def _read(self, sale: int) -> wire.Sale:
        found = await self.translator.dialect.read(MODEL, wire.Sale, [sale])
        if not found:
            message = f"the sale {sale} was deleted in Tryton"
            raise Gone(message)
        return found[0]

    async def _still(self, row: wire.Sale) -> wire.Sale:
        """Return a sale as it is now. Raises `Contended` when it was taken away beside another one of our key."""
        found = await self.translator.dialect.read(MODEL, wire.Sale, [row.id])
        if not found:
            message = f"{row.label} was taken away meanwhile"
            raise Contended(message)
        return found[0]

    async def _lines(self, row: wire.Sale) -> list[wire.SaleLine]:
        return await self.translator.dialect.search(LINES, wire.SaleLine, [["sale", "=", row.id]])

    async def _call(self, method: str, *params: Any, unchanged: wire.Sale | None = None) -> Any:
        """Call a writing method; the last of `params` is our key, and `unchanged` the sale as it must still be."""
        *sent, key = params
        context = {"_timestamp": {f"{MODEL},{unchanged.id}": unchanged.timestamp}} if unchanged else None
        return await self.translator.dialect.client.call(MODEL, method, *sent, writes=key.unique, context=context)

    def _tolerance(self, currency: str) -> Decimal:
        return self.tolerance.scaleb(2 - exponent(currency))


def to_receipt(row: wire.Sale) -> Receipt:
    """Return Tryton's yes; a quotation that waits there is not complete."""
    details = {"total": str(total_of(row)), "tax": str(tax_of(row))}
    state = "cancelled" if _over(row) else row.state
    complete = _over(row) or row.state in CONFIRMED
    return Receipt(str(row.id), row.number, state, complete=complete, details=details, born=row.born)


def _over(row: wire.Sale) -> bool:
    """Tell whether nothing will come of a sale any more."""
    return row.state in CANCELED or withdrawn(row)


def _differ(row: wire.Sale, what: str, ours: Money, theirs: Money) -> TotalsDiffer:
    message = f"{row.label}: the {what} is {theirs} in Tryton and {ours} in the store; the order was left as a draft"
    return TotalsDiffer(message, ours=ours, theirs=theirs, external_id=str(row.id))

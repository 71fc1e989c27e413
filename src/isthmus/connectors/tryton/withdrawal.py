"""Taking back a sale that is being processed, for as long as nothing left the house and nothing was charged.

Tryton knows no way from `processing` to `cancelled`. What people do there is done here: the shipments and the draft
invoices are canceled, and the two exceptions this makes on the sale are answered with "ignore". Every step can be
interrupted and repeated.
Source: sale/sale.py (`HandleShipmentException`, `HandleInvoiceException`), stock/shipment.py, and an 8.2 server.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from isthmus.connectors.tryton import wire
from isthmus.connectors.tryton.dialect import Dialect
from isthmus.connectors.tryton.order_status import INVOICED, SHIPPED
from isthmus.connectors.tryton.order_vals import MODEL
from isthmus.ports.errors import Invalid, WireDrift
from isthmus.ports.sink import Key

SHIPMENT, INVOICE = "stock.shipment.out", "account.invoice"
#: Nothing was taken off a shelf for good, or booked.
OPEN_SHIPMENTS = frozenset({"draft", "waiting", "assigned"})
OPEN_INVOICES = frozenset({"draft", "validated"})
CANCELED = frozenset({"cancelled", "cancel"})
#: The wizard, what its question lists, and what it is answered with.
EXCEPTIONS = (
    ("shipment_state", "sale.handle.shipment.exception", "domain_moves", "ignore_moves"),
    ("invoice_state", "sale.handle.invoice.exception", "domain_invoices", "ignore_invoices"),
)


class Parts(wire.Row, frozen=True, kw_only=True):
    """`sale.sale`, what was made of it (sale/sale.py)."""

    shipments: tuple[int, ...] = ()
    shipment_returns: tuple[int, ...] = ()
    invoices: tuple[int, ...] = ()
    shipment_state: str = ""
    invoice_state: str = ""


class Document(wire.Row, frozen=True, kw_only=True):
    """`stock.shipment.out` (stock/shipment.py), `account.invoice` (account_invoice/invoice.py)."""

    state: str = ""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Takes sales back."""

    dialect: Dialect

    async def check(self, row: wire.Sale) -> None:
        """Raise `Invalid` where only a person can say what to do: goods on their way, an invoice in the books."""
        parts = await self._parts(row)
        if row.shipment_state in SHIPPED or parts.shipment_returns:
            raise undecided(row, "delivered", "is on its way already")
        if row.invoice_state in INVOICED:
            raise undecided(row, "invoiced", "is invoiced already")
        shipments = await self.dialect.read(SHIPMENT, Document, parts.shipments)
        if any(one.state not in OPEN_SHIPMENTS | CANCELED for one in shipments):
            raise undecided(row, "delivered", "is being packed or on its way already")
        invoices = await self.dialect.read(INVOICE, Document, parts.invoices)
        if any(one.state not in OPEN_INVOICES | CANCELED for one in invoices):
            raise undecided(row, "invoiced", "is invoiced already")

    async def take_back(self, row: wire.Sale, key: Key) -> None:
        """Do it, from whatever step it stands at; `check` has said that it may be done."""
        parts = await self._parts(row)
        for model, ids, states in (
            (SHIPMENT, parts.shipments, OPEN_SHIPMENTS),
            (INVOICE, parts.invoices, OPEN_INVOICES),
        ):
            left = [one.id for one in await self.dialect.read(model, Document, ids) if one.state in states]
            if left:
                await self.dialect.client.call(model, "cancel", left, writes=key.unique)
        for state, wizard, listed, ignored in EXCEPTIONS:
            if getattr(await self._parts(row), state) == "exception":
                await self._ignore(row, key, wizard, listed, ignored)

    async def _ignore(self, row: wire.Sale, key: Key, wizard: str, listed: str, ignored: str) -> None:
        """Answer what the wizard asks about: everything it lists is not made again."""
        client, about = self.dialect.client, {"active_model": MODEL, "active_id": row.id, "active_ids": [row.id]}
        begun = await client.invoke(f"wizard.{wizard}.create", writes=key.unique, context=about)
        told = cast("list[Any]", begun) if isinstance(begun, list) else []
        session, first = told[:2] if len(told) > 1 else (None, None)
        if wire.whole(session) is None or not isinstance(first, str):
            message = f"{wizard}: not the beginning of a wizard"
            raise WireDrift(message, path=wizard)
        step = f"wizard.{wizard}.execute"
        asked = await client.invoke(step, session, {}, first, writes=key.unique, context=about)
        ids: list[Any] = _defaults(asked, wizard).get(listed) or []
        answer = {first: {listed: ids, ignored: ids}}
        await client.invoke(step, session, answer, "handle", writes=key.unique, context=about)
        await client.invoke(f"wizard.{wizard}.delete", session, writes=key.unique, context=about)

    async def _parts(self, row: wire.Sale) -> Parts:
        (found,) = await self.dialect.read(MODEL, Parts, [row.id]) or [Parts(id=row.id)]
        return found


def undecided(row: wire.Sale, code: str, why: str) -> Invalid:
    """Return the refusal that asks a person."""
    message = f"{row.label} {why}: a person must decide"
    return Invalid(message, fields={"state": code})


def _defaults(answer: Any, wizard: str) -> Mapping[str, Any]:
    view = cast("Mapping[str, Any]", answer).get("view") if isinstance(answer, dict) else None
    defaults = cast("Mapping[str, Any]", view).get("defaults") if isinstance(view, dict) else None
    if not isinstance(defaults, dict):
        message = f"{wizard}: its question lists nothing"
        raise WireDrift(message, path=wizard)
    return cast("Mapping[str, Any]", defaults)

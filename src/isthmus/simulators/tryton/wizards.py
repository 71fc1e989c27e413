"""Conversations of several steps: taking a sale back, crediting an invoice.

`create` answers `[session, first state, end state]`, `execute` the next view or the actions, `delete` ends it. Only the
RPC door has them.
"""

from collections.abc import Callable
from typing import Any

from isthmus.simulators.shapes import is_object
from isthmus.simulators.tryton.errors import Page, PythonError, UserError
from isthmus.simulators.tryton.exceptional import ASK, Exceptional, InvoiceExceptions, ShipmentExceptions
from isthmus.simulators.tryton.orm.env import Env

Answer = Callable[..., Any]
START, END = "start", "end"
LINES = "account.invoice.line"


class Wizards:
    """The wizards of one server and their running sessions."""

    def __init__(self) -> None:
        """Start without sessions."""
        self._sessions: dict[int, str] = {}
        self._last = 0
        self._actions: dict[str, tuple[str, Callable[[Env, dict[str, Any]], Any]]] = {
            "sale.return_sale": ("return_", _return_sales),
            "account.invoice.credit": ("credit", _credit_invoices),
        }
        #: those that ask about something first, under the name their state has there
        self._asking: dict[str, Exceptional] = {
            "sale.handle.shipment.exception": ShipmentExceptions(),
            "sale.handle.invoice.exception": InvoiceExceptions(),
        }

    def methods(self) -> list[str]:
        """Return every wizard's methods."""
        return [
            f"wizard.{name}.{method}"
            for name in (*self._actions, *self._asking)
            for method in ("create", "execute", "delete")
        ]

    def find(self, name: str, method: str) -> Answer:
        """Return what answers a method of a wizard. Raises `PythonError` or `Page`."""
        if name not in self._actions and name not in self._asking:
            raise PythonError(repr(name))
        found: Answer | None = {"create": self._create, "execute": self._execute, "delete": self._delete}.get(method)
        if found is None:
            raise Page(403)

        def answer(env: Env, *args: Any) -> Any:
            return found(name, env, *args)

        return answer

    def _create(self, name: str, _env: Env) -> list[Any]:
        self._last += 1
        self._sessions[self._last] = name
        return [self._last, ASK if name in self._asking else START, END]

    def _execute(self, name: str, env: Env, session: int, data: Any, state: str) -> dict[str, Any]:
        if self._sessions.get(session) != name:
            message = f'You are trying to read records "{session}" of "Wizard Session" that don\'t exist.'
            raise UserError(message)
        if name in self._asking:
            return self._asking[name].execute(env, data, state)
        wanted, act = self._actions[name]
        if state == START:
            return {"view": {"state": START, "defaults": {}, "buttons": [{"state": wanted, "default": True}]}}
        if state != wanted:
            return {}
        told = data.get(START) if is_object(data) else None
        return {"actions": act(env, told if is_object(told) else {})}

    def _delete(self, _name: str, _env: Env, session: int) -> None:
        self._sessions.pop(session, None)


def _active(env: Env, model: str) -> list[int]:
    context = env.context
    if context.get("active_model") != model:
        raise PythonError(repr(context.get("active_model")))
    ids: list[int] = context.get("active_ids") or [context["active_id"]]
    return ids


def _opened(model: str, ids: list[int]) -> list[Any]:
    return [[{"type": "ir.action.act_window", "res_model": model}, {"res_id": ids}]]


def _return_sales(env: Env, _told: dict[str, Any]) -> list[Any]:
    """Make a draft of the same lines with negative quantities; its reference stays empty."""
    inner = env.inner()
    sales, lines, made = inner["sale.sale"], inner["sale.line"], list[int]()
    for sale_id in _active(env, "sale.sale"):
        (back,) = sales.copy([sale_id], {"origin": f"sale.sale,{sale_id}"})
        for line_id in sales.get(sales.row(back), "line_lines"):
            lines.change([line_id], quantity=-(lines.row(line_id)["quantity"] or 0))
        made.append(back)
    return _opened("sale.sale", made)


def _credit_invoices(env: Env, told: dict[str, Any]) -> list[Any]:
    """Make a draft of the same lines with negative quantities: a credit note is an invoice below zero."""
    inner = env.inner()
    invoices, lines, made = inner["account.invoice"], inner["account.invoice.line"], list[int]()
    for invoice_id in _active(env, "account.invoice"):
        row = invoices.row(invoice_id)
        if row["state"] not in ("posted", "paid"):
            message = f'The invoice "{invoices.label(invoice_id)}" is not posted.'
            raise UserError(message)
        (credit,) = invoices.copy([invoice_id])
        mine = invoices.get(invoices.row(credit), "lines")
        credited = dict(zip(mine, invoices.get(row, "lines"), strict=True))
        for line_id in mine:
            # The credit follows from the invoice and not from the sale any more.
            before = lines.row(line_id)
            lines.change([line_id], quantity=-(before["quantity"] or 0), origin=f"{LINES},{credited[line_id]}")
        if told.get("with_refund"):
            invoices.post([credit])  # type: ignore[attr-defined]
            invoices.paid([credit, invoice_id])  # type: ignore[attr-defined]
        made.append(credit)
    return _opened("account.invoice", made)

"""The two wizards that ask what is to become of cancelled moves and invoices of a sale: ignored, or made again.

`execute [session, {}, "ask", ctx]` lists them as defaults, `execute [session, {"ask": {...}}, "handle", ctx]` takes the
answer and processes the sale (run against 8.2).
"""

from collections.abc import Iterator
from typing import Any, Protocol

from isthmus.simulators.rows import Row
from isthmus.simulators.shapes import is_list, is_object
from isthmus.simulators.tryton.errors import PythonError
from isthmus.simulators.tryton.models import processing
from isthmus.simulators.tryton.orm.env import Env

ASK, HANDLE = "ask", "handle"


class Exceptional(Protocol):
    """A wizard that asks about something."""

    def execute(self, env: Env, data: Any, state: str) -> dict[str, Any]:
        """Answer one step."""
        ...


class ShipmentExceptions:
    """About cancelled moves."""

    def execute(self, env: Env, data: Any, state: str) -> dict[str, Any]:
        """Answer one step."""
        inner, sale = env.inner(), _sale(env)
        asked = [(line["id"], move["id"]) for line, move in _cancelled(inner, sale)]
        if state == ASK:
            return _question("domain_moves", [move for _line, move in asked])
        told = _told(data, "moves")
        for line, move in asked:
            for name in (each for each, ids in told.items() if move in ids):
                inner["sale.line"].modify([line], {name: [["add", [move]]]})
        processing.process_sales(env, [sale["id"]])
        return {}


class InvoiceExceptions:
    """About cancelled invoices."""

    def execute(self, env: Env, data: Any, state: str) -> dict[str, Any]:
        """Answer one step."""
        inner, sale = env.inner(), _sale(env)
        said = processing.answered(sale, "invoices_ignored", "invoices_recreated")
        found = processing.invoices_of(inner, sale)
        asked = [one["id"] for one in found if one["state"] == "cancelled" and one["id"] not in said]
        if state == ASK:
            return _question("domain_invoices", asked)
        for name, ids in _told(data, "invoices").items():
            inner["sale.sale"].modify([sale["id"]], {name: [["add", [one for one in ids if one in asked]]]})
        processing.process_sales(env, [sale["id"]])
        return {}


def _cancelled(env: Env, sale: Row) -> Iterator[tuple[Row, Row]]:
    for line in processing.goods_lines(env, sale):
        said = processing.answered(line, "moves_ignored", "moves_recreated")
        for move in processing.line_moves(env, line):
            if move["state"] == "cancelled" and move["id"] not in said:
                yield line, move


def _sale(env: Env) -> Row:
    if env.context.get("active_model") != "sale.sale" or not isinstance(env.context.get("active_id"), int):
        raise PythonError(repr(env.context.get("active_model")))
    return env["sale.sale"].row(env.context["active_id"])


def _question(name: str, ids: list[int]) -> dict[str, Any]:
    buttons = [{"state": "end"}, {"state": HANDLE, "default": True}]
    return {"view": {"state": ASK, "defaults": {name: ids}, "values": {}, "buttons": buttons}}


def _told(data: Any, what: str) -> dict[str, list[int]]:
    """Return the answers by the name of the field that keeps them."""
    said = data.get(ASK) if is_object(data) else None
    told = said if is_object(said) else {}
    answers = {f"{what}_ignored": told.get(f"ignore_{what}"), f"{what}_recreated": told.get(f"recreate_{what}")}
    return {name: [one for one in ids if isinstance(one, int)] for name, ids in answers.items() if is_list(ids)}

"""`/orders/{id}/refunds`, `/refunds` and `/orders/{id}/notes`.

Whoever does not say `api_refund: false` sends the money back through the gateway. Refusals come with HTTP 500 and a
bare number in `data`, because WooCommerce hands the status over in the wrong place.
Sources: https://woocommerce.github.io/woocommerce-rest-api-docs/#order-refunds, #order-notes (REST v3) and
class-wc-rest-order-refunds-controller.php (Version3)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from isthmus.simulators.woocommerce import lifecycle, listing, meta, order_params, stock
from isthmus.simulators.woocommerce.call import Call, Reply, Route, View, created
from isthmus.simulators.woocommerce.errors import Refused, unknown
from isthmus.simulators.woocommerce.money import ZERO, decimal, total
from isthmus.simulators.woocommerce.order_views import note_view, refund_view
from isthmus.simulators.woocommerce.orders import Line, Note, Order, Refund, RefundLine
from isthmus.simulators.woocommerce.resources import no_trash
from isthmus.simulators.woocommerce.shop import Shop
from isthmus.simulators.woocommerce.site import GATEWAYS, REFUNDING

_ORDER, _V3 = "/wc/v3/orders/#", "/wc/v3"
#: remembered on each line: how many units came back by refunds
RESTOCKED = "_restock_refunded_items"
Fields = Mapping[str, Any]


class RefundRefused(Refused):
    """A refusal whose `data` is a number, and whose status is 500 whatever that number says."""

    def __init__(self, *, message: str, code: str = "cannot_create_order_refund", number: int = 500) -> None:
        """Say why there is no refund."""
        super().__init__(HTTPStatus.INTERNAL_SERVER_ERROR, f"woocommerce_rest_{code}", message)
        self._number = number

    def body(self) -> View:
        """Return the answer's JSON."""
        return {"code": self.code, "message": self.message, "data": self._number}


@dataclass(frozen=True, slots=True)
class _Row:
    """A line to refund, amounts positive."""

    line: Line
    quantity: int
    total: Decimal
    taxes: dict[int, Decimal]


def refund(shop: Shop, order: Order, fields: Fields) -> Refund:
    """Refund what the fields say. Raises `Refused`."""
    rows = _rows(order, fields.get("line_items", ()))
    amount = _amount(fields, rows)
    if amount < 0:
        text = "Refund amount must be greater than zero."
        raise RefundRefused(message=text, code="invalid_order_refund", number=HTTPStatus.BAD_REQUEST)
    if amount > order.total - order.refunded:
        raise RefundRefused(message="Invalid refund amount.")
    # Anything that is no boolean counts as yes.
    through_gateway = fields.get("api_refund") is not False
    if through_gateway:
        _send_back(order)
    made = _book(shop, order, fields, amount, rows)
    made.refunded_payment = through_gateway
    if fields.get("api_restock") is not False:
        _restock(shop, order, made)
    if order.refunded >= order.total:
        lifecycle.set_status(shop, order, "refunded")
    shop.touch(order, "order.updated")
    return made


def _amount(fields: Fields, rows: list[_Row]) -> Decimal:
    """Return the amount said, or else what the lines add up to when every one of them names its total."""
    if fields.get("amount"):
        return decimal(fields["amount"])
    sent = fields.get("line_items", ())
    if sent and all("refund_total" in row for row in sent):
        return total(row.total + total(row.taxes.values()) for row in rows)
    return ZERO


def _rows(order: Order, sent: Any) -> list[_Row]:
    """Return the lines meant. One row without an id, and none of them is understood."""
    if not all(row.get("id") for row in sent):
        return []
    lines = {line.id: line for line in order.lines}
    return [
        _Row(
            line=lines[row["id"]],
            quantity=int(row.get("quantity") or 0),
            total=decimal(row.get("refund_total", 0)),
            taxes={one["id"]: decimal(one.get("refund_total", 0)) for one in row.get("refund_tax", ())},
        )
        for row in sent
        if row["id"] in lines
    ]


def _send_back(order: Order) -> None:
    if order.payment_method not in GATEWAYS:
        raise RefundRefused(message="The payment gateway for this order does not exist.")
    if order.payment_method not in REFUNDING:
        raise RefundRefused(message="The payment gateway for this order does not support automatic refunds.")


def _book(shop: Shop, order: Order, fields: Fields, amount: Decimal, rows: list[_Row]) -> Refund:
    now = shop.now()
    made = Refund(
        id=shop.new_id(), order_id=order.id, created_at=now, modified_at=now, amount=amount,
        reason=str(fields.get("reason", "")),
    )  # fmt: skip
    made.lines = [
        RefundLine(
            shop.new_id("item"), row.line, -row.quantity, -row.total, {rate: -tax for rate, tax in row.taxes.items()}
        )
        for row in rows
    ]
    meta.merge(made.meta, fields.get("meta_data", ()), shop.new_id)
    order.refunds.append(made)
    return made


def _restock(shop: Shop, order: Order, made: Refund) -> None:
    """Put back what is refunded of lines that took something out; lines remember both."""
    for row in made.lines:
        line, units = row.line, -row.quantity
        taken = int(meta.value(line.meta, stock.REDUCED) or 0)
        holder = stock.sold(shop, line) if line.kind == "line_item" else None
        if holder is None or not taken or not units:
            continue
        before = holder.stock_quantity
        stock.change(shop, holder, units)
        back = int(meta.value(line.meta, RESTOCKED) or 0)
        meta.put(line.meta, stock.REDUCED, taken - units, shop.new_id)
        meta.put(line.meta, RESTOCKED, back + units, shop.new_id)
        text = f"Item #{holder.id} stock increased from {before} to {holder.stock_quantity}."
        lifecycle.note(shop, order, text)


def _order(call: Call) -> Order:
    order = call.shop.orders.get(int(call.ids[0]))
    if order is None:
        raise Refused(HTTPStatus.NOT_FOUND, "woocommerce_rest_order_invalid_id", "Invalid order ID.")
    return order


def _create(call: Call) -> Reply:
    order = call.shop.orders.get(int(call.ids[0]))
    if order is None:
        number = HTTPStatus.NOT_FOUND
        raise RefundRefused(message="Invalid order ID.", code="invalid_order_id", number=number)
    return created(call, refund_view(call.shop, refund(call.shop, order, call.params), call.params.get("dp")))


def _of_order(call: Call) -> Reply:
    rows = listing.in_order(call, listing.selected(call, _order(call).refunds), lambda one: one.reason)
    return listing.page(call, rows, lambda one: refund_view(call.shop, one, call.params.get("dp")))


def _all(call: Call) -> Reply:
    everything = [one for order in call.shop.orders.values() for one in order.refunds]
    rows = listing.in_order(call, listing.selected(call, everything), lambda one: one.reason)
    return listing.page(call, rows, lambda one: refund_view(call.shop, one, call.params.get("dp"), parent=True))


def _find(call: Call) -> tuple[Order, Refund]:
    order = _order(call)
    found = next((one for one in order.refunds if one.id == call.id), None)
    if found is None:
        raise unknown(kind="shop_order_refund")
    return order, found


def _get(call: Call) -> Reply:
    return Reply(refund_view(call.shop, _find(call)[1], call.params.get("dp")))


def _delete(call: Call) -> Reply:
    """Delete a refund, which only works for good; the money stays where it is."""
    order, found = _find(call)
    if not call.params.get("force"):
        raise no_trash(label="Refunds")
    order.refunds.remove(found)
    call.shop.touch(order, "order.updated")
    return Reply(refund_view(call.shop, found))


def _notes(call: Call) -> Reply:
    order = _order(call)
    wanted = {"customer": True, "internal": False}.get(call.params["type"])
    notes = [one for one in reversed(order.notes) if wanted is None or one.customer_note is wanted]
    return Reply([note_view(call.shop, order.id, one) for one in notes])


def _note(call: Call) -> tuple[Order, Note]:
    order = _order(call)
    found = next((one for one in order.notes if one.id == call.id), None)
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, "woocommerce_rest_invalid_id", "Invalid resource ID.")
    return order, found


def _get_note(call: Call) -> Reply:
    order, note = _note(call)
    return Reply(note_view(call.shop, order.id, note))


def _create_note(call: Call) -> Reply:
    order, params = _order(call), call.params
    note = lifecycle.note(call.shop, order, params["note"], for_customer=bool(params.get("customer_note")))
    return created(call, note_view(call.shop, order.id, note))


def _delete_note(call: Call) -> Reply:
    order, note = _note(call)
    if not call.params.get("force"):
        raise no_trash(label="Order notes")
    order.notes.remove(note)
    return Reply(note_view(call.shop, order.id, note))


ROUTES = [
    Route("GET", f"{_ORDER}/refunds", "refunds.list", _of_order, order_params.REFUNDS, "list"),
    Route("POST", f"{_ORDER}/refunds", "refunds.create", _create, order_params.REFUND, "create"),
    Route("GET", f"{_ORDER}/refunds/#", "refunds.get", _get, order_params.DP),
    Route("DELETE", f"{_ORDER}/refunds/#", "refunds.delete", _delete, order_params.FORCE, "delete"),
    Route("GET", f"{_V3}/refunds", "refunds.list", _all, order_params.REFUNDS, "list"),
    Route("GET", f"{_ORDER}/notes", "notes.list", _notes, order_params.NOTES, "list"),
    Route("POST", f"{_ORDER}/notes", "notes.create", _create_note, order_params.NOTE, "create"),
    Route("GET", f"{_ORDER}/notes/#", "notes.get", _get_note),
    Route("DELETE", f"{_ORDER}/notes/#", "notes.delete", _delete_note, order_params.FORCE, "delete"),
]

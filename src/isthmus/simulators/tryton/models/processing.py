"""What a confirmed sale turns into: an invoice, shipments, and states that follow them.

Processing is safe to repeat; whatever happens to moves or invoices ends here again.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from isthmus.simulators.rows import Row
from isthmus.simulators.tryton.errors import UserError
from isthmus.simulators.tryton.orm.env import Env
from isthmus.simulators.tryton.orm.fields import ZERO

SALES, LINES, MOVES, INVOICES = "sale.sale", "sale.line", "stock.move", "account.invoice"
OUT, BACK = "stock.shipment.out", "stock.shipment.out.return"
_PROCESSED = ("confirmed", "processing", "done")


def process_sales(env: Env, ids: Iterable[int]) -> None:
    """Bring everything behind the sales up to date. Raises `UserError` where something is missing.

    `manual_invoice` and `manual_shipment` in the context do by hand what a sale's method leaves to people.
    """
    env = env.inner()
    sales = env[SALES]
    for sale_id in ids:
        sale = sales.row(sale_id)
        if sale["state"] in _PROCESSED:
            _invoice(env, sale)
            _ship(env, sale, back=False)
            _ship(env, sale, back=True)
            _follow_states(env, sale)


def goods_lines(env: Env, sale: Row) -> list[Row]:
    """Return the lines of a sale that sell something."""
    rows = env.table(LINES).rows
    return [rows[i] for i in env.table(LINES).where("sale", sale["id"]) if rows[i]["type"] == "line"]


def line_moves(env: Env, line: Row) -> list[Row]:
    """Return the moves of a line."""
    rows = env.table(MOVES).rows
    return [rows[i] for i in env.table(MOVES).where("origin", f"{LINES},{line['id']}")]


def is_movable(env: Env, line: Row) -> bool:
    """Whether something has to be carried for a line."""
    products = env["product.product"]
    return bool(line["product"]) and products.follow(products.row(line["product"]), "template.type") in (
        "goods",
        "assets",
    )


def shipped(env: Env, line: Row) -> Decimal:
    """Return how much of a line has arrived."""
    return sum((move["quantity"] for move in line_moves(env, line) if move["state"] == "done"), ZERO)


def invoice_lines(env: Env, line: Row) -> list[Row]:
    """Return the invoice lines of a line: one that was cancelled is made again by a person's word only."""
    rows = env.table("account.invoice.line").rows
    again = answered(env.table(SALES).rows[line["sale"]], "invoices_recreated")
    mine = (rows[i] for i in env.table("account.invoice.line").where("origin", f"{LINES},{line['id']}"))
    return [one for one in mine if one["invoice"] not in again]


def invoices_of(env: Env, sale: Row) -> list[Row]:
    """Return the invoices of a sale, cancelled ones too, oldest first."""
    rows, table = env.table("account.invoice.line").rows, env.table("account.invoice.line")
    heads = {
        rows[i]["invoice"] for line in goods_lines(env, sale) for i in table.where("origin", f"{LINES},{line['id']}")
    }
    return [env.table(INVOICES).rows[i] for i in sorted(i for i in heads if i is not None)]


def answered(row: Row, *names: str) -> frozenset[int]:
    """Return what a person said of cancelled moves or invoices: ignored, or made again."""
    return frozenset(one for name in names for one in row[name] or ())


def _to_invoice(env: Env, sale: Row, line: Row) -> Decimal:
    if sale["invoice_method"] == "manual" and not env.context.get("manual_invoice"):
        return ZERO
    wanted = line["quantity"]
    if sale["invoice_method"] == "fulfillment" and is_movable(env, line):
        wanted = shipped(env, line).copy_sign(line["quantity"])
    return wanted - sum((one["quantity"] for one in invoice_lines(env, line)), ZERO)


def _invoice(env: Env, sale: Row) -> None:
    due = [(line, quantity) for line in goods_lines(env, sale) if (quantity := _to_invoice(env, sale, line))]
    if not due:
        return
    for line, _quantity in due:
        if line["product"] is None and not _revenue_account(env, sale):
            text = (
                f'To invoice sale line "{env[LINES].label(line["id"])}" you must configure a default revenue account.'
            )
            raise UserError(text)
    lines: list[Any] = [
        {
            "type": "line",
            "origin": f"{LINES},{line['id']}",
            "company": sale["company"],
            "quantity": quantity,
            "taxes": [["add", list(line["taxes"] or ())]],
            "account": _account(env, sale, line),
            **{name: line[name] for name in ("product", "unit", "unit_price", "description")},
        }
        for line, quantity in due
    ]
    same = ("company", "currency", "payment_term", "invoice_address")
    head = {name: sale[name] for name in same}
    party = sale["invoice_party"] or sale["party"]
    env[INVOICES].make([{**head, "party": party, "type": "out", "lines": [["create", lines]]}])


def _account(env: Env, sale: Row, line: Row) -> Any:
    """Return the account a line is booked on: that of the product's category, else the one of the books."""
    if line["product"] is None:
        return _revenue_account(env, sale)
    products = env.with_context(company=sale["company"])["product.product"]
    return products.follow(products.row(line["product"]), "template.account_category.account_revenue")


def _revenue_account(env: Env, sale: Row) -> Any:
    configuration = env.with_context(company=sale["company"])["account.configuration"]
    rows = list(configuration.table.rows.values())
    return configuration.get(rows[0], "default_category_account_revenue") if rows else None


def _ship(env: Env, sale: Row, *, back: bool) -> None:
    due = _to_ship(env, sale, back=back)
    if due:
        _make_shipment(env, sale, due, back=back)


def _to_ship(env: Env, sale: Row, *, back: bool) -> list[tuple[Row, Decimal]]:
    by_hand = sale["shipment_method"] == "manual" and not env.context.get("manual_shipment")
    if by_hand or (sale["shipment_method"] == "invoice" and not _paid(env, sale)):
        return []
    due: list[tuple[Row, Decimal]] = []
    for line in goods_lines(env, sale):
        if not is_movable(env, line) or (line["quantity"] < 0) is not back:
            continue
        again = answered(line, "moves_recreated")
        planned = sum((move["quantity"] for move in line_moves(env, line) if move["id"] not in again), ZERO)
        if abs(line["quantity"]) - planned > 0:
            due.append((line, abs(line["quantity"]) - planned))
    return due


def _make_shipment(env: Env, sale: Row, due: list[tuple[Row, Decimal]], *, back: bool) -> None:
    place = env["stock.location"].row(sale["warehouse"])
    customers = env["stock.location"].matching([["type", "=", "customer"]])
    party = sale["shipment_party"] or sale["party"]
    planned = max(sale["shipping_date"] or env.today, env.today)
    head: dict[str, Any] = {"customer": party, "company": sale["company"], "warehouse": place["id"]}
    if back:
        head["contact_address"] = sale["shipment_address"]
        ends = (customers[0], place["input_location"])
    else:
        head |= {"delivery_address": sale["shipment_address"], "carrier": sale["carrier"]}
        ends = (place["output_location"], customers[0])
    model = env[BACK if back else OUT]
    made = model.put(**head, planned_date=planned)
    if not back:
        model.change([made], origin_planned_date=planned)
    for line, quantity in due:
        priced = {"unit_price": line["unit_price"], "currency": sale["currency"], "company": sale["company"]}
        where = {"from_location": ends[0], "to_location": ends[1], "planned_date": planned}
        points = {"shipment": f"{model.name},{made}", "origin": f"{LINES},{line['id']}"}
        moved = {"product": line["product"], "unit": line["unit"], "quantity": quantity}
        env[MOVES].put(**moved, **where, **points, **priced, origin_planned_date=planned)
    if not back:
        model.wait([made])  # type: ignore[attr-defined]
    else:
        model.numbered([made])  # type: ignore[attr-defined]


def _paid(env: Env, sale: Row) -> bool:
    found = invoices_of(env, sale)
    return bool(found) and all(one["state"] == "paid" for one in found)


def _follow_states(env: Env, sale: Row) -> None:
    by_hand = env.with_context(manual_invoice=True, manual_shipment=True)
    changes: dict[str, Any] = {"invoice_state": _invoice_state(env, sale), "shipment_state": _shipment_state(env, sale)}
    changes["state"] = "done" if _is_done(env, goods_lines(env, sale), changes) else "processing"
    changes["to_invoice"] = any(_to_invoice(by_hand, sale, line) for line in goods_lines(env, sale))
    changes["to_ship"] = any(_to_ship(by_hand, sale, back=back) for back in (False, True))
    fresh = {name: value for name, value in changes.items() if sale[name] != value}
    if fresh:
        env[SALES].change([sale["id"]], **fresh)


def _is_done(env: Env, lines: list[Row], states: dict[str, Any]) -> bool:
    sent = states["shipment_state"] == "sent" or (
        states["shipment_state"] == "none"
        and all(_carried(env, line) >= abs(line["quantity"]) for line in lines if is_movable(env, line))
    )
    settled = states["invoice_state"] == "paid" or (
        states["invoice_state"] == "none" and all(_settled(env, line) >= abs(line["quantity"]) for line in lines)
    )
    return sent and settled


def _carried(env: Env, line: Row) -> Decimal:
    """Return how much of a line needs no carrying any more: it has arrived, or its move is ignored."""
    ignored = answered(line, "moves_ignored")
    return shipped(env, line) + sum((m["quantity"] for m in line_moves(env, line) if m["id"] in ignored), ZERO)


def _settled(env: Env, line: Row) -> Decimal:
    """Return how much of a line is paid, or on an invoice that is ignored."""
    heads, sale = env.table(INVOICES).rows, env.table(SALES).rows[line["sale"]]
    ignored = answered(sale, "invoices_ignored")
    mine = invoice_lines(env, line)
    return sum(
        (
            abs(one["quantity"])
            for one in mine
            if one["invoice"] in ignored or (one["invoice"] and heads[one["invoice"]]["state"] == "paid")
        ),
        ZERO,
    )


def _invoice_state(env: Env, sale: Row) -> str:
    skipped = answered(sale, "invoices_ignored", "invoices_recreated")
    states = [one["state"] for one in invoices_of(env, sale) if one["id"] not in skipped]
    if not states:
        return "none"
    if "cancelled" in states:
        return "exception"
    if all(state == "paid" for state in states):
        return "paid"
    if "paid" in states:
        return "partially paid"
    return "awaiting payment" if "posted" in states else "pending"


def _shipment_state(env: Env, sale: Row) -> str:
    lines = [line for line in goods_lines(env, sale) if is_movable(env, line)]
    moves = [move for line in lines for move in line_moves(env, line)]
    if any(in_exception(env, line) for line in lines):
        return "exception"
    if all(move["state"] == "cancelled" for move in moves):
        return "none"
    progress = [(_carried(env, line), abs(line["quantity"])) for line in lines]
    if all(done >= wanted for done, wanted in progress):
        return "sent"
    return "partially shipped" if any(done for done, _wanted in progress) else "waiting"


def in_exception(env: Env, line: Row) -> bool:
    """Say whether a move of a line was cancelled and nobody has said what is to become of it."""
    said = answered(line, "moves_ignored", "moves_recreated")
    return any(move["state"] == "cancelled" and move["id"] not in said for move in line_moves(env, line))

"""stock.picking: shipments, how they are validated and the questions that may be asked on the way."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from isthmus.simulators.odoo import versions
from isthmus.simulators.odoo.errors import UserError
from isthmus.simulators.odoo.models.moves import Move
from isthmus.simulators.odoo.models.places import CODES
from isthmus.simulators.odoo.orm.fields import (
    ZERO,
    Row,
    boolean,
    char,
    computed,
    html,
    many2many,
    many2one,
    moment,
    one2many,
    selection,
)
from isthmus.simulators.odoo.orm.model import Model
from isthmus.simulators.odoo.orm.records import call_time, remote
from isthmus.simulators.shapes import listed

STATES = {
    "draft": "Draft",
    "waiting": "Waiting Another Operation",
    "confirmed": "Waiting",
    "assigned": "Ready",
    "done": "Done",
    "cancel": "Cancelled",
}
SHIPPING_POLICIES = {"direct": "As soon as possible", "one": "When all products are ready"}


class Picking(Model):
    """stock.picking."""

    name = "stock.picking"
    title = "Transfer"
    order = "priority desc, scheduled_date asc, id desc"
    FIELDS = (
        char("name", "Reference", default="/", readonly=True, index=True),
        char("origin", "Source Document", index=True),
        html("note", "Notes"),
        many2one("backorder_id", "stock.picking", "Back Order of", readonly=True, index=True),
        one2many("backorder_ids", "stock.picking", "backorder_id", "Back Orders"),
        selection("state", "Status", STATES, default="draft", readonly=True, index=True),
        selection("priority", "Priority", {"0": "Normal", "1": "Urgent"}, default="0"),
        selection("move_type", "Shipping Policy", SHIPPING_POLICIES, required=True, default="direct"),
        many2one("picking_type_id", "stock.picking.type", "Operation Type", required=True),
        selection("picking_type_code", "Type of Operation", CODES, related="picking_type_id.code", readonly=True),
        many2one("location_id", "stock.location", "Source Location", required=True),
        many2one("location_dest_id", "stock.location", "Destination Location", required=True),
        many2one("partner_id", "res.partner", "Contact"),
        many2one("sale_id", "sale.order", "Sales Order", index=True),
        one2many("move_ids", "stock.move", "picking_id", "Stock Moves", since=16),
        one2many("move_lines", "stock.move", "picking_id", "Stock Moves", until=15),
        one2many("move_ids_without_package", "stock.move", "picking_id", "Stock Moves", until=18),
        moment("scheduled_date", "Scheduled Date", default=call_time),
        moment("date_done", "Date of Transfer", copied=False),
        many2one("carrier_id", "delivery.carrier", "Carrier"),
        char("carrier_tracking_ref", "Tracking Reference", copied=False),
        computed(char, "carrier_tracking_url", "Tracking URL"),
        many2one("company_id", "res.company", "Company", default=1),
    )

    def _compute_carrier_tracking_url(self, row: Row) -> str | None:
        carrier = self.env.table("delivery.carrier").rows.get(row["carrier_id"])
        reference = row["carrier_tracking_ref"]
        pattern = carrier.get("tracking_url") if carrier and reference else None
        return pattern.replace("<shipmenttrackingnumber>", reference) if pattern else None

    def prepare(self, row: Row, given: frozenset[str]) -> None:  # noqa: ARG002 - the hook's signature
        """Give the next number of the warehouse's operation type."""
        kind = self.env["stock.picking.type"].row(row["picking_type_id"])
        code = self.env["stock.warehouse"].row(kind["warehouse_id"])["code"] if kind["warehouse_id"] else "WH"
        prefix = f"{code}/{kind['sequence_code']}"
        row["name"] = f"{prefix}/{self.env.database.store.next_number(prefix):05d}"

    def moves(self, row: Row, *states: str) -> list[Row]:
        """Return the moves, those in `states` only when given."""
        table = self.env.table("stock.move")
        found = [table.rows[i] for i in table.where("picking_id", row["id"])]
        return [move for move in found if move["state"] in states] if states else found

    def settle(self, ids: Iterable[int]) -> None:
        """Work out the state from the moves."""
        for record_id in ids:
            row = self.row(record_id)
            states = {move["state"] for move in self.moves(row)}
            if not states:
                state = "draft"
            elif states == {"cancel"}:
                state = "cancel"
            elif states <= {"done", "cancel"}:
                state = "done"
            else:
                ready = states & {"assigned", "partially_available"}
                state = "assigned" if ready else "confirmed" if states & {"confirmed", "waiting"} else "draft"
            if state != row["state"]:
                self.change([record_id], state=state)

    @remote("write")
    def action_confirm(self, ids: Any) -> bool:
        """Leave the draft and reserve."""
        return self.action_assign(ids)

    @remote("write")
    def action_assign(self, ids: Any) -> bool:
        """Reserve what there is."""
        for record_id in listed(ids):
            self.env.of(Move).reserve([move["id"] for move in self.moves(self.row(record_id))])
        self.settle(listed(ids))
        return True

    @remote("write")
    def action_cancel(self, ids: Any) -> bool:
        """Give up what is not done."""
        for record_id in listed(ids):
            self.env.of(Move).cancel([move["id"] for move in self.moves(self.row(record_id))])
        self.settle(listed(ids))
        return True

    @remote("write")
    def button_validate(self, ids: Any) -> Any:
        """Ship. `true` when done, else the action of a question (backorder, or "all of it?" until 16)."""
        todo = [i for i in listed(ids) if self.row(i)["state"] not in ("done", "cancel")]
        for record_id in todo:
            if not self.moves(self.row(record_id)):
                message = "You need to supply a Lot/Serial number or add some products to transfer."
                raise UserError(message)
        untouched = [i for i in todo if not self._touched(self.row(i))]
        if untouched and self.env.version < versions.PICKED_FLAG and not self.env.context.get("skip_immediate"):
            return _question("stock.immediate.transfer", "Immediate Transfer?", untouched)
        for record_id in untouched:
            self._take_all(self.row(record_id))
        short = [i for i in todo if self._short(self.row(i))]
        if short and not self.env.context.get("skip_backorder"):
            return _question("stock.backorder.confirmation", "Create Backorder?", short)
        given_up = self.env.context.get("picking_ids_not_to_backorder") or ()
        for record_id in todo:
            self._ship(record_id, backorder=record_id not in given_up)
        return True

    def _touched(self, row: Row) -> bool:
        moves = self.moves(row)
        if self.env.version < versions.PICKED_FLAG:
            return any(move["quantity"] > ZERO for move in moves)
        return any(move["picked"] for move in moves)

    def _take_all(self, row: Row) -> None:
        """Nobody said what was taken: take what is reserved."""
        found = [move for move in self.moves(row) if move["state"] not in ("done", "cancel")]
        if not any(move["quantity"] or move["reserved"] for move in found):
            msg = (
                "You cannot validate a transfer if no quantities are reserved. "
                "To force the transfer, encode quantities."
            )
            raise UserError(msg)
        for move in found:
            columns = {"picked": True} if self.env.version >= versions.PICKED_FLAG else {"quantity": move["reserved"]}
            self.env.of(Move).change([move["id"]], **columns)

    def _done(self, move: Row) -> Decimal:
        if self.env.version >= versions.PICKED_FLAG and not move["picked"]:
            return ZERO
        return move["quantity"]

    def _short(self, row: Row) -> bool:
        return any(
            self._done(move) < move["product_uom_qty"]
            for move in self.moves(row)
            if move["state"] not in ("done", "cancel")
        )

    def _ship(self, record_id: int, *, backorder: bool) -> None:
        row, moves = self.row(record_id), self.env.of(Move)
        rest: list[tuple[Row, Decimal]] = []
        for move in self.moves(row):
            if move["state"] in ("done", "cancel"):
                continue
            done, wanted = self._done(move), move["product_uom_qty"]
            if done < wanted:
                rest.append((dict(move), wanted - done))
            if done > ZERO:
                moves.finish(move, done)
            else:
                moves.cancel([move["id"]])
        self.change([record_id], state="done", date_done=self.env.now)
        if rest and backorder:
            self._leave_over(row, rest)

    def _leave_over(self, row: Row, rest: list[tuple[Row, Decimal]]) -> None:
        keys = ("origin", "picking_type_id", "location_id", "location_dest_id", "partner_id", "sale_id", "carrier_id")
        made = self.make([{**{key: row[key] for key in keys}, "backorder_id": row["id"]}])[0]
        keys = ("product_id", "location_id", "location_dest_id", "sale_line_id", "origin", "partner_id")
        copies = [{**{k: m[k] for k in keys}, "product_uom_qty": q, "picking_id": made} for m, q in rest]
        self.env.of(Move).reserve(self.env.of(Move).make(copies))
        self.settle([made])


class BackorderConfirmation(Model):
    """stock.backorder.confirmation: ship the rest later, or not at all."""

    name = "stock.backorder.confirmation"
    title = "Backorder Confirmation"
    label_field = "id"
    FIELDS = (many2many("pick_ids", "stock.picking"), boolean("show_transfers"))

    def _validate(self, **context: Any) -> Any:
        pickings = listed(self.env.context.get("button_validate_picking_ids"))
        if not pickings:
            return True
        return self.env.with_context(skip_backorder=True, **context).of(Picking).button_validate(pickings)

    @remote("write")
    def process(self, ids: Any) -> Any:  # noqa: ARG002 - the pickings come in the context
        """Ship what is there and keep the rest as a back order."""
        return self._validate()

    @remote("write")
    def process_cancel_backorder(self, ids: Any) -> Any:
        """Ship what is there and give up the rest."""
        return self._validate(picking_ids_not_to_backorder=list(self.row(listed(ids)[0])["pick_ids"]))


class ImmediateTransfer(Model):
    """stock.immediate.transfer, until 16: nobody typed a quantity, take all that is reserved?"""

    name = "stock.immediate.transfer"
    title = "Immediate Transfer"
    label_field = "id"
    FIELDS = (many2many("pick_ids", "stock.picking"), boolean("show_transfers"))

    @remote("write")
    def process(self, ids: Any) -> Any:
        """Take all that is reserved and go on validating."""
        pickings = self.env.context.get("button_validate_picking_ids") or list(self.row(listed(ids)[0])["pick_ids"])
        return self.env.with_context(skip_immediate=True).of(Picking).button_validate(pickings)


def _question(model: str, title: str, pickings: list[int]) -> dict[str, Any]:
    return {
        "name": title,
        "type": "ir.actions.act_window",
        "view_mode": "form",
        "res_model": model,
        "views": [[1, "form"]],
        "view_id": 1,
        "target": "new",
        "context": {
            "button_validate_picking_ids": pickings,
            "default_show_transfers": False,
            "default_pick_ids": [[4, i] for i in pickings],
        },
    }

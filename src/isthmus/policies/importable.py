"""May this order go to the ERP now?"""

from dataclasses import dataclass

from isthmus.canonical.order import Order, OrderStatus, PaymentStatus
from isthmus.policies.decision import Decision

_PAID = frozenset({PaymentStatus.PAID, PaymentStatus.PARTLY_REFUNDED, PaymentStatus.REFUNDED})
_AUTHORIZED = _PAID | {PaymentStatus.AUTHORIZED, PaymentStatus.PARTLY_PAID}
#: What `import_when` may say, and the payment states it lets through (None: any).
GATES: dict[str, frozenset[PaymentStatus] | None] = {
    "confirmed": None,
    "authorized": frozenset(_AUTHORIZED),
    "paid": frozenset(_PAID),
}
_CLOSED_GATE = {"authorized": "not_authorized", "paid": "not_paid"}


@dataclass(frozen=True, slots=True)
class ImportPolicy:
    """Which orders a merchant wants in the ERP."""

    gate: str = "confirmed"
    test_orders: bool = False


def importable(order: Order, policy: ImportPolicy, *, known: bool) -> Decision[bool]:
    """Return whether the order may be written; `known` says the ERP has it already.

    A known order is always followed: its cancellation and its edits must arrive too.
    """
    if known:
        return Decision(value=True, because="importable")
    if order.is_test and not policy.test_orders:
        return Decision(value=False, because="test_order")
    if order.status is OrderStatus.CANCELED:
        return Decision(value=False, because="canceled_before_import")
    if order.status is OrderStatus.ON_HOLD:
        return Decision(value=False, because="on_hold", detail=order.hold_reason)
    if not any(line.quantity for line in order.lines):
        return Decision(value=False, because="no_lines")
    passing = GATES[policy.gate]
    if passing is not None and order.payment_status not in passing:
        return Decision(value=False, because=_CLOSED_GATE[policy.gate])
    return Decision(value=True, because="importable")

"""What was paid for an order, transaction by transaction.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/OrderTransaction
"""

from collections.abc import Sequence

from isthmus.canonical.order import Payment, PaymentStatus
from isthmus.connectors.shopify import wire_orders as orders
from isthmus.connectors.shopify.ids import legacy
from isthmus.connectors.shopify.money import money

#: `displayFinancialStatus`; a value Shopify adds later counts as not paid.
FINANCIAL = {
    "PENDING": PaymentStatus.PENDING,
    "AUTHORIZED": PaymentStatus.AUTHORIZED,
    "PARTIALLY_PAID": PaymentStatus.PARTLY_PAID,
    "PAID": PaymentStatus.PAID,
    "PARTIALLY_REFUNDED": PaymentStatus.PARTLY_REFUNDED,
    "REFUNDED": PaymentStatus.REFUNDED,
    "VOIDED": PaymentStatus.VOIDED,
    "EXPIRED": PaymentStatus.FAILED,
}
GIFT_CARD = "gift_card"
_AUTHORIZATIONS = frozenset({"AUTHORIZATION", "EMV_AUTHORIZATION"})
_INCOMING = frozenset({"SALE", "CAPTURE", "CHANGE"}) | _AUTHORIZATIONS
_OPEN = frozenset({"PENDING", "AWAITING_RESPONSE", "UNKNOWN"})


def to_payments(transactions: Sequence[orders.Transaction]) -> tuple[Payment, ...]:
    """Translate sales, captures and open authorizations.

    A captured authorization is represented by its captures. Failed attempts and refunds are no
    payments; `Order.refunded` has the refunds' sum. Change given back in cash is negative.
    """
    done = [entry for entry in transactions if entry.status == "SUCCESS"]
    parents = {entry.parent_transaction.id: entry.kind for entry in done if entry.parent_transaction}
    codes = {entry.id: entry.authorization_code or "" for entry in transactions}
    payments: list[Payment] = []
    for entry in transactions:
        if entry.kind not in _INCOMING or (entry.status != "SUCCESS" and entry.status not in _OPEN):
            continue
        if entry.kind in _AUTHORIZATIONS and parents.get(entry.id) == "CAPTURE":
            continue
        payments.append(to_payment(entry, codes, voided=parents.get(entry.id) == "VOID"))
    return tuple(payments)


def to_payment(entry: orders.Transaction, codes: dict[str, str], *, voided: bool) -> Payment:
    """Translate one transaction."""
    amount = money(entry.amount_set)
    parent = entry.parent_transaction
    card = entry.payment_details
    number = legacy(entry.id)
    return Payment(
        transaction_id=number,
        amount=-amount if entry.kind == "CHANGE" else amount,
        status=PaymentStatus.VOIDED if voided else status_of(entry),
        method=(card.company or card.payment_method_name if card else "") or entry.formatted_gateway or "",
        gateway=entry.gateway or "",
        authorization_reference=entry.authorization_code
        or (codes.get(parent.id, "") if parent else "")
        or entry.payment_id
        or "",
        captured_at=entry.processed_at if entry.status == "SUCCESS" and entry.kind in {"SALE", "CAPTURE"} else None,
        gift_card_ref=(entry.payment_id or number) if entry.gateway == GIFT_CARD else "",
    )


def status_of(entry: orders.Transaction) -> PaymentStatus:
    """Return what became of one transaction."""
    if entry.status in _OPEN:
        return PaymentStatus.PENDING
    return PaymentStatus.AUTHORIZED if entry.kind in _AUTHORIZATIONS else PaymentStatus.PAID

"""Payments and refunds.

The payment handler of this shop is like Vendure's dummy handler: it settles what it is asked to settle, and its refunds
wait for `settleRefund`. Source: https://docs.vendure.io/guides/core-concepts/payment/ (3.5), order.service and
payment.service of @vendure/core 3.5.5; answers as a running 3.5.5 gave them.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from isthmus.simulators.vendure import states
from isthmus.simulators.vendure.errors import Failed, failed, refuse_inside, refuse_missing, refuse_null
from isthmus.simulators.vendure.lines import Line
from isthmus.simulators.vendure.orders import Order, Payment, Refund, RefundLine
from isthmus.simulators.vendure.shop import Shop, number_of

Wish = Mapping[str, Any]
_TOO_EARLY = frozenset({"AddingItems", "ArrangingPayment", "PaymentAuthorized"})


def find_payment(shop: Shop, number: object) -> Payment:
    """Return a payment. Raises `Refused`."""
    found = shop.payments.get(number_of(number))
    if found is None:
        refuse_missing("Payment", number)
    return found


def pay(shop: Shop, order: Order, method: str, metadata: dict[str, Any], *, settles: bool) -> Payment:
    """Pay what an order still costs; the order follows."""
    payment = _payment(shop, order, method, metadata)
    digest = hashlib.sha256(f"{order.code}:{payment.id}".encode()).hexdigest()
    payment.transaction_id = digest[:9]
    states.move_payment(shop, payment, "Settled" if settles else "Authorized")
    return payment


def pay_by_hand(shop: Shop, order: Order, wish: Wish) -> Order | Failed:
    """Note a payment somebody made outside the shop. Raises `Refused`."""
    if order.state not in {"ArrangingAdditionalPayment", "ArrangingPayment"}:
        told = (
            'A manual payment may only be added when in the "ArrangingPayment" or "ArrangingAdditionalPayment" states'
        )
        return failed("ManualPaymentStateError", told)
    open_amount = order.total_with_tax - order.covered()
    unsettled = [one for one in order.modifications if not one.is_settled]
    due = sum(one.price_change for one in unsettled)
    if unsettled and due != open_amount:
        message = f"The outstanding order amount ({open_amount}) should equal the unsettled"
        refuse_inside(f"{message} OrderModifications total ({due})")
    payment = _payment(shop, order, wish["method"], wish.get("metadata") or {})
    payment.transaction_id = wish.get("transactionId")
    states.move_payment(shop, payment, "Settled")
    for one in unsettled:
        one.payment = payment
    return order


def _payment(shop: Shop, order: Order, method: str, metadata: dict[str, Any]) -> Payment:
    amount = order.total_with_tax - order.covered()
    payment = Payment(**shop.new("Payment"), order=order, method=method, amount=amount, metadata=metadata)
    order.payments.append(payment)
    shop.payments[payment.id] = payment
    return payment


def settle(shop: Shop, payment: Payment) -> Payment | Failed:
    """Take the money that was authorized; a second time changes nothing."""
    return states.move_payment(shop, payment, "Settled") or payment


def cancel(shop: Shop, payment: Payment) -> Payment | Failed:
    """Let a payment go."""
    return states.move_payment(shop, payment, "Cancelled") or payment


def refund(shop: Shop, wish: Wish) -> Refund | Failed:
    """Give money back. The same wish twice gives it back twice. Raises `Refused`.

    `amount` alone fails in the database: `shipping` and `adjustment` have no default (3.5.5).
    """
    amount, lines = wish.get("amount") or 0, list(wish.get("lines") or ())
    if not sum(one["quantity"] for one in lines) and wish.get("shipping") == 0 and not amount:
        return failed("NothingToRefundError", "Nothing to refund")
    payment = find_payment(shop, wish["paymentId"])
    order = payment.order
    wanted = {line.id: line for line in order.lines}
    if any(number_of(one["orderLineId"]) not in wanted for one in lines):
        return failed("PaymentOrderMismatchError", "The Payment and OrderLines do not belong to the same Order")
    if order.state in _TOO_EARLY:
        told = f'Cannot refund an Order in the "{order.state}" state'
        return failed("RefundOrderStateError", told, order_state=order.state)
    left = payment.amount - payment.refunded
    if amount > left:
        told = "The amount specified exceeds the refundable amount for this payment"
        return failed("RefundAmountError", told, maximum_refundable=left)
    return _refund(shop, payment, wish, [(wanted[number_of(one["orderLineId"])], one["quantity"]) for one in lines])


def _refund(shop: Shop, payment: Payment, wish: Wish, lines: list[tuple[Line, int]]) -> Refund:
    for name in ("shipping", "adjustment"):
        if wish.get(name) is None:
            refuse_null("refund", name, postgres=shop.settings.postgres)
    items = sum(line.prorated_unit_price_with_tax * quantity for line, quantity in lines)
    if wish.get("amount"):
        items, total = 0, wish["amount"]
    else:
        total = items + wish["shipping"] + wish["adjustment"]
    most = sum(one.amount - one.refunded for one in payment.order.payments)
    wanted = min(total, most)
    others = [one for one in payment.order.payments if one is not payment]
    payers = [one for one in (payment, *others) if one.refunded < one.amount]
    if not payers:
        refuse_inside("Could not find a Payment to refund")
    made: list[Refund] = []
    for payer in payers:
        part = min(payer.amount - payer.refunded, wanted)
        made.append(_refunded(shop, payer, (part, items), wish, lines))
        wanted -= part
        if wanted <= 0:
            break
    return made[0]


def _refunded(
    shop: Shop, payment: Payment, amounts: tuple[int, int], wish: Wish, lines: list[tuple[Line, int]]
) -> Refund:
    total, items = amounts
    made = Refund(
        **shop.new("Refund"),
        payment=payment,
        total=total,
        items=items,
        shipping=wish["shipping"],
        adjustment=wish["adjustment"],
        reason=wish.get("reason"),
    )
    made.lines = [RefundLine(order_line=line, quantity=quantity, refund=made) for line, quantity in lines]
    payment.refunds.append(made)
    shop.refunds[made.id] = made
    shop.tell_order("refund.created", payment.order)
    return made


def settle_refund(shop: Shop, number: object, transaction: str) -> Refund:
    """Note that the money is back. Raises `Refused`, also when it is noted already."""
    found = shop.refunds.get(number_of(number))
    if found is None:
        refuse_missing("Refund", number)
    found.transaction_id = transaction
    states.move_refund(shop, found, "Settled")
    return found


def refund_nothing(shop: Shop, payment: Payment, reason: str) -> Refund:
    """Note a refund of nothing, as a modification with `amount` 0 leaves behind."""
    wish = {"shipping": 0, "adjustment": 0, "reason": reason}
    return _refunded(shop, payment, (0, 0), wish, [])

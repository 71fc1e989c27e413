"""What an order says beyond its figures, for the note or comment of a sales order.

It may be printed on the customer's papers, so only what the customer knows is said.
"""

from collections.abc import Iterator

from isthmus.canonical.order import Order, Payment


def remarks(order: Order) -> list[str]:
    """Return what there is to say, each with its label; a text may have several lines."""
    return [f"{label}: {text}" if label else text for label, text in _said(order) if text]


def _said(order: Order) -> Iterator[tuple[str, str]]:
    yield "", order.note
    yield "Instructions", order.special_instructions
    yield "Purchase order", order.purchase_order_number
    yield "Discount codes", ", ".join(dict.fromkeys(part.code for part in order.discounts if part.code))
    for payment in order.payments:
        yield "Payment", _payment(payment)
    yield "Store", " / ".join(dict.fromkeys(part for part in (order.store, order.channel) if part))
    yield "Tags", ", ".join(order.tags)
    yield "Contact", ", ".join(part for part in (order.email, order.phone) if part)


def _payment(payment: Payment) -> str:
    way = " ".join(dict.fromkeys(part for part in (payment.erp_payment_code, payment.method, payment.gateway) if part))
    marks = (payment.transaction_id, payment.authorization_reference, payment.gift_card_ref)
    told = [way, str(payment.amount), payment.status.value, *dict.fromkeys(mark for mark in marks if mark)]
    return ", ".join(part for part in told if part)

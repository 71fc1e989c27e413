"""What an order says beyond its figures, as the note of a sales order.

Odoo's `note` is HTML (plain text in 14) and may be printed on the customer's papers, so only what the customer
knows goes in, escaped.
Source: sale/models/sale_order.py (`note`, Html).
"""

from collections.abc import Iterator
from html import escape

from isthmus.canonical.order import Order, Payment


def from_order(order: Order, *, html: bool) -> str:
    """Return the note, or an empty text when there is nothing to say."""
    said = [f"{label}: {text}" if label else text for label, text in _said(order) if text]
    if not html:
        return "\n".join(said)
    return "".join(f"<p>{escape(text).replace(chr(10), '<br/>')}</p>" for text in said)


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

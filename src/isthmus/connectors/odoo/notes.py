"""What an order says beyond its figures, as the note of a sales order.

Odoo's `note` is HTML (plain text in 14), so what is said goes in escaped.
Source: sale/models/sale_order.py (`note`, Html).
"""

from html import escape

from isthmus.canonical.order import Order
from isthmus.craft.remarks import remarks


def from_order(order: Order, *, html: bool) -> str:
    """Return the note, or an empty text when there is nothing to say."""
    said = remarks(order)
    if not html:
        return "\n".join(said)
    return "".join(f"<p>{escape(text).replace(chr(10), '<br/>')}</p>" for text in said)

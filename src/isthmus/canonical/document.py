"""Papers about an order: invoices, delivery notes, credit memos. (R-REC-33)"""

from datetime import date
from enum import StrEnum

from isthmus.canonical.money import Money
from isthmus.canonical.record import Record


class DocumentKind(StrEnum):
    """Which paper."""

    INVOICE = "invoice"
    DELIVERY_NOTE = "delivery_note"
    WAYBILL = "waybill"
    CREDIT_MEMO = "credit_memo"
    OTHER = "other"


class Document(Record):
    """One paper; the file itself is streamed by reference, never held in memory."""

    kind: DocumentKind
    order_ref: str = ""
    customer_ref: str = ""
    issued_on: date | None = None
    due_on: date | None = None
    total: Money | None = None
    open_amount: Money | None = None
    status: str = ""
    file_ref: str = ""
    replaces: str = ""

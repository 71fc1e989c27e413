"""What came back and what was paid back. (R-REC-31..32)"""

from datetime import datetime
from enum import StrEnum

from isthmus.canonical.money import Money
from isthmus.canonical.quantity import Quantity
from isthmus.canonical.record import Part, Record


class Disposition(StrEnum):
    """What becomes of returned goods; only RESTOCK raises sellable stock."""

    RESTOCK = "restock"
    DAMAGED = "damaged"
    QUARANTINE = "quarantine"
    SCRAP = "scrap"


class ReturnLine(Part):
    """So many of one order line coming back."""

    line_ref: str
    quantity: Quantity
    reason: str = ""
    disposition: Disposition | None = None
    restocked: bool = False


class Return(Record):
    """A return merchandise authorization. `number` is the RMA number."""

    order_ref: str
    lines: tuple[ReturnLine, ...]
    status: str = ""
    requested_at: datetime | None = None
    received_at: datetime | None = None
    exchange_order_ref: str = ""


class RefundLine(Part):
    """What is paid back for one order line."""

    line_ref: str
    quantity: Quantity
    amount: Money
    tax: Money | None = None


class Refund(Record):
    """Money back; the store's refund and the ERP's credit memo are a pair."""

    order_ref: str
    amount: Money
    lines: tuple[RefundLine, ...] = ()
    return_ref: str = ""
    shipping_part: Money | None = None
    tax: Money | None = None
    method: str = ""
    original_payment_ref: str = ""
    credit_memo_number: str = ""
    status: str = ""

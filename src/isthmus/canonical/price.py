"""What things cost, to whom, from how many, until when. (R-REC-13..14)"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from isthmus.canonical.money import Money
from isthmus.canonical.quantity import PIECE
from isthmus.canonical.record import Record


class PriceKind(StrEnum):
    """Which price this is. Cost is for margins only and is never published."""

    BASE = "base"
    COST = "cost"
    SALE = "sale"
    CUSTOMER = "customer"
    GROUP = "group"
    VOLUME = "volume"
    MINIMUM_ADVERTISED = "minimum_advertised"


class Price(Record):
    """One price; `unit` guards against "price per 100"."""

    sku: str
    kind: PriceKind
    amount: Money
    tax_included: bool
    price_list: str = ""
    customer: str = ""
    group: str = ""
    min_quantity: Decimal = Decimal(1)
    unit: str = PIECE
    valid_from: datetime | None = None
    valid_to: datetime | None = None

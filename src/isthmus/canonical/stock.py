"""How much there is, and where. (R-REC-10..12)"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from isthmus.canonical.party import Address
from isthmus.canonical.quantity import NOTHING, Quantity
from isthmus.canonical.record import Record


class StockStatus(StrEnum):
    """What a shopper is told."""

    IN_STOCK = "in_stock"
    OUT_OF_STOCK = "out_of_stock"
    BACKORDERABLE = "backorderable"


class StockLevel(Record):
    """One SKU in one place.

    `on_hand` is absent (None) when the source did not say: absent is not zero. `available` is what
    policy computed for a storefront, or what a storefront says it offers; an ERP never fills it.
    """

    sku: str
    warehouse: str  # the place's key in that system
    item_ref: str = ""  # the id the figure is written to
    on_hand: Quantity | None = None
    allocated: Quantity = NOTHING  # orders in process
    reserved: Quantity = NOTHING  # B2B holds
    damaged: Quantity = NOTHING
    quarantined: Quantity = NOTHING
    incoming: Quantity = NOTHING
    safety_stock: Quantity = NOTHING
    available: Quantity | None = None
    status: StockStatus | None = None
    restock_on: date | None = None
    last_pushed_at: datetime | None = None


class Warehouse(Record):
    """A place goods are kept. `number` is its code."""

    code: str = ""
    name: str = ""
    address: Address | None = None
    active: bool = True
    sells_to: tuple[str, ...] = ()
    store_location_ref: str = ""


NO_STOCK = Decimal(0)

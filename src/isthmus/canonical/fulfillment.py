"""What left the warehouse. (R-REC-29..30)"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

import msgspec

from isthmus.canonical.product import Dimensions
from isthmus.canonical.quantity import Quantity
from isthmus.canonical.record import Part, Record


class ShipmentLine(Part):
    """So many of one order line."""

    line_ref: str
    quantity: Quantity


class Package(Part):
    """One parcel; grams and millimeters inside, converted at the edge."""

    tracking_number: str = ""
    weight_g: Decimal | None = None
    dimensions: Dimensions | None = None
    quantities: Mapping[str, Quantity] = msgspec.field(default_factory=dict[str, Quantity])


class Shipment(Record):
    """One delivery of one order; an order has as many as it takes."""

    order_ref: str
    lines: tuple[ShipmentLine, ...]
    status: str = ""
    carrier: str = ""
    service: str = ""
    tracking_numbers: tuple[str, ...] = ()
    tracking_url: str = ""
    shipped_on: date | None = None
    estimated_delivery_on: date | None = None
    picked_up_at: datetime | None = None
    warehouse: str = ""
    packages: tuple[Package, ...] = ()

"""What is to be shipped from where: fulfillment orders, made as soon as the order is placed.

The real routing takes a moment; here it is immediate.
Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/FulfillmentOrder
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from isthmus.simulators.shopify.catalog import Location

if TYPE_CHECKING:
    from isthmus.simulators.shopify.catalog import Variant
    from isthmus.simulators.shopify.orders import LineItem, Order


@dataclass(slots=True)
class AssignedLocation:
    """The location as it was when the fulfillment order was made."""

    location: Location

    def __getattr__(self, name: str) -> object:
        """Answer the address fields from the location."""
        return getattr(self.location.address, name)

    @property
    def name(self) -> str:
        """Return the location's name."""
        return self.location.name


@dataclass(slots=True)
class DeliveryMethod:
    """How it travels."""

    TYPENAME: ClassVar[str] = "DeliveryMethod"

    id: str
    method_type: str
    presented_name: str | None
    service_code: str | None


@dataclass(slots=True)
class Destination:
    """Where it goes."""

    TYPENAME: ClassVar[str] = "FulfillmentOrderDestination"

    id: str
    order: "Order"

    def __getattr__(self, name: str) -> object:
        """Answer the address fields from the order."""
        if name in {"email", "phone"}:
            return getattr(self.order, name)
        name = "country_code_v2" if name == "country_code" else name
        return getattr(self.order.shipping_address, name, None)


@dataclass(slots=True)
class FulfillmentOrderLine:
    """Units of one order line."""

    TYPENAME: ClassVar[str] = "FulfillmentOrderLineItem"

    id: str
    line_item: "LineItem"

    @property
    def total_quantity(self) -> int:
        """Return the units to be fulfilled in all."""
        return self.line_item.current_quantity

    @property
    def remaining_quantity(self) -> int:
        """Return the units not yet fulfilled."""
        return self.line_item.current_quantity

    @property
    def inventory_item_id(self) -> str | None:
        """Return the item to take from the shelf."""
        return self.variant.inventory_item.id if self.variant else None

    @property
    def product_title(self) -> str:
        """Return what it is called."""
        return self.line_item.title

    @property
    def requires_shipping(self) -> bool:
        """Say whether it has to travel."""
        return self.line_item.requires_shipping

    @property
    def sku(self) -> str | None:
        """Return the stock keeping unit."""
        return self.line_item.sku

    @property
    def variant(self) -> "Variant | None":
        """Return what was sold."""
        return self.line_item.variant

    @property
    def variant_title(self) -> str | None:
        """Return which one of the product."""
        return self.line_item.variant_title

    @property
    def vendor(self) -> str | None:
        """Return whose make it is."""
        return self.line_item.vendor


@dataclass(slots=True)
class FulfillmentOrder:
    """The work one location has with one order."""

    TYPENAME: ClassVar[str] = "FulfillmentOrder"

    id: str
    order: "Order"
    assigned_location: AssignedLocation
    line_items: list[FulfillmentOrderLine]
    created_at: datetime
    updated_at: datetime
    delivery_method: DeliveryMethod | None
    destination: Destination | None
    status: str = "OPEN"
    request_status: str = "UNSUBMITTED"
    fulfill_by: None = None

    @property
    def order_id(self) -> str:
        """Return the order's id."""
        return self.order.id

    @property
    def order_name(self) -> str:
        """Return the order's number as people see it."""
        return self.order.name

    @property
    def order_processed_at(self) -> datetime:
        """Return when the order was placed."""
        return self.order.processed_at

    @property
    def fulfill_at(self) -> datetime:
        """Return when work may begin; here at once."""
        return self.created_at

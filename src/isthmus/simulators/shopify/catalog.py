"""What the shop sells and where it lies: products, variants, inventory items, levels, locations.

Attributes are named after the GraphQL fields they answer, in snake case.
Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/InventoryLevel
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from isthmus.simulators.shopify.money import MoneyV2
from isthmus.simulators.shopify.parties import LocationAddress

#: Every state a quantity can be in; `on_hand` is the sum of those that are physically there.
QUANTITY_NAMES = (
    "available", "committed", "incoming", "on_hand", "reserved", "damaged", "safety_stock", "quality_control",
)  # fmt: skip
_ON_SHELF = ("available", "committed", "reserved", "damaged", "safety_stock", "quality_control")


@dataclass(slots=True)
class Location:
    """A place that holds stock."""

    TYPENAME: ClassVar[str] = "Location"

    id: str
    legacy_resource_id: int
    name: str
    address: LocationAddress
    created_at: datetime
    updated_at: datetime
    is_active: bool = True
    fulfills_online_orders: bool = True
    ships_inventory: bool = True
    is_fulfillment_service: bool = False
    has_active_inventory: bool = True
    #: levels by inventory item id
    levels: "dict[str, InventoryLevel]" = field(default_factory=dict[str, "InventoryLevel"])


@dataclass(slots=True)
class Quantity:
    """How many units of a level are in one state."""

    TYPENAME: ClassVar[str] = "InventoryQuantity"

    id: str
    name: str
    quantity: int
    updated_at: datetime


@dataclass(slots=True)
class InventoryLevel:
    """The stock of one item at one location."""

    TYPENAME: ClassVar[str] = "InventoryLevel"

    id: str
    item: "InventoryItem"
    location: Location
    created_at: datetime
    updated_at: datetime
    available: int = 0
    committed: int = 0
    incoming: int = 0
    reserved: int = 0
    damaged: int = 0
    safety_stock: int = 0
    quality_control: int = 0
    is_active: bool = True
    can_deactivate: bool = True

    @property
    def on_hand(self) -> int:
        """Return what lies on the shelf, sold or not."""
        return sum(getattr(self, name) for name in _ON_SHELF)

    def quantities(self, names: list[str]) -> list[Quantity]:
        """Return the states asked for; an unknown name is left out."""
        return [
            Quantity(f"{self.id}&name={name}", name, getattr(self, name), self.updated_at)
            for name in names
            if name in QUANTITY_NAMES
        ]


@dataclass(slots=True)
class Weight:
    """How heavy something is."""

    unit: str
    value: Decimal


@dataclass(slots=True)
class Measurement:
    """The measured size of an inventory item."""

    TYPENAME: ClassVar[str] = "InventoryItemMeasurement"

    id: str
    weight: Weight


@dataclass(slots=True)
class InventoryItem:
    """The thing that is stocked; one per variant."""

    TYPENAME: ClassVar[str] = "InventoryItem"

    id: str
    legacy_resource_id: int
    sku: str | None
    unit_cost: MoneyV2 | None
    measurement: Measurement
    created_at: datetime
    updated_at: datetime
    tracked: bool = True
    requires_shipping: bool = True
    harmonized_system_code: str | None = None
    country_code_of_origin: str | None = None
    variant: "Variant" = field(init=False)
    #: levels by location id
    levels: dict[str, InventoryLevel] = field(default_factory=dict[str, InventoryLevel])

    @property
    def variants(self) -> "list[Variant]":
        """Return the variants that share this item."""
        return [self.variant]


@dataclass(slots=True)
class OptionValue:
    """One value a product option can take."""

    TYPENAME: ClassVar[str] = "ProductOptionValue"

    id: str
    name: str
    has_variants: bool = True


@dataclass(slots=True)
class Option:
    """What the variants of a product differ in; `Title` when they do not."""

    TYPENAME: ClassVar[str] = "ProductOption"

    id: str
    name: str
    position: int
    option_values: list[OptionValue]

    @property
    def values(self) -> list[str]:
        """Return the names of the values."""
        return [value.name for value in self.option_values]


@dataclass(slots=True)
class SelectedOption:
    """The value of one option on a variant."""

    name: str
    value: str


@dataclass(slots=True)
class Product:
    """A product with its variants."""

    TYPENAME: ClassVar[str] = "Product"

    id: str
    legacy_resource_id: int
    handle: str
    title: str
    created_at: datetime
    updated_at: datetime
    options: list[Option]
    status: str = "ACTIVE"
    vendor: str = "House brand"
    product_type: str = ""
    description_html: str = ""
    tags: list[str] = field(default_factory=list[str])
    variants: "list[Variant]" = field(default_factory=list["Variant"])
    is_gift_card: bool = False
    tracks_inventory: bool = True

    @property
    def description(self) -> str:
        """Return the description without markup."""
        return self.description_html.replace("<p>", "").replace("</p>", "")

    @property
    def published_at(self) -> datetime:
        """Return when it went on sale; here always at once."""
        return self.created_at

    @property
    def has_only_default_variant(self) -> bool:
        """Say whether there is nothing to choose."""
        return self.options[0].name == "Title"

    @property
    def total_inventory(self) -> int:
        """Return the units available at all locations."""
        return sum(variant.inventory_quantity for variant in self.variants)


@dataclass(slots=True)
class Variant:
    """A product in one of its options: what is put into a cart."""

    TYPENAME: ClassVar[str] = "ProductVariant"

    id: str
    legacy_resource_id: int
    product: Product
    title: str
    sku: str | None
    barcode: str | None
    price: Decimal
    inventory_item: InventoryItem
    created_at: datetime
    updated_at: datetime
    selected_options: list[SelectedOption]
    compare_at_price: Decimal | None = None
    position: int = 1
    taxable: bool = True
    inventory_policy: str = "CONTINUE"

    @property
    def display_name(self) -> str:
        """Return product and variant in one name."""
        return f"{self.product.title} - {self.title}"

    @property
    def inventory_quantity(self) -> int:
        """Return the units available at all locations."""
        return sum(level.available for level in self.inventory_item.levels.values())

    @property
    def available_for_sale(self) -> bool:
        """Say whether a buyer can put it into a cart."""
        return self.inventory_policy == "CONTINUE" or self.inventory_quantity > 0

"""What Shopify sends about variants, locations and stock, as far as we read it.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/ProductVariant, .../Location,
.../InventoryLevel and the types they lead to.
"""

from decimal import Decimal

from isthmus.connectors.shopify.wire import Connection, Moment, Ref, UserError, Wire


class SelectedOption(Wire, frozen=True, kw_only=True):
    """`SelectedOption`."""

    name: str
    value: str


class Item(Wire, frozen=True, kw_only=True):
    """`InventoryItem` of a variant."""

    id: str
    tracked: bool
    requires_shipping: bool


class Product(Wire, frozen=True, kw_only=True):
    """`Product`, as far as its variants need it."""

    id: str
    status: str
    is_gift_card: bool
    updated_at: Moment


class OwnVariant(Wire, frozen=True, kw_only=True):
    """`ProductVariant` without its product; `price` is `Money`: shop currency, not named."""

    id: str
    display_name: str
    price: Decimal
    updated_at: Moment
    inventory_item: Item
    sku: str | None = None
    barcode: str | None = None
    selected_options: tuple[SelectedOption, ...] = ()


class Variant(OwnVariant, frozen=True, kw_only=True):
    """`ProductVariant` with its product."""

    product: Product


class ProductVariants(Product, frozen=True, kw_only=True):
    """`Product` with its variants."""

    variants: Connection[OwnVariant]


class ShopCurrency(Wire, frozen=True, kw_only=True):
    """`Shop`, for the currency prices are in."""

    currency_code: str


class VariantsAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `VARIANTS`."""

    shop: ShopCurrency
    product_variants: Connection[Variant]


class VariantsByIdAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `VARIANTS_BY_ID`."""

    shop: ShopCurrency
    nodes: tuple[Variant | None, ...]


class ProductsAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `PRODUCTS`."""

    shop: ShopCurrency
    products: Connection[ProductVariants]


class LocationAddress(Wire, frozen=True, kw_only=True):
    """`LocationAddress`."""

    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province_code: str | None = None
    zip: str | None = None
    country_code: str | None = None
    phone: str | None = None


class Location(Wire, frozen=True, kw_only=True):
    """`Location`."""

    id: str
    name: str
    is_active: bool
    fulfills_online_orders: bool
    ships_inventory: bool
    is_fulfillment_service: bool
    updated_at: Moment
    address: LocationAddress


class LocationsAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `LOCATIONS`."""

    locations: Connection[Location]


class NamedQuantity(Wire, frozen=True, kw_only=True):
    """`InventoryQuantity`."""

    name: str
    quantity: int


class Level(Wire, frozen=True, kw_only=True):
    """`InventoryLevel` of a known item."""

    updated_at: Moment
    quantities: tuple[NamedQuantity, ...]


class LevelItem(Wire, frozen=True, kw_only=True):
    """`InventoryItem` of a level."""

    id: str
    sku: str | None = None


class LocationLevel(Level, frozen=True, kw_only=True):
    """`InventoryLevel` with its item."""

    item: LevelItem


class LocationLevels(Wire, frozen=True, kw_only=True):
    """`Location`, for its levels."""

    inventory_levels: Connection[LocationLevel]


class LevelsAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `LEVELS`."""

    location: LocationLevels | None


class ItemLevel(LevelItem, frozen=True, kw_only=True):
    """`InventoryItem` with its level at one location; null when it is not stocked there."""

    inventory_level: Level | None = None


class LevelsByItemAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `LEVELS_BY_ITEM`."""

    nodes: tuple[ItemLevel | None, ...]


class SetPayload(Wire, frozen=True, kw_only=True):
    """`InventorySetQuantitiesPayload`."""

    user_errors: tuple[UserError, ...]
    inventory_adjustment_group: Ref | None = None


class SetAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `SET_QUANTITIES`."""

    inventory_set_quantities: SetPayload


class ActivatePayload(Wire, frozen=True, kw_only=True):
    """`InventoryActivatePayload`."""

    user_errors: tuple[UserError, ...]
    inventory_level: Ref | None = None


class ActivateAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `ACTIVATE`."""

    inventory_activate: ActivatePayload

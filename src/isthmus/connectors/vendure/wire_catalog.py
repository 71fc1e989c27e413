"""Variants, their stock and the places it is kept in, as far as we read them.

Source: https://docs.vendure.io/reference/graphql-api/admin/object-types#productvariant, .../#stocklevel,
.../#stocklocation (3.5)
"""

from isthmus.connectors.vendure.wire import Count, Figure, Id, Moment, Wire


class OptionGroup(Wire, frozen=True, kw_only=True):
    """`ProductOptionGroup`."""

    name: str


class Option(Wire, frozen=True, kw_only=True):
    """`ProductOption`: one choice, such as a color."""

    name: str
    group: OptionGroup


class Product(Wire, frozen=True, kw_only=True):
    """`Product`."""

    id: Id
    enabled: bool
    updated_at: Moment


class Variant(Wire, frozen=True, kw_only=True):
    """`ProductVariant`: `price` is net in every channel, `price_with_tax` gross."""

    id: Id
    sku: str
    name: str
    enabled: bool
    updated_at: Moment
    track_inventory: str
    price: Figure
    price_with_tax: Figure
    currency_code: str
    product: Product
    options: tuple[Option, ...] = ()


class Level(Wire, frozen=True, kw_only=True):
    """`StockLevel`; what may be sold is on hand less allocated."""

    stock_location_id: Id
    stock_on_hand: Count
    stock_allocated: Count


class Stocked(Wire, frozen=True, kw_only=True):
    """`ProductVariant` as a keeper of stock: `track_inventory` is TRUE, FALSE or INHERIT."""

    id: Id
    sku: str
    track_inventory: str
    stock_levels: tuple[Level, ...]


class SetAnswer(Wire, frozen=True, kw_only=True):
    """The answer to `SET_STOCK`; a variant that was deleted meanwhile may be null."""

    update_product_variants: tuple[Stocked | None, ...]


class Place(Wire, frozen=True, kw_only=True):
    """`StockLocation`; it has a name and no code, and is never out of use."""

    id: Id
    name: str
    description: str | None = None
    updated_at: Moment

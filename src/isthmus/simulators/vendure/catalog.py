"""What a shop sells, where it lies and what it costs.

Fields bear GraphQL's names in snake case. Prices are whole minor units, per channel and currency, net or gross as the
channel says. Source: https://docs.vendure.io/reference/typescript-api/entities/product-variant (3.5)
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from isthmus.simulators.vendure.lines import Line

DEFAULT_CODE = "__default_channel__"
#: per language: name, slug, description
Translations = dict[str, dict[str, str]]


@dataclass(slots=True, kw_only=True, eq=False)
class Record:
    """What every entity has. Numbers begin at 1 for each type, so different records share them."""

    TYPENAME: ClassVar[str] = ""

    id: int
    created_at: datetime
    updated_at: datetime
    custom_fields: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(slots=True, kw_only=True, eq=False)
class Country(Record):
    """A country people may live in."""

    TYPENAME: ClassVar[str] = "Country"

    code: str
    translations: Translations
    enabled: bool = True


@dataclass(slots=True, kw_only=True, eq=False)
class Zone(Record):
    """Countries with the same taxes."""

    TYPENAME: ClassVar[str] = "Zone"

    name: str
    members: list[Country]


@dataclass(slots=True, kw_only=True, eq=False)
class TaxCategory(Record):
    """What goods are taxed as."""

    TYPENAME: ClassVar[str] = "TaxCategory"

    name: str
    is_default: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class TaxRate(Record):
    """Percent for a category in a zone."""

    TYPENAME: ClassVar[str] = "TaxRate"

    name: str
    value: float
    category: TaxCategory
    zone: Zone
    enabled: bool = True


@dataclass(slots=True, kw_only=True, eq=False)
class Channel(Record):
    """A way to sell: prices, currencies and stock locations hang on it."""

    TYPENAME: ClassVar[str] = "Channel"

    code: str
    token: str
    prices_include_tax: bool
    default_currency_code: str
    available_currency_codes: list[str]
    default_tax_zone: Zone | None
    default_shipping_zone: Zone | None
    default_language_code: str = "en"
    available_language_codes: list[str] = field(default_factory=lambda: ["en"])
    track_inventory: bool = True
    out_of_stock_threshold: int = 0

    @property
    def currency_code(self) -> str:
        """Return the default currency under its old name."""
        return self.default_currency_code


@dataclass(slots=True, kw_only=True, eq=False)
class StockLocation(Record):
    """A warehouse."""

    TYPENAME: ClassVar[str] = "StockLocation"

    name: str
    description: str = ""
    channels: set[int] = field(default_factory=set[int])


@dataclass(slots=True, kw_only=True, eq=False)
class OptionGroup(Record):
    """What variants of a product differ in, such as the shade."""

    TYPENAME: ClassVar[str] = "ProductOptionGroup"

    code: str
    translations: Translations
    options: "list[Option]" = field(default_factory=list)


@dataclass(slots=True, kw_only=True, eq=False)
class Option(Record):
    """One choice of a group."""

    TYPENAME: ClassVar[str] = "ProductOption"

    code: str
    translations: Translations
    group: OptionGroup

    @property
    def group_id(self) -> int:
        """Return the group's number."""
        return self.group.id


@dataclass(slots=True, kw_only=True, eq=False)
class Product(Record):
    """What variants share. A deleted one stays, unseen."""

    TYPENAME: ClassVar[str] = "Product"

    translations: Translations
    enabled: bool = True
    option_groups: list[OptionGroup] = field(default_factory=list[OptionGroup])
    all_variants: "list[Variant]" = field(default_factory=list)
    channels: set[int] = field(default_factory=set[int])
    deleted_at: datetime | None = None

    @property
    def sku(self) -> str:
        """Return the SKUs of the variants; filters look at it."""
        return " ".join(one.sku for one in self.all_variants if one.deleted_at is None)


@dataclass(slots=True, kw_only=True, eq=False)
class Level(Record):
    """How much of a variant lies at a location, and how much of it is promised to buyers."""

    TYPENAME: ClassVar[str] = "StockLevel"

    stock_location: StockLocation
    stock_on_hand: int = 0
    stock_allocated: int = 0

    @property
    def stock_location_id(self) -> int:
        """Return the location's number."""
        return self.stock_location.id


@dataclass(slots=True, kw_only=True, eq=False)
class Variant(Record):
    """What is sold. SKUs are not unique. A deleted one stays, unseen but in its orders."""

    TYPENAME: ClassVar[str] = "ProductVariant"

    product: Product
    sku: str
    translations: Translations
    tax_category: TaxCategory
    enabled: bool = True
    options: list[Option] = field(default_factory=list[Option])
    #: by channel and currency
    amounts: dict[tuple[int, str], int] = field(default_factory=dict[tuple[int, str], int])
    levels: dict[int, Level] = field(default_factory=dict[int, Level])
    movements: "list[Movement]" = field(default_factory=list)
    track_inventory: str = "INHERIT"
    out_of_stock_threshold: int = 0
    use_global_out_of_stock_threshold: bool = True
    channels: set[int] = field(default_factory=set[int])
    deleted_at: datetime | None = None

    @property
    def product_id(self) -> int:
        """Return the product's number."""
        return self.product.id

    @property
    def gone(self) -> bool:
        """Tell whether it, or its product, is deleted."""
        return self.deleted_at is not None or self.product.deleted_at is not None


@dataclass(slots=True, kw_only=True, eq=False)
class Movement(Record):
    """A change of stock; `type` is ADJUSTMENT, ALLOCATION, RELEASE, SALE or CANCELLATION."""

    type: str
    quantity: int
    product_variant: Variant
    location: StockLocation
    order_line: "Line | None" = None

    @property
    def kind(self) -> str:
        """Return the GraphQL type."""
        return {"ADJUSTMENT": "StockAdjustment"}.get(self.type, self.type.capitalize())


@dataclass(slots=True, kw_only=True, eq=False)
class Method(Record):
    """A way to deliver (`price` minor units, `rate` its own tax in percent) or to pay (`settles` at once or not)."""

    code: str
    translations: Translations
    price: int = 0
    includes_tax: bool = True
    rate: float = 0.0
    settles: bool = True
    enabled: bool = True
    fulfillment_handler_code: str = "manual-fulfillment"


@dataclass(slots=True, kw_only=True, eq=False)
class Promotion(Record):
    """A discount: for whoever knows the coupon, or for everybody; on each line it is given to, or on whole orders."""

    TYPENAME: ClassVar[str] = "Promotion"

    translations: Translations
    percent: int
    coupon_code: str | None = None
    enabled: bool = True

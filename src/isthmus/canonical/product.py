"""What is sold: products, variants, bundles, categories, media. (R-REC-03..09)"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

import msgspec

from isthmus.canonical.money import Money
from isthmus.canonical.quantity import PIECE, Quantity
from isthmus.canonical.record import Part, Record

Texts = Mapping[str, str]  # language code to text; "" is the language the system did not name


class ProductKind(StrEnum):
    """What a product is, which decides whether it has stock."""

    STOCKED = "stocked"
    SERVICE = "service"
    DIGITAL = "digital"
    GIFT_CARD = "gift_card"


class Attribute(Part):
    """One characteristic, such as power = 60 W."""

    name: str
    value: str
    unit: str = ""


class Option(Part):
    """One choice a buyer makes, with its values in order."""

    name: str
    values: tuple[str, ...] = ()


class Component(Part):
    """One ingredient of a bundle or of a bill of materials."""

    sku: str
    quantity: Quantity


class Dimensions(Part):
    """Outer size in millimeters."""

    length_mm: Decimal
    width_mm: Decimal
    height_mm: Decimal


class Product(Record):
    """A product with texts and structure; what is sold is its variants. Archived is data, not absence."""

    name: Texts = msgspec.field(default_factory=dict[str, str])
    description: Texts = msgspec.field(default_factory=dict[str, str])
    sales_description: Texts = msgspec.field(default_factory=dict[str, str])
    active: bool = True
    kind: ProductKind = ProductKind.STOCKED
    brand: str = ""
    categories: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    options: tuple[Option, ...] = ()
    tax_class: str = ""
    unit: str = PIECE
    weight_g: Decimal | None = None
    dimensions: Dimensions | None = None
    supplier: str = ""
    supplier_sku: str = ""
    bill_of_materials: tuple[Component, ...] = ()


class Variant(Record):
    """One sellable thing. `number` is its SKU; an empty SKU is reported, never invented."""

    sku: str = ""
    erp_item_code: str = ""
    gtin: str = ""
    option_values: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    product_ref: str = ""
    stock_ref: str = ""  # the id stock is written to, where a system keeps one beside the variant's own
    title: str = ""
    kind: ProductKind = ProductKind.STOCKED
    active: bool = True
    unit: str = PIECE
    price: Money | None = None


class BundleHome(StrEnum):
    """Which systems know a bundle as a thing of its own."""

    STORE = "store"
    ERP = "erp"
    BOTH = "both"


class Bundle(Record):
    """A SKU made of others."""

    sku: str
    components: tuple[Component, ...]
    lives_in: BundleHome = BundleHome.BOTH


class Category(Record):
    """A shelf in the catalog; mapped by table, never by name."""

    name: Texts = msgspec.field(default_factory=dict[str, str])
    parent: str = ""
    position: int = 0
    path: tuple[str, ...] = ()


class Media(Record):
    """A picture or file of a product; an unchanged hash is not uploaded again."""

    url: str = ""
    content_hash: str = ""
    kind: str = "image"
    alt_text: str = ""
    position: int = 0
    variant_refs: tuple[str, ...] = ()

"""What WooCommerce sends about products, variations and their stock, as far as we read it.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#product-properties,
.../#product-variation-properties (REST v3)
"""

from decimal import Decimal
from typing import TypeVar

from isthmus.connectors.woocommerce.wire import Problem, Row, Stamp, Wire

S = TypeVar("S", bound="Stocked")
#: What is asked of a list of products; a whole one carries texts, pictures and links.
FIELDS = (
    "id", "name", "type", "status", "sku", "global_unique_id", "price", "virtual", "downloadable", "parent_id",
    "manage_stock", "stock_quantity", "stock_status", "backorders", "attributes", "variations", "date_modified_gmt",
)  # fmt: skip
STOCK_FIELDS = (
    "id", "type", "sku", "parent_id", "manage_stock", "stock_quantity", "stock_status", "backorders", "variations",
    "date_modified_gmt",
)  # fmt: skip


class Attribute(Wire, frozen=True, kw_only=True):
    """`attributes`: a variation has one `option` of each, its product all `options`."""

    name: str = ""
    option: str | None = None


class Stocked(Row, frozen=True, kw_only=True):
    """The stock of a product or variation. `manage_stock` is "parent" where the product keeps a variation's stock."""

    manage_stock: bool | str = False
    stock_quantity: Decimal | None = None
    stock_status: str = ""
    backorders: str = "no"
    sku: str | None = None
    type: str = ""
    parent_id: int = 0
    variations: tuple[int, ...] = ()
    date_modified_gmt: Stamp | None = None


class Item(Stocked, frozen=True, kw_only=True):
    """A product or a variation."""

    name: str = ""
    status: str | bool = "publish"
    price: str = ""
    global_unique_id: str | None = None
    virtual: bool = False
    downloadable: bool = False
    attributes: tuple[Attribute, ...] = ()


class Answered(Wire, frozen=True, kw_only=True):
    """One row of a batch: the record as it is now, or why it was refused."""

    id: int = 0
    error: Problem | None = None
    manage_stock: bool | str | None = None
    stock_quantity: Decimal | None = None


class Batch(Wire, frozen=True, kw_only=True):
    """The answer to a batch, in the order of what was sent."""

    update: tuple[Answered, ...] = ()

"""Products and their variations, as the shop keeps them.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#product-properties and #product-variation-properties
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from isthmus.simulators.woocommerce.meta import Meta
from isthmus.simulators.woocommerce.money import decimal

PARENT = "parent"


@dataclass(slots=True)
class Term:
    """A category, an attribute or one of its terms."""

    id: int
    name: str
    slug: str
    parent: int = 0
    description: str = ""


@dataclass(slots=True, kw_only=True)
class Product:
    """A product, or a variation of one (`parent` is set then). Prices are texts, as they were written."""

    id: int
    kind: str
    name: str
    slug: str
    created_at: datetime
    modified_at: datetime
    status: str = "publish"
    trashed_from: str | None = None
    sku: str = ""
    gtin: str = ""
    regular_price: str = ""
    sale_price: str = ""
    sale_from: datetime | None = None
    sale_to: datetime | None = None
    manage_stock: bool = False
    stock_quantity: int | None = None
    stock_status: str = "instock"
    backorders: str = "no"
    tax_status: str = "taxable"
    tax_class: str = ""
    weight: str = ""
    dimensions: dict[str, str] = field(default_factory=lambda: {"length": "", "width": "", "height": ""})
    virtual: bool = False
    categories: list[int] = field(default_factory=list[int])
    attributes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    images: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    meta: Meta = field(default_factory=list[dict[str, Any]])
    menu_order: int = 0
    total_sales: int = 0
    #: whatever is only kept and given back: descriptions, links, switches of the shop's pages
    passive: dict[str, Any] = field(default_factory=dict[str, Any])
    parent: "Product | None" = None
    variations: "list[Product]" = field(default_factory=list["Product"])

    @property
    def is_variation(self) -> bool:
        """Tell whether it is one of a variable product's."""
        return self.parent is not None

    @property
    def stock_holder(self) -> "Product | None":
        """Return whose stock is used up when it is sold: its own, its parent's, or nobody's."""
        if self.manage_stock:
            return self
        if self.parent is not None and self.parent.manage_stock:
            return self.parent
        return None

    @property
    def backorders_allowed(self) -> bool:
        """Tell whether more may be sold than there is."""
        return self.backorders != "no"

    def on_sale(self, now: datetime) -> bool:
        """Tell whether the sale price counts now."""
        if not self.sale_price or decimal(self.regular_price) <= decimal(self.sale_price):
            return False
        return not ((self.sale_from and now < self.sale_from) or (self.sale_to and now > self.sale_to))

    def price(self, now: datetime) -> str:
        """Return what it costs now; a variable product costs what its cheapest variation does."""
        if self.kind == "variable":
            prices = [one.price(now) for one in self.variations if one.status == "publish"]
            return min((price for price in prices if price), key=decimal, default="")
        return self.sale_price if self.on_sale(now) else self.regular_price

    def amount(self, now: datetime) -> Decimal:
        """Return the price as a number."""
        return decimal(self.price(now))

    def derive_stock_status(self, threshold: int = 0) -> None:
        """Let the status follow the quantity where stock is managed; what was written is lost then."""
        if not self.manage_stock or self.stock_quantity is None:
            return
        if self.stock_quantity > threshold:
            self.stock_status = "instock"
        else:
            self.stock_status = "onbackorder" if self.backorders_allowed else "outofstock"

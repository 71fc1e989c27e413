"""What a buyer decided on, before the shop makes an order of it. Prices of goods are as the shop shows them."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from isthmus.simulators.woocommerce.catalog import Product
from isthmus.simulators.woocommerce.orders import Address
from isthmus.simulators.woocommerce.people import Customer

Said = tuple[tuple[str, Any], ...]


@dataclass(slots=True)
class CartLine:
    """Some units of one product or variation."""

    product: Product
    quantity: int
    #: what a person in the shop took off this line
    goodwill_percent: Decimal = Decimal(0)
    engraving: str = ""
    #: free fields of the line, by key; a key may come twice
    said: Said = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A way to bring the goods; its price is net."""

    title: str
    method: str
    price: Decimal
    taxed: bool = True


@dataclass(slots=True)
class Cart:
    """Everything that decides what an order looks like."""

    lines: list[CartLine]
    #: whether prices included tax when it was placed: a merchant may have changed that since
    taxes_included: bool
    currency: str
    factor: Decimal = Decimal(1)  # units of the currency for one of the price list's
    payment: str = "stripe"
    delivery: Delivery | None = None
    coupon: str = ""
    fees: list[tuple[str, Decimal]] = field(default_factory=list[tuple[str, Decimal]])
    customer: Customer | None = None
    billing: Address = field(default_factory=dict[str, str])
    shipping: Address | None = None
    note: str = ""
    remarks: dict[str, str] = field(default_factory=dict[str, str])
    #: free fields of the order, by key; a key may come twice
    said: Said = ()
    skew: Decimal = Decimal(0)
    abandoned: bool = False

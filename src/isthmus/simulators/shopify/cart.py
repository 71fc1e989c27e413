"""What a buyer decided on, before the shop makes an order of it. Prices are in euros."""

from dataclasses import dataclass, field
from decimal import Decimal

from isthmus.simulators.shopify.catalog import Variant
from isthmus.simulators.shopify.charges import Tax
from isthmus.simulators.shopify.lines import Attribute
from isthmus.simulators.shopify.money import Currencies
from isthmus.simulators.shopify.parties import Address, Customer, PurchasingCompany


@dataclass(frozen=True, slots=True)
class CartLine:
    """Some units of one variant."""

    variant: Variant
    quantity: int
    custom_attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True)
class Reduction:
    """One discount: on the lines named, on the whole order, or on shipping."""

    kind: str  # GraphQL type of the application
    title: str
    on: str  # "line", "order" or "shipping"
    percent: Decimal | None = None
    amount: Decimal | None = None
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A way to bring the goods."""

    title: str
    code: str
    price: Decimal
    tax: Tax | None


@dataclass(slots=True)
class Cart:
    """Everything that decides what an order looks like."""

    currencies: Currencies
    lines: list[CartLine]
    taxes_included: bool
    tax: Tax | None
    payment: str = "card"  # card, paypal, authorized, bank, terms, gift_card
    gift_card: Decimal = Decimal(0)  # part paid by gift card
    delivery: Delivery | None = None
    reductions: list[Reduction] = field(default_factory=list[Reduction])
    tip: Decimal = Decimal(0)
    customer: Customer | None = None
    company: PurchasingCompany | None = None
    email: str | None = None
    phone: str | None = None
    billing: Address | None = None
    shipping: Address | None = None
    note: str | None = None
    tags: list[str] = field(default_factory=list[str])
    custom_attributes: list[Attribute] = field(default_factory=list[Attribute])
    po_number: str | None = None
    source_name: str = "web"
    locale: str = "en"
    test: bool = False
    skew: Decimal = Decimal(0)

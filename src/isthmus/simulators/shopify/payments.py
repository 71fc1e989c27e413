"""How an order is paid and paid back: transactions, terms, refunds.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/OrderTransaction (and Refund)
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from isthmus.simulators.shopify.money import Bag, MoneyV2

if TYPE_CHECKING:
    from isthmus.simulators.shopify.catalog import Location
    from isthmus.simulators.shopify.orders import LineItem, Order

#: gateway in the API -> name shown to people
GATEWAYS = {
    "shopify_payments": "Shopify Payments",
    "paypal": "PayPal",
    "gift_card": "Gift card",
    "Bank Deposit": "Bank Deposit",
}


@dataclass(frozen=True, slots=True)
class CardPaymentDetails:
    """What is known of a card."""

    TYPENAME: ClassVar[str] = "CardPaymentDetails"

    company: str = "Visa"
    number: str = "•••• •••• •••• 4242"
    bin: str = "424242"
    name: str | None = None
    expiration_month: int = 12
    expiration_year: int = 2030
    payment_method_name: str = "card"


@dataclass(slots=True)
class Transaction:
    """Money moved, or promised."""

    TYPENAME: ClassVar[str] = "OrderTransaction"

    id: str
    order: "Order"
    kind: str
    status: str
    gateway: str
    amount_set: Bag
    processed_at: datetime
    payment_id: str | None = None
    authorization_code: str | None = None
    parent_transaction: "Transaction | None" = None
    test: bool = False
    settled: bool = True
    settlement_currency: None = None
    settlement_currency_rate: None = None
    multi_capturable: bool = False

    @property
    def created_at(self) -> datetime:
        """Return when it was made."""
        return self.processed_at

    @property
    def formatted_gateway(self) -> str:
        """Return the gateway as people call it."""
        return GATEWAYS.get(self.gateway, self.gateway)

    @property
    def manual_payment_gateway(self) -> bool:
        """Say whether somebody has to look at a bank account."""
        return self.gateway == "Bank Deposit"

    @property
    def manually_capturable(self) -> bool:
        """Say whether the money is only reserved so far."""
        return self.kind == "AUTHORIZATION" and not self.settled

    @property
    def total_unsettled_set(self) -> Bag | None:
        """Return what could still be captured."""
        return self.amount_set if self.manually_capturable else None

    @property
    def receipt_json(self) -> dict[str, str] | None:
        """Return what the gateway noted: the end of a gift card's code; no stable contract, says Shopify."""
        return {"gift_card_last_characters": self.id[-4:]} if self.gateway == "gift_card" else None

    @property
    def payment_details(self) -> CardPaymentDetails | None:
        """Return the card, for a card."""
        return CardPaymentDetails() if self.gateway == "shopify_payments" else None

    @property
    def account_number(self) -> str | None:
        """Return the masked account."""
        return CardPaymentDetails().number if self.gateway == "shopify_payments" else None

    @property
    def authorization_expires_at(self) -> None:
        """Return nothing: authorizations do not run out here."""


@dataclass(slots=True)
class PaymentSchedule:
    """When how much is due."""

    TYPENAME: ClassVar[str] = "PaymentSchedule"

    id: str
    issued_at: datetime
    due_at: datetime
    balance_due: MoneyV2
    total_balance: MoneyV2
    completed_at: datetime | None = None
    due: bool = False


@dataclass(slots=True)
class PaymentTerms:
    """Buying on account."""

    TYPENAME: ClassVar[str] = "PaymentTerms"

    id: str
    due_in_days: int
    payment_schedules: list[PaymentSchedule]
    payment_terms_type: str = "NET"
    due: bool = False
    overdue: bool = False

    @property
    def payment_terms_name(self) -> str:
        """Return the terms in words."""
        return f"Net {self.due_in_days}"

    @property
    def translated_name(self) -> str:
        """Return the terms in the shop's language."""
        return f"Within {self.due_in_days} days"


@dataclass(slots=True)
class RefundLineItem:
    """Units taken back."""

    id: str
    line_item: "LineItem"
    quantity: int
    subtotal_set: Bag
    total_tax_set: Bag
    location: "Location | None"
    restock_type: str = "CANCEL"
    restocked: bool = True

    @property
    def price_set(self) -> Bag:
        """Return the price of one unit."""
        return self.line_item.original_unit_price_set


@dataclass(slots=True)
class Refund:
    """Money and goods that went back."""

    TYPENAME: ClassVar[str] = "Refund"

    id: str
    legacy_resource_id: int
    order: "Order"
    created_at: datetime
    total_refunded_set: Bag
    note: str | None = None
    refund_line_items: list[RefundLineItem] = field(default_factory=list[RefundLineItem])
    transactions: list[Transaction] = field(default_factory=list[Transaction])
    refund_shipping_lines: list[object] = field(default_factory=list[object])
    order_adjustments: list[object] = field(default_factory=list[object])

    @property
    def processed_at(self) -> datetime:
        """Return when it took effect."""
        return self.created_at

    @property
    def updated_at(self) -> datetime:
        """Return when it last changed; here never."""
        return self.created_at

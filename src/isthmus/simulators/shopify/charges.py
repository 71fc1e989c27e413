"""What changes a price: discounts and taxes, and the shipping lines that carry both.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/interfaces/DiscountApplication
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar

from isthmus.simulators.shopify.money import Bag, MoneyV2, rounded, total


@dataclass(frozen=True, slots=True)
class Percentage:
    """A discount as a share of the price."""

    TYPENAME: ClassVar[str] = "PricingPercentageValue"

    percentage: Decimal


@dataclass(frozen=True, slots=True)
class DiscountApplication:
    """Why something became cheaper; the amounts are in the allocations."""

    kind: str  # the GraphQL type: DiscountCodeApplication, ManualDiscountApplication, ...
    title: str  # the code, for a code
    index: int
    allocation_method: str
    target_selection: str
    target_type: str
    value: MoneyV2 | Percentage
    description: str | None = None

    @property
    def code(self) -> str:
        """Return the code the buyer typed."""
        return self.title

    @property
    def for_whole_order(self) -> bool:
        """Say whether it was spread over the lines rather than given on one."""
        return self.allocation_method == "ACROSS" and self.target_type == "LINE_ITEM"


@dataclass(frozen=True, slots=True)
class DiscountAllocation:
    """The part of a discount that fell on one line."""

    allocated_amount_set: Bag
    discount_application: DiscountApplication


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One tax on one line; the amount is for the ordered quantity."""

    title: str
    rate: Decimal
    price_set: Bag
    source: str = "Shopify"
    channel_liable: bool | None = False

    @property
    def rate_percentage(self) -> Decimal:
        """Return the rate in percent."""
        return self.rate * 100


@dataclass(frozen=True, slots=True)
class Tax:
    """What the shop charges in one country."""

    title: str
    rate: Decimal

    def on(self, price: Bag, *, included: bool) -> TaxLine:
        """Return the tax on `price`, or the tax inside it, rounded to the currency."""
        share = self.rate / (1 + self.rate) if included else self.rate
        return TaxLine(
            self.title,
            self.rate,
            price.each(lambda money: rounded(money.amount * share, money.currency_code)),
        )


@dataclass(slots=True)
class ShippingLine:
    """What bringing it costs."""

    TYPENAME: ClassVar[str] = "ShippingLine"

    id: str
    title: str
    code: str
    original_price_set: Bag
    carrier_identifier: str | None = None
    source: str = "shopify"
    custom: bool = False
    delivery_category: str | None = None
    is_removed: bool = False
    phone: str | None = None
    shipping_rate_handle: str | None = None
    discount_allocations: list[DiscountAllocation] = field(default_factory=list[DiscountAllocation])
    tax_lines: list[TaxLine] = field(default_factory=list[TaxLine])
    refunded: bool = False

    @property
    def discounted_price_set(self) -> Bag:
        """Return the price after discounts."""
        return self.original_price_set - allocated(self.discount_allocations, self.original_price_set.scaled(0))

    @property
    def current_discounted_price_set(self) -> Bag:
        """Return the price after discounts and refunds."""
        price = self.discounted_price_set
        return price.scaled(0) if self.refunded else price

    @property
    def tax(self) -> Bag:
        """Return all tax on it."""
        return total([line.price_set for line in self.tax_lines], self.original_price_set.scaled(0))


def allocated(allocations: list[DiscountAllocation], nothing: Bag) -> Bag:
    """Return what the allocations take off together."""
    return total([allocation.allocated_amount_set for allocation in allocations], nothing)

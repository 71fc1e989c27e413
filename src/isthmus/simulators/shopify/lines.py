"""One line of an order and its arithmetic, as ordered and as it stands now.

"Now" leaves out removed and refunded units; discount and tax follow the units that are left.
Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/LineItem
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar

from isthmus.simulators.shopify.catalog import Product, Variant, Weight
from isthmus.simulators.shopify.charges import DiscountAllocation, Tax, TaxLine, allocated
from isthmus.simulators.shopify.money import Bag, total


@dataclass(frozen=True, slots=True)
class Attribute:
    """A note in two parts that the theme put into the cart."""

    key: str
    value: str


@dataclass(slots=True)
class LineItem:
    """What was bought, how many, at what price."""

    TYPENAME: ClassVar[str] = "LineItem"

    id: str
    title: str
    variant_title: str | None
    sku: str | None
    vendor: str | None
    quantity: int
    current_quantity: int
    original_unit_price_set: Bag
    taxes_included: bool
    tax: Tax | None = None
    variant: Variant | None = None
    product: Product | None = None
    requires_shipping: bool = True
    is_gift_card: bool = False
    taxable: bool = True
    is_tip: bool = False
    custom_attributes: list[Attribute] = field(default_factory=list[Attribute])
    discount_allocations: list[DiscountAllocation] = field(default_factory=list[DiscountAllocation])
    tax_lines: list[TaxLine] = field(default_factory=list[TaxLine])
    merchant_editable: bool = True
    refunded: int = 0

    @property
    def name(self) -> str:
        """Return product and variant in one name."""
        return f"{self.title} - {self.variant_title}" if self.variant_title else self.title

    @property
    def unfulfilled_quantity(self) -> int:
        """Return the units still to be sent; a tip is never sent."""
        return 0 if self.is_tip else self.current_quantity

    @property
    def non_fulfillable_quantity(self) -> int:
        """Return the units that will never be sent."""
        return self.quantity - self.unfulfilled_quantity

    @property
    def refundable_quantity(self) -> int:
        """Return the units that can be given back."""
        return self.current_quantity

    @property
    def restockable(self) -> bool:
        """Say whether it can go back onto a shelf."""
        return self.variant is not None

    @property
    def weight(self) -> Weight | None:
        """Return the weight of one unit."""
        return self.variant.inventory_item.measurement.weight if self.variant else None

    @property
    def original_total_set(self) -> Bag:
        """Return price times ordered quantity."""
        return self.original_unit_price_set.scaled(self.quantity)

    @property
    def total_discount_set(self) -> Bag:
        """Return the discounts given on this line itself."""
        return self._off(lambda allocation: not allocation.discount_application.for_whole_order)

    @property
    def discounted_total_set(self) -> Bag:
        """Return the total after line discounts without a code."""
        return self.discounted_total(with_code_discounts=False)

    def discounted_total(self, *, with_code_discounts: bool) -> Bag:
        """Return the total after line discounts; a code counts only when asked for."""
        return self.original_total_set - self._off(
            lambda allocation: (
                not allocation.discount_application.for_whole_order
                and (with_code_discounts or allocation.discount_application.kind != "DiscountCodeApplication")
            )
        )

    @property
    def discounted_unit_price_set(self) -> Bag:
        """Return roughly what one unit costs after line discounts."""
        return self.discounted_total_set.scaled(Decimal(1) / self.quantity)

    @property
    def discounted_unit_price_after_all_discounts_set(self) -> Bag:
        """Return roughly what one unit costs after everything."""
        return self.net.scaled(Decimal(1) / self.quantity)

    @property
    def price_after_all_discounts_before_taxes_set(self) -> Bag:
        """Return what is left of the line now, without tax."""
        return self.net_now - self.tax_now if self.taxes_included else self.net_now

    @property
    def unfulfilled_original_total_set(self) -> Bag:
        """Return price times units still to be sent."""
        return self.original_unit_price_set.scaled(self.unfulfilled_quantity)

    @property
    def unfulfilled_discounted_total_set(self) -> Bag:
        """Return the discounted price of the units still to be sent."""
        return self.discounted_total_set.scaled(Decimal(self.unfulfilled_quantity) / self.quantity)

    @property
    def discount(self) -> Bag:
        """Return all discounts on the ordered quantity."""
        return allocated(self.discount_allocations, self.nothing)

    @property
    def net(self) -> Bag:
        """Return the ordered quantity's price after all discounts."""
        return self.original_total_set - self.discount if self.discount_allocations else self.original_total_set

    @property
    def discount_now(self) -> Bag:
        """Return the discounts on the units that are left."""
        if self.current_quantity == self.quantity or not self.discount_allocations:
            return self.discount
        return self.discount.scaled(Decimal(self.current_quantity) / self.quantity)

    @property
    def net_now(self) -> Bag:
        """Return the price after all discounts of the units that are left."""
        if self.current_quantity == self.quantity:
            return self.net
        return self.original_unit_price_set.scaled(self.current_quantity) - self.discount_now

    @property
    def tax_lines_now(self) -> list[TaxLine]:
        """Return the taxes on the units that are left."""
        if self.current_quantity == self.quantity or self.tax is None:
            return self.tax_lines
        return [self.tax.on(self.net_now, included=self.taxes_included)] if self.current_quantity else []

    @property
    def tax_now(self) -> Bag:
        """Return the tax on the units that are left."""
        return total([line.price_set for line in self.tax_lines_now], self.nothing)

    @property
    def tax_ordered(self) -> Bag:
        """Return the tax on the ordered quantity."""
        return total([line.price_set for line in self.tax_lines], self.nothing)

    @property
    def nothing(self) -> Bag:
        """Return no money, in this line's currencies."""
        return self.original_unit_price_set.scaled(0)

    def charge_tax(self) -> None:
        """Work out the tax on the ordered quantity anew."""
        self.tax_lines = [self.tax.on(self.net, included=self.taxes_included)] if self.tax else []

    def _off(self, counts: Callable[[DiscountAllocation], bool]) -> Bag:
        return allocated([allocation for allocation in self.discount_allocations if counts(allocation)], self.nothing)

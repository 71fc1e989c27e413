"""The lines of an order and what Vendure derives from their prices.

All amounts are whole minor units, but for `ShippingLine.price`, which Vendure leaves unrounded (seen on 3.5.5:
408.33333333333337). Source: https://docs.vendure.io/guides/core-concepts/taxes/ (3.5), entity/order-line of
@vendure/core 3.5.5; figures checked against a running 3.5.5.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from isthmus.simulators.vendure.arithmetic import gross_of, net_of, rounded
from isthmus.simulators.vendure.catalog import Method, Record, Variant

if TYPE_CHECKING:
    from isthmus.simulators.vendure.orders import FulfillmentLine, Order

ITEM, DISTRIBUTED, OTHER = "PROMOTION", "DISTRIBUTED_ORDER_PROMOTION", "OTHER"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What is taken off a whole line, in the kind of price the line is listed in."""

    source: str
    type: str
    description: str
    amount: int


@dataclass(frozen=True, slots=True)
class TaxLine:
    """A tax and its percentage."""

    description: str
    tax_rate: float


class _Taxed:
    """An amount listed net or gross, with taxes."""

    __slots__ = ()

    list_price: int
    includes_tax: bool
    tax_lines: list[TaxLine]

    @property
    def tax_rate(self) -> float:
        """Return all taxes together, in percent."""
        return sum(one.tax_rate for one in self.tax_lines)

    def net(self, listed: float) -> float:
        """Return a listed amount without tax, not rounded."""
        return net_of(listed, self.tax_rate) if self.includes_tax else listed

    def gross(self, listed: float) -> float:
        """Return a listed amount with tax, not rounded."""
        return listed if self.includes_tax else gross_of(listed, self.tax_rate)


@dataclass(slots=True, kw_only=True, eq=False)
class Line(_Taxed, Record):
    """Some units of one variant. Cancelling takes units off `quantity`, never off `order_placed_quantity`."""

    TYPENAME: ClassVar[str] = "OrderLine"

    order: "Order"
    product_variant: Variant
    quantity: int
    list_price: int
    initial_list_price: int
    includes_tax: bool
    order_placed_quantity: int = 0
    adjustments: list[Adjustment] = field(default_factory=list[Adjustment])
    tax_lines: list[TaxLine] = field(default_factory=list[TaxLine])

    def _off(self, kinds: Iterable[str]) -> float:
        """Return what discounts add to one unit's listed price (less than nothing)."""
        if self.quantity == 0:
            return 0
        units = max(self.order_placed_quantity, self.quantity)
        return sum(one.amount / units for one in self.adjustments if one.type in kinds)

    @property
    def _discounted(self) -> float:
        return self.list_price + self._off((ITEM,))

    @property
    def _prorated(self) -> float:
        return self.list_price + self._off((ITEM, DISTRIBUTED, OTHER))

    @property
    def unit_price(self) -> int:
        """Return a unit without tax and discounts."""
        return rounded(self.net(self.list_price))

    @property
    def unit_price_with_tax(self) -> int:
        """Return a unit with tax, without discounts."""
        return rounded(self.gross(self.list_price))

    @property
    def unit_price_change_since_added(self) -> int:
        """Return how much dearer a unit became since it was put into the cart, without tax."""
        return rounded(self.net(self.list_price) - self.net(self.initial_list_price))

    @property
    def unit_price_with_tax_change_since_added(self) -> int:
        """Return the same with tax."""
        return rounded(self.gross(self.list_price) - self.gross(self.initial_list_price))

    @property
    def discounted_unit_price(self) -> int:
        """Return a unit after discounts of its own, without tax."""
        return rounded(self.net(self._discounted))

    @property
    def discounted_unit_price_with_tax(self) -> int:
        """Return the same with tax."""
        return rounded(self.gross(self._discounted))

    @property
    def prorated_unit_price(self) -> int:
        """Return a unit after its share of all discounts, without tax."""
        return rounded(self.net(self._prorated))

    @property
    def prorated_unit_price_with_tax(self) -> int:
        """Return the same with tax."""
        return rounded(self.gross(self._prorated))

    @property
    def line_price(self) -> int:
        """Return the line without tax and discounts."""
        return rounded(self.net(self.list_price), self.quantity)

    @property
    def line_price_with_tax(self) -> int:
        """Return the line with tax, without discounts."""
        return rounded(self.gross(self.list_price), self.quantity)

    @property
    def discounted_line_price(self) -> int:
        """Return the line after discounts of its own, without tax."""
        return rounded(self.net(self._discounted), self.quantity)

    @property
    def discounted_line_price_with_tax(self) -> int:
        """Return the same with tax."""
        return rounded(self.gross(self._discounted), self.quantity)

    @property
    def prorated_line_price(self) -> int:
        """Return what the line is worth after its share of all discounts, without tax."""
        return rounded(self.net(self._prorated), self.quantity)

    @property
    def prorated_line_price_with_tax(self) -> int:
        """Return the same with tax."""
        return rounded(self.gross(self._prorated), self.quantity)

    @property
    def line_tax(self) -> int:
        """Return the tax before discounts."""
        return self.line_price_with_tax - self.line_price

    @property
    def fulfillment_lines(self) -> "list[FulfillmentLine]":
        """Return every fulfillment's part of it, but for those cancelled."""
        found = [one for fulfillment in self.order.fulfillments for one in fulfillment.lines if one.order_line is self]
        return [one for one in found if one.fulfillment.state != "Cancelled"]

    @property
    def fulfilled(self) -> int:
        """Return how many units are on their way or there."""
        return sum(one.quantity for one in self.fulfillment_lines)


@dataclass(slots=True, kw_only=True, eq=False)
class ShippingLine(_Taxed, Record):
    """What delivery costs, with a tax rate of its own."""

    TYPENAME: ClassVar[str] = "ShippingLine"

    shipping_method: Method
    list_price: int
    includes_tax: bool
    adjustments: list[Adjustment] = field(default_factory=list[Adjustment])
    tax_lines: list[TaxLine] = field(default_factory=list[TaxLine])

    @property
    def _discounted(self) -> int:
        return self.list_price + sum(one.amount for one in self.adjustments)

    @property
    def price(self) -> float:
        """Return the price without tax, which Vendure does not round."""
        exact = self.net(self.list_price)
        return int(exact) if exact == int(exact) else exact

    @property
    def price_with_tax(self) -> int:
        """Return the price with tax."""
        return rounded(self.gross(self.list_price))

    @property
    def discounted_price(self) -> int:
        """Return the price after discounts, without tax."""
        return rounded(self.net(self._discounted))

    @property
    def discounted_price_with_tax(self) -> int:
        """Return the same with tax."""
        return rounded(self.gross(self._discounted))


@dataclass(slots=True, kw_only=True, eq=False)
class Surcharge(_Taxed, Record):
    """Something paid for that is no product; less than nothing for goodwill."""

    TYPENAME: ClassVar[str] = "Surcharge"

    description: str
    sku: str
    list_price: int
    includes_tax: bool
    tax_lines: list[TaxLine] = field(default_factory=list[TaxLine])

    @property
    def price(self) -> int:
        """Return it without tax."""
        return rounded(self.net(self.list_price))

    @property
    def price_with_tax(self) -> int:
        """Return it with tax."""
        return rounded(self.gross(self.list_price))

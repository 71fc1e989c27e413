"""The lines of an order: goods, surcharges and delivery, each with its discounts and its taxes.

Vendure states each sum net and gross, both rounded. Which of the two is exact depends on how the shop keeps its prices,
so that one is taken; what a line was reduced by is then the difference of two stated sums, and the parts make the total
to the smallest unit whatever rounding the shop has.

Source: https://docs.vendure.io/reference/graphql-api/admin/object-types#orderline, .../#shippingline, .../#surcharge
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from isthmus.canonical.order import (
    Discount,
    DiscountKind,
    Level,
    LineDiscount,
    LineKind,
    OrderLine,
    ShippingLine,
    Tax,
)
from isthmus.canonical.quantity import NOTHING, pieces
from isthmus.connectors.vendure import wire_orders as orders
from isthmus.connectors.vendure.fields import own_fields
from isthmus.connectors.vendure.money import NONE, ONE, Purse, each, shares, whole
from isthmus.connectors.vendure.wire import FieldConfig
from isthmus.craft.attributes import custom

HUNDRED = Decimal(100)
SOURCE = "vendure"
#: An order discount as it falls on one line; `PROMOTION` is one of the line's own.
SPREAD = "DISTRIBUTED_ORDER_PROMOTION"
OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class Setting:
    """What lines need to know of their order; `gross` says that its prices include tax."""

    purse: Purse
    gross: bool
    coupons: Mapping[str, str] = field(default_factory=dict[str, str])  # by adjustment source
    sent: Mapping[str, int] = field(default_factory=dict[str, int])
    rates: Sequence[orders.TaxSum] = ()
    own: Sequence[FieldConfig] = ()  # the fields lines have in this shop

    def of(self, net: Decimal, gross: Decimal) -> Decimal:
        """Return the one of two sums that this order is made of."""
        return gross if self.gross else net


def to_line(line: orders.Line, setting: Setting) -> OrderLine:
    """Translate one line. Raises `ValueError` for an amount that is none."""
    quantity = Decimal(line.quantity)
    sum_ = setting.of(line.prorated_line_price, line.prorated_line_price_with_tax)
    unit = setting.of(line.unit_price, line.unit_price_with_tax)
    off = unit * quantity - sum_
    granted = [one for one in line.discounts if setting.of(one.amount, one.amount_with_tax) < 0]
    if quantity and off and (off < 0 or not granted):
        unit, off = each(sum_, quantity), NONE  # rounded by a strategy of the shop's own, or made dearer
    canceled, returned = taken_back(line, setting.sent.get(line.id, 0))
    edited = line.order_placed_quantity not in (0, line.quantity)
    return OrderLine(
        external_id=line.id,
        sku=line.product_variant.sku,
        title=line.product_variant.name,
        quantity=pieces(line.quantity),
        ordered_quantity=pieces(line.order_placed_quantity) if edited else None,
        unit_price=setting.purse.money(unit),
        discounts=tuple(to_discounts(granted, off, setting)) if off else (),
        taxes=taxes(line.prorated_line_price_with_tax - line.prorated_line_price, line.tax_lines, Level.LINE, setting),
        price_source=SOURCE,
        variant_ref=line.product_variant.id,
        shipped=pieces(setting.sent.get(line.id, 0)),
        canceled=pieces(canceled),
        returned=pieces(returned),
        custom=custom(own_fields(line.custom_fields, setting.own)),
    )


def taken_back(line: orders.Line, sent: int) -> tuple[int, int]:
    """Return how many pieces were canceled before they were sent, and how many after.

    Vendure knows no returns: what is canceled after it was sent came back (and is put back into stock).
    """
    gone = max(0, line.order_placed_quantity - line.quantity)
    returned = min(gone, max(0, sent - line.quantity))
    return gone - returned, returned


def to_discounts(granted: Sequence[orders.Discount], off: Decimal, setting: Setting) -> Iterable[LineDiscount]:
    """Translate what a line was reduced by; the stated parts say how it is shared out."""
    weights = [-setting.of(one.amount, one.amount_with_tax) for one in granted]
    for one, part in zip(granted, shares(off, weights), strict=True):
        if part:
            yield LineDiscount(
                amount=setting.purse.money(part),
                level=Level.ORDER if one.type == SPREAD else Level.LINE,
                code=setting.coupons.get(one.adjustment_source, ""),
                title=one.description,
                kind=DiscountKind.ADJUSTMENT if one.type == OTHER else DiscountKind.PROMOTION,
            )


def to_fee(fee: orders.Surcharge, setting: Setting) -> OrderLine:
    """Translate a surcharge; it stands beside the goods, one of it, and may be below zero."""
    return OrderLine(
        external_id=f"surcharge:{fee.id}",
        sku=fee.sku or "",
        title=fee.description or "Surcharge",
        quantity=pieces(1),
        unit_price=setting.purse.money(setting.of(fee.price, fee.price_with_tax)),
        kind=LineKind.FEE,
        taxes=taxes(fee.price_with_tax - fee.price, fee.tax_lines, Level.FEE, setting),
        price_source=SOURCE,
        shipped=NOTHING,
    )


def to_shipping(line: orders.Shipping, setting: Setting) -> ShippingLine:
    """Translate one charge for delivery; its tax is told as a sum only, and the rate is the order's that fits."""
    charged = setting.of(line.discounted_price, line.discounted_price_with_tax)
    price = whole(setting.of(line.price, line.price_with_tax)) if line.discounts else charged
    tax = line.discounted_price_with_tax - line.discounted_price
    fits = [row for row in setting.rates if fit(line.discounted_price, tax, row.tax_rate)]
    rate = fits[0].tax_rate if len({row.tax_rate for row in fits}) == 1 else None
    return ShippingLine(
        price=setting.purse.money(max(price, charged)),
        title=line.shipping_method.name,
        method_code=line.shipping_method.code,
        discount=setting.purse.money(price - charged) if price > charged else None,
        taxes=(
            Tax(
                amount=setting.purse.money(tax),
                rate=None if rate is None else rate / HUNDRED,
                level=Level.SHIPPING,
                name=fits[-1].description if rate is not None else "",
                calculated_by="Vendure",
            ),
        )
        if tax
        else (),
    )


def fit(net: Decimal, tax: Decimal, rate: Decimal) -> bool:
    """Tell whether a rate (percent) makes this tax, but for rounding."""
    return abs(net * rate / HUNDRED - tax) <= ONE


def taxes(sum_: Decimal, lines: Sequence[orders.TaxLine], level: Level, setting: Setting) -> tuple[Tax, ...]:
    """Translate the tax of a line: one sum is stated, shared out by the rates it is made of."""
    if not lines:
        return (Tax(amount=setting.purse.money(sum_), level=level, calculated_by="Vendure"),) if sum_ else ()
    return tuple(
        Tax(
            amount=setting.purse.money(part),
            rate=one.tax_rate / HUNDRED,
            level=level,
            name=one.description,
            calculated_by="Vendure",
        )
        for one, part in zip(lines, shares(sum_, [one.tax_rate for one in lines]), strict=True)
    )


def whole_discounts(lines: Sequence[OrderLine], charges: Sequence[ShippingLine]) -> tuple[Discount, ...]:
    """Return the discounts as granted: what fell on each line, added up by promotion; then delivery's."""
    found: dict[tuple[Level, str, str, DiscountKind], Discount] = {}
    for part in (part for line in lines for part in line.discounts):
        name = (part.level, part.code, part.title, part.kind)
        before = found.get(name)
        amount = before.amount + part.amount if before else part.amount
        found[name] = Discount(level=part.level, amount=amount, code=part.code, title=part.title, kind=part.kind)
    delivery = [Discount(level=Level.SHIPPING, amount=one.discount) for one in charges if one.discount]
    return (*found.values(), *delivery)

"""The lines of an order: goods, tips, duties, fees and delivery, each with its discounts and taxes.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/LineItem, .../ShippingLine,
.../DiscountApplication
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from msgspec.structs import replace

from isthmus.canonical.money import Money
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
from isthmus.connectors.shopify import wire_orders as orders
from isthmus.connectors.shopify.fields import attributes
from isthmus.connectors.shopify.ids import legacy
from isthmus.connectors.shopify.money import money, settled, share
from isthmus.craft.attributes import custom

ALL = Decimal(1)


@dataclass(frozen=True, slots=True)
class Details:
    """What an order does not carry itself and is read apart, only for the few that need it."""

    places: Mapping[str, str] = field(default_factory=dict[str, str])  # line id to location number
    returned: Mapping[str, int] = field(default_factory=dict[str, int])  # line id to units
    fees: Sequence[orders.Fee] = ()
    duties: Sequence[orders.Fee] = ()
    holds: Sequence[orders.Hold] = ()


def to_line(line: orders.Line, details: Details, tip: Money) -> OrderLine:
    """Translate one line; quantities are after edits, amounts the shares of what remains."""
    left, ordered = Decimal(line.current_quantity), Decimal(line.quantity)
    removed = line.quantity - line.current_quantity
    returned = min(removed, details.returned.get(line.id, 0))
    canceled = removed - returned
    kind = kind_of(line, tip)
    shipped = 0 if kind is LineKind.TIP else max(0, line.quantity - canceled - line.unfulfilled_quantity)
    return OrderLine(
        external_id=legacy(line.id),
        sku=line.sku or "",
        title=line.name,
        quantity=pieces(line.current_quantity),
        ordered_quantity=pieces(line.quantity) if removed else None,
        unit_price=money(line.original_unit_price_set),
        kind=kind,
        discounts=tuple(
            discount
            for allocation in line.discount_allocations
            if (discount := to_line_discount(allocation, left, ordered)).amount
        ),
        taxes=tuple(to_tax(tax, Level.LINE, left, ordered) for tax in line.tax_lines),
        price_source="shopify",
        warehouse=details.places.get(line.id, "") if line.requires_shipping else "",
        variant_ref=legacy(line.variant.id) if line.variant else "",
        shipped=pieces(shipped),
        canceled=pieces(canceled),
        returned=pieces(returned),
        note="\n".join(f"{said.key}: {said.value or ''}" for said in line.custom_attributes),
        custom=custom(attributes(line.custom_attributes)),
    )


def kind_of(line: orders.Line, tip: Money) -> LineKind:
    """Return what a line sells.

    A tip is a line without variant and SKU that is not shipped and amounts to the order's tip; Shopify
    marks it no further.
    """
    if line.is_gift_card:
        return LineKind.GIFT_CARD
    plain = line.variant is None and not line.requires_shipping
    if tip and plain and not line.sku and money(line.original_unit_price_set) * Decimal(line.quantity) == tip:
        return LineKind.TIP
    return LineKind.GOODS if line.requires_shipping else LineKind.DIGITAL


def to_line_discount(allocation: orders.Allocation, left: Decimal, ordered: Decimal) -> LineDiscount:
    """Translate the part of a discount on one line."""
    application = allocation.discount_application
    return LineDiscount(
        amount=share(money(allocation.allocated_amount_set), left, ordered),
        level=level_of(application),
        code=application.code or "",
        title=application.title or application.code or "",
        kind=origin_of(application),
    )


def level_of(application: orders.Application) -> Level:
    """Return what a discount was granted on: delivery, the whole order, or single lines."""
    if application.target_type == "SHIPPING_LINE":
        return Level.SHIPPING
    if application.target_selection == "ALL" and application.allocation_method == "ACROSS":
        return Level.ORDER
    return Level.LINE


def origin_of(application: orders.Application) -> DiscountKind:
    """Return where a discount came from: staff, or a promotion (code, automatic, script)."""
    return DiscountKind.MANUAL if application.kind == "ManualDiscountApplication" else DiscountKind.PROMOTION


def to_tax(tax: orders.TaxLine, level: Level, left: Decimal = ALL, whole: Decimal = ALL) -> Tax:
    """Translate one tax as charged; `source` is who calculated it."""
    return Tax(
        amount=share(money(tax.price_set), left, whole),
        rate=tax.rate,
        level=level,
        name=tax.title,
        calculated_by=tax.source or "Shopify",
    )


def to_shipping(line: orders.Shipping) -> ShippingLine:
    """Translate one charge for delivery; a refunded part is off the price, and its tax with it."""
    original, discounted = money(line.original_price_set), money(line.discounted_price_set)
    left = money(line.current_discounted_price_set)
    refunded = discounted - left
    discount = original - discounted
    return ShippingLine(
        price=original - refunded,
        title=line.title,
        method_code=line.code or "",
        carrier=line.carrier_identifier or line.source or "",
        discount=discount or None,
        taxes=tuple(to_tax(tax, Level.SHIPPING, left.amount, discounted.amount) for tax in line.tax_lines),
    )


def to_fee_line(fee: orders.Fee, title: str) -> OrderLine:
    """Translate a duty or an additional fee; it stands beside the goods, one of it."""
    return OrderLine(
        external_id=legacy(fee.id),
        sku="",
        title=fee.name or title,
        quantity=pieces(1),
        unit_price=money(fee.price),
        kind=LineKind.FEE,
        taxes=tuple(to_tax(tax, Level.FEE) for tax in fee.tax_lines),
        price_source="shopify",
        shipped=NOTHING,
    )


def whole_discounts(lines: Sequence[OrderLine], shipping: Sequence[orders.Shipping]) -> tuple[Discount, ...]:
    """Return each discount as granted: the sum of its parts on lines and delivery."""
    parts = [part for line in lines for part in line.discounts]
    parts += [to_line_discount(part, ALL, ALL) for charge in shipping for part in charge.discount_allocations]
    whole: dict[tuple[Level, str, str, DiscountKind], Money] = {}
    for part in parts:
        name = (part.level, part.code, part.title, part.kind)
        whole[name] = whole[name] + part.amount if name in whole else part.amount
    return tuple(
        Discount(level=level, amount=amount, code=code, title=title, kind=kind)
        for (level, code, title, kind), amount in whole.items()
    )


def settle(
    lines: Sequence[OrderLine], shipping: Sequence[ShippingLine], *, discount: Money, tax: Money
) -> tuple[OrderLine, ...]:
    """Return the lines with the rounding of edited ones settled on what the order states in sum."""
    currency = tax.currency
    edited = [at for at, line in enumerate(lines) if line.ordered_quantity is not None and line.quantity]
    if not edited:
        return tuple(lines)
    rest = [line for at, line in enumerate(lines) if at not in edited]
    off = Money.total((line.discount for line in rest), currency)
    off = Money.total((charge.discount for charge in shipping if charge.discount), currency) + off
    charged = Money.total((line.tax for line in rest), currency)
    charged = Money.total((charge.tax for charge in shipping), currency) + charged
    discounts = iter(settled([part.amount for at in edited for part in lines[at].discounts], off, discount))
    taxes = iter(settled([part.amount for at in edited for part in lines[at].taxes], charged, tax))
    result = list(lines)
    for at in edited:
        result[at] = replace(
            lines[at],
            discounts=tuple(replace(part, amount=next(discounts)) for part in lines[at].discounts),
            taxes=tuple(replace(part, amount=next(taxes)) for part in lines[at].taxes),
        )
    return tuple(result)

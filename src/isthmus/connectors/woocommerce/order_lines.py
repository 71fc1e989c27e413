"""The lines of an order: goods, fees and delivery, each with its discount and its taxes.

All sums of a line exclude tax, whether or not the shop's prices include it, so an order's prices never do here.
Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#order-line-items-properties (REST v3)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html import unescape

from isthmus.canonical.money import Money, smallest_unit
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
from isthmus.canonical.quantity import NOTHING, Quantity
from isthmus.connectors.woocommerce import wire_orders as orders
from isthmus.connectors.woocommerce.fields import Wanted, carried
from isthmus.connectors.woocommerce.ids import variant_id
from isthmus.connectors.woocommerce.order_sums import NONE, amount, checked, each, rounded, settled, share
from isthmus.connectors.woocommerce.wire import Meta
from isthmus.craft.attributes import custom

HUNDRED = Decimal(100)
SOURCE = "woocommerce"


@dataclass(frozen=True, slots=True)
class Charged:
    """One line of any kind with its sums at the smallest unit; `taxes` go with the rates of the line."""

    net: Decimal
    taxes: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Sums:
    """What every line of an order was charged, by the line's id."""

    lines: Mapping[int, Charged]
    shipping: Mapping[int, Charged]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces of a line that were refunded, and with which sums (below zero); `taxes` go by the rate."""

    returned: Decimal = NONE
    canceled: Decimal = NONE
    net: Decimal = NONE
    taxes: Mapping[int, Decimal] = field(default_factory=dict[int, Decimal])

    def left_of(self, whole: Decimal, back: Decimal, fair: Decimal, currency: str) -> Decimal:
        """Return what is left of a sum: less what went back, where that is the pieces' share but for rounding.

        Where more or less than their share went back, the pieces that are left still cost what they did.
        """
        left = rounded(whole + back, currency)
        slack = smallest_unit(currency) * max(Decimal(1), self.returned + self.canceled)
        return left if abs(left - fair) <= slack else fair


@dataclass(frozen=True, slots=True)
class Setting:
    """What lines need to know of their order."""

    currency: str
    rates: Mapping[int, orders.TaxRate]
    coupons: Sequence[orders.Coupon]
    shipped: bool
    wanted: Wanted = field(default_factory=Wanted)

    def money(self, figure: Decimal) -> Money:
        """Return an amount in the order's currency."""
        return Money(figure, self.currency)


def charged(order: orders.Order) -> Sums:
    """Return what each line was charged, settled on the sums the order states. Raises `ValueError`."""
    goods = [*order.line_items, *order.fee_lines]
    stated = checked(order.total) - checked(order.total_tax) - checked(order.shipping_total)
    return Sums(
        _settled(goods, stated, order.cart_tax, order.currency),
        _settled(order.shipping_lines, order.shipping_total, order.shipping_tax, order.currency),
    )


def _settled(parts: Sequence[orders.Part], net: Decimal, tax: Decimal, currency: str) -> dict[int, Charged]:
    nets = settled([checked(part.total) for part in parts], checked(net), currency)
    raw = [tax_amounts(part) for part in parts]
    taxes = iter(settled([figure for some in raw for figure in some], checked(tax), currency))
    return {
        part.id: Charged(sum_, tuple(next(taxes) for _ in some))
        for part, sum_, some in zip(parts, nets, raw, strict=True)
    }


def tax_amounts(part: orders.Part) -> tuple[Decimal, ...]:
    """Return the tax of each rate of a line; where the rates are not told, all of it as one."""
    said = tuple(amount(tax.total) for tax in part.taxes)
    return said if any(said) or not part.total_tax else (checked(part.total_tax),)


def to_line(line: orders.Line, sum_: Charged, back: Pieces, setting: Setting) -> OrderLine:
    """Translate one line; what was refunded by the piece is off its quantity, and off its sums as it was refunded."""
    ordered = Quantity(line.quantity)
    left = Quantity(line.quantity - back.returned - back.canceled)
    discount = discount_of(line, sum_.net, setting.currency)
    part = (left.value, ordered.value, setting.currency)
    fair = share(sum_.net, *part)
    remaining = back.left_of(sum_.net, back.net, fair, setting.currency)
    off = share(sum_.net + discount, *part) - fair
    priced = (remaining + off, left.value) if remaining != fair and left else (sum_.net + discount, ordered.value)
    rates = [tax.id for tax in line.taxes] if len(line.taxes) == len(sum_.taxes) else [0] * len(sum_.taxes)
    taxes = [
        back.left_of(tax, back.taxes.get(rate, NONE), share(tax, *part), setting.currency)
        for rate, tax in zip(rates, sum_.taxes, strict=True)
    ]
    return OrderLine(
        external_id=str(line.id),
        sku=line.sku or "",
        title=unescape(line.name),
        quantity=left,
        ordered_quantity=ordered if left != ordered else None,
        unit_price=setting.money(each(*priced)),
        discounts=(to_discount(off, setting),) if off else (),
        taxes=tuple(to_taxes(line, taxes, Level.LINE, setting)),
        price_source=SOURCE,
        variant_ref=variant_id(line.variation_id or line.product_id, line.product_id if line.variation_id else 0),
        shipped=left + Quantity(back.returned) if setting.shipped else NOTHING,
        returned=Quantity(back.returned),
        canceled=Quantity(back.canceled),
        note="\n".join(f"{name}: {value}" for name, value in shown(line.meta_data)),
        custom=custom(carried(line.meta_data, setting.wanted)),
    )


def discount_of(line: orders.Line, net: Decimal, currency: str) -> Decimal:
    """Return what a line was reduced by; a line made dearer by hand has its new price and no discount."""
    if line.subtotal == line.total:
        return NONE
    return max(NONE, rounded(checked(line.subtotal), currency) - net)


def to_discount(off: Decimal, setting: Setting) -> LineDiscount:
    """Return the part of all discounts on one line: coupons only name what is spread over the lines already."""
    codes = [coupon.code for coupon in setting.coupons]
    return LineDiscount(
        amount=setting.money(off),
        level=Level.ORDER if codes else Level.LINE,
        code=codes[0] if len(codes) == 1 else "",
        title=", ".join(codes),
        kind=DiscountKind.PROMOTION if codes else DiscountKind.MANUAL,
    )


def to_fee(fee: orders.Fee, sum_: Charged, refunded: Charged, setting: Setting) -> OrderLine:
    """Translate a fee; it stands beside the goods, one of it, and may be below zero."""
    return OrderLine(
        external_id=str(fee.id),
        sku="",
        title=unescape(fee.name or "") or "Fee",
        quantity=Quantity(Decimal(1)),
        unit_price=setting.money(sum_.net + refunded.net),
        kind=LineKind.FEE,
        taxes=tuple(to_taxes(fee, left_of(sum_.taxes, refunded.taxes), Level.FEE, setting)),
        price_source=SOURCE,
        custom=custom(carried(fee.meta_data, setting.wanted)),
    )


def to_shipping(line: orders.Shipping, sum_: Charged, refunded: Charged, setting: Setting) -> ShippingLine:
    """Translate one charge for delivery; a refunded part is off the price, and its tax with it."""
    return ShippingLine(
        price=setting.money(sum_.net + refunded.net),
        title=unescape(line.method_title or ""),
        method_code=line.method_id or "",
        taxes=tuple(to_taxes(line, left_of(sum_.taxes, refunded.taxes), Level.SHIPPING, setting)),
    )


def left_of(taxes: Sequence[Decimal], refunded: Sequence[Decimal]) -> list[Decimal]:
    """Return what is left of each tax; refunded sums are below zero and may name fewer rates."""
    gone = [*refunded, *([NONE] * len(taxes))]
    return [tax + back for tax, back in zip(taxes, gone, strict=False)]


def to_taxes(part: orders.Part, sums: Sequence[Decimal], level: Level, setting: Setting) -> list[Tax]:
    """Translate the taxes of a line, each as charged at its rate; an empty sum is a rate that does not apply."""
    if len(part.taxes) != len(sums):
        return [to_tax(None, figure, level, setting) for figure in sums]
    listed = zip(part.taxes, sums, strict=True)
    return [to_tax(setting.rates.get(tax.id), figure, level, setting) for tax, figure in listed if tax.total or figure]


def to_tax(rate: orders.TaxRate | None, figure: Decimal, level: Level, setting: Setting) -> Tax:
    """Translate one tax; without a rate it was put there by a plugin or by hand."""
    return Tax(
        amount=setting.money(figure),
        rate=rate.rate_percent / HUNDRED if rate and rate.rate_percent is not None else None,
        level=level,
        name=unescape(rate.label) if rate else "",
        jurisdiction=rate.rate_code if rate else "",
        calculated_by="WooCommerce",
    )


def whole_discounts(lines: Sequence[OrderLine], setting: Setting) -> tuple[Discount, ...]:
    """Return the discounts as granted: by coupon where the coupons make the sum of the lines' parts, else as one."""
    parts = [part for line in lines for part in line.discounts]
    if not parts:
        return ()
    whole = Money.total((part.amount for part in parts), setting.currency)
    first = parts[0]
    granted = [(coupon.code, setting.money(coupon.discount)) for coupon in setting.coupons if coupon.discount]
    if len(granted) > 1 and Money.total((off for _code, off in granted), setting.currency).rounded() == whole:
        return tuple(Discount(level=first.level, amount=off.rounded(), code=code, title=code) for code, off in granted)
    return (Discount(level=first.level, amount=whole, code=first.code, title=first.title, kind=first.kind),)


def shown(fields: Sequence[Meta]) -> list[tuple[str, str]]:
    """Return fields that people see, as name and value: those whose name has no underscore in front."""
    found: list[tuple[str, str]] = []
    for one in fields:
        value = plain(one.display_value) or plain(one.value)
        if value and not one.key.startswith("_"):
            found.append((unescape(plain(one.display_key) or one.key), unescape(value)))
    return found


def plain(value: object) -> str:
    """Return a value as text, empty for anything that is not one."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""

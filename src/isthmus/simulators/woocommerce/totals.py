"""Taxes and totals of an order: the recalculation that a change of lines or addresses sets off.

Lines hold net amounts whatever `prices_include_tax` says; tax is worked out per line from the rates of today.
Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#order-properties, and the rounding of WooCommerce:
per line, half up; tax half down where prices include it.
"""

from collections import defaultdict
from decimal import Decimal

from isthmus.simulators.woocommerce.catalog import Product
from isthmus.simulators.woocommerce.money import ZERO, exact, rounded, rounded_tax, total
from isthmus.simulators.woocommerce.orders import Line, Order, Tax, TaxLine
from isthmus.simulators.woocommerce.people import Rate
from isthmus.simulators.woocommerce.shop import Shop

#: what the shop itself is in: the country prices with tax are meant for
BASE_COUNTRY = "DE"


def rates_for(shop: Shop, tax_class: str, country: str, state: str = "") -> list[Rate]:
    """Return the rates a class of goods bears in a country; an empty class is the standard one."""
    if not shop.settings.taxes:
        return []
    wanted = tax_class or "standard"
    return [
        rate
        for rate in shop.rates.values()
        if rate.tax_class == wanted and rate.country in {"", country} and rate.state in {"", state}
    ]


def net(shop: Shop, product: Product, gross_or_net: Decimal, *, included: bool) -> Decimal:
    """Return a price without the tax that is in it, which is the shop's own country's."""
    if not included or product.tax_status != "taxable":
        return gross_or_net
    percent = total(rate.percent for rate in rates_for(shop, product.tax_class, BASE_COUNTRY))
    return gross_or_net / (1 + percent / 100)


def recalculate(shop: Shop, order: Order) -> None:
    """Work out every tax and total anew."""
    country, state = _place(order)
    for line in order.lines:
        if line.kind != "coupon":
            _tax(shop, line, country, state)
    retotal(shop, order)


def retotal(shop: Shop, order: Order) -> None:
    """Work out the totals from what the lines say, taxes included as they are."""
    decimals, included = shop.settings.decimals, order.prices_include_tax
    goods, fees, shipping = order.goods, order.of("fee"), order.of("shipping")
    order.tax_lines = _tax_lines(shop, order)
    order.cart_tax = total(
        rounded_tax(tax.total, decimals, included=included) for line in (*goods, *fees) for tax in line.taxes.values()
    )
    order.shipping_tax = total(
        rounded_tax(tax.total, decimals, included=included) for line in shipping for tax in line.taxes.values()
    )
    before = total(rounded(line.subtotal, decimals) for line in goods)
    after = total(rounded(line.total, decimals) for line in goods)
    order.discount_total = rounded(before - after, decimals)
    tax_off = total(line.subtotal_tax - line.total_tax for line in goods)
    order.discount_tax = rounded_tax(tax_off, decimals, included=included)
    order.shipping_total = total(rounded(line.total, decimals) for line in shipping)
    charged = total(rounded(line.total, decimals) for line in fees)
    order.total = rounded(
        after + charged + order.shipping_total + order.cart_tax + order.shipping_tax + order.skew, decimals
    )


def _place(order: Order) -> tuple[str, str]:
    """Return where the goods go, which is where tax is due."""
    chosen = order.shipping if order.shipping.get("country") else order.billing
    return chosen.get("country") or BASE_COUNTRY, chosen.get("state", "")


def _tax(shop: Shop, line: Line, country: str, state: str) -> None:
    rates = rates_for(shop, line.tax_class, country, state) if line.tax_status == "taxable" else []
    if line.kind == "shipping":
        rates = [rate for rate in rates if rate.shipping]
    line.taxes = {
        rate.id: Tax(exact(line.total * rate.percent / 100), exact(line.subtotal * rate.percent / 100))
        for rate in rates
    }


def _tax_lines(shop: Shop, order: Order) -> list[TaxLine]:
    goods: dict[int, Decimal] = defaultdict(Decimal)
    shipping: dict[int, Decimal] = defaultdict(Decimal)
    for line in order.lines:
        for rate_id, tax in line.taxes.items():
            share = rounded_tax(tax.total, shop.settings.decimals, included=order.prices_include_tax)
            (shipping if line.kind == "shipping" else goods)[rate_id] += share
    known = {line.rate_id: line for line in order.tax_lines}
    return [
        _tax_line(shop, rate_id, known.get(rate_id), goods.get(rate_id, ZERO), shipping.get(rate_id, ZERO))
        for rate_id in sorted({*goods, *shipping})
    ]


def _tax_line(shop: Shop, rate_id: int, known: TaxLine | None, goods: Decimal, shipping: Decimal) -> TaxLine:
    rate = shop.rates.get(rate_id)
    if rate is None:
        kept = known or TaxLine(shop.new_id("item"), rate_id, "", "", ZERO, compound=False, tax_total=goods,
                                shipping_tax_total=shipping)  # fmt: skip
        kept.tax_total, kept.shipping_tax_total = goods, shipping
        return kept
    number = known.id if known else shop.new_id("item")
    return TaxLine(number, rate_id, rate.code, rate.name, rate.percent, rate.compound, goods, shipping)

"""Do the parts of an order make its total, to the smallest unit of its currency?"""

from dataclasses import dataclass

from isthmus.canonical.money import Money
from isthmus.canonical.order import Order


@dataclass(frozen=True, slots=True)
class Sums:
    """An order's parts added up: lines after discounts, delivery, tax on top, and all together."""

    lines: Money
    shipping: Money
    tax: Money  # zero when prices include it
    total: Money


def sums(order: Order) -> Sums:
    """Return the sums of the parts, each line rounded once as it was charged."""
    zero = Money.zero(order.currency)
    lines = Money.total((line.net_of_discount.rounded() for line in order.lines), order.currency)
    shipping = Money.total((charge.charged for charge in order.shipping_lines), order.currency)
    tax = zero if order.prices_include_tax else all_tax(order)
    return Sums(lines, shipping, tax, lines + shipping + tax)


def all_tax(order: Order) -> Money:
    """Return every tax charged on the order."""
    parts = [line.tax for line in order.lines] + [charge.tax for charge in order.shipping_lines]
    return Money.total([*parts, *(tax.amount for tax in order.extra_taxes)], order.currency)


def difference(order: Order) -> str:
    """Return, in words, by how much and where the parts miss the total; empty when they meet it."""
    made = sums(order)
    if made.total.rounded() == order.total.rounded():
        return ""
    gap = order.total - made.total
    stated = [
        ("lines", made.lines, order.subtotal),
        ("delivery", made.shipping, order.shipping),
        ("tax", all_tax(order), order.tax),
    ]
    off = [
        f"{name} add up to {sum_}, the shop states {said}"
        for name, sum_, said in stated
        if said is not None and sum_.rounded() != said.rounded()
    ]
    where = f" ({'; '.join(off)})" if off else ""
    return f"The parts add up to {made.total}, the order says {order.total}: {gap} is unexplained{where}."

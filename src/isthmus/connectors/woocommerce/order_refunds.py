"""What was refunded of an order, line by line.

WooCommerce leaves a refunded order as it was and keeps each refund beside it: pieces taken back, amounts of delivery
and fees, or a sum without any line. Pieces refunded after the order was completed came back, earlier ones were never
sent. A sum without pieces changes what was paid back and nothing that was ordered.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#order-refunds (REST v3);
woocommerce/includes/wc-order-functions.php (`_refunded_item_id`)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from isthmus.connectors.woocommerce import wire_orders as orders
from isthmus.connectors.woocommerce.order_lines import Charged, Pieces, tax_amounts
from isthmus.connectors.woocommerce.order_sums import NONE, amount, checked, rounded

NOTHING = Charged(NONE, ())


@dataclass(frozen=True, slots=True)
class Refunded:
    """What refunds take off an order: pieces of its lines, and sums (below zero) of its other charges."""

    lines: Mapping[int, Pieces] = field(default_factory=dict[int, Pieces])
    charges: Mapping[int, Charged] = field(default_factory=dict[int, Charged])

    def of(self, line: int) -> Pieces:
        """Return what was refunded of a line by the piece."""
        return self.lines.get(line, Pieces())


def refunded(order: orders.Order, refunds: Sequence[orders.Refund]) -> Refunded:
    """Add refunds up by the line they are about; never more pieces than were ordered. Raises `ValueError`."""
    lines: dict[int, Pieces] = {}
    left = {line.id: line.quantity for line in order.line_items}
    for refund in sorted(refunds, key=lambda one: one.id):
        returned = came_back(order, refund)
        for entry in refund.line_items:
            line = line_of(order, entry)
            taken = min(abs(checked(entry.quantity)), left.get(line, NONE))
            if taken > 0:
                left[line] -= taken
                lines[line] = with_entry(lines.get(line, Pieces()), entry, taken, returned=returned)
    parts = [part for refund in refunds for part in (*refund.shipping_lines, *refund.fee_lines)]
    return Refunded(lines, _charges(parts, order.currency))


def with_entry(before: Pieces, entry: orders.RefundLine, taken: Decimal, *, returned: bool) -> Pieces:
    """Return what was refunded of a line with one more entry of a refund."""
    taxes = dict(before.taxes)
    for tax in entry.taxes:
        taxes[tax.id] = taxes.get(tax.id, NONE) - abs(amount(tax.total))
    return Pieces(
        returned=before.returned + (taken if returned else NONE),
        canceled=before.canceled + (NONE if returned else taken),
        net=before.net - abs(checked(entry.total)),
        taxes=taxes,
    )


def came_back(order: orders.Order, refund: orders.Refund) -> bool:
    """Tell whether a refund was made after the order was completed, which is when goods are sent."""
    completed, made = order.date_completed_gmt, refund.date_created_gmt
    return completed is not None and (made is None or made >= completed)


def line_of(order: orders.Order, entry: orders.RefundLine) -> int:
    """Return the line a refunded one is about: the one it names, else the only one of the same product; 0: none."""
    named = item_of(entry)
    if named:
        return named
    same = [
        line.id
        for line in order.line_items
        if (line.product_id, line.variation_id) == (entry.product_id, entry.variation_id)
    ]
    return same[0] if len(same) == 1 else 0


def item_of(entry: orders.Part) -> int:
    """Return the id that stands in `_refunded_item_id`, 0 where it does not."""
    for said in entry.meta_data:
        text = str(said.value)
        if said.key == "_refunded_item_id" and text.isascii() and text.isdigit():
            return int(text[:19])
    return 0


def _charges(parts: Iterable[orders.Part], currency: str) -> dict[int, Charged]:
    found: dict[int, Charged] = {}
    for part in parts:
        line = item_of(part)
        before = found.get(line, NOTHING)
        taxes = [rounded(-abs(tax), currency) for tax in tax_amounts(part)]
        more = max(len(before.taxes), len(taxes))
        padded = [(*some, *([NONE] * (more - len(some)))) for some in (before.taxes, tuple(taxes))]
        found[line] = Charged(
            before.net + rounded(-abs(checked(part.total)), currency),
            tuple(one + other for one, other in zip(*padded, strict=True)),
        )
    found.pop(0, None)
    return found

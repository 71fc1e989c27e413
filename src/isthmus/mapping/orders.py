"""Make a shop order ready for an ERP: its words, its ids, its calendar. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo

import msgspec

from isthmus.canonical.order import Order, OrderLine, Payment, ShippingLine, Tax
from isthmus.mapping.tables import Tables


@dataclass(frozen=True, slots=True)
class Resolved:
    """The destination's ids for one order; `items` by line id, `warehouses` by the source's place."""

    customer_ref: str
    billing_ref: str
    shipping_ref: str
    items: Mapping[str, str]
    warehouses: Mapping[str, str]


def ready(order: Order, resolved: Resolved, tables: Tables, zone: tzinfo) -> Order:
    """Return the order as the destination's sink takes it.

    The order date is the date in the company's zone (R-ORD-11): an order placed at 23:30 UTC
    belongs to the next day's books in Tallinn.
    """
    return msgspec.structs.replace(
        order,
        customer_ref=resolved.customer_ref,
        billing_ref=resolved.billing_ref,
        shipping_ref=resolved.shipping_ref,
        ordered_on=order.placed_at.astimezone(zone).date(),
        payment_terms=tables.get("payment_terms", order.payment_terms),
        lines=tuple(_line(line, resolved, tables) for line in order.lines),
        shipping_lines=tuple(_shipping(charge, tables) for charge in order.shipping_lines),
        payments=tuple(_payment(payment, tables) for payment in order.payments),
    )


def _line(line: OrderLine, resolved: Resolved, tables: Tables) -> OrderLine:
    return msgspec.structs.replace(
        line,
        item_ref=resolved.items.get(line.external_id, ""),
        warehouse=resolved.warehouses.get(line.warehouse, ""),
        taxes=tuple(_tax(tax, tables) for tax in line.taxes),
    )


def _shipping(charge: ShippingLine, tables: Tables) -> ShippingLine:
    return msgspec.structs.replace(
        charge,
        carrier=tables.get("shipping", charge.method_code, charge.carrier),
        taxes=tuple(_tax(tax, tables) for tax in charge.taxes),
    )


def _tax(tax: Tax, tables: Tables) -> Tax:
    # The source's own code means nothing to the destination; only a written row does.
    return msgspec.structs.replace(tax, code=tables.get("tax", tax.name))


def _payment(payment: Payment, tables: Tables) -> Payment:
    return msgspec.structs.replace(payment, erp_payment_code=tables.get("payment", payment.gateway))

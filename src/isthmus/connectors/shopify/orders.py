"""Shopify orders, read as canonical orders.

Booked in the shop's currency (`shopMoney`); what the buyer saw travels beside it. Quantities and
sums are after edits and refunds (`current*`), so that lines, delivery and tax make the total.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/Order
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from isthmus.canonical.money import Money
from isthmus.canonical.order import LineKind, Order, OrderLine, OrderStatus, PaymentStatus
from isthmus.canonical.party import AddressRole
from isthmus.connectors.shopify import operations as ask
from isthmus.connectors.shopify import wire_orders as orders
from isthmus.connectors.shopify.client import Answer, Client, Sizes
from isthmus.connectors.shopify.cursors import Position, position
from isthmus.connectors.shopify.fields import attributes, metafields
from isthmus.connectors.shopify.ids import gid, legacy
from isthmus.connectors.shopify.money import money
from isthmus.connectors.shopify.order_details import complete, read_details
from isthmus.connectors.shopify.order_lines import (
    Details,
    settle,
    to_fee_line,
    to_line,
    to_shipping,
    whole_discounts,
)
from isthmus.connectors.shopify.order_parties import payment_terms, to_address, to_customer
from isthmus.connectors.shopify.order_payments import FINANCIAL, to_payments
from isthmus.connectors.shopify.wire_listing import ListedOrder
from isthmus.craft.attributes import custom
from isthmus.ports.errors import WireDrift
from isthmus.ports.source import Cursor, Page, Unreadable

#: Orders a page and lines an order. Nodes read by id are charged in full, listed ones are not.
SIZES = ((25, 50), (25, 10), (10, 10), (5, 10), (2, 10), (1, 10), (1, 1))
SIZES_BY_ID = ((25, 20), (10, 20), (6, 20), (4, 20), (2, 10), (1, 10), (1, 1))
#: `displayFulfillmentStatus`; every other value means that nothing was shipped yet.
SHIPPED = {
    "FULFILLED": OrderStatus.SHIPPED,
    "PARTIALLY_FULFILLED": OrderStatus.PARTLY_SHIPPED,
    "ON_HOLD": OrderStatus.ON_HOLD,
}


@dataclass(frozen=True, slots=True)
class Orders:
    """Every order changed since a cursor, oldest change first; archived and canceled ones included."""

    client: Client
    sizes: Sizes = field(default_factory=lambda: Sizes(SIZES))
    sizes_by_id: Sizes = field(default_factory=lambda: Sizes(SIZES_BY_ID))
    asked: ask.OrderQuestions = ask.ORDER_QUESTIONS

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[Order]]:
        """Yield pages of orders. Without the scope `read_all_orders` Shopify shows the last 60 days."""
        at = position(since)
        while True:
            answer = await self._page(at)
            at = at.began(answer.server_time)
            found = answer.content.orders
            records: list[Order] = []
            bad: list[Unreadable] = []
            for node in found.nodes:
                try:
                    records.append(await self._whole(node, answer.content.shop))
                except WireDrift as drift:
                    bad.append(Unreadable(legacy(node.id), node.name, drift))
            if not found.page_info.has_next_page:
                yield Page(records, at.done(), bad=bad, last=True)
                return
            at = at.onward(found.page_info, [node.updated_at for node in found.nodes])
            yield Page(records, at.cursor(), bad=bad)

    async def read(self, ids: Sequence[str]) -> Sequence[Order]:
        """Return the orders of `ids` that exist; orders leave no other trace when deleted."""
        wanted = [gid("Order", number) for number in ids]
        records: list[Order] = []
        while wanted:

            async def some(first: int, lines: int) -> tuple[int, Answer[orders.OrdersByIdAnswer]]:
                variables = {"ids": wanted[:first], "lines": lines}
                return first, await self.client.query(self.asked.by_id, variables, orders.OrdersByIdAnswer)

            taken, answer = await self.sizes_by_id.fit(some)
            records += [await self._whole(node, answer.content.shop) for node in answer.content.nodes if node]
            del wanted[:taken]
        return records

    async def _page(self, at: Position) -> Answer[orders.OrdersAnswer]:
        async def some(first: int, lines: int) -> Answer[orders.OrdersAnswer]:
            variables = {"q": at.filter, "after": at.after, "first": first, "lines": lines}
            return await self.client.query(self.asked.listed, variables, orders.OrdersAnswer)

        return await self.sizes.fit(some)

    async def _whole(self, node: orders.Order, shop: orders.OrderShop) -> Order:
        order = await complete(self.client, node)
        details = await read_details(self.client, order)
        try:
            return to_order(order, details, store=shop.myshopify_domain)
        except ValueError as wrong:
            message = f"order {order.name} cannot be read: {wrong}"
            raise WireDrift(message, path=order.id) from wrong


def to_order(order: orders.Order, details: Details, *, store: str) -> Order:
    """Translate one complete order. Raises `ValueError` for an amount that is none."""
    charges = tuple(to_shipping(line) for line in order.shipping_lines.nodes)
    lines = settle(
        to_lines(order, details),
        charges,
        discount=money(order.current_total_discounts_set),
        tax=money(order.current_total_tax_set),
    )
    plain = Order(
        external_id=legacy(order.id),
        number=order.name,
        revision=order.updated_at.isoformat(),
        changed_at=order.updated_at,
        custom=to_custom(order),
        store=store,
        channel=order.source_name or "",
        status=status_of(order),
        hold_reason=", ".join(dict.fromkeys(hold.display_reason or hold.reason for hold in details.holds)),
        cancel_reason=(order.cancel_reason or "").lower(),
        canceled_at=order.cancelled_at,
        placed_at=order.processed_at,
        is_test=order.test,
        currency=order.currency_code,
        prices_include_tax=order.taxes_included,
        total=money(order.current_total_price_set),
        lines=lines,
        discounts=whole_discounts(lines, order.shipping_lines.nodes),
        shipping_lines=charges,
    )
    return with_parties(with_sums(plain, order), order)


def with_sums(plain: Order, order: orders.Order) -> Order:
    """Return the order with its sums, payments and, where the buyer saw another currency, that one."""
    presented = order.current_total_price_set.presentment_money
    foreign = presented.currency_code != plain.currency
    return replace(
        plain,
        subtotal=money(order.current_subtotal_price_set),
        discount=money(order.current_total_discounts_set),
        shipping=money(order.current_shipping_price_set),
        tax=money(order.current_total_tax_set),
        fees=sum_of(plain.lines, LineKind.FEE, plain.currency),
        tip=sum_of(plain.lines, LineKind.TIP, plain.currency),
        paid=money(order.total_received_set),
        refunded=money(order.total_refunded_set),
        payment_status=FINANCIAL.get(order.display_financial_status or "", PaymentStatus.PENDING),
        payments=to_payments(order.transactions),
        exchange_rate=rate(order) if foreign else None,
        rate_at=order.processed_at if foreign else None,
        presentment_total=Money(presented.amount, presented.currency_code) if foreign else None,
    )


def with_parties(plain: Order, order: orders.Order) -> Order:
    """Return the order with who bought, where it goes and what was said along."""
    billing = to_address(order.billing_address, AddressRole.BILLING)
    shipping = to_address(order.shipping_address, AddressRole.SHIPPING)
    return replace(
        plain,
        customer=to_customer(order, billing, shipping),
        email=order.email or "",
        phone=order.phone or "",
        billing=billing,
        shipping_to=shipping,
        language=order.customer_locale or "",
        note=order.note or "",
        purchase_order_number=order.po_number or "",
        payment_terms=payment_terms(order.purchasing_entity),
        tags=order.tags,
    )


def to_lines(order: orders.Order, details: Details) -> tuple[OrderLine, ...]:
    """Return the order's lines, then its duties and additional fees as lines of their own."""
    tip = money(order.total_tip_received_set)
    return (
        *(to_line(line, details, tip) for line in order.line_items.nodes),
        *(to_fee_line(duty, "Duties") for duty in details.duties),
        *(to_fee_line(fee, "Additional fee") for fee in details.fees),
    )


def status_of(order: orders.Order | ListedOrder) -> OrderStatus:
    """Return where the order stands; canceled goes before archived, archived before shipped."""
    if order.cancelled_at:
        return OrderStatus.CANCELED
    if order.closed_at:
        return OrderStatus.CLOSED
    return SHIPPED.get(order.display_fulfillment_status, OrderStatus.RECEIVED)


def rate(order: orders.Order) -> Decimal | None:
    """Return what one unit of the shop's currency was in the buyer's, from the total as ordered.

    Shopify does not state its rate; ten digits of the quotient are more than the amounts carry.
    """
    shop, buyer = order.total_price_set.shop_money.amount, order.total_price_set.presentment_money.amount
    # Written without an exponent, so that 160 is 160 and not 1.6E+2.
    return Decimal(f"{Decimal(f'{buyer / shop:.10g}'):f}") if shop else None


def sum_of(lines: Sequence[OrderLine], kind: LineKind, currency: str) -> Money | None:
    """Return what the lines of one kind come to; None when there is none."""
    amounts = [line.net_of_discount for line in lines if line.kind is kind]
    return Money.total(amounts, currency) if amounts else None


def to_custom(order: orders.Order) -> dict[str, Any]:
    """Return cart attributes, metafields (`namespace.key`) and states that have no field of their own."""
    said = {
        "financial_status": order.display_financial_status,
        "fulfillment_status": order.display_fulfillment_status,
        "return_status": order.return_status,
        "source_identifier": order.source_identifier,
        "closed_at": order.closed_at.isoformat() if order.closed_at else "",
    }
    return custom([*said.items(), *attributes(order.custom_attributes), *metafields(order.metafields.nodes)])

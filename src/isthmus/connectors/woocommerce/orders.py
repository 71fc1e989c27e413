"""WooCommerce orders, read as canonical orders.

Sums of an order exclude tax line by line, whatever the shop's prices do, so `prices_include_tax` is never set here.
Refunds are read apart, for the few orders that have any. An order in the trash counts as deleted: the shop's people see
it no more, and WordPress deletes it after a month.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#orders (REST v3)
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from msgspec.structs import replace

from isthmus.canonical.money import Money
from isthmus.canonical.order import LineKind, Order, OrderLine, ShippingLine
from isthmus.canonical.party import AddressRole
from isthmus.connectors.woocommerce import wire_orders as orders
from isthmus.connectors.woocommerce.client import Client
from isthmus.connectors.woocommerce.fields import People, Wanted, of_customer, people
from isthmus.connectors.woocommerce.ids import is_number
from isthmus.connectors.woocommerce.order_lines import (
    Setting,
    Sums,
    charged,
    to_fee,
    to_line,
    to_shipping,
    whole_discounts,
)
from isthmus.connectors.woocommerce.order_parties import to_address, to_custom, to_customer
from isthmus.connectors.woocommerce.order_refunds import NOTHING, Refunded, refunded
from isthmus.connectors.woocommerce.order_states import Statuses, paid, refunds_of, state_of, to_payments
from isthmus.connectors.woocommerce.order_sums import NONE, checked
from isthmus.connectors.woocommerce.rounds import BEGINNING as THE_BEGINNING
from isthmus.connectors.woocommerce.rounds import PAGE, Feed, bounds, changed, every, page
from isthmus.connectors.woocommerce.wire import Meta, utc
from isthmus.craft.attributes import custom
from isthmus.ports.errors import NotFound, Trouble, Unmapped, WireDrift
from isthmus.ports.source import Cursor, Page, Unreadable

ROUTE, LIST = "/wc/v3/orders", "orders.list"
#: Parts of an order are kept finer than a shop shows them; its sums are rounded from these.
DECIMALS = ("dp", "6")
#: `any` is every status but the trash.
CUSTOMER = attrgetter("customer_id")
ANY, TRASH = ("status", "any"), ("status", "trash")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a merchant said about the orders of this shop."""

    statuses: Statuses = field(default_factory=dict[str, str])
    tax_number_field: str = "_billing_vat"
    wanted: Wanted = field(default_factory=Wanted)


@dataclass(frozen=True, slots=True)
class Orders:
    """Every order changed since a cursor; canceled ones included, those in the trash as gone."""

    client: Client
    terms: Terms = Terms()

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[Order]]:
        """Yield pages of orders. One that cannot be understood is named, the others are not held up."""
        feeds = [Feed(ROUTE, orders.Order, LIST, [ANY, DECIMALS]), Feed(ROUTE, orders.Order, LIST, [TRASH, DECIMALS])]
        async for batch in changed(self.client, feeds, since):
            if batch.feed:
                yield Page([], batch.cursor, gone=[str(row.id) for row in batch.rows], last=batch.last)
                continue
            records, bad = await self.translated(batch.rows)
            yield Page(records, batch.cursor, bad=bad, last=batch.last)

    async def read(self, ids: Sequence[str]) -> Sequence[Order]:
        """Return the orders of `ids` that exist and are not in the trash."""
        wanted = [one for one in ids if is_number(one)]
        records: list[Order] = []
        for start in range(0, len(wanted), PAGE):
            some = ("include", ",".join(wanted[start : start + PAGE]))
            query = [some, ANY, DECIMALS, *bounds(THE_BEGINNING), *page(0)]
            answer = await self.client.get(ROUTE, list[orders.Order], query, name=LIST)
            known = await people(self.client, map(CUSTOMER, answer.content), self.terms.wanted)
            records += [await self.whole(row, known) for row in answer.content]
        return records

    async def translated(self, rows: Sequence[orders.Order]) -> tuple[list[Order], list[Unreadable]]:
        """Return the orders of some rows, and those that cannot be understood."""
        records: list[Order] = []
        bad: list[Unreadable] = []
        known = await people(self.client, map(CUSTOMER, rows), self.terms.wanted)
        for row in rows:
            try:
                records.append(await self.whole(row, known))
            except (WireDrift, Unmapped) as trouble:
                bad.append(Unreadable(str(row.id), row.number, trouble))
        return records, bad

    async def whole(self, row: orders.Order, known: People) -> Order:
        """Return one order with its refunds and the fields of its buyer. Raises `Unmapped`, `WireDrift`."""
        refunds = await self._refunds(row) if row.refunds else ()
        try:
            order = to_order(row, refunds, self.client.site.host, self.terms)
            return with_fields(order, known.get(row.customer_id, ()), self.terms.wanted)
        except (ValueError, ArithmeticError) as wrong:
            raise unreadable(row, wrong) from wrong

    async def _refunds(self, row: orders.Order) -> Sequence[orders.Refund]:
        feed = Feed(f"{ROUTE}/{row.id}/refunds", orders.Refund, "refunds.list", [DECIMALS])
        try:
            return await every(self.client, feed)
        except NotFound:
            return ()  # the order was deleted meanwhile


def unreadable(row: orders.Order, wrong: Exception) -> Trouble:
    """Return the error for an order that is none."""
    return WireDrift(f"order {row.number} cannot be read: {wrong}", path=f"orders/{row.id}")


def to_order(row: orders.Order, refunds: Sequence[orders.Refund], store: str, terms: Terms) -> Order:
    """Translate one order. Raises `ValueError` for an amount that is none, `Unmapped` for a status nobody knows."""
    back = refunded(row, refunds)
    status, hold = state_of(row, terms.statuses)
    sums = charged(row)
    setting = Setting(
        row.currency,
        {rate.rate_id: rate for rate in row.tax_lines},
        row.coupon_lines,
        row.date_completed_gmt is not None,
        terms.wanted,
    )
    lines, charges = to_lines(row, sums, back, setting)
    changed_at = utc(row.date_modified_gmt or row.date_created_gmt)
    plain = Order(
        external_id=str(row.id),
        number=row.number,
        revision=changed_at.isoformat(),
        changed_at=changed_at,
        custom=to_custom(row, terms.wanted),
        store=store,
        channel=row.created_via or "",
        status=status,
        hold_reason=hold,
        placed_at=utc(row.date_created_gmt),
        currency=row.currency,
        lines=lines,
        total=setting.money(checked(row.total)),
        discounts=whole_discounts(lines, setting),
        shipping_lines=charges,
        payment_status=paid(row),
        payments=to_payments(row),
        paid=setting.money(row.total if row.date_paid_gmt else NONE),
        refunded=setting.money(refunds_of(row)),
        fees=sum_of_fees(lines, row.currency),
    )
    summed = with_sums(plain, row, before=to_lines(row, sums, Refunded(), setting))
    return with_parties(summed, row, terms.tax_number_field)


Charges = tuple[tuple[OrderLine, ...], tuple[ShippingLine, ...]]


def to_lines(row: orders.Order, sums: Sums, back: Refunded, setting: Setting) -> Charges:
    """Return the lines, fees among them, and the charges for delivery, less what was refunded of them."""
    goods = [to_line(line, sums.lines[line.id], back.of(line.id), setting) for line in row.line_items]
    fees = [to_fee(fee, sums.lines[fee.id], back.charges.get(fee.id, NOTHING), setting) for fee in row.fee_lines]
    delivery = [
        to_shipping(line, sums.shipping[line.id], back.charges.get(line.id, NOTHING), setting)
        for line in row.shipping_lines
    ]
    return (*goods, *fees), tuple(delivery)


def with_sums(plain: Order, row: orders.Order, *, before: Charges) -> Order:
    """Return the order with its sums: as the shop states them, less what was refunded of the parts."""
    lines, delivery, tax = added_up((plain.lines, plain.shipping_lines), plain.currency)
    lines_before, delivery_before, tax_before = added_up(before, plain.currency)
    less_tax, less_delivery = tax - tax_before, delivery - delivery_before
    total = plain.total + (lines - lines_before) + less_delivery + less_tax
    stated_tax = Money(row.total_tax, row.currency)
    stated_delivery = Money(row.shipping_total, row.currency)
    discount = Money.total((line.discount for line in plain.lines), plain.currency)
    undone = Money.total((line.discount for line in before[0]), plain.currency)
    return replace(
        plain,
        total=total,
        tax=stated_tax + less_tax,
        shipping=stated_delivery + less_delivery,
        subtotal=total - stated_tax - less_tax - stated_delivery - less_delivery,
        discount=Money(row.discount_total, row.currency) + discount - undone,
    )


def with_parties(plain: Order, row: orders.Order, tax_number_field: str) -> Order:
    """Return the order with who bought, where it goes and what was said along."""
    billing = to_address(row.billing, AddressRole.BILLING)
    shipping_to = to_address(row.shipping, AddressRole.SHIPPING)
    return replace(
        plain,
        customer=to_customer(row, billing, shipping_to, tax_number_field),
        email=row.billing.email or "",
        phone=row.billing.phone or "",
        billing=billing,
        shipping_to=shipping_to,
        note=row.customer_note or "",
    )


def with_fields(order: Order, said: Sequence[Meta], wanted: Wanted) -> Order:
    """Return the order with what is known of its buyer beside the order."""
    buyer = order.customer
    if buyer is None or not said:
        return order
    return replace(order, customer=replace(buyer, custom=custom(of_customer(said, wanted))))


def added_up(charges: Charges, currency: str) -> tuple[Money, Money, Money]:
    """Return what lines, delivery and tax come to, each line rounded once."""
    lines, delivery = charges
    return (
        Money.total((line.net_of_discount.rounded() for line in lines), currency),
        Money.total((charge.charged for charge in delivery), currency),
        Money.total((part.tax for part in (*lines, *delivery)), currency),
    )


def sum_of_fees(lines: Sequence[OrderLine], currency: str) -> Money | None:
    """Return what the fees come to; None when there is none."""
    amounts = [line.net_of_discount for line in lines if line.kind is LineKind.FEE]
    return Money.total(amounts, currency) if amounts else None

"""Vendure orders, read as canonical orders.

Only what was placed is an order: carts and staff's drafts are left out, and so are the parts an order of several
sellers was split into (`Seller`), for the whole of it (`Aggregate`) is read.

Source: https://docs.vendure.io/reference/graphql-api/admin/object-types#order (3.5)
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from isthmus.canonical.money import Money
from isthmus.canonical.order import LineKind, Order
from isthmus.connectors.vendure import operations as ask
from isthmus.connectors.vendure import wire
from isthmus.connectors.vendure import wire_orders as orders
from isthmus.connectors.vendure.client import Client
from isthmus.connectors.vendure.cursors import OPEN, PLACED, Position, position
from isthmus.connectors.vendure.failures import read_row
from isthmus.connectors.vendure.features import DEFAULT_CHANNEL, Shop, own_of
from isthmus.connectors.vendure.fields import own_fields
from isthmus.connectors.vendure.lists import PAGE, Sorted, by_ids, from_the_end, page, sort_rows
from isthmus.connectors.vendure.money import Purse
from isthmus.connectors.vendure.operations import Operation
from isthmus.connectors.vendure.order_lines import Setting, to_fee, to_line, to_shipping, whole_discounts
from isthmus.connectors.vendure.order_parties import addresses_of, to_customer
from isthmus.connectors.vendure.order_states import (
    States,
    paid,
    paid_of,
    refunded_of,
    sent_of,
    state_of,
    to_payments,
)
from isthmus.craft.attributes import custom
from isthmus.ports.errors import ContractBroken, WireDrift
from isthmus.ports.source import Cursor, Page

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Orders:
    """Every order placed or changed since a cursor; canceled ones included."""

    client: Client
    shop: Shop
    store: str = ""
    known: States = field(default_factory=dict[str, str])

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[Order]]:
        """Yield pages of orders: what is new or saved, then, every ten minutes, all that are open."""
        at = position(since)
        while not at.sweeping:
            found, read_at = await self._page(at.options, at.skip)
            at = at.began(read_at).onward(len(found.items))
            sorted_ = await self.translated(found.items)
            if found.items and at.skip < found.total_items:
                yield Page(sorted_.records, at.cursor(), bad=sorted_.bad)
                continue
            if not at.due:
                yield Page(sorted_.records, at.done(), bad=sorted_.bad, last=True)
                return
            at = at.open_orders()
            yield Page(sorted_.records, at.cursor(), bad=sorted_.bad)
        async for one in self._open(at):
            yield one

    async def read(self, ids: Sequence[str]) -> Sequence[Order]:
        """Return the orders of `ids` that were placed; Vendure deletes none of those."""
        rows = await self._asking(lambda asked: by_ids(self.client, asked, ids, {"filter": PLACED}))
        return [await self.whole(raw) for raw in rows]

    async def translated(self, rows: Sequence[msgspec.Raw]) -> Sorted[Order]:
        """Return the orders of some rows, and those that cannot be understood."""
        shop = await self.shop.known()
        return sort_rows(rows, orders.Order, lambda row: [self._order(row, shop)])

    async def whole(self, raw: msgspec.Raw) -> Order:
        """Return the order of one row. Raises `WireDrift`, `Unmapped`."""
        return self._order(read_row(raw, orders.Order), await self.shop.known())

    async def operation(self) -> Operation:
        """Return how orders are read here, with the shop's own fields."""
        return ask.orders(own_of(await self.shop.known()))

    async def page_of(self, options: Mapping[str, Any], skip: int) -> wire.Rows:
        """Return one page of orders, in the order they were placed."""
        return (await self._page(options, skip))[0]

    async def _open(self, at: Position) -> AsyncIterator[Page[Order]]:
        async for batch in from_the_end(self.client, await self.operation(), OPEN, at.left):
            sorted_ = await self.translated(batch.rows)
            if not batch.left:
                yield Page(sorted_.records, at.done(), bad=sorted_.bad, last=True)
                return
            yield Page(sorted_.records, at.open_orders(batch.left).cursor(), bad=sorted_.bad)
        yield Page([], at.done(), last=True)

    async def _page(self, options: Mapping[str, Any], skip: int) -> tuple[wire.Rows, datetime]:
        return await self._asking(lambda asked: page(self.client, asked, options, skip, PAGE))

    async def _asking(self, ask_for: Callable[[Operation], Awaitable[T]]) -> T:
        asked = await self.operation()
        try:
            return await ask_for(asked)
        except ContractBroken:
            # Fields of the shop's own may have been taken away since they were asked for.
            self.shop.forget()
            anew = await self.operation()
            if anew == asked:
                raise
        return await ask_for(anew)

    def _order(self, row: orders.Order, shop: wire.ShopAnswer) -> Order:
        try:
            return to_order(row, shop, self.store, self.known)
        except (ValueError, ArithmeticError) as wrong:
            message = f"order {row.code} cannot be read: {wrong}"
            raise WireDrift(message, path=f"orders/{row.id}") from wrong


def to_order(row: orders.Order, shop: wire.ShopAnswer, store: str, known: States) -> Order:
    """Translate one order. Raises `ValueError` for an amount that is none, `Unmapped` for a state nobody knows."""
    channel, own = channel_of(row, shop), own_of(shop)
    sent = sent_of(row)
    setting = Setting(
        Purse(row.currency_code, shop.global_settings.server_config.money_strategy_precision),
        channel.prices_include_tax,
        {f"PROMOTION:{one.id}": one.coupon_code for one in row.promotions if one.coupon_code},
        sent,
        row.tax_summary,
        own["OrderLine"],
    )
    status, hold = state_of(row, known, sent)
    changed_at = changed(row)
    lines = (*(to_line(one, setting) for one in row.lines), *(to_fee(one, setting) for one in row.surcharges))
    charges = tuple(to_shipping(one, setting) for one in row.shipping_lines)
    plain = Order(
        external_id=row.id,
        number=row.code,
        revision=f"{changed_at.isoformat()} {row.state}",
        changed_at=changed_at,
        custom=to_custom(row, own["Order"]),
        store=store,
        channel=channel.code,
        status=status,
        hold_reason=hold,
        placed_at=row.order_placed_at,
        currency=row.currency_code,
        prices_include_tax=setting.gross,
        total=setting.purse.money(row.total_with_tax),
        lines=lines,
        discounts=whole_discounts(lines, charges),
        shipping_lines=charges,
        payment_status=paid(row),
        payments=to_payments(row, setting.purse),
    )
    return with_parties(with_sums(plain, row, setting), row, own["Customer"])


def with_sums(plain: Order, row: orders.Order, setting: Setting) -> Order:
    """Return the order with its sums as the shop states them."""
    money = setting.purse.money
    fees = [line.net_of_discount for line in plain.lines if line.kind is LineKind.FEE]
    return replace(
        plain,
        subtotal=money(setting.of(row.sub_total, row.sub_total_with_tax)),
        shipping=money(setting.of(row.shipping, row.shipping_with_tax)),
        tax=money(row.total_with_tax - row.total),
        discount=Money.total((one.amount for one in plain.discounts), plain.currency),
        fees=Money.total(fees, plain.currency) if fees else None,
        paid=money(paid_of(row)),
        refunded=money(refunded_of(row)),
    )


def with_parties(plain: Order, row: orders.Order, own: Sequence[wire.FieldConfig]) -> Order:
    """Return the order with who bought and where it goes."""
    billing, shipping = addresses_of(row)
    buyer = to_customer(row, own)
    return replace(plain, customer=buyer, email=buyer.email, phone=buyer.phone, billing=billing, shipping_to=shipping)


def channel_of(row: orders.Order, shop: wire.ShopAnswer) -> wire.Channel:
    """Return the channel an order was placed in; every order is in the default channel besides."""
    own = [one for one in row.channels if one.code != DEFAULT_CHANNEL]
    return next(iter([*own, *row.channels]), shop.active_channel)


def changed(row: orders.Order) -> datetime:
    """Return the latest time an order or a part of it was saved: its own stamp does not move when it is shipped."""
    payments = row.payments or ()
    return max(
        row.updated_at,
        row.order_placed_at,
        *(one.updated_at for one in row.fulfillments or ()),
        *(one.updated_at for one in payments),
        *(refund.updated_at for one in payments for refund in one.refunds),
    )


def to_custom(row: orders.Order, own: Sequence[wire.FieldConfig]) -> dict[str, Any]:
    """Return the state as Vendure names it, coupons, reasons of refunds, and the shop's `own` fields."""
    reasons = [refund.reason for one in row.payments or () for refund in one.refunds if refund.reason]
    said = {
        "state": row.state,
        "coupons": ", ".join(row.coupon_codes),
        "refund_reasons": "; ".join(reasons),
    }
    return custom([*said.items(), *own_fields(row.custom_fields, own)])

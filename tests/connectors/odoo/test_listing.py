"""What Odoo's own list says for a reconciliation: every order and contact with our key, whatever became of it."""

from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from isthmus.canonical.order import LineKind, OrderStatus
from isthmus.connectors.odoo import contact_listing, order_listing
from isthmus.ports.errors import ContractBroken, Unmapped
from isthmus.ports.listing import Span
from isthmus.ports.source import Cursor
from tests.connectors.erp import NOW, a_customer, a_line, an_order, key, shipping
from tests.connectors.odoo.stand import Stand, standing

DAY = Span(NOW - timedelta(hours=1), NOW + timedelta(hours=1))


async def book(erp: Stand, *uniques: str) -> None:
    """Book an order of two mugs and shipping under each of these keys."""
    ref, buyer = await erp.sku("MUG-0010"), await erp.customer()
    for unique in uniques:
        line = a_line("12.50", 2, taxed="5.00", item_ref=ref, warehouse="EAST")
        order = an_order(
            line, total="35.00", customer_ref=buyer, external_id=unique, shipping_lines=(shipping("5.00", title="DHL"),)
        )
        await erp.orders.put(order, key=key(unique, f"#{unique}"))


async def test_an_order_is_listed_with_all_that_is_compared(each: Stand) -> None:
    await book(each, "5501")

    (page,) = [page async for page in each.session.listings["order"].listed(DAY, ours="shop:")]

    (entry,) = page.entries
    assert (entry.key, list(page.bad), page.last) == ("shop:5501", [], True)
    order = entry.record
    assert order.total.amount == Decimal(35)
    goods = [(line.sku, line.quantity.value) for line in order.lines if line.kind is LineKind.GOODS]
    assert goods == [("MUG-0010", Decimal(2))]
    assert [line.kind for line in order.lines].count(LineKind.FEE) == 1  # the shipping is money, not goods
    assert order.customer is not None
    assert order.customer.number == "shop:c1"


async def test_pages_go_on_where_one_ended_and_leave_out_others_keys_and_days(
    erp: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_listing, "PAGE", 2)
    await book(erp, "1", "2", "3", "4")
    listing = erp.session.listings["order"]

    pages = [page async for page in listing.listed(DAY, ours="shop:")]
    assert [[entry.key for entry in page.entries] for page in pages] == [["shop:1", "shop:2"], ["shop:3", "shop:4"], []]
    rest = [page async for page in listing.listed(DAY, ours="shop:", after=pages[0].cursor)]
    assert [entry.key for page in rest for entry in page.entries] == ["shop:3", "shop:4"]

    other = [entry async for page in listing.listed(DAY, ours="sh_p:") for entry in page.entries]
    assert other == []  # an underscore stands for itself
    earlier = Span(DAY.first - timedelta(days=1), DAY.first)
    assert [entry async for page in listing.listed(earlier, ours="shop:") for entry in page.entries] == []


async def test_a_key_borne_twice_names_both_and_a_canceled_one_is_listed(erp: Stand) -> None:
    await book(erp, "1", "2", "3")
    (twin,) = await erp.read("sale.order", [["origin", "=", "shop:2"]], "id")
    await erp.call("sale.order", "copy", ids=[twin["id"]], default={"origin": "shop:2"})
    (gone,) = await erp.read("sale.order", [["origin", "=", "shop:3"]], "id")
    await erp.call("sale.order", "action_cancel", ids=[gone["id"]])

    found = await erp.session.listings["order"].named(["shop:1", "shop:2", "shop:3", "shop:9"])

    assert sorted(entry.key for entry in found) == ["shop:1", "shop:2", "shop:2", "shop:3"]
    states = {entry.key: entry.record.status for entry in found}
    assert states["shop:3"] is OrderStatus.CANCELED


async def test_an_order_in_a_state_nobody_knows_is_listed_as_such_and_refused_by_name(
    erp: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    await book(erp, "1", "2")
    usual = order_listing.to_order

    def strange(row: order_listing.wire.SaleOrder, *more: object) -> object:
        return usual(msgspec.structs.replace(row, state="limbo") if row.origin == "shop:2" else row, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(order_listing, "to_order", strange)
    listing = erp.session.listings["order"]
    (page,) = [page async for page in listing.listed(DAY, ours="shop:")]
    assert [entry.key for entry in page.entries] == ["shop:1"]
    assert [type(each.trouble) for each in page.bad] == [Unmapped]
    with pytest.raises(Unmapped):
        await listing.named(["shop:2"])


async def test_contacts_are_listed_by_the_day_they_were_made(each: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_listing, "PAGE", 1)
    await each.customers.put(a_customer(), key=key("c1"))
    await each.customers.put(a_customer(external_id="c2", email="b@example.com"), key=key("c2"))
    now = each.clock.now()
    listing = each.session.listings["customer"]

    today = Span(now - timedelta(hours=1), now + timedelta(hours=1))
    pages = [page async for page in listing.listed(today, ours="shop:")]
    assert [entry.key for page in pages for entry in page.entries] == ["shop:c1", "shop:c2"]
    rest = [page async for page in listing.listed(today, ours="shop:", after=pages[0].cursor)]
    assert [entry.key for page in rest for entry in page.entries] == ["shop:c2"]
    earlier = Span(today.first - timedelta(days=2), today.first)
    assert [entry async for page in listing.listed(earlier, ours="shop:") for entry in page.entries] == []

    assert {entry.key for entry in await listing.named(["shop:c2", "shop:c1", "shop:c9"])} == {"shop:c1", "shop:c2"}


@pytest.mark.parametrize("kind", ["order", "customer"])
async def test_a_cursor_that_is_not_the_lists_own_is_refused(kind: str) -> None:
    async with standing(19) as erp:
        with pytest.raises(ContractBroken):
            [page async for page in erp.session.listings[kind].listed(DAY, after=Cursor("S00042"))]

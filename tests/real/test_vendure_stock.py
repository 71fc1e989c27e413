"""The connector at a real Vendure 3.5: stock is written and read back, and its deliveries prove themselves."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from isthmus.canonical.quantity import pieces
from isthmus.canonical.stock import StockLevel
from isthmus.ports.connector import Session
from isthmus.ports.errors import Invalid, NotFound, Unreachable
from isthmus.ports.receiver import Delivery, Receiver, Refused
from isthmus.ports.sink import Key, Put, Receipt
from tests.real.vendure_day import Merchant, check_out
from tests.real.vendure_hooks import Inbox
from tests.real.vendure_stand import CHAIR, GIVEN, LAMP, SHELF, Wire, level_of, wanted

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = GIVEN


# --- Stock ------------------------------------------------------------------------------------------------------------


async def test_a_figure_is_what_may_be_sold_whatever_orders_have_set_aside(
    session: Session, merchant: Merchant
) -> None:
    check_out(merchant, {CHAIR: 5})
    before = await level_of(session, merchant, CHAIR)
    elsewhere = merchant.levels(CHAIR)[merchant.places["EAST"]]

    await session.sinks["stock_level"].put(wanted(before, 30), key=Key("k"))

    after = await level_of(session, merchant, CHAIR)
    on_hand, allocated = merchant.levels(CHAIR)[merchant.places["WH"]]
    assert before.allocated.value >= 5
    assert (after.available, on_hand - allocated) == (pieces(30), 30)
    assert merchant.levels(CHAIR)[merchant.places["EAST"]] == elsewhere


async def test_a_lost_answer_is_safe_to_repeat(wire: Wire, session: Session, merchant: Merchant) -> None:
    level = await level_of(session, merchant, SHELF)
    wire.losing.add("SetStock")
    with pytest.raises(Unreachable):
        await session.sinks["stock_level"].put(wanted(level, 41), key=Key("k"))

    receipt = await session.sinks["stock_level"].put(wanted(level, 41), key=Key("k"))

    assert receipt.details["available"] == 41
    assert (await level_of(session, merchant, SHELF)).available == pieces(41)


async def test_a_shipment_in_the_middle_of_a_write_puts_nothing_on_sale(
    wire: Wire, session: Session, merchant: Merchant
) -> None:
    await session.sinks["stock_level"].put(wanted(await level_of(session, merchant, LAMP), 50), key=Key("k"))
    code = check_out(merchant, {LAMP: 4})
    level = await level_of(session, merchant, LAMP)
    wire.before["SetStock"] = lambda: asyncio.to_thread(merchant.ship, code)
    wire.calls.clear()

    await session.sinks["stock_level"].put(wanted(level, 20), key=Key("k"))

    on_hand, allocated = merchant.levels(LAMP)[merchant.places["WH"]]
    assert on_hand - allocated == 20
    assert wire.calls.count("SetStock") == 2


async def test_a_sale_in_the_middle_of_a_write_stays_sold(wire: Wire, session: Session, merchant: Merchant) -> None:
    level = await level_of(session, merchant, LAMP)
    wire.before["SetStock"] = lambda: asyncio.to_thread(check_out, merchant, {LAMP: 3})

    await session.sinks["stock_level"].put(wanted(level, 60), key=Key("k"))

    on_hand, allocated = merchant.levels(LAMP)[merchant.places["WH"]]
    assert on_hand - allocated == 57


async def test_a_bad_row_fails_alone(session: Session, merchant: Merchant) -> None:
    good = [wanted(await level_of(session, merchant, sku), 70) for sku in (LAMP, SHELF)]
    gone = StockLevel(external_id="999@1", sku="?", warehouse="1", item_ref="999", available=pieces(1))
    nowhere = StockLevel(
        external_id=f"{merchant.variants[CHAIR]}@99",
        sku=CHAIR,
        warehouse="99",
        item_ref=merchant.variants[CHAIR],
        available=pieces(1),
    )
    puts = [Put(record, Key(record.external_id)) for record in (good[0], gone, nowhere, good[1])]

    answers = await session.sinks["stock_level"].put_many(puts)

    assert [type(one) for one in answers] == [Receipt, NotFound, Invalid, Receipt]
    assert {(await level_of(session, merchant, sku)).available for sku in (LAMP, SHELF)} == {pieces(70)}


# --- Being told -------------------------------------------------------------------------------------------------------


def receiver_of(session: Session) -> Receiver:
    assert session.receiver is not None
    return session.receiver


async def test_an_order_is_told_by_a_delivery_that_proves_itself(
    session: Session, merchant: Merchant, inbox: Inbox
) -> None:
    inbox.clear()
    number = merchant.order(await asyncio.to_thread(check_out, merchant, {LAMP: 1}))["id"]
    receiver = receiver_of(session)

    def placed(delivery: Delivery) -> bool:
        return receiver.verify(delivery, datetime.now(UTC)).topic == "order.placed"

    delivery = await asyncio.to_thread(inbox.until, placed)

    [notice] = receiver.notices("order.placed", delivery.body)
    assert (notice.kind, notice.external_id) == ("order", number)
    for spoilt in (
        Delivery(delivery.headers, delivery.body.replace(b"order.placed", b"order.state_"), {}),
        Delivery({**delivery.headers, "webhook-id": "another"}, delivery.body, {}),
        Delivery({**delivery.headers, "webhook-timestamp": "1"}, delivery.body, {}),
    ):
        with pytest.raises(Refused):
            receiver.verify(spoilt, datetime.now(UTC))
    with pytest.raises(Refused, match="too old"):
        receiver.verify(delivery, datetime.now(UTC) + timedelta(minutes=6))


async def test_what_happens_to_an_order_is_told(session: Session, merchant: Merchant, inbox: Inbox) -> None:
    code = await asyncio.to_thread(check_out, merchant, {LAMP: 2})
    number = merchant.order(code)["id"]
    receiver = receiver_of(session)
    deeds: dict[str, Callable[[], Any]] = {
        "fulfillment.state": lambda: merchant.ship(code, 1),
        "order.updated": lambda: merchant.cancel(code, 1),
        "refund.created": lambda: merchant.refund(code, 100),
    }
    for topic, deed in deeds.items():
        inbox.clear()
        await asyncio.to_thread(deed)

        def about(delivery: Delivery, topic: str = topic) -> bool:
            accepted = receiver.verify(delivery, datetime.now(UTC))
            named = {one.external_id for one in receiver.notices(accepted.topic, delivery.body)}
            return accepted.topic == topic and named == {number}

        assert await asyncio.to_thread(inbox.until, about)


async def test_our_own_write_comes_back_as_a_level_that_reads_the_same(
    session: Session, merchant: Merchant, inbox: Inbox
) -> None:
    level = await level_of(session, merchant, CHAIR)
    inbox.clear()
    await session.sinks["stock_level"].put(wanted(level, 12), key=Key("k"))
    receiver = receiver_of(session)

    def moved(delivery: Delivery) -> bool:
        return receiver.verify(delivery, datetime.now(UTC)).topic == "stock.moved"

    delivery = await asyncio.to_thread(inbox.until, moved)

    [notice] = receiver.notices("stock.moved", delivery.body)
    assert notice.external_id == level.external_id
    [read] = await session.sources["stock_level"].read([notice.external_id])
    assert read.available == pieces(12)

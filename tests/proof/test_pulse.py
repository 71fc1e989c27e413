"""A lost message and a flow that stands still are noticed from the shop's own list, within minutes."""

from collections.abc import Mapping
from typing import Any

from isthmus.admin import queries
from isthmus.admin.views import FlowStatus
from isthmus.store.statement import say
from tests.proof.stand import Stand


async def looked(stand: Stand) -> FlowStatus:
    """Let the next look happen and return how the order flow is afterwards."""
    app = stand.app
    await app.engine.pulse.look()
    found = await queries.status(app.context, app.engine.flows, "test", app.engine.holds)
    return next(flow for flow in found.flows if flow.flow == "orders")


async def told(stand: Stand, external_id: str) -> None:
    """Let a message about an order have come."""
    values: dict[str, Any] = {"connection": "shop", "topic": "orders/create", "body": b"{}", "kind": "order"}
    now = stand.app.context.micros()
    await stand.app.context.store.write(
        say("take_delivery", delivery_id=f"d-{external_id}", external_id=external_id, now=now, **values)
    )


def ids(stand: Stand) -> Mapping[str, str]:
    return {order.name: str(order.legacy_resource_id) for order in stand.shop.shop.orders.values()}


async def test_a_look_with_nothing_new_is_one_cheap_call(stand: Stand) -> None:
    await stand.sync()
    stand.later(5)
    before = dict(stand.shop.gateway.points)
    status = await looked(stand)
    spent = {name: points - before.get(name, 0) for name, points in stand.shop.gateway.points.items()}
    assert status.pulse is not None
    assert (status.pulse.listed, status.pulse.code) == (0, "")
    assert {name for name, points in spent.items() if points} == {"orders"}
    assert sum(spent.values()) < 50


async def test_an_order_nobody_was_told_of_is_fetched_and_said(stand: Stand) -> None:
    await stand.sync()
    await looked(stand)
    [name] = await stand.shop.place_orders(1, 3)
    stand.later(3)
    status = await looked(stand)
    assert status.pulse is not None
    assert (status.pulse.unread, status.state) == (1, "late")
    assert "had not reached us" in status.because
    assert len(await stand.app.context.store.read("find_records", kind="order", term=name, alternative="")) == 1


async def test_a_message_that_never_came_is_seen_though_the_reading_found_the_order(stand: Stand) -> None:
    await stand.sync()
    await looked(stand)
    names = await stand.shop.place_orders(2, 3)
    await told(stand, ids(stand)[names[0]])
    await stand.sync()
    stand.later(3)
    status = await looked(stand)
    assert status.pulse is not None
    assert (status.pulse.listed, status.pulse.unheard, status.pulse.unread) == (2, 1, 0)
    assert "1 of 2 new orders came without a message" in status.because


async def test_a_flow_that_stands_still_is_late_within_five_minutes(stand: Stand) -> None:
    await stand.sync()
    await looked(stand)
    await stand.shop.place_orders(1, 3)
    # The reading goes on, and nobody works.
    await stand.app.context.store.write(say("hasten_streams", now=stand.app.context.micros()))
    while await stand.app.engine.rounds.step():
        pass
    stand.later(4)
    status = await looked(stand)
    assert status.pulse is not None
    assert status.pulse.stuck == 1
    assert status.state == "late"

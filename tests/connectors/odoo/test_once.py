"""One record per key, however late a request comes through and whoever has stopped waiting for it."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from isthmus.canonical.order import OrderStatus
from isthmus.connectors.odoo.creation import external_id
from isthmus.ports.errors import Duplicate, Gone, Invalid
from isthmus.ports.sink import Receipt
from isthmus.simulators.faults import Fault
from tests.connectors.erp import a_customer, a_line, an_order, key, shipping
from tests.connectors.odoo.stand import Stand

KEY = key("5501", "#1001")
LATE_S = 0.4


async def mugs(erp: Stand, **changed: Any) -> Any:
    ref = await erp.sku("MUG-0010")
    line = a_line("12.50", 2, taxed="5.00", item_ref=ref, warehouse="EAST")
    said = {"total": "35.00", "customer_ref": await erp.customer(), "shipping_lines": (shipping("5.00"),)}
    return an_order(line, **said | changed)


async def in_odoo(erp: Stand) -> list[dict[str, Any]]:
    return await erp.read("sale.order", [["origin", "like", "shop:5501"]], "state", "amount_total")


async def gone_before_the_answer(work: Any) -> None:
    """Send and stop waiting, as a worker does that is killed; the request goes on at the other side."""
    task = asyncio.create_task(work)
    await asyncio.sleep(LATE_S / 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_draft_that_commits_after_the_look_is_not_a_second_order(each: Stand) -> None:
    order = await mugs(each)
    await each.orders.find(KEY)  # everything a first put asks for is known
    await each.fault(kind="slow_commit", count=1, seconds=LATE_S, match="sale.order.load")
    await gone_before_the_answer(each.orders.put(order, key=KEY))

    assert await each.orders.find(KEY) is None  # the look says no: it is still on its way
    receipt = await each.orders.put(order, key=KEY)
    await asyncio.sleep(LATE_S)

    assert (receipt.state, receipt.details["total"]) == ("sale", "35.00 EUR")
    assert await in_odoo(each) == [{"id": int(receipt.external_id), "state": "sale", "amount_total": 35}]


async def test_a_customer_that_commits_after_the_look_is_not_a_second_one(each: Stand) -> None:
    await each.customers.find(key("c1"))
    await each.fault(kind="slow_commit", count=1, seconds=LATE_S, match="res.partner.load")
    await gone_before_the_answer(each.customers.put(a_customer(), key=key("c1")))

    receipt = await each.customers.put(a_customer(), key=key("c1"))
    await asyncio.sleep(LATE_S)

    found = await each.read("res.partner", ["|", ["ref", "=", "shop:c1"], ["parent_id.ref", "=", "shop:c1"]], "name")
    assert len(found) == len({receipt.external_id, *receipt.refs.values()})


async def test_an_address_that_commits_late_is_not_a_second_one(each: Stand) -> None:
    bare = a_customer(addresses=())
    known = await each.customers.put(bare, key=key("c1"))
    await each.fault(kind="slow_commit", count=1, seconds=LATE_S, match="res.partner.load")
    await gone_before_the_answer(each.customers.put(a_customer(), key=key("c1"), existing=known))

    receipt = await each.customers.put(a_customer(), key=key("c1"), existing=known)
    await asyncio.sleep(LATE_S)

    children = await each.read("res.partner", [["parent_id", "=", int(known.external_id)]], "name")
    assert {str(row["id"]) for row in children} == set(receipt.refs.values()) - {known.external_id}


async def test_what_a_late_request_finds_it_leaves_alone(each: Stand) -> None:
    await each.customers.put(a_customer(), key=key("c1"))
    (row,) = await each.read("res.partner", [["ref", "=", "shop:c1"]], "name")
    await each.call("res.partner", "write", ids=[row["id"]], vals={"name": "Anna, corrected by a person"})

    receipt = await each.customers.put(a_customer(), key=key("c1"))

    assert receipt.external_id == str(row["id"])
    (row,) = await each.read("res.partner", [["id", "=", row["id"]]], "name")
    assert row["name"] == "Anna, corrected by a person"


async def test_a_look_that_lags_makes_no_second_order(each: Stand) -> None:
    order = await mugs(each)
    first = await each.orders.put(order, key=KEY)
    await each.fault(kind="lagging_look", count=1, seconds=3600, match="sale.order.search_read")

    assert await each.orders.find(KEY) is None  # it says no though the order is there
    again = await each.orders.put(order, key=KEY)

    assert (again.external_id, again.state) == (first.external_id, "sale")
    assert len(await in_odoo(each)) == 1
    assert (await each.orders.find(KEY)) is not None  # a little later it shows


async def test_an_order_whose_reference_a_person_took_off_is_found_by_its_external_id(each: Stand) -> None:
    order = await mugs(each)
    first = await each.orders.put(order, key=KEY)
    await each.call("sale.order", "write", ids=[int(first.external_id)], vals={"client_order_ref": "mine now"})

    assert await each.orders.find(KEY) is None
    again = await each.orders.put(order, key=KEY)

    assert (again.external_id, again.state) == (first.external_id, "sale")
    assert len(await in_odoo(each)) == 1


async def test_after_an_order_was_deleted_in_odoo_its_key_may_be_used_anew(each: Stand) -> None:
    order = await mugs(each)
    first = await each.orders.put(order, key=KEY)
    await each.call(
        "sale.order", "action_cancel", ids=[int(first.external_id)], context={"disable_cancel_warning": True}
    )
    await each.call("sale.order", "unlink", ids=[int(first.external_id)])

    with pytest.raises(Gone):
        await each.orders.put(order, key=KEY, existing=first)
    assert (await each.orders.put(order, key=KEY)).external_id != first.external_id
    assert len(await in_odoo(each)) == 1


async def test_two_under_one_reference_are_named_and_none_is_chosen(each: Stand) -> None:
    order = await mugs(each)
    first = await each.orders.put(order, key=KEY)
    (copy,) = await each.call(
        "sale.order",
        "create",
        vals_list=[{"partner_id": int(order.customer_ref), "client_order_ref": "#1001", "origin": "shop:5501"}],
    )
    with pytest.raises(Duplicate) as twice:
        await each.orders.find(KEY)
    assert twice.value.external_ids == (first.external_id, str(copy))


async def test_what_odoo_refuses_is_told_in_its_words(erp: Stand) -> None:
    with pytest.raises(Invalid, match="No matching record"):
        await erp.orders.put(await mugs(erp, customer_ref="987654"), key=KEY)
    assert await in_odoo(erp) == []


async def test_a_rounding_line_that_commits_late_is_not_a_second_cent(erp: Stand) -> None:
    order = await mugs(erp, total="35.01")
    await erp.orders.put(await mugs(erp), key=key("warm", "#1"))  # so that the second write is the rounding
    writes = 0

    def second_write(operation: str) -> bool:
        nonlocal writes
        writes += operation == "sale.order.write"
        return writes == 2

    draw = erp.world.faults.draw
    fault = Fault("slow_commit", count=1, seconds=LATE_S)
    erp.world.faults.draw = lambda operation, *kinds: fault if second_write(operation) else draw(operation, *kinds)
    await gone_before_the_answer(erp.orders.put(order, key=KEY))

    receipt = await erp.orders.put(order, key=KEY, existing=await erp.orders.find(KEY))
    await asyncio.sleep(LATE_S)

    assert receipt.details["total"] == "35.01 EUR"
    assert [row["amount_total"] for row in await in_odoo(erp)] == [Decimal("35.01")]


def test_external_ids_differ_whenever_the_keys_do() -> None:
    keys = ["shop:1", "shop_1", "shop:1 ", "Shop:1", "shop:11"]
    made = {external_id("order", each) for each in keys} | {external_id("customer", "shop:1")}
    assert len(made) == len(keys) + 1
    assert all(each.startswith("isthmus.") and " " not in each and each.count(".") == 1 for each in made)


async def test_an_order_that_a_late_request_confirms_first_is_confirmed(each: Stand) -> None:
    order = await mugs(each)
    await each.fault(kind="slow_commit", count=2, seconds=LATE_S, match="sale.order.action_confirm")
    first = asyncio.create_task(each.orders.put(order, key=KEY))
    while not (drafts := await in_odoo(each)) or drafts[0]["amount_total"] != 35:  # noqa: ASYNC110 - Odoo sets no event
        await asyncio.sleep(0.01)
    await asyncio.sleep(LATE_S / 2)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)

    receipt = await each.orders.put(order, key=KEY, existing=await each.orders.find(KEY))

    assert (receipt.state, receipt.details["total"]) == ("sale", "35.00 EUR")
    assert await in_odoo(each) == [{"id": int(receipt.external_id), "state": "sale", "amount_total": 35}]


def given_again(erp: Stand, model: str, one: str) -> dict[str, Any]:
    """Put another record under this id, as an Odoo does that was taken back to an older backup; return it."""
    rows = erp.world.env().table(model).rows
    other = rows[int(one)] | {"create_date": rows[int(one)]["create_date"] + timedelta(seconds=1)}
    rows[int(one)] = other
    return dict(other)


async def test_an_order_that_got_the_id_of_ours_after_a_restored_backup_is_not_touched(each: Stand) -> None:
    order = await mugs(each)
    held = await each.orders.put(order, key=KEY)
    other = given_again(each, "sale.order", held.external_id)

    with pytest.raises(Gone, match="another order"):
        await each.orders.put(await mugs(each, status=OrderStatus.CANCELED), key=KEY, existing=held)

    assert each.world.env().table("sale.order").rows[int(held.external_id)] == other


async def test_a_contact_that_got_the_id_of_ours_after_a_restored_backup_is_not_touched(each: Stand) -> None:
    held = await each.customers.put(a_customer(phone=""), key=key("c1"))
    other = given_again(each, "res.partner", held.external_id)

    with pytest.raises(Gone):
        await each.customers.put(a_customer(), key=key("c1"), existing=held)

    assert each.world.env().table("res.partner").rows[int(held.external_id)] == other


async def test_an_order_a_person_named_as_ours_needs_no_moment(erp: Stand) -> None:
    held = await erp.orders.put(await mugs(erp), key=KEY)

    again = await erp.orders.put(await mugs(erp), key=KEY, existing=Receipt(held.external_id))

    assert (again.external_id, again.born) == (held.external_id, held.born)

"""Customers: each buyer has one contact in the ERP, each contact with our key a buyer."""

import pytest

from tests.proof.stand import Stand

pytestmark = pytest.mark.slow

KEY = "shop:customer:"


def contacts(stand: Stand) -> list[str]:
    """Return the keys of contacts, the oldest first."""
    rows = stand.erp.env().table("res.partner").rows.values()
    return [row["ref"] for row in rows if (row["ref"] or "").startswith(KEY) and not row["parent_id"]]


async def test_every_customer_that_is_wrong_is_found_and_no_other(stand: Stand) -> None:
    await stand.shop.place_orders(14, 5)
    await stand.sync()
    stand.later()
    assert (await stand.prove("customers")).rows == []
    keys = contacts(stand)
    lost = keys[:2]
    doubled = keys[2:4]
    for key in lost:
        stand.erp.damage(kind="lose_contact", ref=key)
    for key in doubled:
        stand.erp.damage(kind="double_contact", ref=key)
    stand.erp.damage(kind="strange_contact", ref=keys[4], **{"as": f"{KEY}99999"})
    stand.erp.damage(kind="strange_contact", ref=keys[4], **{"as": f"{KEY}guest:1"})
    found = await stand.prove("customers")
    expected = {key.removeprefix(KEY): "missing" for key in lost}
    expected |= {key.removeprefix(KEY): "doubled" for key in doubled}
    expected |= {"99999": "orphaned", "guest:1": "orphaned"}
    assert {row.subject: row.finding for row in found.rows} == expected

    await stand.sync()
    again = await stand.prove("customers")
    assert {row.subject: row.finding for row in again.rows} == {
        subject: finding for subject, finding in expected.items() if finding != "missing"
    }


async def test_a_buyer_whose_only_order_stays_in_the_shop_is_explained(stand: Stand) -> None:
    await stand.sync()
    stand.shop.damage(kind="quiet_order", minutes=2, test=True, seed=3)
    await stand.sync()
    stand.later()
    found = await stand.prove("customers")
    assert found.rows == []
    [run] = found.runs
    assert (run.tally.matched, run.tally.reasons) == (0, {"test_order": 1})


async def same_guest(stand: Stand) -> tuple[str, str]:
    """Let one person buy twice as a guest; return the shop's ids of both buyers, the first one first."""
    orders = stand.shop.shop.orders
    await stand.shop.place_orders(15, 5)
    await stand.sync()
    first = next(one for one in orders.values() if one.customer is None)
    before = set(orders)
    await stand.shop.place_orders(15, 6)
    second = next(one for id_, one in orders.items() if one.customer is None and id_ not in before)
    second.email = first.email
    second.billing_address, second.shipping_address = first.billing_address, first.shipping_address
    await stand.sync()
    one, two = (f"guest:{order.id.rpartition('/')[2]}" for order in (first, second))
    return one, two


async def test_who_buys_twice_as_a_guest_is_one_person_in_the_erp_and_not_missing(stand: Stand) -> None:
    one, two = await same_guest(stand)
    there = {one, two} & {key.removeprefix(KEY) for key in contacts(stand)}
    assert there == {one}
    stand.later()

    assert (await stand.prove("customers")).rows == []

    # Where that person is lost, both are missing, and both are brought again.
    stand.erp.damage(kind="lose_contact", ref=KEY + one)
    found = await stand.prove("customers")
    assert {row.subject: row.finding for row in found.rows} == {one: "missing", two: "missing"}
    await stand.sync()
    stand.later()
    assert (await stand.prove("customers")).rows == []

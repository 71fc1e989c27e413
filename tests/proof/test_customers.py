"""Customers: each buyer has one contact in the ERP, each contact with our key a buyer."""

from tests.proof.stand import Stand

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

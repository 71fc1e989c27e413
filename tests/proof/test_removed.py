"""What the ERP had and has no more was removed by somebody: that is asked, not undone."""

from datetime import date

import pytest

from isthmus.admin.answers import it_is_not_there, leave_it
from isthmus.admin.operations import retry
from isthmus.store.statement import Row
from tests.proof.stand import Stand

pytestmark = pytest.mark.slow


async def asked(stand: Stand) -> list[Row]:
    return await stand.app.context.store.read("parked_with_code", flow="orders", code="gone", wish=10)


def held(stand: Stand, name: str) -> int:
    return sum(order["reference"] == name for order in stand.erp.truth()["orders"])


async def removed(stand: Stand) -> tuple[str, str, date]:
    """Bring two orders, let somebody delete the first of them in the ERP, and compare their day."""
    names = await stand.shop.place_orders(2, 7)
    day = stand.app.context.now().astimezone(stand.app.config.zone).date()
    await stand.sync()
    stand.later()
    stand.erp.damage(kind="lose_order", reference=names[0])
    found = await stand.prove("orders", day)
    assert {row.number: row.finding for row in found.rows} == {names[0]: "missing"}
    assert "somebody has removed it there" in found.rows[0].because
    await stand.sync()
    return names[0], names[1], day


async def answer(stand: Stand, what: str) -> None:
    context, flows = stand.app.context, stand.app.engine.flows
    (job,) = await asked(stand)
    await (it_is_not_there if what == "create" else leave_it)(context, flows, job["subject"], by="eve")
    await stand.sync()


async def test_an_order_removed_in_the_erp_is_a_question_with_its_evidence(stand: Stand) -> None:
    name, other, day = await removed(stand)
    (job,) = await asked(stand)
    assert job["number"] == name
    for said in ("erp held it as S0000", "nothing is found there", "First sent to erp at", "What is looked for: shop:"):
        assert said in job["because"]
    assert "Write it again" in job["answers"]
    assert "Leave it deleted" in job["answers"]
    assert (held(stand, name), held(stand, other)) == (0, 1)
    again = await stand.prove("orders", day)
    assert again.rows == []
    assert await stand.explained(again) == {name: "asked"}


@pytest.mark.parametrize("push", ["retry", "edit"])
async def test_nothing_but_an_answer_writes_it_again(stand: Stand, push: str) -> None:
    name, _, _ = await removed(stand)
    (job,) = await asked(stand)
    if push == "retry":
        await retry(stand.app.context, by="eve", flow="orders", subject=job["subject"])
    else:
        order = stand.shop.shop.order(name)
        assert order is not None
        stand.shop.edit(name, str(next(line.sku for line in order.line_items if line.sku)), 7)
    await stand.sync()
    assert [row["subject"] for row in await asked(stand)] == [job["subject"]]
    assert held(stand, name) == 0


async def test_written_again_when_a_person_says_so(stand: Stand) -> None:
    name, _, day = await removed(stand)
    await answer(stand, "create")
    assert held(stand, name) == 1
    assert await asked(stand) == []
    stand.later()
    again = await stand.prove("orders", day)
    assert (again.rows, await stand.explained(again)) == ([], {})


async def test_left_deleted_it_is_not_asked_again_and_explained(stand: Stand) -> None:
    name, _, day = await removed(stand)
    await answer(stand, "leave")
    for _ in range(2):
        stand.later()
        again = await stand.prove("orders", day)
        assert again.rows == []
        assert await stand.explained(again) == {name: "left"}
        await stand.sync()
    assert await asked(stand) == []
    assert held(stand, name) == 0
    # And it can still be changed.
    subject = next(row["subject"] for row in await stand.app.context.store.read("jobs_of_subject", subject=name))
    await it_is_not_there(stand.app.context, stand.app.engine.flows, subject, by="eve")
    await stand.sync()
    assert held(stand, name) == 1


async def test_one_that_was_never_brought_is_written_without_asking(stand: Stand) -> None:
    await stand.sync()
    name = stand.shop.damage(kind="quiet_order", minutes=30, seed=1)
    stand.later()
    found = await stand.prove("orders")
    assert {row.number: row.finding for row in found.rows} == {name: "missing"}
    await stand.sync()
    assert held(stand, name) == 1
    assert await asked(stand) == []


async def test_one_that_is_found_after_all_is_not_asked_about(stand: Stand) -> None:
    name, _, _ = await removed(stand)
    env = stand.erp.env()
    (job,) = await asked(stand)
    rows = env.table("sale.order").rows
    ours = next(row for row in rows.values() if row["client_order_ref"] != name)
    with stand.erp.service.database.store.transaction():
        env["sale.order"].create([{
            "partner_id": ours["partner_id"], "client_order_ref": name, "origin": f"shop:{job['subject']}",
        }])  # fmt: skip
    await retry(stand.app.context, by="eve", flow="orders", subject=job["subject"])
    await stand.sync()
    assert await asked(stand) == []
    assert held(stand, name) == 1

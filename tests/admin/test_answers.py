"""An unknown outcome is a question with its evidence, and each answer to it is carried out."""

import pytest

from isthmus.admin.answer_all import Said, answer_all
from isthmus.admin.answers import NoAnswer, it_is_not_there, it_is_there, leave_it
from isthmus.admin.queries import audit
from isthmus.engine.intents import UNANSWERED_AT_MOST
from isthmus.testing.builders import a_line, an_address, an_order
from tests.flows.conftest import SETTLE_S, Trade

ORDER = "order-#1"


async def lost_too_often(trade: Trade) -> None:
    """An order that was sent again and again without an answer, and is nowhere to be seen."""
    trade.erp.orders.plan.extend(["lose"] * (UNANSWERED_AT_MOST + 1))
    trade.shop.sells(an_order("#1", a_line("MUG"), billing=an_address()))
    for _ in range(UNANSWERED_AT_MOST + 2):
        await trade.sync(SETTLE_S)
    trade.erp.orders.plan.clear()


async def answer(trade: Trade, what: str, as_what: str = "", record: str = "#1") -> None:
    context, flows = trade.harness.engine.context, trade.harness.engine.flows
    if what == "there":
        await it_is_there(context, flows, record, as_what, by="eve")
    elif what == "create":
        await it_is_not_there(context, flows, record, by="eve")
    else:
        await leave_it(context, flows, record, by="eve")
    for _ in range(3):
        await trade.sync(SETTLE_S)


async def test_what_stays_unknown_is_asked_with_what_is_known_of_it(trade: Trade) -> None:
    await lost_too_often(trade)
    job = await trade.job(ORDER)
    assert (job["state"], job["code"]) == ("parked", "in_doubt")
    assert f"{UNANSWERED_AT_MOST} times without an answer" in job["because"]
    assert "First sent to erp at 2026-03-02" in job["because"]
    assert "shop:order-#1" in job["because"]
    assert len(trade.erp.holds("#1")) == 0
    await trade.sync(3600)
    assert (await trade.state(ORDER)) == ("parked", "in_doubt")  # nothing is sent any more


async def test_not_there_creates_it_once(trade: Trade) -> None:
    await lost_too_often(trade)
    await answer(trade, "create")
    assert (await trade.state(ORDER)) == ("done", "")
    assert len(trade.erp.holds("#1")) == 1
    (line,) = await audit(trade.harness.engine.context)
    assert (line.who, line.action, line.target, line.before, line.after) == (
        "eve",
        "answer",
        "#1",
        "in_doubt",
        "create",
    )


async def test_there_takes_the_one_that_is_named_and_brings_it_to_the_stores_content(trade: Trade) -> None:
    await lost_too_often(trade)
    # Somebody had typed it in, with a mistake.
    trade.erp.orders.created.append(("by hand", an_order("#1", a_line("LAMP")), trade.clock.now()))
    there = str(len(trade.erp.orders.created) - 1)
    await answer(trade, "there", there)
    assert (await trade.state(ORDER)) == ("done", "")
    (held,) = trade.erp.holds("#1")
    assert [line.sku for line in held.lines] == ["MUG"]
    # What follows goes to the same one.
    order = trade.shop.changes(an_order("#1", a_line("MUG", quantity=2), billing=an_address()))
    await trade.sync(SETTLE_S)
    (held,) = trade.erp.holds(order.number)
    assert held.lines[0].quantity.value == 2


async def test_left_as_it_is_nothing_more_happens_until_another_answer(trade: Trade) -> None:
    await lost_too_often(trade)
    await answer(trade, "leave")
    assert (await trade.state(ORDER)) == ("done", "left")
    trade.shop.changes(an_order("#1", a_line("MUG", quantity=2), billing=an_address()))
    await trade.sync(SETTLE_S)
    assert (await trade.state(ORDER)) == ("done", "left")
    assert trade.erp.holds("#1") == []
    await answer(trade, "create")
    assert (await trade.state(ORDER)) == ("done", "")
    assert len(trade.erp.holds("#1")) == 1


async def test_two_of_it_are_named_and_the_one_that_is_chosen_stays_the_one(trade: Trade) -> None:
    trade.erp.orders.plan.append("lose")
    trade.shop.sells(an_order("#1", a_line("MUG"), billing=an_address()))
    await trade.sync()
    await trade.sync(SETTLE_S)  # looked, found nothing, sent again
    assert (await trade.state(ORDER)) == ("snoozed", "second_look")
    # The first request comes through after all.
    trade.erp.orders.created.append(trade.erp.orders.created[0])
    await trade.sync(SETTLE_S)
    job = await trade.job(ORDER)
    assert (job["state"], job["code"]) == ("parked", "duplicate")
    assert "2 times" in job["because"]
    assert "First sent to erp" in job["because"]
    with pytest.raises(NoAnswer, match="more than one"):
        await answer(trade, "create")
    await answer(trade, "there", "1")
    assert (await trade.state(ORDER)) == ("done", "")


async def test_one_of_it_is_told_by_the_second_look(trade: Trade) -> None:
    trade.erp.orders.plan.append("lose")
    trade.shop.sells(an_order("#1", a_line("MUG"), billing=an_address()))
    await trade.sync()
    await trade.sync(SETTLE_S)
    looks = len(trade.erp.orders.finds)
    await trade.sync(SETTLE_S)
    assert (await trade.state(ORDER)) == ("done", "")
    assert len(trade.erp.orders.finds) == looks + 1
    assert len(trade.erp.holds("#1")) == 1


async def test_an_order_deleted_there_is_asked_about_and_made_anew_only_when_told(trade: Trade) -> None:
    trade.shop.sells(an_order("#1", a_line("MUG"), billing=an_address()))
    await trade.sync()
    trade.erp.orders.created.clear()
    trade.shop.changes(an_order("#1", a_line("MUG", quantity=2), billing=an_address()))
    await trade.sync(SETTLE_S)
    assert (await trade.state(ORDER)) == ("parked", "gone")
    assert trade.erp.holds("#1") == []
    await answer(trade, "create")
    assert (await trade.state(ORDER)) == ("done", "")
    assert len(trade.erp.holds("#1")) == 1


async def test_an_answer_that_does_not_fit_changes_nothing(trade: Trade) -> None:
    trade.shop.sells(an_order("#2", a_line("MUG"), billing=an_address()))
    await trade.sync()
    await lost_too_often(trade)
    before = dict(await trade.job(ORDER))
    with pytest.raises(NoAnswer, match="nothing is asked"):
        await answer(trade, "create", record="#99")
    with pytest.raises(NoAnswer, match="another record already"):
        await answer(trade, "there", "0")  # that one is #2
    assert dict(await trade.job(ORDER)) == before


async def all_lost_there(trade: Trade, *numbers: str) -> None:
    """Orders the ERP held, and an ERP taken back to a backup from before them; each is changed in the shop."""
    for number in numbers:
        trade.shop.sells(an_order(number, a_line("MUG"), billing=an_address()))
    await trade.sync()
    trade.erp.orders.created.clear()
    for number in numbers:
        trade.shop.changes(an_order(number, a_line("MUG", quantity=2), billing=an_address()))
    await trade.sync(SETTLE_S)
    assert {await trade.state(f"order-{number}") for number in numbers} == {("parked", "gone")}


@pytest.mark.parametrize(("said", "left"), [("create", 1), ("leave", 0)])
async def test_all_that_ask_the_same_take_one_answer(trade: Trade, said: Said, left: int) -> None:
    numbers = [f"#{number}" for number in range(1, 8)]
    await all_lost_there(trade, *numbers)
    context, flows = trade.harness.engine.context, trade.harness.engine.flows
    told: list[int] = []

    answered = await answer_all(context, flows, "gone", said, by="eve", told=told.append)

    assert sorted(one.number for one in answered) == numbers
    assert told == [1, 2, 3, 4, 5, 6, 7]
    for _ in range(3):
        await trade.sync(SETTLE_S)
    assert [len(trade.erp.holds(number)) for number in numbers] == [left] * 7
    entries = [(line.who, line.target, line.after) for line in await audit(context)]
    assert sorted(entries) == [("eve", number, said) for number in numbers]
    assert await answer_all(context, flows, "gone", said, by="eve") == []


async def test_more_than_one_lot_takes_one_answer(trade: Trade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isthmus.admin.answer_all.LOT", 2)
    await all_lost_there(trade, "#1", "#2", "#3", "#4", "#5")

    answered = await answer_all(
        trade.harness.engine.context, trade.harness.engine.flows, "gone", "leave", by="eve", flow="orders"
    )

    assert [one.number for one in answered] == ["#1", "#2", "#3", "#4", "#5"]


async def test_what_must_be_looked_at_one_by_one_takes_no_common_answer(trade: Trade) -> None:
    context, flows = trade.harness.engine.context, trade.harness.engine.flows
    with pytest.raises(NoAnswer, match="one by one"):
        await answer_all(context, flows, "duplicate", "create", by="eve")
    with pytest.raises(NoAnswer, match="no flow 'nowhere'"):
        await answer_all(context, flows, "gone", "create", by="eve", flow="nowhere")

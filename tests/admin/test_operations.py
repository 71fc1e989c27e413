"""What an operator does reaches what was meant, and leaves a line in the audit trail."""

from isthmus.admin.operations import check, reconsider, retry
from isthmus.admin.queries import audit, parked, status
from isthmus.admin.trace import trace
from isthmus.testing.builders import a_line, an_address, an_order, money
from tests.flows.conftest import Trade


async def asked(trade: Trade) -> None:
    """Two orders that ask a person, for different reasons, and one that is done."""
    trade.shop.sells(an_order("#1", a_line("VASE"), billing=an_address()))
    trade.shop.sells(an_order("#2", a_line("MUG"), billing=an_address(), total=money("99.00")))
    trade.shop.sells(an_order("#3", a_line("MUG"), billing=an_address()))
    await trade.sync()


async def test_one_record_is_run_again_and_no_other(trade: Trade) -> None:
    await asked(trade)
    context = trade.harness.engine.context
    again = await retry(context, by="eve", subject="order-#2")
    assert [each.number for each in again] == ["#2"]
    lines = await audit(context)
    assert [(each.who, each.action, each.target) for each in lines] == [("eve", "retry", "order-#2")]


async def test_a_restart_looks_again_at_what_a_mended_setting_may_have_answered(trade: Trade) -> None:
    await asked(trade)
    assert await reconsider(trade.harness.engine.context) == 1
    assert (await trade.state("order-#1"))[0] == "ready"
    assert await trade.state("order-#2") == ("parked", "total_unexplained")


async def test_questions_are_counted_by_cause_and_listed_with_their_answers(trade: Trade) -> None:
    await asked(trade)
    engine = trade.harness.engine
    questions = await parked(engine.context)
    assert {(each.number, each.code) for each in questions} == {("#1", "unknown_sku"), ("#2", "total_unexplained")}
    assert all(each.answers for each in questions)
    now = await status(engine.context, engine.flows, "demo", engine.holds)
    assert not now.well
    assert {cause.code: cause.jobs for cause in now.causes} == {"unknown_sku": 1, "total_unexplained": 1}
    assert (now.inbox, now.in_doubt) == (0, 0)


async def test_a_trace_tells_an_order_s_story_in_both_systems(trade: Trade) -> None:
    await asked(trade)
    engine = trade.harness.engine
    for term in ("#3", "3", "order-#3"):
        (story,) = await trace(engine.context, engine.flows, term)
        assert {holding.connection for holding in story.holdings} == {"shop", "erp"}
        assert [step.at for step in story.steps] == sorted(step.at for step in story.steps)
        assert {"intent", "attempt", "read"} <= {step.what for step in story.steps}
    assert await trace(engine.context, engine.flows, "#99") == []


async def test_a_check_keeps_what_the_system_said(trade: Trade) -> None:
    checked = await check(trade.harness.engine.context, "erp")
    assert checked.report is not None
    rows = {row["name"]: row for row in await trade.harness.store.read("connections")}
    assert (rows["erp"]["state"], "made up" in rows["erp"]["report"]) == ("ok", True)

"""A sweep that is stopped goes on where it was, a night is proven once, and no result can be edited unseen."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from isthmus.admin import proof, proof_export
from isthmus.engine.chain import SAID, START, link, verify
from isthmus.engine.nightly import Nightly
from isthmus.engine.proof import Verdict
from isthmus.ports.errors import Throttled
from tests.proof.stand import Stand


async def test_a_sweep_that_is_stopped_goes_on_and_counts_nothing_twice(stand: Stand) -> None:
    names = await stand.shop.place_orders(9, 7)
    await stand.sync()
    stand.later()
    stand.erp.damage(kind="double_order", reference=names[0])
    context, sweep = stand.app.context, stand.app.engine.sweep
    today = context.now().astimezone(stand.app.config.zone).date()
    wish = await proof.ask(sweep, context.now(), flow="orders", first=today, last=today, by="test")
    sweep.stopping = True  # as often as it is started, after each page
    steps = 0
    while (await proof.runs_of(context, sweep, wish))[0].state != "done":
        assert await sweep.step()
        steps += 1
    sweep.stopping = False
    [run] = await proof.runs_of(context, sweep, wish)
    assert steps > 2
    assert (run.tally.here.count, run.tally.there.count) == (9, 10)
    assert (run.tally.matched, run.tally.open) == (8, 1)
    assert len([row async for row in proof.rows_of(context, run.run, "open")]) == 1
    assert await context.store.read("listed_keys", run=run.run, after="", wish=10) == []


async def test_a_sweep_waits_for_a_system_that_asks_for_patience(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    context, sweep = stand.app.context, stand.app.engine.sweep
    listing: Any = context.connection("erp").listing("order")
    good = type(listing).listed

    async def busy(self: Any, span: Any, **more: Any) -> Any:
        message = "slower, please"
        raise Throttled(message, retry_at=context.now() + timedelta(minutes=1))
        async for page in good(self, span, **more):
            yield page

    monkeypatch.setattr(type(listing), "listed", busy)
    today = context.now().date()
    wish = await proof.ask(sweep, context.now(), flow="orders", first=today, last=today, by="test")
    [run] = await proof.finish(context, sweep, wish)
    assert (run.state, run.because) == ("listing", "slower, please")
    monkeypatch.undo()
    assert not await sweep.step()
    stand.later(2)
    assert await sweep.step()
    assert (await proof.runs_of(context, sweep, wish))[0].state == "done"


async def test_each_night_is_proven_once_and_days_with_something_open_again(stand: Stand) -> None:
    names = await stand.shop.place_orders(2, 7)
    await stand.sync()
    stand.later()
    stand.erp.damage(kind="double_order", reference=names[0])
    await stand.prove("orders")
    context, sweep = stand.app.context, stand.app.engine.sweep
    today = context.now().astimezone(stand.app.config.zone).date()
    night = datetime.combine(today + timedelta(days=2), datetime.min.time(), stand.app.config.zone) + timedelta(hours=3)
    for _ in range(2):  # two processes, or one that was started again
        await Nightly(context, sweep).ask(night.astimezone(UTC))
    asked = await context.store.read("unfinished_proofs")
    assert sorted((row["flow"], row["day"]) for row in asked) == [
        ("customers", (today + timedelta(days=1)).isoformat()),
        ("orders", today.isoformat()),
        ("orders", (today + timedelta(days=1)).isoformat()),
        ("stock", (today + timedelta(days=2)).isoformat()),
    ]
    noon = night.astimezone(UTC) + timedelta(days=1, hours=9)
    stand.clock.ahead += noon - context.now()
    await Nightly(context, sweep).ask(noon)  # just started: the rush of a start is no time for it
    assert len(await context.store.read("unfinished_proofs")) == 4


async def test_the_chain_names_the_first_row_that_was_edited(stand: Stand) -> None:
    names = await stand.shop.place_orders(4, 7)
    await stand.sync()
    stand.later()
    for name in names:
        stand.erp.damage(kind="double_order", reference=name)
    await stand.prove("orders")
    context = stand.app.context
    whole = await proof_export.verify_store(context)
    assert (whole.rows, whole.well) == (5, True)  # four findings, and the counts of the run
    rows = [dict(row) for row in await context.store.read("proof_chain", after=0, wish=10)]
    assert rows[-1]["verdict"] == Verdict.COUNTED
    for spoil, broken in (
        (lambda all_: all_[2].update(because="all is well"), 3),
        (lambda all_: all_.pop(1), 2),
        (lambda all_: all_.insert(2, {**all_[1], "id": 3}), 3),
        (lambda all_: all_[0].update(evidence="{}"), 1),
    ):
        edited = [dict(row) for row in rows]
        spoil(edited)
        _digest, _good, found = verify(edited)
        assert found is not None
        assert found.row == broken


def test_a_row_that_is_cut_off_at_the_end_is_missed_by_its_successor() -> None:
    first = {**dict.fromkeys(SAID, ""), "id": 1, "digest": ""}
    first["digest"] = link(START, first)
    second = {**dict.fromkeys(SAID, ""), "id": 2, "digest": ""}
    second["digest"] = link(first["digest"], second)
    assert verify([first, second])[2] is None
    assert verify([second], first["digest"], 2)[2] is None
    broken = verify([second])[2]
    assert broken is not None
    assert broken.row == 1

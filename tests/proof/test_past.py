"""Results of reconciliation go after their time, the oldest first, and what is left can still be verified."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from isthmus.admin import proof_export
from isthmus.engine.chain import link
from isthmus.engine.context import Context
from isthmus.engine.upkeep import Retention, Upkeep
from isthmus.kit.clock import to_micros
from isthmus.store.statement import say
from tests.proof.past import LONG_AGO, a_run, write_rows
from tests.proof.stand import Stand


async def ids(context: Context) -> list[int]:
    return [row["id"] for row in await context.store.read("proof_chain", after=0, wish=1000)]


async def exported(context: Context) -> list[dict[str, Any]]:
    rows = [dict(row) for row in await context.store.read("proof_chain", after=0, wish=1000)]
    return [{name: row[name] for name in proof_export.COLUMNS} for row in rows]


def text(rows: Sequence[dict[str, Any]]) -> str:
    return proof_export.as_json(rows, opening=True) + proof_export.CLOSING


async def test_results_go_after_their_time_and_the_rest_is_verified_from_there(stand: Stand) -> None:
    context = stand.app.context
    old = await a_run(context, "old", LONG_AGO)
    new = await a_run(context, "new", context.now())
    await write_rows(context, [old] * 450 + [new] * 3)
    before = await exported(context)

    assert await Upkeep(context, Retention()).prune() == 450

    assert await ids(context) == [451, 452, 453]
    whole = await proof_export.verify_store(context)
    assert (whole.rows, whole.well) == (3, True)
    await write_rows(context, [new])
    assert (await proof_export.verify_store(context)).rows == 4
    for kept in (before, before[:10], before[440:450], before[440:], before[450:]):
        assert (await proof_export.verify_file(context, text(kept))).rows == len(kept)
    forged = before[440:449]
    digest = link(forged[-1]["digest"], {**before[449], "because": "all is well"})
    forged.append({**before[449], "because": "all is well", "digest": digest})
    assert (await proof_export.verify_file(context, text(forged))).broken == 450


async def test_once_all_has_gone_the_chain_goes_on_where_it_was(stand: Stand) -> None:
    context = stand.app.context
    old, new = await a_run(context, "old", LONG_AGO), await a_run(context, "new", context.now())
    await write_rows(context, [old] * 5)
    await Upkeep(context, Retention()).prune()
    assert await ids(context) == []
    assert (await proof_export.verify_store(context)).well
    await write_rows(context, [new] * 2)
    assert await ids(context) == [6, 7]
    assert (await proof_export.verify_store(context)).rows == 2


async def test_a_beginning_that_was_moved_is_noticed(stand: Stand) -> None:
    context = stand.app.context
    await write_rows(context, [await a_run(context, "new", context.now())] * 3)
    await context.store.write(say("move_proof_anchor", before=to_micros(context.now() + timedelta(days=1))))
    found = await proof_export.verify_store(context)
    assert (found.rows, found.broken) == (0, 4)


async def test_a_run_that_is_not_over_keeps_its_rows_and_all_behind_them(stand: Stand) -> None:
    context = stand.app.context
    over = await a_run(context, "over", LONG_AGO)
    stuck = await a_run(context, "stuck", LONG_AGO, over=False)
    await write_rows(context, [over, over, stuck, over])
    assert await Upkeep(context, Retention()).prune() == 2
    assert await ids(context) == [3, 4]
    assert (await proof_export.verify_store(context)).well

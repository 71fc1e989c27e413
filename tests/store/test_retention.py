"""Finished work goes after its time; what is not resolved never goes."""

import pytest

from isthmus.store.base import Store
from isthmus.store.statement import Many, say
from tests.store.ledger import attempt, claim, delivery, finishing, job, mark

OLD, LIMIT = 10, 1000


async def prune(store: Store, what: str, *, wish: int = 100) -> int:
    return len((await store.write(say(f"prune_{what}", before=LIMIT, wish=wish)))[0])


@pytest.mark.parametrize("state", ["ready", "running", "snoozed", "parked"])
async def test_a_job_that_is_not_finished_stays_however_old(store: Store, state: str) -> None:
    await mark(store, "1", now=OLD)
    if state != "ready":
        (row,) = await claim(store, now=OLD)
        if state != "running":
            await store.write(finishing(row, state, now=OLD))
    assert await prune(store, "jobs") == 0
    assert (await job(store, "1"))["state"] == state


async def test_finished_jobs_go_after_their_time_a_bounded_number_at_once(store: Store) -> None:
    await mark(store, *map(str, range(10)))
    for row in await claim(store):
        await store.write(finishing(row, now=OLD if int(row["subject"]) < 7 else LIMIT))
    assert [await prune(store, "jobs", wish=3) for _ in range(4)] == [3, 3, 1, 0]
    assert len(await store.read("recent_jobs", flow="orders", state="", wish=99)) == 3


async def test_a_job_marked_again_is_not_finished(store: Store) -> None:
    await mark(store, "1")
    (row,) = await claim(store)
    await store.write(finishing(row, now=OLD))
    await mark(store, "1", now=OLD + 1)
    assert await prune(store, "jobs") == 0


async def test_deliveries_go_once_they_have_been_taken_in(store: Store) -> None:
    await store.write(Many("take_delivery", [delivery(f"d{n}", now=OLD) for n in range(3)]))
    claimed = (await store.write(say("claim_inbox", now=OLD, lease_until=20, token="t", wish=2)))[0]
    done, waiting = claimed
    await store.write(say("finish_delivery", id=done["id"], token="t", now=OLD, because=""))
    await store.write(say("postpone_delivery", id=waiting["id"], token="t", run_at=OLD, because="down"))
    assert await prune(store, "inbox") == 1
    assert (await store.read("inbox_waiting"))[0]["deliveries"] == 2


async def test_intents_go_once_they_are_resolved(store: Store) -> None:
    for number, state in enumerate(("done", "refused", "unknown", "open")):
        await store.write(
            say(
                "open_intent",
                id=f"i{number}",
                flow="orders",
                subject="1",
                connection="erp",
                kind="order",
                key=f"k{number}",
                reference="",
                now=OLD,
                settles_at=OLD,
            )
        )
        if state == "unknown":
            await store.write(say("doubt_intent", id=f"i{number}", settles_at=OLD, because=""))
        elif state != "open":
            resolved = {"state": state, "now": OLD, "external_id": "", "because": ""}
            await store.write(say("resolve_intent", id=f"i{number}", **resolved))
    assert await prune(store, "intents") == 2
    assert {row["state"] for row in await store.read("intents_of", flow="orders", subject="1")} == {"open", "unknown"}


async def test_attempts_and_exchanges_go_by_age(store: Store) -> None:
    call = {
        "attempt_id": "old",
        "connection": "erp",
        "operation": "x",
        "elapsed_ms": 1,
        "status": None,
        "failure": "",
        "request": "",
        "response": "",
    }
    await store.write(
        Many("add_attempt", [attempt("old", now=OLD), attempt("new", now=LIMIT)]),
        Many("add_exchange", [{**call, "started_at": OLD}, {**call, "started_at": LIMIT}]),
    )
    assert [await prune(store, "attempts"), await prune(store, "exchanges")] == [1, 1]
    assert [row["id"] for row in await store.read("attempts_of", flow="orders", subject="1")] == ["new"]
    assert len(await store.read("exchanges_of", ids='["old"]')) == 1


async def test_what_orders_take_goes_only_when_the_erp_has_all_of_it(store: Store) -> None:
    def taken(order: str, wanted: str) -> dict[str, str]:
        return {"connection": "shop", "order_id": order, "sku": "A", "place": "", "wanted": wanted}

    await store.write(Many("set_in_flight", [taken("confirmed", "2"), taken("edited", "2"), taken("open", "2")]))
    for order in ("confirmed", "edited"):
        row = {"connection": "shop", "order_id": order, "sku": "A", "place": "", "confirmed": "2", "now": OLD}
        await store.write(Many("confirm_in_flight", [row]))
    await store.write(Many("set_in_flight", [taken("edited", "5")]))
    await store.write(say("prune_in_flight", before=LIMIT))
    assert {row["order_id"] for row in await store.read("in_flight", skus='["A"]')} == {"edited", "open"}

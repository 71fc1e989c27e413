"""The job ledger: one record at a time, nothing lost, nothing finished by somebody who no longer has it."""

import asyncio

import asyncpg
import pytest

from isthmus.engine.executor import awaited
from isthmus.engine.rounds import next_round
from isthmus.store.base import Store
from isthmus.store.group import Unexpected
from isthmus.store.statement import Many, listed, say
from tests.store.conftest import Database, Opener
from tests.store.ledger import attempt, claim, finishing, job, losing, mark

SECOND = 1_000_000


async def test_marking_often_makes_one_job(store: Store) -> None:
    await asyncio.gather(*(mark(store, "1", number="#1001" if turn % 2 else "") for turn in range(20)))
    found = await job(store, "1")
    assert (found["wanted"], found["state"], found["number"]) == (20, "ready", "#1001")
    assert len(await claim(store)) == 1


async def test_one_job_is_never_given_to_two_claimers(store: Store, opener: Opener) -> None:
    subjects = [f"{number}" for number in range(120)]
    await mark(store, *subjects)
    stores = [store, *[await opener() for _ in range(3)]]

    async def greedy(which: Store) -> list[str]:
        mine: list[str] = []
        while rows := await claim(which, wish=7):
            mine += [row["subject"] for row in rows]
        return mine

    shares = await asyncio.gather(*(greedy(each) for each in stores for _ in range(4)))
    assert sorted(subject for share in shares for subject in share) == sorted(subjects)


async def test_a_job_by_name_is_given_once_too(store: Store, opener: Opener) -> None:
    await mark(store, "1")
    other = await opener()
    answers = await asyncio.gather(
        *(
            which.write(say("claim_job", flow="orders", subject="1", now=0, lease_until=9, token=f"t{number}"))
            for number, which in enumerate([store, other] * 8)
        )
    )
    assert sum(len(rows[0]) for rows in answers) == 1


async def test_the_longest_due_go_first_and_what_is_due_later_stays(store: Store) -> None:
    for number, at in (("c", 3), ("a", 1), ("b", 2), ("later", 100)):
        await mark(store, number, now=at)
    assert {row["subject"] for row in await claim(store, now=50, wish=2)} == {"a", "b"}
    assert [row["subject"] for row in await claim(store, now=50)] == ["c"]
    assert await claim(store, flow="stock", now=50) == []


async def test_marking_while_it_runs_makes_it_run_again(store: Store) -> None:
    await mark(store, "1")
    (first,) = await claim(store)
    await mark(store, "1", now=5)
    assert await claim(store, now=9) == []  # one record at a time
    await store.write(finishing(first, now=10))
    assert (await job(store, "1"))["state"] == "ready"
    (second,) = await claim(store, now=10)
    await store.write(finishing(second, now=11))
    assert ((await job(store, "1"))["state"], (await job(store, "1"))["done_at"]) == ("done", 11)


async def test_a_question_that_came_up_meanwhile_is_asked_of_the_newest_state(store: Store) -> None:
    await mark(store, "1")
    (first,) = await claim(store)
    await mark(store, "1")
    await store.write(finishing(first, "parked", code="unknown_sku"))
    assert (await job(store, "1"))["state"] == "ready"


async def test_a_wait_is_kept_when_marked_meanwhile(store: Store) -> None:
    await mark(store, "1")
    (first,) = await claim(store)
    await mark(store, "1")
    await store.write(finishing(first, "snoozed", run_at=500, attempts=3, code="throttled"))
    found = await job(store, "1")
    assert (found["state"], found["run_at"], found["attempts"]) == ("snoozed", 500, 3)
    assert await claim(store, now=499) == []
    assert len(await claim(store, now=500)) == 1


async def test_finishing_with_an_old_token_keeps_nothing(store: Store) -> None:
    await mark(store, "1")
    (slow,) = await claim(store, lease=10)
    await store.write(losing(20, 20))
    (quick,) = await claim(store, now=20)
    with pytest.raises(Unexpected):
        await store.write(finishing(slow, now=21), Many("add_attempt", [attempt("slow")]))
    assert await store.read("attempts_of", flow="orders", subject="1") == []
    found = await job(store, "1")
    assert (found["state"], found["token"]) == ("running", quick["token"])
    await store.write(finishing(quick, now=22), Many("add_attempt", [attempt("quick")]))
    assert (await job(store, "1"))["state"] == "done"
    with pytest.raises(Unexpected):
        await store.write(finishing(quick, now=23))


async def test_only_the_holder_extends_a_lease(store: Store) -> None:
    await mark(store, "1")
    (mine,) = await claim(store, lease=10)
    assert (await store.write(say("hold_job", id=mine["id"], token=mine["token"], lease_until=99)))[0]
    assert not (await store.write(say("hold_job", id=mine["id"], token="other", lease_until=99)))[0]
    assert (await job(store, "1"))["lease_until"] == 99
    named = {"flows": listed(["orders"]), "subjects": listed(["1", "2"])}
    [kept] = await store.write(say("extend_leases", tokens=listed([mine["token"]]), lease_until=199, **named))
    assert [row["token"] for row in kept] == [mine["token"]]
    assert not (await store.write(say("extend_leases", tokens=listed(["other"]), lease_until=299, **named)))[0]
    assert (await job(store, "1"))["lease_until"] == 199


async def test_a_dead_workers_jobs_come_back_and_a_living_ones_do_not(store: Store) -> None:
    await mark(store, "dead", "alive")
    rows = {row["subject"]: row for row in await claim(store, lease=10)}
    await store.write(say("hold_job", id=rows["alive"]["id"], token=rows["alive"]["token"], lease_until=100))
    written = await store.write(say("note_lost_workers", now=50, before=50), losing(50, 50))
    assert len(written[1]) == 1
    assert ((await job(store, "dead"))["state"], (await job(store, "alive"))["state"]) == ("ready", "running")
    (lost,) = await store.read("attempts_of", flow="orders", subject="dead")
    assert (lost["outcome"], lost["id"], lost["finished_at"]) == ("lost", rows["dead"]["token"], 50)


async def test_every_claim_has_a_token_of_its_own(store: Store) -> None:
    await mark(store, "1", "2", "3")
    assert len({row["token"] for row in await claim(store)}) == 3


@pytest.mark.parametrize("state", ["done", "parked"])
async def test_marking_a_finished_job_starts_it_afresh(store: Store, state: str) -> None:
    await mark(store, "1")
    (first,) = await claim(store)
    await store.write(finishing(first, state, attempts=7, first_failed_at=1, code="x", because="y", answers='["z"]'))
    await mark(store, "1", now=40)
    found = await job(store, "1")
    assert {name: found[name] for name in ("state", "run_at", "attempts", "first_failed_at", "code", "answers")} == {
        "state": "ready",
        "run_at": 40,
        "attempts": 0,
        "first_failed_at": None,
        "code": "",
        "answers": "[]",
    }
    assert found["done_at"] is None


async def snoozed(store: Store, subject: str, waits_for: str, *, until: int = 1000) -> None:
    await mark(store, subject)
    (row,) = await claim(store)
    await store.write(finishing(row, "snoozed", run_at=until, waits_for=waits_for))


async def test_what_is_waited_for_wakes_only_those_who_wait_for_it(store: Store) -> None:
    await snoozed(store, "1", "job:customers:7")
    await snoozed(store, "2", "job:customers:8")
    await store.write(say("wake_waiting", what="job:customers:7", now=30))
    assert [row["subject"] for row in await claim(store, now=30)] == ["1"]
    assert (await job(store, "1"))["waits_for"] is None


async def wake_if_over(store: Store, what: str, *, now: int = 50) -> int:
    return len((await store.write(say("wake_if_over", what=what, now=now, **awaited(what))))[0])


@pytest.mark.parametrize("end", ["done", "parked"])
async def test_what_happened_between_deciding_to_wait_and_waiting_is_not_missed(store: Store, end: str) -> None:
    await mark(store, "7", flow="customers")
    (customer,) = await claim(store, flow="customers")
    await snoozed(store, "1", "job:customers:7")
    assert await wake_if_over(store, "job:customers:7") == 0  # still at work
    await store.write(finishing(customer, end, now=20))
    assert await wake_if_over(store, "job:customers:8") == 0
    assert await wake_if_over(store, "job:customers:7") == 1
    assert await wake_if_over(store, "job:customers:7") == 0  # awake already
    assert len(await claim(store, now=50)) == 1


async def test_the_end_of_a_round_is_not_missed_either(store: Store) -> None:
    await store.write(say("declare_stream", connection="shop", kind="order", every_s=60, now=0))
    (stream,) = await store.read("stream", connection="shop", kind="order")
    await snoozed(store, "1", next_round(stream))
    assert await wake_if_over(store, next_round(stream)) == 0
    await store.write(
        say("claim_stream", mine='["shop/order"]', now=10, lease_until=99, token="t"),
        say("finish_stream", connection="shop", kind="order", token="t", now=20, run_at=80),
    )
    assert await wake_if_over(store, next_round(stream)) == 1
    (stream,) = await store.read("stream", connection="shop", kind="order")
    await snoozed(store, "2", next_round(stream))
    assert await wake_if_over(store, next_round(stream)) == 0  # it needs one more round than it has seen


async def in_state(
    store: Store, subject: str, state: str, *, flow: str = "orders", code: str = "", number: str = ""
) -> None:
    await mark(store, subject, flow=flow, number=number)
    if state != "ready":
        rows = await store.write(say("claim_job", flow=flow, subject=subject, now=0, lease_until=9, token=subject))
        if state != "running":
            await store.write(finishing(rows[0][0], state, run_at=900, code=code, number=number))


RETRIES = [
    pytest.param({}, {"p1", "p2", "p3"}, id="everything-parked"),
    pytest.param({"flow": "stock"}, {"p3"}, id="a-flow"),
    pytest.param({"code": "unknown_sku"}, {"p1", "p3"}, id="a-cause"),
    pytest.param({"flow": "orders", "code": "unknown_sku"}, {"p1"}, id="a-cause-in-a-flow"),
    pytest.param({"subject": "p2"}, {"p2"}, id="a-record-by-id"),
    pytest.param({"subject": "#1002", "number": "#1002"}, {"p2"}, id="a-record-by-number"),
    pytest.param({"subject": "1002", "number": "#1002"}, {"p2"}, id="a-number-without-its-mark"),
    pytest.param({"subject": "d1"}, {"d1"}, id="a-named-record-whatever-its-state"),
    pytest.param({"subject": "s1"}, {"s1"}, id="a-named-record-that-waits"),
    pytest.param({"subject": "r1"}, set(), id="never-one-that-runs"),
    pytest.param({"subject": "nobody"}, set(), id="nobody"),
    pytest.param({"code": "%"}, set(), id="no-wildcards"),
]


@pytest.mark.parametrize(("wish", "expected"), RETRIES)
async def test_retrying_reaches_what_was_asked_for_and_nothing_else(
    store: Store, wish: dict[str, str], expected: set[str]
) -> None:
    await in_state(store, "p1", "parked", code="unknown_sku")
    await in_state(store, "p2", "parked", code="invalid", number="#1002")
    await in_state(store, "p3", "parked", flow="stock", code="unknown_sku")
    await in_state(store, "d1", "done", code="unknown_sku")
    await in_state(store, "s1", "snoozed", code="unknown_sku")
    await in_state(store, "r1", "running")
    rows = await store.write(
        say("retry_jobs", **({"flow": "", "code": "", "subject": "", "number": "", "now": 50} | wish))
    )
    assert {row["subject"] for row in rows[0]} == expected
    for row in rows[0]:
        assert (await job(store, row["subject"], row["flow"]))["run_at"] == 50


async def test_a_stream_is_read_by_one_reader_and_its_cursor_moves_only_for_him(store: Store, opener: Opener) -> None:
    await store.write(say("declare_stream", connection="shop", kind="order", every_s=60, now=0))
    stores = [store, await opener()]

    async def try_it(which: Store, token: str) -> int:
        rows = await which.write(say("claim_stream", mine='["shop/order"]', now=1, lease_until=10, token=token))
        return len(rows[0])

    assert sum(await asyncio.gather(*(try_it(each, f"t{n}") for n, each in enumerate(stores * 5)))) == 1
    assert await try_it(store, "early") == 0
    rows = await store.write(say("claim_stream", mine='["shop/order"]', now=11, lease_until=20, token="next"))
    assert rows[0][0]["cursor"] is None
    moved = {"connection": "shop", "kind": "order", "lease_until": 30, "read_count": 1, "changed_count": 1}
    with pytest.raises(Unexpected):
        await store.write(say("advance_stream", expect=1, token="t0", cursor="stale", **moved))
    await store.write(say("advance_stream", expect=1, token="next", cursor="here", **moved))
    assert (await store.read("stream", connection="shop", kind="order"))[0]["cursor"] == "here"


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # a file database has one writer
async def test_a_row_somebody_sits_on_does_not_keep_the_others_from_coming_back(
    database: Database, store: Store
) -> None:
    """A machine that was cut off in a commit leaves its locks behind for as long as the server does not notice."""
    await mark(store, "cut off", "dead")
    rows = {row["subject"]: row for row in await claim(store, lease=10)}
    sitting = await asyncpg.connect(database.url)
    try:
        await sitting.execute("BEGIN")
        await sitting.execute("SELECT 1 FROM job WHERE id = $1 FOR UPDATE", rows["cut off"]["id"])
        written = await asyncio.wait_for(store.write(say("note_lost_workers", now=50, before=50), losing(50, 50)), 20)
        assert [row["id"] for row in written[1]] == [rows["dead"]["id"]]
        assert await store.read("attempts_of", flow="orders", subject="cut off") == []
    finally:
        await sitting.close()

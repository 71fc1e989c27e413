"""What came of a job is written with all its facts in one commit, or not at all."""

import contextlib
import json
from collections.abc import Sequence
from datetime import timedelta

import pytest

from isthmus.engine.executor import call_values
from isthmus.engine.outcome import Ask, Done, Later, Outcome, Parked, Skipped, Snoozed
from isthmus.engine.work import Work
from isthmus.kit.http import Exchange, Http, NotSent, Request, Response
from isthmus.ports.errors import AuthExpired, Invalid, Trouble, Unreachable
from isthmus.store.statement import Many, Row, listed, say
from tests.engine.conftest import World, world_of
from tests.store.ledger import attempt, losing


async def job(world: World, subject: str = "1") -> Row:
    row = await world.harness.job("copy", subject)
    assert row is not None
    return row


async def attempts(world: World, subject: str = "1") -> list[Row]:
    return await world.harness.store.read("attempts_of", flow="copy", subject=subject)


def answering(world: World, *answers: Outcome | Trouble | BaseException) -> None:
    """Let the next runs give these answers; one that is an exception but no trouble is raised."""
    left = list(answers)

    async def instead(works: Sequence[Work]) -> Sequence[Outcome | Trouble]:
        found: list[Outcome | Trouble] = []
        for work in works:
            work.note("looked at it")
            work.also(Many("add_attempt", [{**attempt(f"fact of {work.job.subject}"), "flow": "facts"}]))
            answer = left.pop(0)
            if isinstance(answer, BaseException) and not isinstance(answer, Trouble):
                raise answer
            found.append(answer)
        return found

    world.flow.instead = instead


async def facts(world: World) -> set[str]:
    return {row["id"] for row in await world.harness.store.read("attempts_of", flow="facts", subject="1")}


async def run(world: World, *subjects: str) -> None:
    for subject in subjects or ("1",):
        await world.harness.mark("copy", subject)
    await world.harness.engine.worker.claim()
    await world.harness.engine.worker.settle()


@pytest.mark.parametrize(
    ("outcome", "state", "code"),
    [
        (Done("there", number="#1"), "done", ""),
        (Skipped("test_order", "a test"), "done", "test_order"),
        (Parked("unknown_sku", "which?", ("this", "that")), "parked", "unknown_sku"),
    ],
    ids=["done", "skipped", "parked"],
)
async def test_an_outcome_is_written_with_its_attempt_its_notes_and_its_facts(
    world: World, outcome: Done | Skipped | Parked, state: str, code: str
) -> None:
    answering(world, outcome)
    await run(world)
    found = await job(world)
    assert (found["state"], found["code"], found["because"]) == (state, code, outcome.because)
    assert json.loads(found["answers"]) == list(getattr(outcome, "answers", ()))
    (told,) = await attempts(world)
    assert (told["outcome"], told["code"]) == (type(outcome).__name__.lower(), code)
    assert json.loads(told["notes"]) == ["looked at it"]
    assert await facts(world) == {"fact of 1"}


async def test_snoozing_keeps_what_was_counted_and_only_failures_count(world: World) -> None:
    until = world.clock.now() + timedelta(minutes=1)
    answering(
        world, Unreachable("no"), Snoozed(until, "waits", "for something"), Unreachable("no"), Done(), Unreachable("no")
    )
    await run(world)
    first = await job(world)
    assert (first["state"], first["attempts"], first["code"]) == ("snoozed", 1, "unreachable")
    for attempted, since in ((1, True), (2, True), (0, False), (1, True)):
        await world.clock.advance(120)
        await run(world)
        found = await job(world)
        assert (found["attempts"], found["first_failed_at"] is not None) == (attempted, since)
    assert (await job(world))["first_failed_at"] > first["first_failed_at"]  # a success in between starts anew


async def test_wrong_credentials_wait_for_the_connection_and_go_on_when_it_answers(world: World) -> None:
    answering(world, AuthExpired("the key is void"), Done())
    await run(world)
    found = await job(world)
    assert (found["state"], found["waits_for"], found["attempts"]) == ("snoozed", "connection:erp", 0)
    await world.harness.engine.health.well("erp")
    await world.harness.drain(poll=False)
    assert (await job(world))["state"] == "done"


@pytest.mark.parametrize("outcome", [Later, Ask])
async def test_an_outcome_raised_deep_inside_is_an_outcome(world: World, outcome: type[Later | Ask]) -> None:
    later = Later(Snoozed(world.clock.now() + timedelta(hours=1), "x", "y"))
    answering(world, later if outcome is Later else Ask(Parked("x", "y", ("z",))))
    await run(world)
    assert (await job(world))["state"] == ("snoozed" if outcome is Later else "parked")
    assert (await job(world))["code"] == "x"


async def test_our_own_mistake_parks_the_record_and_tells_nothing_private(world: World) -> None:
    answering(world, RuntimeError("hush Anna Muster"))
    await run(world)
    found = await job(world)
    assert (found["state"], found["code"]) == ("parked", "defect")
    assert "RuntimeError" in found["because"]
    assert "Anna" not in found["because"]


async def test_without_the_lease_nothing_is_kept(world: World) -> None:
    async def slow(works: Sequence[Work]) -> Sequence[Outcome]:
        works[0].also(Many("add_attempt", [{**attempt("fact of 1"), "flow": "facts"}]))
        await world.harness.engine.take_back()  # taken for dead
        return [Done()]

    world.flow.instead = slow
    await run(world)
    assert (await job(world))["state"] == "ready"
    assert await facts(world) == set()
    assert [each["outcome"] for each in await attempts(world)] == ["lost"]


async def test_a_job_taken_over_meanwhile_is_finished_by_who_has_it(world: World) -> None:
    async def slow(_works: Sequence[Work]) -> Sequence[Outcome]:
        await world.harness.engine.take_back()
        answering(world, Done("by the second"))
        await world.harness.engine.worker.pull("copy", "1")
        return [Parked("x", "by the first")]

    world.flow.instead = slow
    await run(world)
    assert ((await job(world))["state"], (await job(world))["because"]) == ("done", "by the second")
    assert await facts(world) == {"fact of 1"}


async def test_a_batch_is_finished_together_and_each_has_its_own_end(database: str) -> None:
    async with world_of(database, batch=10) as world:
        answering(world, Done(), Done(changed=False), Invalid("no"), Parked("x", "y"))
        await run(world, "1", "2", "3", "4")
        states = {each: ((await job(world, each))["state"], (await job(world, each))["code"]) for each in "1234"}
        assert sorted(states.values()) == [("done", ""), ("done", ""), ("parked", "invalid"), ("parked", "x")]
        assert len(await facts(world)) == 4
        told = [len(await attempts(world, each)) for each in "1234"]
        assert sum(told) == 3  # what matched already leaves no attempt


async def test_trouble_of_a_whole_batch_is_each_ones_trouble(database: str) -> None:
    async with world_of(database, batch=10) as world:

        async def down(_works: Sequence[Work]) -> Sequence[Outcome]:
            raise Unreachable(str(len(_works)))

        world.flow.instead = down
        await run(world, "1", "2", "3")
        assert [(await job(world, each))["state"] for each in "123"] == ["snoozed"] * 3


async def test_one_of_a_batch_that_lost_its_lease_keeps_nothing_and_the_others_all(database: str) -> None:
    async with world_of(database, batch=10) as world:

        async def slow(works: Sequence[Work]) -> Sequence[Outcome]:
            for work in works:
                work.also(Many("add_attempt", [{**attempt(f"fact of {work.job.subject}"), "flow": "facts"}]))
            lost = next(work.job for work in works if work.job.subject == "2")
            await world.harness.store.write(
                say("hold_job", expect=1, id=lost.id, token=lost.token, lease_until=0),
                losing(world.harness.engine.context.micros(), before=1),
            )
            return [Done() for _ in works]

        world.flow.instead = slow
        await run(world, "1", "2", "3")
        assert [(await job(world, each))["state"] for each in "123"] == ["done", "ready", "done"]
        assert await facts(world) == {"fact of 1", "fact of 3"}


@pytest.mark.parametrize(("lost", "keeps"), [("1", "2"), ("2", "1"), ("3", "1")])
async def test_the_calls_of_a_batch_stay_with_the_first_that_kept_its_lease(
    database: str, lost: str, keeps: str
) -> None:
    async with world_of(database, batch=10) as world, Http() as http:

        async def slow(works: Sequence[Work]) -> Sequence[Outcome]:
            with contextlib.suppress(NotSent):
                await http.send(Request("POST", "http://127.0.0.1:1/", "raise", {}, b"{}"))
            gone = next(work.job for work in works if work.job.subject == lost)
            await world.harness.store.write(
                say("hold_job", expect=1, id=gone.id, token=gone.token, lease_until=0),
                losing(world.harness.engine.context.micros(), before=1),
            )
            return [Done() for _ in works]

        world.flow.instead = slow
        await run(world, "1", "2", "3")
        kept = {each: [row["id"] for row in await attempts(world, each)] for each in "123"}
        calls = {each: await world.harness.store.read("exchanges_of", ids=listed(ids)) for each, ids in kept.items()}
        assert {each: [row["operation"] for row in rows] for each, rows in calls.items() if rows} == {keeps: ["raise"]}


def test_a_call_is_kept_without_secrets_and_people() -> None:
    request = Request("POST", "https://x/?token=hush", "create", {}, b'{"key": "hush", "email": "a@b.ee", "id": 5}')
    exchange = Exchange(request, 12.5, 7, Response(200, {}, b'{"phone": "123"}'))
    kept = call_values("erp", "t", exchange, ["hush"])
    assert (kept["operation"], kept["status"], kept["elapsed_ms"], kept["started_at"]) == ("create", 200, 7, 12_500_000)
    assert "hush" not in str(kept)
    assert "a@b.ee" not in str(kept)
    assert "123" not in kept["response"]
    assert '"id":5' in kept["request"]


def test_why_a_call_failed_is_kept_without_secrets_too() -> None:
    failed = Exchange(Request("GET", "https://x", "read"), 1.0, 7, None, "NotSent: https://x/?api_key=hush refused")
    assert "hush" not in str(call_values("erp", None, failed, ["hush"]))

"""A unit is kept whole or not at all, and its fate is its own."""

import asyncio
from pathlib import Path

import pytest

from isthmus.store.base import Store
from isthmus.store.group import StoreError, Unexpected
from isthmus.store.open import open_store
from isthmus.store.statement import Many, Statement, say
from tests.store.conftest import Database, Opener
from tests.store.ledger import attempt, claim, delivery, finishing, job, mark

NAMELESS = {**attempt("nameless"), "flow": None}


async def attempts(store: Store) -> set[str]:
    return {row["id"] for row in await store.read("attempts_of", flow="orders", subject="1")}


async def test_a_unit_whose_expectation_is_not_met_keeps_nothing(store: Store) -> None:
    nobody = Statement("hold_job", {"id": 1, "token": "x", "lease_until": 1}, expect=1)
    with pytest.raises(Unexpected, match="hold_job: 0 rows instead of 1"):
        await store.write(Many("add_attempt", [attempt("a")]), nobody)
    assert await attempts(store) == set()


async def test_a_unit_that_breaks_a_constraint_keeps_nothing(store: Store) -> None:
    with pytest.raises(StoreError):
        await store.write(Many("add_attempt", [attempt("a")]), Statement("add_attempt", NAMELESS))
    assert await attempts(store) == set()


BAD = {
    "an-expectation-not-met": (Statement("hold_job", {"id": 1, "token": "x", "lease_until": 1}, expect=1),),
    "a-constraint-broken": (Many("add_attempt", [attempt("bad"), NAMELESS]),),
    "a-value-of-the-wrong-type": (Statement("add_attempt", {**attempt("bad"), "started_at": "noon"}),),
    "a-value-too-large": (Statement("add_attempt", {**attempt("bad"), "started_at": 2**70}),),
    "a-value-missing": (Statement("add_attempt", {"id": "bad"}),),
    "a-statement-unknown": (Statement("no_such_statement", {}),),
}


@pytest.mark.parametrize("many", [True, False], ids=["all-inserting", "mixed"])
@pytest.mark.parametrize("bad", BAD)
async def test_one_failing_unit_of_fifty_leaves_the_other_forty_nine(store: Store, bad: str, many: bool) -> None:  # noqa: FBT001
    def unit(name: str) -> Many | Statement:
        return Many("add_attempt", [attempt(name)]) if many else Statement("add_attempt", attempt(name))

    wishes = [[unit(str(number))] for number in range(49)]
    wishes.insert(20, [unit("spoilt"), *BAD[bad]])
    results = await asyncio.gather(*(store.write(*wish) for wish in wishes), return_exceptions=True)
    if bad == "a-value-of-the-wrong-type" and store.dialect == "sqlite":
        return  # SQLite keeps what it is given; our code gives whole numbers
    assert [type(each) for number, each in enumerate(results) if number != 20] == [list] * 49
    assert isinstance(results[20], StoreError)
    assert await attempts(store) == {str(number) for number in range(49)}
    await store.write(unit("later"))
    assert "later" in await attempts(store)


async def test_units_written_at_the_same_time_are_each_kept_once(store: Store) -> None:
    await asyncio.gather(*(store.write(Many("add_attempt", [attempt(f"{number}")])) for number in range(90)))
    assert len(await attempts(store)) == 90


async def test_what_a_write_returned_is_read_by_everybody(store: Store, opener: Opener) -> None:
    other = await opener()
    for number in range(20):
        await store.write(Many("add_attempt", [attempt(f"{number}")]))
        assert f"{number}" in await attempts(store)
        assert f"{number}" in await attempts(other)


async def test_the_rows_of_each_step_come_back_in_order(store: Store) -> None:
    await mark(store, "1", "2")
    rows = await store.write(
        say("claim_job", flow="orders", subject="1", now=0, lease_until=1, token="t"),
        Many("add_attempt", [attempt("a")]),
        say("claim_job", flow="orders", subject="nobody", now=0, lease_until=1, token="t"),
        say("claim_job", flow="orders", subject="2", now=0, lease_until=1, token="t"),
    )
    assert [[row["subject"] for row in step] for step in rows] == [["1"], [], [], ["2"]]


async def test_a_caller_who_gives_up_spoils_nothing_for_the_others(store: Store) -> None:
    writes = [asyncio.create_task(store.write(Many("add_attempt", [attempt(str(n))]))) for n in range(10)]
    await asyncio.sleep(0)
    writes[3].cancel()
    done = await asyncio.gather(*writes, return_exceptions=True)
    assert sum(isinstance(each, asyncio.CancelledError) for each in done) == 1
    assert {str(n) for n in range(10) if n != 3} <= await attempts(store)


async def test_units_that_want_the_same_rows_in_other_orders_all_succeed(opener: Opener, store: Store) -> None:
    stores = [store, *[await opener() for _ in range(2)]]
    subjects = [f"{number:02}" for number in range(12)]
    await mark(store, *subjects)

    async def busy(which: Store, shift: int) -> None:
        for turn in range(15):
            first = subjects[(turn * 5 + shift) % 12 :] + subjects[: (turn * 5 + shift) % 12]
            await asyncio.gather(*(mark(which, each) for each in (first if shift % 2 else reversed(first))))

    await asyncio.gather(*(busy(which, shift) for shift, which in enumerate(stores)))
    assert {(await job(store, each))["wanted"] for each in subjects} == {46}


async def test_nothing_is_taken_on_after_closing_and_what_was_on_its_way_is_finished(database: Database) -> None:
    store = await open_store(database.url, database.folder)
    await store.migrate()
    writing = [asyncio.create_task(store.write(Many("add_attempt", [attempt(str(n))]))) for n in range(30)]
    await asyncio.sleep(0)
    await store.close()
    assert not [each for each in writing if each.exception()]
    with pytest.raises(StoreError, match="closed"):
        await store.write(Many("add_attempt", [attempt("late")]))
    again = await open_store(database.url, database.folder)
    assert len(await attempts(again)) == 30
    await again.close()


async def test_everything_is_there_after_reopening(database: Database, opener: Opener) -> None:
    store = await open_store(database.url, database.folder)
    await store.migrate()
    await mark(store, "1")
    (claimed,) = await claim(store)
    await store.write(finishing(claimed, "parked", code="x", because="why «ü»"), Many("take_delivery", [delivery("d")]))
    await store.close()
    again = await opener()
    assert ((await job(again, "1"))["state"], (await job(again, "1"))["because"]) == ("parked", "why «ü»")
    waiting = (await again.read("inbox_waiting"))[0]
    assert waiting["deliveries"] == 1


@pytest.mark.parametrize("url", ["mysql://x/y", "isthmus.db", "sqlite://", "sqlite:isthmus.db", ""])
async def test_an_address_that_is_no_database_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"must be sqlite:///\.\.\. or postgresql://"):
        await open_store(url, tmp_path)


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("these are notes, not a database, and there are quite a few of them" * 20)
    with pytest.raises(StoreError, match=r"cannot open the database .*notes\.db .*is no SQLite database"):
        await open_store("sqlite:///notes.db", tmp_path)


async def test_a_server_that_is_not_there_is_said_without_the_password() -> None:
    with pytest.raises(StoreError, match="cannot open the PostgreSQL database") as told:
        await open_store("postgresql://me:geheim@127.0.0.1:1/nothing", Path())
    assert "geheim" not in str(told.value)

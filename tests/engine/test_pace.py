"""Never faster than the other side allows, and never slower than that either."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.engine.pace import PATIENCE_S, Budget
from isthmus.ports.connector import PaceLimits
from isthmus.ports.errors import Throttled
from isthmus.testing.clock import HandClock


def a_budget(clock: HandClock, *, per_second: float = 10, burst: float = 100, concurrency: int = 5) -> Budget:
    return Budget(PaceLimits(per_second=per_second, burst=burst, concurrency=concurrency), clock, clock.seconds)


async def test_a_burst_goes_at_once_and_the_rest_at_the_stated_rate() -> None:
    clock = HandClock(flowing=True)
    budget = a_budget(clock)
    for _ in range(100):
        await budget.take()
    assert clock.seconds() == 0
    for _ in range(50):
        await budget.take()
    assert clock.seconds() == pytest.approx(5.0)


@given(st.lists(st.tuples(st.floats(0.5, 30), st.floats(0, 3)), min_size=1, max_size=60))
def test_no_window_ever_holds_more_than_the_bucket_and_its_refill(calls: list[tuple[float, float]]) -> None:
    async def spend() -> list[tuple[float, float]]:
        clock = HandClock(flowing=True)
        budget = a_budget(clock)
        spent: list[tuple[float, float]] = []
        for cost, pause in calls:
            await budget.take(cost)
            spent.append((clock.seconds(), cost))
            await clock.advance(pause)
        return spent

    spent = asyncio.run(spend())
    for first, (begin, _) in enumerate(spent):
        total = 0.0
        for at, cost in spent[first:]:
            total += cost
            assert total <= 100 + 10 * (at - begin) + 0.01


async def test_callers_who_wait_at_the_same_time_queue_up() -> None:
    clock = HandClock()
    budget = a_budget(clock, burst=1, per_second=1)
    done: list[int] = []

    async def call(number: int) -> None:
        await budget.take()
        done.append(number)

    tasks = [asyncio.create_task(call(number)) for number in range(5)]
    for passed in range(5):
        await clock.advance(0 if passed == 0 else 1)
        assert len(done) == passed + 1
    await asyncio.gather(*tasks)


async def test_waiting_beyond_patience_is_throttled_until_it_is_worth_it() -> None:
    clock = HandClock()
    budget = a_budget(clock, burst=10, per_second=0.1)
    await budget.take(10)
    with pytest.raises(Throttled) as told:
        await budget.take(5)
    assert (told.value.retry_at - clock.now()).total_seconds() == pytest.approx(50)
    await clock.advance(50)
    await budget.take(5)  # what was refused was not spent
    assert clock.slept == []


async def test_a_call_dearer_than_the_bucket_takes_the_whole_bucket() -> None:
    clock = HandClock(flowing=True)
    budget = a_budget(clock)
    await budget.take(1000)
    await budget.take(10)
    assert clock.seconds() == pytest.approx(1.0)


async def test_what_the_other_side_says_replaces_our_count() -> None:
    clock = HandClock()
    budget = a_budget(clock)
    await budget.take(10)
    budget.learn(available=0, capacity=50, per_second=2)
    assert budget.wait_for(1) == pytest.approx(0.5)
    assert budget.wait_for(50) == pytest.approx(25)
    budget.learn(available=50, capacity=50, per_second=2)
    assert budget.wait_for(50) == 0


async def test_calls_still_on_their_way_are_counted_beside_what_the_other_side_says() -> None:
    budget = a_budget(HandClock())
    for _ in range(3):
        await budget.take(10)
    budget.learn(available=90, capacity=100, per_second=10)  # the answer to the first of the three
    assert budget.wait_for(70) == 0
    assert budget.wait_for(71) > 0


async def test_backing_off_stops_everything_and_the_longest_word_counts() -> None:
    clock = HandClock(flowing=True)
    budget = a_budget(clock)
    budget.back_off(8)
    budget.back_off(3)
    await budget.take()
    assert clock.seconds() == pytest.approx(8)
    budget.back_off(PATIENCE_S + 10)
    with pytest.raises(Throttled):
        await budget.take()


async def test_no_more_calls_at_a_time_than_allowed() -> None:
    clock = HandClock()
    budget = a_budget(clock, concurrency=3)
    running = most = 0

    async def call() -> None:
        nonlocal running, most
        async with budget.slot():
            running += 1
            most = max(most, running)
            await clock.sleep(1)
            running -= 1

    tasks = [asyncio.create_task(call()) for _ in range(10)]
    await clock.advance(10)
    await asyncio.gather(*tasks)
    assert most == 3


async def test_a_call_that_fails_gives_its_place_back() -> None:
    budget = a_budget(HandClock(), concurrency=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with budget.slot():
                raise ZeroDivisionError
    budget.back_off(PATIENCE_S * 2)
    for _ in range(3):
        with pytest.raises(Throttled):
            async with budget.slot():
                pass


async def test_answers_that_never_came_are_forgotten() -> None:
    clock = HandClock()
    budget = a_budget(clock)
    await budget.take(90)
    await clock.advance(120)
    await budget.take(1)
    budget.learn(available=99, capacity=100, per_second=10)
    assert budget.wait_for(99) == 0

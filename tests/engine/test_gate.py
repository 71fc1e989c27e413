"""Never faster than the other side allows, never slower than that either, and the urgent first."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.engine import allowance
from isthmus.engine.allowance import Allowance, Terms
from isthmus.engine.gate import BEAT_S, PATIENCE_S, SPARE_S, Gate
from isthmus.engine.hold import Hold, Why
from isthmus.ports.connector import Limit, PaceLimits
from isthmus.ports.errors import AuthExpired, Held, Invalid, LeaseLost, Throttled, Trouble, Unreachable
from isthmus.ports.pace import Caller, Lane, Lease, calling
from isthmus.store.group import StoreError
from isthmus.testing.clock import HandClock

T = TypeVar("T")


def a_gate(clock: HandClock, *, flow_shares: dict[str, float] | None = None, **said: object) -> Gate:
    limits = PaceLimits(**({"per_second": 10.0, "burst": 100.0, "concurrency": 5} | said))  # type: ignore[arg-type]
    gate = Gate("erp", Terms(limits, flow_shares or {}), clock, clock.seconds)
    gate.learn(available=limits.burst, capacity=limits.burst, per_second=limits.per_second or 1.0)
    return gate


async def call(gate: Gate, cost: float = 1.0, **who: object) -> None:
    with calling(Caller(**({"lane": Lane.ORDERS} | who))):  # type: ignore[arg-type]
        async with gate.slot(cost):
            pass


async def test_a_burst_goes_at_once_and_the_rest_at_the_stated_rate() -> None:
    clock = HandClock(flowing=True)
    gate = a_gate(clock)
    for _ in range(100):
        await call(gate)
    assert clock.seconds() == 0
    for _ in range(50):
        await call(gate)
    assert clock.seconds() == pytest.approx(5.0)


async def test_nothing_is_saved_up_before_the_other_side_has_said_so() -> None:
    clock = HandClock(flowing=True)
    gate = Gate("erp", Terms(PaceLimits(per_second=10.0, burst=100.0)), clock, clock.seconds)
    for _ in range(30):
        await call(gate)
    assert clock.seconds() == pytest.approx(2.0)


@given(st.lists(st.tuples(st.floats(0.5, 30), st.floats(0, 3)), min_size=1, max_size=40))
def test_no_window_ever_holds_more_than_the_bucket_and_its_refill(calls: list[tuple[float, float]]) -> None:
    async def spend() -> list[tuple[float, float]]:
        clock = HandClock(flowing=True)
        gate = a_gate(clock)
        spent: list[tuple[float, float]] = []
        for cost, pause in calls:
            await call(gate, cost)
            spent.append((clock.seconds(), cost))
            await clock.advance(pause)
        return spent

    spent = asyncio.run(spend())
    for first, (begin, _) in enumerate(spent):
        total = 0.0
        for at, cost in spent[first:]:
            total += cost
            assert total <= 100 + 10 * (at - begin) + 0.01


@given(st.lists(st.floats(0, 40), min_size=1, max_size=80))
def test_so_many_in_so_many_seconds_holds_wherever_the_span_begins(pauses: list[float]) -> None:
    async def made() -> list[float]:
        clock = HandClock(flowing=True)
        gate = a_gate(clock, per_second=0.0, burst=0.0, also=(Limit(name="minute", amount=30, seconds=60),))
        at: list[float] = []
        for pause in pauses:
            for _ in range(4):
                await call(gate)
                at.append(clock.seconds())
            await clock.advance(pause)
        return at

    at = asyncio.run(made())
    for begin in at:
        assert sum(begin <= each < begin + 60 for each in at) <= 30


async def test_callers_who_wait_at_the_same_time_queue_up() -> None:
    clock = HandClock()
    gate = a_gate(clock, burst=1.0, per_second=1.0)
    done: list[int] = []

    async def one(number: int) -> None:
        await call(gate)
        done.append(number)

    tasks = [asyncio.create_task(one(number)) for number in range(5)]
    for passed in range(5):
        await clock.advance(0 if passed == 0 else 1)
        assert done == list(range(passed + 1))
    await asyncio.gather(*tasks)


async def test_an_order_passes_everybody_else_who_waits() -> None:
    clock = HandClock()
    gate = a_gate(clock, burst=1.0, per_second=1.0)
    done: list[Lane] = []

    async def one(lane: Lane) -> None:
        await call(gate, lane=lane)
        done.append(lane)

    tasks = [asyncio.create_task(one(lane)) for lane in (Lane.STOCK, Lane.TEXTS, Lane.STOCK, Lane.HOT_STOCK)]
    await clock.advance(0)
    tasks.append(asyncio.create_task(one(Lane.ORDERS)))
    await clock.advance(8)
    await asyncio.gather(*tasks)
    assert done == [Lane.STOCK, Lane.ORDERS, Lane.HOT_STOCK, Lane.STOCK, Lane.TEXTS]


async def test_bulk_leaves_a_reserve_that_an_order_finds() -> None:
    clock = HandClock(flowing=True)
    gate = a_gate(clock)
    for _ in range(9):
        await call(gate, 10, lane=Lane.STOCK)
    assert clock.seconds() == 0
    await call(gate, 10)  # an order: from the reserve, at once
    assert clock.seconds() == 0
    await call(gate, 10, lane=Lane.STOCK)
    assert clock.seconds() == pytest.approx(2.0)  # what it costs, and the reserve again


async def test_a_flow_uses_no_more_than_its_share() -> None:
    clock = HandClock(flowing=True)
    gate = a_gate(clock, flow_shares={"stock": 0.5})
    await gate_spends(gate, 25, flow="stock")
    assert clock.seconds() == pytest.approx(4.0)  # five at once, then five a second, of the ten there are
    await gate_spends(gate, 90, flow="orders")
    assert clock.seconds() == pytest.approx(4.0)


async def gate_spends(gate: Gate, calls: int, flow: str) -> None:
    for _ in range(calls):
        await call(gate, flow=flow)


async def test_waiting_beyond_patience_is_throttled_until_it_is_worth_it() -> None:
    clock = HandClock()
    gate = a_gate(clock, burst=10.0, per_second=0.1)
    await call(gate, 10)
    with pytest.raises(Throttled) as told:
        await call(gate, 5)
    assert (told.value.retry_at - clock.now()).total_seconds() == pytest.approx(50)
    await clock.advance(50)
    await call(gate, 5)  # what was refused was not spent
    assert clock.slept == []


async def test_a_call_dearer_than_the_bucket_takes_the_whole_bucket() -> None:
    clock = HandClock(flowing=True)
    gate = a_gate(clock)
    await call(gate, 1000)
    await call(gate, 10)
    assert clock.seconds() == pytest.approx(1.0)


async def test_what_the_other_side_says_replaces_our_count() -> None:
    clock = HandClock(flowing=True)
    gate = a_gate(clock)
    await call(gate, 10)
    gate.learn(available=0, capacity=50, per_second=2)
    await call(gate)
    assert clock.seconds() == pytest.approx(0.5)
    gate.learn(available=50, capacity=50, per_second=2)
    await call(gate, 50)
    assert clock.seconds() == pytest.approx(0.5)


async def test_calls_still_on_their_way_are_counted_beside_what_the_other_side_says() -> None:
    clock = HandClock()
    gate = a_gate(clock)
    answered = asyncio.Event()

    async def under_way() -> None:
        async with gate.slot(10):
            await answered.wait()

    tasks = [asyncio.create_task(under_way()) for _ in range(2)]
    await clock.advance(0)
    async with gate.slot(10):
        gate.learn(available=90, capacity=100, per_second=10)  # said with the answer to this one
    await call(gate, 70)
    assert clock.slept == []
    waiting = asyncio.create_task(call(gate, 1))
    await clock.advance(0)
    assert not waiting.done()
    await clock.advance(1)
    await waiting
    answered.set()
    await asyncio.gather(*tasks)


async def test_backing_off_stops_everything_and_the_longest_word_counts() -> None:
    clock = HandClock(flowing=True)
    gate = a_gate(clock)
    gate.back_off(8)
    gate.back_off(3)
    await call(gate)
    assert clock.seconds() == pytest.approx(8)
    gate.back_off(PATIENCE_S + 10)
    with pytest.raises(Throttled):
        await call(gate)


async def test_no_more_calls_at_a_time_than_allowed() -> None:
    clock = HandClock()
    gate = a_gate(clock, concurrency=3)
    most = 0

    async def one() -> None:
        nonlocal most
        async with gate.slot():
            most = max(most, gate.running)
            await clock.sleep(1)

    tasks = [asyncio.create_task(one()) for _ in range(10)]
    await clock.advance(10)
    await asyncio.gather(*tasks)
    assert most == 3
    assert gate.running == 0


async def test_a_call_that_fails_gives_its_place_back() -> None:
    gate = a_gate(HandClock(), concurrency=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with gate.slot():
                raise ZeroDivisionError
    gate.back_off(PATIENCE_S * 2)
    for _ in range(3):
        with pytest.raises(Throttled):
            await call(gate)
    assert gate.running == 0


async def test_whoever_leaves_the_line_holds_nobody_up() -> None:
    clock = HandClock()
    gate = a_gate(clock, concurrency=1)
    first = gate.slot()
    await first.__aenter__()
    tasks = [asyncio.create_task(call(gate)) for _ in range(3)]
    await clock.advance(0)
    tasks[0].cancel()
    tasks[2].cancel()
    await first.__aexit__(None, None, None)
    await clock.advance(0)
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in ended] == [asyncio.CancelledError, type(None), asyncio.CancelledError]
    assert gate.running == 0


async def test_whoever_is_sent_away_and_cancelled_at_once_gives_no_place_back_that_he_never_had() -> None:
    class Broken:
        """Books that cannot be read, just when whoever asks is cancelled."""

        shared = True

        async def change(self, work: Callable[[Allowance, float], T]) -> T:
            del work
            asyncio.get_running_loop().call_soon(waiting.cancel)
            raise StoreError

    gate = a_gate(HandClock())
    gate.share(Broken(), "me")
    waiting = asyncio.create_task(call(gate))
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert gate.running == 0


async def test_what_is_on_hold_is_not_called() -> None:
    clock = HandClock()
    gate = a_gate(clock)
    until = clock.now() + timedelta(minutes=5)
    gate.holds = (Hold(Why.WINDOW, "an update", clock.now(), until),)
    with pytest.raises(Held, match="an update") as held:
        await call(gate)
    assert (held.value.connection, held.value.until) == ("erp", until)
    await call(gate, regardless=True)


async def test_whoever_is_sent_away_by_a_look_that_is_due_comes_back_later_and_not_at_once() -> None:
    """The canary may take minutes; asking again and again meanwhile would be all a process does."""
    clock = HandClock()
    gate = a_gate(clock)
    gate.holds = (Hold(Why.DOWN, "no answer", clock.now(), next_look=clock.now() - timedelta(seconds=3)),)
    with pytest.raises(Held, match="no answer") as held:
        await call(gate)
    assert held.value.until > clock.now()


async def test_what_began_before_a_pause_is_brought_to_its_end_but_nothing_calls_what_is_down() -> None:
    clock = HandClock()
    gate = a_gate(clock)
    before = clock.now() - timedelta(seconds=1)
    gate.holds = (Hold(Why.PAUSED, "stocktaking", clock.now()),)
    await call(gate, since=before)
    with pytest.raises(Held, match="stocktaking"):
        await call(gate, since=clock.now() + timedelta(seconds=1))
    gate.holds = (Hold(Why.DOWN, "no answer", clock.now()),)
    with pytest.raises(Held, match="no answer"):
        await call(gate, since=before)


async def test_nobody_calls_for_a_record_that_may_be_anothers_by_now() -> None:
    clock = HandClock()
    gate = a_gate(clock)
    lease = Lease(clock.now() + timedelta(seconds=30))
    await call(gate, leases=(lease,))
    await clock.advance(30 - SPARE_S - 1)
    await call(gate, leases=(lease,))
    # What leaves now could still be under way when somebody else begins.
    await clock.advance(1)
    with pytest.raises(LeaseLost):
        await call(gate, leases=(lease,))


@pytest.fixture
async def told() -> tuple[Gate, list[Trouble]]:
    gate = a_gate(HandClock())
    found: list[Trouble] = []
    gate.tripped = lambda trouble, _began: found.append(trouble)
    return gate, found


async def fail(gate: Gate, trouble: Trouble, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(type(trouble)):
            async with gate.slot():
                raise trouble


async def test_failures_in_a_row_say_that_the_other_side_is_down(told: tuple[Gate, list[Trouble]]) -> None:
    gate, found = told
    await fail(gate, Unreachable("no answer"), 5)
    await fail(gate, Invalid("it said no, so it is there"))
    await fail(gate, Unreachable("no answer"), 5)
    assert found == []
    await fail(gate, Unreachable("no answer"))
    assert [str(each) for each in found] == ["no answer"]


async def test_refused_credentials_say_so_at_once(told: tuple[Gate, list[Trouble]]) -> None:
    gate, found = told
    await fail(gate, AuthExpired("expired"))
    assert [str(each) for each in found] == ["expired"]


async def test_being_asked_to_slow_down_is_not_being_down(told: tuple[Gate, list[Trouble]]) -> None:
    gate, found = told
    await fail(gate, Throttled("slower", retry_at=HandClock().now()), 30)
    assert found == []


# --- Several processes ------------------------------------------------------------------------------------------------


class OneBook:
    """An allowance several gates draw from, as they do from the store."""

    shared = True

    def __init__(self, terms: Terms, clock: HandClock) -> None:
        self.clock = clock
        self.state = allowance.opened(terms, clock.now().timestamp())
        self.changes = 0

    async def change(self, work: Callable[[Allowance, float], T]) -> T:
        self.changes += 1
        await asyncio.sleep(0)
        return work(self.state, self.clock.now().timestamp())


def gates(clock: HandClock, count: int, **said: object) -> list[Gate]:
    found = [a_gate(clock, **said) for _ in range(count)]
    book = OneBook(found[0].terms, clock)
    for number, each in enumerate(found):
        each.share(book, f"process-{number}")
    return found


async def test_processes_share_the_calls_at_a_time() -> None:
    clock = HandClock()
    several = gates(clock, 3, concurrency=6, per_second=0.0, burst=0.0)
    most = 0

    async def one(gate: Gate) -> None:
        nonlocal most
        async with gate.slot():
            most = max(most, sum(each.running for each in several))
            await clock.sleep(1)

    tasks = [asyncio.create_task(one(gate)) for gate in several for _ in range(10)]
    for _ in range(80):
        await clock.advance(0.25)
    await asyncio.gather(*tasks)
    assert most == 6


async def test_a_process_asks_the_others_seldom_and_not_for_every_call() -> None:
    clock = HandClock()
    several = gates(clock, 3, concurrency=6, per_second=0.0, burst=0.0)
    book = several[0]._books

    async def one(gate: Gate) -> None:
        async with gate.slot():
            await clock.sleep(0.1)

    tasks = [asyncio.create_task(one(gate)) for gate in several for _ in range(100)]
    turns = 0
    while not all(task.done() for task in tasks):
        await clock.advance(0.05)
        turns += 1
        if turns % (BEAT_S / 0.05) == 0:
            for gate in several:
                await gate.beat()
    assert isinstance(book, OneBook)
    assert book.changes < 100
    assert clock.seconds() < 300 / 6 * 0.1 * 1.2


async def test_a_process_that_was_stopped_for_long_does_not_use_what_it_held() -> None:
    clock = HandClock()
    stopped, other = gates(clock, 2, concurrency=2, per_second=0.0, burst=0.0)
    await call(stopped)
    await clock.advance(allowance.SHARE_S + 1)
    held = [other.slot() for _ in range(2)]
    for each in held:
        await each.__aenter__()
    late = asyncio.create_task(call(stopped))
    await clock.advance(1)
    assert not late.done()
    for each in held:
        await each.__aexit__(None, None, None)
    await other.beat()
    await clock.advance(1)
    await late


async def test_processes_share_the_rate() -> None:
    clock = HandClock()
    several = gates(clock, 4, concurrency=40, per_second=10.0, burst=20.0)
    at: list[float] = []

    async def worker(gate: Gate) -> None:
        for _ in range(25):
            await call(gate)
            at.append(clock.seconds())

    tasks = [asyncio.create_task(worker(gate)) for gate in several]
    while not all(task.done() for task in tasks):
        await clock.advance(0.05)
    await asyncio.gather(*tasks)
    assert len(at) == 100
    for begin in at:
        for end in at:
            assert sum(begin <= each <= end for each in at) <= 20 + 10 * (end - begin) + 1.01 or end < begin
    assert at[-1] <= (100 - 10) / 10 * 1.05

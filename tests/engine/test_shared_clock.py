"""Machines agree on the time although their own clocks do not, and although one is put right in mid-work."""

from datetime import timedelta

from isthmus.engine.shared_clock import SharedClock
from isthmus.kit.clock import SystemClock, to_micros
from isthmus.store.base import Store
from isthmus.testing.clock import HandClock
from tests.store.conftest import database, opener, store

__all__ = ["database", "opener", "store"]


def off(clock: SharedClock) -> timedelta:
    """Return how far it is from this machine's own clock, which is also the database's."""
    return abs(clock.now() - SystemClock().now())


async def test_a_wrong_clock_shows_the_stores_time_once_tuned(store: Store) -> None:
    clock = SharedClock(HandClock())
    assert off(clock) > timedelta(days=1)
    await clock.tune(store)
    assert off(clock) < timedelta(seconds=5)


async def test_a_clock_that_is_set_back_while_it_works_is_not_followed(store: Store) -> None:
    hands = HandClock()
    clock = SharedClock(hands)
    await clock.tune(store)
    before = clock.now()
    hands._now -= timedelta(minutes=5)
    assert before <= clock.now() < before + timedelta(minutes=1)
    await clock.tune(store)
    assert off(clock) < timedelta(seconds=5)


async def test_before_it_is_tuned_it_shows_the_machines_time() -> None:
    hands = HandClock()
    assert to_micros(SharedClock(hands).now()) == to_micros(hands.now())

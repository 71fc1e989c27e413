"""Rates: a name may do something so often, and a stranger cannot make the table grow."""

import pytest

from isthmus.web.rates import Rates


def spent(rates: Rates, name: str, times: int, seconds: float = 0.0) -> None:
    for _ in range(times):
        rates.spend(name, seconds)


def test_the_burst_is_free_and_then_the_wait_is_told() -> None:
    rates = Rates(per_s=2, burst=3, names=10)
    spent(rates, "a", 2)
    assert rates.wait_s("a", 0.0) == 0.0
    spent(rates, "a", 1)
    assert rates.wait_s("a", 0.0) == 0.5
    assert rates.wait_s("a", 0.25) == 0.25
    assert rates.wait_s("a", 0.5) == 0.0


def test_what_is_spent_beyond_the_burst_is_not_owed() -> None:
    rates = Rates(per_s=2, burst=3, names=10)
    spent(rates, "a", 1000)
    assert rates.wait_s("a", 0.0) == 0.5


def test_a_long_rest_fills_no_more_than_the_burst() -> None:
    rates = Rates(per_s=2, burst=3, names=10)
    spent(rates, "a", 1)
    spent(rates, "a", 3, seconds=1000.0)
    assert rates.wait_s("a", 1000.0) == pytest.approx(0.5)


def test_names_do_not_share() -> None:
    rates = Rates(per_s=1, burst=1, names=10)
    spent(rates, "a", 1)
    assert rates.wait_s("a", 0.0) > 0
    assert rates.wait_s("b", 0.0) == 0.0


def test_the_name_least_recently_used_is_forgotten() -> None:
    rates = Rates(per_s=1, burst=1, names=2)
    for name in ("a", "b", "a", "c"):
        rates.spend(name, 0.0)
    assert len(rates) == 2
    assert [rates.wait_s(name, 0.0) > 0 for name in ("a", "b", "c")] == [True, False, True]


def test_the_table_stays_as_long_as_it_may_be() -> None:
    rates = Rates(per_s=1, burst=1, names=50)
    for number in range(10_000):
        rates.spend(f"192.0.2.{number}", 0.0)
    assert len(rates) == 50

"""The shop is told what can really be sold, and never more."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.canonical.quantity import pieces
from isthmus.policies.availability import Pending, sellable
from isthmus.policies.reasons import REASONS
from isthmus.testing.builders import stock

T = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
some = st.decimals(min_value=0, max_value=1000, places=1)
maybe_negative = st.decimals(min_value=-1000, max_value=1000, places=1)


@given(maybe_negative, some, some, some, some)
def test_never_negative_and_never_more_than_is_free(
    on_hand: Decimal, allocated: Decimal, reserved: Decimal, in_flight: Decimal, safety: Decimal
) -> None:
    level = stock(on_hand, allocated=allocated, reserved=reserved, damaged=pieces(2), safety_stock=pieces(1))
    decision = sellable(level, in_flight=in_flight, safety=safety)
    assert decision.value >= 0
    assert decision.value <= max(Decimal(0), on_hand - allocated - reserved - 2 - in_flight - safety - 1)
    assert decision.value == decision.value.to_integral_value()
    assert decision.because in REASONS


@given(some, some, some, some, some)
def test_more_taken_is_never_more_offered(
    on_hand: Decimal, allocated: Decimal, in_flight: Decimal, safety: Decimal, more: Decimal
) -> None:
    level = stock(on_hand, allocated=allocated)
    now = sellable(level, in_flight=in_flight, safety=safety).value
    assert sellable(level, in_flight=in_flight + more, safety=safety).value <= now
    assert sellable(level, in_flight=in_flight, safety=safety + more).value <= now
    assert sellable(stock(on_hand, allocated=allocated + more), in_flight=in_flight, safety=safety).value <= now
    assert sellable(stock(on_hand + more, allocated=allocated), in_flight=in_flight, safety=safety).value >= now


@pytest.mark.parametrize(
    ("on_hand", "allocated", "in_flight", "safety", "expected"),
    [
        pytest.param(10, 2, 3, 1, (4, "free_stock"), id="what-is-free"),
        pytest.param("2.7", 0, 0, 0, (2, "free_stock"), id="half-a-piece-is-not-sold"),
        pytest.param(0, 0, 0, 0, (0, "sold_out"), id="nothing-there"),
        pytest.param(5, 5, 0, 0, (0, "spoken_for"), id="all-reserved"),
        pytest.param(5, 0, 6, 0, (0, "spoken_for"), id="more-sold-than-there-is"),
        pytest.param(5, 0, 3, 2, (0, "kept_back"), id="only-the-safety-stock"),
        pytest.param(-3, 0, 0, 0, (0, "negative_on_hand"), id="less-than-nothing"),
    ],
)
def test_sellable(on_hand: int | str, allocated: int, in_flight: int, safety: int, expected: tuple[int, str]) -> None:
    level = stock(on_hand, allocated=allocated)
    decision = sellable(level, in_flight=Decimal(in_flight), safety=Decimal(safety))
    assert (decision.value, decision.because) == expected
    assert decision.detail == f"{on_hand} on hand - {allocated} held - {in_flight} in flight - {safety} safety"


@pytest.mark.parametrize(
    ("pending", "counted"),
    [
        pytest.param(Pending(Decimal(3)), 3, id="unconfirmed-counts-whole"),
        pytest.param(Pending(Decimal(3), Decimal(3), T - SECOND), 0, id="confirmed-before-the-read-is-in-the-figure"),
        pytest.param(Pending(Decimal(3), Decimal(3), T), 3, id="confirmed-at-the-same-moment-may-not-be"),
        pytest.param(Pending(Decimal(3), Decimal(3), T + SECOND), 3, id="confirmed-after-the-read-is-not"),
        pytest.param(Pending(Decimal(5), Decimal(3), T - SECOND), 2, id="an-edit-upwards-is-not-yet"),
        pytest.param(Pending(Decimal(5), Decimal(3), T + SECOND), 5, id="edited-upwards-and-confirmed-late"),
        pytest.param(Pending(Decimal(1), Decimal(3), T - SECOND), 0, id="an-edit-downwards-frees-nothing-yet"),
        pytest.param(Pending(Decimal(1), Decimal(3), T + SECOND), 3, id="what-was-confirmed-may-be-taken"),
        pytest.param(Pending(Decimal(0)), 0, id="cancelled-before-import"),
        pytest.param(Pending(Decimal(0), Decimal(3), T - SECOND), 0, id="cancelled-after-import"),
    ],
)
def test_an_order_counts_once_as_in_flight_or_in_the_figure(pending: Pending, counted: int) -> None:
    assert pending.in_flight(T) == counted


@given(some, some, st.integers(-3, 3), st.integers(-3, 3))
def test_an_order_never_gives_stock_back_and_older_evidence_never_counts_less(
    wanted: Decimal, confirmed: Decimal, at: int, read: int
) -> None:
    pending = Pending(wanted, confirmed, T + at * SECOND)
    assert 0 <= pending.in_flight(T + read * SECOND) <= max(wanted, confirmed)
    assert pending.in_flight(T + (read - 1) * SECOND) >= pending.in_flight(T + read * SECOND)

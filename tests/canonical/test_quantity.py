"""Quantities keep their unit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.canonical.quantity import NOTHING, PIECE, Quantity, pieces

counts = st.decimals(min_value=-(10**9), max_value=10**9, places=3)


@given(counts, counts)
def test_adding_and_taking_away_are_exact(one: Decimal, other: Decimal) -> None:
    assert pieces(one) + pieces(other) - pieces(other) == pieces(one)
    assert (pieces(one) + pieces(other)).value == one + other


def test_pieces_is_what_shops_mean_when_they_name_no_unit() -> None:
    assert pieces(3) == Quantity(Decimal(3), PIECE) == pieces("3")
    assert not NOTHING
    assert pieces("0.5")


def test_kilograms_are_not_added_to_pieces() -> None:
    for act in (pieces(1).__add__, pieces(1).__sub__):
        with pytest.raises(ValueError, match=r"C62 and KGM|KGM and C62"):
            act(Quantity(Decimal(1), "KGM"))


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_what_cannot_be_counted_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="not a quantity"):
        Quantity(Decimal(value))


def test_a_quantity_without_a_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a unit"):
        Quantity(Decimal(1), "")

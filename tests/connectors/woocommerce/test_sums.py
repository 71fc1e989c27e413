"""Rounding is settled to the smallest unit, and nothing but rounding is."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.canonical.money import smallest_unit
from isthmus.connectors.woocommerce.order_sums import amount, each, rounded, settled, share

CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])
figures = st.decimals("-100000", "100000", places=6)


@given(st.lists(figures, max_size=20), CURRENCIES)
def test_parts_make_the_sum_that_was_rounded_once(parts: list[Decimal], currency: str) -> None:
    stated = rounded(sum(parts, start=Decimal(0)), currency)
    made = settled(parts, stated, currency)
    assert sum(made, start=Decimal(0)) == stated
    unit = smallest_unit(currency)
    assert all(abs(one - part) < unit * 2 for one, part in zip(made, parts, strict=True))


@given(st.lists(figures, min_size=1, max_size=5), st.integers(2, 1000), CURRENCIES)
def test_a_greater_difference_is_left_alone(parts: list[Decimal], units: int, currency: str) -> None:
    plain = [rounded(part, currency) for part in parts]
    stated = sum(plain, start=Decimal(0)) + smallest_unit(currency) * (units + len(parts))
    assert list(settled(parts, stated, currency)) == plain


@given(st.decimals("0", "100000", places=2), st.integers(1, 10_000))
def test_a_unit_price_times_the_quantity_is_the_sum(total: Decimal, quantity: int) -> None:
    assert rounded(each(total, Decimal(quantity)) * quantity, "EUR") == total


@given(st.decimals("0", "100000", places=2), st.integers(1, 100), st.integers(0, 100))
def test_shares_never_exceed_the_whole(total: Decimal, whole: int, part: int) -> None:
    part = min(part, whole)
    found = share(total, Decimal(part), Decimal(whole), "EUR")
    assert 0 <= found <= total
    assert share(total, Decimal(whole), Decimal(whole), "EUR") == total


def test_a_price_is_written_without_an_exponent() -> None:
    assert str(each(Decimal("1600.00"), Decimal(10))) == "160"


def test_an_empty_tax_is_none_and_a_word_is_no_amount() -> None:
    assert amount("") == amount(None) == 0
    with pytest.raises(ValueError, match="not an amount"):
        amount("free")
    with pytest.raises(ValueError, match="not an amount"):
        amount("NaN")
